package chart

// RankingData is a ranking of units in official wording: those in front, those to attend to, and what is left out
// between them. Each list is in rank order, best first, as the caller ranked it (ties share a rank).
type RankingData struct {
	Top     []Point // 前五
	Middle  []Point // the rest, when all are shown
	Omitted int     // units left out between Top and Watch; above zero a … stands there
	Watch   []Point // 需关注
	Unrated []Point // 样本不足, 缺数据: below all others, without rank and colour, the Note in place of a bar
	Target  *Mark
}

// Ranking draws units as horizontal bars from zero with their values written beside them.
func Ranking(h Head, f Frame, d RankingData) Option {
	var rows []row
	add := func(points []Point, color string) {
		for _, p := range points {
			rows = append(rows, row{Point: p, color: color})
		}
	}
	add(d.Top, good)
	add(d.Middle, second)
	if d.Omitted > 0 {
		rows = append(rows, row{Point: Point{Label: wordOmitted}, gap: true})
	}
	add(d.Watch, watch)
	add(d.Unrated, missing)
	return drawRows(sheet{f, h}, rows, d.Target)
}
