package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gridstar/analytics/access"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/geo"
	"gridstar/ingest"
	"gridstar/ingest/intake"
)

// bordersPath is where an upload of borders is shown.
func bordersPath(id string) string { return "/data/borders/" + id }

// pageOf is where an upload is shown, whatever it holds.
func pageOf(u intake.Upload) string {
	if u.Kind == intake.BordersOf {
		return bordersPath(u.ID)
	}
	return uploadPath(u.ID)
}

// onBorders says on the page of borders what sentences of package geo say of flags.
var onBorders = strings.NewReplacer(
	"，请修正，或加 --repair 修补", "，请修正，或选择“修补后载入”",
	"与 --crs ", "与所选的坐标系 ",
	"请用 --code 指定其中之一", "请改选其中之一",
	"请用 --name 指定其中之一", "请改选其中之一",
	"请用 --parent 指定其中之一", "请改选其中之一",
	"（可用 --valid-from 写明启用日期）", "（可填写启用日期）",
)

func bordersText(text string) string { return onPage.Replace(onBorders.Replace(text)) }

// bordersTold is told for what is said of borders.
func (s *Server) bordersTold(r *http.Request, err error) string {
	return onBorders.Replace(s.told(r, plainError(onBorders.Replace(err.Error()))))
}

// plainError is an error that is its sentence.
type plainError string

func (e plainError) Error() string { return string(e) }

// bordersOf is the upload of borders that an address names.
func (s *Server) bordersOf(r *http.Request) (intake.Upload, error) {
	u, ok := s.Desk.Upload(r.PathValue("upload"))
	if !ok || u.Kind != intake.BordersOf {
		return u, errNotFound
	}
	return u, nil
}

// handInBorders takes in the files of one set of shapes.
func (s *Server) handInBorders(w http.ResponseWriter, r *http.Request) error {
	form, err := r.MultipartReader()
	if err != nil {
		return errForm
	}
	u, err := s.Desk.ReceiveBorders(r.Context(), func() (intake.Sent, error) {
		for {
			part, err := form.NextPart()
			switch {
			case errors.Is(err, io.EOF):
				return intake.Sent{}, io.EOF
			case err != nil:
				return intake.Sent{}, broken(err)
			case part.FormName() != "file":
				return intake.Sent{}, errForm
			case part.FileName() != "": // a form sent without a file has one without name
				return intake.Sent{Name: part.FileName(), Data: part}, nil
			}
		}
	}, s.sender(r))
	if spoken(err) {
		return s.showBorders(w, r, statusOf(err), said{Error: sentence(err)})
	}
	if err != nil {
		return err
	}
	if err := s.Audit.Write(s.caller(r).Actor(), access.Imported, r.Pattern+" upload="+u.ID, access.Done); err != nil {
		return errors.Join(err, s.Desk.Discard(u.ID))
	}
	http.Redirect(w, r, bordersPath(u.ID), http.StatusSeeOther)
	return nil
}

// bordersFields are the fields of the form that says what a file's shapes are.
var bordersFields = []string{"level", "crs", "encoding", "code", "name", "parent", "from"}

// maxProperty is the greatest name of a property that a form takes, in bytes.
const maxProperty = 200

// bordersChoice reads what was chosen. With nothing chosen yet it is empty.
func (s *Server) bordersChoice(get func(field string) string) (c intake.BordersChoice, err error) {
	c = intake.BordersChoice{Level: get("level"), CRS: get("crs"), Encoding: get("encoding"), Code: get("code"), Name: get("name"), Parent: get("parent"), ValidFrom: get("from")}
	for _, f := range bordersFields {
		if len(get(f)) > maxProperty {
			return intake.BordersChoice{}, errForm
		}
	}
	if c.CRS != "" {
		if _, err := geo.ParseCRS(c.CRS); err != nil {
			return c, refuse("没有坐标系“%s”，请从列表中选择", brief(c.CRS))
		}
	}
	if c.Encoding != "" && !slices.ContainsFunc(encodings, func(e kindChoice) bool { return e.Code == c.Encoding }) {
		return c, refuse("没有编码“%s”，请从列表中选择", brief(c.Encoding))
	}
	if _, err := bordersFrom(c); err != nil {
		return c, err
	}
	if l, ok := s.Catalog.Level(c.Level); c.Level != "" && (!ok || l.Tree != catalog.Area) {
		return c, refuse("没有层级“%s”，请从列表中选择", brief(c.Level))
	}
	return c, nil
}

// bordersFrom is the day from which borders hold; the zero time where none is given.
func bordersFrom(c intake.BordersChoice) (time.Time, error) {
	if c.ValidFrom == "" {
		return time.Time{}, nil
	}
	from, err := time.Parse(time.DateOnly, c.ValidFrom)
	if err != nil {
		return from, refuse("启用日期应写成 2026-01-01 的样式")
	}
	return from, nil
}

// readOptions are those of a choice.
func readOptions(c intake.BordersChoice) geo.ReadOptions {
	crs, _ := geo.ParseCRS(c.CRS) // "" and what was checked before
	return geo.ReadOptions{CRS: crs, CodeProp: c.Code, NameProp: c.Name, ParentProp: c.Parent}
}

// layerOptions say what the features of an upload are.
func (s *Server) layerOptions(b *ingest.Borders, c intake.BordersChoice) units.LayerOptions {
	from, _ := bordersFrom(c) // checked before
	crs := readOptions(c).CRS
	if crs == "" {
		crs = b.Shape.CRS
	}
	return units.LayerOptions{Level: c.Level, Levels: s.Catalog.Levels, CRS: crs, ValidFrom: from, Now: s.Now(), Source: b.Name, Hash: b.Hash, SnapM: s.Catalog.Map.SnapM}
}

// publishBorders loads the shapes of an upload as chosen, mended where that was chosen too.
func (s *Server) publishBorders(w http.ResponseWriter, r *http.Request) error {
	u, err := s.bordersOf(r)
	if err != nil {
		return err
	}
	f, err := readForm(r, append([]string{"repair"}, bordersFields...)...)
	if err != nil {
		return err
	}
	c, err := s.bordersChoice(func(field string) string { return f[field] })
	if err == nil && (c.Level == "" || c.Code == "") {
		err = refuse("请先选择层级和编码所在的属性，再载入")
	}
	if err == nil {
		err = s.changing(r, access.Imported, s.object(r), func() error { return s.loadBorders(r.Context(), u, c, f["repair"] != "", s.sender(r)) })
	}
	switch {
	case err == nil:
		http.Redirect(w, r, bordersPath(u.ID), http.StatusSeeOther)
		return nil
	case errors.Is(err, access.ErrLog) || r.Context().Err() != nil:
		return err
	}
	if now, ok := s.Desk.Upload(u.ID); ok { // somebody else may have been quicker
		u = now
	}
	status := mistaken(err)
	if status == http.StatusInternalServerError { // a sentence about the file, or one that told has logged
		status = http.StatusUnprocessableEntity
	}
	return s.showBordersFile(w, r, status, u, c, said{Error: s.bordersTold(r, err)})
}

// loadBorders checks and writes the shapes of an upload.
func (s *Server) loadBorders(ctx context.Context, u intake.Upload, c intake.BordersChoice, mend bool, by intake.Sender) error {
	_, err := s.Desk.PublishBorders(ctx, u.ID, c, by, func(ctx context.Context) (res ingest.Result, mended []string, err error) {
		b, err := s.Desk.OpenBorders(ctx, u.ID, c.Encoding)
		if err != nil {
			return res, nil, err
		}
		fs, err := b.Features(readOptions(c))
		if err != nil {
			return res, nil, err
		}
		_, repaired, err := ingest.SoundBorders(b.Name, fs, geo.WGS84, mend)
		if err != nil {
			return res, nil, err
		}
		report, err := units.LoadLayer(ctx, s.Warehouse, fs, s.layerOptions(b, c))
		if err != nil {
			return res, nil, err
		}
		return ingest.Result{
			Job: report.Job, Version: report.Version, File: u.Name, Rows: report.Rows, Accepted: report.Accepted, Unchanged: report.Unchanged, Skipped: report.Skipped, Replaced: report.Replaced,
		}, mendedWords(repaired), nil
	})
	return err
}

// mendedWords says what was repaired, one sentence a place.
func mendedWords(all []ingest.Mended) (words []string) {
	for _, m := range all {
		for _, ring := range m.Rings {
			words = append(words, strings.Replace(ring, "，请修正，或加 --repair 修补", "", 1))
		}
	}
	return words
}

// discardBorders gives an upload up.
func (s *Server) discardBorders(w http.ResponseWriter, r *http.Request) error {
	u, err := s.bordersOf(r)
	if err != nil {
		return err
	}
	if _, err := readForm(r); err != nil {
		return err
	}
	err = s.changing(r, access.Imported, s.object(r), func() error { return s.Desk.Discard(u.ID) })
	if spoken(err) {
		return s.showBordersFile(w, r, mistaken(err), u, intake.BordersChoice{}, said{Error: sentence(err)})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, "/data/borders", "discarded")
}

// bordersFile sends the polygons of a level in force as GeoJSON: those of the caller's units.
func (s *Server) bordersFile(w http.ResponseWriter, r *http.Request) error {
	level, ok := s.Catalog.Level(r.PathValue("level"))
	if !ok || level.Tree != catalog.Area {
		return errNotFound
	}
	dir, _, err := s.ground(r.Context())
	if err != nil {
		return err
	}
	fs, err := s.bordersInForce(r.Context(), level.ID)
	if err != nil {
		return err
	}
	if all := s.scope(r.Context()).All; !all {
		fs = slices.DeleteFunc(slices.Clone(fs), func(f geo.Feature) bool {
			_, his := dir.Unit(f.Code)
			return !his
		})
	}
	if len(fs) == 0 {
		return refuse("还没有%s的边界", level.Label)
	}
	var b bytes.Buffer
	write, kind, name := geo.WriteGeoJSON, "application/geo+json", fmt.Sprintf("边界-%s.geojson", level.Label)
	if r.FormValue("format") == "shp" {
		write = func(w io.Writer, fs []geo.Feature, crs geo.CRS) error {
			return geo.WriteShapefile(w, level.ID, fs, crs)
		}
		kind, name = "application/zip", fmt.Sprintf("边界-%s.zip", level.Label)
	}
	if err := write(&b, fs, geo.WGS84); err != nil {
		return err
	}
	download(w, kind, name)
	send(w, r, http.StatusOK, b.Bytes())
	return nil
}

// bordersInForce are the polygons of a level as they are today; none is no error.
func (s *Server) bordersInForce(ctx context.Context, level string) (fs []geo.Feature, err error) {
	err = s.Engine.View(ctx, func(v *warehouse.View) error {
		fs, err = ingest.BordersInForce(ctx, v, s.Units, s.Catalog.Levels, level, s.Now())
		return err
	})
	if _, none := errors.AsType[*units.NoLayerError](err); none {
		return nil, nil
	}
	return fs, err
}

// lookURL is the address that checks an upload as chosen.
func lookURL(id string, c intake.BordersChoice, part string) string {
	v := url.Values{}
	for field, value := range map[string]string{"level": c.Level, "crs": c.CRS, "encoding": c.Encoding, "code": c.Code, "name": c.Name, "parent": c.Parent, "from": c.ValidFrom} {
		if value != "" {
			v.Set(field, value)
		}
	}
	if len(v) == 0 {
		return bordersPath(id) + part
	}
	return bordersPath(id) + part + "?" + v.Encode()
}
