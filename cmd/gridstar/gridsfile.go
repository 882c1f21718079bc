package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

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

// read reads the only set of shapes in the files.
func (g *gridsFile) read(ctx context.Context, e *env, limits source.Limits) (*ingest.Borders, error) {
	var files []ingest.BordersFile
	opened := func(name string) bool { return e.files[name] != nil } // the folder of who typed the command may be another process's
	for _, name := range g.with(opened) {
		f, err := e.input(name)
		if err != nil {
			return nil, err
		}
		files = append(files, ingest.BordersFile{Name: name, File: f})
	}
	return ingest.ReadBorders(ctx, files, ingest.BordersOptions{Encoding: g.Encoding, Limits: limits, Scratch: scratch})
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
func (g *gridsFile) features(b *ingest.Borders, opt geo.ReadOptions) ([]geo.Feature, error) {
	fs, err := b.Features(opt)
	if errors.Is(err, geo.ErrNoCRS) {
		return nil, usagef("%s", strings.TrimSuffix(err.Error(), "。"))
	}
	return fs, err
}

// printShares says what share of the points of records falls into the layer, by the system that its coordinates may be in.
func (e *env) printShares(ctx context.Context, b *ingest.Borders, opt geo.ReadOptions) error {
	var shares []geo.Share
	err := e.W.View(ctx, func(v *warehouse.View) (err error) {
		shares, err = b.Shares(ctx, v, opt)
		return err
	})
	if err != nil || len(shares) == 0 {
		return err
	}
	texts := make([]string, len(shares))
	for i, s := range shares {
		texts[i] = fmt.Sprintf("%s %.1f%%", s.CRS, 100*float64(s.Inside)/float64(s.Of))
	}
	fmt.Fprintf(e.Stdout, "  已载入的 %d 个点位落在图层内的比例（按坐标系）：%s；供核对坐标系用。\n", shares[0].Of, strings.Join(texts, "、"))
	return nil
}
