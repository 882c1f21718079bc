package demo

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// whole reads a cell as a whole number.
func whole(t *testing.T, l ledger, row []string, header string) int {
	t.Helper()
	n, err := strconv.Atoi(l.col(row, header))
	if err != nil {
		t.Fatalf("%s: %s is %q", l.Path, header, l.col(row, header))
	}
	return n
}

// quotients sums two columns by community over the rows of 2026.
func (s *sample) quotients(t *testing.T, ledger, by, numerator, denominator string) map[string]*share {
	t.Helper()
	out := map[string]*share{}
	for _, l := range s.of(ledger) {
		for _, row := range l.rows {
			if !strings.HasPrefix(l.col(row, "月份"), "2026年") {
				continue
			}
			who := l.col(row, by)
			if out[who] == nil {
				out[who] = &share{}
			}
			n, d := whole(t, l, row, numerator), 1
			if denominator != "" {
				d = whole(t, l, row, denominator)
			}
			out[who].n, out[who].d = out[who].n+float64(n), out[who].d+float64(d)
		}
	}
	return out
}

func TestEveryRateLiesWhereItIsPlausible(t *testing.T) {
	s := read(t)
	for _, c := range []struct {
		ledger, by, n, d string
		least, most      float64
		reporters        int
	}{
		{feesLedger, "社区", "实收金额", "应收金额", 0.60, 0.97, 24},
		{checkinLedger, "社区", "参加服务人数", "已报到数", 0.40, 0.85, 24},
		{pointsLedger, "党支部", "达标人数", "参评数", 0.75, 1, 23},
		{pointsLedger, "党支部", "定岗且有服务人数", "党员总数", 0.6, 1, 23},
		{stationLedger, "社区", "服务人次", "", 20, 900, 24},
	} {
		lo, hi := 1e9, 0.0
		all := s.quotients(t, c.ledger, c.by, c.n, c.d)
		for who, q := range all {
			q.within(t, c.ledger+" "+who, c.least, c.most)
			lo, hi = min(lo, q.n/q.d), max(hi, q.n/q.d)
		}
		if len(all) != c.reporters || hi-lo < 0.1*c.most {
			t.Errorf("%s %s: %d report, from %.3f to %.3f", c.ledger, c.n, len(all), lo, hi)
		}
	}
}

func TestEveryMonthIsReportedByEachOnce(t *testing.T) {
	s := read(t)
	for ledger, subject := range map[string][]string{
		feesLedger: {"小区"}, checkinLedger: {"社区", "单位"}, pointsLedger: {"党支部"}, stationLedger: {"阵地名称"},
	} {
		months := map[string]map[string]int{}
		for _, l := range s.of(ledger) {
			for _, row := range l.rows {
				who := ""
				for _, h := range subject {
					who += l.col(row, h)
				}
				if months[who] == nil {
					months[who] = map[string]int{}
				}
				months[who][l.col(row, "月份")]++
			}
		}
		for who, by := range months {
			if len(by) != 25 || by["2024年11月"] != 1 || by["2026年11月"] != 1 { // to 2026-11-21
				t.Errorf("%s %s: %v", ledger, who, by)
			}
			for m, n := range by {
				if n != 1 {
					t.Errorf("%s %s: %d rows for %s", ledger, who, n, m)
				}
			}
		}
	}
}

func TestNumbersOfAReportFitTogether(t *testing.T) {
	s := read(t)
	for ledger, chains := range map[string][][]string{
		checkinLedger: {{"党员数", "已报到数", "参加服务人数"}, {"本月服务人次", "参加服务人数"}, {"参加服务人数", "反馈数"}},
		pointsLedger:  {{"党员总数", "参评数", "达标人数"}, {"党员总数", "认岗数", "定岗且有服务人数"}, {"党员总数", "参加服务人数", "定岗且有服务人数"}},
		feesLedger:    {{"总户数", "应缴户数", "已缴户数"}, {"应收金额", "实收金额"}},
	} {
		for _, l := range s.of(ledger) {
			for k, row := range l.rows {
				for _, chain := range chains {
					for i := 1; i < len(chain); i++ {
						if whole(t, l, row, chain[i]) > whole(t, l, row, chain[i-1]) {
							t.Errorf("%s row %d: %s exceeds %s: %q", l.Path, k, chain[i], chain[i-1], row)
						}
					}
				}
			}
		}
	}
	for _, l := range s.of(careRegisterLedger) {
		for _, row := range l.rows {
			sum := 0
			for _, g := range careGroups {
				sum += whole(t, l, row, g.name)
			}
			if sum != whole(t, l, row, "合计") || sum < 10 {
				t.Errorf("%s: %q", l.Path, row)
			}
		}
	}
}

func TestTwoCommunitiesLeftALedgerOut(t *testing.T) {
	s := read(t)
	named := func(ledger, header, name string) (n int) {
		for _, l := range s.of(ledger) {
			for _, row := range l.rows {
				if strings.HasPrefix(l.col(row, header), name) {
					n++
				}
			}
		}
		return n
	}
	if named(pointsLedger, "党支部", NoPointsReport) != 0 || named(pointsLedger, "党支部", NoCareRegister) == 0 {
		t.Errorf("%s must be the one without %s", NoPointsReport, pointsLedger)
	}
	if named(careRegisterLedger, "社区", NoCareRegister) != 0 || named(careRegisterLedger, "社区", NoPointsReport) == 0 {
		t.Errorf("%s must be the one without %s", NoCareRegister, careRegisterLedger)
	}
	if named(careVisitsLedger, "社区", NoCareRegister) == 0 {
		t.Error("its visits were made all the same")
	}
}

func TestRegistersNameOrganisationsThatExist(t *testing.T) {
	s := read(t)
	organisations := map[string]string{} // name → level
	for _, u := range s.units {
		organisations[u.name] = u.level
	}
	for _, c := range []struct {
		ledger, header, level string
		least, most           float64
	}{
		{estatesLedger, "党支部", "estate_branch", 0.85, 0.97},
		{buildingsLedger, "党小组", "cell", 0.93, 0.99},
	} {
		var with share
		names := map[string]bool{}
		for _, l := range s.of(c.ledger) {
			for _, row := range l.rows {
				name := l.col(row, c.header)
				if name != "未建" && organisations[name] != c.level {
					t.Errorf("%s: %s is no %s", c.ledger, name, c.level)
				}
				with.add(name != "未建")
				if id := l.col(row, "小区") + l.col(row, "楼栋"); names[id] {
					t.Errorf("%s: %s twice", c.ledger, id)
				} else {
					names[id] = true
				}
			}
		}
		with.within(t, c.ledger, c.least, c.most)
	}
}

func TestMerchantsAreVisitedWithinTheQuarterWhileTheyTrade(t *testing.T) {
	s := read(t)
	var visited share
	last := map[string]string{}
	for _, l := range s.of(merchantsLedger) {
		year := l.above[0][0][strings.Index(l.above[0][0], "（")+len("（"):][:4]
		for _, row := range l.rows {
			name := l.col(row, "商户名称")
			opened, _ := when(l.col(row, "开业日期"), "")
			closed, gone := when(l.col(row, "歇业日期"), "")
			about := strings.Join([]string{l.col(row, "网格"), l.col(row, "开业日期"), l.col(row, "包联干部")}, "/")
			if before, ok := last[name]; ok && before != about {
				t.Errorf("%s: %s, a year before %s", name, about, before)
			}
			last[name] = about
			for q, h := range []string{"一季度走访", "二季度走访", "三季度走访", "四季度走访"} {
				at, ok := when(l.col(row, h), "")
				first := time.Date(2000, time.Month(3*q+1), 1, 0, 0, 0, 0, time.UTC)
				if y, _ := strconv.Atoi(year); y > 0 {
					first = first.AddDate(y-2000, 0, 0)
				}
				if ok && (at.Before(first) || !at.Before(first.AddDate(0, 3, 0)) || at.Before(opened) || gone && !at.Before(closed) || !at.Before(until)) {
					t.Errorf("%s %s: %s on %v, open %v to %v", l.Path, name, h, at, opened, closed)
				}
				if end := first.AddDate(0, 3, 0); !first.Before(s.manifest.From) && !end.After(until) && opened.Before(first) && (!gone || !closed.Before(end)) {
					visited.add(ok)
				}
			}
		}
	}
	visited.within(t, "merchants visited in a quarter", 0.85, 0.95)
	if len(last) < 400 {
		t.Errorf("%d merchants", len(last))
	}
}

func TestItemsNeedsListingsAndJobSeekersRunTheirCourse(t *testing.T) {
	s := read(t)
	for _, c := range []struct {
		ledger      string
		steps       []string
		only        map[string]string
		least, most float64 // share that is done
	}{
		{itemsLedger, []string{"立项日期", "实际完成"}, nil, 0.85, 0.97},
		{needsLedger, []string{"登记日期", "对接日期", "完成日期"}, map[string]string{"清单类型": "需求"}, 0.8, 0.95},
		{merchantListLedger, []string{"公示日期", "整改完成日期"}, map[string]string{"榜别": "黑榜"}, 0.85, 0.97},
		{jobsLedger, []string{"登记日期", "推荐日期", "就业日期"}, nil, 0.6, 0.8},
	} {
		var done share
		for _, l := range s.of(c.ledger) {
			for k, row := range l.rows {
				skip := false
				for h, v := range c.only {
					skip = skip || l.col(row, h) != v
				}
				if skip {
					continue
				}
				var steps []time.Time
				for i, h := range c.steps {
					if at, ok := when(l.col(row, h), ""); ok {
						if i > 1 && len(steps) == 1 {
							t.Errorf("%s row %d: %s without the step before", l.Path, k, h)
						}
						steps = append(steps, at)
					}
				}
				if !slices.IsSortedFunc(steps, time.Time.Compare) || len(steps) > 0 && !steps[len(steps)-1].Before(until) {
					t.Errorf("%s row %d: %v", l.Path, k, steps)
				}
				done.add(l.col(row, c.steps[len(c.steps)-1]) != "")
			}
		}
		done.within(t, c.ledger, c.least, c.most)
	}
}

// Most communities have no letters at all in a year; the district's ledger says so for them.
func TestLettersAreFew(t *testing.T) {
	s := read(t)
	with := map[string]bool{}
	for _, l := range s.of(lettersLedger) {
		for _, row := range l.rows {
			if strings.HasPrefix(l.col(row, "登记日期"), "2025") {
				with[l.col(row, "社区")] = true
			}
		}
	}
	if len(with) == 0 || len(with) > 16 {
		t.Errorf("%d communities had letters in 2025", len(with))
	}
}
