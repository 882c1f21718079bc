package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gridstar/analytics/units"
	"gridstar/ingest"
	"gridstar/ingest/intake"
	"gridstar/ingest/profile"
)

// A file whose columns are read, in order, as: 受理日期, 诉求内容, kept beside, about a person, not known, a second 备注.
var seen = []ingest.ColumnSight{
	{Letter: "A", Header: "登记日期", Canonical: "受理日期", Use: "field"},
	{Letter: "B", Header: "内容", Canonical: "诉求内容", Use: "field"},
	{Letter: "C", Header: "备注", Canonical: "备注", Use: "attr"},
	{Letter: "D", Header: "姓名", Use: "personal"},
	{Letter: "E", Header: "什么", Use: "unmapped"},
	{Letter: "F", Header: "备注", Use: "repeated"},
	{Letter: "G", Header: " ", Use: "unmapped"},
}

func TestAssigned(t *testing.T) {
	type mapping struct {
		Columns     map[string]string
		Attrs, Drop []string
	}
	none := map[string]string{}
	for _, c := range []struct {
		name  string
		picks map[int]string
		want  mapping
		fails string
	}{
		{"nothing is sent", nil, mapping{none, nil, nil}, ""},
		{"everything as it is", map[int]string{0: "=受理日期", 1: "=诉求内容", 2: "+", 4: "-"}, mapping{none, nil, nil}, ""},
		{"a column nobody knew is one of the ledger", map[int]string{4: "=办结时间"}, mapping{map[string]string{"办结时间": "什么"}, nil, nil}, ""},
		{"another column takes a field's place", map[int]string{0: "-", 4: "=受理日期"}, mapping{map[string]string{"受理日期": "什么"}, nil, []string{"登记日期"}}, ""},
		{"two change places", map[int]string{0: "=诉求内容", 1: "=受理日期"}, mapping{map[string]string{"诉求内容": "登记日期", "受理日期": "内容"}, nil, nil}, ""},
		{"a field is not read any more", map[int]string{1: "-"}, mapping{map[string]string{"诉求内容": ""}, nil, []string{"内容"}}, ""},
		{"a field is kept beside", map[int]string{1: "+"}, mapping{map[string]string{"诉求内容": ""}, []string{"内容"}, nil}, ""},
		{"what was kept is not stored", map[int]string{2: "-"}, mapping{none, nil, []string{"备注"}}, ""},
		{"what was not stored is kept", map[int]string{4: "+"}, mapping{none, []string{"什么"}, nil}, ""},
		{"a column about a person cannot be assigned", map[int]string{3: "=诉求内容"}, mapping{none, nil, nil}, ""},
		{"neither can a repeated one, nor one without a header", map[int]string{5: "+", 6: "=办结时间"}, mapping{none, nil, nil}, ""},
		{"a column the file does not have", map[int]string{99: "=办结时间"}, mapping{none, nil, nil}, ""},
		{"one field twice", map[int]string{4: "=受理日期"}, mapping{}, "A 列“登记日期”和 E 列“什么”都对应了“受理日期”"},
		{"no column at all", map[int]string{4: "="}, mapping{}, "提交的内容不完整"},
		{"something else", map[int]string{4: "删除"}, mapping{}, "提交的内容不完整"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got mapping
			var err error
			got.Columns, got.Attrs, got.Drop, err = assigned(seen, c.picks)
			switch {
			case c.fails == "" && err != nil:
				t.Fatal(err)
			case c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)):
				t.Fatalf("error %v, want %s", err, c.fails)
			case c.fails == "":
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// Whatever is picked, the mapping says it and nothing else: each column is read, kept or dropped as picked, no field of the
// ledger is read from two columns, and none from a column about a person.
func FuzzAssigned(f *testing.F) {
	f.Add(0, "=受理日期", 4, "=受理日期")
	f.Add(1, "+", 3, "=诉求内容")
	f.Add(2, "", 5, "=")
	f.Add(0, "-", 4, "=受理日期")
	f.Add(0, "=诉求内容", 1, "=受理日期")
	f.Add(1, "-", 2, "-")
	f.Add(6, "=办结时间", 4, "+")
	f.Fuzz(func(t *testing.T, i int, one string, j int, other string) {
		picks := map[int]string{i: one, j: other}
		columns, attrs, drop, err := assigned(seen, picks)
		if err != nil {
			return
		}
		met := map[string]bool{}
		for field, header := range columns {
			if header != "" && met[header] {
				t.Errorf("%q is read from %q: %v", field, header, columns)
			}
			met[header] = true
		}
		for n, c := range seen {
			said := pickOf(c) // what the mapping makes of the column
			for field, header := range columns {
				switch {
				case header == c.Header:
					said = readAs + field
				case said == readAs+field: // read from another column now, or from none
					said = ""
				}
			}
			switch {
			case slices.Contains(attrs, c.Header):
				said = keepIt
			case slices.Contains(drop, c.Header):
				said = notStored
			}
			switch pick, ok := picks[n]; {
			case c.Use == "repeated": // shares its header with a column that may be picked
			case fixed(c) || !ok:
				if said != pickOf(c) {
					t.Errorf("%v: column %s becomes %q", picks, c.Letter, said)
				}
			case said != pick:
				t.Errorf("%v: column %s becomes %q: %v %v %v", picks, c.Letter, said, columns, attrs, drop)
			}
		}
	})
}

// The form about tables: fields that no page sends, tables that are left out, and what the fields mean.
func TestReadTables(t *testing.T) {
	s := &Server{}
	read := func(form url.Values) ([]tableForm, int, error) {
		r := httptest.NewRequest(http.MethodPost, "http://localhost/data/x/look", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return s.readTables(r, intake.Upload{})
	}
	forms, save, err := read(url.Values{
		"t0-part": {"一月.xlsx"}, "t0-sheet": {"诉求"}, "t0-profile": {"a"}, "t0-was": {"b"}, "t0-c0": {"=x"}, "t0-org": {" 3101 "}, "t0-max": {"5%"}, "t0-crs": {"gcj02"}, "t0-encoding": {"gb18030"}, "t0-coded": {""},
		"t1-sheet": {"活动"}, "t1-skip": {"1"}, "save": {"1"}, "t1-name": {"新"},
	})
	if err != nil || len(forms) != 2 || save != 1 {
		t.Fatalf("%v %d %v", forms, save, err)
	}
	a, b := forms[0], forms[1]
	if a.Part != "一月.xlsx" || a.Sheet != "诉求" || a.Profile != "a" || a.Org != "3101" || a.MaxRejects != "5%" || a.CRS != "gcj02" || a.Encoding != "gb18030" || a.Picks[0] != "=x" || a.Skip {
		t.Errorf("the first table: %+v", a)
	}
	if a.Columns != nil {
		t.Error("columns that were assigned for another ledger count")
	}
	if b.Sheet != "活动" || !b.Skip || b.Name != "新" {
		t.Errorf("the second table: %+v", b)
	}
	for name, form := range map[string]url.Values{
		"nothing": {}, "no table": {"save": {"0"}}, "a strange field": {"t0-profile": {"a"}, "x": {"1"}}, "a strange field of a table": {"t0-actor": {"a"}},
		"a field twice": {"t0-profile": {"a", "b"}}, "the first table is missing": {"t1-profile": {"a"}}, "no number": {"t0-profile": {"a"}, "save": {"x"}},
		"a number with zeros": {"t00-profile": {"a"}}, "a great number": {"t1000-profile": {"a"}}, "no text": {"t0-profile": {"\xff"}},
	} {
		if _, _, err := read(form); err == nil || !spoken(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a second person of the same scope is shown of a file that somebody else has handed in.
func TestHides(t *testing.T) {
	street := units.Only("3101")
	both := street
	both.Petitions, both.Care = units.Under("3101"), units.Under("3101")
	all, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	set := profile.NewSet(all...)
	ledger, _ := set.ByName("居民诉求台账")
	header := []string{"受理日期", "来源渠道", "诉求内容"}
	petition, plain := []string{"2026-10-01", "信访", "上访"}, []string{"2026-10-01", "走访", "路灯"}
	for _, c := range []struct {
		name  string
		own   bool
		scope units.Scope
		cells []string
		want  bool
	}{
		{"one's own petition", true, street, petition, false},
		{"somebody else's", false, street, petition, true},
		{"somebody else's, with the right", false, both, petition, false},
		{"nothing of the kind", false, street, plain, false},
	} {
		if got := hides(c.own, c.scope, ledger)(header, c.cells); got != c.want {
			t.Errorf("%s: hidden %v", c.name, got)
		}
	}
	groups := 0
	for _, p := range set.All() {
		for _, c := range p.Columns() {
			for _, to := range c.Targets {
				if to.Column != "target_group" {
					continue
				}
				groups++
				one := []string{c.Header}
				if !hides(false, street, p)(one, []string{"独居老人"}) || hides(false, street, p)(one, []string{" "}) || hides(false, both, p)(one, []string{"独居老人"}) {
					t.Errorf("%s: the column %s", p.Name, c.Header)
				}
			}
		}
	}
	if groups == 0 {
		t.Error("no ledger tells the group of a person")
	}
}

// Rows that state several facts have a line for each; a refused row has one that says why.
func TestPreview(t *testing.T) {
	fact := func(label string, values ...string) ingest.PreviewFact {
		f := ingest.PreviewFact{Label: label}
		for i := 0; i < len(values); i += 2 {
			f.Values = append(f.Values, ingest.PreviewValue{Label: values[i], Text: values[i+1]})
		}
		return f
	}
	sight := ingest.Sight{Preview: []ingest.PreviewRow{
		{Row: 3, State: "accepted", Facts: []ingest.PreviewFact{fact("巡查", "日期", "2026-10-01", "公里", "3"), fact("隐患", "日期", "2026-10-01", "内容", "线路老化")}, Flags: []string{"约数"}},
		{Row: 4, State: "rejected", Problems: []ingest.Reject{{Row: 4, Column: "日期", Value: "十月", Message: "不是可识别的日期"}}},
		{Row: 5, State: "accepted", Facts: []ingest.PreviewFact{fact("隐患", "内容", "信访人反映")}},
		{Row: 6, State: "skipped"},
	}}
	got := preview(sight, hides(false, units.Only("3101"), nil))
	want := &previewTable{Head: []string{"日期", "公里", "内容"}, Shown: 3, Hidden: 1, Lines: []previewLine{
		{Row: 3, State: stateWord{"入库", "good"}, What: "巡查", Cells: []previewCell{{"日期", "2026-10-01", true}, {"公里", "3", false}, {"内容", "", false}}, Words: []string{"约数"}},
		{Row: 3, State: stateWord{"入库", "good"}, What: "隐患", Cells: []previewCell{{"日期", "2026-10-01", true}, {"公里", "", false}, {"内容", "线路老化", false}}},
		{Row: 4, State: stateWord{"退回", "overdue"}, Words: []string{"日期“十月”：不是可识别的日期"}, Bad: true},
		{Row: 6, State: stateWord{"跳过", "off"}, Bad: true, Off: true},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
