package demo

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// reading is a row of 居民诉求台账 as an independent reader understands it.
type reading struct {
	row                 int
	flaw                FlawKind // "" for a sound row
	grid                string   // code; empty when unknown or ambiguous
	community           string   // code
	received, due       time.Time
	closed, visited     time.Time
	topic, satisfaction string
	valid               bool
	contacted, settled  bool
	text                string
	cells               map[string]string
}

// whose gives the unit that a ledger says it belongs to: --org, else what its title or its name says.
func (s *sample) whose(t *testing.T, l ledger) unit {
	t.Helper()
	if k := slices.Index(l.Flags, "--org"); k >= 0 {
		return s.units[l.Flags[k+1]]
	}
	text := l.Path
	if len(l.above) > 0 {
		text = l.above[0][0]
	}
	var found []unit
	for _, u := range s.units {
		if (u.level == "street" || u.level == "community") && strings.Contains(text, u.name) {
			found = append(found, u)
		}
	}
	slices.SortFunc(found, func(a, b unit) int { return strings.Compare(b.level, a.level) }) // street before community
	switch {
	case len(found) == 1:
		return found[0]
	case len(found) == 2 && found[1].parent == found[0].code:
		return found[1]
	}
	t.Fatalf("%s: belongs to %v", l.Path, found)
	return unit{}
}

// gridCodes finds the grids below a unit that a cell may mean.
func (s *sample) gridCodes(owner unit, cell string) []string {
	var codes []string
	for _, u := range s.units {
		if u.level != "grid" || (u.parent != owner.code && s.units[u.parent].parent != owner.code) {
			continue
		}
		if u.code == cell || slices.Contains(u.names, cell) || s.units[u.parent].name+u.name == cell {
			codes = append(codes, u.code)
		}
	}
	return codes
}

func (s *sample) read(t *testing.T, l ledger) []reading {
	t.Helper()
	if done, ok := s.readings[l.Path]; ok {
		return done
	}
	owner := s.whose(t, l)
	cache := map[string][]string{}
	title := l.Path
	if len(l.above) > 0 {
		title = l.above[0][0]
	}
	known := map[string]bool{}
	for _, tp := range topics {
		known[tp.name] = true
	}
	var out []reading
	for k, row := range l.rows {
		cells := map[string]string{}
		for c, h := range l.header {
			cells[h] = row[c]
		}
		r := reading{
			row: l.Header + 1 + k, community: owner.code, topic: cells["诉求类别"], satisfaction: cells["满意度"], text: cells["诉求内容"],
			valid: cells["是否有效回访"] == "是", contacted: cells["是否联系"] == "是", settled: cells["是否解决"] == "是", cells: cells,
		}
		var okReceived, okClosed bool
		r.received, okReceived = when(strings.TrimSpace(cells["受理日期"]+" "+cells["受理时间"]), title)
		r.closed, okClosed = when(cells["办结时间"], title)
		r.due, _ = when(cells["办结时限"], title)
		r.visited, _ = when(cells["回访时间"], title)
		codes, ok := cache[cells["网格"]]
		if !ok {
			codes = s.gridCodes(owner, cells["网格"])
			cache[cells["网格"]] = codes
		}
		if len(codes) == 1 {
			r.grid = codes[0]
			r.community = s.units[codes[0]].parent
		}
		switch {
		case cells["受理日期"] == "":
			r.flaw = DateMissing
		case !okReceived:
			r.flaw = DateUnreadable
		case cells["办结时间"] != "" && !okClosed:
			r.flaw = CloseUnreadable
		case len(codes) > 1:
			r.flaw = GridAmbiguous
		case len(codes) == 0:
			r.flaw = GridUnknown
		case okClosed && r.closed.Before(r.received):
			r.flaw = ClosedBefore
		case !known[r.topic]:
			r.flaw = CategoryUnlisted
		}
		out = append(out, r)
	}
	s.readings[l.Path] = out
	return out
}

// all reads every ledger of matters.
func (s *sample) all(t *testing.T) []reading {
	t.Helper()
	var out []reading
	for _, l := range s.of(mattersLedger) {
		out = append(out, s.read(t, l)...)
	}
	return out
}
