package demo

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
)

func TestFlawsAreExactlyThoseOfTheManifest(t *testing.T) {
	s := read(t)
	counts := map[FlawKind]int{}
	rows, rejected, merchants := 0, 0, 0
	for _, l := range s.of(mattersLedger) {
		var got []Flaw
		for _, r := range s.read(t, l) {
			rows++
			if r.flaw != "" {
				got = append(got, Flaw{r.row, r.flaw})
				counts[r.flaw]++
			}
			if r.topic == "经商兴业" && !r.flaw.Rejected() {
				merchants++
			}
		}
		if d := cmp.Diff(l.Flaws, got); d != "" {
			t.Errorf("%s: manifest (-), file (+):\n%s", l.Path, d)
		}
		rejected += l.Rejected()
	}
	if rows != s.manifest.Matters || merchants != s.manifest.Merchants {
		t.Errorf("%d rows and %d of merchants, manifest %d and %d", rows, merchants, s.manifest.Matters, s.manifest.Merchants)
	}
	if want := counts[DateUnreadable] + counts[DateMissing] + counts[CloseUnreadable] + counts[GridAmbiguous]; rejected != want {
		t.Errorf("%d to reject, want %d", rejected, want)
	}
	total := 0
	for _, m := range mistakes {
		if counts[m.kind] < 3 {
			t.Errorf("%s: %d rows", m.kind, counts[m.kind])
		}
		total += counts[m.kind]
	}
	if share := float64(total) / float64(rows); share < 0.002 || share > 0.005 {
		t.Errorf("%.4f of the rows are flawed", share)
	}
}

func TestHeadersTitlesAndNumbersOfLedgers(t *testing.T) {
	s := read(t)
	var named, told, restarts, yearless, breaks int
	want := strings.Split("序号,受理日期,受理时间,来源渠道,网格,小区楼栋,诉求类别,诉求内容,反映人（类别）,联系电话,承办单位/人,转办时间,办结时限,办结时间,办理结果,是否解决,满意度,回访情况,是否有效回访,备注,解决层级,是否联系,退回次数", ",")
	for _, l := range s.of(mattersLedger) {
		for _, h := range want {
			if !slices.Contains(l.header, h) {
				t.Errorf("%s lacks %s", l.Path, h)
			}
		}
		if len(l.above) > 0 {
			named++
		}
		if slices.Contains(l.Flags, "--org") {
			told++
		}
		last, begins := 0, 0
		for _, row := range l.rows {
			n, err := strconv.Atoi(row[0])
			if err != nil || (n != last+1 && n != 1) {
				t.Fatalf("%s: 序号 %q after %d", l.Path, row[0], last)
			}
			if n == 1 {
				begins++
			}
			last = n
			if date := l.col(row, "受理日期"); len(date) > 0 && len(date) < 12 && strings.HasSuffix(date, "日") && !strings.Contains(date, "年") {
				yearless++
			}
			if strings.Contains(l.col(row, "诉求内容"), "\n") {
				breaks++
			}
		}
		if begins > 1 {
			restarts++
		}
	}
	if named == 0 || told == 0 || named+told == len(s.of(mattersLedger)) || restarts == 0 || yearless == 0 || breaks == 0 {
		t.Errorf("titles %d, --org %d, restarts %d, dates without a year %d, line breaks %d", named, told, restarts, yearless, breaks)
	}
}

func TestNothingIsKnownAfterTheLastEvening(t *testing.T) {
	s := read(t)
	end := until.Add(-2 * time.Hour)
	sound, early := 0, time.Time{}
	for _, r := range s.all(t) {
		if r.flaw != "" {
			continue
		}
		sound++
		if early.IsZero() || r.received.Before(early) {
			early = r.received
		}
		for _, at := range []time.Time{r.received, r.closed, r.visited} {
			if !at.Before(end) {
				t.Errorf("row %d: %v", r.row, at)
			}
		}
		if !r.visited.IsZero() && r.visited.Before(r.closed) {
			t.Errorf("row %d: visited before closed", r.row)
		}
		if r.closed.IsZero() != (r.cells["办理结果"] == "") || r.closed.IsZero() != (r.cells["解决层级"] == "") {
			t.Errorf("row %d: closed %v, result %q", r.row, r.closed, r.cells["办理结果"])
		}
	}
	if got := early.Format("2006-01-02"); got != "2024-11-01" {
		t.Errorf("the first matter is of %s", got)
	}
	if sound < 60_000 {
		t.Errorf("%d sound rows", sound)
	}
}

// share counts.
type share struct{ n, d float64 }

func (s *share) add(yes bool) {
	s.d++
	if yes {
		s.n++
	}
}

func (s share) within(t *testing.T, what string, lo, hi float64) {
	t.Helper()
	if v := s.n / s.d; !(v >= lo && v <= hi) {
		t.Errorf("%s: %.4f (%.0f of %.0f), want %.2f to %.2f", what, v, s.n, s.d, lo, hi)
	}
}

func (r reading) satisfied(s *share) {
	s.d++
	switch r.satisfaction {
	case "满意", "非常满意":
		s.n++
	case "基本满意":
		s.n += 0.9
	}
}

func (r reading) onTime(s *share) {
	if !r.due.IsZero() && (!r.closed.IsZero() || r.due.Before(until)) {
		s.add(!r.closed.IsZero() && !r.closed.After(r.due))
	}
}

func TestTheNumbersLookReal(t *testing.T) {
	var answered, settled, satisfied, onTime, open, undated, grassroots, reworked, weekend share
	var months [13]map[string]int
	for k := range months {
		months[k] = map[string]int{}
	}
	overdue := 0
	for _, r := range read(t).all(t) {
		if r.flaw != "" {
			continue
		}
		if r.valid {
			answered.add(r.contacted)
			settled.add(r.settled)
			r.satisfied(&satisfied)
		}
		r.onTime(&onTime)
		open.add(r.closed.IsZero())
		undated.add(r.due.IsZero())
		if r.closed.IsZero() && !r.due.IsZero() && r.due.Before(until) {
			overdue++
		}
		if !r.closed.IsZero() {
			grassroots.add(r.cells["解决层级"] == "网格" || r.cells["解决层级"] == "社区")
		}
		reworked.add(r.cells["退回次数"] != "0")
		wd := r.received.Weekday()
		weekend.add(wd == time.Saturday || wd == time.Sunday)
		if r.received.Year() == 2025 {
			months[r.received.Month()][r.topic]++
		}
	}
	answered.within(t, "contacted", 0.96, 0.98)
	settled.within(t, "resolved", 0.82, 0.87)
	satisfied.within(t, "satisfied", 0.85, 0.90)
	onTime.within(t, "on time", 0.91, 0.95)
	open.within(t, "open", 0.002, 0.02)
	undated.within(t, "without a deadline", 0.15, 0.19)
	grassroots.within(t, "resolved by grid or community", 0.68, 0.78)
	reworked.within(t, "sent back", 0.03, 0.07)
	weekend.within(t, "received at weekends", 0.16, 0.23) // 2/7 = 0.286 if all days were alike
	if overdue < 30 {
		t.Errorf("%d overdue and open", overdue)
	}
	if winter, mild := months[1][heatingTopic]+months[12][heatingTopic], months[5][heatingTopic]+months[9][heatingTopic]; winter < 3*mild {
		t.Errorf("%s: %d in winter, %d in May and September", heatingTopic, winter, mild)
	}
	if hot, cold := months[7][sanitation]+months[8][sanitation], months[1][sanitation]+months[2][sanitation]; hot < 3*cold/2 {
		t.Errorf("%s: %d in summer, %d in winter", sanitation, hot, cold)
	}
}

func TestOneCommunitySlipsAndOneImproves(t *testing.T) {
	s := read(t)
	code := map[string]string{}
	for _, u := range s.units {
		code[u.name] = u.code
	}
	var slipBefore, slipNow, slipPleased, slipDispleased, riseBefore, riseNow share
	for _, r := range s.all(t) {
		recent := r.received.After(until.AddDate(0, -3, 0))
		early := r.received.Before(until.AddDate(0, -9, 0))
		switch {
		case r.flaw != "":
		case r.community == code[Slipping] && early:
			r.onTime(&slipBefore)
			if r.valid {
				r.satisfied(&slipPleased)
			}
		case r.community == code[Slipping] && recent:
			r.onTime(&slipNow)
			if r.valid {
				r.satisfied(&slipDispleased)
			}
		case r.community == code[Improving] && r.received.Before(until.AddDate(-1, -6, 0)):
			r.onTime(&riseBefore)
		case r.community == code[Improving] && recent:
			r.onTime(&riseNow)
		}
	}
	slipBefore.within(t, "slipping, on time before", 0.88, 1)
	slipNow.within(t, "slipping, on time now", 0.5, 0.80)
	slipPleased.within(t, "slipping, satisfied before", 0.84, 1)
	slipDispleased.within(t, "slipping, satisfied now", 0.5, 0.78)
	riseBefore.within(t, "improving, on time before", 0.6, 0.86)
	riseNow.within(t, "improving, on time now", 0.90, 1)
}

func TestPointsLieWhereTheManifestSays(t *testing.T) {
	s := read(t)
	rings := map[string][]orb.Point{}
	for _, f := range readLayer(t, "网格") {
		rings[f.Properties.Code] = f.points()
	}
	in, out := 0, 0
	for _, l := range s.of(mattersLedger) {
		inside, outside := 0, 0
		for _, r := range s.read(t, l) {
			if r.cells["经度"] == "" || r.flaw.Rejected() || r.flaw == GridUnknown {
				continue
			}
			lon, err1 := strconv.ParseFloat(r.cells["经度"], 64)
			lat, err2 := strconv.ParseFloat(r.cells["纬度"], 64)
			if err1 != nil || err2 != nil {
				t.Fatalf("%s row %d: %v %v", l.Path, r.row, err1, err2)
			}
			p := orb.Point{lon, lat}
			if contains(rings[r.grid], p) {
				inside++
				continue
			}
			outside++
			sibling := false
			for code, ring := range rings {
				sibling = sibling || (s.units[code].parent == r.community && contains(ring, p))
			}
			if !sibling {
				t.Errorf("%s row %d: the point is in no grid of its community", l.Path, r.row)
			}
		}
		if inside != l.Inside || outside != l.Outside {
			t.Errorf("%s: %d inside and %d outside, manifest %d and %d", l.Path, inside, outside, l.Inside, l.Outside)
		}
		if flagged := slices.Contains(l.Flags, "--crs"); flagged != (inside > 0) {
			t.Errorf("%s: flags %v, %d points", l.Path, l.Flags, inside)
		}
		in, out = in+inside, out+outside
	}
	(&share{float64(out), float64(in + out)}).within(t, "points in another grid", 0.02, 0.04)
}

var (
	phoneLike    = regexp.MustCompile(`\d{11,}`)
	identityLike = regexp.MustCompile(`\d{17}[\dX]`)
	mailLike     = regexp.MustCompile(`[\w.]+@[\w.]+`)
)

func TestPersonalDataAreSyntheticAndCounted(t *testing.T) {
	s := read(t)
	kinds := map[string]int{}
	for _, l := range s.of(mattersLedger) {
		private := 0
		for _, r := range s.read(t, l) {
			for header, cell := range r.cells {
				if header == "网格" {
					continue // may hold a code of 15 digits
				}
				found := 0
				for _, id := range identityLike.FindAllString(cell, -1) {
					found++
					kinds["identity"]++
					if !strings.HasPrefix(id, "999001") || header != "诉求内容" {
						t.Errorf("%s row %d: %s holds %s", l.Path, r.row, header, id)
					}
				}
				for _, n := range phoneLike.FindAllString(identityLike.ReplaceAllString(cell, ""), -1) {
					found++
					kinds["phone in "+header]++
					if len(n) != 11 || !strings.HasPrefix(n, "199000") {
						t.Errorf("%s row %d: %s holds %s", l.Path, r.row, header, n)
					}
				}
				for _, m := range mailLike.FindAllString(cell, -1) {
					found++
					kinds["mail"]++
					if !strings.HasSuffix(strings.TrimSuffix(m, "."), "@example.com") {
						t.Errorf("%s row %d: %s holds %s", l.Path, r.row, header, m)
					}
				}
				if header == "诉求内容" && found > 0 && !r.flaw.Rejected() {
					private++
					if found != 1 {
						t.Errorf("%s row %d: %d secrets in one text", l.Path, r.row, found)
					}
				}
			}
		}
		if private != l.Private {
			t.Errorf("%s: %d texts with personal data, manifest %d", l.Path, private, l.Private)
		}
	}
	for _, kind := range []string{"identity", "phone in 诉求内容", "phone in 联系电话", "mail"} {
		if kinds[kind] < 50 {
			t.Errorf("%s: %d", kind, kinds[kind])
		}
	}
}

func TestIdentityNumbersBearTheCheckCharacterOfGB11643(t *testing.T) {
	s := newStream(1, "identity")
	for range 200 {
		// ISO 7064 MOD 11-2: weights are the powers of 2 modulo 11, the weighted sum is 1.
		id, sum, weight := identity(s), 0, 1
		for k := len(id) - 1; k >= 0; k-- {
			digit := strings.IndexByte("0123456789X", id[k])
			sum += digit * weight
			weight = weight * 2 % 11
		}
		if len(id) != 18 || sum%11 != 1 {
			t.Errorf("%s: %d", id, sum%11)
		}
	}
}

func TestRowsOfDifferentFilesNeverShareTheirKey(t *testing.T) {
	s := read(t)
	owner := map[string]string{}
	texts := map[string]bool{}
	for _, l := range s.of(mattersLedger) {
		for _, row := range l.rows {
			key := ""
			for _, h := range []string{"受理日期", "受理时间", "网格", "小区楼栋", "诉求内容", "反映人（类别）", "联系电话"} {
				key += l.col(row, h) + "\x00"
			}
			if other, ok := owner[key]; ok && other != l.Path {
				t.Errorf("%s and %s share %q", other, l.Path, key)
			}
			owner[key] = l.Path
			texts[l.col(row, "诉求内容")] = true
		}
	}
	if len(texts) < 30_000 {
		t.Errorf("%d different texts", len(texts))
	}
}

func TestTextsAreFinishedSentences(t *testing.T) {
	for _, r := range read(t).all(t) {
		n := utf8.RuneCountInString(r.text)
		if n < 18 || n > 100 || strings.ContainsAny(r.text, "[]{}|,;:!?()") || !strings.HasSuffix(r.text, "。") {
			t.Fatalf("%d characters: %s", n, r.text)
		}
	}
}

func TestEveryTopicHasPatternsForEveryMonth(t *testing.T) {
	s := newStream(1, "patterns")
	for _, tp := range topics {
		for m := time.January; m <= time.December; m++ {
			fitting := 0
			for _, p := range patterns[tp.name] {
				if p.fits(m, weather{}) {
					fitting++
				}
			}
			if fitting < 2 {
				t.Errorf("%s has %d patterns in %s", tp.name, fitting, m)
			}
		}
		for _, p := range patterns[tp.name] {
			if strings.Count(p.text, "[") != strings.Count(p.text, "]") || !strings.Contains(p.text, "{") {
				t.Errorf("%s: %s", tp.name, p.text)
			}
			if text := grow(s, p.text, "甲", "乙"); strings.ContainsAny(text, "[]{}|") {
				t.Errorf("%s grows to %s", p.text, text)
			}
		}
	}
}
