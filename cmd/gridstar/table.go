package main

import (
	"encoding/json"
	"io"
	"strconv"

	"gridstar/analytics"
)

// table collects rows for analytics.WriteGrid.
type table struct {
	rows    [][]string
	toRight []bool
}

func newTable(head ...string) *table {
	return &table{rows: [][]string{head}, toRight: make([]bool, len(head))}
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// right aligns columns to the right: numbers.
func (t *table) right(columns ...int) {
	for _, c := range columns {
		t.toRight[c] = true
	}
}

func (t *table) write(w io.Writer) error { return analytics.WriteGrid(w, t.rows, t.toRight) }

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
