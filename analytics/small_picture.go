package analytics

import (
	"context"
	"fmt"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// picture says which blocks are hidden, and when: the same for whoever asks.
type picture struct {
	hidden map[blockTime][2]bool // by group
	times  map[string]bool       // names of the buckets that are made of quarters that have ended
}

// blockTime is a block in a bucket of the query.
type blockTime struct {
	block int
	time  string
}

func (c *picture) shows(time string) bool { return c.times[time] }

func (c *picture) hides(block int, time string, g smallGroup) bool {
	return c.hidden[blockTime{block, time}][g]
}

func timeName(keys []any) string { return fmt.Sprint(keys...) }

// pictureYears is how many years are asked for at once.
const pictureYears = 5

// picture decides for the quarters and the buckets of the query. A bucket is hidden where one of its quarters is: the
// others would give that one away. And where its own numbers are small: over a year few are not visited.
func (s *small) picture(ctx context.Context, v *warehouse.View) (*picture, error) {
	c := &picture{hidden: map[blockTime][2]bool{}, times: map[string]bool{}}
	bucketOf := map[string]string{} // quarter → bucket
	var from, to time.Time
	longer := false
	for _, b := range s.buckets {
		sp := s.spans[b.run]
		quarters := s.quarterly(sp.from, sp.to)
		if len(quarters) == 0 {
			continue
		}
		if from.IsZero() {
			from = sp.from
		}
		to = sp.to
		longer = longer || len(quarters) > 1
		var keys []any
		for i, d := range s.times {
			keys = append(keys, keyText(d.name, b.keys[i]))
		}
		name := timeName(keys)
		c.times[name] = true
		for _, q := range quarters {
			bucketOf[timeName([]any{keyText("quarter", q)})] = name
		}
	}
	if from.IsZero() {
		return c, nil
	}
	ask := func(tree string, from, to time.Time, dims []string, nameOf func(string) string) error {
		marked, err := s.marks(ctx, v, tree, from, to, dims)
		for at, m := range marked {
			at.time = nameOf(at.time)
			was := c.hidden[at]
			c.hidden[at] = [2]bool{was[smallRegisters] || m[smallRegisters], was[smallOthers] || m[smallOthers]}
		}
		return err
	}
	for _, tree := range s.partial() {
		for f := from; f.Before(to); f = addMonths(f, 12*pictureYears) {
			t := addMonths(f, 12*pictureYears)
			if to.Before(t) {
				t = to
			}
			if err := ask(tree, f, t, []string{"quarter"}, func(q string) string { return bucketOf[q] }); err != nil {
				return nil, err
			}
		}
		if !longer {
			continue
		}
		var dims []string
		for _, d := range s.times {
			dims = append(dims, d.name)
		}
		if err := ask(tree, from, to, dims, func(name string) string { return name }); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// marks counts every block of a tree by cell, for the whole site, and says where something is small.
func (s *small) marks(ctx context.Context, v *warehouse.View, tree string, from, to time.Time, times []string) (map[blockTime][2]bool, error) {
	level, below := s.cat.SmallLevel(tree)
	leaves, pairs := s.careLeaves()
	q := Query{Dims: append([]string{orgPrefix + level, orgPrefix + below}, times...), From: from, To: to, Now: s.Now, Scope: units.Everything()}
	for _, m := range leaves {
		q.Metrics = append(q.Metrics, m.ID)
	}
	p, err := newPlan(s.cat, q)
	if err != nil {
		return nil, err
	}
	r := &register{tree: s.register.site, site: s.register.site} // coverage is nobody's question here
	r.classify()
	p.stand(r)
	for i := range p.inside { // what lies in a unit of the other tree has blocks of its own
		p.inside[i] = r.tree.Node(i+1).Tree == tree
	}
	rows, err := p.rows(ctx, v)
	if err != nil {
		return nil, err
	}
	marked := map[blockTime][2]bool{}
	for _, row := range rows {
		code, ok := row.Keys[0].Value.(string)
		if !ok {
			continue
		}
		var keys []any
		for _, k := range row.Keys[2:] {
			keys = append(keys, k.Value)
		}
		at := blockTime{r.tree.Position(code), timeName(keys)}
		is := s.smallIn(row, leaves, pairs)
		was := marked[at]
		marked[at] = [2]bool{was[smallRegisters] || is[smallRegisters], was[smallOthers] || is[smallOthers] || is[smallRegisters]}
	}
	return marked, nil
}

// smallIn says in which groups a cell has a small number. What is reported for the community itself is no cell's.
func (s *small) smallIn(row Row, leaves []*catalog.Metric, pairs [][2]int) (is [2]bool) {
	own := row.Keys[1].Value == nil
	note := func(g smallGroup, n float64) {
		is[g] = is[g] || 0 < n && n < float64(s.cat.Site.SmallN)
	}
	for i, m := range leaves {
		g, c := groupOf(m), row.Cells[i]
		if own && g == smallRegisters {
			continue
		}
		note(g, c.N)
		if c.HasD {
			note(g, c.D)
			note(g, c.D-c.N)
		}
	}
	for _, pair := range pairs {
		n, d := pair[0], pair[1]
		if !own && row.Cells[d].Note != NoData {
			note(max(groupOf(leaves[n]), groupOf(leaves[d])), row.Cells[d].N-row.Cells[n].N)
		}
	}
	return is
}

// careLeaves are the leaves that pictures decide, all that the catalogue has, and the pairs of them that it divides.
func (s *small) careLeaves() (leaves []*catalog.Metric, pairs [][2]int) {
	add := func(m *catalog.Metric) int {
		if !s.decided(m) {
			return -1
		}
		for i, l := range leaves {
			if l.ID == m.ID {
				return i
			}
		}
		leaves = append(leaves, m)
		return len(leaves) - 1
	}
	for _, m := range s.cat.Metrics() {
		for _, o := range s.operands(m) {
			add(o)
		}
		if m.Type != catalog.Cross {
			continue
		}
		of := madeOf(s.cat, m)
		if n, d := add(of[0]), add(of[1]); n >= 0 && d >= 0 {
			pairs = append(pairs, [2]int{n, d})
		}
	}
	for _, measure := range s.cat.Measures() {
		if !measure.Care {
			continue
		}
		for _, prefix := range []string{catalog.FigurePrefix, catalog.FigureRatePrefix} {
			m, _ := s.cat.Metric(prefix + measure.ID)
			add(m)
		}
	}
	return leaves, pairs
}
