package ingest

import (
	"fmt"
	"slices"
)

// tally counts what became of rows: of one part while it is converted, of the whole file in the collector, which adds
// the parts in file order. What is counted here must come out the same whichever converter made a part.
type tally struct {
	rows      int64 // read
	skipped   int64 // blank, 序号-only, 合计, 制表人
	refused   int64
	produced  int64 // rows that yielded at least one fact
	masked    int64
	skippedBy map[string]int64
	located   map[Located]int64
	rejects   []Reject // of a file the first keptRejects
	// refusedRows are the cells of refused rows, of a file the first keptCells bytes.
	refusedRows []refused
	refusedSize int
	personal    map[string]int64  // cells about persons by column
	named       map[rejectID]bool // refused rows of earlier jobs that rows of the file say they replace
	warnings    warnings
	covered     *span
}

func newTally() tally {
	return tally{skippedBy: map[string]int64{}, located: map[Located]int64{}, personal: map[string]int64{}, named: map[rejectID]bool{}, warnings: warnings{}, covered: newSpan()}
}

// add adds what became of the rows that follow.
func (t *tally) add(next *tally) {
	t.rows += next.rows
	t.skipped += next.skipped
	t.refused += next.refused
	t.produced += next.produced
	t.masked += next.masked
	for why, n := range next.skippedBy {
		t.skippedBy[why] += n
	}
	for ground, n := range next.located {
		t.located[ground] += n
	}
	if room := keptRejects - len(t.rejects); len(next.rejects) <= room {
		t.rejects = append(t.rejects, next.rejects...)
	} else {
		t.rejects = append(t.rejects, next.rejects[:room]...)
		if t.warnings["rejects"] == nil {
			t.warnings.add("rejects", fmt.Sprintf("退回的行过多，只保留前 %d 条原因", keptRejects), 0, "")
		}
	}
	for _, r := range next.refusedRows {
		t.keepRefused(r)
	}
	for column, n := range next.personal {
		t.personal[column] += n
	}
	for id := range next.named {
		t.named[id] = true
	}
	t.warnings.merge(next.warnings)
	t.covered.merge(next.covered)
}

// skip counts a row that states nothing.
func (t *tally) skip(why string) {
	t.skipped++
	t.skippedBy[why]++
}

// keptRejects is how many refused cells of a file are kept with their reasons; the rest are only counted. A file of
// nothing but bad rows must not fill the memory.
const keptRejects = 100_000

// keepRefused keeps the cells of a refused row while there is room.
func (t *tally) keepRefused(r refused) {
	if n := r.size(); len(t.refusedRows) < keptRejects && t.refusedSize+n <= keptCells {
		t.refusedRows = append(t.refusedRows, r)
		t.refusedSize += n
	}
}

func (t *tally) reject(r Reject) { t.rejects = append(t.rejects, r) }

// merge adds the warnings of the rows that follow.
func (w warnings) merge(next warnings) {
	for code, n := range next {
		x := w[code]
		if x == nil {
			w[code] = n
			continue
		}
		x.Count += n.Count
		x.last = n.last
		x.Rows = append(x.Rows, n.Rows[:min(len(n.Rows), shownRows-len(x.Rows))]...)
		for _, v := range n.Items {
			if len(x.Items) < shownValues && !slices.Contains(x.Items, v) {
				x.Items = append(x.Items, v)
			}
		}
	}
}

// merge adds the span of the rows that follow.
func (s *span) merge(next *span) {
	for of, p := range next.seen {
		if s.seen[of] == nil {
			s.seen[of] = &period{}
		}
		s.seen[of].widen(*p)
	}
	for p := range next.stated {
		s.stated[p] = true
	}
	for day, r := range next.days {
		if s.days[day] == nil {
			s.days[day] = r
		} else {
			s.days[day].n += r.n
		}
	}
}
