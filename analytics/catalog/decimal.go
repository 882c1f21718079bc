package catalog

import (
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// Decimal is a number of a rulebook exactly as it was written: 0.70 is 7/10, never the nearest float64. The empty
// Decimal stands for a number that was not given and counts as 0.
type Decimal string

var (
	decimalPattern = regexp.MustCompile(`^[+-]?[0-9]{1,9}(\.[0-9]{1,9})?$`)
	decimalType    = reflect.TypeFor[Decimal]()
)

// Rat is the number as a fraction of its own, which the caller may change.
func (d Decimal) Rat() *big.Rat {
	r := new(big.Rat)
	if d != "" {
		r.SetString(string(d)) // the pattern was held when it was read
	}
	return r
}

// Given says whether a number was written.
func (d Decimal) Given() bool { return d != "" }

// cmp compares two numbers; one that was not given is 0.
func (d Decimal) cmp(o Decimal) int { return d.Rat().Cmp(o.Rat()) }

// UnmarshalTOML takes whole numbers and, after quoteDecimals, fractions as text.
func (d *Decimal) UnmarshalTOML(v any) error {
	text, ok := decimalText(v)
	if !ok {
		return fmt.Errorf("%v is no decimal number", v)
	}
	*d = Decimal(text)
	return nil
}

// decimalText is the shortest way to write the number: 0.70 and 0.7 are equal and must have equal hashes.
func decimalText(v any) (string, bool) {
	var text string
	switch v := v.(type) {
	case int64:
		text = strconv.FormatInt(v, 10)
	case string:
		text = v
	}
	if !decimalPattern.MatchString(text) {
		return "", false
	}
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "+"), ".")
	sign, whole := whole[:len(whole)-len(strings.TrimPrefix(whole, "-"))], strings.TrimPrefix(whole, "-")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		whole += "." + fraction
	}
	if whole == "0" {
		sign = ""
	}
	return sign + whole, true
}

// quoteDecimals puts the fractions of a TOML text into quotation marks, so that they arrive as they were written: the
// TOML library would hand them over as float64. Only values are touched, and no line is added or taken away.
func quoteDecimals(src string) string {
	var b strings.Builder
	open := ""      // delimiter of the string we are inside
	last := byte(0) // last byte that is no blank, outside strings; 0 at the beginning of a line
	for i := 0; i < len(src); i++ {
		c, rest := src[i], src[i:]
		switch {
		case open != "":
			switch {
			case c == '\\' && open[0] == '"' && i+1 < len(src):
				b.WriteByte(c)
				i++
				c = src[i]
			case strings.HasPrefix(rest, open):
				b.WriteString(open[1:])
				i += len(open) - 1
				open = ""
			case c == '\n' && len(open) == 1:
				open = ""
			}
		case strings.HasPrefix(rest, `"""`), strings.HasPrefix(rest, "'''"):
			open, last = rest[:3], '"'
			b.WriteString(open[1:])
			i += 2
		case c == '"', c == '\'':
			open, last = rest[:1], '"'
		case c == '#':
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			b.WriteString(rest[:end])
			i += end - 1
			continue
		case c == '[' && last == 0: // a table's name, no value
		case strings.IndexByte("=,[{", last) >= 0 && (isDigit(c) || c == '+' || c == '-'):
			end := strings.IndexAny(rest, " \t\r\n,]}#")
			if end < 0 {
				end = len(rest)
			}
			word := rest[:end]
			if strings.Contains(word, ".") && decimalPattern.MatchString(word) {
				word = `"` + word + `"`
			}
			b.WriteString(word)
			i, last = i+end-1, '0'
			continue
		case c == '\n':
			if last != ',' && last != '[' { // inside an array a value may go on
				last = 0
			}
		case c != ' ' && c != '\t' && c != '\r':
			last = c
		}
		b.WriteByte(c)
	}
	return b.String()
}
