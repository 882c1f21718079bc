package analytics

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
)

func number2(f float64) *float64 { return &f }

// exampleAnswer has with a text that a spreadsheet would run and a name with a control character.
func exampleAnswer(t *testing.T) *Answer {
	t.Helper()
	cat := siteFS{}.load(t)
	metric := func(id string) Column {
		m, ok := cat.Metric(id)
		if !ok {
			t.Fatal(id)
		}
		return Column{m}
	}
	return &Answer{
		Dims:    []Dim{{"org:community", "社区", true}, {"dept", "承办单位", false}},
		Columns: []Column{metric("received"), metric("satisfaction_rate")},
		Rows: []Row{
			{Keys: []Key{{Value: "C1", Name: "朝阳\x1b社区"}, {Value: "=1+1", Name: "=1+1"}}, Cells: []Cell{
				{Value: number2(1234567), N: 1234567, Covered: 1, Prev: number2(0), ChangeNote: NewlyArisen},
				{Value: number2(47.5), N: 1.9, D: 4, HasD: true, Covered: 0.5, Prev: number2(50), Change: number2(-2.5)},
			}},
			{Keys: []Key{{}, {Value: `"公安",派出所`, Name: `"公安",派出所`}}, Cells: []Cell{
				{Note: NoData, ChangeNote: NoData},
				{N: 0, D: 0, HasD: true, Note: NotApplicable, Covered: 1, ChangeNote: NotApplicable},
			}},
		},
		From: moment(t, "2026-01-01"), To: moment(t, "2026-02-01"), PrevFrom: moment(t, "2025-12-01"), PrevTo: moment(t, "2026-01-01"),
		Compare: Prev, Now: moment(t, "2026-02-01T08:30"), Version: 7,
	}
}

func TestJSONKeepsTheOrderAskedAndDoesNotRound(t *testing.T) {
	var buf bytes.Buffer
	if err := exampleAnswer(t).JSON(&buf); err != nil {
		t.Fatal(err)
	}
	want := `[
{"org:community":"C1","org:community_name":"朝阳\u001b社区","dept":"=1+1",` +
		`"received":1234567,"received_n":1234567,"received_d":null,"received_note":null,"received_covered":1,"received_prev":0,"received_change":null,"received_change_note":"新增",` +
		`"satisfaction_rate":47.5,"satisfaction_rate_n":1.9,"satisfaction_rate_d":4,"satisfaction_rate_note":null,"satisfaction_rate_covered":0.5,"satisfaction_rate_prev":50,"satisfaction_rate_change":-2.5,"satisfaction_rate_change_note":null},
{"org:community":null,"org:community_name":null,"dept":"\"公安\",派出所",` +
		`"received":null,"received_n":0,"received_d":null,"received_note":"缺数据","received_covered":0,"received_prev":null,"received_change":null,"received_change_note":"缺数据",` +
		`"satisfaction_rate":null,"satisfaction_rate_n":0,"satisfaction_rate_d":0,"satisfaction_rate_note":"不适用","satisfaction_rate_covered":1,"satisfaction_rate_prev":null,"satisfaction_rate_change":null,"satisfaction_rate_change_note":"不适用"}
]
`
	if got := buf.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	buf.Reset()
	if err := (&Answer{}).JSON(&buf); err != nil || buf.String() != "[\n]\n" {
		t.Errorf("an empty answer is %q, %v", buf.String(), err)
	}
}

func TestCSVIsSafeForSpreadsheets(t *testing.T) {
	var buf bytes.Buffer
	if err := exampleAnswer(t).CSV(&buf); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(buf.String(), "\uFEFF")
	if !ok {
		t.Error("no BOM")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(rows[0][:6], " "), "org:community org:community_name dept received received_n received_d"; got != want {
		t.Errorf("header %q, want %q", got, want)
	}
	if got, want := strings.Join(rows[1], "|"), "C1|朝阳\x1b社区|'=1+1|1234567|1234567|||1|0||新增|47.5|1.9|4||0.5|50|-2.5|"; got != want {
		t.Errorf("row %q, want %q", got, want)
	}
	if rows[2][2] != `"公安",派出所` {
		t.Errorf("quoted text came back as %q", rows[2][2])
	}
	for _, start := range []string{"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"} {
		if got := csvText(start + "x"); !strings.HasPrefix(strings.Trim(got, `"`), "'") {
			t.Errorf("%q became %q", start+"x", got)
		}
	}
	if got := csvNumber(number2(-0.25)); got != "-0.25" {
		t.Errorf("a negative number became %q", got)
	}
}

func TestTableIsForPeople(t *testing.T) {
	var buf bytes.Buffer
	if err := exampleAnswer(t).Table(&buf); err != nil {
		t.Fatal(err)
	}
	want := `社区            承办单位       受理量（件）  上期  增减（%）  满意率（%）   上期  增减（个百分点）
朝阳 社区       =1+1                1234567     0       新增       47.50*  50.00             -2.50
（未归属社区）  "公安",派出所        缺数据     -          -       不适用      -                 -

期间：2026-01-01至2026-01-31；比较期：2025-12-01至2025-12-31；统计时点：2026-02-01 08:30；数据版本：7。
*部分覆盖：期内有的日期尚未报送数据。
`
	got := buf.String()
	if !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	lines := strings.Split(got, "\n")
	if a, b := displayWidth(lines[0]), displayWidth(lines[1]); a != b {
		t.Errorf("lines are %d and %d columns wide", a, b)
	}
	if !strings.Contains(got, "受理量：期内受理的事项数") {
		t.Error("no 计算口径")
	}
}

// Texts that are code elsewhere, in every place a user or a ledger can put one, are only text here.
func TestHostileTextIsOnlyText(t *testing.T) {
	t.Parallel()
	hostile := []string{
		`' OR 1=1--`, `'; DROP TABLE record; --`, `";`, `$$`, `$1`, `{{keys}}`, `${x}`, `%[1]s %d`, `＇ OR 1=1`, "a\u2028b", "a\x00b", "\u202eabc",
		strings.Repeat("长", 1000),
	}
	f := newFixture(t)
	f.insert("org", [][]string{
		strings.Fields("tree level code parent_code name"),
		{"area", "district", "D", "-", hostile[0]},
	})
	for i, h := range hostile {
		if h == "a\x00b" {
			continue // the database does not take it, so no ledger can bring it
		}
		f.exec("INSERT INTO org (tree, level, code, parent_code, name, sort, valid_from, job, row, since) VALUES ('area', 'community', $1, 'D', $1, $2, '1900-01-01', 1, 1, 1)", h, i)
		f.exec("INSERT INTO record (id, source_system, kind, org_code, category, dept, received_at, content, job, row, since) "+
			"VALUES ($1, $1, 'SQ', $1, $1, $1, '2026-01-02', 0, 1, 1, 1)", h)
	}
	cat := siteFS{}.load(t)
	ask := func(change func(q *Query)) (*Answer, error) {
		q := Query{Metrics: []string{"received"}, From: moment(t, "2026-01-01"), To: moment(t, "2026-02-01"), Now: moment(t, "2026-02-01"), Scope: units.Everything()}
		change(&q)
		return f.run(cat, q)
	}
	for _, h := range hostile {
		stored := h != "a\x00b"
		for where, change := range map[string]func(q *Query){
			"org":    func(q *Query) { q.Org = h },
			"scope":  func(q *Query) { q.Scope = units.Only(h) },
			"filter": func(q *Query) { q.Where = []Filter{{"dept", []string{h}}} },
			"unit":   func(q *Query) { q.Where = []Filter{{"org:community", []string{h}}} },
		} {
			a, err := ask(change)
			switch {
			case stored && err != nil:
				t.Errorf("%s %q: %v", where, h, err)
			case stored && (len(a.Rows) != 1 || a.Rows[0].Cells[0].N != 1):
				t.Errorf("%s %q: %+v, want one row that counts 1", where, h, a.Rows)
			case err != nil && strings.Contains(err.Error(), "SELECT"):
				t.Errorf("%s %q: the error shows SQL: %v", where, h, err)
			}
		}
		for where, change := range map[string]func(q *Query){
			"metric":  func(q *Query) { q.Metrics = []string{h} },
			"dim":     func(q *Query) { q.Dims = []string{h} },
			"level":   func(q *Query) { q.Dims = []string{"org:" + h} },
			"kind":    func(q *Query) { q.Where = []Filter{{"kind", []string{h}}} },
			"hour":    func(q *Query) { q.Where = []Filter{{"hour", []string{h}}} },
			"compare": func(q *Query) { q.Compare = Compare(h) },
		} {
			if _, err := ask(change); err == nil || strings.Contains(err.Error(), "Error:") {
				t.Errorf("%s %q: error %v, want one of ours", where, h, err)
			}
		}
		if a, err := ask(func(q *Query) { q.Metrics = []string{catalog.FigurePrefix + h} }); stored && (err != nil || len(a.Rows) != 1) {
			t.Errorf("figure %q: %v", h, err)
		}
	}
	a, err := ask(func(q *Query) { q.Dims = []string{"org:community", "category"} })
	if n := len(hostile) - 1; err != nil || len(a.Rows) != n*n {
		t.Errorf("%d rows, %v; want %d", len(a.Rows), err, n*n)
	}
}
