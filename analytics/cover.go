package analytics

import (
	"slices"
	"strings"
	"time"

	"gridstar/analytics/catalog"
)

// coverage answers, for one query: on which of the days that have begun was what a metric is about delivered?
//
// A unit is covered with a subject (record:SQ) on a day if every leaf unit below it has a statement of its own, of a
// unit above it or of the whole site. Leaves are those of the area tree, except for subjects that only party
// organisations state: then those of the party tree. A unit without leaves is covered by statements for the whole
// site only. Metrics about the same subjects share a set; the cover of a set is the covered share of the days,
// averaged over those of its subjects that were ever stated.
type coverage struct {
	*register
	spans  map[spanKey]span
	sets   [][]string
	window days // from the first day of any span to the last

	groups  map[int]group // by position of the covered unit
	lists   map[string]int
	classed [][]int32 // the classes of a group, by number
	whole   map[wholeKey][]days
	shares  map[shareKey]float64
}

type spanKey struct {
	run  int
	prev bool
}

// group is the leaves below a covered unit, as numbers of lists of classes: those of the area tree and of the party tree.
type group struct{ area, party int }

type wholeKey struct {
	subject string
	classes int
}

type shareKey struct {
	set   int
	kind  string // instead of a set: one kind of record
	group group
	spanKey
	owed days // the days of the span that count
}

// newCoverage lays out the coverage of the plan's leaves.
func newCoverage(p *plan) *coverage {
	c := &coverage{
		register: p.register, spans: map[spanKey]span{}, groups: map[int]group{}, lists: map[string]int{},
		whole: map[wholeKey][]days{}, shares: map[shareKey]float64{},
	}
	for i, s := range p.spans {
		c.spans[spanKey{s.run, s.prev}] = s
		d := days{dayNumber(s.firstDay), dayNumber(s.endDay)}
		if i == 0 {
			c.window = d
		}
		c.window = days{min(c.window.from, d.from), max(c.window.to, d.to)}
	}
	known := map[string]int{}
	for _, l := range p.leaves {
		if l.cover == nil {
			continue
		}
		key := strings.Join(l.cover, "\x00")
		if _, ok := known[key]; !ok {
			known[key] = len(c.sets)
			c.sets = append(c.sets, c.everStated(l.cover))
		}
		l.set = known[key]
	}
	c.gather(p)
	return c
}

// everStated are the subjects of a set that were ever stated; activity:* stands for all of a shape.
func (c *coverage) everStated(asked []string) []string {
	var subjects []string
	for subject := range c.stated {
		shape, _, _ := strings.Cut(subject, ":")
		if slices.Contains(asked, subject) || slices.Contains(asked, shape+":*") {
			subjects = append(subjects, subject)
		}
	}
	slices.Sort(subjects)
	return subjects
}

// gather groups the leaves inside by the unit whose coverage they make up: that of the finest asked level.
func (c *coverage) gather(p *plan) {
	area, party := map[int][]int32{}, map[int][]int32{}
	finest := p.finest()
	for i, class := range c.classOf {
		if class < 0 || !p.inside[i] {
			continue
		}
		n, at := c.tree.Node(i+1), 0
		for _, d := range finest {
			if at = c.tree.At(i+1, d.from); at > 0 {
				break
			}
		}
		into := area
		if n.Tree == catalog.Party {
			into = party
		}
		into[at] = append(into[at], class)
	}
	for _, some := range []map[int][]int32{area, party} {
		for at := range some {
			c.groups[at] = group{c.list(area[at]), c.list(party[at])}
		}
	}
}

// list numbers a set of classes. The empty one stands for units without leaves.
func (c *coverage) list(classes []int32) int {
	classes = slices.Compact(slices.Sorted(slices.Values(classes)))
	key := positionsKey(classes)
	n, ok := c.lists[key]
	if !ok {
		n = len(c.classed)
		c.lists[key] = n
		c.classed = append(c.classed, classes)
	}
	return n
}

// of is the covered share of a leaf's days in a cell: at is the position of the cell's finest unit (0: none), kind its
// kind of record where the query asks by kind.
func (c *coverage) of(p *plan, l *leaf, at int, kind string, k spanKey) float64 {
	g, ok := c.groups[at]
	if !ok {
		g = group{c.list(nil), c.list(nil)}
		c.groups[at] = g
	}
	s := c.spans[k]
	owed := days{dayNumber(s.firstDay), dayNumber(s.endDay)}
	if l.metric.Shape == catalog.ShapeFigure && l.metric.Type != catalog.Stock {
		owed = p.reported(l.metric.Measure, owed)
	}
	key := shareKey{set: l.set, group: g, spanKey: k, owed: owed}
	if p.kindDim != "" && l.metric.Shape == catalog.ShapeRecord {
		if kind == "" || l.kinds != nil && !slices.Contains(l.kinds, kind) {
			return 0
		}
		key = shareKey{set: -1, kind: kind, group: g, spanKey: k, owed: owed}
	}
	share, ok := c.shares[key]
	if !ok {
		share = c.share(key)
		c.shares[key] = share
	}
	return share
}

func (c *coverage) share(key shareKey) float64 {
	var subjects []string
	if key.set >= 0 {
		subjects = c.sets[key.set]
	} else {
		subjects = []string{catalog.ShapeRecord + ":" + key.kind}
		if !slices.ContainsFunc(c.sets, func(set []string) bool { return slices.Contains(set, subjects[0]) }) {
			return 0
		}
	}
	length := key.owed.to - key.owed.from
	if length <= 0 || len(subjects) == 0 {
		return 0
	}
	covered := 0
	for _, subject := range subjects {
		for _, d := range common(c.wholeCover(subject, key.group), []days{key.owed}) {
			covered += d.to - d.from
		}
	}
	return float64(covered) / float64(length*len(subjects))
}

// reported leaves out of a span the month (quarter, year: the grain of the measure) that is under way: its number is owed once
// it has ended, and a site that has reported all the year must not be told in May that it reported too little. A span
// that lies in it altogether stays as it is.
func (p *plan) reported(measure string, span days) days {
	m, _ := p.cat.Measure(measure)
	months := time.Month(1)
	switch m.Grain.Period {
	case "quarter":
		months = 3
	case "year":
		months = 12
	}
	now := p.now()
	begun := dayNumber(time.Date(now.Year(), (now.Month()-1)/months*months+1, 1, 0, 0, 0, 0, time.UTC))
	if span.from < begun && begun < span.to {
		span.to = begun
	}
	return span
}

// wholeCover are the days on which all leaves of a group are covered with a subject.
func (c *coverage) wholeCover(subject string, g group) []days {
	by := c.stated[subject]
	key := wholeKey{subject, g.area}
	if c.partyOnly(by) {
		key.classes = g.party
	}
	whole, ok := c.whole[key]
	if ok {
		return whole
	}
	classes := c.classed[key.classes]
	if len(classes) == 0 {
		whole = slices.Clone(by[wholeSite])
	}
	for i, class := range classes {
		all := slices.Clone(by[wholeSite])
		for _, at := range c.classes[class] {
			all = append(all, by[at]...)
		}
		all = merge(all)
		if i == 0 {
			whole = all
		} else {
			whole = common(whole, all)
		}
	}
	c.whole[key] = whole
	return whole
}

// partyOnly says whether all that was stated about a subject in the window was stated by party organisations.
func (c *coverage) partyOnly(by map[int32][]days) bool {
	some := false
	for at, list := range by {
		if len(common(list, []days{c.window})) == 0 {
			continue
		}
		if at <= 0 || c.site.Node(int(at)).Tree != catalog.Party {
			return false
		}
		some = true
	}
	return some
}
