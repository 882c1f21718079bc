package stars

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gridstar/analytics/catalog"
)

// The files in testdata are cases to read, worked out by hand: sections “== …” with rows of words. Lines that start
// with # are comments.
type section struct {
	head string
	rows [][]string
	line int
}

func readCases(t *testing.T, name string) []section {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var all []section
	for i, line := range strings.Split(string(data), "\n") {
		if head, ok := strings.CutPrefix(line, "== "); ok {
			all = append(all, section{head: head, line: i + 1})
			continue
		}
		cells := strings.Fields(line)
		if len(all) == 0 || len(cells) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		s := &all[len(all)-1]
		s.rows = append(s.rows, cells)
	}
	if len(all) == 0 {
		t.Fatal("no cases")
	}
	return all
}

// options are the words k=v of a section's head.
func options(head string) map[string]string {
	all := map[string]string{}
	for _, w := range strings.Fields(head) {
		if k, v, ok := strings.Cut(w, "="); ok {
			all[k] = v
		}
	}
	return all
}

func rat(t *testing.T, text string) *big.Rat {
	t.Helper()
	if text == "-" {
		return nil
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	return r
}

func dash(x *big.Rat) string {
	if x == nil {
		return "-"
	}
	return Text(x)
}

func TestIndicators(t *testing.T) {
	for _, s := range readCases(t, "indicators.txt") {
		words := strings.Fields(s.head)
		o := options(s.head)
		minN, _ := strconv.Atoi(o["min_n"])
		rule := &catalog.Indicator{
			Code: "X1", Method: catalog.Method(words[0]), Floor: catalog.Decimal(o["floor"]), Target: catalog.Decimal(o["target"]),
			Full: catalog.Decimal(o["full"]), Each: catalog.Decimal(o["each"]), MinN: &minN, OnEmpty: catalog.OnEmpty(o["on_empty"]), Policy: catalog.Policy(o["policy"]),
		}
		if rule.Method != catalog.Judged {
			rule.Direction = catalog.Direction(words[1])
		}
		if rule.OnEmpty == "" {
			rule.OnEmpty = catalog.EmptyNA
		}
		if rule.Policy == "" {
			rule.Policy = catalog.PolicyRescale
		}
		for _, b := range strings.FieldsFunc(o["bands"], func(r rune) bool { return r == ',' }) {
			from, share, _ := strings.Cut(b, ":")
			rule.Bands = append(rule.Bands, catalog.Step{From: catalog.Decimal(from), Share: catalog.Decimal(share)})
		}
		for _, row := range s.rows[1:] {
			t.Run(fmt.Sprintf("line %d %s %s of %s", s.line, s.head, row[0], row[1]), func(t *testing.T) {
				c := Count{N: rat(t, row[0]), D: rat(t, row[1]), Covered: 1}
				if c.Missing = row[2] == "yes"; c.Missing {
					c.Covered = 0.4
				}
				switch {
				case c.D == nil:
					c.Value = c.N
				case c.D.Sign() > 0:
					c.Value = new(big.Rat).Quo(new(big.Rat).Mul(c.N, big.NewRat(100, 1)), c.D)
					c.Sample = c.D
				}
				got := scoreIndicator(rule, c)
				note := string(got.Note)
				if note == "" {
					note = "-"
				}
				if dash(got.Score) != row[3] || note != row[4] || got.Words != row[5] {
					t.Errorf("%s %s %s, want %s", dash(got.Score), note, got.Words, strings.Join(row[3:], " "))
				}
				if (got.Value == nil) != (got.Note != NoNote) {
					t.Errorf("value %v with note %q", got.Value, got.Note)
				}
			})
		}
	}
}

// indicatorOf has a score, or a note that says why not.
func indicatorOf(star string, full catalog.Decimal, score *big.Rat, note Note) IndicatorScore {
	return IndicatorScore{Rule: &catalog.Indicator{Star: star, Full: full}, Score: score, Note: note}
}

var thresholds = catalog.Thresholds{Lit: "80", Warning: "75", Total: "450", MinRated: "0.7"}

func TestStars(t *testing.T) {
	for _, s := range readCases(t, "stars.txt") {
		name, want, _ := strings.Cut(s.head, " | ")
		t.Run(name, func(t *testing.T) {
			var of []*IndicatorScore
			for _, row := range s.rows {
				i := indicatorOf("X", catalog.Decimal(row[0]), rat(t, row[1]), Note(strings.Trim(row[2], "-")))
				of = append(of, &i)
			}
			got := scoreStar(&catalog.Star{Code: "X", Name: "某星"}, thresholds, of)
			o := options(want)
			if o["short"] == "" {
				o["short"] = "-"
			}
			for key, value := range map[string]string{
				"score": dash(got.Score), "lamp": string(got.Lamp), "short": dash(got.Short), "sum": Text(got.Sum), "rated": plainText(got.Rated, 2), "base": plainText(got.Base, 2),
			} {
				if o[key] != value {
					t.Errorf("%s is %s, want %s (%s)", key, value, o[key], got.Words)
				}
			}
		})
	}
}

// fiveStars is a rulebook in which every star is one indicator of 100 points.
func fiveStars(prerequisite string) *catalog.Rulebook {
	r := &catalog.Rulebook{Thresholds: thresholds}
	r.Thresholds.Prerequisite = prerequisite
	for _, code := range []string{"GJ", "PA", "XF", "YY", "ZB"} {
		r.Stars = append(r.Stars, &catalog.Star{Code: code, Name: code})
	}
	return r
}

func TestUnits(t *testing.T) {
	for _, s := range readCases(t, "units.txt") {
		t.Run(fmt.Sprintf("line %d", s.line), func(t *testing.T) {
			o := options(s.head)
			rules := fiveStars(strings.Trim(o["prerequisite"], "-"))
			var all []UnitScore
			for _, row := range s.rows[1:] {
				var u UnitScore
				for i, star := range rules.Stars {
					note := NoNote
					if row[i] == "-" {
						note = NoData
					}
					u.Indicators = append(u.Indicators, indicatorOf(star.Code, "100", rat(t, row[i]), note))
				}
				scoreUnit(rules, &u)
				all = append(all, u)
			}
			place(all)
			for n, row := range s.rows[1:] {
				u := all[n]
				got := fmt.Sprintf("%s %d %d %v %d", dash(u.Total), u.Lit, u.Grade, u.Honour, u.Place)
				got = strings.NewReplacer("true", "yes", "false", "no").Replace(got)
				if u.Place == 0 {
					got = strings.TrimSuffix(got, "0") + "-"
				}
				if want := strings.Join(row[5:], " "); got != want {
					t.Errorf("%v: %s, want %s", row[:5], got, want)
				}
			}
			if o["medians"] == "" {
				return
			}
			m := median(rules, all)
			for i, want := range strings.Split(o["medians"], ",") {
				if got := dash(m[rules.Stars[i].Code]); got != want {
					t.Errorf("median of %s is %s, want %s", rules.Stars[i].Code, got, want)
				}
			}
		})
	}
}

// Leaving out a ledger never raises a star: whatever the indicators of a star are, turning one of them into 缺数据 gives
// no higher score, lights nothing, and makes no star that waited for data complete.
func TestLeavingOutALedgerNeverRaisesAStar(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	notes := []Note{NoNote, NoNote, NoNote, NotApplicable, SmallSample, NoData, Unjudged, NothingToDo}
	changed := 0
	for range 20_000 {
		var weights []int
		for left := 100; left > 0; {
			w := min(left, 1+rng.IntN(30))
			weights = append(weights, w)
			left -= w
		}
		var before []*IndicatorScore
		for _, w := range weights {
			full := catalog.Decimal(strconv.Itoa(w))
			i := indicatorOf("X", full, nil, notes[rng.IntN(len(notes))])
			switch i.Note {
			case NoNote:
				i.Score = big.NewRat(rng.Int64N(int64(w)*100+1), 100)
			case NothingToDo:
				i.Score = full.Rat()
			}
			before = append(before, &i)
		}
		star := &catalog.Star{Code: "X"}
		a := scoreStar(star, thresholds, before)
		k := rng.IntN(len(before))
		after := append([]*IndicatorScore{}, before...)
		owed := indicatorOf("X", before[k].Rule.Full, nil, NoData)
		after[k] = &owed
		b := scoreStar(star, thresholds, after)
		if b.Score != nil && (a.Score == nil || b.Score.Cmp(a.Score) > 0) {
			t.Fatalf("%s became %s when the indicator of %s points (%s %s) was owed\n%s\n%s", dash(a.Score), dash(b.Score), before[k].Rule.Full,
				dash(before[k].Score), before[k].Note, a.Words, b.Words)
		}
		if dash(a.Score) != dash(b.Score) {
			changed++
		}
	}
	if changed < 1000 {
		t.Errorf("only %d of the cases changed anything", changed)
	}
}

func TestRounding(t *testing.T) {
	for _, x := range []struct{ exact, want string }{
		{"2.675", "2.68"},
		{"2.674999999999999999", "2.67"},
		{"1.005", "1.01"},
		{"79.995", "80.00"},
		{"79.9949", "79.99"},
		{"0", "0.00"},
		{"1/3", "0.33"},
		{"2/3", "0.67"},
		{"-0.005", "0.00"},
		{"-0.006", "-0.01"},
	} {
		if got := Text(rat(t, x.exact)); got != x.want {
			t.Errorf("%s is rounded to %s, want %s", x.exact, got, x.want)
		}
	}
	if counted(0.1+0.2).Cmp(big.NewRat(3, 10)) != 0 || exact(0.1).Cmp(big.NewRat(1, 10)) != 0 || counted(12.9).Cmp(big.NewRat(129, 10)) != 0 {
		t.Error("numbers of the database are read as the decimals they stand for")
	}
}

// What a scorecard prints must give, when recalculated with a pencil, the score beside it.
func TestShownValuesExplainTheScore(t *testing.T) {
	rule := &catalog.Indicator{Method: catalog.Linear, Direction: catalog.Up, Floor: "60", Target: "95", Full: "20"}
	rng := rand.New(rand.NewPCG(3, 4))
	longer := 0
	for range 5_000 {
		d := 1 + rng.Int64N(5000)
		v := big.NewRat(100*rng.Int64N(d+1), d)
		score := roundHalfUp(points(rule, v), scoreDecimals)
		text := shown(rule, v, score)
		r, ok := new(big.Rat).SetString(text)
		if !ok || roundHalfUp(points(rule, r), scoreDecimals).Cmp(score) != 0 {
			t.Fatalf("%s is shown as %s", v, text)
		}
		if len(text) > 6 {
			longer++
		}
	}
	if longer == 0 {
		t.Error("no value needed more than two decimals: the test shows nothing")
	}
}

func TestSentence(t *testing.T) {
	rules := fiveStars("ZB")
	u := UnitScore{}
	add := func(star, name string, full catalog.Decimal, score string, note Note) {
		i := indicatorOf(star, full, rat(t, score), note)
		i.Rule.Name = name
		u.Indicators = append(u.Indicators, i)
	}
	for _, code := range []string{"GJ", "XF", "YY", "ZB"} {
		add(code, "某项", "100", "90.00", NoNote)
	}
	add("PA", "日巡查覆盖率", "20", "6.65", NoNote)
	add("PA", "隐患按期整改率", "20", "17.23", NoNote)
	add("PA", "基层化解率", "15", "12.60", NoNote)
	add("PA", "调解成功率", "15", "-", SmallSample)
	add("PA", "宣教与演练", "10", "10.00", NoNote)
	add("PA", "信访按期办理", "20", "20.00", NothingToDo)
	scoreUnit(rules, &u)
	want := "点亮4颗星，总分438.21/500。PA78.21，距点亮差1.79分，主要失分项：日巡查覆盖率（6.65/20）、隐患按期整改率（17.23/20）。"
	if got := u.Sentence(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	pa, _ := u.Star("PA")
	if pa.Words != "5项已评，66.48×100/85=78.21" {
		t.Error(pa.Words)
	}
	if l := u.Losses("PA", 0); len(l) != 3 || l[2].Rule.Name != "基层化解率" || dash(l[2].Loss()) != "2.40" {
		t.Errorf("%d losses", len(l))
	}
	u = UnitScore{}
	for _, code := range []string{"GJ", "PA", "XF", "YY"} {
		add(code, "某项", "100", "90.00", NoNote)
	}
	add("ZB", "甲", "60", "-", NoData)
	add("ZB", "乙", "40", "-", Unjudged)
	scoreUnit(rules, &u)
	if got, want := u.Sentence(), "点亮4颗星。ZB待补数据，暂不计分。1项缺数据，1项待评。"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestCycles(t *testing.T) {
	c, err := ParseCycle("2026")
	if err != nil || c.From.Format("2006-01-02") != "2026-01-01" || c.To.Format("2006-01-02") != "2027-01-01" {
		t.Errorf("%+v %v", c, err)
	}
	for _, text := range []string{"", "26", "2026-Q1", "20266", "1800", "2999", "２０２６", " 2026", "-2026", "2026年"} {
		if _, err := ParseCycle(text); err == nil || err.Error() != "评价周期应写成年份，如 2026，不能是“"+text+"”" {
			t.Errorf("%q: %v", text, err)
		}
	}
}
