package demo

// standing is how well a community does what the five stars ask for, from 0 to 1; the others have usualStanding. It is the
// same for every seed, so that the board of stars always has something of everything.
var standing = map[string]float64{
	"铁西社区": 1, "幸福社区": 1, "红旗社区": 1, "锦绣社区": 1, "胜利社区": 1, "佳苑社区": 1,
	"双拥社区": 0.55, "福民社区": 0.55, "望江社区": 0.55, "建新社区": 0.55, Improving: 0.55,
	Slipping: 0.3, "纺织社区": 0.3, "云溪社区": 0.3,
}

const (
	usualStanding = 0.75
	model         = 1.0 // what such a community is bound to do, it does
)

// Each of these communities left one ledger out, from the first day to the last.
const (
	NoPointsReport = "新立社区" // 党员积分月报
	NoCareRegister = "清泉社区" // 特殊群体汇总表
)

func (c *community) standing() float64 {
	if v, ok := standing[c.name]; ok {
		return v
	}
	return usualStanding
}

// grade is between worst and best by the standing of the community.
func (c *community) grade(worst, best float64) float64 {
	return worst + (best-worst)*c.standing()
}

// keeps says whether a community keeps to a duty that others forget once in a while.
func (c *community) keeps() bool { return c.standing() >= usualStanding }

// scale is the size of a community relative to the average of the district.
func (h *history) scale() float64 {
	population := total(h.community.grids, func(g *grid) int { return g.population })
	return float64(population) * float64(len(h.district.communities)) / float64(h.district.population())
}

// share is how many of so many reach what the given share of them reaches on average, a little more or less.
func (h *history) share(of int, share float64) int {
	n := int(float64(of)*(share+h.between(-0.015, 0.015)) + 0.5)
	return max(0, min(of, n))
}
