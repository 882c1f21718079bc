package geo

import (
	"bytes"
	"encoding/binary"
	"io"
	"path"
	"regexp"
	"strings"
)

// headBytes is how much of a file is looked at to see what it is.
const headBytes = 1 << 16

// Sets tells what the files are by their contents (by their names only where a format
// has no mark of its own: .dbf, .prj, .cpg) and puts together what is read together: a
// .shp with the .dbf, .prj and .cpg of the same name in the same folder, in any case.
// Sets come in the order of the files.
//
// Formats of shapes that are not read are refused by name, with the line of ogr2ogr
// that helps, and so are a .dbf without .shp and, if there is nothing else, any other
// file. What lies beside shapes in an archive (indexes, metadata, pictures, texts) is
// passed over.
func Sets(parts []Part) ([]Set, error) {
	var sets []Set
	var beside, others []Part
	ofShapefile := map[string][]Part{} // by stem and extension: .dbf, .prj, .cpg
	stems := map[string]bool{}
	for _, p := range parts {
		if litter(p) {
			continue
		}
		kind, err := recognise(p)
		if err != nil {
			return nil, err
		}
		stem, ext := stemOf(p.Name)
		switch kind {
		case kindShapefile:
			if stems[stem] {
				return nil, refuse(ErrFormat, "有两个名为“%s”的 .shp，请只留一个。", shorten(path.Base(p.Name)))
			}
			stems[stem] = true
			sets = append(sets, Set{Name: p.Name, Format: Shapefile, shapes: p})
		case kindBeside:
			beside = append(beside, p)
			ofShapefile[stem+ext] = append(ofShapefile[stem+ext], p)
		case kindOther:
			others = append(others, p)
		default:
			sets = append(sets, Set{Name: p.Name, Format: Format(kind), shapes: p})
		}
	}
	for i := range sets {
		if sets[i].Format != Shapefile {
			continue
		}
		stem, _ := stemOf(sets[i].Name)
		for ext, into := range map[string]**Part{".dbf": &sets[i].dbf, ".prj": &sets[i].prj, ".cpg": &sets[i].cpg} {
			found := ofShapefile[stem+ext]
			if len(found) > 1 {
				return nil, refuse(ErrFormat, "有两个名为“%s”的文件，请只留一个。", shorten(path.Base(found[0].Name)))
			}
			if len(found) == 1 {
				*into = &found[0]
			}
		}
	}
	for _, p := range beside {
		if stem, ext := stemOf(p.Name); ext == ".dbf" && !stems[stem] {
			return nil, refuse(ErrFormat, "“%s”没有同名的 .shp，请把 .shp、.dbf、.prj 一起提供。", shorten(path.Base(p.Name)))
		}
	}
	if len(sets) == 0 {
		const can = "可用的有 GeoJSON、Shapefile（.shp 及同名的 .dbf、.prj）、KML、含 WKT 列的 CSV"
		if len(beside) > 0 {
			return nil, refuse(ErrFormat, "“%s”只是 Shapefile 的附属文件，请与同名的 .shp 一起提供。", shorten(path.Base(beside[0].Name)))
		}
		if len(others) > 0 {
			return nil, refuse(ErrFormat, "“%s”不是图形文件，%s。", shorten(path.Base(others[0].Name)), can)
		}
		return nil, refuse(ErrFormat, "没有图形文件，%s。", can)
	}
	return sets, nil
}

// Files are the names of the files that the set is read from, the shapes first.
func (s Set) Files() []string {
	names := []string{s.shapes.Name}
	for _, p := range []*Part{s.dbf, s.prj, s.cpg} {
		if p != nil {
			names = append(names, p.Name)
		}
	}
	return names
}

// stemOf splits a name, folder included, in lower case.
func stemOf(name string) (stem, ext string) {
	name = strings.ToLower(strings.ReplaceAll(name, `\`, "/"))
	ext = path.Ext(name)
	return strings.TrimSuffix(name, ext), ext
}

// litter is what archives hold besides files: folders and what macOS and Windows leave.
func litter(p Part) bool {
	base := path.Base(p.Name)
	return strings.HasSuffix(p.Name, "/") || strings.HasPrefix(p.Name, "__MACOSX/") || base == ".DS_Store" || strings.EqualFold(base, "Thumbs.db")
}

// partKind is a Format, or one of those below.
type partKind string

const (
	kindShapefile = partKind(Shapefile)
	kindBeside    = partKind("beside") // .dbf, .prj and .cpg, of use with a .shp
	kindOther     = partKind("other")  // no shapes, as far as we know
)

var (
	topoJSON = regexp.MustCompile(`"type"\s*:\s*"Topology"`)
	kmlRoot  = regexp.MustCompile(`<(?:\w+:)?kml[\s>/]`)
	dxfHead  = regexp.MustCompile(`^\s*(?:999\s*\n.*\n\s*)*0\s*\r?\nSECTION`)
	mifHead  = regexp.MustCompile(`(?i)^version\s+\d+\s+charset`)
	wktCell  = regexp.MustCompile(`(?i)(?:^|[\n,;\t|"])\s*(?:SRID\s*=\s*\d+\s*;\s*)?(?:MULTI)?(?:POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)\s*(?:ZM|Z|M)?\s*(?:\(|EMPTY)`)
)

// foreignFormats are told by how they begin.
var foreignFormats = []struct{ magic, title, ext string }{
	{"SQLite format 3\x00", "GeoPackage", "gpkg"},
	{"fgb\x03fgb", "FlatGeobuf", "fgb"},
	{"PAR1", "GeoParquet", "parquet"},
	{"AutoCAD Binary DXF", "DXF 图纸", "dxf"},
	{"!table", "MapInfo TAB", "tab"},
}

func recognise(p Part) (partKind, error) {
	head := make([]byte, min(p.Size, headBytes))
	if n, err := p.Data.ReadAt(head, 0); err != nil && !(err == io.EOF && n == len(head)) {
		if !cutOff(err) {
			return "", readFailure(err)
		}
		head = head[:n]
	}
	_, ext := stemOf(p.Name)
	name := shorten(path.Base(p.Name))
	foreign := func(title, in string) (partKind, error) {
		return "", refuse(ErrFormat, "“%s”是 %s，不能直接读取，请先转换：ogr2ogr -f GeoJSON 输出.geojson 输入.%s。", name, title, in)
	}
	if strings.Contains(strings.ToLower(p.Name), ".gdb/") || ext == ".gdbtable" {
		return foreign("FileGDB", "gdb")
	}
	if bytes.HasPrefix(head, []byte("AC10")) {
		return "", refuse(ErrFormat, "“%s”是 DWG 图纸，不能直接读取，请先在制图软件中另存为 DXF，再转换：ogr2ogr -f GeoJSON 输出.geojson 输入.dxf。", name)
	}
	for _, f := range foreignFormats {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return foreign(f.title, f.ext)
		}
	}
	if shp, ok := shapefileMagic(head, p.Size, ext); ok {
		if shp {
			return kindShapefile, nil
		}
		return kindOther, nil // .shx
	}
	switch ext {
	case ".shp":
		return kindShapefile, nil // a damaged one: Read says so
	case ".dbf", ".prj", ".cpg":
		return kindBeside, nil
	case ".mif", ".mid":
		return foreign("MapInfo MIF", "mif")
	}
	for _, magic := range []string{"PK\x03\x04", "PK\x05\x06", "\x1f\x8b", "Rar!", "7z\xbc\xaf"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			if ext == ".kmz" {
				return "", refuse(ErrFormat, "“%s”是 KMZ（压缩的 KML），请解压后提供其中的 .kml。", name)
			}
			if ext == ".xlsx" {
				return kindOther, nil
			}
			return "", refuse(ErrFormat, "“%s”是压缩文件，请解压后重试。", name)
		}
	}
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return "", refuse(ErrEncoding, "“%s”是 UTF-16 编码，请另存为 UTF-8 后重试。", name)
	}
	body := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	switch {
	case bytes.HasPrefix(body, []byte("{")), bytes.HasPrefix(body, []byte("[")):
		if topoJSON.Match(body) {
			return "", refuseTopoJSON()
		}
		return partKind(GeoJSON), nil
	case bytes.HasPrefix(body, []byte("<")):
		if kmlRoot.Match(body) || ext == ".kml" {
			return partKind(KML), nil
		}
		for _, x := range []struct{ root, title, ext string }{{"<gpx", "GPX", "gpx"}, {"<osm", "OSM XML", "osm"}, {"FeatureCollection", "GML", "gml"}} {
			if bytes.Contains(body[:min(len(body), 2000)], []byte(x.root)) {
				return foreign(x.title, x.ext)
			}
		}
		return kindOther, nil
	case dxfHead.Match(body):
		return foreign("DXF 图纸", "dxf")
	case mifHead.Match(body):
		return foreign("MapInfo MIF", "mif")
	case wktCell.Match(body):
		return partKind(WKT), nil
	}
	switch ext {
	case ".geojson":
		return partKind(GeoJSON), nil // no JSON at all: Read says so
	case ".kml":
		return partKind(KML), nil
	}
	return kindOther, nil
}

// shapefileMagic tells a .shp from a .shx, which has the same header: where the first
// record has its number, the index has an offset of 50 words.
func shapefileMagic(head []byte, size int64, ext string) (shp, ok bool) {
	if len(head) < shpHeader || binary.BigEndian.Uint32(head) != shpCode || binary.LittleEndian.Uint32(head[28:]) != shpVersion {
		return false, false
	}
	switch ext {
	case ".shp":
		return true, true
	case ".shx":
		return false, true
	}
	index := (size-shpHeader)%8 == 0 && len(head) >= shpHeader+4 && binary.BigEndian.Uint32(head[shpHeader:]) == shpHeader/2
	return !index, true
}

func refuseTopoJSON() error {
	return refuse(ErrTopoJSON, "文件是 TopoJSON，请先转换为 GeoJSON：ogr2ogr -f GeoJSON 输出.geojson 输入文件。")
}
