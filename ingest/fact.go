package ingest

import "time"

// slot is one value of a fact: text in s; whole numbers, booleans and times (microseconds since 1970, naive) in i;
// other numbers in f.
type slot struct {
	set bool
	s   string
	i   int64
	f   float64
}

// fact is one row of a shape while it is put together, one slot per column. A row of a file is kept or refused
// whole, so a fact reaches its sheet only when every fact of the row is sound.
type fact []slot

func (f fact) text(col int, v string) {
	if v != "" {
		f[col] = slot{set: true, s: v}
	}
}
func (f fact) number(col int, v float64) { f[col] = slot{set: true, f: v} }
func (f fact) whole(col int, v int64)    { f[col] = slot{set: true, i: v} }

func (f fact) flag(col int, v bool) {
	f[col] = slot{set: true}
	if v {
		f[col].i = 1
	}
}

func (f fact) time(col int, v time.Time) { f[col] = slot{set: true, i: v.UnixMicro()} }

// timeAt gives a time column, the zero time where it is empty.
func (f fact) timeAt(col int) time.Time {
	if !f[col].set {
		return time.Time{}
	}
	return time.UnixMicro(f[col].i).UTC()
}
