package access

import (
	"cmp"
	"slices"
	"time"
)

// Refusals that are written singly within a minute: a guesser must not fill the disk, and must not be able to push what
// he does out of sight behind a million lines.
const (
	singlyFrom = 20  // of one person, or from one address
	singlyAll  = 200 // of strangers, in all
)

// source is whose refusals are counted together: somebody who is signed in at an address, whatever strangers do from
// there; or an address. The zero source is all strangers for whose addresses there is no room.
type source struct{ address, account string }

// sourceOf is the source of a refusal. The name in a refused sign-in is only what somebody typed.
func sourceOf(e Entry) source {
	if e.Event == SignIn {
		return source{address: e.Address}
	}
	return source{e.Address, e.Account}
}

// floods counts the refusals of the running minute.
type floods struct {
	minute time.Time
	singly map[source]int // written
	all    int            // written of strangers
	rest   map[source]Entry
}

func newFloods() floods { return floods{singly: map[source]int{}, rest: map[source]Entry{}} }

// count says whether a refusal is only counted.
func (f *floods) count(e Entry, now time.Time) bool {
	if minute := now.Truncate(time.Minute); !minute.Equal(f.minute) {
		f.minute, f.all = minute, 0
		clear(f.singly)
	}
	from := sourceOf(e)
	stranger := from.account == ""
	switch {
	case stranger && f.all >= singlyAll:
		from = source{}
	case f.singly[from] < singlyFrom:
		f.singly[from]++
		if stranger {
			f.all++
		}
		return false
	}
	r, ok := f.rest[from]
	if !ok {
		r = Entry{
			Address: from.address, Account: from.account, Event: e.Event, Outcome: Denied,
			Object: f.minute.Format("2006-01-02 15:04") + " 起一分钟内的其他拒绝",
		}
	}
	if r.Event != e.Event {
		r.Event = Refused
	}
	r.Count++
	f.rest[from] = r
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
	slices.SortFunc(all, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Account, b.Account))
	})
	return all
}

// again takes back counted refusals that could not be written.
func (f *floods) again(counted []Entry) {
	for _, e := range counted {
		from := source{e.Address, e.Account}
		e.Count += f.rest[from].Count
		f.rest[from] = e
	}
}
