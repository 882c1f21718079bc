package analytics

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// register is what a query is planned against besides the facts: the units as they count on the day of its now, and
// what was stated to be delivered. Both are small beside the facts, change rarely and are asked for by every query, so
// they are read once for a data version (Engine) and not worked out by each statement anew. A register is immutable.
type register struct {
	tree   *units.Tree                 // the units that the caller sees; all others do not exist for him
	site   *units.Tree                 // all units
	stated map[string]map[int32][]days // subject (record:SQ) → who states it: position at the site, wholeSite, unknownUnit → days

	// Leaves of the tree under the same stating units are covered alike.
	classOf []int32   // by position - 1: the class of a leaf; -1 for other units
	classes [][]int32 // who, above the leaves of a class, states something
}

// Who states something, besides units.
const (
	wholeSite   int32 = 0
	unknownUnit int32 = -1 // a unit that the tree does not have: it covers nothing
)

// days are [from, to), as dayNumber counts them.
type days struct{ from, to int }

// loadRegister reads the register of a data version (nil: that of the snapshot) for a civil date, as a reach sees it.
func loadRegister(ctx context.Context, v *warehouse.View, asOf *int64, on time.Time, reach units.Reach) (*register, error) {
	r, err := loadWhole(ctx, v, asOf, on)
	if err != nil {
		return nil, err
	}
	return r.within(reach), nil
}

// loadWhole is loadRegister for everything.
func loadWhole(ctx context.Context, v *warehouse.View, asOf *int64, on time.Time) (*register, error) {
	tree, err := units.LoadTree(ctx, v, asOf, on)
	if err != nil {
		return nil, &engineError{err}
	}
	r := &register{tree: tree, site: tree, stated: map[string]map[int32][]days{}}
	_, err = warehouse.Rows(ctx, v, func(rows *sql.Rows) (struct{}, error) {
		var subject string
		var org sql.NullString
		var from, to time.Time
		if err := rows.Scan(&subject, &org, &from, &to); err != nil {
			return struct{}{}, err
		}
		r.state(subject, org, days{dayNumber(from), dayNumber(ceilDay(to))})
		return struct{}{}, nil
	}, "SELECT DISTINCT shape || ':' || subject, org_code, period_from, period_to FROM "+warehouse.Relation("coverage", asOf)+" c")
	if err != nil {
		return nil, &engineError{err}
	}
	for _, by := range r.stated {
		for at := range by {
			by[at] = merge(by[at])
		}
	}
	r.classify()
	return r, nil
}

func (r *register) state(subject string, org sql.NullString, d days) {
	by := r.stated[subject]
	if by == nil {
		by = map[int32][]days{}
		r.stated[subject] = by
	}
	at := wholeSite
	if org.Valid {
		if at = int32(r.site.Position(org.String)); at == 0 {
			at = unknownUnit
		}
	}
	by[at] = append(by[at], d)
}

// within is the register as the caller sees it whose scope reaches some units: without the others, and without what was
// stated about them. What was stated about a unit above his was stated about his too, and shows in their coverage alone.
func (r *register) within(reach units.Reach) *register {
	if reach.All {
		return r
	}
	w := &register{tree: r.site.Within(reach), site: r.site, stated: map[string]map[int32][]days{}}
	shows := w.shows()
	for subject, by := range r.stated {
		for at, list := range by {
			if !shows[at] {
				continue
			}
			if w.stated[subject] == nil {
				w.stated[subject] = map[int32][]days{}
			}
			w.stated[subject][at] = list
		}
	}
	w.classify()
	return w
}

// shows are those whose statements show in the caller's coverage: his units, those above them, and the whole site.
func (r *register) shows() map[int32]bool {
	all := map[int32]bool{wholeSite: true}
	for _, n := range r.tree.Nodes() {
		for _, a := range r.site.Node(r.site.Position(n.Code)).Above {
			all[a] = true
		}
	}
	return all
}

// reached marks, by position - 1, the units of another reach.
func (r *register) reached(reach units.Reach) []bool {
	all := r.site.Reached(reach)
	if r.tree == r.site {
		return all
	}
	in := make([]bool, r.tree.Len())
	for i, n := range r.tree.Nodes() {
		in[i] = all[r.site.Position(n.Code)-1]
	}
	return in
}

// classify puts every leaf into the class of those under the same stating units.
func (r *register) classify() {
	stating := map[int32]bool{}
	for _, by := range r.stated {
		for at := range by {
			stating[at] = true
		}
	}
	known := map[string]int32{}
	r.classOf = make([]int32, r.tree.Len())
	for i := range r.classOf {
		n := r.tree.Node(i + 1)
		if r.classOf[i] = -1; !n.Leaf {
			continue
		}
		var above []int32
		for _, a := range r.site.Node(r.site.Position(n.Code)).Above {
			if stating[a] {
				above = append(above, a)
			}
		}
		slices.Sort(above)
		key := positionsKey(above)
		class, ok := known[key]
		if !ok {
			class = int32(len(r.classes))
			known[key] = class
			r.classes = append(r.classes, above)
		}
		r.classOf[i] = class
	}
}

// positionsKey is a map key for a list of positions.
func positionsKey(list []int32) string {
	key := make([]byte, 0, 4*len(list))
	for _, p := range list {
		key = append(key, byte(p), byte(p>>8), byte(p>>16), byte(p>>24))
	}
	return string(key)
}

// merge sorts intervals and joins those that touch.
func merge(all []days) []days {
	slices.SortFunc(all, func(a, b days) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return a.to - b.to
	})
	var out []days
	for _, d := range all {
		if n := len(out); n > 0 && d.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, d.to)
		} else if d.from < d.to {
			out = append(out, d)
		}
	}
	return out
}

// common are the days that two merged lists share.
func common(a, b []days) []days {
	var out []days
	for i, j := 0, 0; i < len(a) && j < len(b); {
		from, to := max(a[i].from, b[j].from), min(a[i].to, b[j].to)
		if from < to {
			out = append(out, days{from, to})
		}
		if a[i].to < b[j].to {
			i++
		} else {
			j++
		}
	}
	return out
}

// bytes is about the memory a register holds.
func (r *register) bytes() int64 {
	size := int64(1024)
	for _, n := range r.tree.Nodes() {
		size += 400 + int64(len(n.Code)+len(n.Name)) + 4*int64(len(n.Above))
	}
	for _, by := range r.stated {
		for _, list := range by {
			size += 64 + 16*int64(len(list))
		}
	}
	return size
}
