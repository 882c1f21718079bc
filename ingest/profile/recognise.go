package profile

import (
	"cmp"
	"slices"
	"strings"
)

// HeadRows is how many rows of a file Recognise, Candidates and FindHeader want to see.
const HeadRows = 30

// Candidate is a profile that fits a file, with the header it was found by.
type Candidate struct {
	Profile *Profile
	Place   Place
	Header  []string // of the file, joined where it has several rows: what Bind wants
	Known   int      // how many columns of the file the profile knows
	Missing []string // columns the profile names and the file lacks; for the candidates of an ErrUnknown those without which it cannot be read
}

// Recognise finds the one profile whose [match] headers stand together in a header among the first rows. head holds
// the first rows of the file, as the source delivers them, or for JSON the keys alone. The error is an *Error: ErrUnknown, naming the
// nearest profiles and what they lack, or ErrAmbiguous, naming those that fit; its Candidates are these. A profile that
// extends another fits only a file that has all of its [columns], and then goes before that other one and before those that know no
// more columns; one that refuses its ledgers counts only where it knows as many columns as any other.
func (s *Set) Recognise(head [][]string) (Candidate, error) {
	rows := headers(head)
	fits := s.candidates(rows)
	if len(fits) == 0 {
		return Candidate{}, s.unknown(rows)
	}
	rivals := withoutRivals(fits)
	if len(rivals) == 1 {
		return rivals[0], nil
	}
	var names []string
	for _, c := range rivals {
		names = append(names, c.Profile.Title)
	}
	return Candidate{}, &Error{
		Text: "这份台账同时符合" + quoteAll(names) + "几个模板，无法判断，请用 --profile 指定。",
		Err:  ErrAmbiguous, Candidates: rivals,
	}
}

// Candidates returns every profile that fits the first rows of a file, best first: the one Recognise would take, then by how
// many columns they know.
func (s *Set) Candidates(head [][]string) []Candidate {
	fits := s.candidates(headers(head))
	first := withoutRivals(fits)
	slices.SortStableFunc(fits, func(a, b Candidate) int {
		return cmp.Or(-compareBool(among(first, a), among(first, b)), cmp.Compare(b.Known, a.Known))
	})
	return fits
}

func among(list []Candidate, c Candidate) bool {
	return slices.ContainsFunc(list, func(o Candidate) bool { return o.Profile == c.Profile })
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// candidates are the profiles that fit, in the order of the set.
func (s *Set) candidates(rows []headerRow) []Candidate {
	var fits []Candidate
	for _, p := range s.profiles {
		if len(p.Match) == 0 {
			continue
		}
		if c, ok := p.find(rows, true); ok {
			fits = append(fits, c)
		}
	}
	return fits
}

// withoutRivals leaves out the candidates that another one goes before.
func withoutRivals(fits []Candidate) []Candidate {
	best, refusing, own := 0, Candidate{}, false
	for _, c := range fits {
		switch {
		case c.Profile.Refuse == "":
			best = max(best, c.Known)
			own = own || c.Profile.spells() > 0
		case refusing.Profile == nil || c.Known > refusing.Known:
			refusing = c
		}
	}
	if refusing.Profile != nil && refusing.Known >= best && !own {
		return []Candidate{refusing}
	}
	var out []Candidate
	for _, c := range fits {
		if c.Profile.Refuse == "" && !slices.ContainsFunc(fits, func(o Candidate) bool { return o.before(c) }) {
			out = append(out, c)
		}
	}
	return out
}

// before says whether c, where both fit, is the more particular one. The site has said of the very columns of the file what they are:
// then the profile it extended stands back, those that know no more columns do, and of others that extend the same one those that
// spell fewer columns.
func (c Candidate) before(o Candidate) bool {
	p, q := c.Profile, o.Profile
	switch {
	case p.spells() == 0 || p == q:
		return false
	case q.base == nil:
		return p.base == q || c.Known >= o.Known
	}
	return p.base == q.base && p.spells() > q.spells()
}

// spells counts the columns of which an extension says how the file spells them.
func (p *Profile) spells() (n int) {
	if p.base == nil {
		return 0
	}
	for _, header := range p.columns {
		if header != "" {
			n++
		}
	}
	return n
}

// FindHeader returns where in the first rows of a file its header is: the row the profile names (counted among the rows given), else
// the rows that hold all match headers, can be bound, and of which the profile knows most columns. For a profile
// without header it returns -1, -1.
func (p *Profile) FindHeader(head [][]string) (Place, bool) {
	if p.HeaderRow == NoHeaderRow {
		return noHeader, true
	}
	c, ok := p.find(headers(head), false)
	return c.Place, ok
}

// headerRow is what may be the header of a file: one row, or several joined.
type headerRow struct {
	foldedRow
	place Place
}

// headers are the headers that the first rows of a file may hold, by their first row, then by their last. A row below which
// another one tells its columns apart is none alone: its names would cover columns that say different things.
func headers(head [][]string) []headerRow {
	out := make([]headerRow, 0, len(head))
	for i := range head {
		if i >= HeadRows || i+1 >= len(head) || !stacked(head[i:i+2]) {
			out = append(out, headerRow{foldRow(head[i]), Place{i, i}})
		}
		for last := i + 1; last < min(i+maxLevels, len(head), HeadRows) && stacked(head[i:last+1]); last++ {
			out = append(out, headerRow{foldRow(JoinHeader(head[i : last+1])), Place{i, last}})
		}
	}
	return out
}

// find looks for the profile's header. particular asks for what recognises the ledger beside the match headers: no absent header,
// and all columns that the profile spells in its own way.
func (p *Profile) find(rows []headerRow, particular bool) (Candidate, bool) {
	best := Candidate{Profile: p, Place: noHeader}
	if p.HeaderRow == NoHeaderRow {
		return best, true
	}
	for _, row := range rows {
		at := row.place
		if p.HeaderRow > 0 && at != (Place{p.HeaderRow - 1, p.HeaderRow - 1}) || p.HeaderRow <= 0 && at.Last >= HeadRows {
			continue
		}
		known, missing := p.fits(row.foldedRow, particular)
		// Of headers that overlap and know as much, the one that ends lower is whole, and of those the one that begins lower
		// has no title in it.
		overlaps := best.Known > 0 && at.First <= best.Place.Last
		if known > best.Known || known > 0 && known == best.Known && overlaps && (at.Last > best.Place.Last || at.First > best.Place.First) {
			best.Known, best.Place, best.Header, best.Missing = known, at, row.cells, missing
		}
	}
	return best, best.Known > 0
}

// fits returns how many columns of a header the profile knows, 0 if it is not its header, and the columns that it lacks.
func (p *Profile) fits(row foldedRow, particular bool) (known int, missing []string) {
	r := row.resolver(p)
	for _, h := range p.Match {
		if r.at(h) == nil {
			return 0, nil
		}
	}
	if particular && (slices.ContainsFunc(p.Absent, func(h string) bool { return r.at(h) != nil }) || !r.hasColumns()) {
		return 0, nil
	}
	if p.Refuse != "" {
		return r.knows(p.names()), nil
	}
	b, required := p.bind(row)
	if len(required) > 0 {
		return 0, nil
	}
	return b.known, b.Missing
}

// unknown is the error for a file that no profile fits.
func (s *Set) unknown(rows []headerRow) *Error {
	var near []nearMiss
	for _, p := range s.profiles {
		if len(p.Match) == 0 {
			continue
		}
		if m := p.miss(rows); m.share >= 0.5 {
			near = append(near, m)
		}
	}
	if len(near) == 0 {
		return &Error{Text: "无法识别这份台账：表头与已有的台账模板都不相符，请检查表头，或用 --profile 指定模板。", Err: ErrUnknown}
	}
	slices.SortStableFunc(near, func(a, b nearMiss) int { return cmp.Compare(b.share, a.share) })
	near = near[:min(3, len(near))]
	e := &Error{Err: ErrUnknown}
	var parts []string
	for _, m := range near {
		parts = append(parts, "“"+m.Profile.Title+"”（缺少"+quoteAll(m.Missing)+"列）")
		e.Candidates = append(e.Candidates, m.Candidate)
	}
	e.Text = "无法识别这份台账，最接近的模板是" + strings.Join(parts, "、") + "，请检查表头，或用 --profile 指定模板。"
	return e
}

// nearMiss is a profile that does not fit, with what its best row lacks.
type nearMiss struct {
	Candidate
	share float64 // of the match headers that the row has
}

func (p *Profile) miss(rows []headerRow) nearMiss {
	best := nearMiss{Candidate{Profile: p, Place: noHeader}, -1}
	for _, row := range rows {
		if row.place.Last >= HeadRows {
			continue
		}
		r := row.resolver(p)
		var missing []string
		for _, h := range p.Match {
			if r.at(h) == nil {
				missing = append(missing, h)
			}
		}
		share := 1 - float64(len(missing))/float64(len(p.Match))
		if len(missing) == 0 && p.Refuse == "" {
			_, missing = p.bind(row.foldedRow)
		}
		if share > best.share && len(missing) > 0 {
			best.share, best.Missing, best.Place, best.Header = share, missing, row.place, row.cells
		}
	}
	return best
}
