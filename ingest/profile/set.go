package profile

import (
	"cmp"
	"embed"
	"slices"
	"strings"
	"sync"
)

//go:embed profiles/*.toml
var builtin embed.FS

// HeadRows is how many rows of a file Recognise and FindHeader want to see.
const HeadRows = 30

// Builtin returns the profiles that come with the program, by file name. They are read once.
func Builtin() ([]*Profile, error) {
	all, err := readBuiltin()
	return slices.Clone(all), err
}

var readBuiltin = sync.OnceValues(func() ([]*Profile, error) {
	entries, err := builtin.ReadDir("profiles")
	if err != nil {
		return nil, err
	}
	var out []*Profile
	for _, e := range entries {
		data, err := builtin.ReadFile("profiles/" + e.Name())
		if err != nil {
			return nil, err
		}
		p, err := Parse(data, e.Name(), Options{NeedMatch: true})
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
})

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

// Recognise finds the one profile whose [match] headers stand together in one of the first rows, and that row's index. head holds
// the first rows of the file as they are (head[i] is file row i+1), or for JSON the keys alone. The error is an
// *Error: ErrUnknown, naming the nearest profiles and what they lack, or ErrAmbiguous, naming those that fit.
func (s *Set) Recognise(head [][]string) (p *Profile, headerRow int, err error) {
	var fits []*Profile
	rows := foldRows(head)
	for _, q := range s.profiles {
		if len(q.Match) == 0 {
			continue
		}
		if row, ok := q.findHeader(rows); ok {
			fits, headerRow = append(fits, q), row
		}
	}
	switch len(fits) {
	case 1:
		return fits[0], headerRow, nil
	case 0:
		return nil, 0, s.unknown(rows)
	}
	var names []string
	for _, q := range fits {
		names = append(names, q.Title)
	}
	return nil, 0, &Error{Text: "这份台账同时符合" + quoteAll(names) + "几个模板，无法判断，请用 --profile 指定。", Err: ErrAmbiguous}
}

func (s *Set) unknown(rows []foldedRow) *Error {
	var near []nearMiss
	for _, q := range s.profiles {
		if len(q.Match) == 0 {
			continue
		}
		if m := q.miss(rows); m.share >= 0.5 {
			near = append(near, m)
		}
	}
	if len(near) == 0 {
		return &Error{Text: "无法识别这份台账：表头与已有的台账模板都不相符，请检查表头，或用 --profile 指定模板。", Err: ErrUnknown}
	}
	slices.SortStableFunc(near, func(a, b nearMiss) int { return cmp.Compare(b.share, a.share) })
	var parts []string
	for _, m := range near[:min(3, len(near))] {
		parts = append(parts, "“"+m.p.Title+"”（缺少"+quoteAll(m.missing)+"列）")
	}
	return &Error{Text: "无法识别这份台账，最接近的模板是" + strings.Join(parts, "、") + "，请检查表头，或用 --profile 指定模板。", Err: ErrUnknown}
}

// nearMiss is a profile that does not fit, with what its best row lacks.
type nearMiss struct {
	p       *Profile
	share   float64 // of the match headers that the row has
	missing []string
}

func (p *Profile) miss(rows []foldedRow) nearMiss {
	best := nearMiss{p: p, share: -1}
	for _, row := range rows[:min(HeadRows, len(rows))] {
		r := row.resolver(p)
		var missing []string
		for _, h := range p.Match {
			if r.at(h) == nil {
				missing = append(missing, h)
			}
		}
		share := 1 - float64(len(missing))/float64(len(p.Match))
		if len(missing) == 0 {
			_, missing = p.bind(row)
		}
		if share > best.share && len(missing) > 0 {
			best.share, best.missing = share, missing
		}
	}
	return best
}

// FindHeader returns the index of the header in the first rows of a file (head[i] is file row i+1): the row the profile
// names, else the row that holds all match headers, can be bound, and of which the profile knows most columns. For a
// profile without header it returns -1, true.
func (p *Profile) FindHeader(head [][]string) (row int, ok bool) { return p.findHeader(foldRows(head)) }

func (p *Profile) findHeader(rows []foldedRow) (row int, ok bool) {
	switch {
	case p.HeaderRow == NoHeaderRow:
		return -1, true
	case p.HeaderRow > 0:
		if p.HeaderRow > len(rows) {
			return 0, false
		}
		return p.HeaderRow - 1, p.fits(rows[p.HeaderRow-1]) > 0
	}
	best := 0
	for i, r := range rows[:min(HeadRows, len(rows))] {
		if n := p.fits(r); n > best {
			best, row, ok = n, i, true
		}
	}
	return row, ok
}

// fits returns how many columns of a header the profile knows, 0 if it is not its header.
func (p *Profile) fits(row foldedRow) int {
	r := row.resolver(p)
	for _, h := range p.Match {
		if r.at(h) == nil {
			return 0
		}
	}
	b, required := p.bind(row)
	if len(required) > 0 {
		return 0
	}
	return b.known
}
