package stars

import (
	"encoding/json"
	"io"
	"math/big"
	"strconv"
	"time"
)

// The JSON of a Result (DESIGN §5). Scores are numbers with two decimals, exact; values, n and d are unrounded. What has no
// number is null, and note or state says why.

type resultJSON struct {
	Cycle        string          `json:"cycle"`
	Revision     int             `json:"revision"`
	State        State           `json:"state"`
	Rulebook     string          `json:"rulebook"`
	RulebookHash string          `json:"rulebook_hash"`
	DataVersion  int64           `json:"data_version"`
	From         string          `json:"from"`
	To           string          `json:"to"`
	Now          string          `json:"now"`
	Level        string          `json:"level"`
	Scored       int             `json:"scored"`
	Medians      map[string]*num `json:"medians"`
	Units        []unitJSON      `json:"units"`
}

type unitJSON struct {
	Code       string          `json:"code"`
	Name       string          `json:"name"`
	Upper      string          `json:"upper"`
	Total      *num            `json:"total"`
	Lit        int             `json:"lit"`
	Grade      int             `json:"grade"`
	Honour     bool            `json:"honour"`
	Place      *int            `json:"place"`
	Sentence   string          `json:"sentence"`
	Stars      []starJSON      `json:"stars"`
	Indicators []indicatorJSON `json:"indicators"`
}

type starJSON struct {
	Star  string `json:"star"`
	Name  string `json:"name"`
	Score *num   `json:"score"`
	Lit   *bool  `json:"lit"` // null while 待补数据
	State Lamp   `json:"state"`
	Rated *num   `json:"rated"`
	Base  *num   `json:"base"`
	Short *num   `json:"short"`
	Words string `json:"words"`
}

type indicatorJSON struct {
	Code       string     `json:"code"`
	Star       string     `json:"star"`
	Name       string     `json:"name"`
	Metric     string     `json:"metric,omitempty"`
	N          *num       `json:"n"`
	D          *num       `json:"d"`
	Value      *num       `json:"value"`
	Unit       string     `json:"unit"`
	Score      *num       `json:"score"`
	Full       *num       `json:"full"`
	Floor      *num       `json:"floor"`
	Target     *num       `json:"target"`
	Method     string     `json:"method"`
	Note       *Note      `json:"note"`
	Covered    float64    `json:"covered"`
	ValueWords string     `json:"value_words"`
	Words      string     `json:"words"`
	Doubt      string     `json:"doubt,omitempty"`
	Parts      []partJSON `json:"parts,omitempty"`
}

type partJSON struct {
	Metric  string  `json:"metric"`
	Name    string  `json:"name"`
	Weight  *num    `json:"weight"`
	N       *num    `json:"n"`
	D       *num    `json:"d"`
	Value   *num    `json:"value"`
	Covered float64 `json:"covered"`
}

// num is a number as it is to be written.
type num = json.Number

// scoreNum has two decimals.
func scoreNum(x *big.Rat) *num {
	if x == nil {
		return nil
	}
	n := num(Text(x))
	return &n
}

// plainNum is the shortest decimal of the nearest float64: what query prints for the same number.
func plainNum(x *big.Rat) *num {
	if x == nil {
		return nil
	}
	f, _ := x.Float64()
	n := num(strconv.FormatFloat(f, 'f', -1, 64))
	return &n
}

// JSON writes the result as one object.
func (r *Result) JSON(w io.Writer) error {
	out := resultJSON{
		Cycle: r.Cycle.Name, Revision: r.Revision, State: r.State, Rulebook: r.RulebookName(), RulebookHash: r.Rulebook.Hash(),
		DataVersion: r.DataVersion, From: moment(r.From), To: moment(r.To), Now: moment(r.Now), Level: r.Level.ID, Scored: r.Scored,
		Medians: map[string]*num{}, Units: []unitJSON{},
	}
	for code, m := range r.Medians {
		out.Medians[code] = scoreNum(m)
	}
	for i := range r.Units {
		out.Units = append(out.Units, r.Units[i].json())
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

// RulebookName is how a rulebook is cited: 示例 v1.
func (r *Result) RulebookName() string { return r.Rulebook.ID + " " + r.Rulebook.Version }

// ShortHash is the beginning of the rulebook's hash, enough to tell two versions apart by eye.
func (r *Result) ShortHash() string { return r.Rulebook.Hash()[:8] }

func moment(t time.Time) string {
	if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02T15:04:05")
}

func (u *UnitScore) json() unitJSON {
	out := unitJSON{
		Code: u.Code, Name: u.Name, Upper: u.Upper, Total: scoreNum(u.Total), Lit: u.Lit, Grade: u.Grade, Honour: u.Honour,
		Sentence: u.Sentence(),
	}
	if u.Place > 0 {
		out.Place = &u.Place
	}
	for i := range u.Stars {
		s := &u.Stars[i]
		x := starJSON{
			Star: s.Code, Name: s.Name, Score: scoreNum(s.Score), State: s.Lamp, Rated: plainNum(s.Rated), Base: plainNum(s.Base),
			Short: scoreNum(s.Short), Words: s.Words,
		}
		if s.Lamp != LampPending {
			lit := s.Lit()
			x.Lit = &lit
		}
		out.Stars = append(out.Stars, x)
	}
	for i := range u.Indicators {
		out.Indicators = append(out.Indicators, u.Indicators[i].json())
	}
	return out
}

func (i *IndicatorScore) json() indicatorJSON {
	rule := i.Rule
	out := indicatorJSON{
		Code: rule.Code, Star: rule.Star, Name: rule.Name, Metric: rule.Metric, N: plainNum(i.N), D: plainNum(i.D), Value: plainNum(i.Value),
		Unit: rule.Unit, Score: scoreNum(i.Score), Full: plainNum(rule.Full.Rat()), Method: string(rule.Method), Covered: i.Covered,
		ValueWords: i.ValueWords, Words: i.Words, Doubt: i.Doubt,
	}
	if rule.Floor.Given() {
		out.Floor = plainNum(rule.Floor.Rat())
	}
	if rule.Target.Given() {
		out.Target = plainNum(rule.Target.Rat())
	}
	if i.Note != NoNote {
		out.Note = &i.Note
	}
	for _, p := range i.Parts {
		out.Parts = append(out.Parts, partJSON{
			Metric: p.Metric.ID, Name: p.Metric.Label, Weight: plainNum(p.Weight), N: plainNum(p.N), D: plainNum(p.D), Value: plainNum(p.Value),
			Covered: p.Covered,
		})
	}
	return out
}
