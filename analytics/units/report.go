package units

import (
	"errors"
	"fmt"
	"strings"

	"gridstar/analytics/warehouse"
)

// Report is the outcome of a load: Rows = Accepted + Unchanged + Skipped (blank rows); Replaced of the accepted
// rows ended an older copy.
type Report struct {
	Job, Version                                 int64
	Rows, Accepted, Replaced, Unchanged, Skipped int64

	Unmapped  []string        // headings whose columns were not read
	Conflicts []CoverConflict // units covered twice, after the load
	Layer     *LayerReport    // LoadLayer only
	Renamed   []Renaming      // codes whose names changed without a date
}

// Mistake is one thing wrong in a table or layer.
type Mistake struct {
	Row  int64  // file row, or number of the feature
	Text string // Chinese sentence without the row
}

// MistakesError refuses a load: nothing of it was written.
type MistakesError struct {
	Of       string // “单位表” or “图层”
	Where    string // what Row counts: “第 %d 行” or “第 %d 个图形”
	Mistakes []Mistake
}

func (e *MistakesError) Error() string {
	const shown = 5
	all := e.Sentences()
	text := strings.Join(all[:min(shown, len(all))], "；")
	if n := len(all) - shown; n > 0 {
		text += fmt.Sprintf("；另有 %d 处错误", n)
	}
	return text + "，" + e.Of + "未作任何改动"
}

// Sentences gives every mistake with its row.
func (e *MistakesError) Sentences() []string {
	out := make([]string, len(e.Mistakes))
	for i, m := range e.Mistakes {
		out[i] = fmt.Sprintf(e.Where, m.Row) + "：" + m.Text
	}
	return out
}

// ErrEmpty: there is nothing to load.
var ErrEmpty = errors.New("文件中没有数据行，请确认文件是否正确")

// LayerReport says how units and polygons of the level meet after the load. Codes are in official order.
type LayerReport struct {
	Created      []string // units that did not exist
	ByGeometry   []string // created units whose upper unit was found by where they lie
	WithoutShape []string // units of the level without a polygon in force
	WithoutUnit  []string // polygons in force without a unit
	Ended        []string // units whose earlier polygon ends because the new cut lies over it
	Overlapped   []string // units whose polygon a new one overlaps, and that stays in force
	Empty        []int64  // numbers of features without a polygon, which are skipped

	Split     []Succession     // one unit into several of the new cut
	Merged    []Succession     // several units into one
	Moved     map[string]int64 // rows of each table that have another unit now
	Undecided int64            // records that name a split unit and have no point: they stay with it
	Later     bool             // the cut begins in the future: no rows were moved
}

func (r *Report) totals(fileHash string) warehouse.Totals {
	return warehouse.Totals{FileHash: fileHash, Rows: r.Rows, Accepted: r.Accepted, Replaced: r.Replaced, Unchanged: r.Unchanged, Skipped: r.Skipped}
}
