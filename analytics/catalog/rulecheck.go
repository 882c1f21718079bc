package catalog

import (
	"math/big"
	"slices"
)

var one = big.NewRat(1, 1)

// starFull is what the indicators of a star must add up to.
const starFull Decimal = "100"

// check completes a rulebook and finds its first mistake: the key at fault and a Chinese sentence.
func (r *Rulebook) check(c *Catalog, builtin bool) (key []string, text string) {
	switch {
	case r.ID == "":
		return []string{"id"}, "没有填写规则编号（id）"
	case r.Version == "":
		return []string{"version"}, "没有填写规则版本（version）"
	case r.Label == "":
		return []string{"label"}, "没有填写规则名称（label）"
	case len(r.Level) == 0 && !builtin:
		return []string{"level"}, "没有写明评价哪一级单位（level）"
	case len(r.Stars) == 0:
		return []string{"star"}, "没有任何一颗星（star）"
	}
	for _, id := range r.Level {
		if _, ok := c.Level(id); !ok {
			return []string{"level"}, "没有名为“" + id + "”的层级"
		}
	}
	if key, text := r.checkThresholds(); text != "" {
		return append([]string{"threshold"}, key), text
	}
	for _, i := range r.Indicators {
		if key, text := i.check(c, r); text != "" {
			return []string{"indicator", i.Code, key}, "指标“" + i.Code + "”：" + text
		}
	}
	for _, s := range r.Stars {
		if s.Name == "" {
			return []string{"star", s.Code, "name"}, "“" + s.Code + "”没有名称（name）"
		}
		sum := new(big.Rat)
		for _, i := range r.Of(s.Code) {
			sum.Add(sum, i.Full.Rat())
		}
		if sum.Cmp(starFull.Rat()) != 0 {
			return []string{"star", s.Code}, "“" + s.Name + "”各指标满分之和应为" + string(starFull) + "，实为" + trimZeros(sum.FloatString(2))
		}
	}
	return r.checkEvents()
}

func (r *Rulebook) checkThresholds() (key, text string) {
	t := &r.Thresholds
	switch {
	case t.Lit.Rat().Sign() <= 0 || t.Lit.cmp(starFull) > 0:
		return "lit", "点亮分数线（lit）应大于0且不超过" + string(starFull)
	case t.Warning.Given() && (t.Warning.Rat().Sign() < 0 || t.Warning.cmp(t.Lit) > 0):
		return "warning", "临界分数线（warning）应在0与点亮分数线之间"
	case !t.Warning.Given():
		t.Warning = t.Lit // no 临界
	}
	most := new(big.Rat).Mul(starFull.Rat(), big.NewRat(int64(len(r.Stars)), 1))
	switch {
	case t.Total.Rat().Sign() < 0 || t.Total.Rat().Cmp(most) > 0:
		return "total", "总分要求（total）应在0与" + most.FloatString(0) + "之间"
	case t.MinRated.Rat().Sign() < 0 || t.MinRated.Rat().Cmp(one) > 0:
		return "min_rated", "最低已评比例（min_rated）应在0与1之间"
	}
	if _, ok := r.Star(t.Prerequisite); t.Prerequisite != "" && !ok {
		return "prerequisite", "没有编号为“" + t.Prerequisite + "”的星"
	}
	return "", ""
}

func (r *Rulebook) checkEvents() (key []string, text string) {
	for _, v := range r.Vetoes {
		at := func(key, text string) ([]string, string) {
			return []string{"veto", v.Code, key}, "否决事项“" + v.Code + "”：" + text
		}
		_, known := r.Star(v.Star)
		switch {
		case v.Event == "":
			return at("event", "没有写明事项（event）")
		case v.Scope != VetoStar && v.Scope != VetoOverall:
			return at("scope", "scope 应为 star 或 overall")
		case v.Scope == VetoStar && !known:
			return at("star", "没有编号为“"+v.Star+"”的星")
		case v.Scope == VetoOverall && v.Star != "":
			return at("star", "scope 为 overall 时不写 star")
		}
	}
	if r.BonusLimit.Each.Rat().Sign() < 0 || r.BonusLimit.Total.Rat().Sign() < 0 {
		return []string{"bonus_limit"}, "加分上限不能为负数"
	}
	for _, b := range r.Bonuses {
		switch {
		case b.Event == "":
			return []string{"bonus", b.Code, "event"}, "加分事项“" + b.Code + "”没有写明事项（event）"
		case b.Points.Rat().Sign() <= 0 || b.Points.cmp(r.BonusLimit.Each) > 0:
			return []string{"bonus", b.Code, "points"}, "加分事项“" + b.Code + "”的分值应大于0且不超过单项上限"
		}
	}
	return nil, ""
}

// check completes an indicator and finds its first mistake.
func (i *Indicator) check(c *Catalog, r *Rulebook) (key, text string) {
	if _, ok := r.Star(i.Star); !ok {
		return "star", "没有编号为“" + i.Star + "”的星"
	}
	if i.OnEmpty == "" {
		i.OnEmpty = EmptyNA
	}
	if i.Policy == "" {
		i.Policy = PolicyRescale
	}
	switch {
	case i.Name == "":
		return "name", "没有填写名称（name）"
	case i.Full.Rat().Sign() <= 0:
		return "full", "满分（full）应大于0"
	case !slices.Contains([]OnEmpty{EmptyNA, EmptyFull, EmptyManual}, i.OnEmpty):
		return "on_empty", "on_empty 应为 na、full 或 manual"
	case !slices.Contains([]Policy{PolicyRescale, PolicyManual, PolicyZero}, i.Policy):
		return "policy", "policy 应为 rescale、manual 或 zero"
	case i.MinN != nil && *i.MinN < 0:
		return "min_n", "min_n 不能为负数"
	}
	switch i.Type {
	case "J":
		return i.checkJudged()
	case "C":
		if key, text := i.checkMetric(c); text != "" {
			return key, text
		}
		return i.checkMethod()
	}
	return "type", "type 应为 C（计算）或 J（人工）"
}

func (i *Indicator) checkJudged() (key, text string) {
	switch {
	case i.Method != Judged:
		return "method", "人工指标的 method 应为 judged"
	case i.Metric != "":
		return "metric", "人工指标不使用 metric"
	case i.Explain == "":
		return "explain", "人工指标没有写明评分口径（explain）"
	}
	if i.Unit == "" {
		i.Unit = "分"
	}
	return "", ""
}

func (i *Indicator) checkMetric(c *Catalog) (key, text string) {
	m := c.metrics[i.Metric]
	switch {
	case i.Metric == "":
		return "metric", "没有写明取数的指标（metric）"
	case m == nil:
		return "metric", "指标目录中没有“" + i.Metric + "”"
	case i.Per != "" && i.Per != "month" && i.Per != "quarter":
		return "per", "per 应为 month 或 quarter"
	case i.Per != "" && m.Type != Count && m.Type != Cross:
		return "per", "per 只用于 count 和 cross 类指标"
	}
	for _, id := range i.Requires {
		if o := c.metrics[id]; o == nil || o.Type != Stock && o.Type != Count {
			return "requires", "requires 应为 stock 或 count 类指标的编号，“" + id + "”不是"
		}
	}
	if i.MinN == nil {
		i.MinN = &m.MinN
	}
	if i.Unit == "" {
		i.Unit = m.Unit
	}
	if i.Explain == "" {
		i.Explain = m.Explain
	}
	return "", ""
}

func (i *Indicator) checkMethod() (key, text string) {
	up, down := i.Direction == Up, i.Direction == Down
	if !up && !down && !(i.Direction == Equal && i.Method == Bool) {
		return "direction", "direction 应为 up 或 down；equal 只用于 bool"
	}
	switch i.Method {
	case Linear:
		switch {
		case !i.Floor.Given():
			return "floor", "没有填写起评值（floor）"
		case !i.Target.Given():
			return "target", "没有填写目标值（target）"
		case up && i.Floor.cmp(i.Target) >= 0:
			return "target", "目标值（target）应大于起评值（floor）"
		case down && i.Floor.cmp(i.Target) <= 0:
			return "target", "目标值（target）应小于起评值（floor）"
		}
	case Band:
		if len(i.Bands) == 0 {
			return "bands", "没有填写分档（bands）"
		}
		for n, b := range i.Bands {
			if b.Share.Rat().Sign() < 0 || b.Share.Rat().Cmp(one) > 0 {
				return "bands", "分档的得分比例（share）应在0与1之间"
			}
			if n > 0 && (up && b.From.cmp(i.Bands[n-1].From) >= 0 || down && b.From.cmp(i.Bands[n-1].From) <= 0) {
				return "bands", "分档应从最好的一档写起"
			}
		}
	case Deduct:
		if i.Each.Rat().Sign() <= 0 {
			return "each", "没有填写每件扣分（each）"
		}
	case Bool:
		if !i.Target.Given() {
			return "target", "没有填写目标值（target）"
		}
	default:
		return "method", "计算指标的 method 应为 linear、band、deduct 或 bool"
	}
	return "", ""
}

func trimZeros(s string) string {
	text, _ := decimalText(s)
	return text
}
