package profile

import (
	"embed"
	"slices"
	"sync"
)

//go:embed profiles/*.toml
var builtin embed.FS

// Builtin returns the profiles that come with the program, by file name. They are read once.
func Builtin() ([]*Profile, error) {
	builtins.Do(func() { builtins.all, builtins.err = readBuiltin() })
	return slices.Clone(builtins.all), builtins.err
}

var builtins struct {
	sync.Once
	all []*Profile
	err error
}

func readBuiltin() ([]*Profile, error) {
	entries, err := builtin.ReadDir("profiles")
	if err != nil {
		return nil, err
	}
	set := NewSet()
	for _, e := range entries {
		data, err := builtin.ReadFile("profiles/" + e.Name())
		if err != nil {
			return nil, err
		}
		p, err := Parse(data, e.Name(), Options{NeedMatch: true, Base: set.ByName})
		if err != nil {
			return nil, err
		}
		set.profiles = append(set.profiles, p) // not Add: a test holds that names are unique
	}
	return set.profiles, nil
}

func builtinNamed(name string) (*Profile, bool) {
	all, err := Builtin()
	if err != nil {
		return nil, false
	}
	return NewSet(all...).ByName(name)
}

// Set is the profiles a site has. A profile added later replaces one of the same name.
type Set struct{ profiles []*Profile }

// NewSet returns a set of profiles.
func NewSet(profiles ...*Profile) *Set {
	s := &Set{}
	for _, p := range profiles {
		s.Add(p)
	}
	return s
}

// Add puts a profile into the set.
func (s *Set) Add(p *Profile) {
	if i := slices.IndexFunc(s.profiles, func(q *Profile) bool { return q.Name == p.Name }); i >= 0 {
		s.profiles[i] = p
		return
	}
	s.profiles = append(s.profiles, p)
}

// File is a profile file of a site.
type File struct {
	Name string // for messages
	Text []byte
}

// AddFiles reads the profiles of a site and adds them; each must say how its ledger is recognised. A profile may extend one of the
// others, whichever comes first, and one of its own name that is already there: it then takes that one's place.
func (s *Set) AddFiles(files []File) error {
	var later []File
	bases := NewSet(s.profiles...)
	for _, f := range files {
		if _, top := decode(f.Text, f.Name); top != nil && top.has("extends") {
			later = append(later, f)
			continue
		}
		p, err := Parse(f.Text, f.Name, Options{NeedMatch: true})
		if err != nil {
			return err
		}
		bases.Add(p)
		s.Add(p)
	}
	for _, f := range later {
		p, err := Parse(f.Text, f.Name, Options{NeedMatch: true, Base: bases.ByName})
		if err != nil {
			return err
		}
		s.Add(p)
	}
	return nil
}

// All returns the profiles in the order they were added.
func (s *Set) All() []*Profile { return slices.Clone(s.profiles) }

// ByName returns the profile of that name or display name.
func (s *Set) ByName(name string) (*Profile, bool) {
	for _, same := range []func(p *Profile) bool{
		func(p *Profile) bool { return p.Name == name },
		func(p *Profile) bool { return p.Title == name },
	} {
		if i := slices.IndexFunc(s.profiles, same); i >= 0 {
			return s.profiles[i], true
		}
	}
	return nil, false
}
