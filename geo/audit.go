package geo

import (
	"cmp"
	"slices"

	"github.com/paulmach/orb"
)

// Audit checks every feature for itself (code, rings, holes: the rules of OGC
// Simple Features 06-103r4 §6.1.11 and §6.1.14) and all of them against each other
// (equal codes, overlaps of more than 1 m²; once every shape is sound, also gaps of more
// than 1 m²: what features enclose and none holds, and cracks of up to 5 m between two of
// them). Findings come in file order, in a
// feature by polygon and ring; a kind is listed at most ten times a feature, the
// last one counting the rest. Codes and names are checked only if any feature has
// one. The layer is sound if no finding is a Failure.
func Audit(fs []Feature) []Finding {
	var out []Finding
	hasCode := slices.ContainsFunc(fs, func(f Feature) bool { return f.Code != "" })
	hasName := slices.ContainsFunc(fs, func(f Feature) bool { return f.Name != "" })
	first := map[string]int{}
	for i, f := range fs {
		found := slices.Clone(f.Notes)
		if hasCode && f.Code == "" {
			found = append(found, newFinding(EmptyCode, orb.Point{}))
		}
		if hasName && f.Name == "" {
			found = append(found, newFinding(EmptyName, orb.Point{}))
		}
		if j, ok := first[f.Code]; ok && f.Code != "" {
			n := newFinding(SameCode, orb.Point{})
			n.Other, n.OtherCode = rowOf(fs, j), f.Code
			found = append(found, n)
		} else {
			first[f.Code] = i
		}
		if len(f.Shape) == 0 && len(f.Notes) == 0 {
			found = append(found, newFinding(NoGeometry, orb.Point{}))
		}
		found = append(found, thin(auditShape(f.Shape))...)
		for k := range found {
			found[k].Feature, found[k].Code = rowOf(fs, i), f.Code
		}
		out = append(out, found...)
	}
	out = append(out, auditOverlaps(fs)...)
	if !slices.ContainsFunc(out, func(f Finding) bool { return f.Severity == Failure && f.Placed() }) {
		out = append(out, auditGaps(fs)...)
	}
	slices.SortStableFunc(out, func(a, b Finding) int { return cmp.Compare(a.Feature, b.Feature) })
	return out
}

// rowOf is the number by which a user knows feature i.
func rowOf(fs []Feature, i int) int {
	if fs[i].Row > 0 {
		return fs[i].Row
	}
	return i + 1
}

// thin keeps the first findings of each kind and lets the last of them count the
// rest: a scribbled ring has thousands of crossings, and ten places are enough to
// find it.
func thin(found []Finding) []Finding {
	const most = 10
	seen := map[FindingKind]int{}
	last := map[FindingKind]int{}
	out := found[:0]
	for _, f := range found {
		if seen[f.Kind]++; seen[f.Kind] > most {
			out[last[f.Kind]].Count += f.Count
			continue
		}
		last[f.Kind] = len(out)
		out = append(out, f)
	}
	return out
}
