package web

import (
	"fmt"
	"math"
	"math/big"
	"net/url"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/stars"
)

// indicatorGroup is a star's part of a scorecard: the indicators that its score is the sum of.
type indicatorGroup struct {
	Code, Name string
	Words      string // how the star's score came about
	First      bool
	Rows       []indicatorRow
}

// indicatorRow is one indicator with all that its score follows from.
type indicatorRow struct {
	Code, Name string
	Value      string // with its unit; "" where Note says why there is none
	Base       string // 2,610 / 3,643
	Parts      []string
	URL        string // the rows behind the value
	Note       stars.Note
	Covered    string // 83%, where days were not delivered

	Range   string // 60%—95%
	HasBar  bool
	Bar     string // percent of the way from 起评值 to 目标值
	Score   string
	Full    string
	Working string // how the value came about, where it is no plain quotient
	Words   string // how the score came about
	Doubt   string
	Explain string
	Judged  bool
}

func groupOf(u *stars.UnitScore, x *stars.StarScore) indicatorGroup {
	g := indicatorGroup{Code: x.Code, Name: x.Name, Words: x.Words}
	for _, i := range u.Of(x.Code) {
		g.Rows = append(g.Rows, indicatorRowOf(i))
	}
	return g
}

func indicatorRowOf(i *stars.IndicatorScore) indicatorRow {
	rule := i.Rule
	row := indicatorRow{
		Code: rule.Code, Name: rule.Name, Note: i.Note, Score: stars.Text(i.Score), Full: string(rule.Full), Range: rangeText(rule),
		Words: i.Words, Doubt: i.Doubt, Explain: rule.Explain, Judged: rule.Method == catalog.Judged, URL: rowsBehind(i.Query),
	}
	if i.Value != nil {
		row.Value = stars.Text(i.Value) + unitSuffix(rule.Unit)
	}
	counted := i.Note != stars.NoData || i.Covered > 0 // 0 / 365 of a ledger that is not there would read as a rate
	switch {
	case !counted:
		row.URL = ""
	case len(i.Parts) > 0:
		for _, p := range i.Parts {
			row.Parts = append(row.Parts, p.Metric.Label+" "+figureText(p.N)+" / "+figureText(p.D))
		}
		row.Working = i.ValueWords
	case i.D != nil:
		row.Base = figureText(i.N) + " / " + figureText(i.D)
		if rule.Per != "" || rule.Unit != "%" {
			row.Working = i.ValueWords
		}
	default:
		row.Working = i.ValueWords
	}
	if i.Covered < 1 && i.Value != nil {
		row.Covered = coveredText(i)
	}
	if share := barShare(i); share != nil {
		row.HasBar, row.Bar = true, fmt.Sprintf("%.1f", *share)
	}
	return row
}

// coveredText is the share of days delivered, downwards: 99.6% is not everything. "" where people judge.
func coveredText(i *stars.IndicatorScore) string {
	if i.Rule.Method == catalog.Judged {
		return ""
	}
	return fmt.Sprintf("%d%%", int(math.Floor(i.Covered*100+1e-9)))
}

// barShare is how much of the full points was earned, in percent: on a linear scale the way from 起评值 to 目标值.
func barShare(i *stars.IndicatorScore) *float64 {
	if i.Score == nil {
		return nil
	}
	share := new(big.Rat).Quo(i.Score, i.Rule.Full.Rat()) // the catalogue has checked that it is not 0
	return float(share.Mul(share, ratHundred))
}

// rangeText is 起评值—目标值 of a rule, or what its method has instead.
func rangeText(rule *catalog.Indicator) string {
	unit := unitSuffix(rule.Unit)
	switch rule.Method {
	case catalog.Linear:
		if unit == "%" {
			return string(rule.Floor) + unit + "—" + string(rule.Target) + unit
		}
		return string(rule.Floor) + "—" + string(rule.Target) + unit
	case catalog.Bool:
		return "目标 " + string(rule.Target) + unit
	case catalog.Band:
		if n := len(rule.Bands); n > 0 {
			return string(rule.Bands[n-1].From) + "—" + string(rule.Bands[0].From) + unit + "，分 " + count(n) + " 档"
		}
	case catalog.Deduct:
		return "每单位扣 " + string(rule.Each) + " 分"
	}
	return ""
}

// unitSuffix is a unit behind a number: 95%, 54 人次.
func unitSuffix(unit string) string {
	if unit == "" || unit == "%" {
		return unit
	}
	return " " + unit
}

// rowsBehind is the address of the rows that a value was counted from; "" where there is nothing to list.
func rowsBehind(q stars.Query) string {
	if q.Metric == "" || !q.From.Before(q.To) {
		return ""
	}
	return address("/records", url.Values{}, "metric", q.Metric, "org", q.Org, "per", perRange,
		"from", q.From.Format(time.DateOnly), "to", q.To.AddDate(0, 0, -1).Format(time.DateOnly))
}

// indicatorTable is all indicators for a spreadsheet.
func indicatorTable(r *stars.Result, u *stars.UnitScore) table {
	t := table{
		Head: []string{"星", "编码", "指标", "值", "单位", "分子", "分母", "起评值—目标值", "得分", "满分", "说明", "台账覆盖", "计算口径", "数值来由"},
		Num:  []bool{false, false, false, true, false, true, true, false, true, true, false, false, false, false},
	}
	for i := range u.Indicators {
		x := &u.Indicators[i]
		star, _ := r.Rulebook.Star(x.Rule.Star) // the catalogue has checked that it exists
		row := indicatorRowOf(x)
		n, d := figureText(x.N), figureText(x.D)
		t.Rows = append(t.Rows, line{Cells: []string{
			star.Name, row.Code, row.Name, stars.Text(x.Value), x.Rule.Unit, n, d, row.Range, row.Score, row.Full, string(x.Note), coveredText(x), x.Words, x.ValueWords,
		}})
	}
	return t
}
