package ingest

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"strconv"

	"gridstar/ingest/profile"
)

// identify gives every fact of the row its id: the source's number where the profile names one, else the unit of the
// title (two communities may both note 第一网格, 上门走访 on one day) and the key columns as they stand in the file
// (before masking and dropping) with the ordinal among equal rows, else, for a
// ledger that replaces its slice, what the fact is about. Ids are keyed with the site's secret. Facts behind that of a
// place in the same row belong to that place, unless they name one themselves.
func (c *converter) identify(ready []*emitter, p *pass) {
	var key string
	switch c.binding.Identity {
	case profile.BySourceNo:
		key = p.number
	case profile.ByKey:
		key = c.ordinal(c.hash.Key("key", c.context.unit, p.key))
	}
	place := "" // the place that the row states: what else it states took place there
	for _, e := range ready {
		if e.placeID >= 0 && !e.fact[e.placeID].set && place != "" {
			e.fact.text(e.placeID, place)
		}
		k := key
		switch {
		case c.binding.Identity == profile.BySlice:
			c.scratch = e.appendAbout(c.scratch[:0])
			k = c.ordinal(c.hash.Key("about", e.Name, string(c.scratch)))
		case c.binding.Identity == profile.BySourceNo && e.sourceNo >= 0 && e.fact[e.sourceNo].set:
			k = e.fact[e.sourceNo].s
		}
		id := c.hash.Key(c.space, e.Name, k)
		c.ids.add(id)
		e.fact.text(e.id, id)
		if e.Shape.Name == "place" {
			place = id
		}
		if e.source >= 0 {
			e.fact.text(e.source, c.space)
		}
	}
}

// idSet finds out whether an id comes twice in a file, which spares the database a grouping of the whole file. It
// keeps 64-bit hashes, so it may suspect a repetition where there is none, but never miss one.
type idSet struct {
	seed     maphash.Seed
	slots    []uint64 // open addressing; 0 is empty
	n        int
	repeated bool
}

func (s *idSet) add(id string) {
	if s.repeated {
		return
	}
	if s.slots == nil {
		s.seed = maphash.MakeSeed()
	}
	if 2*s.n >= len(s.slots) {
		s.grow()
	}
	h := max(maphash.String(s.seed, id), 1)
	if s.repeated = !s.put(h); !s.repeated {
		s.n++
	}
}

// put stores a hash; false where it is there already.
func (s *idSet) put(h uint64) bool {
	mask := uint64(len(s.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case h:
			return false
		case 0:
			s.slots[i] = h
			return true
		}
	}
}

func (s *idSet) grow() {
	old := s.slots
	s.slots = make([]uint64, max(1024, 2*len(old)))
	for _, h := range old {
		if h != 0 {
			s.put(h)
		}
	}
}

// ordinal tells rows with one key apart by their order in the file.
func (c *converter) ordinal(key string) string {
	n := c.seen[key]
	c.seen[key] = n + 1
	if n == 0 {
		return key
	}
	return key + "#" + strconv.Itoa(n)
}

// aboutColumns say what a fact without source number and key is about: a new value for the same thing replaces the
// old one. Of the other shapes a fact is all that it says.
var aboutColumns = map[string][]string{
	"figure": {"org_code", "subject_type", "subject", "measure", "period_from", "period_to", "as_of", "denominator_label"},
	"place":  {"type", "name", "org_code", "party_org_code", "person_key", "related_id"},
}

// appendAbout spells out what the fact is about, unambiguously.
func (e *emitter) appendAbout(b []byte) []byte {
	one := func(col int) {
		v := &e.fact[col]
		if !v.set || col == e.row {
			return
		}
		b = binary.AppendUvarint(b, uint64(col))
		b = binary.AppendUvarint(b, uint64(len(v.s)))
		b = append(b, v.s...)
		b = binary.AppendVarint(b, v.i)
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v.f))
	}
	for _, col := range e.about {
		one(col)
	}
	if e.about == nil {
		for col := range e.fact {
			one(col)
		}
	}
	return b
}
