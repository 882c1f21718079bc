package ingest

import (
	"context"
	"database/sql"
	"strings"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"gridstar/analytics/warehouse"
	"gridstar/ingest/profile"
)

// register is the 小区 and 楼栋 that have a point, for rows that name one in place_id and have no point of their own.
type register struct {
	byID    map[string]*estate
	byName  map[string][]*estate // by folded name; an estate of another unit may bear the same
	longest int                  // bytes of the longest folded name
}

// estate is one 小区 or 楼栋, WGS-84, lon lat.
type estate struct {
	id, name string
	unit     string // the finest unit known: stated, or found by the point
	point    orb.Point
}

// readRegister reads the live estates and buildings that have a point; l says in which unit each lies.
func readRegister(ctx context.Context, q warehouse.Queryer, l *locator) (*register, error) {
	all, err := warehouse.Rows(ctx, q, func(r *sql.Rows) (*estate, error) {
		e := &estate{}
		err := r.Scan(&e.id, &e.name, &e.unit, &e.point[0], &e.point[1])
		return e, err
	}, `SELECT id, name, coalesce(org_code, ''), lon, lat FROM place
		WHERE type IN ('estate', 'building') AND name IS NOT NULL AND lon IS NOT NULL AND lat IS NOT NULL`)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	reg := &register{byID: map[string]*estate{}, byName: map[string][]*estate{}}
	for _, e := range all {
		if _, ok := l.dir.Unit(e.unit); !ok {
			e.unit = ""
		}
		switch _, code, _, _ := l.at(e.point); {
		case code == "":
		case e.unit == "":
			e.unit = code
		case l.agree(e.unit, code):
			e.unit = l.finest(e.unit, code)
		}
		name := profile.Fold(e.name)
		reg.byID[e.id] = e
		reg.byName[name] = append(reg.byName[name], e)
		reg.longest = max(reg.longest, len(name))
	}
	return reg, nil
}

// find gives the one estate that a text means: its id, its name, or a name with a building behind it (幸福小区3栋).
// Where the row's unit is known the estate must lie in it, or around it. Several are none: a point is never guessed.
func (r *register) find(l *locator, text, unit string, known bool) (*estate, bool) {
	if r == nil || text == "" {
		return nil, false
	}
	candidates := r.named(profile.Fold(text))
	if e := r.byID[text]; e != nil {
		candidates = []*estate{e}
	}
	var one *estate
	for _, e := range candidates {
		if known && !l.agree(unit, e.unit) {
			continue
		}
		if one != nil {
			return nil, false
		}
		one = e
	}
	return one, one != nil
}

// named gives the estates with the longest name that the text is, or begins with before a number.
func (r *register) named(text string) []*estate {
	if found := r.byName[text]; found != nil {
		return found
	}
	for end := min(len(text)-1, r.longest); end > 0; end-- {
		if !utf8.RuneStart(text[end]) {
			continue
		}
		next, _ := utf8.DecodeRuneInString(text[end:])
		if found := r.byName[text[:end]]; found != nil && strings.ContainsRune("0123456789abcdefgh第一二三四五六七八九十", next) {
			return found
		}
	}
	return nil
}
