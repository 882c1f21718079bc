package web

import (
	"errors"
	"net/http"

	"gridstar/analytics"
)

// reachAnswer is the answer of /map/reach: facilities, how far somebody walks to one in fifteen minutes, and whom that reaches.
type reachAnswer struct {
	Facilities []reachPlace `json:"facilities"`
	Radius     float64      `json:"radius"` // m
	Text       string       `json:"text"`
}

type reachPlace struct {
	Name string  `json:"n"`
	Lon  float64 `json:"x"`
	Lat  float64 `json:"y"`
}

// mapReach answers with the facilities of the unit at the end of the period, and the share of its households within reach of one.
func (s *Server) mapReach(w http.ResponseWriter, r *http.Request) error {
	ms, _, err := s.mapState(r)
	if err != nil {
		return err
	}
	page, err := s.Engine.Reach(r.Context(), s.base(r, ms.state))
	if errors.Is(err, analytics.ErrUnsupported) || errors.Is(err, analytics.ErrWithheld) {
		return sendJSON(w, r, reachAnswer{Facilities: []reachPlace{}, Text: sentence(err)})
	}
	if err != nil {
		return err
	}
	out := reachAnswer{Facilities: make([]reachPlace, len(page.Facilities)), Radius: page.RadiusM, Text: reachWords(page)}
	for i, f := range page.Facilities {
		out.Facilities[i] = reachPlace{f.Name, f.Lon, f.Lat}
	}
	return sendJSON(w, r, out)
}

// reachWords say whom the facilities reach, and who is not counted.
func reachWords(p *analytics.ReachPage) string {
	text := "步行15分钟（直线 " + count(int64(p.RadiusM)) + " 米）覆盖："
	switch share := p.Share(); {
	case p.Estates == 0:
		text += "不适用，还没有小区名册"
	case p.Households == 0 && share == string(analytics.NotApplicable):
		text += share + "，在册小区的户数都是 0"
	case p.Households == 0:
		text += share + "，" + count(p.Estates) + " 个在册小区都没有坐标或户数"
	case p.Located == 0:
		text += share + "，没有标明坐标的阵地，在册小区 " + count(p.Households) + " 户无法判断"
	default:
		text += share + "（在册小区 " + count(p.Covered) + "／" + count(p.Households) + " 户）"
	}
	if n := p.Estates - p.Placed; n > 0 && p.Households > 0 {
		text += "；" + count(n) + " 个小区没有坐标，未计入"
	}
	if p.Silent > 0 && p.Households > 0 {
		text += "；" + count(p.Silent) + " 个小区没有户数，未计入"
	}
	if p.Unplaced > 0 {
		text += "；" + count(p.Unplaced) + " 处阵地没有坐标，没有画出"
	}
	if p.Partial && p.Located > 0 {
		text += "；只计权限范围内的阵地"
	}
	return text + "。"
}
