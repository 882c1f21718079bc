package units

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"gridstar/analytics/warehouse"
	"gridstar/geo"
)

// Succession says that units of a new cut take the place of units of the cut before. Codes are in official order.
type Succession struct{ From, To []string }

// succession compares the polygons that end with the new cut with those that hold then: which units were split, which merged.
func (l *layerLoad) succession() {
	if l.opt.ValidFrom.IsZero() {
		return
	}
	cut := l.atlas.inForce(l.level.ID, l.day)
	shapes := make([]orb.MultiPolygon, len(cut))
	for i, p := range cut {
		shapes[i] = p.shape
	}
	boxes := geo.NewBoxIndex(shapes)
	taken := map[string][]string{}
	for p := range l.atlas.all(l.level.ID) {
		if !p.to.Equal(l.day) {
			continue
		}
		var parts []string
		for _, i := range boxes.Within(p.shape.Bound()) {
			switch share := geo.CommonAreaM2(p.shape, shapes[i]) / max(p.area, 1e-9); {
			case share >= wholePart:
				taken[cut[i].code] = append(taken[cut[i].code], p.code)
				fallthrough
			case share >= leastPart:
				parts = append(parts, cut[i].code)
			}
		}
		if len(parts) > 1 {
			l.report.Split = append(l.report.Split, Succession{From: []string{p.code}, To: parts})
		}
	}
	for _, p := range cut {
		if from := taken[p.code]; len(from) > 1 {
			l.report.Merged = append(l.report.Merged, Succession{From: from, To: []string{p.code}})
		}
	}
}

// relocate gives rows the units they have under the polygons that the load leaves, within the job of the load: rows whose unit
// stood on their point alone, those that only named a unit above, and those of ended units that another took up whole. What a
// row says of itself stays: one that named another unit than its point lies in keeps it. Of a dated cut the former unit is
// kept beside the new one (org_then); polygons without a date only correct what was wrong.
//
// Rows are located as they are when they are loaded, in the finest level first. A cut that begins in the future moves none: loading it
// again on its day does.
func (l *layerLoad) relocate(ctx context.Context, j *warehouse.Job) error {
	today := Date(l.opt.Now)
	dated := !l.opt.ValidFrom.IsZero()
	if l.day.After(today) {
		l.report.Later = true
		return nil
	}
	if !dated && !l.changedAny() {
		return nil
	}
	m := mover{dir: NewDirectory(l.opt.Levels, l.book.all(), today), seen: map[string]bool{}, corrected: map[string]*geo.Index{}}
	var past []polygon
	for _, lv := range slices.Backward(l.opt.Levels) {
		if now := l.atlas.inForce(lv.ID, today); lv.Tree == Area && len(now) > 0 {
			layer := newLayer(lv.ID, now)
			if l.opt.SnapM > leastSnapM {
				layer = layer.Within(l.opt.SnapM)
			}
			m.layers = append(m.layers, layer)
		}
		for p := range l.atlas.all(lv.ID) {
			if lv.Tree == Area && p.over(today) {
				past = append(past, *p)
			}
		}
	}
	m.past = newFormer(past, m.layers, m.dir.over, l.opt.SnapM)
	for code, shape := range l.replaced {
		m.corrected[code] = geo.NewIndex([]geo.Feature{{Code: code, Shape: shape}}, geo.SnapWithin(l.opt.SnapM))
	}
	perLon, perLat := 111_320*math.Cos(l.field.Center()[1]*math.Pi/180), 110_500.0 // metres a degree, for a margin
	margin := 2*l.opt.SnapM + 1
	if err := l.undecided(ctx, j); err != nil {
		return err
	}
	box := orb.Bound{Min: orb.Point{l.field.Min[0] - margin/perLon, l.field.Min[1] - margin/perLat}, Max: orb.Point{l.field.Max[0] + margin/perLon, l.field.Max[1] + margin/perLat}}
	for _, t := range []string{"record", "place"} {
		located := "'place', NULL::TIMESTAMP"
		if t == "record" {
			located = "coalesce(located, ''), received_at"
		}
		err := m.read(ctx, j, fmt.Sprintf("SELECT id, lon, lat, coalesce(org_code, ''), %s FROM %s WHERE lon BETWEEN $1 AND $2 AND lat BETWEEN $3 AND $4", located, t),
			box.Min[0], box.Max[0], box.Min[1], box.Max[1])
		if err != nil {
			return fmt.Errorf("locating rows of %s anew: %w", t, err)
		}
		if err := m.inherit(ctx, j, t); err != nil {
			return err
		}
		if err := l.move(ctx, j, &m, t, dated); err != nil {
			return err
		}
	}
	if err := m.inherit(ctx, j, "activity"); err != nil {
		return err
	}
	return l.move(ctx, j, &m, "activity", dated)
}

// undecided counts the records of split units that nothing places in one of the parts.
func (l *layerLoad) undecided(ctx context.Context, j *warehouse.Job) error {
	var codes []string
	for _, s := range l.report.Split {
		codes = append(codes, s.From...)
	}
	if len(codes) == 0 {
		return nil
	}
	n, err := warehouse.Rows(ctx, j, func(r *sql.Rows) (n int64, err error) { return n, r.Scan(&n) },
		"SELECT count(*) FROM record WHERE org_code IN (SELECT unnest(string_split($1, chr(31)))) AND (lon IS NULL OR lat IS NULL)", strings.Join(codes, "\x1f"))
	if err == nil {
		l.report.Undecided = n[0]
	}
	return err
}

func (l *layerLoad) changedAny() bool {
	for _, changed := range l.changed {
		if changed {
			return true
		}
	}
	return false
}

// mover collects what rows of one table get.
type mover struct {
	layers    []*Layer // the finest first
	past      *Former
	corrected map[string]*geo.Index // polygons that were mistakes, by unit
	dir       *Directory

	ids, orgs, located []string
	seen               map[string]bool
}

func (m *mover) add(id, org, located string) {
	m.ids, m.orgs, m.located = append(m.ids, id), append(m.orgs, org), append(m.located, located)
	m.seen[id] = true
}

// read judges the rows of a query: id, lon, lat, org_code, located, date.
func (m *mover) read(ctx context.Context, j *warehouse.Job, query string, args ...any) error {
	rows, err := j.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, org, located string
		var p orb.Point
		var when sql.NullTime
		if err := rows.Scan(&id, &p[0], &p[1], &org, &located, &when); err != nil {
			return err
		}
		if to, ground, ok := m.judge(p, org, located, when.Time); ok {
			m.add(id, to, ground)
		}
	}
	return rows.Err()
}

// judge says which unit a row at p has now, and on what ground. The words are those of ingest.Located; what exists is judged like
// rows by place.
func (m *mover) judge(p orb.Point, org, located string, when time.Time) (to, ground string, moves bool) {
	found, _ := LocateIn(m.layers, p)
	if _, known := m.dir.Unit(org); !known && org != "" { // a code that is no unit places nothing
		return found, "point", found != "" && located != "default_point"
	}
	switch {
	case located == "default_point" || found == org:
		return "", "", false
	case org == "" && located == "place":
		return found, located, found != ""
	case org == "":
		return found, "point", found != ""
	case located == "point":
		if found == "" {
			return "", "outside", true
		}
		return found, "point", true
	case found == "" || m.dir.Contains(found, org): // what it says is finer
		return "", "", false
	case m.dir.Contains(org, found) && located == "code":
		return found, "both", true
	case located == "place" && m.wasIn(org, p):
		return found, located, true
	}
	return found, located, m.dir.Contains(org, found) || m.past.Held(org, p, when)
}

// wasIn says whether a polygon that the load corrects, or one that ended, held the point.
func (m *mover) wasIn(code string, p orb.Point) bool {
	if ix := m.corrected[code]; ix != nil {
		if _, ok := ix.Locate(p[0], p[1]); ok {
			return true
		}
	}
	return m.past.Held(code, p, time.Time{})
}

// inherit moves rows of ended units that one other took up whole, if their points have not moved them already.
func (m *mover) inherit(ctx context.Context, j *warehouse.Job, table string) error {
	if len(m.past.heirs) == 0 {
		return nil
	}
	located := "''"
	if table == "record" {
		located = "coalesce(located, '')"
	}
	rows, err := j.Query(ctx, fmt.Sprintf("SELECT id, org_code, %s FROM %s WHERE org_code IN (SELECT unnest(string_split($1, chr(31))))", located, table),
		strings.Join(slices.Sorted(maps.Keys(m.past.heirs)), "\x1f"))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, org, ground string
		if err := rows.Scan(&id, &org, &ground); err != nil {
			return err
		}
		if !m.seen[id] {
			m.add(id, m.past.Heir(org), ground)
		}
	}
	return rows.Err()
}

// movedAtOnce is how many rows one statement takes.
const movedAtOnce = 100_000

// move writes what was collected for a table.
func (l *layerLoad) move(ctx context.Context, j *warehouse.Job, m *mover, table string, keep bool) error {
	if len(m.ids) == 0 {
		return nil
	}
	if _, err := j.Exec(ctx, "CREATE OR REPLACE TEMP TABLE relocated (id VARCHAR, org VARCHAR, located VARCHAR)"); err != nil {
		return err
	}
	for from := 0; from < len(m.ids); from += movedAtOnce {
		to := min(from+movedAtOnce, len(m.ids))
		_, err := j.Exec(ctx, "INSERT INTO relocated SELECT unnest(string_split($1, chr(31))), unnest(string_split($2, chr(31))), unnest(string_split($3, chr(31)))",
			strings.Join(m.ids[from:to], "\x1f"), strings.Join(m.orgs[from:to], "\x1f"), strings.Join(m.located[from:to], "\x1f"))
		if err != nil {
			return err
		}
	}
	n, err := j.Move(ctx, table, "SELECT id, org, nullif(located, '') AS located FROM relocated", keep)
	if err != nil {
		return fmt.Errorf("moving rows of %s: %w", table, err)
	}
	if l.report.Moved == nil {
		l.report.Moved = map[string]int64{}
	}
	l.report.Moved[table] = n
	m.ids, m.orgs, m.located, m.seen = nil, nil, nil, map[string]bool{}
	_, err = j.Exec(ctx, "DROP TABLE relocated")
	return err
}
