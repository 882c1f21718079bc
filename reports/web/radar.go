package web

import (
	"net/http"
	"strings"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
	"gridstar/analytics/stars"
	"gridstar/reports/chart"
)

// The parts of a scorecard that can be downloaded.
const (
	partRadar      = "radar"
	partPicture    = "picture"
	partIndicators = "indicators"
)

// radar shows a unit's stars beside the median of its peers. It is nil where most of the web would be a gap: the cards of
// the stars say as much.
func (s *Server) radar(cs cycleState, r *stars.Result, u *stars.UnitScore, frame chart.Frame) *figure {
	peers := count(r.Scored) + " 个" + r.Level.Label
	if !compared(r) {
		peers = ""
	}
	f := &figure{Name: partRadar, Title: "与同类比较", Unit: "分", Scope: peers}
	f.Picture = cs.cardFile(u.Code, partPicture)
	f.CSV = cs.cardFile(u.Code, partRadar)
	f.Basis = []basis{starBasis(cs, r)}
	d := chart.RadarData{Name: u.Name}
	if peers == "" {
		f.Title = "五星得分"
	} else {
		d.Peer = "同类中位（" + peers + "）"
	}
	f.Table = table{Head: []string{"星", "得分", "状态", "同类中位", "距点亮差"}, Num: []bool{false, true, false, true, true}}
	for i := range u.Stars {
		x := &u.Stars[i]
		median := stars.Text(nil)
		axis := chart.RadarAxis{Label: strings.TrimSuffix(x.Name, "星"), Max: 100}
		axis.Own = chart.Point{Value: float(x.Score), Note: string(x.Lamp)}
		if x.Score != nil {
			axis.Own.Text, axis.Own.Note = stars.Text(x.Score), ""
		}
		if m := r.Medians[x.Code]; m != nil && compared(r) {
			median = stars.Text(m)
			axis.Peer = chart.Point{Value: float(m), Text: median}
		} else {
			axis.Peer.Note = string(stars.LampPending)
		}
		d.Axes = append(d.Axes, axis)
		f.Table.Rows = append(f.Table.Rows, line{Cells: []string{x.Name, stars.Text(x.Score), string(x.Lamp), median, stars.Text(x.Short)}})
	}
	numbered := 0
	for _, a := range d.Axes {
		if a.Own.Value != nil || a.Peer.Value != nil {
			numbered++
		}
	}
	if numbered < min(3, len(d.Axes)) {
		return nil
	}
	f.draw(chart.Radar(chart.Head{
		Title: u.Name + "　" + map[bool]string{true: "五星得分与同类中位", false: "五星得分"}[compared(r)], Unit: "分", Scope: string(r.State) + "口径・规则 " + r.RulebookName(), Period: r.Cycle.Name + "年",
		Source: s.Catalog.Site.Name + "・格星", AsOf: asOf(r.DataVersion, cs.extent.To),
	}, frame, d))
	return f
}

// compared says whether there is anybody to compare a unit with: who sees one unit only has no place among others.
func compared(r *stars.Result) bool { return r.Scored > 1 }

// starBasis is how a star is scored.
func starBasis(cs cycleState, r *stars.Result) basis {
	t := r.Rulebook.Thresholds
	return basis{
		Label: "星的得分",
		Explanation: analytics.Explanation{
			Words: "一颗星满分 100 分，" + string(t.Lit) + " 分及以上为点亮，" + string(t.Warning) + " 分及以上、不到 " + string(t.Lit) + " 分为临界。" +
				"已评分值不到应评分值的 " + percent(t.MinRated) + " 时为待补数据。同类中位是全部参评单位得分的中位数。",
			Formula:    "各项指标得分之和 × 100 ÷ 计入满分的分值，四舍五入到两位小数",
			Exclusions: []string{"不适用和样本不足的指标不计入满分", "缺数据和待评的指标计入满分、不得分"},
		},
		AsOf: asOf(r.DataVersion, cs.extent.To) + "，统计时点 " + clock(r.Now),
	}
}

func percent(share catalog.Decimal) string {
	x := share.Rat()
	return figureText(x.Mul(x, ratHundred)) + "%"
}

// sendCardFile sends what a scorecard has to download: the option of the picture, or a table. It says whether it did.
func (s *Server) sendCardFile(w http.ResponseWriter, r *http.Request, cs cycleState, result *stars.Result, u *stars.UnitScore) (bool, error) {
	q := r.URL.Query()
	switch {
	case asFile(r) && q.Get("part") == partPicture:
		f := s.radar(cs, result, u, chart.Picture)
		if f == nil {
			return true, errNotFound
		}
		return true, sendJSON(w, r, f.Option)
	case !asFile(r):
		return false, nil
	}
	name := u.Name + result.Cycle.Name + "年五星评价（" + string(result.State) + "）"
	if q.Get("part") == partRadar {
		f := s.radar(cs, result, u, chart.Card)
		if f == nil {
			return true, errNotFound
		}
		download(w, "text/csv; charset=utf-8", name+"与同类比较.csv")
		return true, f.Table.csv(w)
	}
	download(w, "text/csv; charset=utf-8", name+"指标.csv")
	return true, indicatorTable(result, u).csv(w)
}
