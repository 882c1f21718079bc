package analytics

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

func (f *fixture) rowsCSV(t *testing.T, cat *catalog.Catalog, q RowQuery) string {
	t.Helper()
	var buf bytes.Buffer
	if err := f.w.View(context.Background(), func(v *warehouse.View) error {
		return WriteRows(context.Background(), v, cat, q, &buf)
	}); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestRowsAsCSV(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	base := readCase(t, "base.inc")
	f.insert("org", base[0].rows)
	f.insert("record", [][]string{
		strings.Fields("id org_code kind received_at due_at closed_at title text status valid_visit visited_at dq source_no dept subject_key actor_key attrs"),
		{"a", "G11", "SQ", "2026-01-02 08:00:00", "2026-01-05 23:59:59", "2026-01-02 08:20:00", "=HYPERLINK(\"http://x\")", "-", "已办结", "true", "2026-01-03", "DQ01,DQ18", "+1", "a,\"b\"\nc", "SUBJECT", "ACTOR", `{"甲":"ATTRS"}`},
		{"b", "X9", "XFJ", "2026-01-03 08:00:00", "-", "-", "SECRET", "SECRET", "-", "-", "-", "-", "-", "-", "SUBJECT", "ACTOR", "-"},
		{"c", "-", "SQ", "2026-01-04 08:00:00", "-", "-", "-", "@cmd", "-", "-", "-", "-", "-", "-", "-", "-", "-"},
	})
	f.insert("figure", [][]string{
		strings.Fields("id org_code measure period_from period_to value qualifier"), {"x", "C1", "甲", "2026-01-01", "2026-02-01", "200", "ge"},
	})
	f.publish()
	q := RowQuery{Query: Query{
		Metrics: []string{"received"}, From: moment(t, "2026-01-01"), To: moment(t, "2026-02-01"), Now: moment(t, "2026-02-01"), Scope: units.Everything(),
	}, Sort: "received_at", Offset: 2, Limit: 1} // the page does not matter
	got := f.rowsCSV(t, siteFS{}.load(t), q)
	want := "\uFEFF受理时间,类型,渠道,类别,单位,单位编码,事项,对象类别,承办,时限,办结时间,办理时长（小时）,状态,结果,满意度,标记,来源编号,作业,行号\r\n" +
		`2026-01-02 08:00:00,诉求,,,朝阳社区第一网格,G11,"'=HYPERLINK(""http://x"")",依权限不显示,"a,""b""` + "\nc\",2026-01-05 23:59:59,2026-01-02 08:20:00,0.3333333333333333,已办结,,,时间先后颠倒、约数,'+1,1,15\r\n" +
		"2026-01-04 08:00:00,诉求,,,,,'@cmd,依权限不显示,,,,,,,,,,1,17\r\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	q.Metrics, q.Sort = []string{"resolve_rate"}, ""
	if got, want := f.rowsCSV(t, siteFS{}.load(t), q), "2026-01-03 00:00:00,是,,,时间先后颠倒、约数,'+1,否,1,15\r\n"; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
	q.Metrics = []string{"figure:甲"}
	want = "\uFEFF单位,单位编码,对象,期间,截至日期,数值,计量单位,标记,作业,行号\r\n红旗街道朝阳社区,C1,,2026年1月,,200+,,,1,18\r\n"
	if got := f.rowsCSV(t, siteFS{}.load(t), q); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, q := range []RowQuery{{}, {Query: q.Query, Part: "nonsense"}, {Query: q.Query, Sort: "nonsense"}} {
		var buf bytes.Buffer
		err := f.w.View(context.Background(), func(v *warehouse.View) error { return WriteRows(context.Background(), v, siteFS{}.load(t), q, &buf) })
		if err == nil || buf.Len() > 0 {
			t.Errorf("%+v: error %v, %d bytes written", q, err, buf.Len())
		}
	}
}

// The engine gives the same rows, with Now cut as that of its answers.
func TestEngineRows(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.insert("org", readCase(t, "base.inc")[0].rows)
	f.insert("record", [][]string{
		strings.Fields("id org_code kind received_at closed_at due_at source_no"),
		{"a", "G11", "SQ", "2026-01-02 08:00:00", "2026-01-03 10:03:00", "-", "A"},
		{"b", "G11", "SQ", "2026-01-02 09:00:00", "2026-01-02 10:00:00", "-", "B"},
	})
	f.publish()
	e := NewEngine(f.w, siteFS{}.load(t), EngineOptions{})
	q := RowQuery{Query: Query{
		Metrics: []string{"close_rate"}, From: moment(t, "2026-01-01"), To: moment(t, "2026-02-01"), Now: moment(t, "2026-01-03T10:04"), Scope: units.Everything(),
	}, Part: PartHit}
	answers, err := e.Ask(t.Context(), q.Query)
	if err != nil {
		t.Fatal(err)
	}
	page, err := e.Behind(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	// at 10:00, to which 10:04 is cut, a is not closed
	if n := answers[0].Rows[0].Cells[0].N; n != 1 || page.Total != 1 || !page.Now.Equal(answers[0].Now) || page.Version != answers[0].Version {
		t.Errorf("%v closed in the answer, %d rows; now %s and %s; version %d and %d", n, page.Total, answers[0].Now, page.Now, answers[0].Version, page.Version)
	}
	var buf bytes.Buffer
	if err := e.WriteRows(t.Context(), q, &buf); err != nil {
		t.Fatal(err)
	}
	q.Now = page.Now
	if want := f.rowsCSV(t, e.Catalog(), q); buf.String() != want {
		t.Errorf("got\n%s\nwant\n%s", buf.String(), want)
	}
	buf.Reset()
	q.Org = "nowhere"
	if _, err := e.Behind(t.Context(), q); !errors.Is(err, ErrUnknownUnit) {
		t.Errorf("error %v, want %v", err, ErrUnknownUnit)
	}
	if err := e.WriteRows(t.Context(), q, &buf); !errors.Is(err, ErrUnknownUnit) || buf.Len() > 0 {
		t.Errorf("error %v and %d bytes, want %v and none", err, buf.Len(), ErrUnknownUnit)
	}
}

// Paging through any order gives the rows of the csv, each once; turned, the filled cells come the other way round.
func TestPagesJoin(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 3))
	f := newFixture(t)
	ledgers(t, f, rng)
	cat := siteFS{}.load(t)
	for _, metric := range []string{"close_rate", "joint_meeting_rate", "staff"} {
		q := RowQuery{Query: Query{
			Metrics: []string{metric}, From: moment(t, "2026-01-01"), To: moment(t, "2026-07-01"), Now: moment(t, "2026-07-01"), Scope: units.Everything(),
		}}
		first, err := f.behind(cat, q)
		if err != nil {
			t.Fatal(err)
		}
		sortable := 0
		for _, c := range first.Columns {
			if !c.Sortable {
				continue
			}
			sortable++
			q := q
			q.Sort, q.Desc = c.ID, rng.IntN(2) == 0
			whole, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(f.rowsCSV(t, cat, q), "\uFEFF"))).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if int64(len(whole)-1) != first.Total {
				t.Errorf("%s by %s: %d lines of csv, %d rows", metric, c.ID, len(whole)-1, first.Total)
			}
			q.Limit = int(first.Total)/2 + 1
			var paged [][]string
			var cells []any
			at := slices.IndexFunc(first.Columns, func(o RowColumn) bool { return o.ID == c.ID })
			for q.Offset = 0; q.Offset < int(first.Total); q.Offset += q.Limit {
				page, err := f.behind(cat, q)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range page.Rows {
					var line []string
					for i, c := range page.Columns {
						line = append(line, csvCell(c, r.Cells[i])...)
					}
					paged, cells = append(paged, line), append(cells, r.Cells[at])
				}
			}
			for i, line := range paged {
				if want := whole[i+1][:len(line)]; fmt.Sprint(unquoted(line)) != fmt.Sprint(want) {
					t.Fatalf("%s by %s, row %d: %v on its page, %v in the csv", metric, c.ID, i, line, want)
				}
			}
			if len(paged) != len(whole)-1 {
				t.Fatalf("%s by %s: %d rows on the pages, %d in the csv", metric, c.ID, len(paged), len(whole)-1)
			}
			if i, problem := misplaced(cells, q.Desc); problem != "" {
				t.Errorf("%s by %s desc %v: row %d %s", metric, c.ID, q.Desc, i, problem)
			}
		}
		if sortable < 3 {
			t.Errorf("%s: %d sortable columns", metric, sortable)
		}
	}
}

// misplaced finds the first cell of a sorted column that is out of order, as far as Go knows the order.
func misplaced(cells []any, desc bool) (at int, problem string) {
	var last string
	empty := false
	for i, cell := range cells {
		if empty && cell != nil {
			return i, "is filled and stands behind an empty one"
		}
		if empty = cell == nil; empty {
			continue
		}
		key := ""
		switch v := cell.(type) {
		case time.Time:
			key = fmt.Sprintf("%020d", v.UnixNano())
		case float64:
			key = fmt.Sprintf("%020.6f", v+1e6) // also below zero
		case Reading:
			key = fmt.Sprintf("%020.6f", v.Value)
		case bool:
			key = fmt.Sprint(v)
		default:
			return 0, ""
		}
		if i > 0 && (!desc && key < last || desc && key > last) {
			return i, fmt.Sprintf("has %v", cell)
		}
		last = key
	}
	return 0, ""
}

func unquoted(line []string) []string {
	out, err := csv.NewReader(strings.NewReader(strings.Join(line, ",") + "\n")).Read()
	if err != nil {
		return []string{err.Error()}
	}
	return out
}

func TestPeriodName(t *testing.T) {
	for _, tt := range []struct{ from, to, want string }{
		{"2026-01-01", "2027-01-01", "2026年"},
		{"2026-04-01", "2026-07-01", "2026年第二季度"},
		{"2026-12-01", "2027-01-01", "2026年12月"},
		{"2026-02-28", "2026-03-01", "2026年2月28日"},
		{"2026-01-01", "2026-03-01", "2026年1月至2月"},
		{"2026-11-01", "2027-02-01", "2026-11-01至2027-01-31"},
		{"2026-01-02", "2026-02-02", "2026-01-02至2026-02-01"},
		{"2026-01-01T12:00", "2026-02-01T12:00", "2026-01-01 12:00:00至2026-02-01 12:00:00"},
	} {
		if got := periodName(moment(t, tt.from), moment(t, tt.to)); got != tt.want {
			t.Errorf("%s to %s: %s, want %s", tt.from, tt.to, got, tt.want)
		}
	}
}
