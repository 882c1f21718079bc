package geo

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// Severity says what a finding means for a layer.
type Severity int

const (
	Note    Severity = iota // changed by the reader, nothing to do
	Warning                 // the layer can be used; someone should look
	Failure                 // the layer must not be loaded as it is
)

func (s Severity) String() string { return [...]string{"提示", "警告", "错误"}[s] }

// MarshalText gives the English name, for JSON output.
func (s Severity) MarshalText() ([]byte, error) {
	return []byte([...]string{"note", "warning", "error"}[s]), nil
}

// FindingKind is the typed reason of a finding.
type FindingKind string

const (
	NoGeometry   FindingKind = "no_geometry"   // geometry is null, missing or without coordinates
	NotPolygon   FindingKind = "not_polygon"   // points or lines, left out
	NoProperties FindingKind = "no_properties" // a Feature without the required member
	BadMember    FindingKind = "bad_member"    // an id or bbox that breaks RFC 7946
	Reversed     FindingKind = "reversed"      // rings that ran the other way, turned by the reader
	EmptyCode    FindingKind = "empty_code"
	EmptyName    FindingKind = "empty_name"
	SameCode     FindingKind = "duplicate_code"

	Unclosed      FindingKind = "unclosed"         // last position differs from the first
	TooFewPoints  FindingKind = "too_few_points"   // fewer than three different positions
	SamePoints    FindingKind = "duplicate_points" // consecutive equal positions
	ZeroArea      FindingKind = "zero_area"        // a ring that encloses nothing
	Spike         FindingKind = "spike"            // an edge that returns along its predecessor
	SelfCrossing  FindingKind = "self_intersection"
	SelfTouch     FindingKind = "self_touch" // a ring that passes a point twice
	RingCrossing  FindingKind = "ring_crossing"
	SharedLine    FindingKind = "shared_line" // two rings run along a common line; both its ends are listed
	HoleOutside   FindingKind = "hole_outside"
	NestedHole    FindingKind = "nested_hole"
	NestedPolygon FindingKind = "nested_polygon" // a polygon inside another of its feature
	Disconnected  FindingKind = "disconnected"   // holes that cut the interior in two
	TooWide       FindingKind = "too_wide"       // crosses the 180° meridian, or wrong coordinates
	TooComplex    FindingKind = "too_complex"    // the check was given up

	Overlap     FindingKind = "overlap"      // with another feature, with the common area
	Gap         FindingKind = "gap"          // between two features, with its area
	Unfilled    FindingKind = "unfilled"     // a hole of a feature that no other fills, with its area
	GapsUnknown FindingKind = "gaps_unknown" // looking for gaps was given up

	OutsideParent FindingKind = "outside_parent" // a child reaches beyond its parent, with area and share
	NoParent      FindingKind = "no_parent"      // a child that names no parent lies in none
	UnknownParent FindingKind = "unknown_parent" // a child names a parent that is not there
	Uncovered     FindingKind = "uncovered"      // a parent is not covered by its children, with area and share

	NestingUnknown FindingKind = "nesting_unknown" // comparing two levels was given up
)

// kinds says of each reason how grave it is, whether it has a place, whether
// Repair can mend it, and how it reads after the feature's name.
var kinds = map[FindingKind]struct {
	severity Severity
	placed   bool
	mends    bool
	text     string
}{
	NoGeometry:    {Warning, false, false, "没有边界"},
	NotPolygon:    {Warning, false, false, "含有点或线，只取其中的面"},
	NoProperties:  {Note, false, false, "没有属性"},
	BadMember:     {Note, false, false, "的 id 或 bbox 不合 GeoJSON 标准，没有采用"},
	Reversed:      {Note, false, false, "环的方向与标准相反，已调整"},
	EmptyCode:     {Failure, false, false, "没有编码，请补全"},
	EmptyName:     {Warning, false, false, "没有名称"},
	SameCode:      {Failure, false, false, "与{other}编码相同，请改为各不相同的编码"},
	Unclosed:      {Failure, true, true, "没有闭合"},
	TooFewPoints:  {Failure, true, true, "不足三个不同的点"},
	SamePoints:    {Warning, true, true, "有重复的点"},
	ZeroArea:      {Failure, true, true, "面积为零"},
	Spike:         {Failure, true, true, "有折返的尖刺"},
	SelfCrossing:  {Failure, true, true, "与自身相交"},
	SelfTouch:     {Failure, true, true, "与自身相接"},
	RingCrossing:  {Failure, true, true, "与另一个环相交"},
	SharedLine:    {Failure, true, true, "与另一个环有一段边重合"},
	HoleOutside:   {Failure, true, true, "作为洞却不在外环之内"},
	NestedHole:    {Failure, true, true, "作为洞却落在另一个洞内"},
	NestedPolygon: {Failure, true, true, "落在同一要素的另一个面内"},
	Disconnected:  {Failure, true, true, "与其他环相接，把内部分成了几块"},
	TooWide:       {Warning, false, false, "东西跨度超过180°，请检查坐标或在180°经线处分开"},
	TooComplex:    {Failure, false, false, "边界过于复杂，无法检查，请先简化"},
	Overlap:       {Warning, true, false, "与{other}重叠{area}"},
	Gap:           {Warning, true, false, "与{other}之间有{area}的空隙"},
	Unfilled:      {Warning, true, false, "内部有{area}的空缺，不属于任何要素"},
	GapsUnknown:   {Warning, false, false, "等的边界互不一致之处过多，没有检查要素之间的空隙，请用同一套边界重新导出"},
	OutsideParent: {Warning, true, false, "超出上级{other}{area}（占{share}）"},
	NoParent:      {Warning, true, false, "不在任何上级范围内，也没有写明上级编码"},
	UnknownParent: {Warning, false, false, "的上级编码“{othercode}”不在上级图层中，请核对"},
	Uncovered:     {Warning, true, false, "有{area}（占{share}）不属于任何下级"},

	NestingUnknown: {Warning, false, false, "等与上级的边界不一致之处过多，没有逐一核对，请用同一套边界重新导出"},
}

// Finding is one thing the audit found, at one place.
type Finding struct {
	Kind     FindingKind
	Severity Severity

	Feature int    // number of the feature in its file, from 1
	Code    string // its code, may be ""
	Polygon int    // number of the polygon in the feature, from 1; 0: the whole feature
	Ring    int    // number of the ring in the polygon, 1 is the outer ring; 0: all

	Other     int    // the second feature of SameCode, Overlap and Gap, the parent of OutsideParent; 0: none
	OtherCode string // its code

	At     orb.Point // WGS-84, lon and lat; meaningful if Placed
	AreaM2 float64   // of Overlap, Gap, Unfilled, OutsideParent and Uncovered in square metres
	Share  float64   // of OutsideParent and Uncovered: AreaM2 as a part of the feature's area, 0 to 1
	Count  int       // how many such places in the feature this finding stands for, at least 1
}

func newFinding(kind FindingKind, at orb.Point) Finding {
	return Finding{Kind: kind, Severity: kinds[kind].severity, At: at, Count: 1}
}

// Placed reports whether At is a place.
func (f Finding) Placed() bool { return kinds[f.Kind].placed }

// Mendable reports whether Repair mends it.
func (f Finding) Mendable() bool { return kinds[f.Kind].mends }

// Text is the finding as one Chinese sentence, with its place in WGS-84 to six
// digits (0.1 m).
func (f Finding) Text() string {
	var b strings.Builder
	b.WriteString(featureName(f.Feature, f.Code))
	if f.Ring > 0 {
		if f.Polygon > 0 {
			fmt.Fprintf(&b, "第%d个面", f.Polygon)
		}
		fmt.Fprintf(&b, "第%d环", f.Ring)
	}
	if f.Placed() {
		fmt.Fprintf(&b, "在%s处", placeText(f.At))
	}
	b.WriteString(strings.NewReplacer(
		"{other}", featureName(f.Other, f.OtherCode),
		"{othercode}", shorten(f.OtherCode),
		"{area}", areaText(f.AreaM2),
		"{share}", shareText(f.Share),
	).Replace(kinds[f.Kind].text))
	if f.Count > 1 {
		fmt.Fprintf(&b, "（共%d处）", f.Count)
	}
	if f.Mendable() && f.Severity == Failure {
		b.WriteString("，请修正，或加 --repair 修补")
	}
	b.WriteString("。")
	return b.String()
}

func featureName(row int, code string) string {
	if code == "" {
		return fmt.Sprintf("第%d个要素", row)
	}
	return fmt.Sprintf("第%d个要素（编码 %s）", row, shorten(code))
}

// areaText gives whole square metres, from a square kilometre on square kilometres.
func areaText(m2 float64) string {
	if m2 >= 1e6 {
		return fmt.Sprintf("约%.2f平方千米", m2/1e6)
	}
	return fmt.Sprintf("约%.0f平方米", m2)
}

// shareText gives a percentage that is never 0 for something nor 100 for less than all.
func shareText(share float64) string {
	switch {
	case share < 0.0001:
		return "不足0.01%"
	case share < 1 && share > 0.9999:
		return "99.99%"
	}
	return strconv.FormatFloat(math.Round(share*10000)/100, 'f', -1, 64) + "%"
}

// placeText shows a place as officials read it.
func placeText(p orb.Point) string {
	return fmt.Sprintf("经度%.6f、纬度%.6f", p[0], p[1])
}

// Count returns the number of places the findings of at least this severity name.
func Count(findings []Finding, atLeast Severity) int {
	n := 0
	for _, f := range findings {
		if f.Severity >= atLeast {
			n += f.Count
		}
	}
	return n
}
