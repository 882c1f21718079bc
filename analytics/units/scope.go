package units

import (
	"slices"
	"strings"
)

// Reach is a set of units: all, or some with all that is below them, for a party organisation all that it covers, and the
// party organisations whose area lies in these altogether (Tree.Reached). The zero Reach holds none.
type Reach struct {
	All   bool
	Units []string // codes, sorted, each once; ignored when All is set
}

// Scope is what a caller may see: the units whose numbers, and the rows behind them, he is answered about, and of those
// the ones whose protected fields he may read. The zero Scope sees nothing, so that a forgotten scope denies.
type Scope struct {
	Reach

	Petitions Reach // where the words of 信访 matters, and lists of nothing but these, may be read
	Care      Reach // where it may be read which care group a person belongs to, and small numbers of these are shown
}

// Everything is every unit's numbers without the protected fields: the scope of the command line.
func Everything() Scope { return Scope{Reach: Reach{All: true}} }

// Only is the scope of these units and all below them, without the protected fields. Empty codes are dropped.
func Only(codes ...string) Scope { return Scope{Reach: Under(codes...)} }

// Under is the reach of these units and all below them. Empty codes are dropped.
func Under(codes ...string) Reach {
	own := slices.DeleteFunc(slices.Clone(codes), func(c string) bool { return c == "" })
	slices.Sort(own)
	return Reach{Units: slices.Compact(own)}
}

// Empty says that nothing is in reach.
func (r Reach) Empty() bool { return !r.All && len(r.Units) == 0 }

// Or is what is in either reach.
func (r Reach) Or(o Reach) Reach {
	if r.All || o.All {
		return Reach{All: true}
	}
	return Under(append(slices.Clone(r.Units), o.Units...)...)
}

// Key names the reach in cache keys: equal ones have equal keys, different ones different keys. Codes hold no
// control characters (LoadTable and LoadLayer refuse them), so joining them is unambiguous.
func (r Reach) Key() string {
	if r.All {
		return "*"
	}
	return "=" + strings.Join(r.Units, "\x1f")
}

// Key names the scope in cache keys.
func (s Scope) Key() string {
	key := s.Reach.Key()
	if !s.Petitions.Empty() || !s.Care.Empty() {
		key += "\x1e" + s.Petitions.Key() + "\x1e" + s.Care.Key()
	}
	return key
}
