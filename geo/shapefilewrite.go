package geo

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/paulmach/orb"
)

// shpMost is the size in bytes that any part of a Shapefile may have. The format counts to twice that, but
// programs address it with signed 32 bits.
const shpMost = math.MaxInt32

// shapefileDate is the time of every file and table written: the first that a zip can hold, so that equal
// borders give equal bytes.
var shapefileDate = time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)

// WriteShapefile writes features (WGS-84) as a zip of name.shp, .shx, .dbf, .prj and .cpg, in the order given,
// converted to crs. The table has the columns CODE, NAME and PARENT in UTF-8, as wide as their longest value.
// GCJ-02 and BD-09 have no description that programs read: for them no .prj is written, and whoever reads the
// file must be told. A feature without shape has a null shape.
//
// Nothing has been written when it refuses: ErrNoShapes for an empty list, ErrNoCRS and ErrUnsupportedCRS,
// ErrProperty for a name that cannot be a file's or a text that would not come back as it is, ErrCoordinate for
// a point outside crs, ErrTooLarge for more than 2 GB. The same features give the same bytes.
func WriteShapefile(w io.Writer, name string, features []Feature, crs CRS) error {
	crs, err := ParseCRS(string(crs))
	if err != nil {
		return err
	}
	if len(features) == 0 {
		return refuse(ErrNoShapes, "没有图形可写成 Shapefile，请先载入图层。")
	}
	if !fileName(name) {
		return refuse(ErrProperty, "“%s”不能用作文件名，请换一个不含斜杠、引号、冒号等符号的名称。", shorten(name))
	}
	table, err := newDBFTable(features)
	if err != nil {
		return err
	}
	if size := max(shpBytes(features), table.bytes()); size > shpMost {
		return refuse(ErrTooLarge, "写成 Shapefile 将有%d字节，超过这种格式的上限（2 GB），请改用 GeoJSON。", size)
	}
	shapes, err := shpPolygons(features, crs)
	if err != nil {
		return err
	}
	parts := []zipPart{
		{name + ".shp", shapes.writeSHP},
		{name + ".shx", shapes.writeSHX},
		{name + ".dbf", table.write},
	}
	if text := crs.prj(); text != "" {
		parts = append(parts, zipPart{name + ".prj", textWriter(text)})
	}
	return writeZip(w, append(parts, zipPart{name + ".cpg", textWriter("UTF-8")}))
}

// fileName says whether a name can be unpacked on any system, and read back as a Shapefile's.
func fileName(name string) bool {
	return name != "" && utf8.ValidString(name) && !strings.HasPrefix(name, ".") && strings.TrimSpace(name) == name &&
		!strings.ContainsAny(name, `/\:*?"<>|`) && !strings.ContainsFunc(name, unicode.IsControl)
}

type zipPart struct {
	name  string
	write func(*bufio.Writer) // bufio keeps the first error for Flush
}

func textWriter(text string) func(*bufio.Writer) {
	return func(out *bufio.Writer) { _, _ = out.WriteString(text) }
}

func writeZip(w io.Writer, parts []zipPart) error {
	packed := zip.NewWriter(w)
	for _, p := range parts {
		in, err := packed.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Deflate, Modified: shapefileDate})
		if err == nil {
			out := bufio.NewWriterSize(in, 1<<16)
			p.write(out)
			err = out.Flush()
		}
		if err != nil {
			return fmt.Errorf("“%s”无法写出：%w", p.name, err)
		}
	}
	if err := packed.Close(); err != nil {
		return fmt.Errorf("压缩文件无法写出：%w", err)
	}
	return nil
}

// shpPolygon is a shape as it stands in a record: rings of all its polygons one after another, outer ones
// clockwise, holes counterclockwise, closed. Without rings it is a null shape.
type shpPolygon struct {
	rings []orb.Ring
	box   orb.Bound
}

type shpLayer []shpPolygon

// shpBytes is the size of the .shp, known before anything is converted.
func shpBytes(features []Feature) int64 {
	size := int64(shpHeader)
	for _, f := range features {
		rings, points := 0, 0
		for _, poly := range f.Shape {
			for _, ring := range poly {
				if len(ring) > 0 {
					rings++
					points += len(ring)
					if !ring.Closed() {
						points++
					}
				}
			}
		}
		size += shpRecordHead + shpContent(rings, points)
	}
	return size
}

// The layout of a record: number and length; then the type alone, or type, box, number of rings, number of
// points, index of each ring's first point, points.
const (
	shpRecordHead = 8
	shpNull       = 0
	shpKind       = 5 // polygon
)

func shpContent(rings, points int) int64 {
	if rings == 0 {
		return 4
	}
	return 44 + 4*int64(rings) + pointBytes*int64(points)
}

// content is the length of a polygon's record after its head.
func (p shpPolygon) content() int64 {
	return shpContent(len(p.rings), p.points())
}

func (p shpPolygon) points() (n int) {
	for _, ring := range p.rings {
		n += len(ring)
	}
	return n
}

func shpPolygons(features []Feature, crs CRS) (shpLayer, error) {
	layer := make(shpLayer, len(features))
	for i, f := range features {
		p := shpPolygon{box: emptyBound()}
		for _, poly := range f.Shape {
			for k, ring := range poly {
				if len(ring) == 0 {
					continue
				}
				out, ok := shpRing(ring, k > 0, crs)
				if !ok {
					return nil, refuse(ErrCoordinate, "编码为“%s”的图形（第%d个）超出坐标系 %s 的范围，请改用当地所在投影带或经纬度的坐标系。", shorten(f.Code), i+1, crs)
				}
				p.rings, p.box = append(p.rings, out), extend(p.box, out...)
			}
		}
		layer[i] = p
	}
	return layer, nil
}

// shpRing converts a ring and winds it as the format wants it; false means that a point cannot be in crs.
func shpRing(ring orb.Ring, hole bool, crs CRS) (orb.Ring, bool) {
	out := make(orb.Ring, len(ring), len(ring)+1)
	for i, p := range ring {
		// A projection takes 474° for 114°: what is no longitude must not come out as a place.
		if out[i] = crs.FromWGS84(p); !WGS84.Contains(p) || !crs.Contains(out[i]) {
			return nil, false
		}
	}
	if !out.Closed() {
		out = append(out, out[0])
	}
	if area := planarArea(out); area != 0 && area > 0 != hole {
		slices.Reverse(out)
	}
	return out, true
}

// header writes what .shp and .shx begin with; size is that of the whole file.
func (l shpLayer) header(out *bufio.Writer, size int64) {
	box := emptyBound()
	for _, p := range l {
		box = extendBound(box, p.box)
	}
	if box.Min[0] > box.Max[0] {
		box = orb.Bound{}
	}
	var head [shpHeader]byte
	binary.BigEndian.PutUint32(head[:], shpCode)
	binary.BigEndian.PutUint32(head[24:], uint32(size/2))
	binary.LittleEndian.PutUint32(head[28:], shpVersion)
	binary.LittleEndian.PutUint32(head[32:], shpKind)
	for i, v := range [...]float64{box.Min[0], box.Min[1], box.Max[0], box.Max[1]} { // no heights, no measures: 0 follows
		binary.LittleEndian.PutUint64(head[36+8*i:], math.Float64bits(v))
	}
	_, _ = out.Write(head[:])
}

// extendBound leaves out an empty box: a null shape is nowhere.
func extendBound(b, with orb.Bound) orb.Bound {
	if with.Min[0] > with.Max[0] {
		return b
	}
	return extend(b, with.Min, with.Max)
}

func (l shpLayer) writeSHP(out *bufio.Writer) {
	size := int64(shpHeader)
	for _, p := range l {
		size += shpRecordHead + p.content()
	}
	l.header(out, size)
	var buf []byte
	for i, p := range l {
		buf = binary.BigEndian.AppendUint32(buf[:0], uint32(i+1))
		buf = binary.BigEndian.AppendUint32(buf, uint32(p.content()/2))
		_, _ = out.Write(p.append(buf))
	}
}

func (p shpPolygon) append(buf []byte) []byte {
	if len(p.rings) == 0 {
		return binary.LittleEndian.AppendUint32(buf, shpNull)
	}
	buf = binary.LittleEndian.AppendUint32(buf, shpKind)
	buf = appendPoint(appendPoint(buf, p.box.Min), p.box.Max)
	buf = binary.LittleEndian.AppendUint32(buf, uint32(len(p.rings)))
	buf = binary.LittleEndian.AppendUint32(buf, uint32(p.points()))
	first := 0
	for _, ring := range p.rings {
		buf = binary.LittleEndian.AppendUint32(buf, uint32(first))
		first += len(ring)
	}
	for _, ring := range p.rings {
		for _, q := range ring {
			buf = appendPoint(buf, q)
		}
	}
	return buf
}

func appendPoint(buf []byte, p orb.Point) []byte {
	buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(p[0]))
	return binary.LittleEndian.AppendUint64(buf, math.Float64bits(p[1]))
}

// writeSHX writes where each record begins and how long it is, in units of two bytes.
func (l shpLayer) writeSHX(out *bufio.Writer) {
	l.header(out, shpHeader+8*int64(len(l)))
	at := int64(shpHeader)
	var buf []byte
	for _, p := range l {
		buf = binary.BigEndian.AppendUint32(buf[:0], uint32(at/2))
		buf = binary.BigEndian.AppendUint32(buf, uint32(p.content()/2))
		_, _ = out.Write(buf)
		at += shpRecordHead + p.content()
	}
}
