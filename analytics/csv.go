package analytics

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// CSV writes the answer for a spreadsheet: UTF-8 with BOM, CRLF, a header line with the keys of JSON, numbers not
// rounded, an empty cell for null. A text that a spreadsheet would take for a formula gets a leading apostrophe.
func (a *Answer) CSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	if _, err := out.WriteString("\uFEFF"); err != nil {
		return err
	}
	var cells []string
	line := func() error {
		_, err := out.WriteString(strings.Join(cells, ",") + "\r\n")
		cells = cells[:0]
		return err
	}
	for _, d := range a.Dims {
		cells = append(cells, csvText(d.Name))
		if d.Unit {
			cells = append(cells, csvText(d.Name+"_name"))
		}
	}
	for i, m := range a.Columns {
		for _, s := range a.suffixes(i) {
			cells = append(cells, csvText(m.ID+s))
		}
	}
	if err := line(); err != nil {
		return err
	}
	for _, row := range a.Rows {
		for i, d := range a.Dims {
			cells = append(cells, csvKey(row.Keys[i].Value))
			if d.Unit {
				cells = append(cells, csvText(row.Keys[i].Name))
			}
		}
		for i := range a.Columns {
			c := row.Cells[i]
			cells = append(cells, csvNumber(c.Value), csvNumber(c.shown(c.N)))
			if c.HasD {
				cells = append(cells, csvNumber(&c.D))
			} else {
				cells = append(cells, "")
			}
			cells = append(cells, csvText(string(c.Note)), csvNumber(c.shown(c.Covered)))
			if a.inexact(i) {
				cells = append(cells, strconv.FormatBool(c.Approx()))
			}
			if a.Compare != NoCompare {
				cells = append(cells, csvNumber(c.Prev), csvNumber(c.Change), csvText(string(c.ChangeNote)))
			}
		}
		if err := line(); err != nil {
			return err
		}
	}
	return out.Flush()
}

// suffixes are the columns of a metric, the i-th, after its id.
func (a *Answer) suffixes(i int) []string {
	all := []string{"", "_n", "_d", "_note", "_covered"}
	if a.inexact(i) {
		all = append(all, "_approx")
	}
	if a.Compare != NoCompare {
		all = append(all, "_prev", "_change", "_change_note")
	}
	return all
}

func csvKey(v any) string {
	switch v := v.(type) {
	case string:
		return csvText(v)
	case int:
		return strconv.Itoa(v)
	}
	return ""
}

func csvNumber(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'f', -1, 64)
}

// formulaStarts are the characters with which spreadsheets begin a formula, also in full width.
const formulaStarts = "=+-@\t\r\n＝＋－＠"

// FormulaSafe puts an apostrophe before a text that a spreadsheet would take for a formula.
func FormulaSafe(s string) string {
	if r, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune(formulaStarts, r) {
		return "'" + s
	}
	return s
}

func csvText(s string) string {
	if s == "" {
		return ""
	}
	s = FormulaSafe(s)
	if strings.ContainsAny(s, "\",\r\n") {
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}
