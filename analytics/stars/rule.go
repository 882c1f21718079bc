package stars

import (
	"math/big"
	"slices"

	"gridstar/analytics/catalog"
)

// Count is what was counted for one indicator of one unit: all that its score depends on besides the rule.
type Count struct {
	N, D    *big.Rat // D nil where nothing is divided
	Value   *big.Rat // nil where there is nothing to divide by
	Sample  *big.Rat // what min_n is compared with; nil for counts and stocks
	Covered float64  // 0 to 1
	Missing bool     // the ledger is owed

	Parts []Part
	Words string // what Value is made of: 71/76
	Doubt string
}

// scoreIndicator applies a rule to a count (DOMAIN §3). The score is rounded half up to two decimals, once.
//
// linear ↑: full × (v − floor) ÷ (target − floor), between 0 and full: floor 60, target 95, full 20, v = 71/76 as
// 93.42 % gives 19.10. linear ↓ is mirrored: the same quotient of negative differences.
func scoreIndicator(rule *catalog.Indicator, c Count) IndicatorScore {
	s := IndicatorScore{
		Rule: rule, N: c.N, D: c.D, Covered: c.Covered, Parts: c.Parts, ValueWords: c.Words, Doubt: c.Doubt,
	}
	switch {
	case rule.Method == catalog.Judged:
		s.Note = Unjudged
	case c.Missing:
		s.Note = NoData
	case c.Value == nil && rule.OnEmpty == catalog.EmptyFull:
		s.Score, s.Note = rule.Full.Rat(), NothingToDo
	case c.Value == nil && rule.OnEmpty == catalog.EmptyManual:
		s.Note = Unjudged
	case c.Value == nil:
		s.Note = NotApplicable
	case c.Sample != nil && c.Sample.Cmp(big.NewRat(int64(*rule.MinN), 1)) < 0:
		s.Note = SmallSample
	default:
		s.Value = c.Value
		s.ValueWords += "=" + fixed(c.Value, scoreDecimals) + rule.Unit
		s.Score = roundHalfUp(points(rule, c.Value), scoreDecimals)
	}
	if s.Note == NoData && c.Covered == 0 {
		s.ValueWords = "" // 0/365 would read as a rate
	}
	reason := s.Note
	if s.Note == NotApplicable || s.Note == SmallSample {
		switch rule.Policy {
		case catalog.PolicyManual:
			s.Note = Unjudged
		case catalog.PolicyZero:
			s.Score = new(big.Rat)
		}
	}
	s.Words = indicatorWords(&s, reason)
	return s
}

// points are what a value earns, not rounded.
func points(rule *catalog.Indicator, v *big.Rat) *big.Rat {
	full := rule.Full.Rat()
	switch rule.Method {
	case catalog.Linear:
		floor, target := rule.Floor.Rat(), rule.Target.Rat()
		share := new(big.Rat).Sub(v, floor)
		share.Quo(share, target.Sub(target, floor)) // the catalogue has checked that they differ
		return full.Mul(full, clamp(share))
	case catalog.Band:
		if b, ok := band(rule, v); ok {
			return full.Mul(full, b.Share.Rat())
		}
	case catalog.Deduct:
		full.Sub(full, new(big.Rat).Mul(rule.Each.Rat(), v))
		if full.Sign() > 0 {
			return full
		}
	case catalog.Bool:
		if reached(rule.Direction, v, rule.Target.Rat()) {
			return full
		}
	}
	return new(big.Rat)
}

// band is the first step that a value reaches.
func band(rule *catalog.Indicator, v *big.Rat) (catalog.Step, bool) {
	for _, b := range rule.Bands {
		if reached(rule.Direction, v, b.From.Rat()) {
			return b, true
		}
	}
	return catalog.Step{}, false
}

// reached says whether a value is as good as a mark.
func reached(d catalog.Direction, v, mark *big.Rat) bool {
	switch d {
	case catalog.Up:
		return v.Cmp(mark) >= 0
	case catalog.Down:
		return v.Cmp(mark) <= 0
	}
	return v.Cmp(mark) == 0
}

func clamp(x *big.Rat) *big.Rat {
	switch {
	case x.Sign() < 0:
		return new(big.Rat)
	case x.Cmp(big.NewRat(1, 1)) > 0:
		return big.NewRat(1, 1)
	}
	return x
}

// scoreStar adds up a star's indicators: Σ rounded scores × 100 ÷ base, rounded half up to two decimals, once. The base
// leaves out what is 不适用 or 样本不足, but not what is owed (缺数据) or waits for people (待评). Worked example: of 100
// points 15 are 样本不足 and 66.48 were earned: 66.48 × 100 ÷ 85 = 78.2118 → 78.21.
//
// The star is 待补数据 where rated ÷ (100 − 不适用) < min_rated, or nothing applies at all.
func scoreStar(star *catalog.Star, t catalog.Thresholds, of []*IndicatorScore) StarScore {
	s := StarScore{Star: star, Sum: new(big.Rat), Rated: new(big.Rat), Base: new(big.Rat), NA: new(big.Rat)}
	all := new(big.Rat)
	for _, i := range of {
		full := i.Rule.Full.Rat()
		all.Add(all, full)
		switch {
		case i.Score != nil:
			s.Sum.Add(s.Sum, i.Score)
			s.Rated.Add(s.Rated, full)
			s.Base.Add(s.Base, full)
		case i.Note == NotApplicable:
			s.NA.Add(s.NA, full)
		case i.Note != SmallSample:
			s.Base.Add(s.Base, full)
		}
	}
	applies := new(big.Rat).Sub(all, s.NA)
	least := new(big.Rat).Mul(t.MinRated.Rat(), applies)
	if s.Rated.Sign() == 0 || s.Rated.Cmp(least) < 0 {
		s.Lamp = LampPending
		s.Words = starWords(&s, of, applies)
		return s
	}
	score := new(big.Rat).Mul(s.Sum, big.NewRat(100, 1))
	s.Score = roundHalfUp(score.Quo(score, s.Base), scoreDecimals)
	switch {
	case s.Score.Cmp(t.Lit.Rat()) >= 0:
		s.Lamp = LampLit
	case s.Score.Cmp(t.Warning.Rat()) >= 0:
		s.Lamp = LampWarning
	default:
		s.Lamp = LampUnlit
	}
	if !s.Lit() {
		s.Short = new(big.Rat).Sub(t.Lit.Rat(), s.Score)
	}
	s.Words = starWords(&s, of, applies)
	return s
}

// scoreUnit works out the stars, the total and the rating from the indicators.
func scoreUnit(rules *catalog.Rulebook, u *UnitScore) {
	u.Total = new(big.Rat)
	lit := map[string]bool{}
	for _, star := range rules.Stars {
		s := scoreStar(star, rules.Thresholds, u.Of(star.Code))
		u.Stars = append(u.Stars, s)
		if s.Lit() {
			u.Lit++
			lit[star.Code] = true
		}
		if s.Score == nil {
			u.Total = nil
		} else if u.Total != nil {
			u.Total.Add(u.Total, s.Score)
		}
	}
	must := rules.Thresholds.Prerequisite
	if must == "" || lit[must] {
		u.Grade = u.Lit
	}
	u.Honour = u.Grade == len(rules.Stars) && u.Total.Cmp(rules.Thresholds.Total.Rat()) >= 0
}

// place gives the places by total, the greatest first; equal totals share one and the next is left out: 1, 1, 3.
func place(units []UnitScore) {
	var ranked []*UnitScore
	for i := range units {
		if units[i].Total != nil {
			ranked = append(ranked, &units[i])
		}
	}
	slices.SortStableFunc(ranked, func(a, b *UnitScore) int { return b.Total.Cmp(a.Total) })
	for i, u := range ranked {
		u.Place = i + 1
		if i > 0 && u.Total.Cmp(ranked[i-1].Total) == 0 {
			u.Place = ranked[i-1].Place
		}
	}
}

// median of each star over the units that have a score: the middle one in order of size; of an even number the mean of
// the two in the middle, rounded half up to two decimals. (84.75, 84.76) gives 84.755 → 84.76.
func median(rules *catalog.Rulebook, units []UnitScore) map[string]*big.Rat {
	all := map[string]*big.Rat{}
	for _, star := range rules.Stars {
		var scores []*big.Rat
		for i := range units {
			if s, _ := units[i].Star(star.Code); s.Score != nil {
				scores = append(scores, s.Score)
			}
		}
		if len(scores) == 0 {
			continue
		}
		slices.SortFunc(scores, (*big.Rat).Cmp)
		sum := new(big.Rat).Add(scores[(len(scores)-1)/2], scores[len(scores)/2])
		all[star.Code] = roundHalfUp(sum.Quo(sum, big.NewRat(2, 1)), scoreDecimals)
	}
	return all
}
