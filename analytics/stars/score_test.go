package stars

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

var april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

// site is a real warehouse with the ledgers of testdata/branch.txt, each a job of its own.
type site struct {
	t    *testing.T
	w    *warehouse.Warehouse
	cat  *catalog.Catalog
	jobs map[string]int64 // by ledger
	id   int
}

func newSite(t *testing.T) *site {
	t.Helper()
	lease, err := warehouse.Acquire(warehouse.Dir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	w, err := warehouse.Open(context.Background(), lease, warehouse.Options{
		Threads: 2, MinFree: 1, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: func() time.Time { return april },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		lease.Release()
	})
	cat, err := catalog.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &site{t: t, w: w, cat: cat, jobs: map[string]int64{}}
}

// branch loads testdata/branch.txt and gives what it expects.
func branch(t *testing.T) (*site, []section) {
	s := newSite(t)
	var expected []section
	var job *warehouse.Job
	name := ""
	publish := func() {
		if job == nil {
			return
		}
		if _, err := job.Publish(context.Background(), warehouse.Totals{}); err != nil {
			t.Fatal(err)
		}
		s.jobs[name], job = job.ID, nil
	}
	for _, sec := range readCases(t, "branch.txt") {
		word, rest, _ := strings.Cut(sec.head, " ")
		switch word {
		case "ledger":
			publish()
			var err error
			if job, err = s.w.Begin(context.Background(), warehouse.Spec{Verb: "ingest", All: true}); err != nil {
				t.Fatal(err)
			}
			name = rest
		case "expect", "stars":
			publish()
			expected = append(expected, sec)
		default:
			s.insert(job, word, sec.rows)
		}
	}
	return s, expected
}

var defaults = map[string]string{
	"record": "source_system content", "activity": "content", "figure": "content", "place": "content", "org": "valid_from", "coverage": "stated_by",
}

func (s *site) insert(job *warehouse.Job, table string, rows [][]string) {
	s.t.Helper()
	header := rows[0]
	value := map[string]string{"source_system": "test", "content": "0", "valid_from": "1900-01-01", "stated_by": "test"}
	for _, row := range rows[1:] {
		times, days := 1, 1
		var cols []string
		var args []any
		held := -1
		for i, cell := range row {
			switch {
			case header[i] == "times":
				times, _ = strconv.Atoi(cell)
				continue
			case header[i] == "held_at":
				day, n, _ := strings.Cut(cell, "/")
				if n != "" {
					days, _ = strconv.Atoi(n)
				}
				cell, held = day, len(args)
			}
			cols = append(cols, header[i])
			if args = append(args, cell); cell == "-" {
				args[len(args)-1] = nil
			}
		}
		for _, col := range strings.Fields(defaults[table]) {
			cols, args = append(cols, col), append(args, value[col])
		}
		for n := range times * days {
			one := slices.Clone(args)
			if held >= 0 {
				day, err := time.Parse(time.DateOnly, one[held].(string))
				if err != nil {
					s.t.Fatal(err)
				}
				one[held] = day.AddDate(0, 0, n/times).Add(9 * time.Hour)
			}
			s.id++
			names := cols
			if table != "org" && table != "org_cover" && table != "coverage" && !slices.Contains(cols, "id") {
				names, one = append(slices.Clone(cols), "id"), append(one, "x"+strconv.Itoa(s.id))
			} else if n > 0 {
				one[slices.Index(cols, "id")] = "x" + strconv.Itoa(s.id)
			}
			var phs []string
			for i := range one {
				phs = append(phs, "$"+strconv.Itoa(i+1))
			}
			query := fmt.Sprintf("INSERT INTO %s (%s, job, row, since) VALUES (%s, %d, %d, %[4]d)", table, strings.Join(names, ", "), strings.Join(phs, ", "), job.ID, s.id)
			if _, err := job.Exec(context.Background(), query, one...); err != nil {
				s.t.Fatalf("%v in %s", err, query)
			}
		}
	}
}

func (s *site) score(o Options) (r *Result, err error) {
	s.t.Helper()
	cycle, err := ParseCycle("2026")
	if err != nil {
		s.t.Fatal(err)
	}
	if o.Now.IsZero() {
		o.Now = april
	}
	err = s.w.View(context.Background(), func(v *warehouse.View) error {
		r, err = Score(context.Background(), v, s.cat, cycle, o)
		return err
	})
	return r, err
}

func (s *site) mustScore(o Options) *Result {
	s.t.Helper()
	r, err := s.score(o)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func unit(t *testing.T, r *Result, code string) *UnitScore {
	t.Helper()
	for i := range r.Units {
		if r.Units[i].Code == code {
			return &r.Units[i]
		}
	}
	t.Fatalf("unit %s is not scored", code)
	return nil
}

func TestABranchIsScoredAsByHand(t *testing.T) {
	t.Parallel()
	s, expected := branch(t)
	r := s.mustScore(Options{Scope: units.Everything()})
	if r.Level.ID != "branch" || r.Scored != 2 || r.State != Monitoring || r.Revision != 0 || !r.To.Equal(april) {
		t.Errorf("%+v", r)
	}
	for _, sec := range expected {
		word, code, _ := strings.Cut(sec.head, " ")
		u := unit(t, r, code)
		for _, row := range sec.rows[1:] {
			if word == "stars" {
				x, _ := u.Star(row[0])
				got := fmt.Sprintf("%s %s %s %s", dash(x.Score), x.Lamp, plainText(x.Rated, 2), plainText(x.Base, 2))
				if want := strings.Join(row[1:], " "); got != want {
					t.Errorf("%s %s: %s, want %s", code, row[0], got, want)
				}
				continue
			}
			i := slices.IndexFunc(u.Indicators, func(i IndicatorScore) bool { return i.Rule.Code == row[0] })
			x := &u.Indicators[i]
			note := string(x.Note)
			if note == "" {
				note = "-"
			}
			for n, got := range []struct {
				name string
				ok   bool
			}{{"n", same(t, x.N, row[1])}, {"d", same(t, x.D, row[2])}, {"value", same(t, x.Value, row[3])}, {"score", dash(x.Score) == row[4]}, {"note", note == row[5]}} {
				if !got.ok {
					t.Errorf("%s %s: %s want %s (n %v, d %v, value %v, score %s, note %s; %s; %s)", code, row[0], got.name, row[n+1], x.N, x.D, x.Value, dash(x.Score), note, x.ValueWords, x.Words)
				}
			}
		}
	}
	b1, b2 := unit(t, r, "B1"), unit(t, r, "B2")
	if dash(b1.Total) != "268.64" || b1.Place != 1 || b1.Lit != 0 || b1.Upper != "红旗街道党工委" || b2.Total != nil || b2.Place != 0 {
		t.Errorf("B1 %s place %d, B2 %v", dash(b1.Total), b1.Place, b2.Total)
	}
	if dash(r.Medians["PA"]) != "73.40" {
		t.Errorf("the median leaves out who has no score: %s", dash(r.Medians["PA"]))
	}
}

func same(t *testing.T, got interface{ RatString() string }, want string) bool {
	t.Helper()
	if w := rat(t, want); w != nil {
		return got.RatString() == w.RatString()
	}
	return fmt.Sprint(got) == "<nil>"
}

// What the card shows is what query answers for the same question.
func TestEveryValueIsWhatQueryAnswers(t *testing.T) {
	t.Parallel()
	s, _ := branch(t)
	r := s.mustScore(Options{Scope: units.Everything()})
	compared := 0
	for _, u := range r.Units {
		for _, x := range u.Indicators {
			if x.Query.Metric == "" {
				continue
			}
			var a *analytics.Answer
			err := s.w.View(context.Background(), func(v *warehouse.View) (err error) {
				a, err = analytics.Run(context.Background(), v, s.cat, analytics.Query{
					Metrics: []string{x.Query.Metric}, Dims: []string{"org:branch"}, Where: []analytics.Filter{{Dim: "org:branch", Values: []string{x.Query.Org}}},
					From: x.Query.From, To: x.Query.To, Now: april, Scope: units.Everything(),
				})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			at := slices.IndexFunc(a.Rows, func(row analytics.Row) bool { return row.Keys[0].Value == u.Code })
			if at < 0 {
				t.Fatalf("%s %s: query has no row", u.Code, x.Rule.Code)
			}
			cell := a.Rows[at].Cells[0]
			n, _ := x.N.Float64()
			if math.Abs(cell.N-n) > 1e-9 {
				t.Errorf("%s %s: n %v, query %v", u.Code, x.Rule.Code, n, cell.N)
			}
			if x.Value == nil || x.Rule.Per != "" {
				continue
			}
			compared++
			v, _ := x.Value.Float64()
			if cell.Value == nil || math.Abs(*cell.Value-v) > 1e-9 {
				t.Errorf("%s %s: %v, query %v", u.Code, x.Rule.Code, v, cell.Value)
			}
		}
	}
	if compared < 20 {
		t.Errorf("only %d values were compared", compared)
	}
}

// Each ledger is taken back and brought back in turn. No star of any unit may rise without it.
func TestTakingALedgerBackRaisesNoStar(t *testing.T) {
	t.Parallel()
	s, _ := branch(t)
	before := s.mustScore(Options{Scope: units.Everything()})
	fell := 0
	for name, job := range s.jobs {
		if name == "units" {
			continue
		}
		undone, err := s.w.Undo(context.Background(), job)
		if err != nil {
			t.Fatal(name, err)
		}
		after := s.mustScore(Options{Scope: units.Everything()})
		for i := range before.Units {
			for j, old := range before.Units[i].Stars {
				now := after.Units[i].Stars[j]
				switch {
				case now.Score != nil && (old.Score == nil || now.Score.Cmp(old.Score) > 0):
					t.Errorf("without %s %s of %s rose from %s to %s", name, old.Code, before.Units[i].Code, dash(old.Score), dash(now.Score))
				case dash(now.Score) != dash(old.Score):
					fell++
				}
			}
		}
		if _, err := s.w.Undo(context.Background(), undone.Job); err != nil {
			t.Fatal(name, err)
		}
	}
	if fell < 15 {
		t.Errorf("only %d stars fell", fell)
	}
	again := s.mustScore(Options{Scope: units.Everything()})
	if dash(unit(t, again, "B1").Total) != "268.64" {
		t.Error("brought back, the ledgers do not give the same score")
	}
}

// A reader has the units of his scope and no others: his places and medians are among these. What a unit scores is the
// same for everybody.
func TestWhoLooksChangesNoScore(t *testing.T) {
	t.Parallel()
	s, _ := branch(t)
	all := s.mustScore(Options{Scope: units.Everything()})
	for _, x := range []struct {
		situation string
		o         Options
		want      string // units returned
		of        int
	}{
		{"everything", Options{Scope: units.Everything()}, "B1 B2", 2},
		{"a branch", Options{Scope: units.Everything(), Org: "B1"}, "B1", 2},
		{"the community it covers", Options{Scope: units.Everything(), Org: "C2"}, "B2", 2},
		{"a grid of that community", Options{Scope: units.Everything(), Org: "G12"}, "B1", 2},
		{"the street", Options{Scope: units.Everything(), Org: "S1"}, "B1 B2", 2},
		{"the committee above", Options{Scope: units.Everything(), Org: "P1"}, "B1 B2", 2},
		{"a reader of one community", Options{Scope: units.Only("C1")}, "B1", 1},
		{"a reader of one branch", Options{Scope: units.Only("B2")}, "B2", 1},
		{"a reader of the street", Options{Scope: units.Only("S1")}, "B1 B2", 2},
		{"a reader of the street looks at a grid", Options{Scope: units.Only("S1"), Org: "G12"}, "B1", 2},
		{"a reader of one grid is shown no branch", Options{Scope: units.Only("G11")}, "", 0},
		{"a reader of all a branch covers is", Options{Scope: units.Only("G11", "G12", "C1")}, "B1", 1},
		{"a unit that is none", Options{Scope: units.Only("X")}, "", 0},
	} {
		t.Run(x.situation, func(t *testing.T) {
			r := s.mustScore(x.o)
			var codes []string
			for _, u := range r.Units {
				codes = append(codes, u.Code)
				same := unit(t, all, u.Code)
				if dash(u.Total) != dash(same.Total) || u.Lit != same.Lit {
					t.Errorf("%s has %s, and %s for everybody", u.Code, dash(u.Total), dash(same.Total))
				}
				for i, star := range u.Stars {
					if dash(star.Score) != dash(same.Stars[i].Score) || star.Words != same.Stars[i].Words {
						t.Errorf("%s of %s is %s, and %s for everybody", star.Code, u.Code, star.Words, same.Stars[i].Words)
					}
				}
			}
			if got := strings.Join(codes, " "); got != x.want || r.Scored != x.of {
				t.Errorf("%s of %d, want %s of %d", got, r.Scored, x.want, x.of)
			}
		})
	}
	if r := s.mustScore(Options{Scope: units.Only("C2")}); len(r.Medians) > 0 && r.Medians["PA"] != nil {
		t.Errorf("the median of who has no score is that of others: %s", dash(r.Medians["PA"]))
	}
	if u := unit(t, s.mustScore(Options{Scope: units.Only("C1")}), "B1"); dash(u.Total) != "268.64" || u.Place != 1 || u.Upper != "" {
		t.Errorf("B1 has %s, place %d, below %q", dash(u.Total), u.Place, u.Upper)
	}
	// a unit of others is refused in the words for none
	for _, code := range []string{"B2", "C2", "G21", "X"} {
		r, err := s.score(Options{Scope: units.Only("C1"), Org: code})
		if !errors.Is(err, ErrNoUnits) || err.Error() != "“"+code+"”之下没有参加评价的单位" || r != nil {
			t.Error(err)
		}
	}
	if _, err := s.score(Options{}); !errors.Is(err, analytics.ErrScope) {
		t.Errorf("a forgotten scope: %v", err)
	}
}

func TestNothingToScore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, err := s.score(Options{Scope: units.Everything()})
	if !errors.Is(err, ErrNoUnits) || err.Error() != "没有可以评价的单位（社区党组织、社区），请先用 units load 载入单位树" {
		t.Error(err)
	}
	_, err = s.score(Options{Scope: units.Everything(), Now: time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC)})
	if !errors.Is(err, ErrCycle) || err.Error() != "2026年还没有开始，没有可以评价的数据，请选择2025年或者更早的年份" {
		t.Error(err)
	}
}

// Without a party tree the communities are scored; before a quarter has ended, nothing is due by quarters.
func TestCommunitiesWithoutAPartyTree(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	job, err := s.w.Begin(context.Background(), warehouse.Spec{Verb: "ingest", All: true})
	if err != nil {
		t.Fatal(err)
	}
	s.insert(job, "org", [][]string{
		strings.Fields("tree level code parent_code name sort population"), strings.Fields("area community C1 - 朝阳社区 1 2000"), strings.Fields("area grid G1 C1 第一网格 1 -"),
	})
	s.insert(job, "coverage", [][]string{
		strings.Fields("shape subject org_code period_from period_to"), strings.Fields("activity 联席会 C1 2026-01-01 2026-02-01"), strings.Fields("activity 巡查 - 2026-01-01 2026-03-01"),
	})
	s.insert(job, "activity", [][]string{strings.Fields("times type org_code held_at"), strings.Fields("1 巡查 C1 2026-01-01/9"), strings.Fields("1 巡查 G1 2026-01-01/10")})
	if _, err := job.Publish(context.Background(), warehouse.Totals{}); err != nil {
		t.Fatal(err)
	}
	r := s.mustScore(Options{Scope: units.Everything(), Now: time.Date(2026, 1, 21, 8, 0, 0, 0, time.UTC)})
	u := unit(t, r, "C1")
	if r.Level.ID != "community" {
		t.Errorf("level %s", r.Level.ID)
	}
	for code, want := range map[string]string{
		"GJ2": "不适用 0/0", "XF5": "不适用 还没有结束的季度",
		// 20 days are over (the 21st is not); patrols of the community count for no grid: 10 of 20
		"PA1": " 10/20=50.00%", "ZB1": "缺数据 ",
	} {
		i := slices.IndexFunc(u.Indicators, func(i IndicatorScore) bool { return i.Rule.Code == code })
		if got := string(u.Indicators[i].Note) + " " + u.Indicators[i].ValueWords; got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
}

// The site's own rulebook scores, with its own methods and policies.
func TestASitesOwnRulebook(t *testing.T) {
	t.Parallel()
	s, _ := branch(t)
	cat, err := catalog.Load(fstest.MapFS{"catalog/rulebook.toml": {Data: []byte(`
id = "试点"; version = "v2"; label = "试点规则"; level = ["community"]
[threshold] lit = 79.995; total = 80; min_rated = 0.5
[star.A] name = "甲星"
[indicator.A1]
star = "A"; name = "微心愿"; type = "C"; metric = "wish_realised_rate"; direction = "up"; method = "band"; full = 60
bands = [{ from = 80, share = 1 }, { from = 75, share = 0.5 }]
[indicator.A2]
star = "A"; name = "信访"; type = "C"; metric = "received"; direction = "down"; method = "deduct"; each = 0.25; full = 40
`)}})
	if err != nil {
		t.Fatal(err)
	}
	s.cat = cat
	u := unit(t, s.mustScore(Options{Scope: units.Everything()}), "C1")
	// received counts matters: SQ 11, MD 4, TY 5, DB 5, SH 3 = 28; 40 − 0.25 × 28 = 33. 75 % reaches the second band: 30
	if got := fmt.Sprint(dash(u.Total), " ", u.Stars[0].Lamp, " ", u.Indicators[1].Words, " ", u.Indicators[0].Words); got != "63.00 未点亮 40−0.25×28=33.00 75.00达到75一档，60×0.5=30.00" {
		t.Error(got)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	s, _ := branch(t)
	var b strings.Builder
	if err := s.mustScore(Options{Scope: units.Everything()}).JSON(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"score": 9.38,`, `"score": 73.40,`, `"total": 268.64,`, `"value": 67.5,`, `"note": "样本不足"`, `"lit": null,`, `"cycle": "2026"`, `"n": 8.52,`, `"rulebook": "示例 v1"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s", want)
		}
	}
	var out struct {
		Cycle       string
		Revision    *int
		State       string
		DataVersion int64 `json:"data_version"`
		Units       []struct {
			Stars []struct {
				Star        string
				Lit         *bool
				Rated, Base float64
			}
			Indicators []struct{ Code string }
		}
	}
	if err := json.Unmarshal([]byte(b.String()), &out); err != nil {
		t.Fatal(err)
	}
	if len(out.Units) != 2 || len(out.Units[0].Stars) != 5 || len(out.Units[0].Indicators) != 30 || out.State != "监测" || out.Revision == nil || out.DataVersion == 0 {
		t.Errorf("%+v", out)
	}
	if lit := out.Units[0].Stars[0].Lit; lit == nil || *lit {
		t.Error("a star below the threshold is not lit, and says so")
	}
}
