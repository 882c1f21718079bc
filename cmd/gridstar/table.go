package main

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"golang.org/x/text/width"
)

// table prints rows in columns of equal display width; Han characters count two.
type table struct {
	rows    [][]string
	toRight map[int]bool
}

func newTable(head ...string) *table { return &table{rows: [][]string{head}, toRight: map[int]bool{}} }

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// right aligns columns to the right: numbers.
func (t *table) right(columns ...int) {
	for _, c := range columns {
		t.toRight[c] = true
	}
}

func (t *table) write(w io.Writer) error {
	widths := make([]int, len(t.rows[0]))
	for _, r := range t.rows {
		for i, c := range r {
			widths[i] = max(widths[i], displayWidth(c))
		}
	}
	var b strings.Builder
	for _, r := range t.rows {
		for i, c := range r {
			pad := strings.Repeat(" ", widths[i]-displayWidth(c))
			if t.toRight[i] {
				c = pad + c
			} else if i < len(r)-1 {
				c += pad
			}
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(c)
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// displayWidth is the number of terminal columns a text takes.
func displayWidth(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth, width.EastAsianAmbiguous:
			n += 2
		default:
			n++
		}
	}
	return n
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

// json prints a value for scripts.
func (e *env) json(v any) error {
	enc := json.NewEncoder(e.Stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// orEmpty makes a missing list an empty one: [] in JSON, not null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
