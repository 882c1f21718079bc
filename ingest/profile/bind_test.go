package profile

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func bind(t testing.TB, p *Profile, header ...string) *Binding {
	t.Helper()
	b, err := p.Bind(header)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// field returns the field of a binding's n-th fact.
func field(t testing.TB, b *Binding, n int, target string) *Field {
	t.Helper()
	for i := range b.Emits[n].Fields {
		if f := &b.Emits[n].Fields[i]; f.Target == target {
			return f
		}
	}
	t.Fatalf("no field %s", target)
	return nil
}

func TestColumnsOfAField(t *testing.T) {
	p := parse(t, `name = "x"; shape = "record"
[null] values = ["-"]
[synonyms] 网格 = ["所属网格"]
[fields] received_at = "d"; dept = ["a", "b"]; text = "n"; org_code = "网格"`)
	t.Run("the first that exists", func(t *testing.T) {
		b := bind(t, p, "d", "b", "n")
		if got := field(t, b, 0, "dept").Text([]string{"", "B", ""}); got != "B" {
			t.Errorf("%q", got)
		}
		b = bind(t, p, "d", "b", "a", "n")
		if got := field(t, b, 0, "dept").Text([]string{"", "B", "", ""}); got != "" {
			t.Errorf("%q: the column that is listed first counts, even where it is empty", got)
		}
		if diff := cmp.Diff([]string{"b"}, b.Unmapped); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("of equal headers the first non-empty", func(t *testing.T) {
		b := bind(t, p, "N ", "d", "n", "ｎ")
		f := field(t, b, 0, "text")
		for want, row := range map[string][]string{"1": {"1", "", "2", "3"}, "2": {" ", "", "2", "3"}, "3": {"-", "", "", "3"}, "": {"", "", "-", " "}} {
			if got := f.Text(row); got != want {
				t.Errorf("%q: %q, want %q", row, got, want)
			}
		}
	})
	t.Run("a synonym", func(t *testing.T) {
		b := bind(t, p, "d", "所属 网格")
		f := field(t, b, 0, "org_code")
		if f.Text([]string{"", "G1"}) != "G1" || f.Column.Header != "所属 网格" {
			t.Errorf("%q from %q", f.Text([]string{"", "G1"}), f.Column.Header)
		}
	})
	t.Run("a row shorter than the header", func(t *testing.T) {
		b := bind(t, p, "d", "n", "n")
		if got := field(t, b, 0, "text").Text([]string{"x"}); got != "" {
			t.Errorf("%q", got)
		}
	})
}

func TestSteps(t *testing.T) {
	for _, c := range []struct{ name, field, in, want string }{
		{"strip and pad", `{ column = "v", strip = "Ward ", pad = 2 }`, "Ward 6", "06"},
		{"pad leaves what is no number", `{ column = "v", pad = 3 }`, "A6", "A6"},
		{"pad leaves what is long enough", `{ column = "v", pad = 2 }`, "118", "118"},
		{"several strips", `{ column = "v", strip = ["第", "网格"] }`, "第12网格", "12"},
		{"strip of everything", `{ column = "v", strip = "Ward", default = "?" }`, "Ward", "?"},
		{"map", `{ column = "v", map = { Open = "办理中" } }`, " OPEN ", "办理中"},
		{"map leaves what it does not know", `{ column = "v", map = { Open = "办理中" } }`, "Odd", "Odd"},
		{"map keeps signs apart", `{ column = "v", map = { "a-b" = "1", "ab" = "2" } }`, "a-b", "1"},
		{"other", `{ column = "v", map = { 经商兴业 = "SH" }, other = "SQ", default = "??" }`, "停车交通", "SQ"},
		{"default for an empty cell", `{ column = "v", map = { 经商兴业 = "SH" }, other = "SQ", default = "??" }`, "", "??"},
		{"default for a null value", `{ column = "v", default = "其他" }`, "N/A", "其他"},
		{"pattern and template", `{ column = "v", pattern = '^(\d+)-(\d+)$', template = "${2}0$1" }`, "12-34", "34012"},
		{"pattern alone keeps the match", `{ column = "v", pattern = '\d+' }`, "第12号", "12"},
		{"no match is no value", `{ column = "v", pattern = '^\d+$' }`, "x1", ""},
		{"group map", `{ column = "v", pattern = '^(\d\d) ([A-Z ]+)$', template = "$2$1", group_map = { BRONX = "2" } }`, "04 BRONX", "204"},
		{"prefix", `{ column = "v", prefix = "999001" }`, "003", "999001003"},
		{"no prefix for nothing", `{ column = "v", prefix = "999001" }`, "-", ""},
		{"steps in their order", `{ column = "v", strip = "G", map = { "7" = "8" }, pad = 3, prefix = "P" }`, "G7", "P008"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parse(t, "name = \"x\"; shape = \"record\"\n[null] values = [\"-\", \"N/A\"]\n[fields] received_at = \"d\"; status = "+c.field)
			f := field(t, bind(t, p, "d", "v"), 0, "status")
			for range 2 { // the second time from memory
				if got := f.Text([]string{"", c.in}); got != c.want {
					t.Fatalf("%q: %q, want %q", c.in, got, c.want)
				}
			}
		})
	}
}

func TestMemoryOfTextsIsBounded(t *testing.T) {
	p := parse(t, `name = "x"; shape = "record"
[fields] received_at = "d"; status = { column = "v", prefix = "p" }`)
	f := field(t, bind(t, p, "d", "v"), 0, "status")
	for i := range 3 * maxMemo {
		if got, want := f.Text([]string{"", itoa(i)}), "p"+itoa(i); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	}
	if len(f.memo) > maxMemo {
		t.Errorf("%d texts remembered", len(f.memo))
	}
}

func TestTimeFields(t *testing.T) {
	p := parse(t, `name = "x"; shape = "record"
[null] values = ["无"]
[fields]
received_at = { column = "受理日期", time = "受理时间" }
due_at      = "办结时限"
visited_at  = { column = "回访", day_end = true }
closed_at   = "办结时间"
responded_at = { column = "响应", default = "2023-01-01" }`)
	b := bind(t, p, "受理日期", "受理时间", "办结时限", "回访", "办结时间", "响应")
	year := &Clock{From: day(2023, 1, 1), To: day(2024, 1, 1)}
	for _, c := range []struct {
		name, target string
		row          []string
		want         string // "" = absent, "!" = error
	}{
		{"date and clock", "received_at", []string{"2023.9.28", "9:32"}, "2023-09-28 09:32:00"},
		{"date alone", "received_at", []string{"9月28日", ""}, "2023-09-28 00:00:00"},
		{"null clock", "received_at", []string{"9月28日", "无"}, "2023-09-28 00:00:00"},
		{"spreadsheet midnight and clock", "received_at", []string{"2023-09-28 00:00:00", "9:32"}, "2023-09-28 09:32:00"},
		{"both hold the whole time", "received_at", []string{"2023-09-28", "2023-09-28 09:32"}, "2023-09-28 09:32:00"},
		{"the date's own clock wins", "received_at", []string{"2023-09-28 08:00", "9:32"}, "2023-09-28 08:00:00"},
		{"another day in the clock column", "received_at", []string{"2023-09-28", "2023-09-29 09:32"}, "!"},
		{"unreadable clock", "received_at", []string{"2023-09-28", "早上"}, "!"},
		{"from when to when: the beginning", "received_at", []string{"2023.9.28", "8:30-10:45"}, "2023-09-28 08:30:00"},
		{"from when to when in words", "received_at", []string{"2023.9.28", "下午2时30分 至 4时"}, "2023-09-28 14:30:00"},
		{"from when to when, wide marks", "received_at", []string{"2023.9.28", "０８：３０——１０：４５"}, "2023-09-28 08:30:00"},
		{"a beginning without an end", "received_at", []string{"2023.9.28", "8:30-"}, "!"},
		{"two numbers are no clock times", "received_at", []string{"2023.9.28", "8-10"}, "!"},
		{"unreadable date", "received_at", []string{"上周三", "9:32"}, "!"},
		{"a deadline on a day ends with it", "due_at", []string{"", "", "2023-09-30"}, "2023-09-30 23:59:59"},
		{"a deadline at a time is that time", "due_at", []string{"", "", "2023-09-30 18:00"}, "2023-09-30 18:00:00"},
		{"day_end where it is asked for", "visited_at", []string{"", "", "", "2023-09-30"}, "2023-09-30 23:59:59"},
		{"a day begins at midnight elsewhere", "closed_at", []string{"", "", "", "", "2023-09-30"}, "2023-09-30 00:00:00"},
		{"empty", "closed_at", []string{"", "", "", "", " "}, ""},
		{"null", "closed_at", []string{"", "", "", "", "无"}, ""},
		{"default", "responded_at", []string{"", "", "", "", "", ""}, "2023-01-01 00:00:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok, err := field(t, b, 0, c.target).Time(c.row, year)
			var v *ValueError
			switch {
			case c.want == "!":
				if !errors.As(err, &v) || ok {
					t.Errorf("%v %v %v, want a ValueError", got, ok, err)
				}
			case err != nil || ok != (c.want != "") || ok && got.Format(time.DateTime) != c.want:
				t.Errorf("%v %v %v, want %q", got, ok, err, c.want)
			}
		})
	}
}

// A date without a year takes it from the row's main date where the title has none, or cannot mean it.
func TestYearFromTheMainDate(t *testing.T) {
	p := parse(t, `name = "x"; shape = "record"
[fields]
received_at = "受理日期"; occurred_at = "发生日期"; closed_at = "办结时间"`)
	b := bind(t, p, "受理日期", "发生日期", "办结时间")
	year := &Clock{From: day(2023, 1, 1), To: day(2024, 1, 1)}
	for _, c := range []struct {
		name, target string
		row          []string
		clock        *Clock
		want         string // "" = refused
	}{
		{"closed after New Year", "closed_at", []string{"12月28日", "", "1月5日"}, year, "2024-01-05"},
		{"closed in the same year", "closed_at", []string{"1月5日", "", "12月28日"}, year, "2023-12-28"},
		{"closed before it came in stays a mistake to be flagged", "closed_at", []string{"9月28日", "", "9月20日"}, year, "2023-09-20"},
		{"occurred before New Year", "occurred_at", []string{"1月5日", "12月28日"}, year, "2022-12-28"},
		{"occurred in the same year", "occurred_at", []string{"12月28日", "1月5日"}, year, "2023-01-05"},
		{"no year in the title", "closed_at", []string{"2023-12-28", "", "1月5日"}, nil, "2024-01-05"},
		{"no year in the title, closed the same day", "closed_at", []string{"2023-12-28", "", "12.28"}, nil, "2023-12-28"},
		{"no year in the title, occurred before", "occurred_at", []string{"2024-01-05", "12/28"}, nil, "2023-12-28"},
		{"no year anywhere", "closed_at", []string{"12月28日", "", "1月5日"}, nil, ""},
		{"a year of its own", "closed_at", []string{"12月28日", "", "2023-01-05"}, year, "2023-01-05"},
		{"the main date has none to lend", "received_at", []string{"12月28日"}, nil, ""},
		{"a main date that cannot be read", "closed_at", []string{"年底", "", "12月28日"}, year, "2023-12-28"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok, err := field(t, b.Clone(), 0, c.target).Time(c.row, c.clock)
			if ok != (c.want != "") || ok && got.Format(time.DateOnly) != c.want || !ok && !errors.Is(err, ErrValue) {
				t.Errorf("%v %v %v, want %q", got, ok, err, c.want)
			}
		})
	}
}

func TestPeriodFields(t *testing.T) {
	p := parse(t, `name = "x"; shape = "figure"
[constants] measure = "m"
[fields] value = "v"; period_from = "起"; period_to = { column = "止", inclusive = true }; as_of = "截至"`)
	b := bind(t, p, "v", "起", "止", "截至")
	for _, c := range []struct{ target, in, want string }{
		{"period_from", "2023-01-01", "2023-01-01"},
		{"period_from", "2023年9月", "2023-09-01"},
		{"period_from", "2023年第三季度", "2023-07-01"},
		{"period_to", "2023-12-31", "2024-01-01"},
		{"period_to", "2023-12-31 00:00:00", "2024-01-01"}, // a day as spreadsheets export it
		{"period_to", "2023年9月", "2023-10-01"},
		{"period_to", "2023", "2024-01-01"},
		{"period_to", "45291", "2024-01-01"}, // 2023-12-31
		{"as_of", "2023年", "2023-12-31"},
		{"as_of", "2023-09-28", "2023-09-28"},
	} {
		row := make([]string, 4)
		f := field(t, b, 0, c.target)
		row[f.Column.at-1] = c.in
		if got, ok, err := f.Time(row, nil); err != nil || !ok || got.Format(time.DateOnly) != c.want || got.Hour()+got.Minute()+got.Second() != 0 {
			t.Errorf("%s %q: %v %v, want %s", c.target, c.in, got, err, c.want)
		}
	}
}

func TestNumberFields(t *testing.T) {
	p := parse(t, `name = "x"; shape = "record"; crs = "wgs84"
[null] values = ["无"]
[fields] received_at = "d"; amount = { column = "a", unit = "元" }; rework_count = "r"; valid_visit = "b"; lon = "x"; lat = "y"`)
	b := bind(t, p, "d", "a", "r", "b", "x")
	amount, rework, valid, lon := field(t, b, 0, "amount"), field(t, b, 0, "rework_count"), field(t, b, 0, "valid_visit"), field(t, b, 0, "lon")
	if v, q, ok, err := amount.Number([]string{"", "8万余元"}); v != 80000 || q != AtLeast || !ok || err != nil {
		t.Error(v, q, ok, err)
	}
	if _, _, _, err := amount.Number([]string{"", "80户"}); err == nil || err.Error() != "单位是“户”，应为“元”" {
		t.Error(err)
	}
	if v, q, ok, err := rework.Int([]string{"", "", "2次"}); v != 2 || q != Exact || !ok || err != nil {
		t.Error(v, q, ok, err)
	}
	for _, s := range []string{"1.5", "3000000000"} {
		if _, _, ok, err := rework.Int([]string{"", "", s}); ok || !errors.Is(err, ErrValue) {
			t.Errorf("%s: %v %v", s, ok, err)
		}
	}
	if _, _, ok, err := rework.Int([]string{"", "", "无"}); ok || err != nil {
		t.Error(ok, err)
	}
	if v, ok, err := valid.Bool([]string{"", "", "", "无"}); v || !ok || err != nil { // a null value that means no
		t.Error(v, ok, err)
	}
	if _, ok, err := valid.Bool([]string{"", "", "", "未知"}); ok || err == nil {
		t.Error(ok, err)
	}
	if v, ok, err := lon.Coord([]string{"", "", "", "", "-73.92308231033165"}); v != -73.92308231033165 || !ok || err != nil {
		t.Error(v, ok, err)
	}
	for _, s := range []string{"约116", "116度", "116°23′", "116.1万"} {
		if v, ok, err := lon.Coord([]string{"", "", "", "", s}); ok || err == nil {
			t.Errorf("%s: %v", s, v)
		}
	}
}

func TestSeveralFactsInARow(t *testing.T) {
	p := parse(t, `name = "党员会议"; period = "column:年月"
key = ["年月", "党组织"]
[null] values = ["/"]
[constants] brand = "三会一课"
[[emit]]
name = "meeting"; shape = "activity"; when = ["召开日期"]; constants = { type = "党员大会" }
[emit.fields]
held_at = "召开日期"; expected = "应到"; attended = "实到"
org = { from = ["column:党组织"] }
[[emit]]
shape = "figure"
unpivot = ["独居", { column = ["失能", "失能老人"], as = "disabled", constants = { unit = "人" } }, "不在表中"]
into = "subject"
constants = { measure = "care" }
fields = { period_from = "年月", period_to = { column = "年月", inclusive = true } }`)
	b := bind(t, p, "年月", "党组织", "召开日期", "应到", "实到", "失能老人", "独居")
	var names []string
	for _, e := range b.Emits {
		names = append(names, e.Name+":"+e.Shape.Name)
	}
	if diff := cmp.Diff([]string{"meeting:activity", "figure2/独居:figure", "figure2/disabled:figure"}, names); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff([]string{"activity", "figure"}, p.Shapes()); diff != "" {
		t.Error(diff)
	}
	row := []string{"2023年9月", "第一支部", "2023-09-15", "30", "28", "12", "/"}
	state := func(n int) map[string]string {
		if !b.Emits[n].Applies(row) {
			return nil
		}
		out := map[string]string{}
		for i := range b.Emits[n].Fields {
			f := &b.Emits[n].Fields[i]
			out[f.Target] = f.Text(row)
		}
		return out
	}
	if diff := cmp.Diff(map[string]string{"type": "党员大会", "brand": "三会一课", "held_at": "2023-09-15", "expected": "30", "attended": "28"}, state(0)); diff != "" {
		t.Error(diff)
	}
	if got := state(1); got != nil {
		t.Errorf("a null cell states %v", got)
	}
	if diff := cmp.Diff(map[string]string{"measure": "care", "subject": "disabled", "unit": "人", "value": "12", "period_from": "2023年9月", "period_to": "2023年9月"}, state(2)); diff != "" {
		t.Error(diff)
	}
	row[2] = " "
	if state(0) != nil {
		t.Error("a meeting without a date took place")
	}
	if b.Period.Header != "年月" || b.Identity != ByKey || len(b.Org) != 1 {
		t.Errorf("period %q, identity %v, org %v", b.Period.Header, b.Identity, b.Org)
	}
	if _, _, _, err := field(t, b, 2, "value").Number([]string{"", "", "", "", "", "12户", ""}); err == nil {
		t.Error("12户 counted as people")
	}
}

func TestMissingColumns(t *testing.T) {
	for _, c := range []struct {
		name, profile string
		header        []string
		want          string // "" = binds
	}{
		{"the main date", minimal, []string{"x"}, "“d”"},
		{"a required field", minimal + "dept = { column = [\"a\", \"b\"], required = true }", []string{"d"}, "“a”"},
		{"an optional field", minimal + "dept = \"a\"", []string{"d"}, ""},
		{"the source number", minimal + "source_no = \"no\"", []string{"d"}, "“no”"},
		{"the source number where there is a key", "key = [\"d\"]\n" + minimal + "source_no = \"no\"", []string{"d"}, ""},
		{"every key column", "key = [\"k\", \"l\"]\n" + minimal, []string{"d"}, "“k”"},
		{"one key column of two", "key = [\"k\", \"l\"]\n" + minimal, []string{"d", "l"}, ""},
		{"every unpivoted column", "name = \"x\"\nperiod = \"title\"\n[[emit]]\nshape = \"figure\"\nunpivot = [\"a\", \"b\"]", []string{"d"}, "“a”"},
		{"the column every fact waits for", "name = \"x\"\n[[emit]]\nshape = \"record\"\nwhen = [\"w\"]\nfields = { received_at = \"d\" }", []string{"d"}, "“w”"},
		{"two at once", "name = \"x\"\nshape = \"figure\"\n[fields]\nas_of = \"d\"\nmeasure = \"m\"\nvalue = \"v\"", []string{"v"}, "“d”“m”"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(t, c.profile).Bind(c.header)
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if want := "表头缺少" + c.want + "列，不能按台账模板“x”读取，请检查表头，或用 --profile 指定其他模板。"; !errors.Is(err, ErrColumns) || err.Error() != want {
				t.Errorf("%v\nwant %s", err, want)
			}
		})
	}
}

func TestKey(t *testing.T) {
	p := parse(t, `name = "x"; shape = "record"
key = ["日期", "时间", "网格", "内容", "电话"]
[null] values = ["-"]
[fields] received_at = { column = "日期", time = "时间" }; text = "内容"`)
	b := bind(t, p, "内容", "日期", "时间", "网格", "备注")
	year := &Clock{From: day(2023, 1, 1), To: day(2024, 1, 1)}
	key := func(row ...string) string {
		k, ok := b.AppendKey(nil, row, year)
		if !ok {
			return ""
		}
		return string(k)
	}
	base := key("漏水", "2023-09-28", "9:32", "一", "a")
	if want := "2023-09-28T00:00:00\x1f09:32:00\x1f一\x1f漏水\x1f\x1f"; base != want {
		t.Errorf("%q, want %q", base, want)
	}
	for _, same := range [][]string{
		{"漏水", "2023/9/28", "09:32:00", "一", "other"},
		{" 漏水\n", "9月28日", "9:32", "一　", ""},
		{"漏水", "45197", "0.39722222", "一", ""},
		{"漏 水。", "2023-09-28", "9:32", "一", ""},
	} {
		if got := key(same...); got != base {
			t.Errorf("%q: %q, want %q", same, got, base)
		}
	}
	for _, other := range [][]string{
		{"漏水", "2023-09-29", "9:32", "一", ""},
		{"漏水", "2023-09-28", "9:33", "一", ""},
		{"漏水", "2023-09-28", "9:32", "二", ""},
		{"漏水", "上周", "9:32", "一", ""},
		{"", "2023-09-28", "9:32", "一漏水", ""},
	} {
		if got := key(other...); got == base || got == "" {
			t.Errorf("%q: %q", other, got)
		}
	}
	if got := key("-", "", " ", "", "x"); got != "" {
		t.Errorf("a row without any key cell has the key %q", got)
	}
	if diff := cmp.Diff([]string{"备注"}, b.Unmapped); diff != "" {
		t.Error(diff)
	}
}

func TestNoHeader(t *testing.T) {
	p := parse(t, `name = "x"; shape = "record"; header_row = "none"
[fields] received_at = "c2"; text = "c1"`)
	if row, ok := p.FindHeader([][]string{{"漏水", "2023-09-28"}}); row != noHeader || !ok {
		t.Errorf("%d %v", row, ok)
	}
	b := bind(t, p, NumberedHeader(3)...)
	if got := field(t, b, 0, "text").Text([]string{"漏水", "2023-09-28", "y"}); got != "漏水" {
		t.Errorf("%q", got)
	}
	if diff := cmp.Diff([]string{"c3"}, b.Unmapped); diff != "" {
		t.Error(diff)
	}
}

func TestCloneSharesNoMemory(t *testing.T) {
	p := parse(t, `name = "x"; shape = "record"
[fields] received_at = "d"; status = { column = "v", prefix = "p" }`)
	a := bind(t, p, "d", "v")
	field(t, a, 0, "status").Text([]string{"", "1"})
	c := a.Clone()
	done := make(chan string)
	for _, b := range []*Binding{a, c} {
		go func() {
			f := &b.Emits[0].Fields[1]
			last := ""
			for i := range 2000 {
				last = f.Text([]string{"", itoa(i)})
			}
			done <- last
		}()
	}
	for range 2 {
		if got := <-done; got != "p1999" {
			t.Errorf("%q", got)
		}
	}
}

// Reading a row of plain fields costs no memory.
func TestReadingAllocatesNothing(t *testing.T) {
	p := parse(t, example)
	b := bind(t, p, "case_enquiry_id", "open_dt", "target_dt", "closed_dt", "type", "subject", "case_status", "longitude", "latitude", "ward")
	row := []string{"101", "2022-01-17 11:20:00", "2022-01-18 11:20:00", "2022-01-17 12:20:00", "路面破损", "市政", "Closed", "-71.05", "42.35", "Ward 6"}
	read := func() {
		for i := range b.Emits[0].Fields {
			f := &b.Emits[0].Fields[i]
			switch f.Type {
			case Time:
				if _, ok, err := f.Time(row, nil); !ok || err != nil {
					t.Fatal(f.Target, ok, err)
				}
			case Lon, Lat:
				if _, ok, err := f.Coord(row); !ok || err != nil {
					t.Fatal(f.Target, ok, err)
				}
			default:
				if f.Text(row) == "" {
					t.Fatal(f.Target)
				}
			}
		}
	}
	read()
	if n := testing.AllocsPerRun(100, read); n != 0 {
		t.Errorf("%v allocations a row", n)
	}
}

func BenchmarkRow(b *testing.B) {
	p := parse(b, example)
	bd := bind(b, p, "case_enquiry_id", "open_dt", "target_dt", "closed_dt", "type", "subject", "case_status", "longitude", "latitude", "ward")
	row := []string{"101", "2022-01-17 11:20:00", "2022-01-18 11:20:00", "2022-01-17 12:20:00", "路面破损", "市政", "Closed", "-71.05", "42.35", "Ward 6"}
	b.ReportAllocs()
	for b.Loop() {
		for i := range bd.Emits[0].Fields {
			f := &bd.Emits[0].Fields[i]
			switch f.Type {
			case Time:
				_, _, _ = f.Time(row, nil)
			case Lon, Lat:
				_, _, _ = f.Coord(row)
			default:
				_ = f.Text(row)
			}
		}
	}
}
