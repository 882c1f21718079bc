package demo

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
)

const mattersLedger = "居民诉求台账"

// matterHeader is ledger 1 with the columns that a site may add: 回访时间, 解决层级, 是否联系, 退回次数.
var matterHeader = []string{
	"序号", "受理日期", "受理时间", "来源渠道", "网格", "小区楼栋", "诉求类别", "诉求内容", "反映人（类别）", "联系电话", "承办单位/人",
	"转办时间", "办结时限", "办结时间", "办理结果", "是否解决", "满意度", "回访情况", "回访时间", "是否有效回访", "是否联系", "解决层级", "退回次数", "备注",
}

// keeper is whoever keeps a ledger of matters, with the habits that make its files differ.
type keeper struct {
	number      int // in the file names
	street      *street
	community   *community // nil: the street keeps one ledger for all its communities
	naming      naming
	encoding    string
	date, clock string // layouts of dates, and of the clock time behind a date
	monthly     bool   // 序号 begins again every month
	fiveLevel   bool   // satisfaction in five levels
	points      bool   // has 经度 and 纬度
}

// naming is where the ledger says whose it is.
type naming int

const (
	inTitle     naming = iota // in the title above the header
	inTwoRows                 // in the title, with a second row of remarks below it
	inFileName                // only in the file's name
	nowhereElse               // nowhere: the loader is told by --org
)

// Streets by their place in streetTable that keep one ledger for all their communities; of these, the one
// that asks for satisfaction in five levels and the one that records points.
var (
	jointLedger     = map[int]bool{1: true, 3: true, 4: true}
	fiveLevelStreet = 1
	pointStreet     = 4
)

// keepers lists who keeps ledgers: some streets keep one each, the communities of the others their own.
func keepers(d *district) []*keeper {
	dates := []string{"2006-01-02", "2006/1/2", "2006.1.2", "2006年1月2日", "1月2日"}
	encodings := []string{gb18030, utf8BOM, utf8Plain}
	var all []*keeper
	own := 0
	for k, st := range d.streets {
		if jointLedger[k] {
			all = append(all, &keeper{
				street: st, naming: inTwoRows, encoding: encodings[k%3], date: dates[k%2], clock: "15:04",
				fiveLevel: k == fiveLevelStreet, points: k == pointStreet,
			})
			continue
		}
		for _, c := range st.communities {
			all = append(all, &keeper{
				street: st, community: c, naming: naming(own % 4), encoding: encodings[own%3], date: dates[own%5],
				clock: []string{"15:04", "15:04:05"}[own%2], monthly: own%3 == 1,
			})
			own++
		}
	}
	for k, kp := range all {
		kp.number = k + 1
	}
	return all
}

// writeMatters writes the ledgers of matters: one per keeper and calendar year.
func writeMatters(o *folder, d *district, sp span, seed uint64) error {
	days := weatherOf(newStream(seed, "weather"), sp)
	rate := dailyRate(d, sp, days)
	for _, kp := range keepers(d) {
		communities := kp.street.communities
		if kp.community != nil {
			communities = []*community{kp.community}
		}
		var all []*matter
		for _, c := range communities {
			h := &history{
				stream: newStream(seed, "matters/"+c.code), span: sp, district: d,
				community: c, weather: days, daily: rate,
			}
			all = append(all, h.matters()...)
		}
		sortByReceipt(all)
		for _, sh := range sp.years() {
			first := sort.Search(len(all), func(k int) bool { return !all[k].received.Before(sh.from) })
			last := sort.Search(len(all), func(k int) bool { return !all[k].received.Before(sh.until) })
			if err := kp.write(o, all[first:last], sh, seed); err != nil {
				return err
			}
		}
	}
	return nil
}

func sortByReceipt(ms []*matter) {
	sort.SliceStable(ms, func(a, b int) bool { return ms[a].received.Before(ms[b].received) })
}

// write writes the matters of one sheet.
func (kp *keeper) write(o *folder, ms []*matter, sh sheet, seed uint64) error {
	f := File{
		Path: kp.path(sh), Verb: []string{"ingest"}, Ledger: mattersLedger, Encoding: kp.encoding,
	}
	t := table{above: kp.above(sh), header: matterHeader}
	if kp.points {
		t.header = append(append([]string{}, matterHeader...), "经度", "纬度")
		f.Flags = append(f.Flags, "--crs", crs)
	}
	if kp.naming == nowhereElse {
		f.Flags = append(f.Flags, "--org", kp.community.code)
	}
	clerk := &clerk{stream: newStream(seed, "clerk/"+f.Path), keeper: kp, sheet: sh}
	for _, m := range ms {
		row, kind := clerk.row(m)
		t.rows = append(t.rows, row)
		if kind != "" {
			f.Flaws = append(f.Flaws, Flaw{Row: len(t.above) + 1 + len(t.rows), Kind: kind})
		}
		o.manifest.Matters++
		if kind.Rejected() {
			continue
		}
		if m.topic == merchantTopic && kind != CategoryUnlisted {
			o.manifest.Merchants++
		}
		if m.private {
			f.Private++
		}
		switch {
		case !kp.points || !m.pointed || kind == GridUnknown:
		case m.pointOff:
			f.Outside++
		default:
			f.Inside++
		}
	}
	return o.addTable(f, t)
}

func (kp *keeper) path(sh sheet) string {
	switch {
	case kp.community == nil:
		return fmt.Sprintf("诉求/%s%s（%s）.csv", kp.street.name, mattersLedger, sh.label)
	case kp.naming == inFileName:
		return fmt.Sprintf("诉求/%s%s（%s）.csv", kp.community.name, mattersLedger, sh.label)
	}
	return fmt.Sprintf("诉求/%s（%s）%s.csv", mattersLedger, sh.label, string(rune('A'+kp.number-1)))
}

func (kp *keeper) above(sh sheet) [][]string {
	whose := kp.street.name
	if kp.community != nil {
		whose += kp.community.name
	}
	title := []string{fmt.Sprintf("%s%s（%s）", whose, mattersLedger, sh.label)}
	switch kp.naming {
	case inTitle:
		return [][]string{title}
	case inTwoRows:
		return [][]string{title, {"填报单位：" + whose, "", "", "", "计量单位：件"}}
	}
	return nil
}

// clerk fills in the rows of one file, and makes the mistakes.
type clerk struct {
	stream
	*keeper
	sheet
	count int // 序号 of the last row
	month time.Month
}

// mistakes are what goes wrong, and in how many rows of ten thousand.
var mistakes = []struct {
	kind FlawKind
	rate float64
}{
	{DateUnreadable, 4}, {DateMissing, 4}, {CloseUnreadable, 3}, {GridAmbiguous, 14}, {GridUnknown, 8}, {ClosedBefore, 8}, {CategoryUnlisted, 5},
}

// mistake draws what goes wrong with a row; a kind that cannot befall it does not.
func (c *clerk) mistake(m *matter) FlawKind {
	x := c.Float64() * 10_000
	for _, mk := range mistakes {
		if x -= mk.rate; x >= 0 {
			continue
		}
		switch mk.kind {
		case CloseUnreadable, ClosedBefore:
			if m.closed.IsZero() {
				return ""
			}
		case GridAmbiguous:
			if c.community != nil {
				return ""
			}
		}
		return mk.kind
	}
	return ""
}

func (c *clerk) row(m *matter) ([]string, FlawKind) {
	if c.monthly && c.month != m.received.Month() {
		c.month, c.count = m.received.Month(), 0
	}
	c.count++
	date, clock := m.received.Format(c.date), m.received.Format("15:04")
	grid, topic, closed := c.grid(m.grid), m.topic, c.at(m.closed)
	kind := c.mistake(m)
	switch kind {
	case DateUnreadable:
		date = unreadable(c.stream, m.received)
	case DateMissing:
		date, clock = "", ""
	case CloseUnreadable:
		closed = pick(c.stream, []string{"月底前", m.received.Format("2006") + "-02-30 09:15"})
	case GridAmbiguous:
		grid = "第" + numeral(c.intBetween(1, leastGrids)) + "网格"
	case GridUnknown:
		grid = "第" + numeral(c.intBetween(60, 99)) + "网格"
	case ClosedBefore:
		closed = c.at(m.received.Add(-time.Duration(c.intBetween(30, 72*60)) * time.Minute))
	case CategoryUnlisted:
		topic = pick(c.stream, []string{"综合事项", "待归类"})
	}
	row := []string{
		strconv.Itoa(c.count), date, clock, m.source, grid, m.place, topic, m.text, m.group, m.phone, m.dept,
		c.at(m.assigned), c.at(m.due), closed, m.result, yesNo(m.settled, m.closed), c.satisfaction(m), c.visit(m), c.at(m.visited),
		yesNo(m.valid, m.visited), yesNo(m.contacted && m.valid, m.visited), m.level, strconv.Itoa(m.reworked), c.remark(m),
	}
	if c.points {
		if m.pointed {
			row = append(row, strings.TrimSuffix(decimal(m.point.lon), "0"), strings.TrimSuffix(decimal(m.point.lat), "0"))
		} else {
			row = append(row, "", "")
		}
	}
	return row, kind
}

// unreadable is what stands where the date of a row should.
func unreadable(s stream, at time.Time) string {
	year := at.Format("2006")
	return pick(s, []string{"上周三", "2月30日", year + "-02-30", year + ".13.05"})
}

// grid writes the name as the keeper's clerk happens to: the full name or the code where the street keeps
// the ledger, the name or an alias where the community does.
func (c *clerk) grid(g *grid) string {
	switch x := c.Float64(); {
	case c.community == nil && x < 0.1:
		return g.code
	case c.community == nil:
		return g.community.name + g.name
	case x < 0.15:
		return pick(c.stream, g.aliases())
	}
	return g.name
}

// at writes a date with its clock time; the year always stands there, unlike in 受理日期.
func (c *clerk) at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	layout := c.date
	if !strings.Contains(layout, "2006") {
		layout = "2006年1月2日"
	}
	return t.Format(layout + " " + c.clock)
}

// yesNo is blank as long as the moment that decides it has not come.
func yesNo(yes bool, since time.Time) string {
	switch {
	case since.IsZero():
		return ""
	case yes:
		return "是"
	}
	return "否"
}

func (c *clerk) satisfaction(m *matter) string {
	if c.fiveLevel && c.chance(0.45) {
		switch m.satisfaction {
		case "满意", "不满意":
			return "非常" + m.satisfaction
		}
	}
	return m.satisfaction
}

func (c *clerk) visit(m *matter) string {
	switch {
	case m.visited.IsZero():
		return ""
	case !m.valid:
		return pick(c.stream, []string{"电话无人接听", "号码有误", "不愿接受回访"})
	case m.settled:
		return pick(c.stream, []string{"电话回访，问题已解决", "上门回访，情况属实", "微信回访，已答复"})
	}
	return pick(c.stream, []string{"电话回访，仍需跟进", "上门回访，已说明原因", "电话回访，已解释政策"})
}

func (c *clerk) remark(m *matter) string {
	switch {
	case m.reworked > 0:
		return "退回重办"
	case c.chance(0.02):
		return pick(c.stream, []string{"重复反映", "节假日受理", "已纳入重点关注", "与前期事项合并办理"})
	}
	return ""
}
