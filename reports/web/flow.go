package web

import (
	"slices"
	"strings"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
	"gridstar/reports/chart"
)

// flowOf follows the matters of a board through its dimensions. The nodes of each dimension and the links between
// neighbours are questions of their own, so that the database adds up, also what is folded into 其他.
func (s *Server) flowOf(to **figure, sc scene) exhibit {
	st, board, base := sc.st, sc.board, sc.base
	spec := board.Flow
	if spec == nil {
		return exhibit{}
	}
	if !counts(s.Catalog, spec.Metric) {
		base.Where = nil // it has kinds of its own
	}
	base.Metrics = []string{spec.Metric}
	var dims []string
	for _, d := range spec.Dims {
		if d != catalog.FlowOrg {
			dims = append(dims, d)
		} else if lower := st.lower(); len(lower) > 0 && len(inside(st.dir, lower[0].ID, st.org())) <= chart.MaxNodes {
			dims = append(dims, "org:"+lower[0].ID)
		}
	}
	asks := flowAsks(base, dims)
	return exhibit{asks: asks, show: func(as []*analytics.Answer) (err error) {
		whole := as[0]
		m, c := whole.Columns[0].Metric, whole.Rows[0].Cells[0]
		scope := spec.Note + "・" + analytics.Published(m, c)
		if c.Value != nil {
			scope += " " + m.Unit
		}
		f := s.figure("flow", spec.Label, "", scope, st, whole)
		*to = f
		switch {
		case c.Value == nil:
			f.Blank = "期内没有报送" + strings.TrimSuffix(m.Label, "量") + "台账（" + string(c.Note) + "）。"
			return nil
		case *c.Value == 0:
			f.Blank = "期内没有" + strings.TrimSuffix(m.Label, "量") + "事项。"
			return nil
		}
		folds := foldsOf(as[1 : 1+len(dims)])
		if folds != nil {
			for i := range asks {
				asks[i].Fold = slices.DeleteFunc(slices.Clone(folds), func(f analytics.Fold) bool { return !slices.Contains(asks[i].Dims, f.Dim) })
			}
			if as, err = s.Engine.Ask(sc.ctx, asks...); err != nil {
				return err
			}
		}
		f.Class = "wide"
		f.Rows = st.rows(m.ID, "kind", "")
		kindless := st
		if !counts(s.Catalog, spec.Metric) {
			kindless.Kind = ""
		}
		var d chart.SankeyData
		layers, links := as[1:1+len(dims)], as[1+len(dims):]
		for i, a := range layers {
			var nodes []chart.SankeyNode
			for _, r := range a.Rows {
				if cell := r.Cells[0]; cell.Value != nil && *cell.Value > 0 {
					n := chart.SankeyNode{Code: flowCode(r.Keys[0]), Label: flowName(r.Keys[0], a.Dims[0]), Text: analytics.Published(m, cell)}
					if i == len(layers)-1 {
						n.Tone = toneOf(n.Code)
					}
					nodes = append(nodes, n)
				}
			}
			d.Layers = append(d.Layers, nodes)
		}
		f.Table = table{Head: []string{"环节", "来自", "去向", labelled(m)}, Num: []bool{false, false, false, true}}
		for i, a := range links {
			for _, r := range a.Rows {
				cell := r.Cells[0]
				if cell.Value == nil || *cell.Value == 0 {
					continue
				}
				text := analytics.Published(m, cell)
				d.Links = append(d.Links, chart.SankeyLink{
					FromLayer: i, From: flowCode(r.Keys[0]), ToLayer: i + 1, To: flowCode(r.Keys[1]), Value: *cell.Value, Text: text + " " + m.Unit,
				})
				f.Table.Rows = append(f.Table.Rows, line{Cells: []string{
					a.Dims[0].Label + "—" + a.Dims[1].Label, flowName(r.Keys[0], a.Dims[0]), flowName(r.Keys[1], a.Dims[1]), text,
				}, Links: map[int]string{3: kindless.narrowed(m.ID, a.Dims, r.Keys, folds...)}})
			}
		}
		o, err := chart.Sankey(s.head(st, spec.Label, m.Unit, scope, whole), sc.frame, d)
		f.draw(o)
		return err
	}}
}

// flowAsks are the whole, each dimension by itself, and each pair of neighbours.
func flowAsks(base analytics.Query, dims []string) []analytics.Query {
	asks := []analytics.Query{base}
	for _, d := range dims {
		q := base
		q.Dims = []string{d}
		asks = append(asks, q)
	}
	for i := 0; i+1 < len(dims); i++ {
		q := base
		q.Dims = dims[i : i+2 : i+2]
		asks = append(asks, q)
	}
	return asks
}

// foldsOf keeps the largest values of each dimension of codes that has more than a picture can hold; nil if none has.
func foldsOf(layers []*analytics.Answer) (folds []analytics.Fold) {
	for _, a := range layers {
		if len(a.Rows) <= chart.MaxNodes || a.Dims[0].Unit {
			continue
		}
		rows := slices.Clone(a.Rows)
		slices.SortStableFunc(rows, func(x, y analytics.Row) int { return int(value(y) - value(x)) })
		fold := analytics.Fold{Dim: a.Dims[0].Name}
		for _, r := range rows {
			if code, ok := r.Keys[0].Value.(string); ok && len(fold.Keep) < chart.MaxNodes-3 { // room for 其他 and 未填写
				fold.Keep = append(fold.Keep, code)
			}
		}
		folds = append(folds, fold)
	}
	return folds
}

func value(r analytics.Row) float64 {
	if v := r.Cells[0].Value; v != nil {
		return *v
	}
	return 0
}

func flowCode(k analytics.Key) string {
	code, _ := k.Value.(string)
	return code
}

// flowName is a node's name; rows that do not say stand together.
func flowName(k analytics.Key, d analytics.Dim) string {
	if k.Value == nil || k.Name == "" {
		if d.Name == catalog.ListResult {
			return "尚无结果"
		}
		return d.Label + "未填写"
	}
	return k.Name
}

// toneOf is the lamp of a last station, by status or result.
func toneOf(code string) chart.Tone {
	switch code {
	case "已办结", "解决":
		return chart.Good
	case "", "未解决", "办理中", "已受理", "待受理", "退回返工", "部分解决":
		return chart.Attention
	}
	return chart.Plain
}
