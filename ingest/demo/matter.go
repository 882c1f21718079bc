package demo

import (
	"math"
	"time"
)

// matter is one 诉求. A time that is zero has not come.
type matter struct {
	grid                      *grid
	place, text, phone        string
	private                   bool // text holds a synthetic number or address
	source, topic, group      string
	dept, level               string
	offices                   utility
	received, assigned, due   time.Time
	closed, visited           time.Time
	result, satisfaction      string
	valid, contacted, settled bool // settled: 是否解决
	reworked                  int
	point                     spot
	pointed, pointOff         bool // pointOff: the point lies in another grid of the community
}

// lastEvening is the hour of the last day after which nothing more is known.
const lastEvening = 22 * time.Hour

// history draws the matters of one community over the whole span, in order of receipt.
type history struct {
	stream
	span
	district  *district
	community *community
	weather   []weather
	daily     float64 // matters a household on a plain day
}

// dailyRate is the matters a household and plain day at which the district as a whole has, on average,
// mattersAMonth a month.
func dailyRate(d *district, sp span, days []weather) float64 {
	weight := 0.0
	for _, c := range d.communities {
		weight += c.weight()
	}
	sum := 0.0
	for k, w := range days {
		at := sp.from.AddDate(0, 0, k)
		for _, t := range topicWeights(at, w) {
			sum += t * weight * dayFactor(sp, at)
		}
	}
	return mattersAMonth * float64(len(days)) / daysAMonth / sum
}

func (c *community) weight() float64 {
	return float64(total(c.grids, func(g *grid) int { return g.households })) * c.volume * c.street.volume
}

func (h *history) matters() []*matter {
	var all []*matter
	for k, w := range h.weather {
		date := h.from.AddDate(0, 0, k)
		weights := topicWeights(date, w)
		sum := 0.0
		for _, x := range weights {
			sum += x
		}
		mean := h.daily * h.community.weight() * dayFactor(h.span, date) * sum
		var today []*matter
		for range h.poisson(mean) {
			today = append(today, h.matter(date, &topics[h.weighted(weights)], w))
		}
		sortByReceipt(today)
		all = append(all, today...)
	}
	return all
}

func (h *history) matter(date time.Time, t *topic, w weather) *matter {
	m := &matter{topic: t.name}
	src := h.source(date)
	m.source = src.name
	m.grid = h.pickGrid()
	for {
		m.received = date.Add(time.Duration(h.weighted(src.hours[:]))*time.Hour + time.Duration(h.IntN(60))*time.Minute)
		if m.received.Before(h.end()) {
			break
		}
	}
	h.describe(m, t, date.Month(), w)
	h.handle(m, t)
	h.visit(m)
	h.locate(m)
	return m
}

// end is the moment after which nothing is known.
func (h *history) end() time.Time { return h.until.Add(lastEvening - day) }

func (h *history) source(date time.Time) *source {
	weights := make([]float64, len(sources))
	for k, s := range sources {
		weights[k] = s.workday
		if wd := date.Weekday(); wd == time.Saturday || wd == time.Sunday {
			weights[k] = s.weekend
		}
		if s.name == gridWorker {
			weights[k] *= h.community.street.active
		}
	}
	return &sources[h.weighted(weights)]
}

func (h *history) pickGrid() *grid {
	gs := h.community.grids
	weights := make([]float64, len(gs))
	for k, g := range gs {
		weights[k] = float64(g.households) * g.load
	}
	return gs[h.weighted(weights)]
}

// story gives how the handling of a community departs from its own average at a time: the factor of its
// hours and what is added to the chance of a contented resident.
func (h *history) story(at time.Time) (pace, content float64) {
	switch h.community.name {
	case Slipping: // from full health to the worst within the first of the last two quarters
		ramp := 1 - math.Min(1, math.Max(0, h.until.AddDate(0, -3, 0).Sub(at).Hours()/24/91))
		return 0.9 + 1.7*ramp, 0.02 - 0.16*ramp
	case Improving:
		done := at.Sub(h.from).Hours() / h.until.Sub(h.from).Hours()
		return 2.0 - 1.4*done, -0.10 + 0.16*done
	}
	if h.community.standing() == model {
		return 0.75, 0.09
	}
	return 1, -0.01
}

// handle decides who resolves the matter and when; what lies after the end has not happened.
func (h *history) handle(m *matter, t *topic) {
	level := h.weighted(t.level[:])
	m.level, m.dept = levels[level].name, pick(h.stream, t.depts[level])
	switch {
	case m.offices == none:
	case level == 3:
		m.dept = m.offices.district
	case level == 4:
		m.dept = m.offices.city
	}
	m.assigned = m.received.Add(time.Duration(h.IntN(150)+5) * time.Minute)
	if hour := m.received.Hour(); hour < 7 || hour >= 19 { // assigned the next morning
		m.assigned = morning(m.received, h.IntN(100))
	}
	if h.chance(0.83) {
		m.due = m.assigned.Truncate(day).AddDate(0, 0, levels[level].limitDays).Add(18 * time.Hour)
	}
	switch x := h.Float64(); {
	case x < 0.007:
		m.reworked = 2
	case x < 0.047:
		m.reworked = 1
	}
	pace, content := h.story(m.received)
	hours := h.logNormal(levels[level].medianH, 0.85) * h.community.street.pace * h.community.pace * pace
	hours *= 1 + 0.8*float64(m.reworked)
	closed := m.assigned.Add(time.Duration(hours*60) * time.Minute)
	switch hour := closed.Hour(); {
	case level > 0 && (hour < 8 || hour >= 20):
		closed = morning(closed, h.IntN(150))
	case hour >= 22 || hour < 6:
		closed = morning(closed, h.IntN(90))
	}
	// A few are forgotten; they surface within half a year, so the old ones are rare.
	forgotten := 0.001
	if h.until.Sub(m.received) < 182*day {
		forgotten = 0.008
	}
	if h.chance(forgotten) || !closed.Before(h.end()) {
		if !m.assigned.Before(h.end()) {
			m.assigned, m.due = time.Time{}, time.Time{}
		}
		m.level = ""
		return
	}
	m.closed = closed
	late := !m.due.IsZero() && m.closed.After(m.due)
	chance := 0.88 + content + h.community.content + h.community.street.content - 0.03*float64(level)
	if late {
		chance -= 0.08
	}
	if m.settled = h.chance(chance); m.settled {
		m.result = "解决"
	} else {
		m.result = []string{"部分解决", "解释引导", "未解决"}[h.weighted([]float64{45, 35, 20})]
	}
}

// morning is between 8:00 and the given number of minutes later, on the day of t or, after 8:00, the next.
func morning(t time.Time, minutes int) time.Time {
	at := t.Truncate(day).Add(8*time.Hour + time.Duration(minutes)*time.Minute)
	if t.Hour() >= 8 {
		at = at.Add(day)
	}
	return at
}

var ratings = []string{"满意", "基本满意", "不满意", "未评价"}

// visit decides the return visit to a closed matter.
func (h *history) visit(m *matter) {
	if m.closed.IsZero() || !h.chance(0.68) {
		return
	}
	at := morning(m.closed.Add(time.Duration(h.IntN(4))*day), h.IntN(9*60))
	if !at.Before(h.end()) {
		return
	}
	m.visited = at
	if m.valid = h.chance(0.92); !m.valid {
		return
	}
	m.contacted = h.chance(0.972)
	_, content := h.story(m.received)
	weights := []float64{0.80, 0.155, 0.035, 0.01}
	if !m.settled {
		weights = []float64{0.34, 0.30, 0.34, 0.02}
	}
	late := !m.due.IsZero() && m.closed.After(m.due)
	if late {
		weights[0] -= 0.10
		weights[2] += 0.10
	}
	shift := math.Max(-0.3, content+h.community.content+h.community.street.content)
	weights[0], weights[2] = math.Max(0.05, weights[0]+shift), math.Max(0.005, weights[2]-shift)
	m.satisfaction = ratings[h.weighted(weights)]
}

// locate gives a point to what people on the spot report; three in a hundred are off by a grid.
func (h *history) locate(m *matter) {
	if m.source != gridWorker && m.source != found {
		return
	}
	g := m.grid
	if h.chance(0.03) {
		for g == m.grid {
			g = pick(h.stream, h.community.grids)
		}
		m.pointOff = true
	}
	m.pointed, m.point = true, h.district.lattice.inside(h.stream, g.block)
}
