package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/geo"
	"gridstar/ingest"
	"gridstar/ingest/intake"
)

// bordersPage is borders.tmpl: the borders in force, and where files of borders are handed in.
type bordersPage struct {
	Frame
	Said    said
	MaxMiB  int64
	Layers  []bordersLayer
	Exports bool // the caller may take them away
	Waiting []bordersWaiting
	Audit   *bordersAudit
}

// bordersLayer is one level; Count is 0 where it has no polygons.
type bordersLayer struct {
	Code, Label         string
	Count               int64
	Area, Sources, From string
	Job                 string
	Check               string // address that audits it
}

type bordersWaiting struct{ Name, URL, Who, When string }

// bordersAudit is what there is to say of a layer in force.
type bordersAudit struct {
	Level  string
	Groups []findingGroup
	Map    *bordersMap
}

// findingGroup is findings of one severity.
type findingGroup struct {
	Title, Lamp string
	Total       int
	Rows        []findingRow
}

type findingRow struct {
	Index    int // of its mark on the map; only where Placed
	Unit     string
	Text     string
	Placed   bool
	Lon, Lat string
}

// shownFindings is how many of a group are listed.
const shownFindings = 200

// bordersMap is what the script of the small map is told.
type bordersMap struct {
	Shapes  string       `json:"shapes"`
	Extent  [4]float64   `json:"extent"` // degrees: west, south, east, north
	Marks   []borderMark `json:"marks"`
	Basemap *basemap     `json:"basemap,omitempty"`
}

// borderMark is a place where something is wrong.
type borderMark struct {
	Lon  float64 `json:"x"`
	Lat  float64 `json:"y"`
	Bad  bool    `json:"bad"` // it must be mended
	Text string  `json:"t"`
}

// borders shows what is in force.
func (s *Server) borders(w http.ResponseWriter, r *http.Request) error {
	return s.showBorders(w, r, http.StatusOK, saidOf(r))
}

func (s *Server) showBorders(w http.ResponseWriter, r *http.Request, status int, first said) error {
	_, extent, err := s.ground(r.Context())
	if err != nil {
		return err
	}
	p := &bordersPage{Frame: s.frame(r, "边界", "data"), Said: first, MaxMiB: s.Desk.MaxBytes() >> 20, Exports: s.caller(r).May(access.Export)}
	p.AsOf, p.Crumbs = asOf(extent.Version, extent.To), []Crumb{{"数据", "/data"}, {"边界", ""}}
	for _, u := range s.Desk.Uploads(func(u intake.Upload) bool { return u.Kind == intake.BordersOf && !u.State.Ended() }) {
		p.Waiting = append(p.Waiting, bordersWaiting{u.Name, bordersPath(u.ID), u.Sender.Account, moment(u.Received, "")})
	}
	if p.Layers, err = s.bordersLayers(r.Context()); err != nil {
		return err
	}
	if level, ok := s.Catalog.Level(r.URL.Query().Get("level")); ok && level.Tree == catalog.Area {
		if p.Audit, err = s.auditBorders(r.Context(), level); err != nil {
			return err
		}
		p.Maps = p.Audit != nil
	}
	s.render(w, r, status, "borders", p)
	return nil
}

// bordersLayers are the levels of the area tree, with what is in force of each.
func (s *Server) bordersLayers(ctx context.Context) (layers []bordersLayer, err error) {
	var all []ingest.LayerSummary
	err = s.Engine.View(ctx, func(v *warehouse.View) error {
		all, err = ingest.BordersSummary(ctx, v, s.Now())
		return err
	})
	for _, l := range s.Catalog.Levels {
		if l.Tree != catalog.Area {
			continue
		}
		row := bordersLayer{Code: l.ID, Label: l.Label}
		if i := slices.IndexFunc(all, func(x ingest.LayerSummary) bool { return x.Level == l.ID }); i >= 0 {
			x := all[i]
			row.Count, row.Sources, row.Job = x.Count, clip(x.Sources, 80), jobPath(x.Job)
			row.Area = strconv.FormatFloat(x.AreaM2/1e6, 'f', 2, 64)
			row.Check = "/data/borders?level=" + l.ID + "#audit"
			row.From = "一直如此"
			if x.From.After(units.Beginning) {
				row.From = x.From.Format(time.DateOnly)
			}
		}
		layers = append(layers, row)
	}
	return layers, err
}

// auditBorders checks a layer in force; nil where the level has none.
func (s *Server) auditBorders(ctx context.Context, level catalog.Level) (*bordersAudit, error) {
	key := "audit of borders " + level.ID + " " + units.Date(s.Now()).Format(time.DateOnly)
	return analytics.Keep(ctx, s.Engine, s.Engine.Version(), key, func(ctx context.Context) (*bordersAudit, int64, error) {
		fs, err := s.bordersInForce(ctx, level.ID)
		if err != nil || len(fs) == 0 {
			return nil, 1, err
		}
		findings := geo.Audit(fs)
		err = s.Engine.View(ctx, func(v *warehouse.View) error {
			nested, err := ingest.NestedBorders(ctx, v, s.Units, s.Catalog.Levels, level.ID, s.Now(), fs)
			findings = append(findings, nested...)
			return err
		})
		if err != nil {
			return nil, 0, err
		}
		a := &bordersAudit{Level: level.Label, Map: s.mapOfBorders(fs, "/outline/"+level.ID)}
		a.Groups = grouped(findings, fs, a.Map)
		return a, int64(len(findings))<<9 + 1<<10, nil
	})
}

// mapOfBorders is the map of features that have a shape; nil where none has.
func (s *Server) mapOfBorders(fs []geo.Feature, shapes string) *bordersMap {
	b, ok := geo.Bound(fs)
	if !ok {
		return nil
	}
	return &bordersMap{Shapes: shapes, Extent: [4]float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}, Marks: []borderMark{}, Basemap: s.basemapOf()}
}

// grouped puts findings into words by how grave they are, the gravest first, and marks on the map those listed.
func grouped(findings []geo.Finding, fs []geo.Feature, m *bordersMap) (groups []findingGroup) {
	names := map[int]string{}
	for _, f := range fs {
		names[f.Row] = f.Name
	}
	for _, g := range []struct {
		severity    geo.Severity
		title, lamp string
	}{{geo.Failure, "必须修正", "overdue"}, {geo.Warning, "需要核对", "warn"}, {geo.Note, "已自动处理", "good"}} {
		group := findingGroup{Title: g.title, Lamp: g.lamp}
		for _, f := range findings {
			if f.Severity != g.severity {
				continue
			}
			if group.Total++; len(group.Rows) == shownFindings {
				continue
			}
			row := findingRow{Unit: names[f.Feature], Text: bordersText(f.Text()), Placed: f.Placed() && m != nil}
			if row.Unit == "" {
				row.Unit = f.Code
			}
			if row.Placed {
				row.Index = len(m.Marks)
				row.Lon, row.Lat = strconv.FormatFloat(f.At[0], 'f', 6, 64), strconv.FormatFloat(f.At[1], 'f', 6, 64)
				m.Marks = append(m.Marks, borderMark{f.At[0], f.At[1], g.severity == geo.Failure, row.Text})
			}
			group.Rows = append(group.Rows, row)
		}
		if group.Total > 0 {
			groups = append(groups, group)
		}
	}
	return groups
}

// bordersSight is what was seen of an upload; Checked says that it was read as chosen.
type bordersSight struct {
	Props    []string
	Format   geo.Format
	Encoding string
	CRS      geo.CRS // declared
	Rows     int
	Shares   []geo.Share

	Problem  error // why it cannot be read as chosen
	Checked  bool
	Features int
	Groups   []findingGroup
	Failures int
	Mended   []string // what a repair would do; none where it would not help
	Map      *bordersMap
	Report   *units.LayerReport
	Names    map[string]string // of units of the level, by code
	Homeless []string          // new units without an upper one

	body []byte // the shapes as GeoJSON
}

// seeBorders reads an upload and, where it was chosen as what, checks it. It is kept until the data change.
func (s *Server) seeBorders(ctx context.Context, u intake.Upload, c intake.BordersChoice) (*bordersSight, error) {
	choice, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprintf("borders %s %s %s", u.ID, units.Date(s.Now()).Format(time.DateOnly), choice)
	return analytics.Keep(ctx, s.Engine, s.Engine.Version(), key, func(ctx context.Context) (*bordersSight, int64, error) {
		b, err := s.Desk.OpenBorders(ctx, u.ID, c.Encoding)
		if err != nil {
			return nil, 0, err
		}
		sight := &bordersSight{Props: b.Shape.Props, Format: b.Shape.Format, Encoding: b.Shape.Encoding, CRS: b.Shape.CRS, Rows: len(b.Shape.Rows)}
		err = s.Engine.View(ctx, func(v *warehouse.View) (err error) {
			if sight.Shares, err = b.Shares(ctx, v, readOptions(c)); err != nil || c.Level == "" || c.Code == "" {
				return err
			}
			fs, err := b.Features(readOptions(c))
			if err != nil {
				sight.Problem = err
				return nil
			}
			sight.Checked = true
			return sight.check(ctx, s, v, fs, s.layerOptions(b, c), lookURL(u.ID, c, "/shapes"))
		})
		return sight, int64(len(sight.body) + 1<<12 + 1<<9*len(sight.Names)), err
	})
}

// check says what is wrong with features and what a load of them would change.
func (x *bordersSight) check(ctx context.Context, s *Server, v *warehouse.View, fs []geo.Feature, opt units.LayerOptions, shapes string) error {
	x.Features, x.Names = len(fs), map[string]string{}
	for _, f := range fs {
		x.Names[f.Code] = f.Name
	}
	findings, _, err := ingest.CheckBorders(fs, geo.WGS84, false)
	if err != nil {
		return err
	}
	x.Failures = geo.Count(findings, geo.Failure)
	sound := fs
	if x.Failures > 0 {
		sound = slices.Clone(fs) // shapes are replaced, not changed
		after, mended, err := ingest.CheckBorders(sound, geo.WGS84, true)
		if err == nil && geo.Count(after, geo.Failure) == 0 {
			x.Mended = mendedWords(mended)
		}
	}
	if x.Failures == 0 || len(x.Mended) > 0 {
		nested, err := ingest.NestedBorders(ctx, v, s.Units, s.Catalog.Levels, opt.Level, s.Now(), sound)
		if err != nil {
			return err
		}
		findings = append(findings, nested...)
		if err := x.preview(ctx, s, v, sound, opt); err != nil {
			return err
		}
	}
	x.Map = s.mapOfBorders(fs, shapes)
	x.Groups = grouped(findings, fs, x.Map)
	x.body, err = drawnBorders(fs)
	return err
}

// preview says which units a load would create, end or leave without a shape.
func (x *bordersSight) preview(ctx context.Context, s *Server, v *warehouse.View, fs []geo.Feature, opt units.LayerOptions) error {
	report, err := units.PreviewLayer(ctx, v, fs, opt)
	if bad, ok := errors.AsType[*units.MistakesError](err); ok {
		x.Problem = bad
		return nil
	}
	if err != nil {
		return err
	}
	x.Report = report.Layer
	dir, err := s.Units.Directory(ctx, v, s.Catalog.Levels, s.Now())
	if err != nil {
		return err
	}
	for _, u := range dir.AtLevel(opt.Level) {
		if x.Names[u.Code] == "" {
			x.Names[u.Code] = u.Name
		}
	}
	parent := map[string]bool{}
	for _, f := range fs {
		parent[f.Code] = f.Parent != ""
	}
	for _, code := range report.Layer.Created {
		if opt.Levels.Rank(opt.Level) > 0 && !parent[code] && !slices.Contains(report.Layer.ByGeometry, code) {
			x.Homeless = append(x.Homeless, code)
		}
	}
	return nil
}

// mostDrawnPoints is up to how many points shapes are drawn as they are in the file: what is wrong with them should be seen.
const mostDrawnPoints = 200_000

// drawnBorders are features for the map of the page.
func drawnBorders(fs []geo.Feature) ([]byte, error) {
	shapes := make([]orb.MultiPolygon, len(fs))
	points := 0
	for i, f := range fs {
		shapes[i] = f.Shape
		for _, poly := range f.Shape {
			for _, ring := range poly {
				points += len(ring)
			}
		}
	}
	if points > mostDrawnPoints {
		shapes = geo.Thin(shapes, outlinePx)
	}
	all := make([]geo.MapFeature, len(fs))
	for i, f := range fs {
		all[i] = geo.MapFeature{Code: f.Code, Name: f.Name, Shape: shapes[i]}
	}
	var b bytes.Buffer
	err := geo.WriteMap(&b, all)
	return b.Bytes(), err
}

// some lists the first few of many units of a file.
func (x *bordersSight) some(codes []string) string {
	const shown = 12
	words := make([]string, 0, shown)
	for _, code := range codes[:min(shown, len(codes))] {
		if name := x.Names[code]; name != "" && name != code {
			code = name + "（" + code + "）"
		}
		words = append(words, code)
	}
	text := count(len(codes)) + " 个：" + strings.Join(words, "、")
	if len(codes) > shown {
		text += " 等"
	}
	return text
}
