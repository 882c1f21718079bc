package geo

import (
	"errors"
	"strconv"
)

// parseNumber reads a decimal number. One beyond float64 is infinite, to be refused
// with its place; names of numbers and hexadecimal digits are none.
func parseNumber(s string) (float64, bool) {
	for i := range len(s) {
		if !numeric(s[i]) {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil || errors.Is(err, strconv.ErrRange)
}

// numeric tells the bytes that a decimal number consists of.
func numeric(c byte) bool {
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'
}
