package ingest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gridstar/analytics/units"
	"gridstar/ingest/profile"
)

// look looks at a file of this content.
func (s *site) look(name, content string, rows int, with func(*Request)) Look {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "f")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	r := Request{File: f, Name: name, Scope: units.Everything()}
	if with != nil {
		with(&r)
	}
	l, err := s.in.Look(context.Background(), r, rows)
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

const seenLedger = `红旗街道朝阳社区居民诉求台账（2026年1月）,,,,,,
序号,受理日期,网格,诉求内容,来源渠道,反映人,说不清的列
1,2026-01-02,第一网格,路灯不亮 电话13812345678,12345热线,张三,甲
2,有一天,第一网格,井盖松动,12345热线,李四,乙
3,2026-01-05,第二网格,楼道堆物,12345热线,王五,甲
合计,,,,,,
`

// What a clerk is shown of a ledger with a title, a row that cannot be read and a column about persons; and nothing is written.
func TestLook(t *testing.T) {
	s := newSite(t)
	before := s.w.Version()
	l := s.look("一月.csv", seenLedger, 50, nil)
	if len(l.Tables) != 1 {
		t.Fatalf("%d tables", len(l.Tables))
	}
	got := l.Tables[0]
	if got.Problem != "" || got.Profile == nil || got.Profile.Name != "居民诉求台账" || got.HeaderRow != 2 || got.Unit != "C11" || got.Format != "csv" || got.Encoding != "UTF-8" {
		t.Errorf("the table: %+v", got)
	}
	if from, to := got.From.Format("2006-01-02"), got.To.Format("2006-01-02"); from != "2026-01-01" || to != "2026-02-01" {
		t.Errorf("the period is %s to %s", from, to)
	}
	if len(got.Candidates) == 0 || got.Candidates[0].Profile != got.Profile || !strings.Contains(got.Title, "朝阳社区") || !strings.Contains(got.Coverage, "朝阳社区") {
		t.Errorf("title %q, coverage %q, %d candidates", got.Title, got.Coverage, len(got.Candidates))
	}
	type column struct{ Letter, Header, Use, Canonical, Samples string }
	var columns []column
	for _, c := range got.Columns {
		columns = append(columns, column{c.Letter, c.Header, c.Use, c.Canonical, strings.Join(c.Samples, "|")})
	}
	want := []column{
		{"A", "序号", "dropped", "序号", "1|2|3"},
		{"B", "受理日期", "field", "受理日期", "2026-01-02|有一天|2026-01-05"},
		{"C", "网格", "field", "网格", "第一网格|第二网格"},
		{"D", "诉求内容", "field", "诉求内容", "路灯不亮 电话〔电话〕|井盖松动|楼道堆物"},
		{"E", "来源渠道", "field", "来源渠道", "12345热线"},
		{"F", "反映人", "personal", "", ""},
		{"G", "说不清的列", "unmapped", "", "甲|乙"},
	}
	for i := range columns { // whether a site reads 序号 or a name as anything is the profile's affair
		if i == 0 && columns[i].Use == "unmapped" {
			want[0].Use, want[0].Canonical = "unmapped", ""
		}
		if i == 5 {
			columns[i].Canonical = ""
		}
	}
	if diff := cmp.Diff(want, columns); diff != "" {
		t.Error(diff)
	}
	var states []string
	for _, row := range got.Preview {
		states = append(states, row.State)
	}
	if diff := cmp.Diff([]string{"accepted", "rejected", "accepted", "skipped"}, states); diff != "" {
		t.Fatal(diff)
	}
	if row := got.Preview[1]; row.Row != 4 || len(row.Problems) != 1 || row.Problems[0].Column != "受理日期" || row.Problems[0].Value != "有一天" {
		t.Errorf("the refused row: %+v", row)
	}
	values := map[string]string{}
	for _, v := range got.Preview[0].Facts[0].Values {
		values[v.Label] = v.Text
	}
	for label, text := range map[string]string{"受理时间": "2026-01-02", "单位": "红旗街道朝阳社区第一网格", "内容": "路灯不亮 电话〔电话〕", "类型": "诉求"} {
		if values[label] != text {
			t.Errorf("%s is %q, want %q", label, values[label], text)
		}
	}
	if s.w.Version() != before {
		t.Error("looking has published something")
	}
}

// Looking says of each row what loading then does.
func TestLookIsWhatLoadDoes(t *testing.T) {
	s := newSite(t)
	got := s.look("一月.csv", seenLedger, 50, nil).Tables[0]
	n := map[string]int64{}
	for _, row := range got.Preview {
		n[row.State]++
	}
	path := filepath.Join(t.TempDir(), "一月.csv")
	if err := os.WriteFile(path, []byte(seenLedger), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	res, err := s.in.Load(t.Context(), Request{File: f, Name: "一月.csv", Scope: units.Everything()})
	if err != nil {
		t.Fatal(err)
	}
	if res.Accepted != n["accepted"] || res.Rejected != n["rejected"] || res.Skipped != n["skipped"] || res.Rows != int64(len(got.Preview)) {
		t.Errorf("loaded %+v, seen %v", res, n)
	}
	if res.Coverage() != got.Coverage {
		t.Errorf("covers %q, seen %q", res.Coverage(), got.Coverage)
	}
}

// A header that nobody knows: nothing fits; the ledger that is chosen says what it lacks and shows the columns, and with the
// columns assigned it can be loaded.
func TestLookAtAStrangeHeader(t *testing.T) {
	s := newSite(t)
	const strange = "某社区登记\n哪天,哪里,什么事\n2026-01-02,第一网格,路灯\n"
	got := s.look("x.csv", strange, 10, nil).Tables[0]
	if got.Profile != nil || !strings.HasSuffix(got.Problem, "。") || len(got.Preview) != 0 {
		t.Errorf("nothing was chosen: %+v", got)
	}
	p, _ := s.in.Profiles.ByName("居民诉求台账")
	got = s.look("x.csv", strange, 10, func(r *Request) { r.Profile = p }).Tables[0]
	if got.Profile != p || !strings.Contains(got.Problem, "受理日期") || got.HeaderRow != 2 || len(got.Columns) != 3 || got.Columns[0].Header != "哪天" || got.Columns[0].Use != "unmapped" {
		t.Errorf("the ledger was chosen: %+v", got)
	}
	q, _, err := p.Remap(p.Name, map[string]string{"受理日期": "哪天", "网格": "哪里", "诉求内容": "什么事"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	got = s.look("x.csv", strange, 10, func(r *Request) { r.Profile, r.Org = q, "C11" }).Tables[0]
	if got.Problem != "" || len(got.Preview) != 1 || got.Preview[0].State != "accepted" || got.Columns[0].Canonical != "受理日期" {
		t.Errorf("the columns were assigned: %+v", got)
	}
}

// A file that cannot be read is an error; a table that cannot be is its problem, in a sentence.
func TestLookRefusals(t *testing.T) {
	s := newSite(t)
	for name, content := range map[string]string{"空.csv": "", "一格.csv": "x\n", "坏.xlsx": "PK\x03\x04 nothing", "坏.json": `[{"a":`} {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		l, err := s.in.Look(t.Context(), Request{File: f, Name: name}, 10)
		f.Close()
		text := ""
		switch {
		case err != nil:
			text = asSentence(err)
		case len(l.Tables) == 1:
			text = l.Tables[0].Problem
		}
		if !strings.HasSuffix(text, "。") || !strings.Contains(text, name[:len(name)-4]) && !strings.Contains(text, "文件") {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "f.csv")
	if err := os.WriteFile(path, []byte(seenLedger), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := s.in.Look(ctx, Request{File: f, Name: "f.csv"}, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestLetter(t *testing.T) {
	for n, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA", 16383: "XFD"} {
		if got := letter(n); got != want {
			t.Errorf("column %d is %s, want %s", n, got, want)
		}
	}
}

// Every field that a ledger can fill and a reader is shown has a name.
func TestFieldLabels(t *testing.T) {
	unshown := map[string]bool{"qualifier": true /* shown with the value */, "source_system": true, "place_id": true, "subject_key": true, "actor_key": true, "person_key": true, "related_id": true}
	for _, name := range []string{"record", "activity", "figure", "place"} {
		shape, _ := profile.ShapeOf(name)
		for _, c := range shape.Columns {
			if (fieldLabels[c.Name] == "") != unshown[c.Name] {
				t.Errorf("%s.%s is called %q", name, c.Name, fieldLabels[c.Name])
			}
		}
	}
}

// A number that was not stated exactly is nowhere shown as if it were.
func TestLookShowsHowNumbersWereStated(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ toml, data, want string }{
		{
			full, fullHeader + cells("1", "数量=200余", "金额=5") + cells("2", "数量=3", "金额=近40") + cells("3", "数量=约7", "金额=不足8"),
			"金额 5, 数量 200+; 金额 近40, 数量 3; 金额 不足8, 数量 约7",
		},
		{
			`name = "figures"; shape = "figure"; period = "title"
[constants]
measure = "member_points_total"
[fields]
org   = { from = ["column:社区"] }
value = "总积分"
`, "2026年1月,\n社区,总积分\n和平社区,100余\n建设社区,7\n", "数值 100+; 数值 7",
		},
	} {
		p, err := profile.Parse([]byte(c.toml), "x.toml", profile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		l := s.look("a.csv", c.data, 10, func(r *Request) { r.Profile = p })
		var rows []string
		for _, row := range l.Tables[0].Preview {
			var values []string
			for _, v := range row.Facts[0].Values {
				if v.Label == "数量" || v.Label == "金额" || v.Label == "数值" || v.Label == "约数" {
					values = append(values, v.Label+" "+v.Text)
				}
			}
			slices.Sort(values)
			slices.Reverse(values)
			rows = append(rows, strings.Join(values, ", "))
		}
		want := c.want
		if got := strings.Join(rows, "; "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
