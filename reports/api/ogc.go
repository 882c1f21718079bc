package api

import (
	"net/http"
	"slices"
	"time"

	"gridstar/analytics/access"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
)

// OGCPath is the landing page of the OGC API – Features, part 1 (OGC 17-069r4).
const OGCPath = "/ogc"

// crs84 is longitude and latitude in WGS-84, in this order: the only system spoken here.
const crs84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

const (
	jsonType    = "application/json"
	geoJSONType = "application/geo+json"
	openAPIType = "application/vnd.oai.openapi+json;version=3.0"
)

// link is a link of an answer.
type link struct {
	Href  string `json:"href"`
	Rel   string `json:"rel"`
	Type  string `json:"type,omitempty"`
	Title string `json:"title,omitempty"`
}

// conformance is what of the standard is kept.
var conformance = []string{
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
}

// Landing is where a program begins.
//
// GET /ogc · 200, with links to all the rest.
func (a *API) Landing(w http.ResponseWriter, r *http.Request, _ *access.Caller) {
	a.ogc(w, r, func() (any, error) {
		base := a.Origin(r) + OGCPath
		return struct {
			Title       string `json:"title"`
			Description string `json:"description"`
			Links       []link `json:"links"`
		}{
			a.Catalog.Site.Name, "各级单位的边界和基本情况，以及依权限开放的事项点位（OGC API – Features）", []link{
				{base, "self", jsonType, "本页"},
				{base + "/api", "service-desc", openAPIType, "接口定义"},
				{base + "/conformance", "conformance", jsonType, "遵循的标准"},
				{base + "/collections", "data", jsonType, "各数据集"},
			},
		}, nil
	})
}

// Conformance says which parts of the standard are kept.
//
// GET /ogc/conformance · 200.
func (a *API) Conformance(w http.ResponseWriter, r *http.Request, _ *access.Caller) {
	a.ogc(w, r, func() (any, error) { return map[string]any{"conformsTo": conformance}, nil })
}

// Definition is the OpenAPI document of the interface.
//
// GET /ogc/api · 200.
func (a *API) Definition(w http.ResponseWriter, r *http.Request, _ *access.Caller) {
	a.ogc(w, r, func() (any, error) {
		return typed{openAPIType, a.openAPI(r)}, nil
	})
}

// Collections lists what there is for the caller: the levels of the area tree that have units in his scope, and the matters with a
// point where he may take rows away.
//
// GET /ogc/collections · 200.
func (a *API) Collections(w http.ResponseWriter, r *http.Request, c *access.Caller) {
	a.ogc(w, r, func() (any, error) {
		all, err := a.collections(r, c)
		if err != nil {
			return nil, err
		}
		out := make([]described, len(all))
		for i, x := range all {
			if out[i], err = a.describe(r, x); err != nil {
				return nil, err
			}
		}
		return struct {
			Links       []link      `json:"links"`
			Collections []described `json:"collections"`
		}{[]link{{a.Origin(r) + r.URL.Path, "self", jsonType, "本页"}}, out}, nil
	})
}

// Collection describes one.
//
// GET /ogc/collections/{collection} · 200; 404 there is none of the name for the caller.
func (a *API) Collection(w http.ResponseWriter, r *http.Request, c *access.Caller) {
	a.ogc(w, r, func() (any, error) {
		x, err := a.collection(r, c)
		if err != nil {
			return nil, err
		}
		return a.describe(r, x)
	})
}

// ogc answers a request that takes no parameters but f.
func (a *API) ogc(w http.ResponseWriter, r *http.Request, give func() (any, error)) {
	got, err := params(r, "f")
	if err == nil {
		err = asJSON(got)
	}
	var v any
	if err == nil {
		v, err = give()
	}
	if err == nil {
		err = answer(w, http.StatusOK, v)
	}
	if err != nil {
		a.fail(w, r, err)
	}
}

// asJSON refuses another format than the only one.
func asJSON(got map[string]string) error {
	if f := got["f"]; f != "" && f != "json" && f != "geojson" {
		return refuse(http.StatusBadRequest, "只提供 JSON，参数 f 应为 json")
	}
	return nil
}

// collection is what items are taken from: the units of an area level, or the matters with a point.
type collection struct {
	id, title string
	dir       *units.Directory // of the units in the caller's scope
	level     *catalog.Level   // nil: the matters
	scope     units.Scope
}

// recordsID is the collection of matters.
const recordsID = "records"

func (a *API) collections(r *http.Request, c *access.Caller) ([]collection, error) {
	scope := c.Scope(access.See)
	dir, err := a.Directory(r.Context(), scope)
	if err != nil {
		return nil, err
	}
	var all []collection
	for _, l := range a.Catalog.Levels {
		if l.Tree == catalog.Area && len(dir.AtLevel(l.ID)) > 0 {
			all = append(all, collection{l.ID, l.Label, dir, &l, scope})
		}
	}
	if c.May(access.Export) { // a page of them is as good as a file
		all = append(all, collection{id: recordsID, title: "事项", dir: dir, scope: c.Scope(access.Export)})
	}
	return all, nil
}

func (a *API) collection(r *http.Request, c *access.Caller) (collection, error) {
	all, err := a.collections(r, c)
	if err != nil {
		return collection{}, err
	}
	i := slices.IndexFunc(all, func(x collection) bool { return x.id == r.PathValue("collection") })
	if i < 0 {
		return collection{}, refuse(http.StatusNotFound, "没有这个数据集，请核对名称")
	}
	return all[i], nil
}

// described is a collection as the standard describes it.
type described struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	ItemType    string   `json:"itemType"`
	CRS         []string `json:"crs"`
	Extent      *extent  `json:"extent,omitempty"`
	Links       []link   `json:"links"`
}

// extent is where the features are.
type extent struct {
	Spatial spatial `json:"spatial"`
}

type spatial struct {
	BBox [][4]float64 `json:"bbox"`
	CRS  string       `json:"crs"`
}

// addressOf is where a collection is described; its items lie below.
func (a *API) addressOf(r *http.Request, x collection) string {
	return a.Origin(r) + OGCPath + "/collections/" + x.id
}

func (a *API) describe(r *http.Request, x collection) (described, error) {
	here := a.addressOf(r, x)
	d := described{
		ID: x.id, Title: x.title, ItemType: "feature", CRS: []string{crs84},
		Links: []link{{here, "self", jsonType, x.title}, {here + "/items", "items", geoJSONType, x.title + "（GeoJSON）"}},
	}
	if x.level == nil {
		d.Description = "有位置的事项，一个事项一个点；不含信访事项，个人信息已隐去"
		return d, nil
	}
	d.Description = x.title + "的边界、名称、户数等，一个单位一个要素；没有边界的单位没有图形"
	layer, err := a.Layer(r.Context(), x.level.ID)
	if err != nil {
		return d, err
	}
	if layer != nil {
		if b, any := boundOf(layer, x.dir); any {
			d.Extent = &extent{spatial{[][4]float64{{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}}, crs84}}
		}
	}
	return d, nil
}

// stampOf writes a naive time of the site as an RFC 3339 time.
func (a *API) stampOf(t time.Time) string {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, a.Catalog.Site.Location()).Format(time.RFC3339)
}
