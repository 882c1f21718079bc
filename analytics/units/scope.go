package units

import (
	"slices"
	"strings"
)

// Scope is the set of units whose numbers a caller may see: everything, or some units with all that is below
// them and, for a party organisation, all that it covers. The zero Scope sees nothing, so that a forgotten scope
// denies.
type Scope struct {
	All   bool
	Units []string // codes, sorted, each once; ignored when All is set
}

// Everything is the scope of the command line and of the administrator.
func Everything() Scope { return Scope{All: true} }

// Only is the scope of these units and all below them. Empty codes are dropped.
func Only(codes ...string) Scope {
	own := slices.DeleteFunc(slices.Clone(codes), func(c string) bool { return c == "" })
	slices.Sort(own)
	return Scope{Units: slices.Compact(own)}
}

// Empty says that the scope sees nothing.
func (s Scope) Empty() bool { return !s.All && len(s.Units) == 0 }

// Key names the scope in cache keys: equal scopes have equal keys, different ones different keys. Codes hold no
// control characters (LoadTable and LoadLayer refuse them), so joining them is unambiguous.
func (s Scope) Key() string {
	if s.All {
		return "*"
	}
	return "=" + strings.Join(s.Units, "\x1f")
}
