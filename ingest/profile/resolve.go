package profile

import "slices"

// foldedRow is a row that may be a header, with its cells folded once for all profiles.
type foldedRow struct {
	cells   []string
	index   map[string][]int
	aliases map[string]alias // what columns of a header of several rows may also be called
	named   []bool           // not blank
}

// alias is the column that another name stands for; of columns of equal rank none.
type alias struct{ col, rank int }

// maxHeader is how long a header may be in bytes; a longer cell is text.
const maxHeader = 300

func foldRow(cells []string) foldedRow {
	r := foldedRow{cells: cells, index: map[string][]int{}, named: make([]bool, len(cells))}
	for i, h := range cells {
		if len(h) > maxHeader {
			continue
		}
		if f := Fold(h); f != "" {
			r.index[f], r.named[i] = append(r.index[f], i), true
		}
		names := aliases(h)
		if name, _, ok := splitUnit(h); ok { // 应收（万元） is 应收
			names = append(names, append([]string{Fold(name)}, aliases(name)...)...)
		}
		for rank, f := range names {
			r.alias(f, alias{i, rank})
		}
	}
	return r
}

func (r *foldedRow) alias(name string, a alias) {
	if r.aliases == nil {
		r.aliases = map[string]alias{}
	}
	switch old, ok := r.aliases[name]; {
	case !ok || a.rank < old.rank:
		r.aliases[name] = a
	case a.rank == old.rank && a.col != old.col:
		r.aliases[name] = alias{-1, a.rank}
	}
}

// resolver looks columns up in one header for one profile.
type resolver struct {
	foldedRow
	p        *Profile
	used     []bool
	canon    []string // the name by which a column was first asked for; nil where nobody asks
	claimed  []bool   // spelt out by [columns]: no other name means them; nil = none
	missing  []string
	required []string // missing and required
	mainSpec *fieldSpec
}

func (row foldedRow) resolver(p *Profile) *resolver {
	r := &resolver{foldedRow: row, p: p, used: make([]bool, len(row.cells))}
	for _, header := range p.columns {
		for _, i := range r.spelt(Fold(header)) {
			if r.claimed == nil {
				r.claimed = make([]bool, len(row.cells))
			}
			r.claimed[i] = true
		}
	}
	return r
}

// at returns the indexes of the columns with that name: the one that [columns] gives it, else those with the name or one of
// its synonyms that [columns] gives to no other.
func (r *resolver) at(name string) []int {
	folded := Fold(name)
	if header, ok := r.p.columns[folded]; ok {
		return r.spelt(Fold(header))
	}
	syn := r.p.synonyms[folded]
	if at := r.free(r.index[folded]); at != nil {
		return at
	}
	for _, s := range syn.folded {
		if at := r.free(r.index[s]); at != nil {
			return at
		}
	}
	if r.aliases == nil {
		return nil
	}
	if at := r.free(r.aliased(folded)); at != nil {
		return at
	}
	for _, s := range syn.folded {
		if at := r.free(r.aliased(s)); at != nil {
			return at
		}
	}
	return nil
}

// spelt returns the columns with exactly that folded header.
func (r *foldedRow) spelt(folded string) []int {
	if at := r.index[folded]; at != nil {
		return at
	}
	return r.aliased(folded)
}

func (r *foldedRow) aliased(folded string) []int {
	if a, ok := r.aliases[folded]; ok && a.col >= 0 {
		return []int{a.col}
	}
	return nil
}

// free leaves out the columns that [columns] has given a name.
func (r *resolver) free(at []int) []int {
	if r.claimed == nil || !slices.ContainsFunc(at, func(i int) bool { return r.claimed[i] }) {
		return at
	}
	var out []int
	for _, i := range at {
		if !r.claimed[i] {
			out = append(out, i)
		}
	}
	return out
}

// hasColumns says whether the file has every column that [columns] spells out.
func (r *resolver) hasColumns() bool {
	for _, header := range r.p.columns {
		if header != "" && r.spelt(Fold(header)) == nil {
			return false
		}
	}
	return true
}

// knows counts the columns that the names mean.
func (r *resolver) knows(names []string) int {
	seen := map[int]bool{}
	for _, n := range names {
		for _, i := range r.at(n) {
			seen[i] = true
		}
	}
	return len(seen)
}

// find returns the first of the names that exists.
func (r *resolver) find(names ...string) Column {
	for _, name := range names {
		if at := r.at(name); at != nil {
			r.use(at, name)
			return Column{Header: label(r.cells[at[0]]), at: at[0] + 1, also: at[1:]}
		}
	}
	if len(names) > 0 {
		r.missing = append(r.missing, names[0])
	}
	return Column{}
}

// all returns those of the names that exist.
func (r *resolver) all(names []string) []Column {
	var out []Column
	for _, n := range names {
		if c := r.find(n); c.Bound() {
			out = append(out, c)
		}
	}
	return out
}

// mark counts columns as known without binding them.
func (r *resolver) mark(names []string) {
	for _, n := range names {
		r.use(r.at(n), n)
	}
}

// use notes that columns are known by a name.
func (r *resolver) use(at []int, name string) {
	for _, i := range at {
		r.used[i] = true
		if r.canon[i] == "" {
			r.canon[i] = name
		}
	}
}
