package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/units"
	"gridstar/geo"
	"gridstar/reports/assets"
)

// How many features a page has: as asked, else defaultItems, never more than mostItems.
const (
	defaultItems = 10
	mostItems    = 10_000
)

// feature is one feature of a page.
type feature struct {
	id       string
	geometry func(buf []byte) []byte // appends a GeoJSON geometry
	props    []geo.TileProp          // a value may also be nil
}

// featurePage is some features of a collection.
type featurePage struct {
	features []feature
	matched  int64  // on all pages
	next     string // id of the last one, where there are more
}

// selection is what a request wants of a collection.
type selection struct {
	limit   int
	box     *analytics.Box
	from    time.Time // features of [from, to), naive times of the site; zero: without limit
	to      time.Time
	after   string // id of the last feature of the page before
	id      string // the only feature wanted
	filters map[string]string
	got     map[string]string
}

// Parameters of all collections, and of each kind.
var (
	itemParams   = []string{"f", "limit", "bbox", "datetime", "after"}
	unitParams   = []string{"code", "name", "parent"}
	valueParams  = []string{"metric", "from", "to"}
	recordParams = []string{"org", "kind", "channel", "category", "category2", "status", "dept", "resolved_level"}
)

// Items sends features of a collection. Those of a level of units come in official order, with the values of a metric where one is
// asked for (see values); matters in the order of their ids. next is there only where there is more.
//
// GET /ogc/collections/{collection}/items?limit=&bbox=&datetime=&after=&… · 200 (GeoJSON); 400 a parameter that there is not, or
// that cannot be read; 404. What is asked for of matters is written into the audit log.
func (a *API) Items(w http.ResponseWriter, r *http.Request, c *access.Caller) {
	if err := a.items(w, r, c); err != nil {
		a.fail(w, r, err)
	}
}

func (a *API) items(w http.ResponseWriter, r *http.Request, c *access.Caller) error {
	x, err := a.collection(r, c)
	if err != nil {
		return err
	}
	names := slices.Concat(itemParams, x.params())
	got, err := params(r, names...)
	if err != nil {
		return err
	}
	sel, err := a.selectionOf(got, x)
	if err != nil {
		return err
	}
	page, err := a.featuresOf(r, c, x, sel)
	if err != nil {
		return err
	}
	here := a.addressOf(r, x)
	links := []link{{a.Origin(r) + r.URL.RequestURI(), "self", geoJSONType, "本页"}, {here, "collection", jsonType, x.title}}
	if page.next != "" {
		q := url.Values{}
		for key, value := range got {
			q.Set(key, value)
		}
		q.Set("after", page.next)
		links = append(links, link{here + "/items?" + q.Encode(), "next", geoJSONType, "下一页"})
	}
	head, err := json.Marshal(struct {
		Type     string `json:"type"`
		Links    []link `json:"links"`
		Stamp    string `json:"timeStamp"`
		Matched  int64  `json:"numberMatched"`
		Returned int    `json:"numberReturned"`
	}{"FeatureCollection", links, a.stampOf(a.Now()), page.matched, len(page.features)})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.Write(head[:len(head)-1])
	b.WriteString(`,"features":[`)
	for i, f := range page.features {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := f.write(&b); err != nil {
			return err
		}
	}
	b.WriteString("]}\n")
	return sendGeoJSON(w, r, b.Bytes())
}

// Item sends one feature.
//
// GET /ogc/collections/{collection}/items/{feature} · 200 (GeoJSON); 404 there is none of the id for the caller.
func (a *API) Item(w http.ResponseWriter, r *http.Request, c *access.Caller) {
	if err := a.item(w, r, c); err != nil {
		a.fail(w, r, err)
	}
}

func (a *API) item(w http.ResponseWriter, r *http.Request, c *access.Caller) error {
	x, err := a.collection(r, c)
	if err != nil {
		return err
	}
	names := []string{"f"}
	if x.level != nil {
		names = append(names, valueParams...)
	}
	got, err := params(r, names...)
	if err == nil {
		err = asJSON(got)
	}
	if err != nil {
		return err
	}
	page, err := a.featuresOf(r, c, x, selection{limit: 1, id: r.PathValue("feature"), got: got})
	if err != nil {
		return err
	}
	if len(page.features) == 0 {
		return refuse(http.StatusNotFound, "没有这个要素，请核对编号")
	}
	here := a.addressOf(r, x)
	links, err := json.Marshal([]link{{a.Origin(r) + r.URL.RequestURI(), "self", geoJSONType, "本页"}, {here, "collection", jsonType, x.title}})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := page.features[0].write(&b); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1)
	fmt.Fprintf(&b, ",\"links\":%s}\n", links)
	return sendGeoJSON(w, r, b.Bytes())
}

func sendGeoJSON(w http.ResponseWriter, r *http.Request, body []byte) error {
	w.Header().Set("Content-Type", geoJSONType)
	w.Header().Set("Content-Crs", "<"+crs84+">")
	body = assets.Compress(w, r, body)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // nobody may be there any more
	return nil
}

// write writes a GeoJSON feature.
func (f feature) write(b *bytes.Buffer) error {
	id, err := json.Marshal(f.id)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, `{"type":"Feature","id":%s,"geometry":`, id)
	b.Write(f.geometry(nil))
	b.WriteString(`,"properties":{`)
	for i, p := range f.props {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := json.Marshal(p.Value)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%q:%s", p.Key, value) // keys are ours: letters and _
	}
	b.WriteString("}}")
	return nil
}

func (x collection) params() []string {
	if x.level == nil {
		return recordParams
	}
	return slices.Concat(unitParams, valueParams)
}

// selectionOf reads the parameters of a page.
func (a *API) selectionOf(got map[string]string, x collection) (selection, error) {
	sel := selection{limit: defaultItems, after: got["after"], filters: map[string]string{}, got: got}
	if err := asJSON(got); err != nil {
		return sel, err
	}
	if text, ok := got["limit"]; ok {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 {
			return sel, refuse(http.StatusBadRequest, "参数 limit 应为 1 至 %d 的整数", mostItems)
		}
		sel.limit = int(min(n, mostItems))
	}
	if text, ok := got["bbox"]; ok {
		box, err := boxOf(text)
		if err != nil {
			return sel, err
		}
		sel.box = &box
	}
	if text, ok := got["datetime"]; ok {
		var err error
		if sel.from, sel.to, err = a.interval(text); err != nil {
			return sel, err
		}
	}
	for _, name := range x.params() {
		if value, ok := got[name]; ok && !slices.Contains(valueParams, name) {
			sel.filters[name] = value
		}
	}
	return sel, nil
}

// boxOf reads a parameter bbox: four numbers, or six with heights, which mean nothing here; blanks around them do not matter.
func boxOf(text string) (box analytics.Box, err error) {
	parts := strings.Split(text, ",")
	if len(parts) == 6 {
		parts = slices.Concat(parts[:2], parts[3:5])
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	box, ok := analytics.ParseBox(strings.Join(parts, ","))
	switch {
	case !ok:
		return box, refuse(http.StatusBadRequest, "参数 bbox 应为四个以英文逗号分隔的经纬度：西、南、东、北，如 113.8,32.1,113.9,32.2")
	case box[0] > box[2]:
		return box, refuse(http.StatusBadRequest, "参数 bbox 的西边在东边以东；跨 180° 经线的范围请分两次读取")
	}
	return box, nil
}

// interval reads a day or a time (RFC 3339), or two with / between them, either of which may be open (.. or nothing). Both belong
// to it; a day is all of it. Times are turned into those of the site.
func (a *API) interval(text string) (from, to time.Time, err error) {
	bad := refuse(http.StatusBadRequest, "参数 datetime 应为日期、时间或区间，如 2026-01-01/2026-02-01、2026-01-01T08:00:00Z/..")
	moment := func(s string) (begin, end time.Time, err error) {
		if day, err := time.Parse(time.DateOnly, s); err == nil {
			return day, day.AddDate(0, 0, 1), nil
		}
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return t, t, bad
		}
		local := t.In(a.Catalog.Site.Location())
		naive := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), local.Nanosecond(), time.UTC)
		return naive, naive.Add(time.Microsecond), nil
	}
	begin, end, two := strings.Cut(text, "/")
	if !two {
		return moment(begin)
	}
	open := func(s string) bool { return s == "" || s == ".." }
	if !open(begin) {
		if from, _, err = moment(begin); err != nil {
			return from, to, err
		}
	}
	if !open(end) {
		if _, to, err = moment(end); err != nil {
			return from, to, err
		}
	}
	if open(begin) && open(end) || !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return from, to, bad
	}
	return from, to, nil
}

// featuresOf reads the features of a selection.
func (a *API) featuresOf(r *http.Request, c *access.Caller, x collection, sel selection) (featurePage, error) {
	if x.level == nil {
		return a.matters(r, c, x, sel)
	}
	return a.unitsOf(r, x, sel)
}

// unitsOf are the units of a level.
func (a *API) unitsOf(r *http.Request, x collection, sel selection) (page featurePage, err error) {
	layer, err := a.Layer(r.Context(), x.level.ID)
	if err != nil {
		return page, err
	}
	vs, err := a.values(r.Context(), x.scope, x.level.ID, sel.got)
	if err != nil {
		return page, err
	}
	begun := sel.after == ""
	for _, u := range x.dir.AtLevel(x.level.ID) {
		if !sel.unit(u) {
			continue
		}
		at := -1
		if layer != nil {
			if i, drawn := slices.BinarySearch(layer.Codes, u.Code); drawn {
				at = i
			}
		}
		if sel.box != nil && (at < 0 || !geo.Meets(layer.Shapes[at], bound(sel.box))) {
			continue
		}
		page.matched++
		if !begun {
			begun = u.Code == sel.after
			continue
		}
		if len(page.features) == sel.limit {
			page.next = page.features[len(page.features)-1].id
			continue
		}
		f := feature{id: u.Code, geometry: func(buf []byte) []byte { return append(buf, "null"...) }}
		if at >= 0 {
			f.geometry = func(buf []byte) []byte { return geo.AppendGeoJSON(buf, layer.Shapes[at]) }
		}
		f.props = append(unitProps(x.dir, u), vs.props(u.Code)...)
		page.features = append(page.features, f)
	}
	if !begun {
		return page, refuse(http.StatusBadRequest, "参数 after 所指的要素不在这次读取的范围内，请从第一页重新读取")
	}
	return page, nil
}

// unit says whether a unit is wanted.
func (sel selection) unit(u units.Unit) bool {
	for key, have := range map[string]string{"code": u.Code, "name": u.Name, "parent": u.Parent} {
		if want, asked := sel.filters[key]; asked && want != have {
			return false
		}
	}
	if sel.id != "" && u.Code != sel.id {
		return false
	}
	ends := !sel.from.IsZero() && !u.ValidTo.IsZero() && !sel.from.Before(u.ValidTo)
	begins := !sel.to.IsZero() && !u.ValidFrom.Before(sel.to)
	return !ends && !begins
}

func unitProps(dir *units.Directory, u units.Unit) []geo.TileProp {
	day := func(t time.Time) any {
		if t.IsZero() || t.Equal(units.Beginning) {
			return nil
		}
		return t.Format(time.DateOnly)
	}
	orNull := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	parent, _ := dir.Unit(u.Parent)
	return []geo.TileProp{
		{Key: "code", Value: u.Code},
		{Key: "name", Value: u.Name},
		{Key: "full_name", Value: dir.FullName(u.Code)},
		{Key: "level", Value: u.Level},
		{Key: "parent", Value: orNull(parent.Code)},
		{Key: "parent_name", Value: orNull(parent.Name)},
		{Key: "households", Value: u.Households},
		{Key: "population", Value: u.Population},
		{Key: "area_km2", Value: u.AreaKM2},
		{Key: "valid_from", Value: day(u.ValidFrom)},
		{Key: "valid_to", Value: day(u.ValidTo)},
	}
}
