package demo

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gridstar/ingest/profile"
)

// books are the ledgers kept in books, with the header of the main date and the columns that name units.
var books = []struct {
	ledger, date string
	units        []string
	files, rows  int // at least so many rows
}{
	{whistlesLedger, "吹哨日期时间", []string{"吹哨社区", "网格"}, 3, 2800},
	{patrolsLedger, "日期", []string{"网格"}, 6, 110_000},
	{activitiesLedger, "活动日期", []string{"社区"}, 6, 3500},
	{meetingsLedger, "会议日期", []string{"社区"}, 1, 450},
	{branchMeetingsLedger, "召开日期", []string{"党组织"}, 6, 5500},
	{errandsLedger, "代办日期", []string{"社区", "网格"}, 1, 3000},
	{disputesLedger, "排查日期", []string{"社区", "网格"}, 1, 850},
	{motionsLedger, "征集日期", []string{"社区"}, 1, 650},
	{agreementsLedger, "", []string{"社区"}, 1, 120},
	{itemsLedger, "立项日期", []string{"社区"}, 1, 700},
	{needsLedger, "登记日期", []string{"社区"}, 1, 1300},
	{checkinLedger, "", []string{"社区"}, 1, 1700},
	{pointsLedger, "", nil, 1, 560},
	{feesLedger, "", []string{"社区"}, 1, 1200},
	{stationLedger, "", []string{"社区"}, 1, 800},
	{estatesLedger, "", []string{"社区"}, 1, estateCount},
	{buildingsLedger, "", []string{"社区"}, 1, 900},
	{merchantsLedger, "", []string{"社区", "网格"}, 3, 1400},
	{merchantListLedger, "公示日期", []string{"社区"}, 1, 900},
	{careVisitsLedger, "日期", []string{"社区", "网格"}, 1, 5500},
	{careRegisterLedger, "", []string{"社区"}, 3, 69},
	{lettersLedger, "登记日期", []string{"社区"}, 1, 15},
	{jobsLedger, "登记日期", []string{"社区", "网格"}, 1, 700},
	{stuckLedger, "登记时间", []string{"社区"}, 1, 250},
	{staffLedger, "", []string{"社区", "网格"}, 1, gridCount},
	{gridsLedger, "", []string{"社区", "网格名称"}, 1, gridCount},
	{teamsLedger, "", []string{"社区"}, 1, 48},
	{plansLedger, "", []string{"单位"}, 1, 144},
	{placesLedger, "", []string{"社区"}, 1, 70},
	{partnersLedger, "", []string{"社区"}, 1, 72},
	{partyLedger, "", nil, 1, 100},
}

func TestEveryLedgerIsRecognisedAndKnowsAllItsColumns(t *testing.T) {
	all, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	set := profile.NewSet(all...)
	seen := map[string]int{}
	for _, l := range read(t).of("ingest") {
		head := append(append(slices.Clone(l.above), l.header), l.rows[:min(len(l.rows), 20)]...)
		c, err := set.Recognise(head)
		p, at := c.Profile, c.Place.Last
		if err != nil || p.Name != l.Ledger || at != l.Header-1 {
			t.Errorf("%s: recognised as %v in row %d: %v", l.Path, p, at+1, err)
			continue
		}
		b, err := p.Bind(l.header)
		if err != nil || len(b.Unmapped) > 0 || len(b.Repeated) > 0 {
			t.Errorf("%s: %v, unmapped %q, repeated %q", l.Path, err, b.Unmapped, b.Repeated)
		}
		title := profile.TitleContext(head, c.Place.First, "", l.Path)
		if p.Period.Kind == "title" && !title.HasPeriod() {
			t.Errorf("%s states no period", l.Path)
		}
		seen[p.Name]++
	}
	for _, p := range all {
		if foreign := p.Name == "nyc311" || p.Name == "boston311" || p.Refuse != ""; seen[p.Name] == 0 && !foreign {
			t.Errorf("the demo has no %s", p.Name)
		}
	}
}

func TestBooks(t *testing.T) {
	s := read(t)
	for _, b := range books {
		files, rows, flaws := s.of(b.ledger), 0, 0
		for _, l := range files {
			title := profile.TitleContext(append(slices.Clone(l.above), l.header), len(l.above), "", "")
			owner := s.keeper(t, l)
			var got []Flaw
			last := time.Time{}
			known := map[string]bool{}
			for k, row := range l.rows {
				rows++
				n := l.Header + 1 + k
				if l.header[0] == "序号" && row[0] != strconv.Itoa(k+1) {
					t.Errorf("%s row %d: 序号 %s", l.Path, n, row[0])
				}
				cell := l.col(row, b.date)
				at, ok := when(cell, "")
				switch {
				case b.date == "": // a register or a report of numbers: never spoilt
				case cell == "":
					got = append(got, Flaw{n, DateMissing})
				case !ok:
					got = append(got, Flaw{n, DateUnreadable})
				case at.Before(last) || at.Before(title.From) || !at.Before(title.To) || !at.Before(until.Add(-2*time.Hour)):
					t.Errorf("%s row %d: %v after %v, title %v to %v", l.Path, n, at, last, title.From, title.To)
				default:
					last = at
				}
				var named []string
				for _, h := range b.units {
					named = append(named, l.col(row, h))
				}
				if key := strings.Join(named, "/"); !known[key] {
					known[key] = true
					if codes := s.within(owner, named); len(codes) != 1 {
						t.Errorf("%s row %d: %q may be %v", l.Path, n, key, codes)
					}
				}
			}
			if d := cmp.Diff(l.Flaws, got); d != "" {
				t.Errorf("%s: manifest (-), file (+):\n%s", l.Path, d)
			}
			flaws += len(got)
		}
		if len(files) != b.files || rows < b.rows || rows != s.manifest.Rows(b.ledger) {
			t.Errorf("%s: %d files, %d rows, manifest %d", b.ledger, len(files), rows, s.manifest.Rows(b.ledger))
		}
		if rows > 10_000 {
			(&share{float64(flaws), float64(rows)}).within(t, b.ledger+": flawed", 0.0003, 0.0009)
		}
	}
}

// keeper is the unit with whose name the title begins: 长青街道党工委三会一课台账 is the committee's, not the street's.
func (s *sample) keeper(t *testing.T, l ledger) (longest unit) {
	t.Helper()
	for _, u := range s.units {
		if strings.HasPrefix(l.above[0][0], u.name) && len(u.name) > len(longest.name) {
			longest = u
		}
	}
	if longest.code == "" {
		t.Fatalf("%s is nobody's", l.Path)
	}
	return longest
}

// within finds the units below an owner that names, from the coarsest to the finest, may mean together.
func (s *sample) within(owner unit, names []string) []string {
	at := []string{owner.code}
	for _, name := range names {
		var next []string
		for _, u := range s.units {
			if slices.Contains(u.names, name) && slices.ContainsFunc(at, func(code string) bool { return s.below(u, code) }) ||
				u.level == "grid" && s.units[u.parent].name+u.name == name {
				next = append(next, u.code)
			}
		}
		at = next
	}
	return at
}

func (s *sample) below(u unit, code string) bool {
	for ; u.code != ""; u = s.units[u.parent] {
		if u.code == code {
			return true
		}
	}
	return false
}

func TestBooksNameNobody(t *testing.T) {
	s := read(t)
	for _, b := range books {
		for _, l := range s.of(b.ledger) {
			for k, row := range l.rows {
				for c, cell := range row {
					if l.header[c] != "网格编码" && (phoneLike.MatchString(cell) || mailLike.MatchString(cell)) {
						t.Fatalf("%s row %d: %s holds %s", l.Path, l.Header+1+k, l.header[c], cell)
					}
				}
				for header, form := range map[string]string{"包联干部": "两委成员", "走访人": "网格员", "责任人": "联络员", "走访对象编号": "GA", "巡查人": "工号", "代办员": "代办员", "调解员": "调解员", "主持人": "书记", "姓名（掩码）": "网格员", "网格长": "网格长", "负责人": "队长"} {
					if v := l.col(row, header); v != "" && !strings.Contains(v, form) {
						t.Fatalf("%s row %d: %s is %s", l.Path, l.Header+1+k, header, v)
					}
				}
			}
		}
	}
}

func TestWhistles(t *testing.T) {
	s := read(t)
	numbers, offices, sources, months := map[string]bool{}, map[string]int{}, map[string]int{}, map[string]int{}
	var timely, prompt share
	var hours []float64
	unsigned := 0
	for _, l := range s.of(whistlesLedger) {
		for k, row := range l.rows {
			at := func(header string) time.Time {
				v, _ := when(l.col(row, header), "")
				return v
			}
			if n := l.col(row, "哨号"); numbers[n] {
				t.Errorf("%s row %d: %s again", l.Path, k, n)
			} else {
				numbers[n] = true
			}
			blown, sent, signed, came, closed := at("吹哨日期时间"), at("转哨时间"), at("签收时间"), at("报到时间"), at("办结时间")
			if blown.IsZero() {
				continue // flawed
			}
			if sent.IsZero() && slices.Contains(l.header, "转哨时间") && !signed.IsZero() {
				t.Errorf("%s row %d: signed before it was sent", l.Path, k)
			}
			steps := []time.Time{blown, sent, signed, came, closed}
			steps = slices.DeleteFunc(steps, time.Time.IsZero)
			if !slices.IsSortedFunc(steps, time.Time.Compare) || !steps[len(steps)-1].Before(until.Add(-2*time.Hour)) {
				t.Errorf("%s row %d: %v", l.Path, k, steps)
			}
			if closed.IsZero() != (l.col(row, "办哨结果") == "") || closed.IsZero() != (l.col(row, "解决层级") == "") || !closed.IsZero() && came.IsZero() {
				t.Errorf("%s row %d: closed %v, result %q", l.Path, k, closed, l.col(row, "办哨结果"))
			}
			offices[l.col(row, "转哨部门")]++
			sources[l.col(row, "哨源")]++
			months[blown.Format("2006-01")]++
			if !closed.IsZero() {
				hours = append(hours, closed.Sub(blown).Hours())
				timely.add(l.col(row, "是否按期") == "是")
			}
			if !sent.IsZero() && !signed.IsZero() {
				prompt.add(signed.Sub(sent) <= time.Hour)
			}
			if signed.IsZero() && blown.Before(until.Add(-4*time.Hour)) {
				unsigned++
			}
		}
	}
	timely.within(t, "closed in time", 0.88, 0.95)
	prompt.within(t, "signed within an hour", 0.95, 0.99)
	slices.Sort(hours)
	if median := hours[len(hours)/2]; median < 36 || median > 72 {
		t.Errorf("median %.1f hours", median)
	}
	if len(offices) != 10 || len(sources) != 6 || unsigned < 2 || unsigned > 20 {
		t.Errorf("%d offices, %d sources, %d unsigned", len(offices), len(sources), unsigned)
	}
	for m, n := range months {
		if n < 90 && m != "2026-11" || n > 175 {
			t.Errorf("%d whistles in %s", n, m)
		}
	}
}

func TestPatrolsCoverMostGridsAndDays(t *testing.T) {
	s := read(t)
	from := time.Date(2025, 10, 1, 0, 0, 0, 0, time.UTC) // 13 months before the running one
	days := int(until.Sub(from) / day)
	patrolled := map[string]map[time.Time]bool{}
	var hazard, timely share
	for _, l := range s.of(patrolsLedger) {
		for k, row := range l.rows {
			date, ok := when(l.col(row, "日期"), "")
			if !ok {
				continue
			}
			g := l.col(row, "网格")
			if patrolled[g] == nil {
				patrolled[g] = map[time.Time]bool{}
			}
			if patrolled[g][date] || date.Before(from) {
				t.Errorf("%s row %d: %s on %v", l.Path, k, g, date)
			}
			patrolled[g][date] = true
			found := l.col(row, "问题描述") != ""
			hazard.add(found)
			if found != (l.col(row, "发现问题数") == "1") || found != (l.col(row, "问题类别") != "") || found != (l.col(row, "整改时限") != "") {
				t.Errorf("%s row %d: %q", l.Path, k, row)
			}
			due, _ := when(l.col(row, "整改时限"), "")
			mended, done := when(l.col(row, "整改完成日期"), "")
			if found && due.Before(until) {
				timely.add(done && !mended.After(due))
			}
			if done && (mended.Before(date) || !mended.Before(until)) {
				t.Errorf("%s row %d: mended %v", l.Path, k, mended)
			}
		}
	}
	if len(patrolled) != 302 {
		t.Errorf("%d grids", len(patrolled))
	}
	var all share
	poor := 0
	for _, dates := range patrolled {
		all.n, all.d = all.n+float64(len(dates)), all.d+float64(days)
		if float64(len(dates)) < 0.8*float64(days) {
			poor++
		}
	}
	all.within(t, "grids and days with a patrol", 0.95, 0.98)
	hazard.within(t, "patrols that found something", 0.02, 0.05)
	timely.within(t, "hazards mended in time", 0.92, 0.98)
	if poor < 2 || poor > 20 {
		t.Errorf("%d grids are often missed", poor)
	}
}

// held counts the meetings or activities of a type by a column and period.
func (s *sample) held(ledger, dateColumn, typeColumn, kind, by string, months int) map[string]map[time.Time]int {
	out := map[string]map[time.Time]int{}
	for _, l := range s.of(ledger) {
		for _, row := range l.rows {
			date, ok := when(l.col(row, dateColumn), "")
			if !ok || kind != "" && l.col(row, typeColumn) != kind {
				continue
			}
			who := l.col(row, by)
			if out[who] == nil {
				out[who] = map[time.Time]int{}
			}
			first := time.Date(date.Year(), date.Month(), 1, 0, 0, 0, 0, time.UTC)
			for int(first.Month()-1)%months != 0 {
				first = first.AddDate(0, -1, 0)
			}
			out[who][first]++
		}
	}
	return out
}

func TestTwoCommunitiesMetNobodyInTheLastQuarter(t *testing.T) {
	s := read(t)
	meetings := s.held(meetingsLedger, "会议日期", "", "", "社区", 3)
	lastQuarter := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	var without []string
	var quarters share
	for name, by := range meetings {
		if by[lastQuarter] == 0 {
			without = append(without, name)
		}
		for q := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC); q.Before(lastQuarter); q = q.AddDate(0, 3, 0) {
			quarters.add(by[q] > 0)
		}
	}
	slices.Sort(without)
	want := slices.Sorted(slices.Values(NoJointMeeting))
	if len(meetings) != 24 || !slices.Equal(without, want) {
		t.Errorf("%d communities, without a meeting: %q, want %q", len(meetings), without, want)
	}
	quarters.within(t, "quarters with a meeting", 0.93, 0.999)
}

func TestWhatIsPlannedMostlyTakesPlace(t *testing.T) {
	s := read(t)
	for kind, months := range map[string]int{"安全讲座": 1, "应急演练": 2} {
		var slackOnes, others share
		for name, by := range s.held(activitiesLedger, "活动日期", "活动类型", kind, "社区", months) {
			for p := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC); p.Before(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)); p = p.AddDate(0, months, 0) {
				if slack[name] {
					slackOnes.add(by[p] > 0)
				} else {
					others.add(by[p] > 0)
				}
			}
		}
		others.within(t, kind, 0.94, 0.995)
		slackOnes.within(t, kind+" of the slack", 0.4, 0.85)
	}
	var theme, groups share
	for name, by := range s.held(branchMeetingsLedger, "召开日期", "会议类型", "主题党日", "党组织", 1) {
		if !strings.HasSuffix(name, "社区党委") {
			t.Errorf("%s held a theme day", name)
		}
		for m := time.Date(2024, 11, 1, 0, 0, 0, 0, time.UTC); m.Before(until); m = m.AddDate(0, 1, 0) {
			theme.add(by[m] == 1)
		}
	}
	cells := s.held(branchMeetingsLedger, "召开日期", "会议类型", "党小组会", "党组织", 1)
	for _, by := range cells {
		groups.add(len(by) >= 20)
	}
	theme.within(t, "months with one theme day", 0.9, 0.99)
	groups.within(t, "cells that met in most months", 0.8, 1)
	if len(cells) != 212 {
		t.Errorf("%d cells met", len(cells))
	}
}

func TestErrandsDisputesMotionsAndLettersRunTheirCourse(t *testing.T) {
	s := read(t)
	for _, c := range []struct {
		ledger string
		steps  []string
		result string
		open   [2]float64 // share without the last step
	}{
		{errandsLedger, []string{"代办日期", "办结日期"}, "满意度", [2]float64{0.005, 0.02}},
		{disputesLedger, []string{"排查日期", "调解日期"}, "是否成功", [2]float64{0.001, 0.02}},
		{motionsLedger, []string{"征集日期", "议事日期", "完成日期", "公开日期"}, "群众评题结果", [2]float64{0.02, 0.1}},
		{lettersLedger, []string{"登记日期", "受理告知日期", "办结日期"}, "办理结果", [2]float64{0, 0.3}},
	} {
		var open share
		for _, l := range s.of(c.ledger) {
			for k, row := range l.rows {
				var steps []time.Time
				for i, h := range c.steps {
					at, ok := when(l.col(row, h), "")
					if ok && len(steps) < i && steps != nil {
						t.Errorf("%s row %d: %s without the step before", l.Path, k, h)
					}
					if ok {
						steps = append(steps, at)
					}
				}
				if !slices.IsSortedFunc(steps, time.Time.Compare) || len(steps) > 0 && !steps[len(steps)-1].Before(until) {
					t.Errorf("%s row %d: %v", l.Path, k, steps)
				}
				unfinished := l.col(row, c.steps[len(c.steps)-1]) == ""
				if unfinished != (l.col(row, c.result) == "") {
					t.Errorf("%s row %d: %q", l.Path, k, row)
				}
				open.add(unfinished)
			}
		}
		open.within(t, c.ledger+": unfinished", c.open[0], c.open[1])
	}
}

func TestPeriodOf(t *testing.T) {
	for _, c := range []struct {
		at     string
		months int
		want   string
	}{
		{"2026-11-22", 1, "2026-11-01"},
		{"2026-11-22", 2, "2026-11-01"},
		{"2026-12-31", 2, "2026-11-01"},
		{"2026-11-22", 3, "2026-10-01"},
		{"2026-01-01", 3, "2026-01-01"},
		{"2026-06-30", 6, "2026-01-01"},
		{"2026-07-01", 6, "2026-07-01"},
		{"2026-11-22", 12, "2026-01-01"},
	} {
		at, _ := time.Parse(time.DateOnly, c.at)
		if got := periodOf(at, c.months).Format(time.DateOnly); got != c.want {
			t.Errorf("%s by %d months: %s, want %s", c.at, c.months, got, c.want)
		}
	}
}

func TestTheWholeSpanOnOneSheet(t *testing.T) {
	for until, want := range map[string]string{
		"2026-11-22": "2024年11月1日至2026年11月21日", "2026-11-01": "2024年11月至2026年10月", "2026-01-01": "2024年1月至2025年12月",
	} {
		at, _ := time.Parse(time.DateOnly, until)
		sp, err := newSpan(at)
		if err != nil {
			t.Fatal(err)
		}
		sheets := sp.whole()
		if len(sheets) != 1 || sheets[0].label != want {
			t.Errorf("%s: %v, want %s", until, sheets, want)
		}
		from, to, ok := profile.ParsePeriod(sheets[0].label)
		if !ok || !from.Equal(sp.from) || !to.Equal(sp.until) {
			t.Errorf("%s reads as %v to %v", sheets[0].label, from, to)
		}
	}
}
