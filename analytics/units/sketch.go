package units

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"gridstar/analytics/warehouse"
	"gridstar/geo"
)

// Draft is what a person has drawn so far: changes to the polygons of a level inside a unit, in the order in which they were
// made. A draft is replayed on the polygons as they are, so taking the last change back is leaving it out.
type Draft struct {
	Org   string `json:"org"`   // the unit inside which it is drawn
	Level string `json:"level"` // an area level below that of the unit
	Base  string `json:"base"`  // Sketch.Base of the polygons it was drawn on; "" for those there are
	Ops   []Op   `json:"ops"`
}

// Op is one change. Points are degrees, WGS-84, lon lat.
type Op struct {
	Op    string      `json:"op"`             // one of the words of Op.apply
	Code  string      `json:"code,omitempty"` // the unit drawn, split, removed, or that takes others in
	Other string      `json:"other,omitempty"`
	Name  string      `json:"name,omitempty"` // of a unit that does not exist yet
	Path  []orb.Point `json:"path,omitempty"` // a ring, a line, or the points that Move and Bend name
	Snap  float64     `json:"snap,omitempty"` // metres within which points are put onto borders
}

// mostOps is how many changes a draft may have.
const mostOps = 500

// Sketch is a draft as it looks: the polygons of the level with the changes made.
type Sketch struct {
	*geo.Drawing

	Base     string // names the polygons around the unit as they are
	Names    map[string]string
	Fresh    map[string]bool // units that do not exist yet
	Findings []geo.Finding   // of the polygons inside the unit
	Failed   int             // position of the change that could not be made; -1 for none
	Why      error           // why it could not

	draft   Draft
	dir     *Directory
	inside  func(code string) bool
	parents map[string]string
}

// Ground is what a draft is drawn on.
type Ground struct {
	Levels Levels
	Dir    *Directory       // what whoever draws may change; all else is there to keep off
	All    *Directory       // every unit, so that a code is not used twice
	Layer  *Layer           // of the draft's level; nil where nothing is drawn yet
	Field  orb.MultiPolygon // the polygon of the draft's unit; nil where it has none
}

// Errors of a draft that make it no draft.
var (
	ErrDraft = errors.New("这份草图无法识别，请重新打开绘制页面")
	ErrLong  = errors.New("这份草图的改动太多，一次算不完，请先保存一部分")
	ErrStale = errors.New("这里的边界在您绘制期间已被更新，请刷新页面，在新的边界上继续")
)

// Replay makes the changes of a draft, for as long as the context lasts. Changes behind one that cannot be made are left out.
func (g Ground) Replay(ctx context.Context, d Draft) (*Sketch, error) {
	level, ok := g.Levels.Find(d.Level)
	org, known := g.Dir.Unit(d.Org)
	switch {
	case !ok || level.Tree != Area || !known || g.Levels.Rank(org.Level) >= g.Levels.Rank(d.Level):
		return nil, ErrDraft
	case len(d.Ops) > mostOps:
		return nil, fmt.Errorf("一次最多改动 %d 处，请先保存", mostOps)
	}
	s := &Sketch{draft: d, dir: g.Dir, Names: map[string]string{}, Fresh: map[string]bool{}, Failed: -1, parents: map[string]string{}}
	s.inside = func(code string) bool { return s.Fresh[code] || g.Dir.Contains(d.Org, code) }
	var fs []geo.Feature
	if g.Layer != nil {
		for i, code := range g.Layer.Codes {
			f := geo.Feature{Code: code, Shape: g.Layer.Shapes[i], Row: i + 1}
			if u, ok := g.Dir.Unit(code); ok {
				f.Name = u.Name
				s.Names[code] = u.Name
			}
			fs = append(fs, f)
		}
	}
	s.Base = s.around(fs, g.Field)
	if d.Base != "" && d.Base != s.Base {
		return nil, ErrStale
	}
	s.Drawing = geo.NewDrawing(fs, func(code string) bool { _, mine := g.Dir.Unit(code); return !mine })
	for i, op := range d.Ops {
		if ctx.Err() != nil {
			return nil, ErrLong
		}
		if s.Why = s.apply(op, g); s.Why != nil {
			s.Failed = i
			for _, code := range []string{op.Code, op.Other} {
				if s.Fresh[code] && s.Shape(code) == nil {
					delete(s.Fresh, code)
					delete(s.Names, code)
				}
			}
			break
		}
	}
	s.audit(d.Org, g.Field)
	return s, nil
}

// around names the polygons inside the unit, and those close to it, by what they are: equal names, equal polygons.
func (s *Sketch) around(fs []geo.Feature, field orb.MultiPolygon) string {
	box := field.Bound()
	some := field != nil
	for _, f := range fs {
		if s.inside(f.Code) {
			if !some {
				box, some = f.Shape.Bound(), true
			}
			box = box.Union(f.Shape.Bound())
		}
	}
	sum := sha256.New()
	for _, f := range fs {
		if some && f.Shape.Bound().Intersects(box) {
			fmt.Fprintf(sum, "%s\x1f", f.Code)
			sum.Write(geo.MarshalWKB(f.Shape))
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// apply makes one change.
func (s *Sketch) apply(op Op, g Ground) error {
	switch op.Op {
	case "add":
		if err := s.unit(op.Code, op.Name, g); err != nil {
			return err
		}
		return s.Add(op.Code, orb.Ring(op.Path), g.Field, op.Snap)
	case "split":
		if err := s.own(op.Code); err != nil {
			return err
		}
		if err := s.unit(op.Other, op.Name, g); err != nil {
			return err
		}
		return s.Split(op.Code, orb.LineString(op.Path), op.Other, op.Snap)
	case "merge":
		if err := cmp.Or(s.own(op.Code), s.own(op.Other)); err != nil {
			return err
		}
		return s.Merge(op.Code, op.Other)
	case "remove":
		if err := s.own(op.Code); err != nil {
			return err
		}
		return s.Remove(op.Code)
	case "move":
		if len(op.Path) == 2 {
			return s.Move(op.Path[0], op.Path[1], op.Snap)
		}
	case "bend":
		if len(op.Path) == 3 {
			return s.Bend(op.Path[0], op.Path[1], op.Path[2], op.Snap)
		}
	case "straighten":
		if len(op.Path) == 1 {
			return s.Straighten(op.Path[0])
		}
	}
	return ErrDraft
}

// own refuses a unit that is none of the draft's, and one whose parts would be left behind.
func (s *Sketch) own(code string) error {
	switch {
	case !s.inside(code):
		return fmt.Errorf("“%s”不在“%s”之内，请在它的上级单位中改动", cmp.Or(s.Names[code], code), s.draft.Org)
	case slices.ContainsFunc(s.dir.Children(code), func(u Unit) bool { return u.Tree == Area && u.In(s.dir.Date()) }):
		return fmt.Errorf("“%s”有下级单位，拆分、合并或去掉前请先用单位表调整它们的上级", cmp.Or(s.Names[code], code))
	}
	return nil
}

// unit checks a unit that gets a polygon: one of the level inside the draft's unit, or a new one.
func (s *Sketch) unit(code, name string, g Ground) error {
	read, err := readCode(clean(code))
	if err != nil {
		return err
	}
	if read != code {
		return ErrDraft
	}
	if u, ok := g.Dir.Unit(code); ok {
		if u.Level != s.draft.Level || !g.Dir.Contains(s.draft.Org, code) {
			return fmt.Errorf("编码“%s”已是“%s”，不能再用在这里，请换一个", code, g.Dir.FullName(code))
		}
		if !u.In(g.Dir.Date()) {
			return fmt.Errorf("编码“%s”是已停用的“%s”，不能再用，请换一个", code, u.Name)
		}
		s.Names[code] = u.Name
	} else if _, taken := g.All.Unit(code); taken {
		return fmt.Errorf("编码“%s”已被使用，请换一个", code)
	} else if !s.Fresh[code] {
		if name == "" || name != clean(name) || tooLong(name) {
			return fmt.Errorf("请写明新单位的名称，不超过 %d 个字，前后不留空格", longestName)
		}
		for other, n := range s.siblings() {
			if fold(n) == fold(name) {
				return fmt.Errorf("“%s”这个名称已有单位使用（编码 %s），请换一个", name, other)
			}
		}
		s.Fresh[code], s.Names[code] = true, name
	}
	s.Call(code, s.Names[code])
	return nil
}

// siblings are the names of the level's units inside the draft's, also of those without a polygon and of new ones, by code.
func (s *Sketch) siblings() map[string]string {
	all := map[string]string{}
	for _, u := range s.dir.AtLevel(s.draft.Level) {
		if s.dir.Contains(s.draft.Org, u.Code) {
			all[u.Code] = u.Name
		}
	}
	for code := range s.Fresh {
		all[code] = s.Names[code]
	}
	return all
}

// audit checks the polygons inside the unit, and against the unit's own.
func (s *Sketch) audit(org string, field orb.MultiPolygon) {
	var fs []geo.Feature
	for i, code := range s.Codes() {
		if s.inside(code) {
			fs = append(fs, geo.Feature{Code: code, Name: s.Names[code], Shape: s.Shape(code), Row: i + 1})
		}
	}
	s.Findings = geo.Audit(fs)
	if field != nil && len(fs) > 0 {
		for i := range fs {
			fs[i].Parent = org
		}
		s.Findings = append(s.Findings, geo.AuditNested([]geo.Feature{{Code: org, Shape: field, Row: 1}}, fs)...)
	}
}

// Inside says whether a unit lies in the one that the draft is about.
func (s *Sketch) Inside(code string) bool { return s.inside(code) }

// Mine says whether whoever draws may change a unit.
func (s *Sketch) Mine(code string) bool {
	_, ok := s.dir.Unit(code)
	return ok || s.Fresh[code]
}

// Load saves the sketch as a layer: a new cut from a day on, or, with a zero day, as a correction of what there is. It refuses with
// ErrStale where the polygons have changed since they were read, and with an error where there is nothing to save or a change of the
// draft could not be made.
func (s *Sketch) Load(ctx context.Context, w *warehouse.Warehouse, g Ground, opt LayerOptions) (Report, error) {
	if s.Why != nil {
		return Report{}, s.Why
	}
	changed, gone := s.Changed()
	if len(changed)+len(gone) == 0 {
		return Report{}, errors.New("边界没有改动，不需要保存")
	}
	var fs []geo.Feature
	for i, code := range changed {
		f := geo.Feature{Row: i + 1, Code: code, Shape: s.Shape(code)}
		if s.Fresh[code] {
			f.Name, f.Parent = s.Names[code], s.draft.Org
		}
		fs = append(fs, f)
	}
	if day := s.since(g, append(slices.Clone(changed), gone...)); !opt.ValidFrom.IsZero() && Date(opt.ValidFrom).Before(day) {
		return Report{}, fmt.Errorf("启用日期不应早于这里现行边界的启用日期 %s", day.Format(time.DateOnly))
	}
	opt.Level, opt.Levels, opt.CRS, opt.End = s.draft.Level, g.Levels, geo.WGS84, gone
	opt.Agree = func(now []geo.Feature) error {
		if s.around(now, g.Field) != s.Base {
			return ErrStale
		}
		return nil
	}
	return LoadLayer(ctx, w, fs, opt)
}

// since is the day from which the latest of the polygons at or beside some units holds: a cut before it would meet other
// polygons than those that it was drawn on.
func (s *Sketch) since(g Ground, codes []string) (day time.Time) {
	if g.Layer == nil {
		return day
	}
	boxes := map[string]orb.Bound{}
	for _, code := range codes {
		boxes[code] = s.Shape(code).Bound()
	}
	for i, shape := range g.Layer.Shapes {
		_, own := boxes[g.Layer.Codes[i]]
		near := own
		for _, b := range boxes {
			near = near || b.Intersects(shape.Bound())
		}
		if from := g.Layer.Since[i]; near && from.After(day) {
			day = from
		}
	}
	return day
}

// Suggest proposes code and name of the next new unit: the code follows the greatest of its neighbours, the name counts on.
func (s *Sketch) Suggest() (code, name string) {
	label := ""
	if l, ok := s.dir.Levels().Find(s.draft.Level); ok {
		label = l.Label
	}
	greatest, width, prefix := 0, 3, s.draft.Org
	n := 0
	taken := map[string]bool{}
	all := s.siblings()
	for c, name := range all {
		n++
		taken[fold(name)] = true
		i := len(c)
		for i > 0 && c[i-1] >= '0' && c[i-1] <= '9' && len(c)-i < 3 && i > len(commonPrefix(c, s.draft.Org)) {
			i--
		}
		if k, err := strconv.Atoi(c[i:]); err == nil && k > greatest {
			greatest, width, prefix = k, len(c)-i, c[:i]
		}
	}
	for {
		greatest++
		code = fmt.Sprintf("%s%0*d", prefix, width, greatest)
		if _, known := all[code]; !known {
			break
		}
	}
	for n++; ; n++ {
		if name = "第" + chineseNumber(n) + label; !taken[fold(name)] {
			return code, name
		}
	}
}

func commonPrefix(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return a[:i]
}

// chineseNumber writes 1 to 99 in Chinese, others in digits.
func chineseNumber(n int) string {
	digits := strings.Split("零一二三四五六七八九", "")
	switch {
	case n < 10:
		return digits[n]
	case n < 20:
		return strings.TrimSuffix("十"+digits[n%10], "零")
	case n < 100:
		return strings.TrimSuffix(digits[n/10]+"十"+digits[n%10], "零")
	}
	return strconv.Itoa(n)
}

// Level is the level that is drawn.
func (s *Sketch) Level() string { return s.draft.Level }
