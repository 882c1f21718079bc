package geo

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// wktHead begins a geometry in well-known text (OGC 06-103r4), with the SRID of PostGIS.
var wktHead = regexp.MustCompile(`(?i)^\s*(?:SRID\s*=\s*\d+\s*;\s*)?(?:MULTI)?(?:POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION|TRIANGLE|TIN|POLYHEDRALSURFACE|CURVEPOLYGON|SURFACE|CURVE|CIRCULARSTRING|COMPOUNDCURVE)\s*(?:ZM|Z|M)?\s*(?:\(|EMPTY)`)

var (
	errWKTSyntax = errors.New("geo: no well-known text")
	errWKTDepth  = errors.New("geo: well-known text nested too deep")
)

// wktKind is a type of geometry that is not read.
type wktKind string

func (k wktKind) Error() string { return "geo: WKT of type " + string(k) }

// wktText reads geometries from the beginning of a text.
type wktText struct{ rest string }

// one reads a geometry and its SRID, 0 if it has none. An empty geometry is typed and
// has no points; heights and measures are left out.
func (w *wktText) one() (g orb.Geometry, srid int, err error) {
	if w.takeWord("SRID") {
		if !w.take('=') {
			return nil, 0, errWKTSyntax
		}
		if srid, err = strconv.Atoi(w.run(func(c byte) bool { return c >= '0' && c <= '9' })); err != nil || !w.take(';') {
			return nil, 0, errWKTSyntax
		}
	}
	g, err = w.geometry(0)
	return g, srid, err
}

func (w *wktText) skip() { w.rest = strings.TrimLeft(w.rest, " \t\r\n") }

// run takes the bytes that belong.
func (w *wktText) run(belongs func(byte) bool) string {
	w.skip()
	n := 0
	for n < len(w.rest) && belongs(w.rest[n]) {
		n++
	}
	taken := w.rest[:n]
	w.rest = w.rest[n:]
	return taken
}

// takeWord takes a keyword, if it stands here.
func (w *wktText) takeWord(word string) bool {
	before := w.rest
	if w.keyword() == word {
		return true
	}
	w.rest = before
	w.skip()
	return false
}

func (w *wktText) take(c byte) bool {
	w.skip()
	if w.rest == "" || w.rest[0] != c {
		return false
	}
	w.rest = w.rest[1:]
	return true
}

func (w *wktText) keyword() string {
	return strings.ToUpper(w.run(func(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }))
}

func (w *wktText) geometry(depth int) (orb.Geometry, error) {
	kind := w.keyword()
	for _, suffix := range []string{"ZM", "Z", "M"} { // POLYGONZ
		if k, ok := strings.CutSuffix(kind, suffix); ok {
			kind = k
			break
		}
	}
	before := w.rest
	switch w.keyword() {
	case "Z", "M", "ZM":
	default:
		w.rest = before
	}
	switch kind {
	case "POINT":
		points, err := w.points()
		if err != nil || len(points) == 0 {
			return orb.MultiPoint(nil), err
		}
		if len(points) > 1 {
			return nil, errWKTSyntax
		}
		return points[0], nil
	case "MULTIPOINT":
		var points orb.MultiPoint
		err := w.list(func() error {
			if w.takeWord("EMPTY") {
				return nil
			}
			if strings.HasPrefix(w.rest, "(") {
				inner, err := w.points()
				points = append(points, inner...)
				return err
			}
			p, err := w.point()
			points = append(points, p)
			return err
		})
		return points, err
	case "LINESTRING":
		points, err := w.points()
		return orb.LineString(points), err
	case "MULTILINESTRING":
		var lines orb.MultiLineString
		err := w.list(func() error {
			points, err := w.points()
			lines = append(lines, points)
			return err
		})
		return lines, err
	case "POLYGON":
		return w.polygon()
	case "MULTIPOLYGON":
		var mp orb.MultiPolygon
		err := w.list(func() error {
			poly, err := w.polygon()
			mp = append(mp, poly)
			return err
		})
		return mp, err
	case "GEOMETRYCOLLECTION":
		if depth == deepest {
			return nil, errWKTDepth
		}
		var parts []orb.Geometry
		err := w.list(func() error {
			g, err := w.geometry(depth + 1)
			parts = append(parts, g)
			return err
		})
		return orb.Collection(parts), err
	case "":
		return nil, errWKTSyntax
	}
	return nil, wktKind(kind)
}

// list reads EMPTY or elements in parentheses.
func (w *wktText) list(element func() error) error {
	if w.takeWord("EMPTY") {
		return nil
	}
	if !w.take('(') {
		return errWKTSyntax
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if w.take(')') {
			return nil
		}
		if !w.take(',') {
			return errWKTSyntax
		}
	}
}

func (w *wktText) polygon() (poly orb.Polygon, err error) {
	err = w.list(func() error {
		points, err := w.points()
		poly = append(poly, points)
		return err
	})
	return poly, err
}

func (w *wktText) points() (points []orb.Point, err error) {
	err = w.list(func() error {
		p, err := w.point()
		points = append(points, p)
		return err
	})
	return points, err
}

// point reads two numbers, and leaves out one or two more.
func (w *wktText) point() (p orb.Point, err error) {
	for i := range 4 {
		number := w.run(numeric)
		if number == "" && i >= 2 {
			break
		}
		v, ok := parseNumber(number)
		if !ok {
			return p, errWKTSyntax
		}
		if i < 2 {
			p[i] = v
		}
	}
	return p, nil
}

// wktCost is what the points and rings of a text take in memory, from above.
func wktCost(text string) int64 {
	return int64(pointBytes*(1+strings.Count(text, ",")) + 24*strings.Count(text, "("))
}

// wktPlace is where a text stopped making sense, for people to look at.
func wktPlace(text, rest string) string {
	at := len(text) - len(rest)
	return fmt.Sprintf("第%d个字符“%s”附近", len([]rune(text[:at]))+1, shorten(firstRunes(rest, 12)))
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
