package analytics

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// The files in testdata/rows are cases like those in testdata, with
//
//	== rows 2026-01-01 2026-02-01 on_time_rate part=miss sort=due_at desc …
//	        then a line of column ids (row: the row's Row) and one line per expected row; blanks inside a cell are _
//	== parts …          then a line per part: its name (base for ""), its number of rows, its label; links as metric:<id>
//	== refused …        and the sentence
func TestRowCases(t *testing.T) {
	names, err := filepath.Glob("testdata/rows/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			t.Parallel()
			runCase(t, readCase(t, filepath.Join("rows", filepath.Base(name))), checkRows, "rows", "parts", "refused")
		})
	}
}

func checkRows(t *testing.T, f *fixture, cat *catalog.Catalog, s section, word string) {
	page, err := f.behind(cat, parseRowQuery(t, strings.Fields(s.head)[1:]))
	if word == "refused" {
		var mistake *Error
		if want := strings.TrimSpace(s.raw); err == nil || err.Error() != want || !errors.As(err, &mistake) {
			t.Fatalf("error\n%v\nwant\n%s", err, want)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if word == "parts" {
		for _, p := range page.Parts {
			line := fmt.Sprintf("%s %d %s", or(string(p.Part), "base"), p.N, p.Label)
			if p.Metric != "" {
				line = "metric:" + p.Metric + " " + p.Label
			}
			got = append(got, line)
		}
	} else {
		ids := s.rows[0]
		for _, line := range page.Rows {
			var cells []string
			for _, id := range ids {
				if id == "row" {
					cells = append(cells, strconv.FormatInt(line.Row, 10))
					continue
				}
				i := slices.IndexFunc(page.Columns, func(c RowColumn) bool { return c.ID == id })
				if i < 0 {
					t.Fatalf("no column %q among %+v", id, page.Columns)
				}
				cells = append(cells, plainCell(line.Cells[i]))
			}
			got = append(got, strings.Join(cells, " "))
		}
		s.rows = s.rows[1:]
	}
	var want []string
	for _, r := range s.rows {
		want = append(want, strings.Join(r, " "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func plainCell(v any) string {
	s := "-"
	switch v := v.(type) {
	case nil:
	case time.Time:
		s = strings.TrimSuffix(v.Format("2006-01-02T15:04"), "T00:00")
	case Key:
		s = fmt.Sprintf("%v", v.Value)
		if v.Name != v.Value {
			s += "/" + v.Name
		}
	default:
		s = fmt.Sprint(v)
	}
	return strings.ReplaceAll(s, " ", "_")
}

func parseRowQuery(t *testing.T, words []string) RowQuery {
	t.Helper()
	var q RowQuery
	var rest []string
	var err error
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		switch k {
		case "part":
			q.Part = Part(v)
		case "sort":
			q.Sort = v
		case "desc":
			q.Desc = true
		case "offset":
			q.Offset, err = strconv.Atoi(v)
		case "page":
			q.Limit, err = strconv.Atoi(v)
		default:
			rest = append(rest, w)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	q.Query = parseQuery(t, rest)
	return q
}

func (f *fixture) behind(cat *catalog.Catalog, q RowQuery) (page *RowPage, err error) {
	f.publish()
	err = f.w.View(context.Background(), func(v *warehouse.View) error {
		page, err = Behind(context.Background(), v, cat, q)
		return err
	})
	return page, err
}
