package geo

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"

	"github.com/paulmach/orb"
)

// The layout is that of the “ESRI Shapefile Technical Description” (July 1998).
const (
	shpCode    = 9994
	shpHeader  = 100 // bytes
	shpVersion = 1000
)

// readShapefile reads a .shp with what belongs to it. The .shx is not needed: records
// follow each other.
func (s Set) readShapefile(opt ReadSettings) (*Collection, error) {
	b := opt.budget()
	c := &Collection{Name: s.Name, Format: Shapefile}
	if s.prj != nil {
		text, err := b.load(*s.prj)
		if err != nil {
			return nil, err
		}
		if c.CRS, err = parsePRJ(text); err != nil {
			return nil, err
		}
	}
	var table *dbf
	if s.dbf != nil {
		var err error
		if table, err = readDBF(*s.dbf, b); err != nil {
			return nil, err
		}
		var cpg []byte
		if s.cpg != nil {
			if cpg, err = b.load(*s.cpg); err != nil {
				return nil, err
			}
		}
		if c.Encoding, err = table.decode(opt.Encoding, string(cpg)); err != nil {
			return nil, err
		}
		c.Props = table.props()
	}
	shapes := 0
	err := readShapes(s.shapes, b, func(g orb.Geometry) error {
		shapes++
		row := Row{Number: shapes, Geometry: g}
		if table != nil && shapes <= len(table.rows) {
			if row.Props = table.rows[shapes-1]; row.Props == nil {
				return nil // deleted
			}
		}
		c.Rows = append(c.Rows, row)
		return b.spend(rowBytes)
	})
	if err != nil {
		return nil, err
	}
	if table != nil && len(table.rows) != shapes {
		return nil, refuse(ErrShapefile, ".shp 有%d个图形，.dbf 却有%d行，两者对不上，请重新导出成套的文件。", shapes, len(table.rows))
	}
	return c, nil
}

// readShapes hands over the shape of each record, nil for a null shape. Lengths and
// counts are checked against the size of the file before anything is allocated.
func readShapes(p Part, b *budget, each func(orb.Geometry) error) error {
	section, err := b.open(p)
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(section, 1<<16)
	var head [shpHeader]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		if cutOff(err) {
			return refuse(ErrShapefile, ".shp 文件不完整（不足%d字节），请重新导出或复制。", shpHeader)
		}
		return readFailure(err)
	}
	if binary.BigEndian.Uint32(head[:]) != shpCode || binary.LittleEndian.Uint32(head[28:]) != shpVersion {
		return refuse(ErrShapefile, "所选 .shp 不是 Shapefile，请检查所选文件。")
	}
	left := 2*int64(binary.BigEndian.Uint32(head[24:])) - shpHeader
	if left < 0 || left > p.Size-shpHeader {
		return refuse(ErrShapefile, ".shp 文件不完整（应有%d字节，实有%d字节），请重新导出或复制。", left+shpHeader, p.Size)
	}
	var buf []byte
	tests := ringTests
	for number := 1; left > 0; number++ {
		var head [8]byte
		if left < int64(len(head)) {
			return brokenRecord(number)
		}
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return recordFailure(number, err)
		}
		size := 2 * int64(binary.BigEndian.Uint32(head[4:]))
		if left -= int64(len(head)); size < 4 || size > left {
			return brokenRecord(number)
		}
		left -= size
		if int64(cap(buf)) < size {
			buf = make([]byte, size, size+size/4)
		}
		buf = buf[:size]
		if _, err := io.ReadFull(in, buf); err != nil {
			return recordFailure(number, err)
		}
		if err := b.spend(size); err != nil { // x and y take as much as in the file
			return err
		}
		r := shpRecord{number, buf, &tests}
		g, err := r.shape()
		if err != nil {
			return err
		}
		if err := each(g); err != nil {
			return err
		}
	}
	return nil
}

func brokenRecord(number int) error {
	return refuse(ErrShapefile, ".shp 的第%d个图形长度有误，文件已损坏，请重新导出。", number)
}

func recordFailure(number int, err error) error {
	if cutOff(err) {
		return brokenRecord(number)
	}
	return readFailure(err)
}

// shpRecord is the content of one record.
type shpRecord struct {
	number int
	data   []byte
	tests  *int // see ringTests
}

func (r shpRecord) broken() error { return brokenRecord(r.number) }

// int32At reads a count; the caller has checked that it is there. Counts beyond 31
// bits are negative in the format, hence never right.
func (r shpRecord) int32At(at int) int {
	return int(int32(binary.LittleEndian.Uint32(r.data[at:])))
}

func (r shpRecord) point(at int) orb.Point {
	return orb.Point{
		math.Float64frombits(binary.LittleEndian.Uint64(r.data[at:])),
		math.Float64frombits(binary.LittleEndian.Uint64(r.data[at+8:])),
	}
}

// points reads n points from an offset; n is checked here.
func (r shpRecord) points(at, n int) ([]orb.Point, error) {
	if n < 0 || n > (len(r.data)-at)/pointBytes {
		return nil, r.broken()
	}
	points := make([]orb.Point, n)
	for i := range points {
		points[i] = r.point(at + pointBytes*i)
	}
	return points, nil
}

// shape reads x and y; heights and measures, which follow them, are left out.
func (r shpRecord) shape() (orb.Geometry, error) {
	switch kind := r.int32At(0); kind {
	case 0:
		return nil, nil
	case 1, 11, 21: // point
		if len(r.data) < 4+pointBytes {
			return nil, r.broken()
		}
		return r.point(4), nil
	case 8, 18, 28: // points: box, count, points
		if len(r.data) < 40 {
			return nil, r.broken()
		}
		points, err := r.points(40, r.int32At(36))
		return orb.MultiPoint(points), err
	case 3, 13, 23: // lines
		parts, err := r.parts()
		if err != nil || len(parts) == 0 {
			return nil, err
		}
		lines := make(orb.MultiLineString, len(parts))
		for i, part := range parts {
			lines[i] = part
		}
		return lines, nil
	case 5, 15, 25: // polygon
		parts, err := r.parts()
		if err != nil || len(parts) == 0 {
			return nil, err
		}
		rings := make([]orb.Ring, len(parts))
		for i, part := range parts {
			rings[i] = part
		}
		mp, ok := nestRings(rings, r.tests)
		if !ok {
			return nil, refuse(ErrShapefile, ".shp 到第%d个图形为止环数过多，无法分清外环与洞，请先简化。", r.number)
		}
		return mp, nil
	case 31:
		return nil, refuse(ErrShapefile, ".shp 是三维多面体（MultiPatch），请先转换为面：ogr2ogr -nlt MULTIPOLYGON -dim XY 输出.shp 输入.shp。")
	default:
		return nil, refuse(ErrShapefile, ".shp 的第%d个图形类型为%d，不是 Shapefile 的类型，文件已损坏，请重新导出。", r.number, kind)
	}
}

// parts reads the runs of points of a polygon or polyline: box, number of runs,
// number of points, index of each run's first point, points.
func (r shpRecord) parts() ([][]orb.Point, error) {
	const fixed = 44
	if len(r.data) < fixed {
		return nil, r.broken()
	}
	runs, n := r.int32At(36), r.int32At(40)
	if runs < 0 || runs > (len(r.data)-fixed)/4 {
		return nil, r.broken()
	}
	points, err := r.points(fixed+4*runs, n)
	if err != nil {
		return nil, err
	}
	if runs == 0 && n > 0 {
		return nil, r.broken()
	}
	parts := make([][]orb.Point, 0, runs)
	for i := range runs {
		from, to := r.int32At(fixed+4*i), n
		if i+1 < runs {
			to = r.int32At(fixed + 4*(i+1))
		}
		if from < 0 || from > to || to > n || i == 0 && from != 0 {
			return nil, r.broken()
		}
		if from < to {
			parts = append(parts, points[from:to:to])
		}
	}
	return parts, nil
}
