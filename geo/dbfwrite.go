package geo

import (
	"bufio"
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// dbfWidest is the length in bytes of a text that every program reads.
const dbfWidest = 254

// dbfTable is the table of a Shapefile to be written: texts in UTF-8.
type dbfTable struct {
	columns [3]dbfText
	rows    int
}

type dbfText struct {
	name, label string // label is what the user calls it
	width       int    // bytes
	values      []string
}

// newDBFTable refuses what would not be read back: cut, a code would be that of another unit.
func newDBFTable(features []Feature) (*dbfTable, error) {
	t := &dbfTable{rows: len(features), columns: [3]dbfText{
		{name: "code", label: "编码"}, {name: "name", label: "名称"}, {name: "parent", label: "上级编码"},
	}}
	for i := range t.columns {
		c := &t.columns[i]
		c.width = 1 // a column of no width is none
		for k, f := range features {
			text := [...]string{f.Code, f.Name, f.Parent}[i]
			if err := c.add(text, k+1); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

func (c *dbfText) add(text string, row int) error {
	if len(text) > dbfWidest {
		return refuse(ErrProperty, "第%d个图形的%s“%s”有%d字节，Shapefile 最多存%d字节，请缩短后重试，或改用 GeoJSON。", row, c.label, shorten(text), len(text), dbfWidest)
	}
	// The texts end at a zero byte and are padded with blanks.
	if !utf8.ValidString(text) || strings.Contains(text, "\x00") || strings.TrimSpace(text) != text {
		return refuse(ErrProperty, "第%d个图形的%s“%s”首尾有空白或含有不可用的字符，Shapefile 无法原样保存，请更正后重试，或改用 GeoJSON。", row, c.label, shorten(text))
	}
	c.width = max(c.width, len(text))
	c.values = append(c.values, text)
	return nil
}

func (t *dbfTable) header() int { return dbfHead + dbfField*len(t.columns) + 1 }

func (t *dbfTable) width() int {
	width := 1 // the mark of deletion
	for _, c := range t.columns {
		width += c.width
	}
	return width
}

// bytes is the size of the file.
func (t *dbfTable) bytes() int64 { return int64(t.header()) + int64(t.rows)*int64(t.width()) + 1 }

func (t *dbfTable) write(out *bufio.Writer) {
	var head [dbfHead]byte
	head[0] = 3 // dBASE III without memos
	head[1], head[2], head[3] = byte(shapefileDate.Year()-1900), byte(shapefileDate.Month()), byte(shapefileDate.Day())
	binary.LittleEndian.PutUint32(head[4:], uint32(t.rows))
	binary.LittleEndian.PutUint16(head[8:], uint16(t.header()))
	binary.LittleEndian.PutUint16(head[10:], uint16(t.width()))
	_, _ = out.Write(head[:])
	for _, c := range t.columns {
		var field [dbfField]byte
		copy(field[:10], c.name)
		field[11], field[16] = 'C', byte(c.width)
		_, _ = out.Write(field[:])
	}
	_ = out.WriteByte(dbfEnd)
	for row := range t.rows {
		_ = out.WriteByte(' ') // not deleted
		for _, c := range t.columns {
			_, _ = out.WriteString(c.values[row])
			_, _ = out.WriteString(strings.Repeat(" ", c.width-len(c.values[row])))
		}
	}
	_ = out.WriteByte(0x1A) // end of file
}
