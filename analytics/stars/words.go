package stars

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"gridstar/analytics/catalog"
)

// All that a scorecard says in words is put together here.

// indicatorWords says how a score came about, or why there is none. reason is the note before the rule's policy.
func indicatorWords(s *IndicatorScore, reason Note) string {
	rule := s.Rule
	full := string(rule.Full)
	after := map[catalog.Policy]string{
		catalog.PolicyRescale: "不计入满分，按已评指标折算", catalog.PolicyManual: "转人工评分", catalog.PolicyZero: "计0分",
	}[rule.Policy]
	switch reason {
	case Unjudged:
		if rule.Method == catalog.Judged {
			return "等待人工评分，评分前计入满分、不得分"
		}
		return "期内没有应计事项，转人工评分"
	case NoData:
		return fmt.Sprintf("台账覆盖%s，按缺数据处理，计入满分、不得分", share(s.Covered))
	case NothingToDo:
		return "台账齐全，期内没有应办事项，得满分" + full
	case NotApplicable:
		return "期内没有应计事项，" + after
	case SmallSample:
		return fmt.Sprintf("样本少于%d，%s", *rule.MinN, after)
	}
	return pointsWords(rule, s.Value, s.Score)
}

// pointsWords is the formula with its numbers: (93.42−60)/(95−60)×20=19.10.
func pointsWords(rule *catalog.Indicator, v, score *big.Rat) string {
	full, result := string(rule.Full), Text(score)
	switch rule.Method {
	case catalog.Linear:
		switch floor, target := rule.Floor.Rat(), rule.Target.Rat(); {
		case reached(rule.Direction, v, target):
			return fmt.Sprintf("%s达到目标值%s，得满分%s", shown(rule, v, score), rule.Target, full)
		case !reached(rule.Direction, v, floor) || v.Cmp(floor) == 0:
			return fmt.Sprintf("%s未超过起评值%s，得0.00", shown(rule, v, score), rule.Floor)
		}
		return fmt.Sprintf("(%s−%s)/(%s−%s)×%s=%s", shown(rule, v, score), rule.Floor, rule.Target, rule.Floor, full, result)
	case catalog.Band:
		if b, ok := band(rule, v); ok {
			return fmt.Sprintf("%s达到%s一档，%s×%s=%s", shown(rule, v, score), b.From, full, b.Share, result)
		}
		return fmt.Sprintf("%s未达到最低一档，得0.00", shown(rule, v, score))
	case catalog.Deduct:
		if score.Sign() == 0 {
			return fmt.Sprintf("%s−%s×%s，扣完为止，得0.00", full, rule.Each, plainText(v, 4))
		}
		return fmt.Sprintf("%s−%s×%s=%s", full, rule.Each, plainText(v, 4), result)
	}
	if score.Sign() == 0 {
		return fmt.Sprintf("%s未达到%s，得0.00", shown(rule, v, score), rule.Target)
	}
	return fmt.Sprintf("%s达到%s，得满分%s", shown(rule, v, score), rule.Target, full)
}

// shown writes a value with two decimals, or with as many more as it takes for the reader's own calculation to give
// the same score: rounding 93.4249 to 93.42 may cost a hundredth of a point.
func shown(rule *catalog.Indicator, v, score *big.Rat) string {
	for decimals := 2; decimals < 9; decimals++ {
		if rounded := roundHalfUp(v, decimals); roundHalfUp(points(rule, rounded), scoreDecimals).Cmp(score) == 0 {
			return fixed(v, decimals)
		}
	}
	return v.RatString() // as a fraction it is exact
}

// share writes a share of days as a whole percentage, downwards, so that 缺数据 never reads as covered.
func share(covered float64) string { return fmt.Sprintf("%d%%", int(covered*100+1e-9)) }

// starWords says how a star's score came about: 5项已评，66.48×100/85=78.21.
func starWords(s *StarScore, of []*IndicatorScore, applies *big.Rat) string {
	rated := 0
	for _, i := range of {
		if i.Score != nil {
			rated++
		}
	}
	if s.Score == nil {
		return fmt.Sprintf("%d项已评，仅占应评%s分中的%s分，数据补齐后再计分", rated, plainText(applies, 2), plainText(s.Rated, 2))
	}
	return fmt.Sprintf("%d项已评，%s×100/%s=%s", rated, Text(s.Sum), plainText(s.Base, 2), Text(s.Score))
}

// Losses are the indicators that cost a star the most points, the greatest loss first, ties in the rulebook's order;
// those without loss or score are left out. At most n; 0: all.
func (u *UnitScore) Losses(star string, n int) []*IndicatorScore {
	all := slices.DeleteFunc(u.Of(star), func(i *IndicatorScore) bool { return i.Score == nil || i.Loss().Sign() == 0 })
	slices.SortStableFunc(all, func(a, b *IndicatorScore) int { return b.Loss().Cmp(a.Loss()) })
	if n > 0 && len(all) > n {
		all = all[:n]
	}
	return all
}

// Sentence is what to know about a unit first: 点亮4颗星，总分440.03/500。平安法治星78.21，距点亮差1.79分，主要失分项：
// 日巡查覆盖率（6.65/20）。
func (u *UnitScore) Sentence() string {
	var b strings.Builder
	fmt.Fprintf(&b, "点亮%d颗星", u.Lit)
	if u.Total != nil {
		fmt.Fprintf(&b, "，总分%s/%d", Text(u.Total), 100*len(u.Stars))
	}
	b.WriteString("。")
	for _, s := range u.Stars {
		if s.Short == nil {
			continue
		}
		fmt.Fprintf(&b, "%s%s，距点亮差%s分", s.Name, Text(s.Score), Text(s.Short))
		if losses := u.Losses(s.Code, 2); len(losses) > 0 {
			b.WriteString("，主要失分项：")
			for n, i := range losses {
				if n > 0 {
					b.WriteString("、")
				}
				fmt.Fprintf(&b, "%s（%s/%s）", i.Rule.Name, Text(i.Score), i.Rule.Full)
			}
		}
		b.WriteString("。")
	}
	var pending []string
	for _, s := range u.Stars {
		if s.Lamp == LampPending {
			pending = append(pending, s.Name)
		}
	}
	if len(pending) > 0 {
		fmt.Fprintf(&b, "%s待补数据，暂不计分。", strings.Join(pending, "、"))
	}
	owed, judged := 0, 0
	for i := range u.Indicators {
		switch u.Indicators[i].Note {
		case NoData:
			owed++
		case Unjudged:
			judged++
		}
	}
	switch {
	case owed > 0 && judged > 0:
		fmt.Fprintf(&b, "%d项缺数据，%d项待评。", owed, judged)
	case owed > 0:
		fmt.Fprintf(&b, "%d项缺数据。", owed)
	case judged > 0:
		fmt.Fprintf(&b, "%d项待评。", judged)
	}
	return b.String()
}
