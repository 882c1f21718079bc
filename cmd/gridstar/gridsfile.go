package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/paulmach/orb"

	"gridstar/analytics/warehouse"
	"gridstar/geo"
	"gridstar/ingest"
	"gridstar/ingest/source"
)

// gridsFile is what a file of polygons is read by.
type gridsFile struct {
	Files    []string `arg:"" name:"文件" help:"GeoJSON、Shapefile（.shp，同名的 .dbf、.prj 自动一并读取，或打成 zip）、KML、KMZ，或含 WKT 列的 CSV。"`
	CRS      string   `help:"坐标系：wgs84、cgcs2000、gcj02、bd09、webmercator、EPSG:45xx；文件自己写明的可以不写。" name:"crs" placeholder:"CRS"`
	Encoding string   `help:"Shapefile 属性表的编码，如 utf-8、gb18030；不写则自动识别。" placeholder:"编码"`
}

// companions are the endings of the files that belong to a .shp.
var companions = []string{".dbf", ".prj", ".cpg", ".DBF", ".PRJ", ".CPG"}

// inputs are the files named, and those that lie beside a .shp and belong to it: what whoever typed the command has opened for it.
func (g *gridsFile) inputs() []string {
	return g.with(func(name string) bool {
		_, err := os.Stat(name)
		return err == nil
	})
}

// with is the files named, and of those that belong to a .shp the ones that are there.
func (g *gridsFile) with(there func(name string) bool) []string {
	all := append([]string{}, g.Files...)
	have := map[string]bool{}
	for _, f := range g.Files {
		have[strings.ToLower(f)] = true
	}
	for _, f := range g.Files {
		ext := filepath.Ext(f)
		if !strings.EqualFold(ext, ".shp") {
			continue
		}
		for _, ending := range companions {
			beside := strings.TrimSuffix(f, ext) + ending
			if !have[strings.ToLower(beside)] && there(beside) {
				have[strings.ToLower(beside)] = true
				all = append(all, beside)
			}
		}
	}
	return all
}

// name is that of the file for sentences and for the record.
func (g *gridsFile) name() string { return filepath.Base(g.Files[0]) }

// crs is the system given; "" for none.
func (g *gridsFile) crs() (geo.CRS, error) {
	if g.CRS == "" {
		return "", nil
	}
	return parseCRS(g.CRS)
}

// read reads the only set of shapes in the files. hash is that of the file with the shapes, as it was given.
func (g *gridsFile) read(ctx context.Context, e *env, limits source.Limits) (c *geo.Collection, hash string, err error) {
	var parts []geo.Part
	var inside []source.Part // of archives
	defer func() {
		for _, p := range inside {
			_ = p.Close()
		}
	}()
	opened := func(name string) bool { return e.files[name] != nil } // the folder of who typed the command may be another process's
	for i, name := range g.with(opened) {
		f, err := e.input(name)
		if err != nil {
			return nil, "", err
		}
		info, err := f.Stat()
		if err != nil {
			return nil, "", err
		}
		if i == 0 {
			if hash, err = ingest.FileHash(ctx, f, info.Size()); err != nil {
				return nil, "", fmt.Errorf("“%s”无法读取：%w", g.name(), err)
			}
		}
		if !packedFile(f) {
			parts = append(parts, geo.Part{Name: filepath.Base(name), Data: f, Size: info.Size()})
			continue
		}
		packed, err := source.Unpack(ctx, f, info.Size(), filepath.Base(name), scratch, limits)
		if err != nil {
			return nil, "", err
		}
		inside = append(inside, packed...)
		for _, p := range packed {
			parts = append(parts, geo.Part{Name: p.Name, Data: p.File, Size: p.Size})
		}
	}
	sets, err := geo.Sets(parts)
	if err != nil {
		return nil, "", fmt.Errorf("“%s”：%w", g.name(), err)
	}
	if len(sets) > 1 {
		names := make([]string, len(sets))
		for i, s := range sets {
			names[i] = s.Name
		}
		return nil, "", fmt.Errorf("“%s”中有 %d 个图层（%s），一次只能读取一个，请分开后再读取", g.name(), len(sets), strings.Join(names, "、"))
	}
	c, err = sets[0].Read(geo.ReadSettings{Encoding: g.Encoding})
	if err != nil {
		return nil, "", fmt.Errorf("“%s”：%w", g.name(), err)
	}
	return c, hash, nil
}

// packedFile says whether a file begins like an archive.
func packedFile(f *os.File) bool {
	head := make([]byte, 4)
	n, _ := f.ReadAt(head, 0) // what cannot be read says so later
	for _, magic := range []string{"PK\x03\x04", "\x1f\x8b", "\x28\xb5\x2f\xfd"} {
		if bytes.HasPrefix(head[:n], []byte(magic)) {
			return true
		}
	}
	return false
}

// scratch makes a file without a name for what is unpacked.
func scratch() (*os.File, error) {
	f, err := os.CreateTemp("", "gridstar-*")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

// features are the polygons as units.
func (g *gridsFile) features(c *geo.Collection, opt geo.ReadOptions) ([]geo.Feature, error) {
	fs, err := c.Features(opt)
	if errors.Is(err, geo.ErrNoCRS) {
		return nil, usagef("“%s”：%s", g.name(), strings.TrimSuffix(err.Error(), "。"))
	}
	if err != nil {
		return nil, fmt.Errorf("“%s”：%w", g.name(), err)
	}
	return fs, nil
}

// shareSample is how many records the candidates for a coordinate system are tried on.
const shareSample = 10_000

// printShares says what share of the points of records falls into the layer if its coordinates are read in each system that they may be in.
// It recommends none: of a layer much larger than the shift between two systems all of them are good.
func (e *env) printShares(ctx context.Context, c *geo.Collection, opt geo.ReadOptions) error {
	var sample []orb.Point
	err := e.W.View(ctx, func(v *warehouse.View) (err error) {
		sample, err = warehouse.Rows(ctx, v, func(r *sql.Rows) (p orb.Point, err error) { return p, r.Scan(&p[0], &p[1]) },
			fmt.Sprintf("SELECT lon, lat FROM record WHERE lon IS NOT NULL AND lat IS NOT NULL ORDER BY hash(id) LIMIT %d", shareSample))
		return err
	})
	if err != nil || len(sample) == 0 {
		return err
	}
	var texts []string
	for _, s := range geo.Shares(c, opt, sample) {
		texts = append(texts, fmt.Sprintf("%s %.1f%%", s.CRS, 100*float64(s.Inside)/float64(max(s.Of, 1))))
	}
	if len(texts) > 0 {
		fmt.Fprintf(e.Stdout, "  已载入的 %d 个点位落在图层内的比例（按坐标系）：%s；供核对坐标系用。\n", len(sample), strings.Join(texts, "、"))
	}
	return nil
}
