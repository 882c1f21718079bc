package units

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/paulmach/orb"

	"gridstar/analytics/warehouse"
	"gridstar/geo"
)

// LayerOptions say what a set of polygons is.
type LayerOptions struct {
	Level     string // an area level
	Levels    Levels
	CRS       geo.CRS   // of the file, for the record; the features are WGS-84
	Source    string    // where the polygons come from, for the record: the file's name
	ValidFrom time.Time // first day of a new cut; zero: the polygons correct those in force, or were always so
	Now       time.Time // the date on which "in force" is meant
	Hash      string    // SHA-256 of the file, hex
	Rename    bool      // as TableOptions.Rename
	SnapM     float64   // as Cache.SnapM, by which rows are located anew; 0: the least

	End   []string                          // units of the level that end with the new cut; ValidFrom must be given
	Agree func(inForce []geo.Feature) error // asked before anything is changed, with the level's polygons of today: an error refuses the load
}

// LoadLayer stores the polygons of a level and creates the units that do not exist yet (area tree; name from the
// feature, else its code; upper unit from the feature's Parent, a code or the name of one unit above the level,
// else the nearest upper level in whose polygon it lies; official order as in the file, after all others). Of a
// unit that exists only a changed name is taken, and a Parent where it had none.
//
// Without ValidFrom a polygon replaces the one of its unit that is in force, else its latest. With it, the file is a new cut:
// polygons of the level that held before it end on that day where they belong to the same units or lie under the
// new ones, and a new polygon ends where a later cut begins. Equal polygons change nothing. Rows are located anew, see relocate.
//
// All or nothing, in one job; a *MistakesError lists what is wrong by number of the feature. Features are in
// WGS-84, lon lat, and valid: audit them before.
func LoadLayer(ctx context.Context, w *warehouse.Warehouse, features []geo.Feature, opt LayerOptions) (Report, error) {
	if err := opt.check(features); err != nil {
		return Report{}, err
	}
	job, err := w.Begin(ctx, warehouse.Spec{Verb: "grids load", File: opt.Source, Options: opt.options(), All: true})
	if err != nil {
		return Report{}, err
	}
	defer job.Abandon()
	l, report, err := openLayerLoad(ctx, job, features, opt)
	if err != nil {
		return Report{}, err
	}
	report.Job = job.ID
	if err := l.book.save(ctx, w, job); err != nil {
		return Report{}, err
	}
	if err := l.atlas.save(ctx, w, job); err != nil {
		return Report{}, err
	}
	if err := l.relocate(ctx, job); err != nil {
		return Report{}, err
	}
	l.summarise()
	report.Version, err = job.Publish(ctx, report.totals(opt.Hash))
	return report, err
}

// PreviewLayer says what LoadLayer would do with features, and writes nothing: which units it would create, end, split, merge or
// leave without a shape. Errors are those of LoadLayer.
func PreviewLayer(ctx context.Context, q warehouse.Queryer, features []geo.Feature, opt LayerOptions) (Report, error) {
	if err := opt.check(features); err != nil {
		return Report{}, err
	}
	l, report, err := openLayerLoad(ctx, q, features, opt)
	if err != nil {
		return Report{}, err
	}
	l.summarise()
	return report, nil
}

// check refuses what no load takes.
func (o LayerOptions) check(features []geo.Feature) error {
	level, ok := o.Levels.Find(o.Level)
	switch {
	case !ok || level.Tree != Area:
		return fmt.Errorf("层级“%s”没有定义或不是区划层级，图层只能装入区划层级", o.Level)
	case len(features)+len(o.End) == 0:
		return ErrEmpty
	case len(o.End) > 0 && o.ValidFrom.IsZero():
		return errors.New("合并或去掉单位应写明启用日期，以前的数据才知道当时属于哪个单位")
	}
	return nil
}

// openLayerLoad works out in memory what a load changes.
func openLayerLoad(ctx context.Context, q warehouse.Queryer, features []geo.Feature, opt LayerOptions) (l *layerLoad, report Report, err error) {
	l = &layerLoad{opt: opt, day: Date(opt.Now)}
	l.level, _ = opt.Levels.Find(opt.Level)
	if !opt.ValidFrom.IsZero() {
		l.day = Date(opt.ValidFrom)
	}
	if l.book, err = openBook(ctx, q); err != nil {
		return nil, Report{}, err
	}
	if l.atlas, err = openAtlas(ctx, q); err != nil {
		return nil, Report{}, err
	}
	if opt.Agree != nil {
		var now []geo.Feature
		for _, p := range l.atlas.inForce(l.level.ID, Date(opt.Now)) {
			now = append(now, geo.Feature{Code: p.code, Shape: p.shape})
		}
		if err := opt.Agree(now); err != nil {
			return nil, Report{}, err
		}
	}
	report.Layer = &l.report
	l.apply(features, &report)
	if !opt.Rename {
		if err := l.names.check("图层"); err != nil {
			return nil, Report{}, err
		}
	}
	report.Renamed = l.names.contrary
	if len(l.mistakes) > 0 {
		return nil, Report{}, &MistakesError{Of: "图层", Where: "第 %d 个图形", Mistakes: l.mistakes}
	}
	l.succession()
	l.restate()
	return l, report, nil
}

func (o LayerOptions) options() string {
	s := "level=" + o.Level + " crs=" + string(o.CRS)
	if !o.ValidFrom.IsZero() {
		s += " valid-from=" + o.ValidFrom.Format(time.DateOnly)
	}
	return s
}

// layerLoad is one load under way.
type layerLoad struct {
	opt      LayerOptions
	level    Level
	day      time.Time // on which the polygons begin to hold, or are in force
	book     *book
	atlas    *atlas
	names    naming
	mistakes []Mistake
	report   LayerReport

	changed, ended map[string]bool             // codes of the file: written anew; took the place of an older copy
	replaced       map[string]orb.MultiPolygon // polygons that were mistakes, by unit
	field          orb.Bound                   // around all polygons that come or go
}

func (l *layerLoad) wrong(row int, format string, args ...any) {
	l.mistakes = append(l.mistakes, Mistake{Row: int64(row), Text: fmt.Sprintf(format, args...)})
}

func (l *layerLoad) apply(features []geo.Feature, report *Report) {
	report.Rows = int64(len(features))
	var kept []geo.Feature
	first := map[string]int{}
	for _, f := range features {
		if len(f.Shape) == 0 {
			l.report.Empty = append(l.report.Empty, int64(f.Row))
			report.Skipped++
			continue
		}
		code, err := readCode(clean(f.Code))
		if err != nil {
			l.wrong(f.Row, "%s", err)
			continue
		}
		if o, ok := first[code]; ok {
			l.wrong(f.Row, "编码“%s”与第 %d 个图形重复", code, o)
			continue
		}
		first[code] = f.Row
		f.Code, f.Name, f.Parent = code, clean(f.Name), clean(f.Parent)
		if tooLong(f.Name) {
			l.wrong(f.Row, "名称“%.60s…”超过 %d 个字", f.Name, longestName)
			continue
		}
		kept = append(kept, f)
	}
	l.changed, l.ended = map[string]bool{}, map[string]bool{}
	l.units(kept)
	if len(l.mistakes) > 0 {
		return
	}
	l.shapes(kept)
	l.endUnits()
	if len(l.mistakes) > 0 {
		return
	}
	for _, f := range kept {
		switch {
		case !l.changed[f.Code]:
			report.Unchanged++
		case l.ended[f.Code]:
			report.Replaced++
			fallthrough
		default:
			report.Accepted++
		}
	}
}

func (l *layerLoad) note(code string, changed, ended bool) {
	l.changed[code] = l.changed[code] || changed
	l.ended[code] = l.ended[code] || ended
}

// units creates and renames.
func (l *layerLoad) units(features []geo.Feature) {
	refs := newRefs(l.book.after, nil)
	upper := sync.OnceValue(l.upperLayers)
	last := 0
	for _, vs := range l.book.after {
		for _, u := range vs {
			last = max(last, u.Sort)
		}
	}
	for _, f := range features {
		u, seen := l.book.at(f.Code, l.day)
		if seen && (u.Tree != Area || u.Level != l.level.ID) {
			was := u.Level
			if lv, ok := l.opt.Levels.Find(was); ok {
				was = lv.Label
			}
			l.wrong(f.Row, "编码“%s”已是%s的“%s”（%s），不能再用作%s", f.Code, treeName(u.Tree), u.Name, was, l.level.Label)
			continue
		}
		parent, byGeometry := "", false
		if f.Parent != "" && (!seen || u.Parent == "") {
			p, err := refs.find("上级单位", f.Parent, l.mayHold)
			if err != nil {
				l.wrong(f.Row, "%s", err)
				continue
			}
			if !l.mayHold(p) {
				l.wrong(f.Row, "上级“%s”不是%s以上的区划单位", f.Parent, l.level.Label)
				continue
			}
			parent = p.Code
		}
		if !seen {
			if parent == "" {
				parent, byGeometry = l.holder(f.Shape, upper())
			}
			last++
			u = Unit{Tree: Area, Code: f.Code, Level: l.level.ID, Name: f.Code, Parent: parent, Sort: last, ValidFrom: Beginning}
			if !l.opt.ValidFrom.IsZero() {
				u.ValidFrom = l.day
			}
			l.report.Created = append(l.report.Created, f.Code)
			if byGeometry {
				l.report.ByGeometry = append(l.report.ByGeometry, f.Code)
			}
		}
		if u.Parent == "" {
			u.Parent = parent
		}
		if !l.opt.ValidFrom.IsZero() && !u.ValidTo.IsZero() && !u.ValidTo.After(l.day) { // the cut brings it back
			u.ValidFrom, u.ValidTo = l.day, time.Time{}
		}
		if seen && f.Name != "" && l.opt.ValidFrom.IsZero() {
			l.names.see(f.Code, u.Name, f.Name)
		}
		if f.Name != "" && f.Name != u.Name {
			u.Name = f.Name
			if seen && !l.opt.ValidFrom.IsZero() && u.ValidFrom.Before(l.day) {
				u.ValidFrom = l.day // the name holds from the new cut on
			}
		}
		changed, ended := l.book.put(u, int64(f.Row))
		l.note(f.Code, changed, ended)
	}
}

func (l *layerLoad) mayHold(u Unit) bool {
	return u.Tree == Area && l.opt.Levels.Rank(u.Level) < l.opt.Levels.Rank(l.level.ID)
}

// upperLayers are the polygons in force of the levels above, the nearest level first.
func (l *layerLoad) upperLayers() []*Layer {
	var out []*Layer
	for _, lv := range slices.Backward(l.opt.Levels) {
		if lv.Tree != Area || l.opt.Levels.Rank(lv.ID) >= l.opt.Levels.Rank(l.level.ID) {
			continue
		}
		if shapes := l.atlas.inForce(lv.ID, l.day); len(shapes) > 0 {
			out = append(out, newLayer(lv.ID, shapes))
		}
	}
	return out
}

func (l *layerLoad) holder(shape orb.MultiPolygon, upper []*Layer) (code string, ok bool) {
	p := inside(shape)
	for _, layer := range upper {
		if i, ok := layer.Index.Locate(p[0], p[1]); ok {
			if u, known := l.book.at(layer.Codes[i], l.day); known && l.mayHold(u) {
				return u.Code, true
			}
		}
	}
	return "", false
}

// shapes puts the polygons into the atlas and ends those that the new cut takes the place of.
func (l *layerLoad) shapes(features []geo.Feature) {
	dated := !l.opt.ValidFrom.IsZero()
	own := map[string]bool{}
	l.replaced = map[string]orb.MultiPolygon{}
	fresh := make([]polygon, len(features))
	for i, f := range features {
		own[f.Code] = true
		p := polygon{
			level: l.level.ID, code: f.Code, from: Beginning, shape: f.Shape, wkb: geo.MarshalWKB(f.Shape), area: geo.AreaM2(f.Shape),
			source: l.opt.Source, crs: string(l.opt.CRS), row: int64(f.Row),
		}
		if dated {
			p.from = l.day
		} else if old, ok := l.atlas.at(l.level.ID, f.Code, l.day); ok {
			p.from, p.to = old.from, old.to
			l.replaced[f.Code] = old.shape
		}
		fresh[i] = p
	}
	around := slices.Collect(maps.Values(l.replaced))
	for _, p := range fresh {
		around = append(around, p.shape)
	}
	for i, shape := range around {
		if i == 0 {
			l.field = shape.Bound()
		}
		l.field = l.field.Union(shape.Bound())
	}
	cut := newLayer(l.level.ID, fresh)
	later := map[time.Time][]polygon{} // cuts that begin after this one
	for p := range l.atlas.all(l.level.ID) {
		switch {
		case dated && p.from.After(l.day):
			later[p.from] = append(later[p.from], *p)
		case !p.in(l.day) || !own[p.code] && !cut.covers(p.shape):
		case dated && p.from.Before(l.day):
			p.to = l.day
			l.field = l.field.Union(p.shape.Bound())
			l.note(p.code, own[p.code], own[p.code])
			if !own[p.code] {
				l.report.Ended = append(l.report.Ended, p.code)
			}
		}
	}
	for _, day := range slices.SortedFunc(maps.Keys(later), time.Time.Compare) {
		next := newLayer(l.level.ID, later[day]) // in order of code, like all
		for i, p := range fresh {
			_, again := slices.BinarySearch(next.Codes, p.code)
			if p.to.IsZero() && (again || next.covers(p.shape)) {
				fresh[i].to = day
			}
		}
	}
	for _, p := range fresh {
		changed, ended := l.atlas.put(p)
		l.note(p.code, changed, ended)
	}
	l.overlaps(own, cut)
}

// leastOverlapM2 is the common area from which two polygons overlap: less than a parking space comes from digitising.
const leastOverlapM2 = 1

// overlaps notes the polygons that the file leaves out and its own lie over.
func (l *layerLoad) overlaps(own map[string]bool, cut *Layer) {
	for p := range l.atlas.all(l.level.ID) {
		if own[p.code] || !p.in(l.day) {
			continue
		}
		for _, i := range cut.Boxes().Within(p.shape.Bound()) {
			if geo.CommonAreaM2(p.shape, cut.Shapes[i]) > leastOverlapM2 {
				l.report.Overlapped = append(l.report.Overlapped, p.code)
				break
			}
		}
	}
}

// endUnits ends the units that the new cut leaves out, and their polygons, on its day.
func (l *layerLoad) endUnits() {
	for i, code := range l.opt.End {
		u, ok := l.book.at(code, l.day)
		if !ok || u.Tree != Area || u.Level != l.level.ID || !u.In(l.day.AddDate(0, 0, -1)) {
			l.wrong(i+1, "单位“%s”在启用日期之前没有使用，不能停用", code)
			continue
		}
		if len(l.areaChildren(code)) > 0 {
			l.wrong(i+1, "单位“%s”还有下级单位，请先用单位表调整它们的上级", code)
			continue
		}
		u.ValidTo = l.day
		l.book.put(u, -int64(i+1))
		for p := range l.atlas.all(l.level.ID) {
			if p.code == code && p.in(l.day.AddDate(0, 0, -1)) && (p.to.IsZero() || p.to.After(l.day)) {
				p.to = l.day
				l.field = l.field.Union(p.shape.Bound())
				l.report.Ended = append(l.report.Ended, code)
			}
		}
	}
	slices.Sort(l.report.Ended)
	l.report.Ended = slices.Compact(l.report.Ended)
}

// areaChildren are the units directly below one on the day of the load.
func (l *layerLoad) areaChildren(code string) (all []string) {
	for c := range l.book.after {
		if u, ok := l.book.at(c, l.day); ok && u.Tree == Area && u.Parent == code && u.In(l.day) {
			all = append(all, c)
		}
	}
	return all
}

// restate corrects what the register says of units that the cut changes: a unit that took others up has their people too, and of one
// that was split nobody knows how many stay. What is not known is missing, and not as it was.
func (l *layerLoad) restate() {
	change := func(code string, with func(u *Unit)) {
		u, ok := l.book.at(code, l.day)
		if !ok || !u.In(l.day) {
			return
		}
		if with(&u); u.ValidFrom.Before(l.day) {
			u.ValidFrom = l.day
		}
		l.book.put(u, 0)
	}
	for _, s := range l.report.Split {
		change(s.From[0], func(u *Unit) { u.Population, u.Households, u.AreaKM2 = nil, nil, nil })
	}
	for _, s := range l.report.Merged {
		var people, homes *int64
		var area *float64
		for i, code := range s.From {
			was, _ := l.book.at(code, l.day.AddDate(0, 0, -1))
			people, homes, area = plus(people, was.Population, i), plus(homes, was.Households, i), plus(area, was.AreaKM2, i)
		}
		change(s.To[0], func(u *Unit) { u.Population, u.Households, u.AreaKM2 = people, homes, area })
	}
}

// plus adds what is known; the first is taken as it is.
func plus[T int64 | float64](sum, v *T, i int) *T {
	if i == 0 {
		return v
	}
	if sum == nil || v == nil {
		return nil
	}
	total := *sum + *v
	return &total
}

// summarise compares the units and the polygons that the load leaves.
func (l *layerLoad) summarise() {
	d := NewDirectory(l.opt.Levels, l.book.all(), l.day)
	shaped := map[string]bool{}
	for _, p := range l.atlas.inForce(l.level.ID, l.day) {
		shaped[p.code] = true
		if _, ok := d.Unit(p.code); !ok {
			l.report.WithoutUnit = append(l.report.WithoutUnit, p.code)
		}
	}
	for _, u := range d.AtLevel(l.level.ID) {
		if u.In(l.day) && !shaped[u.Code] {
			l.report.WithoutShape = append(l.report.WithoutShape, u.Code)
		}
	}
	place := func(a, b string) int { return d.byCode[a] - d.byCode[b] }
	for _, all := range [][]Succession{l.report.Split, l.report.Merged} {
		for _, s := range all {
			slices.SortFunc(s.From, place)
			slices.SortFunc(s.To, place)
		}
	}
	for _, codes := range [][]string{l.report.Created, l.report.ByGeometry, l.report.Ended, l.report.Overlapped} {
		slices.SortFunc(codes, place)
	}
}

// Layer is the polygons of one level in force on one date, with an index that locates points. It is immutable
// and safe for concurrent use.
type Layer struct {
	Level  string
	Date   time.Time
	Codes  []string           // unit of each polygon, by code
	Shapes []orb.MultiPolygon // WGS-84, lon lat
	Since  []time.Time        // first day of each polygon
	Index  *geo.Index         // positions are those of Codes
	Job    int64              // the last job that wrote one of the polygons

	// Version names the polygons by what they are made of: equal versions of a level, equal layers. Hexadecimal.
	Version string

	pyramid func() *geo.Pyramid
	boxes   func() *geo.BoxIndex
	middles func() []orb.Point
}

// Middles are points well inside the polygons, where their names may stand; positions are those of Codes.
func (l *Layer) Middles() []orb.Point { return l.middles() }

// Pyramid is the polygons simplified for each zoom; positions are those of Codes. It is made when it is first asked for.
func (l *Layer) Pyramid() *geo.Pyramid { return l.pyramid() }

// Boxes finds the polygons near a box; positions are those of Codes. It is made when it is first asked for.
func (l *Layer) Boxes() *geo.BoxIndex { return l.boxes() }

// NoLayerError: no polygons are loaded for the level on the date.
type NoLayerError struct {
	Level string // Chinese label; empty where any level was asked for
}

func (e *NoLayerError) Error() string {
	if e.Level == "" {
		return "还没有装入任何图层，请先用 grids load 装入边界数据"
	}
	return fmt.Sprintf("还没有装入“%s”一级的图层，请先用 grids load 装入该级边界数据", e.Level)
}

// LoadLayers reads the polygons of an area level in force on the civil date of date; with level "" those of the
// finest level that has any. *NoLayerError means there are none.
func LoadLayers(ctx context.Context, v warehouse.Queryer, levels Levels, level string, date time.Time) (*Layer, error) {
	date = Date(date)
	label := ""
	if level != "" {
		lv, ok := levels.Find(level)
		if !ok || lv.Tree != Area {
			return nil, fmt.Errorf("层级“%s”没有定义或不是区划层级", level)
		}
		label = lv.Label
	} else {
		have, err := warehouse.Rows(ctx, v, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) },
			"SELECT DISTINCT level FROM layer WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1)", date)
		if err != nil {
			return nil, err
		}
		for _, lv := range levels {
			if lv.Tree == Area && slices.Contains(have, lv.ID) {
				level = lv.ID // levels are listed from the top down: the last is the finest
			}
		}
		if level == "" {
			return nil, &NoLayerError{}
		}
	}
	ps, err := readPolygons(ctx, v, "level = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)", level, date)
	if err != nil {
		return nil, err
	}
	if len(ps) == 0 {
		return nil, &NoLayerError{Level: label}
	}
	l := newLayer(level, ps)
	l.Date = date
	return l, nil
}

func newLayer(level string, ps []polygon) *Layer {
	l := &Layer{Level: level}
	fs := make([]geo.Feature, 0, len(ps))
	made := sha256.New()
	for _, p := range ps {
		fmt.Fprintf(made, "%s\x1f%d\x1f%d\x1e", p.code, p.from.Unix(), p.since)
		l.Codes = append(l.Codes, p.code)
		l.Shapes = append(l.Shapes, p.shape)
		l.Since = append(l.Since, p.from)
		fs = append(fs, geo.Feature{Code: p.code, Shape: p.shape})
		l.Job = max(l.Job, p.since)
	}
	l.Index = geo.NewIndex(fs)
	l.Version = hex.EncodeToString(made.Sum(nil)[:8])
	l.pyramid = sync.OnceValue(func() *geo.Pyramid { return geo.NewPyramid(l.Shapes) })
	l.middles = sync.OnceValue(func() []orb.Point {
		all := make([]orb.Point, len(l.Shapes))
		for i, shape := range l.Shapes {
			all[i] = inside(shape)
		}
		return all
	})
	l.boxes = sync.OnceValue(func() *geo.BoxIndex { return geo.NewBoxIndex(l.Shapes) })
	return l
}

// LocateIn finds the unit of a point (WGS-84, lon lat) in layers, the finest first, and on what ground; "" for none. What lies in a
// polygon of any layer is not given to the nearest one of a finer layer.
func LocateIn(layers []*Layer, p orb.Point) (code string, how geo.How) {
	for _, l := range layers {
		switch hit := l.Index.Find(p[0], p[1]); {
		case hit.How == geo.Nowhere:
		case hit.How != geo.Nearest:
			return l.Codes[hit.Feature], hit.How
		case code == "":
			code, how = l.Codes[hit.Feature], hit.How
		}
	}
	return code, how
}

// leastSnapM is the tolerance that every layer has: it takes up rounding.
const leastSnapM = 0.01

// Within is the layer with another tolerance: a point in no polygon is given to the nearest one within so many metres.
func (l *Layer) Within(metres float64) *Layer {
	near := *l
	fs := make([]geo.Feature, len(l.Codes))
	for i, code := range l.Codes {
		fs[i] = geo.Feature{Code: code, Shape: l.Shapes[i]}
	}
	near.Index = geo.NewIndex(fs, geo.SnapWithin(metres))
	return &near
}

// covers says whether a shape lies under the layer, judged by a point well inside it.
func (l *Layer) covers(shape orb.MultiPolygon) bool {
	p := inside(shape)
	_, ok := l.Index.Locate(p[0], p[1])
	return ok
}
