package demo

import (
	"fmt"
	"math"
	"strings"
)

const (
	districtCode = "999001" // no such division exists in GB/T 2260
	districtName = "示范区"

	gridCount       = 302
	estateCount     = 88
	cellCount       = 212
	partyHouseCount = 241
	householdsLeast = 120 // of a grid
	householdsMost  = 700
	withoutEstate   = 0.15 // share of a community's grids, at its south-eastern end
	leastGrids      = 7    // of a community
	leastEstates    = 2
	roadsEach       = 3 // of a community
)

// district is the synthetic district before anything happens in it. Slices are in official order.
type district struct {
	lattice     *lattice
	streets     []*street
	communities []*community
	grids       []*grid
	estates     []*estate
}

type street struct {
	code, name  string
	communities []*community

	volume  float64 // matters a household, relative to the district
	pace    float64 // handling time, relative to the district
	active  float64 // share of what grid workers report, relative to the district
	content float64 // added to the chance that a resident is satisfied
}

type community struct {
	code, name string
	street     *street
	block      rect
	grids      []*grid
	estates    []*estate
	roads      []string

	volume, pace, content float64 // as those of street; they multiply or add to them
	over60                float64 // share of the population
}

type grid struct {
	code, name string
	number     int // within the community, from the north-west
	community  *community
	block      rect
	estate     *estate // nil where there is none

	households, population int
	hectares               int // area in units of 0.0001 km², so that sums are exact
	load                   float64
}

// estate is a 小区: one or more neighbouring grids with a party branch of its own.
type estate struct {
	name      string
	community *community
	grids     []*grid
	buildings int
	cells     []*cell
}

// cell is a 楼栋党小组; households counts its 党员中心户.
type cell struct{ building, households int }

// layout places the communities: four bands from north to south, each cut from west to east at the given
// lattice steps. The outline is uneven on purpose.
var layout = []struct {
	north, south int
	cuts         []int
	names        []string
	streets      []int
}{
	{0, 30, []int{0, 36, 64, 94, 124, 150, 186}, []string{"铁西", "桥南", "双拥", "文昌", "锦绣", "民安"}, []int{0, 0, 1, 1, 2, 2}},
	{30, 62, []int{4, 42, 74, 106, 136, 160, 190}, []string{"幸福", "友谊", "红旗", "纺织", "胜利", "新立"}, []int{0, 0, 0, 1, 2, 2}},
	{62, 92, []int{22, 48, 82, 110, 140, 166, 192}, []string{"光复", "福民", "望江", "滨河", "建新", "和平"}, []int{3, 3, 4, 4, 5, 5}},
	{92, 122, []int{18, 44, 84, 112, 140, 164, 188}, []string{"东园", "南苑", "清泉", "佳苑", "长乐", "云溪"}, []int{3, 3, 4, 4, 4, 5}},
}

// The streets differ in how much is reported, how fast it is handled, how much their grid workers find
// and how content people are: enough for a ranking to mean something.
var streetTable = []struct {
	name                          string
	volume, pace, active, content float64
}{
	{"长青街道", 1.00, 0.85, 1.15, 0.02},
	{"迎春街道", 1.20, 1.10, 0.90, 0.00},
	{"东湖街道", 0.85, 0.75, 1.30, 0.03},
	{"曙光街道", 1.10, 1.20, 0.80, -0.02},
	{"凤鸣街道", 0.95, 1.00, 1.00, 0.00},
	{"安康街道", 1.05, 1.30, 0.75, -0.03},
}

var (
	estateWords = []string{
		"翠湖", "金桂", "丹枫", "梧桐", "兰亭", "紫荆", "银杏", "海棠", "明珠", "阳光", "龙泉", "绿洲", "书香", "世纪", "康居",
		"青松", "芳草", "碧水", "华庭", "春晓", "秋实", "听雨", "望山", "枫林", "荷塘", "杏林", "桃源", "竹韵", "梅园", "桂香",
		"玉兰", "丁香", "百合", "玫瑰", "樱花", "石榴", "香樟", "白杨", "柳岸", "云锦", "月亮湾", "星光", "晨曦", "晚晴", "润泽",
		"天鹅", "白鹭", "凤凰", "麒麟", "鼎盛", "瑞景", "祥瑞", "吉祥", "如意", "安居", "乐居", "怡景", "馨香", "雅韵", "清风",
	}
	estateKinds = []string{"花园", "家园", "小区", "新村", "雅居", "公寓"}
	roadWords   = []string{"人民", "解放", "建设", "中山", "工农", "文化", "新华", "朝晖", "迎宾", "环城", "青年", "育才", "体育", "商贸", "站前", "河堤"}
	roadKinds   = []string{"东路", "西路", "南街", "北街", "中路", "一巷", "二巷", "三巷"}
)

// newDistrict draws the district of a seed.
func newDistrict(seed uint64) *district {
	d := &district{lattice: newLattice(newStream(seed, "lattice"))}
	d.drawCommunities(newStream(seed, "communities"))
	d.drawGrids(newStream(seed, "grids"))
	d.drawEstates(newStream(seed, "estates"))
	return d
}

func (d *district) drawCommunities(s stream) {
	for k, row := range streetTable {
		d.streets = append(d.streets, &street{
			code: fmt.Sprintf("%s%03d", districtCode, k+1), name: row.name,
			volume: row.volume, pace: row.pace, active: row.active, content: row.content,
		})
	}
	for _, band := range layout {
		for k, name := range band.names {
			st := d.streets[band.streets[k]]
			st.communities = append(st.communities, &community{
				name: name + "社区", street: st, block: rect{band.cuts[k], band.north, band.cuts[k+1], band.south},
				volume: s.between(0.75, 1.30), pace: s.between(0.85, 1.20), content: s.between(-0.03, 0.03), over60: s.between(0.17, 0.27),
			})
		}
	}
	roads := pairs(s, roadWords, roadKinds, roadsEach*len(layout)*len(layout[0].names))
	for _, st := range d.streets {
		for k, c := range st.communities {
			c.code = fmt.Sprintf("%s%03d", st.code, k+1)
			at := roadsEach * len(d.communities)
			c.roads = roads[at : at+roadsEach]
			d.communities = append(d.communities, c)
		}
	}
}

func (d *district) drawGrids(s stream) {
	weights := make([]float64, len(d.communities))
	for k, c := range d.communities {
		weights[k] = float64((c.block.i1-c.block.i0)*(c.block.j1-c.block.j0)) * s.between(0.7, 1.3)
	}
	for k, n := range apportion(gridCount, weights, leastGrids) {
		c := d.communities[k]
		for x, block := range divide(s, c.block, n) {
			g := &grid{
				code: fmt.Sprintf("%s%03d", c.code, x+1), name: "第" + numeral(x+1) + "网格", number: x + 1,
				community: c, block: block, load: s.between(0.6, 1.5),
			}
			// Skewed towards small grids: the mean is 120 + 580/2.6, about 343.
			g.households = householdsLeast + int(float64(householdsMost-householdsLeast+1)*math.Pow(s.Float64(), 1.6))
			g.population = int(math.Round(float64(g.households) * s.between(2.2, 2.9)))
			g.hectares = int(math.Round(areaM2(d.lattice.ring([]rect{block})) / 100))
			c.grids = append(c.grids, g)
			d.grids = append(d.grids, g)
		}
	}
}

// drawEstates gives each estate a run of neighbouring grids and its party organisations.
func (d *district) drawEstates(s stream) {
	names := pairs(s, estateWords, estateKinds, estateCount)
	weights := make([]float64, len(d.communities))
	for k, c := range d.communities {
		weights[k] = float64(len(c.grids))
	}
	for k, n := range apportion(estateCount, weights, leastEstates) {
		c := d.communities[k]
		housed := max(n, len(c.grids)-int(math.Round(withoutEstate*float64(len(c.grids)))))
		even := make([]float64, n)
		for x := range even {
			even[x] = s.between(0.6, 1.4)
		}
		bounds := cut(0, housed, even, 1)
		for x := range n {
			e := &estate{name: names[len(d.estates)], community: c, grids: c.grids[bounds[x]:bounds[x+1]]}
			for _, g := range e.grids {
				g.estate = e
			}
			e.buildings = 2 + len(e.grids)*s.intBetween(2, 5)
			c.estates = append(c.estates, e)
			d.estates = append(d.estates, e)
		}
	}
	weights = make([]float64, len(d.estates))
	for k, e := range d.estates {
		weights[k] = float64(e.buildings)
	}
	var cells []*cell
	for k, n := range apportion(cellCount, weights, 1) {
		for b := range n {
			cl := &cell{building: b + 1}
			d.estates[k].cells = append(d.estates[k].cells, cl)
			cells = append(cells, cl)
		}
	}
	weights = make([]float64, len(cells))
	for k := range weights {
		weights[k] = s.between(0.5, 1.5)
	}
	for k, n := range apportion(partyHouseCount, weights, 1) {
		cells[k].households = n
	}
}

// pairs returns as many names made of a word and a kind, no two alike: all words are used once, in random
// order, before one comes again with another kind.
func pairs(s stream, words, kinds []string, count int) []string {
	order, first := s.Perm(len(words)), make([]int, len(words))
	for k := range first {
		first[k] = s.IntN(len(kinds))
	}
	names := make([]string, count)
	for k := range names {
		w, round := order[k%len(words)], k/len(words)
		names[k] = words[w] + kinds[(first[w]+round)%len(kinds)]
	}
	return names
}

func (d *district) households() int { return total(d.grids, func(g *grid) int { return g.households }) }

func (d *district) population() int { return total(d.grids, func(g *grid) int { return g.population }) }

// grids returns the grids of a street in official order.
func (st *street) grids() []*grid {
	var gs []*grid
	for _, c := range st.communities {
		gs = append(gs, c.grids...)
	}
	return gs
}

func total(gs []*grid, of func(*grid) int) int {
	sum := 0
	for _, g := range gs {
		sum += of(g)
	}
	return sum
}

func blocks(gs []*grid) []rect {
	bs := make([]rect, len(gs))
	for k, g := range gs {
		bs[k] = g.block
	}
	return bs
}

// aliases are the other spellings of a grid's name that ledgers use.
func (g *grid) aliases() []string {
	return []string{numeral(g.number) + "网格", fmt.Sprintf("第%d网格", g.number), fmt.Sprintf("%02d网格", g.number)}
}

// numeral writes 1 to 99 in Chinese: 九, 十, 十二, 二十, 二十一.
func numeral(n int) string {
	digits := strings.Split("〇一二三四五六七八九", "")
	text := ""
	if n >= 20 {
		text = digits[n/10]
	}
	if n >= 10 {
		text += "十"
	}
	if n%10 != 0 {
		text += digits[n%10]
	}
	return text
}
