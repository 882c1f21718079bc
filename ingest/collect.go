package ingest

import (
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"

	"gridstar/analytics/warehouse"
	"gridstar/ingest/profile"
)

// collector takes the parts of a file in file order. It does what cannot be done row by row: it counts equal rows, so
// that each gets an id of its own, adds up what became of the rows, and lays the facts in blocks of the size that the
// database stores best. It belongs to one goroutine and must do little: it is the only stage that cannot be multiplied.
type collector struct {
	*ledger
	tally

	hash     *warehouse.Hasher
	keys     hashSet     // see key.hash
	again    map[key]int // how often a key came again
	repeated bool        // one id may have come twice
	flagged  map[flags]string
	seen     hashSet // facts of the file, see twins
	texts    hashSet
	since    sums     // of the rows since the last row of totals
	whole    sums     // of all rows
	unread   int64    // the first row that could not be read, 0: none
	blocks   []*sheet // of the ledger's layouts, being filled
	columns  [][]bool // the columns of each that are, or were, or may well be: blocks of other columns need a statement of their own
	emptied  []chan *sheet
	send     func(filled) bool // takes a full block; false: no more are wanted
}

// filled is a block of facts on its way into the database.
type filled struct {
	shape  string
	record arrow.Record
}

// blockRows is how many facts make a block. A batch of exactly one of DuckDB's row groups is stored as it is; smaller
// ones are copied together first, at twice the cost of the whole load.
const blockRows = 122_880

// blockBytes is where a block ends though it has fewer rows, in bytes of text of its longest column.
const blockBytes = 64 << 20

func newCollector(l *ledger) *collector {
	k := &collector{
		ledger: l, tally: newTally(), hash: l.hasher(), again: map[key]int{}, flagged: map[flags]string{},
		since: sums{}, whole: sums{},
	}
	for _, x := range l.layouts {
		k.blocks = append(k.blocks, x.sheet())
		k.columns = append(k.columns, make([]bool, len(x.index)))
		k.emptied = append(k.emptied, make(chan *sheet, spareBlocks))
	}
	for _, e := range l.binding.Emits {
		i := l.layout(e.Shape.Name)
		for _, f := range e.Fields {
			k.expect(i, f.Target)
		}
		k.expect(i, "dq")
	}
	return k
}

func (k *collector) expect(layout int, column string) {
	if at := k.layouts[layout].column(column); at >= 0 {
		k.columns[layout][at] = true
	}
}

// likelyMore is how many rows of a part say that many more will come, so that a block gets all its memory at once.
const likelyMore = 8_192

// spareBlocks is how many blocks of a shape are kept for use again: as many as can be under way.
const spareBlocks = 4

// take takes the part that follows; false where no more are wanted.
func (k *collector) take(p *part) bool {
	first := 0
	for _, row := range p.taken {
		facts := p.facts[first : first+row.facts]
		k.restate(p, facts)
		k.compare(facts, row.row)
		first += row.facts
	}
	k.reconcile(p)
	k.flag(p)
	k.tally.add(&p.tally)
	defer k.spare.put(p)
	for i, s := range p.sheets {
		for at := 0; at < s.rows; {
			b := k.blocks[i]
			n := min(s.rows-at, blockRows-b.rows)
			if b.rows == 0 && s.rows >= likelyMore {
				b.reserve(s)
			}
			b.extend(s, at, at+n)
			at += n
			if (b.rows == blockRows || b.size() >= blockBytes) && !k.flush(i) {
				return false
			}
		}
	}
	return true
}

// restate counts the keys of a row and gives those of its facts that are not the first of their key, and what belongs
// to them, another id.
func (k *collector) restate(p *part, facts []stated) {
	n, place := 0, ""
	for i := range facts {
		f := &facts[i]
		switch {
		case k.binding.Identity == profile.BySourceNo:
			if k.keys.add(f.key.hash(), 0) > 0 {
				k.repeated = true
				f.flags |= DuplicateRow.bit()
			}
			continue
		case k.binding.Identity == profile.BySlice || i == 0:
			n = k.ordinal(f.key)
		}
		e := &k.binding.Emits[f.emit]
		s := p.sheets[k.layout(e.Shape.Name)]
		if f.homed && place != "" {
			s.cols[s.column("place_id")].overwrite(int(f.at), place)
		}
		if n > 0 {
			id := k.hash.Key(k.space, e.Name, string(f.key[:])+"#"+strconv.Itoa(n))
			s.cols[s.id].overwrite(int(f.at), id)
			if e.Shape.Name == "place" {
				place = id
			}
		} else if e.Shape.Name == "place" {
			place = ""
		}
	}
}

// ordinal tells rows with one key apart by their order in the file.
func (k *collector) ordinal(x key) int {
	if k.keys.add(x.hash(), 0) == 0 {
		return 0
	}
	k.again[x]++
	return k.again[x]
}

// flag writes the column dq.
func (k *collector) flag(p *part) {
	for i := range p.facts {
		f := &p.facts[i]
		if f.flags == 0 {
			continue
		}
		s := p.sheets[k.layout(k.binding.Emits[f.emit].Shape.Name)]
		if s.dq < 0 {
			continue
		}
		text, met := k.flagged[f.flags]
		if !met {
			text = f.flags.String()
			k.flagged[f.flags] = text
		}
		s.cols[s.dq].pad(int(f.at))
		s.cols[s.dq].text(text)
	}
}

// flush sends a block, if there is anything in it, and begins the next in the memory of one that nobody holds any more.
func (k *collector) flush(i int) bool {
	b, emptied := k.blocks[i], k.emptied[i]
	rec := b.record(k.columns[i], func() {
		select {
		case emptied <- b:
		default:
		}
	})
	if rec == nil {
		return true
	}
	select {
	case k.blocks[i] = <-emptied:
		k.blocks[i].reset()
	default:
		k.blocks[i] = b.layout.sheet()
	}
	return k.send(filled{b.shape, rec})
}

// end sends what is left.
func (k *collector) end() {
	for i := range k.blocks {
		if !k.flush(i) {
			return
		}
	}
}
