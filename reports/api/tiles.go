package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/geo"
	"gridstar/reports/assets"
)

// TilesPath is where the tiles of a layer begin.
const TilesPath = "/tiles/"

const (
	tileType    = "application/vnd.mapbox-vector-tile"
	mostTileKiB = 500 // a tile that would be larger shows the units above
)

// Tile sends one vector tile of an area level: the units that the caller may see, with code, name and level, and with the
// values of a metric where one is asked for. A tile with too many units of the level shows those of the nearest level above
// that has polygons, under the same layer name; the property level says which.
//
// GET /tiles/{layer}/{z}/{x}/{y}.mvt?v=&metric=&from=&to= · 200 (Mapbox vector tile 2.1, one layer named like the level);
// 204 nothing lies there; 304; 400 no such tile; 404 no such layer. The ETag is that of the bytes. With the version v of the
// TileJSON an answer is good for ever.
func (a *API) Tile(w http.ResponseWriter, r *http.Request, c *access.Caller) {
	t, err := a.tileAt(r, c)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	h := w.Header()
	h.Set("ETag", t.tag)
	h.Set("Cache-Control", "private, no-cache")
	if v := r.URL.Query().Get("v"); v != "" && v == t.version {
		h.Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	switch {
	case slices.Contains(r.Header.Values("If-None-Match"), t.tag):
		w.WriteHeader(http.StatusNotModified)
	case t.empty:
		w.WriteHeader(http.StatusNoContent)
	default:
		h.Set("Content-Type", tileType)
		_, _ = w.Write(t.body.For(w, r)) // nobody may be there any more
	}
}

// tile is a tile as it is sent.
type tile struct {
	body    assets.Body
	tag     string // ETag
	version string // of what it is made of, see tileset
	empty   bool
}

func (a *API) tileAt(r *http.Request, c *access.Caller) (tile, error) {
	got, err := params(r, "v", "metric", "from", "to")
	if err != nil {
		return tile{}, err
	}
	z, x, y, err := tileNumber(r)
	if err != nil {
		return tile{}, err
	}
	ts, err := a.tileset(r.Context(), c.Scope(access.See), r.PathValue("layer"), got)
	if err != nil {
		return tile{}, err
	}
	key := fmt.Sprintf("tile %s %s %d %d %d", ts.level.ID, ts.key, z, x, y)
	return analytics.Keep(r.Context(), a.Engine, ts.stamp, key, func(ctx context.Context) (tile, int64, error) {
		b, err := ts.cut(z, x, y)
		sum := sha256.Sum256(b)
		t := tile{body: assets.NewBody(b), tag: strconv.Quote(hex.EncodeToString(sum[:8])), version: ts.version, empty: len(b) == 0}
		return t, t.body.Size() + 256, err
	})
}

func tileNumber(r *http.Request) (z, x, y uint32, err error) {
	row, isTile := strings.CutSuffix(r.PathValue("y"), ".mvt")
	if !isTile {
		return 0, 0, 0, refuse(http.StatusNotFound, "瓦片的地址应如 /tiles/community/12/3386/1670.mvt")
	}
	for i, text := range []string{r.PathValue("z"), r.PathValue("x"), row} {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return 0, 0, 0, refuse(http.StatusBadRequest, "瓦片的级别和行列号应为整数，不能是“%s”", code(text))
		}
		*[]*uint32{&z, &x, &y}[i] = uint32(n)
	}
	return z, x, y, nil
}

// tileset is what a caller may see of a level on tiles, and of the levels above that step in where there is too much of it.
type tileset struct {
	level   catalog.Level
	layers  []*units.Layer // the level's own first
	dir     *units.Directory
	values  []*values // of each layer; nil without a metric
	key     string    // all that tiles depend on, but for the data version
	stamp   int64     // the data version, where they depend on it
	version string    // key and stamp, for addresses
}

func (a *API) tileset(ctx context.Context, scope units.Scope, level string, got map[string]string) (*tileset, error) {
	lv, ok := a.Catalog.Level(level)
	if !ok || lv.Tree != catalog.Area {
		return nil, errLayer
	}
	dir, err := a.Directory(ctx, scope)
	if err != nil {
		return nil, err
	}
	ts := &tileset{level: lv, dir: dir, key: scope.Reach.Key() + fmt.Sprint(" ", dir.Version())}
	levels := units.Levels(a.Catalog.Levels)
	for _, l := range slices.Backward(levels) {
		if l.Tree != catalog.Area || levels.Rank(l.ID) > levels.Rank(lv.ID) {
			continue
		}
		layer, err := a.Layer(ctx, l.ID)
		if err != nil {
			return nil, err
		}
		if layer == nil && l.ID == lv.ID {
			return nil, refuse(http.StatusNotFound, "还没有%s的边界，请先载入", lv.Label)
		}
		if layer == nil {
			continue
		}
		vs, err := a.values(ctx, scope, l.ID, got)
		if err != nil {
			return nil, err
		}
		ts.layers, ts.values = append(ts.layers, layer), append(ts.values, vs)
		ts.key += " " + layer.Version
	}
	if got["metric"] != "" {
		ts.key += fmt.Sprintf(" %s %s %s", got["metric"], got["from"], got["to"])
		ts.stamp = a.Engine.Version()
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %s", ts.key, ts.stamp, a.Catalog.Hash()))
	ts.version = hex.EncodeToString(sum[:8])
	return ts, nil
}

var errLayer = refuse(http.StatusNotFound, "没有这个图层，请核对名称")

// cut encodes a tile: of the finest layer of which it does not hold too much.
func (ts *tileset) cut(z, x, y uint32) (b []byte, err error) {
	for i, layer := range ts.layers {
		last := i == len(ts.layers)-1
		found := slices.DeleteFunc(layer.Boxes().InTile(z, x, y), func(k int) bool {
			_, seen := ts.dir.Unit(layer.Codes[k])
			return !seen
		})
		if len(found) > geo.MostTileFeatures && !last {
			continue
		}
		shapes := layer.Pyramid().At(z)
		features := make([]geo.TileFeature, 0, len(found))
		for _, k := range found {
			u, _ := ts.dir.Unit(layer.Codes[k])
			f := geo.TileFeature{Code: u.Code, Name: u.Name, Shape: shapes[k], Props: []geo.TileProp{{Key: "level", Value: u.Level}}}
			f.Props = append(f.Props, ts.values[i].props(u.Code)...)
			features = append(features, f)
		}
		if b, err = geo.Tile(ts.level.ID, features, z, x, y); err != nil || len(b) <= mostTileKiB<<10 || last {
			return b, err
		}
	}
	return b, err
}

// tileJSON is TileJSON 3.0.0 (https://github.com/mapbox/tilejson-spec/tree/master/3.0.0).
type tileJSON struct {
	TileJSON string        `json:"tilejson"`
	Name     string        `json:"name"`
	Scheme   string        `json:"scheme"`
	Tiles    []string      `json:"tiles"`
	Layers   []vectorLayer `json:"vector_layers"`
	Bounds   [4]float64    `json:"bounds"` // degrees: west, south, east, north
	Center   [3]float64    `json:"center"` // degrees and a zoom
	MinZoom  int           `json:"minzoom"`
	MaxZoom  int           `json:"maxzoom"`
}

type vectorLayer struct {
	ID          string            `json:"id"`
	Description string            `json:"description"`
	MinZoom     int               `json:"minzoom"`
	MaxZoom     int               `json:"maxzoom"`
	Fields      map[string]string `json:"fields"`
}

// TileJSON describes the tiles of an area level: those of what the caller may see.
//
// GET /tiles/{layer}.json?metric=&from=&to= · 200; 404 no such layer, or nothing of it for the caller. Beyond maxzoom a
// client enlarges.
func (a *API) TileJSON(w http.ResponseWriter, r *http.Request, c *access.Caller) {
	d, err := a.describeTiles(r, c)
	if err == nil {
		err = answer(w, http.StatusOK, d)
	}
	if err != nil {
		a.fail(w, r, err)
	}
}

func (a *API) describeTiles(r *http.Request, c *access.Caller) (*tileJSON, error) {
	got, err := params(r, "metric", "from", "to")
	if err != nil {
		return nil, err
	}
	name, isJSON := strings.CutSuffix(r.PathValue("file"), ".json")
	if !isJSON {
		return nil, errLayer
	}
	ts, err := a.tileset(r.Context(), c.Scope(access.See), name, got)
	if err != nil {
		return nil, err
	}
	bound, any := boundOf(ts.layers[0], ts.dir)
	if !any {
		return nil, refuse(http.StatusNotFound, "您的范围内没有%s的边界", ts.level.Label)
	}
	query := "?v=" + ts.version
	for _, key := range []string{"metric", "from", "to"} {
		if got[key] != "" {
			query += "&" + key + "=" + got[key] // an id and days: nothing to escape
		}
	}
	fields := map[string]string{"code": "编码", "name": "名称", "level": "层级"}
	if vs := ts.values[0]; vs != nil {
		fields["value"], fields["note"] = vs.title(), "没有数值的原因"
		fields["n"], fields["d"], fields["covered"] = "分子或件数", "分母", "已报送的天数占比"
	}
	middle := bound.Center()
	return &tileJSON{
		TileJSON: "3.0.0", Name: ts.level.Label, Scheme: "xyz",
		Tiles:  []string{a.Origin(r) + TilesPath + ts.level.ID + "/{z}/{x}/{y}.mvt" + query},
		Layers: []vectorLayer{{ID: ts.level.ID, Description: ts.level.Label, MaxZoom: geo.MaxZoom, Fields: fields}},
		Bounds: [4]float64{bound.Min[0], bound.Min[1], bound.Max[0], bound.Max[1]},
		Center: [3]float64{middle[0], middle[1], zoomOf(bound)}, MaxZoom: geo.MaxZoom,
	}, nil
}

// TileAddress is the address of the tiles of an area level for the units in a scope, with {z}, {x} and {y}, and good as long as they
// stay as they are. ok is false where there are no polygons of the level in the scope.
func (a *API) TileAddress(ctx context.Context, scope units.Scope, level string) (address string, ok bool, err error) {
	ts, err := a.tileset(ctx, scope, level, nil)
	if p, is := errors.AsType[problem](err); is && p.status == http.StatusNotFound {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	ok = slices.ContainsFunc(ts.layers[0].Codes, func(code string) bool {
		_, seen := ts.dir.Unit(code)
		return seen
	})
	return TilesPath + ts.level.ID + "/{z}/{x}/{y}.mvt?v=" + ts.version, ok, nil
}

// boundOf is the box around what of a layer is in a directory.
func boundOf(layer *units.Layer, dir *units.Directory) (b orb.Bound, any bool) {
	for i, code := range layer.Codes {
		if _, seen := dir.Unit(code); !seen {
			continue
		}
		box := layer.Shapes[i].Bound()
		if !any {
			b, any = box, true
		}
		b = b.Union(box)
	}
	return b, any
}

// zoomOf is the zoom at which a box fills a screen about two tiles of 512 pixels wide.
func zoomOf(b orb.Bound) float64 {
	wide := max(b.Max[0]-b.Min[0], (b.Max[1]-b.Min[1])/math.Cos(b.Center().Lat()*math.Pi/180), 1e-4)
	return math.Floor(min(max(math.Log2(720/wide), 0), geo.MaxZoom))
}
