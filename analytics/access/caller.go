package access

import (
	"slices"
	"strings"
	"time"

	"gridstar/analytics/units"
)

// Grant gives an account a role for a unit and all below it, up to a day.
type Grant struct {
	ID        string    `json:"id"` // of its account's grants
	Role      Role      `json:"role"`
	Org       string    `json:"org,omitempty"`   // code; "" is the whole site
	Stars     []string  `json:"stars,omitempty"` // of an Evaluator: codes of stars, such as GJ
	Petitions bool      `json:"petitions,omitempty"`
	Care      bool      `json:"care,omitempty"`
	Until     time.Time `json:"until,omitzero"` // first moment at which it holds no more; zero: no end
	By        string    `json:"by"`             // who gave it
	At        time.Time `json:"at"`
}

// Live says whether the grant holds at a moment, a naive time of the site's zone.
func (g Grant) Live(now time.Time) bool { return g.Until.IsZero() || now.Before(g.Until) }

// Reach is the units the grant holds for.
func (g Grant) Reach() units.Reach {
	if g.Org == "" {
		return units.Reach{All: true}
	}
	return units.Under(g.Org)
}

// Caller is who asks, as of one request: an account that is not disabled, with the grants that hold now. The zero
// Caller is nobody. A Caller is not changed once it is made.
type Caller struct {
	Account string // sign-in name
	Name    string // as shown on pages
	Grants  []Grant

	// ViewedBy is the administrator who looks with this person's eyes (以其身份查看); "" for the person. Such a Caller
	// reads numbers and rows only, without the protected fields.
	ViewedBy string

	Session string // id of the session, for the list of sessions; "" for tokens
	Token   string // id of the API token; "" for sessions
	Address string // where the request comes from

	MustChange bool // the password has to be changed before anything else
}

// May says whether the caller has a right, for whichever units.
func (c *Caller) May(right Right) bool {
	switch {
	case right == Anyone:
		return true
	case c == nil || c.Account == "":
		return false
	case right == Self:
		return true
	case c.ViewedBy != "" && right != See && right != Open:
		return false
	}
	return slices.ContainsFunc(c.Grants, func(g Grant) bool { return g.Role.Has(right) })
}

// Scope is the units for which the caller has a right, and where the protected fields are open to him; the zero Scope,
// which sees nothing, where he does not have it.
func (c *Caller) Scope(right Right) units.Scope {
	var s units.Scope
	if !c.May(right) {
		return s
	}
	for _, g := range c.Grants {
		if !g.Role.Has(right) {
			continue
		}
		s.Reach = s.Reach.Or(g.Reach())
		if g.Petitions && c.ViewedBy == "" {
			s.Petitions = s.Petitions.Or(g.Reach())
		}
		if g.Care && c.ViewedBy == "" {
			s.Care = s.Care.Or(g.Reach())
		}
	}
	return s
}

// Stars are the codes of the stars that the caller may judge.
func (c *Caller) Stars() []string {
	var all []string
	for _, g := range c.Grants {
		if g.Role.Has(Judge) {
			all = append(all, g.Stars...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Key tells callers apart for whom a page may differ: who they are, and what they hold.
func (c *Caller) Key() string {
	if c == nil {
		return ""
	}
	parts := []string{c.Account, c.Name, c.ViewedBy}
	for _, k := range Kinds {
		for _, right := range k.Rights {
			if c.May(right) {
				parts = append(parts, string(right), c.Scope(right).Key())
			}
		}
	}
	return strings.Join(parts, "\x1d")
}

// Actor is who does something, for the audit log.
type Actor struct {
	Account  string // sign-in name; CommandLine for verbs
	ViewedBy string
	Address  string
}

// CommandLine is the Actor's account of a verb: whoever owns the data directory.
const CommandLine = "命令行"

// Inbox is the Actor's account of files that were put into the folder inbox/: whoever may write there.
const Inbox = "收件箱"

// Actor is the caller as the log names him.
func (c *Caller) Actor() Actor {
	if c == nil {
		return Actor{}
	}
	return Actor{Account: c.Account, ViewedBy: c.ViewedBy, Address: c.Address}
}
