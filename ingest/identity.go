package ingest

import (
	"encoding/binary"
	"math"
	"strconv"

	"gridstar/ingest/profile"
)

// identify gives every fact of the row its id: the source's number where the profile names one, else the key
// columns as they stand in the file (before masking and dropping) with the ordinal among equal rows, else, for a
// ledger that replaces its slice, what the fact is about. Ids are keyed with the site's secret.
func (c *converter) identify(ready []*emitter, p *pass) {
	var key string
	switch c.binding.Identity {
	case profile.BySourceNo:
		key = p.number
	case profile.ByKey:
		key = c.ordinal(c.hash.Key("key", p.key))
	}
	for _, e := range ready {
		k := key
		switch {
		case c.binding.Identity == profile.BySlice:
			c.scratch = e.appendAbout(c.scratch[:0])
			k = c.ordinal(c.hash.Key("about", e.Name, string(c.scratch)))
		case c.binding.Identity == profile.BySourceNo && e.sourceNo >= 0 && e.fact[e.sourceNo].set:
			k = e.fact[e.sourceNo].s
		}
		e.fact.text(e.id, c.hash.Key(c.space, e.Name, k))
		if e.source >= 0 {
			e.fact.text(e.source, c.space)
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
