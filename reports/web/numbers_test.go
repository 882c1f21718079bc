package web_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
)

// Every number on the overview is held against the same question asked by itself: one metric, one period, one query
// outside the pages' engine and cache. Comparisons are worked out here from two such questions, weighted scores from
// their parts, and all is rounded and written here, so that no code of the pages or of analytics.Published judges itself.

// question is an overview, and what it is about in words of a query.
type question struct {
	name, url     string
	from, to      string // 2006-01-02 or 2006-01-02T15
	before, ago   [2]string
	org, kind     string
	level, within string // the units below, and the unit they lie in
	window        string // first day of the trend
	step          string
	cards         []string
	received      string // how the sentence names the period: the running one 本月, one that is over by its name
}

// allCards are the titles of the cards, and mattersCards those that follow a filter by kind.
var (
	mattersCards = []string{"受理量", "按时办结率", "三率综合分", "办理时长"}
	allCards     = append(slices.Clone(mattersCards), "日巡查覆盖")
)

// cardMetrics are the metric of each card and those that stand beside it.
var cardMetrics = map[string][]string{
	"受理量": {"received"}, "按时办结率": {"on_time_rate"}, "三率综合分": {"three_rates_score", "response_rate", "resolve_rate", "satisfaction_rate"},
	"办理时长": {"handle_hours_p50", "handle_hours_p90"}, "日巡查覆盖": {"patrol_rate"},
}

func questions(w way) []question {
	october := question{
		from: "2026-10-01", to: "2026-11-01", before: [2]string{"2026-09-01", "2026-10-01"}, ago: [2]string{"2025-10-01", "2025-11-01"},
		level: "street", window: "2025-10-01", step: "month", cards: allCards, received: "2026年10月",
	}
	third := question{
		from: "2026-07-01", to: "2026-10-01", before: [2]string{"2026-04-01", "2026-07-01"}, ago: [2]string{"2025-07-01", "2025-10-01"},
		level: "street", window: "2024-07-01", step: "quarter", cards: allCards, received: "2026年第三季度",
	}
	// Of a quarter that still runs the part that has passed is compared: one month and eight hours.
	fourth := question{
		from: "2026-10-01", to: "2027-01-01", before: [2]string{"2026-07-01", "2026-08-01T08"}, ago: [2]string{"2025-10-01", "2025-11-01T08"},
		level: "street", window: "2024-10-01", step: "quarter", cards: allCards, received: "本季度",
	}
	// A range that is no month of the calendar is compared with the 24 days before it.
	days := question{
		from: "2026-02-10", to: "2026-03-06", before: [2]string{"2026-01-17", "2026-02-10"}, ago: [2]string{"2025-02-10", "2025-03-06"},
		level: "street", window: "2026-02-10", step: "day", cards: allCards, received: "2026年2月10日—3月5日",
	}
	at := func(q question, name, url string, u units.Unit, level, kind string) question {
		q.name, q.url, q.org, q.within, q.kind = name, url, u.Code, u.Code, kind
		if u.Code != "" {
			q.url += "&org=" + u.Code
		}
		if level != "" {
			q.level = level
		}
		if kind != "" {
			q.url += "&kind=" + kind
			q.cards = mattersCards
		}
		return q
	}
	grid := at(october, "grid, month", "/?per=month&at=2026-10", w.grid, "grid", "")
	grid.within = w.community.Code // it stands among its neighbours
	return []question{
		at(october, "district, month", "/?", units.Unit{}, "", ""),
		at(october, "district, month, whistles", "/?", units.Unit{}, "", "CS"),
		at(third, "district, quarter", "/?per=quarter&at=2026-Q3", units.Unit{}, "", ""),
		at(fourth, "district, running quarter", "/?per=quarter&at=2026-Q4", units.Unit{}, "", ""),
		at(days, "district, days", "/?from=2026-02-10&to=2026-03-05", units.Unit{}, "", ""),
		at(third, "district, quarter, disputes", "/?per=quarter&at=2026-Q3", units.Unit{}, "", "MD"),
		at(october, "street, month", "/?per=month&at=2026-10", w.street, "community", ""),
		at(october, "street, month, complaints", "/?per=month&at=2026-10", w.street, "community", "SQ"),
		at(third, "street, quarter", "/?per=quarter&at=2026-Q3", w.street, "community", ""),
		at(third, "street, quarter, errands", "/?per=quarter&at=2026-Q3", w.street, "community", "DB"),
		at(october, "community, month", "/?per=month&at=2026-10", w.community, "grid", ""),
		at(october, "community, month, whistles", "/?per=month&at=2026-10", w.community, "grid", "CS"),
		at(third, "community, quarter", "/?per=quarter&at=2026-Q3", w.community, "grid", ""),
		at(third, "community, quarter, complaints", "/?per=quarter&at=2026-Q3", w.community, "grid", "SQ"),
		grid,
	}
}

func TestBrowserNumbers(t *testing.T) {
	s := district(t)
	b := enter(t, s)
	for _, q := range questions(wayDown(t, s)) {
		t.Run(q.name, func(t *testing.T) {
			b.visit(q.url)
			page := eval[seen](b, readOverview)
			x := examiner{t, s, q}
			x.cards(page)
			x.units(page)
			x.trend(page)
			x.parts(page)
			x.sentence(page)
			x.duties(page)
			x.funnel(page)
			x.flow(page)
			x.drawn(page)
		})
	}
}

func (x *examiner) cards(page seen) {
	x.t.Helper()
	var titles []string
	for _, c := range page.Cards {
		titles = append(titles, c.Title)
		ids := cardMetrics[c.Title]
		if ids == nil {
			x.t.Errorf("unknown card %s", c.Title)
			continue
		}
		now := x.one(ids[0], x.from, x.to)
		want := seenCard{Title: c.Title, Value: x.written(ids[0], now)}
		if now.exact != nil {
			want.Unit = x.metric(ids[0]).Unit
			want.Changes = []string{
				"环比 " + arrow(x.change(ids[0], now, x.one(ids[0], x.before[0], x.before[1]))),
				"同比 " + arrow(x.change(ids[0], now, x.one(ids[0], x.ago[0], x.ago[1]))),
			}
			switch typ := x.metric(ids[0]).Type; {
			case typ == catalog.Quantile, typ == catalog.Weighted:
				want.Notes = append(want.Notes, "有效样本 "+now.base)
			case ids[0] == "on_time_rate":
				want.Notes = append(want.Notes, now.base+"・目标 95%")
			case now.base != "":
				want.Notes = append(want.Notes, now.base)
			}
		}
		for _, id := range ids[1:] {
			beside := x.one(id, x.from, x.to)
			text := x.metric(id).Label + " " + x.written(id, beside)
			if beside.exact != nil {
				text += " " + x.metric(id).Unit
			}
			want.Notes = append(want.Notes, text)
		}
		c.Notes = slices.DeleteFunc(c.Notes, func(n string) bool { return n == "部分日期尚未报送" })
		if len(c.Changes)+len(want.Changes) == 0 {
			c.Changes = nil
		}
		if len(c.Notes)+len(want.Notes) == 0 {
			c.Notes = nil
		}
		if d := diff.Diff(want, c); d != "" {
			x.t.Errorf("card %s (-want +got):\n%s", c.Title, d)
		}
	}
	if !slices.Equal(titles, x.question.cards) {
		x.t.Errorf("cards %v, want %v", titles, x.question.cards)
	}
}

// units holds the tables of the map and of the ranking.
func (x *examiner) units(page seen) {
	x.t.Helper()
	const onMap, ranked = "received_per_1000_households", "on_time_rate"
	codes, now := x.count(onMap, x.from, x.to, x.within, x.kind, "org:"+x.level)
	_, before := x.count(onMap, x.before[0], x.before[1], x.within, x.kind, "org:"+x.level)
	var want [][]string
	for _, c := range codes {
		name := now[c].name
		if c == "" {
			name = "未确定" + map[string]string{"street": "街道", "community": "社区", "grid": "网格"}[x.level]
		}
		want = append(want, []string{name, x.written(onMap, now[c]), now[c].base, sign(x.change(onMap, now[c], before[c]))})
	}
	x.table(page, "map", want)

	codes = slices.DeleteFunc(codes, func(c string) bool { return c == "" }) // rows without a unit are in no ranking
	_, now = x.count(ranked, x.from, x.to, x.within, x.kind, "org:"+x.level)
	_, before = x.count(ranked, x.before[0], x.before[1], x.within, x.kind, "org:"+x.level)
	shown := func(code string) *big.Rat {
		r, _ := new(big.Rat).SetString(x.written(ranked, now[code]))
		return r
	}
	slices.SortStableFunc(codes, func(a, b string) int {
		switch va, vb := shown(a), shown(b); {
		case va != nil && vb != nil:
			return vb.Cmp(va)
		default: // those without a value come last, as they were
			return cmp.Compare(btoi(va == nil), btoi(vb == nil))
		}
	})
	want = nil
	for i, c := range codes {
		place := "—"
		if shown(c) != nil {
			place = strconv.Itoa(i + 1)
			if i > 0 && shown(codes[i-1]).Cmp(shown(c)) == 0 {
				place = want[i-1][0]
			}
		}
		want = append(want, []string{place, now[c].name, x.written(ranked, now[c]), now[c].base, sign(x.change(ranked, now[c], before[c]))})
	}
	x.table(page, "ranking", want)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// trend asks for every bucket by itself.
func (x *examiner) trend(page seen) {
	x.t.Helper()
	var want [][]string
	for from := moment(x.t, x.window); from.Before(moment(x.t, x.to)); {
		var to time.Time
		var name string
		switch x.step {
		case "day":
			to, name = from.AddDate(0, 0, 1), from.Format("2006年1月2日")
		case "month":
			to, name = from.AddDate(0, 1, 0), from.Format("2006年1月")
		case "quarter":
			to, name = from.AddDate(0, 3, 0), fmt.Sprintf("%d年%s季度", from.Year(), []string{"一", "二", "三", "四"}[int(from.Month())/3])
		}
		row := []string{name}
		for _, id := range []string{"received", "closed"} {
			row = append(row, x.written(id, x.one(id, from.Format(time.DateOnly), to.Format(time.DateOnly))))
		}
		want = append(want, row)
		from = to
	}
	x.table(page, "trend", want)
}

func (x *examiner) parts(page seen) {
	x.t.Helper()
	codes, now := x.count("received", x.from, x.to, x.org, x.kind, "category")
	earlier, before := x.count("received", x.before[0], x.before[1], x.org, x.kind, "category")
	for _, c := range earlier { // what there was and is no more is shown too
		if _, still := now[c]; !still {
			codes, now[c] = append(codes, c), number{exact: new(big.Rat), name: before[c].name}
		}
	}
	var want [][]string
	for _, c := range codes {
		name := now[c].name
		if name == "" {
			name = "未填写"
		}
		if before[c].exact == nil { // no row, not no ledger: the period before as a whole says which
			before[c] = number{exact: x.zero(x.before[0], x.before[1])}
		}
		want = append(want, []string{name, x.written("received", now[c]), sign(x.change("received", now[c], before[c]))})
	}
	if total := x.one("received", x.from, x.to); total.exact == nil || total.exact.Sign() == 0 {
		want = nil // a card without a chart
	}
	byName := func(a, b []string) int { return strings.Compare(a[0], b[0]) }
	slices.SortFunc(want, byName)
	if len(page.Tables["parts"]) > 0 {
		slices.SortFunc(page.Tables["parts"][1:], byName)
	}
	x.table(page, "parts", want)
}

// zero is what a part without rows counts: nothing, where its whole was delivered.
func (x *examiner) zero(from, to string) *big.Rat {
	x.t.Helper()
	if x.one("received", from, to).exact == nil {
		return nil
	}
	return new(big.Rat)
}

// table compares the rows of a table with what they should be; none means that there is no table. Where two units bear
// one name the page says in brackets whose they are, the query does not.
func (x *examiner) table(page seen, name string, want [][]string) {
	x.t.Helper()
	got := page.Tables[name]
	if len(got) > 0 {
		got = got[1:]
	}
	for i := range got {
		for j, cell := range got[i] {
			got[i][j], _, _ = strings.Cut(cell, "（")
			if i < len(want) && j < len(want[i]) {
				want[i][j], _, _ = strings.Cut(want[i][j], "（")
			}
		}
	}
	if len(got)+len(want) == 0 {
		return
	}
	if d := diff.Diff(want, got); d != "" {
		x.t.Errorf("table %s (-want +got):\n%s", name, d)
	}
}

// sentence puts the sentence at the top together.
func (x *examiner) sentence(page seen) {
	x.t.Helper()
	now, before := x.one("received", x.from, x.to), x.one("received", x.before[0], x.before[1])
	if now.exact == nil {
		x.t.Fatalf("nothing was received: %s", now.note)
	}
	want := x.question.received + "受理" + map[string]string{"": "各类事项", "SQ": "诉求", "CS": "吹哨", "DB": "代办", "MD": "矛盾纠纷"}[x.kind] + " " + x.written("received", now) + " 件"
	if sign, size := x.change("received", now, before); size != "—" && size != "新增" {
		want += "，环比" + [...]string{"下降 ", "", "上升 "}[sign+1] + size
	}
	if onTime := x.one("on_time_rate", x.from, x.to); onTime.exact != nil {
		want += "；按时办结率 " + x.written("on_time_rate", onTime) + "%"
		if sign, size := x.change("on_time_rate", onTime, x.one("on_time_rate", x.before[0], x.before[1])); size != "—" {
			want += "，" + [...]string{"降低 ", "与上期", "提高 "}[sign+1] + size
		}
	}
	if !strings.HasPrefix(page.Lead, want) {
		x.t.Errorf("the sentence is %q, should begin with %q", page.Lead, want)
	}
	codes, by := x.count("received", x.from, x.to, x.org, x.kind, "category")
	codes = slices.DeleteFunc(codes, func(c string) bool { return c == "" || by[c].name == "其他" || by[c].exact.Sign() == 0 })
	slices.SortStableFunc(codes, func(a, b string) int { return by[b].exact.Cmp(by[a].exact) })
	var top []string
	for i, c := range codes[:min(5, len(codes))] {
		if i < 3 || by[c].exact.Cmp(by[codes[2]].exact) == 0 { // who has as many as the third is named too
			top = append(top, by[c].name)
		}
	}
	if len(top) > 0 && !strings.Contains(page.Lead, "位的是"+strings.Join(top, "、")+"。") {
		x.t.Errorf("the sentence is %q, the largest are %v", page.Lead, top)
	}
}

// duties are as of now, whatever the period and kind of the page.
func (x *examiner) duties(page seen) {
	x.t.Helper()
	var want [][2]string
	for _, d := range []struct{ label, metric, from string }{
		{"吹哨超1小时未签收", "whistles_unsigned", "2020-01-01"},
		{"超期未办结", "overdue_open", "2020-01-01"},
		{"三日内到期", "due_in_3_days", "2020-01-01"},
		{"微心愿逾15日未认领", "wishes_unclaimed", "2020-01-01"},
		{"本年联席会按期召开", "joint_meeting_rate", "2026-01-01"},
	} {
		_, all := x.count(d.metric, d.from, "2026-11-02", x.org, "")
		n := all[""]
		text := n.note
		switch {
		case n.base != "" && n.exact != nil:
			text = n.base
		case n.exact != nil:
			text = x.written(d.metric, n) + " " + x.metric(d.metric).Unit
			if alert := strings.Contains(page.Lead, d.label+" "+text); alert != (n.exact.Sign() > 0) && (d.metric == "whistles_unsigned" || d.metric == "overdue_open") {
				x.t.Errorf("%s %s: in the sentence %v: %q", d.label, text, alert, page.Lead)
			}
		}
		want = append(want, [2]string{d.label, text})
	}
	if d := diff.Diff(want, page.Duties); d != "" {
		x.t.Errorf("duties (-want +got):\n%s", d)
	}
}

// funnel is about wishes, which have a kind of their own.
func (x *examiner) funnel(page seen) {
	x.t.Helper()
	var want [][]string
	var whole *big.Rat
	for i, id := range []string{"wishes", "wishes_claimed", "wishes_realised"} {
		_, all := x.count(id, x.from, x.to, x.org, "")
		n := all[""].exact
		if i == 0 && (n == nil || n.Sign() == 0) {
			break
		}
		if i == 0 {
			whole = n
		}
		share := new(big.Rat).Mul(new(big.Rat).Quo(n, whole), big.NewRat(100, 1))
		want = append(want, []string{[]string{"微心愿征集量", "已认领", "已实现"}[i], digits(n), rounded(share, 1) + "%"})
	}
	x.table(page, "funnel", want)
}

// flow counts each stage of the way of a whistle: the page may fold small ones into 其他, and must lose none.
func (x *examiner) flow(page seen) {
	x.t.Helper()
	_, all := x.count("whistles", x.from, x.to, x.org, "")
	total := all[""].exact
	rows := page.Tables["flow"]
	if total == nil || total.Sign() == 0 {
		if len(rows) > 0 {
			x.t.Errorf("no whistle, but a flow: %v", rows)
		}
		return
	}
	dims := map[string]string{"来源渠道": "channel", "承办单位": "dept", "办理结果": "result", "街道": "org:street", "社区": "org:community", "网格": "org:grid"}
	type stage map[[2]string]string
	got, names := map[string]stage{}, map[string][2]map[string]bool{}
	for _, r := range rows[1:] {
		if got[r[0]] == nil {
			got[r[0]], names[r[0]] = stage{}, [2]map[string]bool{{}, {}}
		}
		got[r[0]][[2]string{r[1], r[2]}] = r[3]
		names[r[0]][0][r[1]], names[r[0]][1][r[2]] = true, true
	}
	if len(got) < 2 {
		x.t.Errorf("%d stages: %v", len(got), slices.Sorted(maps.Keys(got)))
	}
	for label, links := range got {
		from, to, _ := strings.Cut(label, "—")
		_, by := x.count("whistles", x.from, x.to, x.org, "", dims[from], dims[to])
		sums := map[[2]string]*big.Rat{}
		for _, n := range by {
			var ends [2]string
			ends[0], ends[1], _ = strings.Cut(n.name, "→")
			for i, end := range ends {
				if of := []string{from, to}[i]; end == "" {
					ends[i] = cmp.Or(map[string]string{"办理结果": "尚无结果"}[of], of+"未填写")
				} else if !names[label][i][end] {
					ends[i] = "其他"
				}
			}
			if n.exact != nil && n.exact.Sign() > 0 {
				if sums[ends] == nil {
					sums[ends] = new(big.Rat)
				}
				sums[ends].Add(sums[ends], n.exact)
			}
		}
		want, sum := stage{}, new(big.Rat)
		for ends, n := range sums {
			want[ends] = digits(n)
			sum.Add(sum, n)
		}
		if d := diff.Diff(want, links); d != "" {
			x.t.Errorf("flow %s (-want +got):\n%s", label, d)
		}
		if sum.Cmp(total) != 0 {
			x.t.Errorf("flow %s: %s of %s whistles", label, digits(sum), digits(total))
		}
	}
}

// drawn holds the charts against their tables: each mark says the numbers of a row, and no row is left out without
// a word about it.
func (x *examiner) drawn(page seen) {
	x.t.Helper()
	for name, c := range map[string]struct {
		key   int // column of the name
		whole bool
	}{"map": {0, true}, "ranking": {1, false}, "trend": {0, true}, "parts": {0, false}, "funnel": {0, true}} {
		rows := page.Tables[name]
		if len(rows) == 0 {
			if len(page.Drawn[name]) > 0 {
				x.t.Errorf("%s is drawn and has no table", name)
			}
			continue
		}
		byName := map[string][]string{}
		for _, r := range rows[1:] {
			byName[r[c.key]] = r[c.key+1:]
		}
		marks, rest := map[string]bool{}, 0
		if name == "map" && strings.HasPrefix(rows[len(rows)-1][0], "未确定") {
			rest = 1 // has no place on a map
		}
		for _, words := range page.Drawn[name] {
			label, _, _ := strings.Cut(words[0], "（")
			row, ok := byName[label]
			if !ok {
				x.t.Errorf("%s draws %q, which is in no row", name, words)
				continue
			}
			marks[label] = true
			for i, word := range words[1:] {
				if i >= len(row) || word == "部分覆盖" {
					break
				}
				word = strings.TrimSuffix(strings.TrimPrefix(word, "环比 "), "（部分覆盖）")
				if fields := strings.Fields(word); name == "trend" {
					word = fields[len(fields)-1]
				}
				if word != row[i] && word != row[i]+"%" {
					x.t.Errorf("%s draws %q, its table says %q", name, words, row)
				}
			}
		}
		ranked := slices.ContainsFunc(rows[1:], func(r []string) bool { return name != "ranking" || r[0] != "—" })
		if ranked && len(marks) == 0 || c.whole && len(marks) != len(rows)-1-rest {
			x.t.Errorf("%s draws %d of %d rows", name, len(marks), len(rows)-1)
		}
	}
}
