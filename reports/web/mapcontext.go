package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"gridstar/analytics"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/geo"
	"gridstar/reports/assets"
)

// contextLayer is what the map's script is told of a context layer. It belongs to the site and says nothing about any unit: whoever sees
// the map sees all of it.
type contextLayer struct {
	Name string            `json:"name"`
	Kind units.ContextKind `json:"kind"`
	URL  string            `json:"url,omitempty"`  // "" where it is not drawn
	Note string            `json:"note,omitempty"` // why
}

const (
	contextThinM     = 2       // m that a line may lie from where it is
	mostContextBytes = 8 << 20 // of the file that a browser gets, before it is compressed
)

// contexts are the site's context layers, the lowest on the map first.
func (s *Server) contexts(ctx context.Context) ([]contextLayer, error) {
	all, err := s.contextLayers(ctx)
	layers := make([]contextLayer, len(all))
	for i, c := range all {
		layers[i] = contextLayer{Name: c.Layer, Kind: c.Kind}
		if c.Count > units.MostContextDrawn {
			layers[i].Note = tooManyThings(c)
			continue
		}
		layers[i].URL = address("/map/context/"+url.PathEscape(c.Layer), url.Values{}, "v", s.contextVersion(c))
	}
	return layers, err
}

func (s *Server) contextLayers(ctx context.Context) ([]units.Context, error) {
	return analytics.Keep(ctx, s.Engine, s.Engine.Version(), "contexts", func(ctx context.Context) (all []units.Context, bytes int64, err error) {
		err = s.Engine.View(ctx, func(v *warehouse.View) (err error) {
			all, err = units.Contexts(ctx, v)
			return err
		})
		return all, int64(len(all))*256 + 64, err
	})
}

func tooManyThings(c units.Context) string {
	return "“" + c.Layer + "”有 " + count(c.Count) + " 个要素，超过地图能画的 " + count(units.MostContextDrawn) + " 个，没有显示；请只保留主要的要素，或分成几个图层载入。"
}

// contextVersion names a layer as this program draws it.
func (s *Server) contextVersion(c units.Context) string {
	sum := sha256.Sum256([]byte(s.build + " " + c.Layer + " " + c.Version))
	return hex.EncodeToString(sum[:8])
}

// contextDrawing is a layer as it is sent.
type contextDrawing struct {
	body assets.Body
	tag  string // ETag
	note string // why it is not sent
}

// contextAnswer is the answer of /map/context where a layer cannot be drawn.
type contextAnswer struct {
	Note string `json:"note"`
}

// mapContext sends a context layer as GeoJSON, thinned for a map. With the version of the map page it is good for ever.
func (s *Server) mapContext(w http.ResponseWriter, r *http.Request) error {
	all, err := s.contextLayers(r.Context())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(c units.Context) bool { return c.Layer == r.PathValue("layer") })
	if i < 0 {
		return errNotFound
	}
	d, err := s.drawContext(r.Context(), all[i])
	if err != nil {
		return err
	}
	if d.note != "" {
		return sendJSONAs(w, r, http.StatusRequestEntityTooLarge, contextAnswer{d.note})
	}
	h := w.Header()
	h.Set("ETag", d.tag)
	h.Set("Cache-Control", "private, no-cache")
	if r.FormValue("v") == s.contextVersion(all[i]) {
		h.Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	if slices.Contains(r.Header.Values("If-None-Match"), d.tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/geo+json")
	write(w, r, http.StatusOK, d.body.For(w, r))
	return nil
}

// drawContext makes the file of a layer: once, however often other data changes.
func (s *Server) drawContext(ctx context.Context, c units.Context) (contextDrawing, error) {
	if c.Count > units.MostContextDrawn {
		return contextDrawing{note: tooManyThings(c)}, nil
	}
	return analytics.Keep(ctx, s.Engine, 0, "context "+s.contextVersion(c), func(ctx context.Context) (d contextDrawing, size int64, err error) {
		var things []geo.Thing
		err = s.Engine.View(ctx, func(v *warehouse.View) (err error) {
			things, err = units.ContextThings(ctx, v, c.Layer)
			return err
		})
		if err != nil {
			return d, 0, err
		}
		var b bytes.Buffer
		if err := geo.WriteThings(&b, geo.ThinThings(things, contextThinM)); err != nil {
			return d, 0, err
		}
		if b.Len() > mostContextBytes {
			d.note = "“" + c.Layer + "”的图形过于精细，超过地图能画的 8 MB，没有显示；请简化图形，或分成几个图层载入。"
			return d, 512, nil
		}
		sum := sha256.Sum256(b.Bytes())
		d = contextDrawing{body: assets.NewBody(b.Bytes()), tag: strconv.Quote(hex.EncodeToString(sum[:8]))}
		return d, d.body.Size() + 256, nil
	})
}
