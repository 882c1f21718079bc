package profile

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// facts binds a built-in profile to a header and returns what a row states: per fact the field texts, times and
// numbers as read, absent ones left out.
func facts(t *testing.T, name string, clock *Clock, header, row []string) []map[string]string {
	t.Helper()
	p, ok := builtinSet(t).ByName(name)
	if !ok {
		t.Fatalf("no profile %s", name)
	}
	b := bind(t, p, header...)
	if len(b.Unmapped) > 0 {
		t.Errorf("unmapped: %q", b.Unmapped)
	}
	return read(t, b, clock, row)
}

func read(t *testing.T, b *Binding, clock *Clock, row []string) []map[string]string {
	t.Helper()
	var out []map[string]string
	for i := range b.Emits {
		e := &b.Emits[i]
		if !e.Applies(row) {
			continue
		}
		m := map[string]string{}
		for j := range e.Fields {
			f := &e.Fields[j]
			var ok bool
			var err error
			var s string
			switch f.Type {
			case Time:
				var v time.Time
				v, ok, err = f.Time(row, clock)
				s = v.Format(time.DateTime)
			case Bool:
				var v bool
				v, ok, err = f.Bool(row)
				s = fmt.Sprint(v)
			case Int:
				var v int32
				var q Qualifier
				v, q, ok, err = f.Int(row)
				s = fmt.Sprintf("%d %s", v, q)
			case Number:
				var v float64
				var q Qualifier
				v, q, ok, err = f.Number(row)
				s = fmt.Sprintf("%g %s", v, q)
			case Lon, Lat:
				var v float64
				v, ok, err = f.Coord(row)
				s = fmt.Sprint(v)
			default:
				s = f.Text(row)
				ok = s != ""
			}
			if err != nil {
				t.Errorf("%s: %v", f.Target, err)
			}
			if ok {
				m[f.Target] = s
			}
		}
		out = append(out, m)
	}
	return out
}

func TestPetitionLedger(t *testing.T) {
	header := strings.Split("序号,受理日期,受理时间,来源渠道,网格,小区楼栋,诉求类别,诉求内容,反映人（类别）,联系电话,承办单位/人,转办时间,办结时限,办结时间,办理结果,是否解决,满意度,回访情况,回访时间,是否有效回访,是否联系,解决层级,退回次数,备注,经度,纬度", ",")
	row := strings.Split("1,9月1日,9:32,网格员,第一网格,金桂园3号楼,停车交通,楼下乱停车,一般居民,19900000000,物业,2023.9.1 10:00,2023.9.6,2023.9.4 17:05,解决,是,基本满意,电话回访,2023.9.5,是,是,社区,1,无,116.4,39.9", ",")
	year := &Clock{From: day(2023, 9, 1), To: day(2023, 10, 1)}
	want := []map[string]string{{
		"source_system": "居民诉求台账", "kind": "SQ", "channel": "网格员", "category": "停车交通", "text": "楼下乱停车", "lon": "116.4", "lat": "39.9", "place_id": "金桂园3号楼",
		"target_group": "一般居民", "dept": "物业", "received_at": "2023-09-01 09:32:00", "assigned_at": "2023-09-01 10:00:00", "due_at": "2023-09-06 23:59:59",
		"visited_at": "2023-09-05 00:00:00", "closed_at": "2023-09-04 17:05:00", "resolved_level": "社区", "result": "解决", "satisfaction": "基本满意",
		"valid_visit": "true", "contacted": "true", "resolved": "true", "rework_count": "1 exact",
	}}
	if diff := cmp.Diff(want, facts(t, "居民诉求台账", year, header, row)); diff != "" {
		t.Error(diff)
	}
	row[6], row[15], row[17], row[22] = "经商兴业", "部分解决", "", ""
	got := facts(t, "居民诉求台账", year, header, row)[0]
	if got["kind"] != "SH" || got["category"] != "经商兴业" || got["resolved"] != "false" || got["rework_count"] != "0 exact" {
		t.Errorf("%v", got)
	}
	p, _ := builtinSet(t).ByName("居民诉求台账")
	b := bind(t, p, header...)
	if b.Identity != ByKey || p.SourceSystem() != "居民诉求台账" || !cmp.Equal(p.Covers, []string{"SQ", "SH"}) || p.Period.Kind != "title" {
		t.Errorf("%v %v %v %v", b.Identity, p.SourceSystem(), p.Covers, p.Period)
	}
	var org []string
	for _, o := range b.Org {
		org = append(org, strings.TrimSuffix(o.Kind+":"+o.Column.Header, ":"))
	}
	if diff := cmp.Diff([]string{"column:网格", "title", "sheet", "file"}, org); diff != "" {
		t.Error(diff)
	}
	for _, f := range b.Emits[0].Fields {
		if f.Masked != (f.Target == "text") {
			t.Errorf("%s masked: %v", f.Target, f.Masked)
		}
		if f.Column.Header == "联系电话" {
			t.Errorf("%s takes the phone number", f.Target)
		}
	}
}

// Two petitions that differ in nothing but the name that is not stored are two.
func TestPetitionKeyHoldsWhatIsDropped(t *testing.T) {
	p, _ := builtinSet(t).ByName("居民诉求台账")
	b := bind(t, p, "受理日期", "网格", "诉求内容", "反映人", "联系电话")
	one, ok1 := b.AppendKey(nil, []string{"2023-09-01", "第一网格", "漏水", "甲", ""}, nil)
	two, ok2 := b.AppendKey(nil, []string{"2023-09-01", "第一网格", "漏水", "乙", ""}, nil)
	if !ok1 || !ok2 || string(one) == string(two) {
		t.Errorf("%q and %q", one, two)
	}
	for _, e := range b.Emits {
		for i := range e.Fields {
			if s := e.Fields[i].Text([]string{"2023-09-01", "第一网格", "漏水", "甲", "19900000000"}); s == "甲" || s == "19900000000" {
				t.Errorf("%s holds %q", e.Fields[i].Target, s)
			}
		}
	}
}

func TestWishLedger(t *testing.T) {
	header := strings.Split("序号,征集日期,心愿人类别,网格,心愿内容,认领单位/党员,认领日期,实现日期,完成情况,评价,备注", ",")
	row := strings.Split("1,2023.9.1,独居,第一网格,希望添置一台收音机,区图书馆党支部,2023.9.3,2023.9.20,已实现,满意,", ",")
	want := []map[string]string{{
		"source_system": "微心愿台账", "kind": "WX", "text": "希望添置一台收音机", "target_group": "独居", "actor_key": "区图书馆党支部",
		"received_at": "2023-09-01 00:00:00", "accepted_at": "2023-09-03 00:00:00", "closed_at": "2023-09-20 00:00:00", "status": "已办结", "satisfaction": "满意",
	}}
	if diff := cmp.Diff(want, facts(t, "微心愿台账", nil, header, row)); diff != "" {
		t.Error(diff)
	}
	p, _ := builtinSet(t).ByName("微心愿台账")
	if f := field(t, bind(t, p, header...), 0, "actor_key"); f.Type != Hash {
		t.Error("who took up a wish is not hashed")
	}
}

func TestCommunityLedger(t *testing.T) {
	header := strings.Split("社区,户数,人口,60岁以上人口,面积,小区数,楼栋数,居民党员,在职党员,工作人员", ",")
	row := strings.Split("五一街社区,4324,8000余人,约570,1.5平方公里,6,,202,183,17", ",")
	figure := func(measure, value, unit string) map[string]string {
		return map[string]string{"measure": measure, "value": value, "unit": unit}
	}
	want := []map[string]string{
		figure("households", "4324 exact", "户"), figure("population", "8000 ge", "人"), figure("population_60plus", "570 approx", "人"),
		figure("area_km2", "1.5 exact", "平方公里"), figure("estates", "6 exact", "个"), figure("resident_members", "202 exact", "人"),
		figure("in_service_members", "183 exact", "人"), figure("staff", "17 exact", "人"),
	}
	if diff := cmp.Diff(want, facts(t, "社区基本情况", nil, header, row)); diff != "" {
		t.Error(diff)
	}
	p, _ := builtinSet(t).ByName("社区基本情况")
	if b := bind(t, p, header...); b.Identity != BySlice || len(b.Org) == 0 || b.Org[0].Column.Header != "社区" {
		t.Errorf("identity %v, org %v", b.Identity, b.Org)
	}
}

func TestPublishedLedger(t *testing.T) {
	header := strings.Split("单位,指标,数值,分子,分母,分母口径,计量单位,期间起,期间止,截至日期,出处", ",")
	for _, c := range []struct {
		row  string
		want map[string]string
	}{
		{"东风区,持证率,41.72%,126,302,专职网格员,%,,,2023-12-31,某文", map[string]string{
			"measure": "持证率", "value": "41.72 exact", "numerator": "126 exact", "denominator": "302 exact", "denominator_label": "专职网格员", "unit": "%", "as_of": "2023-12-31 00:00:00",
		}},
		{"东风区,红色代办,200余,,,,件,2022-01-01,2023-12-31,,某文", map[string]string{
			"measure": "红色代办", "value": "200 ge", "unit": "件", "period_from": "2022-01-01 00:00:00", "period_to": "2024-01-01 00:00:00",
		}},
		{"长征社区,就业,近50,,,,人,2023年,2023年,2023年10月,某文", map[string]string{
			"measure": "就业", "value": "50 near", "unit": "人", "period_from": "2023-01-01 00:00:00", "period_to": "2024-01-01 00:00:00", "as_of": "2023-10-31 00:00:00",
		}},
	} {
		if diff := cmp.Diff([]map[string]string{c.want}, facts(t, "公布数据", nil, header, strings.Split(c.row, ","))); diff != "" {
			t.Errorf("%s:\n%s", c.row, diff)
		}
	}
}

func TestCommunityBoards(t *testing.T) {
	p, _ := builtinSet(t).ByName("nyc311")
	b := bind(t, p, "Unique Key", "Created Date", "Complaint Type", "Community Board")
	f := field(t, b, 0, "org_code")
	for in, want := range map[string]string{
		"04 BRONX": "204", "12 MANHATTAN": "112", "01 STATEN ISLAND": "501", "18 BROOKLYN": "318", "14 QUEENS": "414", "26 BRONX": "226",
		"Unspecified MANHATTAN": "", "0 Unspecified": "", "": "", "4 BRONX": "", "04 YONKERS": "",
	} {
		if got := f.Text([]string{"1", "", "", in}); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func shared(t *testing.T, parts ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "..", "shared", "data"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("real data not present: %s", filepath.Join(parts...))
	}
	return path
}

func readCSV(t *testing.T, parts ...string) [][]string {
	t.Helper()
	f, err := os.Open(shared(t, parts...))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestNYCExport(t *testing.T) {
	rows := readCSV(t, "nyc", "311_2022-05-01_first_hour.csv")
	p, at, err := recognise(builtinSet(t), rows[:HeadRows])
	if err != nil || p.Name != "nyc311" || at != 0 {
		t.Fatal(p, at, err)
	}
	b := bind(t, p, rows[0]...)
	if len(b.Unmapped) > 0 || b.Identity != BySourceNo {
		t.Errorf("unmapped %q, identity %v", b.Unmapped, b.Identity)
	}
	// The file holds the first hours of 1 May 2022, the first of which its own clock calls 12 AM.
	from, to := day(2022, 5, 1), day(2022, 5, 1).Add(3*time.Hour)
	boards := 0
	for i, row := range rows[1:] {
		m := read(t, b, nil, row)[0]
		received, err := time.Parse(time.DateTime, m["received_at"])
		if err != nil || received.Before(from) || !received.Before(to) {
			t.Fatalf("row %d was received %q", i+2, m["received_at"])
		}
		if m["org_code"] != "" {
			boards++
		}
		if !slices.Contains([]string{"已办结", "办理中", "已受理"}, m["status"]) || m["kind"] != "SQ" || m["source_no"] == "" {
			t.Fatalf("row %d: %v", i+2, m)
		}
	}
	// Counted with a spreadsheet: 924 rows, of which 15 say "Unspecified …".
	if len(rows)-1 != 924 || boards != 909 {
		t.Errorf("%d rows, %d with a community board", len(rows)-1, boards)
	}
}

func TestNYCRequestsJSON(t *testing.T) {
	data, err := os.ReadFile(shared(t, "nyc", "NYC311Requests.json"))
	if err != nil {
		t.Fatal(err)
	}
	var records []map[string]any
	if err := json.Unmarshal(data, &records); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range records {
		for k := range r {
			seen[k] = true
		}
	}
	var header []string
	for k := range seen {
		header = append(header, k)
	}
	slices.Sort(header)
	p, _, err := recognise(builtinSet(t), [][]string{header})
	if err != nil || p.Name != "nyc311" {
		t.Fatal(p, err)
	}
	b := bind(t, p, header...)
	if len(b.Unmapped) > 0 {
		t.Errorf("unmapped %q", b.Unmapped)
	}
	from, to := time.Date(2026, 2, 12, 22, 14, 0, 0, time.UTC), time.Date(2026, 2, 13, 2, 5, 18, 0, time.UTC)
	for i, r := range records {
		row := make([]string, len(header))
		for k, h := range header {
			if s, ok := r[h].(string); ok {
				row[k] = s
			}
		}
		m := read(t, b, nil, row)[0]
		received, err := time.Parse(time.DateTime, m["received_at"])
		if err != nil || received.Before(from) || received.After(to) {
			t.Fatalf("record %d was received %q", i+1, m["received_at"])
		}
	}
}

func TestBostonSample(t *testing.T) {
	rows := readCSV(t, "boston", "boston311_2022_raw_sample.csv")
	p, at, err := recognise(builtinSet(t), rows[:HeadRows])
	if err != nil || p.Name != "boston311" || at != 0 {
		t.Fatal(p, at, err)
	}
	b := bind(t, p, rows[0]...)
	if len(b.Unmapped) > 0 {
		t.Errorf("unmapped %q", b.Unmapped)
	}
	due, wards := 0, map[string]int{}
	for _, row := range rows[1:] {
		m := read(t, b, nil, row)[0]
		wards[m["org_code"]]++
		if m["due_at"] != "" {
			due++
		}
	}
	// 22 wards, each under one code, and 44 rows whose ward is one space; 711 rows have no target date.
	if len(wards) != 23 || wards[""] != 44 || due != 4284 {
		t.Errorf("%d wards, %d rows without, %d with a target date", len(wards)-1, wards[""], due)
	}
	// "Ward 18" 303 + "18" 77; "Ward 6" 134 + "6" 53 + "06" 47; "Ward 1" 231 + "1" 43 + "01" 41
	for ward, want := range map[string]int{"18": 380, "06": 234, "01": 315} {
		if wards[ward] != want {
			t.Errorf("ward %s: %d rows, want %d", ward, wards[ward], want)
		}
	}
}

// The blank ledger of a profile, and a ledger with every column it knows, is taken for no other.
func TestABlankLedgerIsRecognisedAsItself(t *testing.T) {
	s := builtinSet(t)
	for _, p := range s.All() {
		var blank, full []string
		for _, c := range p.Columns() {
			if full = append(full, c.Header); c.Required || c.Example != "" {
				blank = append(blank, c.Header)
			}
		}
		for _, header := range [][]string{blank, full} {
			if c, err := s.Recognise([][]string{header}); err != nil || c.Profile != p {
				t.Errorf("%s: %v: %v", p.Name, header, err)
			}
		}
	}
}

// rivals are the pairs of ledgers that some header may leave undecided: one that has no columns but those the first knows, in
// one of its spellings, and yet satisfies the second. The person then chooses. There are none; a pair that turns up is a
// mistake of its synonyms, or wants an absent header, or is to be listed here as "one other".
var rivals []string

func TestRivals(t *testing.T) {
	s := builtinSet(t)
	vocabulary := map[*Profile]map[string]bool{}
	for _, p := range s.All() {
		words := map[string]bool{}
		for _, c := range p.Columns() {
			words[Fold(c.Header)] = true
			for _, other := range c.Synonyms {
				words[Fold(other)] = true
			}
		}
		vocabulary[p] = words
	}
	var got []string
	for _, p := range s.All() {
		for _, q := range s.All() {
			if p == q {
				continue
			}
			spelt := func(h string) []string { return append([]string{Fold(h)}, q.synonyms[Fold(h)].folded...) }
			satisfied := !slices.ContainsFunc(q.Match, func(h string) bool {
				return !slices.ContainsFunc(spelt(h), func(w string) bool { return vocabulary[p][w] })
			})
			excluded := slices.ContainsFunc(q.Absent, func(h string) bool {
				return slices.ContainsFunc(p.Match, func(m string) bool { return slices.Contains(spelt(h), Fold(m)) })
			})
			if satisfied && !excluded {
				got = append(got, p.Name+" "+q.Name)
			}
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(rivals, got); diff != "" {
		t.Error(diff)
	}
}
