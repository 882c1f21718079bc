package warehouse

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/array"
)

// A small job spends most of its time on looking for live copies of its ids among millions. Most of them are new, and
// known can say so: of each table of facts it keeps a Bloom filter over the hashes of all ids that are live, or were. It
// never says of an id that has a live copy that it is new; where it cannot exclude one, the database is asked.
//
// Every job that is published tells its ids before it commits, under the writer's lock. A job that cannot (a large load,
// an undo, which brings copies back) drops the filter of the table; so does a reopening. It is made anew by the second
// small job after that: one that comes alone would lose by it.
type known struct {
	mu     sync.Mutex
	tables map[string]*knownTable
}

type knownTable struct {
	ids    *bloom
	asked  int      // times that there was no filter
	making bool     // one is being made; by one job only, see claim
	since  []uint64 // told since that snapshot
	era    int      // counts the drops
}

// smallJob is how many copies a job may append to a table and still be asked for their hashes.
const smallJob = 10_000

func (k *known) table(name string) *knownTable {
	if k.tables == nil {
		k.tables = map[string]*knownTable{}
	}
	if k.tables[name] == nil {
		k.tables[name] = &knownTable{}
	}
	return k.tables[name]
}

// excludes says whether none of the ids is live.
func (k *known) excludes(name string, hashes []uint64) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.table(name)
	if t.ids == nil {
		t.asked++
		return false
	}
	return !slices.ContainsFunc(hashes, t.ids.has)
}

// claim says whether the caller is to make the filter now: it then calls begin and, whatever happens, made. Of several who ask
// at once it is one. Two filters made at the same time would each lack what was told while only the other one listened.
func (k *known) claim(name string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.table(name)
	if t.ids != nil || t.making || t.asked < 2 {
		return false
	}
	t.making = true
	return true
}

// tell adds ids that are about to become live.
func (k *known) tell(name string, hashes []uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.table(name)
	if t.making {
		t.since = append(t.since, hashes...)
	}
	if t.ids == nil {
		return
	}
	if t.ids.n+len(hashes) > t.ids.room {
		t.ids = nil // too full to exclude much
		return
	}
	t.ids.add(hashes)
}

// drop forgets a table: copies become live whose ids are not told.
func (k *known) drop(name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.table(name)
	*t = knownTable{making: t.making, era: t.era + 1}
}

// dropAll forgets everything.
func (k *known) dropAll() {
	for _, t := range tables {
		if t.fact {
			k.drop(t.name)
		}
	}
}

// begin notes that the snapshot for a claimed filter is taken now; the writer's lock is held.
func (k *known) begin(name string) (era int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.table(name)
	t.since = nil
	return t.era
}

// made takes the new filter, nil where it could not be made, unless the table was dropped since begin.
func (k *known) made(name string, ids *bloom, era int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.table(name)
	if ids != nil && t.era == era && ids.n+len(t.since) <= ids.room {
		ids.add(t.since)
		t.ids = ids
	}
	t.making, t.since, t.asked = false, nil, 0
}

// allNew says whether none of the ids that the job appended to a table of facts can have a live copy that is not its own,
// and keeps their hashes until the job is published.
func (j *Job) allNew(ctx context.Context, name string) (rows int64, all bool, err error) {
	if j.appended[name] > smallJob {
		return 0, false, nil
	}
	var hashes []uint64
	if hashes, err = readHashes(ctx, j, hashes, fmt.Sprintf("SELECT hash(id) FROM %s WHERE since = %d", name, j.ID)); err != nil {
		return 0, false, err
	}
	j.hashes[name] = hashes
	all = j.w.known.excludes(name, hashes)
	if !all && j.w.known.claim(name) {
		if err := j.makeKnown(ctx, name); err != nil {
			return 0, false, err
		}
		all = j.w.known.excludes(name, hashes)
	}
	return int64(len(hashes)), all, nil
}

// tellKnown tells the ids of the job that is about to be committed; the writer's lock is held.
func (j *Job) tellKnown() {
	for name := range j.appended {
		if hashes, ok := j.hashes[name]; ok {
			j.w.known.tell(name, hashes)
		} else {
			j.w.known.drop(name)
		}
	}
}

// makeKnown makes the claimed filter of a table from what is published, beside the job's own transaction.
func (j *Job) makeKnown(ctx context.Context, name string) error {
	var ids *bloom
	era := 0
	defer func() { j.w.known.made(name, ids, era) }()
	ctx, stop, err := j.s.under(ctx)
	if err != nil {
		return err
	}
	defer stop()
	s, err := j.w.session(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	unlock, err := s.lockWriter(j.w)
	if err != nil {
		return err
	}
	era = j.w.known.begin(name)
	tx, err := s.conn.BeginTx(s.ctx, nil)
	if err != nil {
		unlock()
		return j.w.fail(s, err)
	}
	defer tx.Rollback()
	var n int64
	err = s.conn.QueryRowContext(s.ctx, "SELECT count(*) FROM "+name).Scan(&n) // the first statement fixes the snapshot
	unlock()
	if err != nil {
		return j.w.fail(s, err)
	}
	all := newBloom(int(n) + int(n)/4 + 100*smallJob)
	for _, part := range idParts(n) {
		hashes, err := readHashes(ctx, &View{s: s}, nil, fmt.Sprintf("SELECT hash(id) FROM %s%s", name, part))
		if err != nil {
			return j.w.fail(s, err)
		}
		all.add(hashes)
	}
	ids = all
	return nil
}

// hashesAtOnce is how many hashes are read by one statement, whose result stands in memory.
const hashesAtOnce = 8_000_000

// idAlphabet are the characters an id may begin with (Hasher.Key, base64url), in their order.
const idAlphabet = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

// idParts are conditions that cut the ids into equal parts.
func idParts(rows int64) []string {
	n := min(int(rows/hashesAtOnce)+1, len(idAlphabet))
	if n == 1 {
		return []string{""}
	}
	parts := make([]string, n)
	for i := range parts {
		low, high := "''", ""
		if i > 0 {
			low = fmt.Sprintf("'%c'", idAlphabet[i*len(idAlphabet)/n])
		}
		if i < n-1 {
			high = fmt.Sprintf(" AND id < '%c'", idAlphabet[(i+1)*len(idAlphabet)/n])
		}
		parts[i] = " WHERE id >= " + low + high
	}
	return parts
}

// arrowQueryer reads a result as Arrow batches.
type arrowQueryer interface {
	Arrow(ctx context.Context, query string, args ...any) (array.RecordReader, error)
}

// readHashes appends the only column of a result, unsigned 64-bit numbers without nulls.
func readHashes(ctx context.Context, q arrowQueryer, dst []uint64, query string) ([]uint64, error) {
	r, err := q.Arrow(ctx, query)
	if err != nil {
		return nil, err
	}
	defer r.Release()
	for r.Next() {
		c, ok := r.Record().Column(0).(*array.Uint64)
		if !ok {
			return nil, fmt.Errorf("reading hashes: the column is %s", r.Record().Column(0).DataType())
		}
		dst = append(dst, c.Uint64Values()...)
	}
	return dst, r.Err()
}

// bloom is a blocked Bloom filter over 64-bit hashes: all bits of a key lie in one line of the processor's cache. With 24
// bits and 7 probes a key it takes an unknown key for a known one about once in ten thousand.
//
// Source: Putze, Sanders, Singler, “Cache-, Hash- and Space-Efficient Bloom Filters”, 2007.
type bloom struct {
	blocks  [][8]uint64
	n, room int
}

const (
	bloomBits   = 24
	bloomProbes = 7
)

func newBloom(room int) *bloom {
	return &bloom{blocks: make([][8]uint64, room*bloomBits/512+1), room: room}
}

// place gives the key's block and its probes, 9 bits each.
func (b *bloom) place(h uint64) (block *[8]uint64, probes uint64) {
	h *= 0x9E3779B97F4A7C15
	i, _ := bits.Mul64(h, uint64(len(b.blocks)))
	return &b.blocks[i], (h ^ h>>31) * 0xC2B2AE3D27D4EB4F
}

func (b *bloom) add(hashes []uint64) {
	for _, h := range hashes {
		block, probes := b.place(h)
		for range bloomProbes {
			block[probes>>61] |= 1 << (probes >> 55 & 63)
			probes <<= 9
		}
	}
	b.n += len(hashes)
}

func (b *bloom) has(h uint64) bool {
	block, probes := b.place(h)
	for range bloomProbes {
		if block[probes>>61]&(1<<(probes>>55&63)) == 0 {
			return false
		}
		probes <<= 9
	}
	return true
}
