package demo

import (
	"strconv"
	"strings"
	"time"
)

const (
	meetingsLedger       = "会议台账"
	branchMeetingsLedger = "三会一课台账"
)

var (
	meetingHeader       = []string{"序号", "会议日期", "社区", "会议类型", "会议议题", "主持人", "参会单位", "应到", "实到", "决议事项数", "已落实数", "备注"}
	branchMeetingHeader = []string{"年月", "党组织", "会议类型", "召开日期", "主持人", "应到", "实到", "请假", "主要内容", "决议事项"}
)

// NoJointMeeting are the two communities that held neither a joint meeting nor a round table in the last quarter that has
// ended.
var NoJointMeeting = []string{Slipping, "桥南社区"}

var (
	meetingTopics = []string{"共享停车位", "老旧小区改造意见征集", "物业服务质量提升", "暑期儿童托管", "电动自行车充电设施", "辖区单位资源共享", "独居老人关爱", "商圈秩序整治"}
	members       = []string{"区税务局", "区供电服务中心", "示范银行城区支行", "区第二中学", "区人民医院", "辖区派出所", "物业服务企业", "爱心商户联盟", "区供销合作社"}
)

// writeMeetings writes the district's ledger of the meetings of its communities: joint meetings every quarter, round
// tables when there is something to talk about.
func writeMeetings(o *folder, d *district, sp span, seed uint64) error {
	b := &book{ledger: meetingsLedger, header: meetingHeader, date: "会议日期", sheets: sp.whole()}
	lives := d.lives("meetings", sp, seed)
	var entries []entry
	for _, c := range d.communities {
		entries = append(entries, lives[c].meetings()...)
	}
	return b.write(o, districtName, 0, entries, seed)
}

func (h *history) meetings() []entry {
	var all []entry
	hold := func(kind string, from time.Time, days int) {
		if date := from.AddDate(0, 0, h.IntN(days)); !date.Before(h.from) && date.Before(h.until) {
			all = append(all, entry{date, h.meeting(kind, date)})
		}
	}
	lastEnded := periodOf(h.until, 3).AddDate(0, -3, 0)
	for q := periodOf(h.from, 3); q.Before(h.until); q = q.AddDate(0, 3, 0) {
		quiet := h.chance(0.03) && q.Before(lastEnded)
		for _, name := range NoJointMeeting {
			quiet = quiet || q.Equal(lastEnded) && name == h.community.name
		}
		if quiet {
			continue
		}
		hold("党建联席会", q, 85)
		for m := range 3 {
			if h.chance(0.6) {
				hold("圆桌会", q.AddDate(0, m, 0), 28)
			}
		}
	}
	return all
}

func (h *history) meeting(kind string, date time.Time) []string {
	due, units := h.intBetween(9, 24), []string{}
	for _, k := range h.Perm(len(members))[:h.intBetween(3, 6)] {
		units = append(units, members[k])
	}
	decided := h.intBetween(1, 4)
	done := decided - h.weighted([]float64{70, 22, 8})
	if h.until.Sub(date) < 30*day {
		done = h.IntN(decided)
	}
	return []string{
		"", date.Format("2006-01-02"), h.community.name, kind, pick(h.stream, meetingTopics), "社区党组织书记", strings.Join(units, "、"),
		strconv.Itoa(due), strconv.Itoa(due - h.IntN(3)), strconv.Itoa(decided), strconv.Itoa(max(0, done)), "",
	}
}

// body is who meets: a community's party organisation or a group of one of its buildings.
type body struct {
	name     string
	members  int
	meetings []regular
}

// regular is a meeting that is due once in so many months.
type regular struct {
	kind   string
	months int
	share  float64 // of the members who are due
}

var (
	ofBranch = []regular{{"党员大会", 3, 1}, {"支委会", 1, 0.08}, {"主题党日", 1, 1}, {"党课", 3, 1}}
	ofCell   = []regular{{"党小组会", 1, 1}}
)

// writeBranchMeetings writes 三会一课: one ledger per committee of a street.
func writeBranchMeetings(o *folder, d *district, sp span, seed uint64) error {
	lives := d.lives("branch meetings", sp, seed)
	for k, st := range d.streets {
		b := &book{ledger: branchMeetingsLedger, header: branchMeetingHeader, date: "召开日期", sheets: sp.whole()}
		var entries []entry
		for _, c := range st.communities {
			h := lives[c]
			bodies := []body{{c.branch(), h.intBetween(60, 140), ofBranch}}
			for _, e := range c.estates {
				for _, cl := range e.cells {
					bodies = append(bodies, body{cl.nameIn(e), h.intBetween(6, 15), ofCell})
				}
			}
			for _, w := range bodies {
				entries = append(entries, h.regulars(w, layoutOf(k))...)
			}
		}
		if err := b.write(o, st.committee(), k, entries, seed); err != nil {
			return err
		}
	}
	return nil
}

// regulars draws the meetings of one body. The theme day is the 15th.
func (h *history) regulars(w body, layout string) []entry {
	var all []entry
	for _, r := range w.meetings {
		for from := periodOf(h.from, r.months); from.Before(h.until); from = from.AddDate(0, r.months, 0) {
			date := from.AddDate(0, h.IntN(r.months), 2+h.IntN(25))
			if r.kind == "主题党日" {
				date = from.AddDate(0, 0, 14)
			}
			fails := 0.03
			switch c := h.community; {
			case slack[c.name]:
				fails = 0.15
			case c.keeps() && w.name == c.branch():
				fails = 0
			}
			if !h.chance(fails) && !date.Before(h.from) && date.Before(h.until) {
				all = append(all, entry{date, h.branchMeeting(w, r, date, layout)})
			}
		}
	}
	return all
}

func (h *history) branchMeeting(w body, r regular, date time.Time, layout string) []string {
	due := max(5, int(float64(w.members)*r.share))
	absent := int(float64(due) * h.between(0.02, 0.22))
	decision := ""
	if r.kind == "党员大会" || r.kind == "支委会" {
		decision = "通过"
	}
	return []string{
		date.Format("2006年1月"), w.name, r.kind, date.Format(layout), "党组织书记", strconv.Itoa(due), strconv.Itoa(due - absent), strconv.Itoa(absent),
		pick(h.stream, []string{"学习有关文件", "研究小区治理", "部署志愿服务", "讨论发展党员", "交流学习体会"}), decision,
	}
}
