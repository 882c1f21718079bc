package analytics

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
)

func hintFixture(t *testing.T) (*fixture, *catalog.Catalog) {
	f := newFixture(t)
	f.insert("org", readCase(t, "base.inc")[0].rows)
	f.insert("record", [][]string{
		strings.Fields("id org_code channel dept received_at"),
		{"a", "G11", "自拟渠道", "水务局", "2026-01-02"},
		{"b", "G21", "-", "城管局", "2026-01-20"},
	})
	return f, siteFS{}.load(t)
}

func tableOf(t *testing.T, a *Answer) string {
	t.Helper()
	var buf bytes.Buffer
	if err := a.Table(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestAFilterByWhatNobodyHasIsPointedOut(t *testing.T) {
	t.Parallel()
	f, cat := hintFixture(t)
	note := func(where string) []string {
		return []string{"筛选条件 " + where + " 的取值在代码表和数据中都没有，请检查是否写错"}
	}
	for _, c := range []struct {
		situation, where string
		scope            units.Scope
		notes            []string
	}{
		{"neither listed nor loaded", "channel=不存在", units.Everything(), note("channel=不存在")},
		{"listed, not loaded", "channel=网格员", units.Everything(), nil},
		{"loaded, not listed", "channel=自拟渠道", units.Everything(), nil},
		{"free text that is loaded", "dept=水务局", units.Everything(), nil},
		{"rows without a value", "dept=", units.Everything(), nil},
		{"loaded only where the caller sees nothing", "dept=水务局", units.Only("C2"), note("dept=水务局")},
	} {
		q := parseQuery(t, []string{"2026-01-01", "2026-02-01", "received", "where=" + c.where})
		q.Scope = c.scope
		a, err := f.run(cat, q)
		if err != nil || !slices.Equal(a.Notes, c.notes) {
			t.Errorf("%s: %v, notes %q, want %q", c.situation, err, a.Notes, c.notes)
			continue
		}
		if shown := strings.Contains(tableOf(t, a), "注意："); shown != (c.notes != nil) {
			t.Errorf("%s: the note is in the table: %v", c.situation, shown)
		}
	}
}

func TestUnitsOfOneNameAreToldApartInTheTableOnly(t *testing.T) {
	t.Parallel()
	f, cat := hintFixture(t)
	a, err := f.run(cat, parseQuery(t, []string{"2026-01-01", "2026-02-01", "received", "by=org:grid"}))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, line := range strings.Split(tableOf(t, a), "\n")[1:5] {
		names = append(names, strings.Fields(line)[0])
	}
	if want := []string{"长征社区第一网格", "朝阳社区第一网格", "第二网格", "民族社区第一网格"}; !slices.Equal(names, want) {
		t.Errorf("the table names %q, want %q", names, want)
	}
	if got := objectsOf(t, a)[1]["org:grid_name"]; got != "第一网格" {
		t.Errorf("JSON names %v", got)
	}
}

func TestTheTableSaysThatARunningPeriodIsComparedInPart(t *testing.T) {
	t.Parallel()
	f, cat := hintFixture(t)
	for now, want := range map[string]string{
		"2026-05-15T10:30": "；比较期：2025-05-01至2025-05-15（与本期已过天数相同）；",
		"2026-06-01":       "；比较期：2025-05-01至2025-05-31；",
		"2026-04-20":       "；比较期：无（本期尚未开始）；",
	} {
		a, err := f.run(cat, parseQuery(t, []string{"2026-05-01", "2026-06-01", "received", "compare=yoy", "now=" + now}))
		if err != nil {
			t.Fatal(err)
		}
		if got := tableOf(t, a); !strings.Contains(got, want) {
			t.Errorf("now %s: no %q in\n%s", now, want, got)
		}
	}
}
