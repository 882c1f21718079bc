package ingest

import (
	"encoding/binary"
	"math"

	"gridstar/analytics/warehouse"
	"gridstar/ingest/profile"
)

// identify gives every fact of the row its id: the source's number where the profile names one, else the unit of the
// title (two communities may both note 第一网格, 上门走访 on one day) and the key columns of the file
// (whole, also what is masked or not stored; spelling folded, see profile.AppendKey) with the ordinal among equal rows, else, for a ledger that replaces its slice, what the
// fact is about with the ordinal among equal facts. Ids are keyed with the site's secret. Facts behind that of a place in
// the same row belong to that place, unless they name one themselves.
//
// The id written here is that of ordinal 0, which nearly every row has; the collector counts and mends (restate).
func (c *converter) identify(ready []*emitter, p *pass) {
	var row string
	switch c.binding.Identity {
	case profile.BySourceNo:
		row = p.number
	case profile.ByKey:
		row = c.hash.Key("key", c.context.unit, p.key)
	}
	place := "" // the place that the row states: what else it states took place there
	for _, e := range ready {
		s := stated{emit: e.number}
		if e.placeID >= 0 && !e.fact[e.placeID].set && place != "" {
			e.fact.text(e.placeID, place)
			s.homed = true
		}
		k := row
		switch {
		case c.binding.Identity == profile.BySlice:
			c.scratch = e.appendAbout(c.scratch[:0])
			k = c.hash.Key("about", e.Name, string(c.scratch))
		case c.binding.Identity == profile.BySourceNo && e.sourceNo >= 0 && e.fact[e.sourceNo].set:
			k = e.fact[e.sourceNo].s
		}
		id := c.hash.Key(c.space, e.Name, k)
		if c.binding.Identity == profile.BySourceNo {
			k = id
		}
		copy(s.key[:], k)
		e.fact.text(e.id, id)
		if e.Shape.Name == "place" {
			place = id
		}
		if e.source >= 0 {
			e.fact.text(e.source, c.space)
		}
		c.facts = append(c.facts, s)
	}
}

// key is a hash of what tells a row, or a fact, from others.
type key [warehouse.KeyLen]byte

// hash keeps 64 of the key's 72 bits. By it a repetition may be suspected where there is none (among 5 million keys once in
// a million files), but none is missed; for the same file it is always the same.
func (k key) hash() uint64 {
	// Keys are Base64 of a hash: these two halves hold all of it, 48 and 24 bits.
	return binary.LittleEndian.Uint64(k[:8])*0x9E3779B97F4A7C15 + uint64(binary.LittleEndian.Uint32(k[8:]))*0xC2B2AE3D27D4EB4F
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
