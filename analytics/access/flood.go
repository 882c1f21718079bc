package access

import (
	"slices"
	"strings"
	"time"
)

// Refusals that are written singly within a minute: a guesser must not fill the disk, and must not be able to push what
// he does out of sight behind a million lines.
const (
	singlyFrom = 20  // from one address
	singlyAll  = 200 // in all
)

// floods counts the refusals of the running minute.
type floods struct {
	minute time.Time
	from   map[string]int // by address
	all    int
	rest   map[string]Entry // by address: those that were not written, counted
}

func newFloods() floods { return floods{from: map[string]int{}, rest: map[string]Entry{}} }

// count says whether a refusal is only counted.
func (f *floods) count(e Entry, now time.Time) bool {
	if minute := now.Truncate(time.Minute); minute != f.minute {
		f.minute, f.all = minute, 0
		clear(f.from)
	}
	key := e.Address
	switch {
	case f.all >= singlyAll:
		key = "" // so many addresses that each of them cannot be named
		e = Entry{Event: e.Event, Outcome: Denied}
	case f.from[key] < singlyFrom:
		f.from[key]++
		f.all++
		return false
	}
	r, ok := f.rest[key]
	if !ok {
		r = Entry{Address: e.Address, Event: e.Event, Outcome: Denied}
	}
	if r.Event != e.Event {
		r.Event = Refused
	}
	r.Object = "同一分钟内的其他拒绝"
	r.Count++
	f.rest[key] = r
	return true
}

// over are the counted refusals of minutes that have passed.
func (f *floods) over(now time.Time) []Entry {
	if now.Truncate(time.Minute).Equal(f.minute) {
		return nil
	}
	return f.counted()
}

// counted are all that were counted; they are counted no more.
func (f *floods) counted() []Entry {
	var all []Entry
	for _, e := range f.rest {
		all = append(all, e)
	}
	clear(f.rest)
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Address, b.Address) })
	return all
}
