package ingest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/geo"
	"gridstar/ingest/source"
)

// Borders are the shapes of one file that was handed in as the polygons of a level, before anybody says what its coordinates
// and properties mean. The command line and the page of borders both come this way, so that they find the same.
type Borders struct {
	Name  string // of the file, for sentences and for the record
	Hash  string // SHA-256 of the file as it was given, hex
	Shape *geo.Collection
}

// BordersFile is one opened file: a file of shapes, one that belongs to it, or an archive of them.
type BordersFile struct {
	Name string
	File *os.File
}

// BordersOptions bound and steer the reading. Scratch must be given: it makes a file without a name for what is unpacked.
type BordersOptions struct {
	Encoding string // of texts; "" finds it out
	Limits   source.Limits
	Scratch  func() (*os.File, error)
}

// ReadBorders reads the only set of shapes in the files; the first names them and gives the hash. Errors are sentences for whoever
// has the file.
func ReadBorders(ctx context.Context, files []BordersFile, opt BordersOptions) (*Borders, error) {
	b := &Borders{Name: filepath.Base(files[0].Name)}
	var parts []geo.Part
	var inside []source.Part // of archives
	defer func() {
		for _, p := range inside {
			_ = p.Close()
		}
	}()
	for i, f := range files {
		info, err := f.File.Stat()
		if err != nil {
			return nil, err
		}
		if i == 0 {
			if b.Hash, err = FileHash(ctx, f.File, info.Size()); err != nil {
				return nil, fmt.Errorf("“%s”无法读取：%w", b.Name, err)
			}
		}
		name := filepath.Base(f.Name)
		if !Packed(f.File) {
			parts = append(parts, geo.Part{Name: name, Data: f.File, Size: info.Size()})
			continue
		}
		packed, err := source.Unpack(ctx, f.File, info.Size(), name, opt.Scratch, opt.Limits)
		if err != nil {
			return nil, err
		}
		inside = append(inside, packed...)
		for _, p := range packed {
			parts = append(parts, geo.Part{Name: p.Name, Data: p.File, Size: p.Size})
		}
	}
	sets, err := geo.Sets(parts)
	if err != nil {
		return nil, fmt.Errorf("“%s”：%w", b.Name, err)
	}
	if len(sets) > 1 {
		names := make([]string, len(sets))
		for i, s := range sets {
			names[i] = s.Name
		}
		return nil, fmt.Errorf("“%s”中有 %d 个图层（%s），一次只能读取一个，请分开后再读取", b.Name, len(sets), strings.Join(names, "、"))
	}
	if b.Shape, err = sets[0].Read(geo.ReadSettings{Encoding: opt.Encoding}); err != nil {
		return nil, fmt.Errorf("“%s”：%w", b.Name, err)
	}
	return b, nil
}

// Packed says whether a file begins like an archive.
func Packed(f *os.File) bool {
	head := make([]byte, 4)
	n, _ := f.ReadAt(head, 0) // what cannot be read says so later
	for _, magic := range []string{"PK\x03\x04", "\x1f\x8b", "\x28\xb5\x2f\xfd"} {
		if bytes.HasPrefix(head[:n], []byte(magic)) {
			return true
		}
	}
	return false
}

// Features are the polygons as units, in WGS-84. The error wraps geo's, see geo.Collection.Features.
func (b *Borders) Features(opt geo.ReadOptions) ([]geo.Feature, error) {
	fs, err := b.Shape.Features(opt)
	if err != nil {
		return nil, fmt.Errorf("“%s”：%w", b.Name, err)
	}
	return fs, nil
}

// Mended is one feature that was repaired.
type Mended struct {
	Code  string   `json:"code"`
	Rings []string `json:"rings"` // one sentence a place
}

// CheckBorders is what there is to say of features, after they were mended in place where that is wanted. Places are in degrees of
// crs, that of the file, so that they are found there; of a projected system in those of WGS-84.
func CheckBorders(features []geo.Feature, crs geo.CRS, mend bool) (findings []geo.Finding, mended []Mended, err error) {
	audit := func() []geo.Finding {
		all := geo.Audit(features)
		for i := range all {
			if crs.Degrees() {
				all[i].At = crs.FromWGS84(all[i].At)
			}
		}
		return all
	}
	findings = audit()
	if !mend {
		return findings, nil, nil
	}
	if mended, err = mendBorders(features, findings); err == nil && len(mended) > 0 {
		findings = audit()
	}
	return findings, mended, err
}

// mendBorders mends, in place, every feature with a failure that can be mended.
func mendBorders(features []geo.Feature, findings []geo.Finding) (mended []Mended, err error) {
	for i := range features {
		m := Mended{Code: features[i].Code}
		for _, f := range findings {
			if f.Feature == features[i].Row && f.Severity == geo.Failure && f.Mendable() {
				m.Rings = append(m.Rings, f.Text())
			}
		}
		if len(m.Rings) == 0 {
			continue
		}
		if features[i].Shape, err = geo.Repair(features[i].Shape); err != nil {
			return nil, fmt.Errorf("编码 %s 的图形无法修补：%w", features[i].Code, err)
		}
		mended = append(mended, m)
	}
	return mended, nil
}

// SoundBorders checks features that are to be loaded, repaired where that is wanted. Places are those of CheckBorders. What is left invalid refuses them all.
func SoundBorders(name string, features []geo.Feature, crs geo.CRS, mend bool) (warnings []geo.Finding, mended []Mended, err error) {
	findings, mended, err := CheckBorders(features, crs, mend)
	if err != nil {
		return nil, nil, err
	}
	var failures []string
	for _, f := range findings {
		switch f.Severity {
		case geo.Failure:
			failures = append(failures, strings.TrimSuffix(f.Text(), "。"))
		case geo.Warning:
			warnings = append(warnings, f)
		}
	}
	if len(failures) > 0 {
		return nil, nil, &BordersError{Name: name, Failures: failures}
	}
	return warnings, mended, nil
}

// BordersError refuses borders with invalid features; every failure is one clause with its place.
type BordersError struct {
	Name     string
	Failures []string
}

func (e *BordersError) Error() string {
	const shown = 5
	text := strings.Join(e.Failures[:min(shown, len(e.Failures))], "；")
	if n := len(e.Failures); n > shown {
		text += fmt.Sprintf("；等共 %d 处", n)
	}
	return fmt.Sprintf("图层“%s”未载入：%s", e.Name, text)
}

// leastNested is the share of a unit below which its border may differ from that of the unit above without a word: two layers drawn
// apart never agree to the metre.
const leastNested = 0.001

// NestedBorders holds features against the polygons of the nearest level above that has any on the date.
func NestedBorders(ctx context.Context, v *warehouse.View, c *units.Cache, levels units.Levels, level string, date time.Time, features []geo.Feature) ([]geo.Finding, error) {
	above, err := bordersAbove(ctx, v, c, levels, level, date)
	if err != nil || len(above) == 0 {
		return nil, err
	}
	known := map[string]bool{}
	for _, f := range above {
		known[f.Code] = true
	}
	children := slices.Clone(features)
	for i := range children {
		if !known[children[i].Parent] { // a name, or a unit two levels up: by position
			children[i].Parent = ""
		}
	}
	findings := geo.AuditNested(above, children)
	return slices.DeleteFunc(findings, func(f geo.Finding) bool {
		switch f.Kind {
		case geo.Uncovered: // all of it: a file of one street's communities leaves out all others
			return f.Share < leastNested || f.Share >= 1-leastNested
		case geo.OutsideParent:
			return f.Share < leastNested
		}
		return false
	}), nil
}

// bordersAbove are the polygons of the nearest area level above that has any; none is no error.
func bordersAbove(ctx context.Context, v *warehouse.View, c *units.Cache, levels units.Levels, level string, date time.Time) ([]geo.Feature, error) {
	for _, l := range slices.Backward(levels) {
		if l.Tree != units.Area || levels.Rank(l.ID) >= levels.Rank(level) {
			continue
		}
		layer, err := c.Layer(ctx, v, levels, l.ID, date)
		if _, none := errors.AsType[*units.NoLayerError](err); none {
			continue
		}
		if err != nil {
			return nil, err
		}
		above := make([]geo.Feature, len(layer.Codes))
		for i, code := range layer.Codes {
			above[i] = geo.Feature{Code: code, Shape: layer.Shapes[i], Row: i + 1}
		}
		return above, nil
	}
	return nil, nil
}

// shareSample is how many records the candidates for a coordinate system are tried on.
const shareSample = 10_000

// Shares says of the points of loaded records, or of a sample of them, what part lies in the borders if their coordinates are read in
// each system that they may be in. It recommends none: of a layer much larger than the shift between two systems all of them are good.
func (b *Borders) Shares(ctx context.Context, q warehouse.Queryer, opt geo.ReadOptions) ([]geo.Share, error) {
	sample, err := warehouse.Rows(ctx, q, func(r *sql.Rows) (p orb.Point, err error) { return p, r.Scan(&p[0], &p[1]) },
		fmt.Sprintf("SELECT lon, lat FROM record WHERE lon IS NOT NULL AND lat IS NOT NULL ORDER BY hash(id) LIMIT %d", shareSample))
	if err != nil || len(sample) == 0 {
		return nil, err
	}
	return geo.Shares(b.Shape, opt, sample), nil
}
