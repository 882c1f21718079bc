package units

import (
	"slices"
	"unicode/utf8"
)

// FindInText finds the units that a title, sheet name or file name speaks of: 红旗街道朝阳社区居民诉求台账（2025年
// 上半年） speaks of 朝阳社区 in 红旗街道. At each place the longest name counts (names, aliases and their spellings
// with a kind, never a bare stem or a number). Names that a text mentions together narrow one another, and of
// those that lie in one another only the lowest is given. One unit is an answer, none is none; several, in
// official order, are what the text leaves open, and the caller must refuse to guess (FindOne does).
// The units lie inside every unit of within.
func (d *Directory) FindInText(text string, within ...string) []Unit {
	if len(text) > 8*longestText {
		text = text[:8*longestText]
	}
	fits := d.fits(within, "")
	var mentions [][]int
	s := normal(text)
	for at := 0; at < len(s); {
		is, length := d.mention(s, at, fits)
		if len(is) > 0 {
			mentions = append(mentions, is)
			at += length
			continue
		}
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}

	var found []int
	for m, is := range mentions {
		found = append(found, d.agreeing(is, mentions, m)...)
	}
	slices.Sort(found)
	found = slices.Compact(found)
	var out []Unit
	for _, i := range found {
		if !slices.ContainsFunc(found, func(j int) bool { return i != j && d.contains(i, j) }) {
			out = append(out, d.units[i])
		}
	}
	return out
}

// FindOne is FindInText where the text must speak of one unit: ok is false where it speaks of none, and several
// are an *AmbiguousError.
func (d *Directory) FindOne(text string, within ...string) (u Unit, ok bool, err error) {
	switch found := d.FindInText(text, within...); len(found) {
	case 0:
		return Unit{}, false, nil
	case 1:
		return found[0], true, nil
	default:
		e := &AmbiguousError{Text: text, Candidates: found}
		for _, u := range found {
			e.FullNames = append(e.FullNames, d.FullName(u.Code))
		}
		return Unit{}, false, e
	}
}

// mention gives the units with the longest spelling that begins at a place of the text, and its length in bytes.
func (d *Directory) mention(s string, at int, fits func(int) bool) (is []int, length int) {
	before, _ := utf8.DecodeLastRuneInString(s[:at])
	end, runes := at, 0
	for end < len(s) && runes < d.names.longest {
		r, size := utf8.DecodeRuneInString(s[end:])
		end += size
		runes++
		after, _ := utf8.DecodeRuneInString(s[end:])
		first, _ := utf8.DecodeRuneInString(s[at:])
		if joined(before, first) || joined(r, after) || !nameable(s[at:end]) {
			continue
		}
		if found := d.settle(d.named(s[at:end], kindred), fits); len(found) > 0 {
			is, length = found, end-at
		}
	}
	return is, length
}

// joined says that two neighbouring characters belong to one number or one Latin word.
func joined(a, b rune) bool { return isDigit(a) && isDigit(b) || isLatin(a) && isLatin(b) }

// agreeing keeps those units of a mention that agree with the most other mentions: that lie in one of their
// units, or around it.
func (d *Directory) agreeing(is []int, mentions [][]int, own int) []int {
	best, kept := -1, []int(nil)
	for _, i := range is {
		n := 0
		for m, others := range mentions {
			if m != own && slices.ContainsFunc(others, func(j int) bool { return d.contains(i, j) || d.contains(j, i) }) {
				n++
			}
		}
		if n > best {
			best, kept = n, nil
		}
		if n == best {
			kept = append(kept, i)
		}
	}
	return kept
}
