package stars

import (
	"math/big"
	"time"

	"gridstar/analytics/catalog"
)

// State is how far an evaluation has come.
type State string

// Monitoring: computed on the way, decided by nobody.
const Monitoring State = "监测"

// Note says why an indicator has no score, or a star none.
type Note string

const (
	NoNote        Note = ""
	NotApplicable Note = "不适用"    // a delivered ledger holds nothing to count
	SmallSample   Note = "样本不足"   // fewer than min_n
	NoData        Note = "缺数据"    // the ledger is not there, or covers too few days
	Unjudged      Note = "待评"     // people have not judged yet
	NothingToDo   Note = "无事项按满分" // a delivered ledger without matters, where the rule gives full points for it
	Incomplete    Note = "待补数据"   // of a star: too little of it is rated
)

// Result is the scoring of one cycle. Scores are exact and have at most two decimals.
type Result struct {
	Cycle    Cycle
	Revision int // 0: computed on the way, never confirmed
	State    State

	Rulebook    *catalog.Rulebook
	DataVersion int64
	From, To    time.Time // the cycle, cut at now; half-open
	Now         time.Time
	Level       catalog.Level // what is scored

	Units   []UnitScore         // those the caller may see, in official order
	Scored  int                 // units of the level that the caller may see: among them places are given
	Medians map[string]*big.Rat // by star, over those of them with a score; none without any. See median
}

// UnitScore is one unit. Total is the sum of its stars, nil while one of them is 待补数据.
type UnitScore struct {
	Code, Name string
	Upper      string // name of the unit above

	Total  *big.Rat
	Lit    int  // stars lit
	Grade  int  // 几星: Lit, but 0 while the prerequisite star is not lit
	Honour bool // 五星支部: all stars lit and the total reached

	Place int // by total among the Scored units, ties share it (1, 1, 3); 0 without a total

	Stars      []StarScore
	Indicators []IndicatorScore
}

// Star finds a unit's star by its code.
func (u *UnitScore) Star(code string) (*StarScore, bool) {
	for i := range u.Stars {
		if u.Stars[i].Code == code {
			return &u.Stars[i], true
		}
	}
	return nil, false
}

// Of are the indicators of a star in the rulebook's order.
func (u *UnitScore) Of(star string) []*IndicatorScore {
	var all []*IndicatorScore
	for i := range u.Indicators {
		if u.Indicators[i].Rule.Star == star {
			all = append(all, &u.Indicators[i])
		}
	}
	return all
}

// Lamp is the state of a star.
type Lamp string

const (
	LampLit     Lamp = "点亮"
	LampWarning Lamp = "临界"
	LampUnlit   Lamp = "未点亮"
	LampPending Lamp = "待补数据"
)

// StarScore is one star of one unit: Score = Sum × 100 ÷ Base, rounded.
type StarScore struct {
	*catalog.Star

	Score *big.Rat // nil where Lamp is LampPending
	Lamp  Lamp
	Short *big.Rat // points missing to the threshold; nil where lit or pending

	Sum   *big.Rat // Σ of the indicators' rounded scores
	Rated *big.Rat // points of the indicators that have a score
	Base  *big.Rat // points of all but 不适用 and 样本不足
	NA    *big.Rat // points of those that are 不适用
	Words string   // how the score came about
}

// Lit says whether the star is lit.
func (s *StarScore) Lit() bool { return s.Lamp == LampLit }

// IndicatorScore is one indicator of one unit.
type IndicatorScore struct {
	Rule *catalog.Indicator

	N, D  *big.Rat // as they were counted; D nil where nothing is divided, both nil where people judge
	Value *big.Rat // in the indicator's unit, not rounded; nil where there is none
	Score *big.Rat // two decimals; nil where Note says why
	Note  Note

	Covered    float64 // share of the days that have begun on which the ledgers were delivered, 0 to 1
	Doubt      string  // a sentence about numbers that cannot be right; may be empty
	ValueWords string  // how the value came about: 71/76=93.42%
	Words      string  // how the score came about: (93.42−60)/(95−60)×20=19.10
	Parts      []Part  // what a weighted value is made of

	Query Query // opens the rows behind the number; zero where people judge
}

// Loss is what the indicator lacks to its full points; nil where it has no score.
func (i *IndicatorScore) Loss() *big.Rat {
	if i.Score == nil {
		return nil
	}
	return new(big.Rat).Sub(i.Rule.Full.Rat(), i.Score)
}

// Part is one rate of a weighted value.
type Part struct {
	Metric  *catalog.Metric
	Weight  *big.Rat
	N, D    *big.Rat
	Value   *big.Rat // nil where there is nothing to divide by
	Covered float64
}

// Query is the question whose answer is the indicator's value.
type Query struct {
	Metric   string
	From, To time.Time // half-open
	Org      string
}
