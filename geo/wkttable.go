package geo

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/paulmach/orb"
)

// readWKT reads a table (CSV, or with tabs, semicolons or bars) whose first row names
// the columns and one of whose columns holds well-known text, or a file of nothing but
// well-known text. The column is found by what is in it; it is no property. The CRS is
// that of SRID=…;, if there is one.
func (s Set) readWKT(opt ReadSettings) (*Collection, error) {
	b := opt.budget()
	data, err := b.load(s.shapes)
	if err != nil {
		return nil, err
	}
	c := &Collection{Name: s.Name, Format: WKT}
	var text string
	if text, c.Encoding, err = decodeText(data, opt.Encoding); err != nil {
		return nil, err
	}
	t := wktReader{c: c, b: b}
	if wktHead.MatchString(text) {
		err = t.list(text)
	} else {
		err = t.table(text)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// decodeText gives the text in UTF-8 and its encoding: the one given, else UTF-8 if it
// is that, else GB18030.
func decodeText(data []byte, given string) (text, name string, err error) {
	candidates := []textEncoding{utf8Encoding, gb18030Encoding}
	if given != "" {
		e, ok := encodingByName(given)
		if !ok {
			return "", "", refuse(ErrEncoding, "不认识编码“%s”，可用 utf-8、gb18030、big5 等。", shorten(given))
		}
		candidates = []textEncoding{e}
	}
	text = strings.TrimPrefix(string(data), "\ufeff")
	for _, e := range candidates {
		if decoded, ok := e.decode(text, false); ok {
			return decoded, e.name, nil
		}
	}
	return "", "", refuse(ErrEncoding, "文件中有文字不是 %s 编码，请核对编码，或另存为 UTF-8 后重试。", candidates[len(candidates)-1].name)
}

type wktReader struct {
	c     *Collection
	b     *budget
	names []string // of all columns of the table
	srid  int      // that the file declares, 0: none yet
}

// list reads a text of geometries, separated by line breaks, ";" or ",".
func (t *wktReader) list(text string) error {
	if err := t.b.spend(wktCost(text)); err != nil {
		return err
	}
	w := wktText{text}
	for {
		w.rest = strings.TrimLeft(w.rest, " \t\r\n;,")
		if w.rest == "" {
			return nil
		}
		row := len(t.c.Rows) + 1
		g, srid, err := w.one()
		if err == nil {
			err = t.declare(srid)
		}
		if err != nil {
			return wktFailure(fmt.Sprintf("第%d个图形", row), text, w.rest, err)
		}
		if err := t.b.spend(rowBytes); err != nil {
			return err
		}
		t.c.Rows = append(t.c.Rows, Row{Number: row, Geometry: g})
	}
}

// table reads rows until one shows which column holds the shapes, then all of them.
func (t *wktReader) table(text string) error {
	in := csv.NewReader(strings.NewReader(text))
	in.Comma = delimiter(text)
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if err != nil {
		return t.csvFailure(err)
	}
	if len(header) > mostProps {
		return refuse(ErrTooLarge, "表格超过%d列，请只导出需要的列。", mostProps)
	}
	var waiting [][]string // rows before the first with a shape
	column := -1
	t.names = distinct(header)
	for number := 1; ; number++ {
		record, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return t.csvFailure(err)
		}
		if len(record) > len(header) {
			return refuse(ErrWKT, "第%d行有%d列，多于表头的%d列；WKT 中有逗号，请用引号括起来。", number, len(record), len(header))
		}
		cost := int64(rowBytes)
		for _, cell := range record {
			cost += propBytes + int64(len(cell))
		}
		if err := t.b.spend(cost); err != nil {
			return err
		}
		if waiting = append(waiting, record); column < 0 {
			if column = wktColumn(record); column < 0 {
				continue
			}
		}
		for _, record := range waiting {
			if err := t.add(record, column); err != nil {
				return err
			}
		}
		waiting = waiting[:0]
	}
	if column < 0 {
		return refuse(ErrFormat, "表格中没有哪一列是 WKT（如 POLYGON ((…))），请检查所选文件。")
	}
	t.c.Props = slices.Delete(t.names, column, column+1)
	return nil
}

// add takes a row of the table, which may be short.
func (t *wktReader) add(record []string, column int) error {
	row := Row{Number: len(t.c.Rows) + 1}
	for i, cell := range record {
		if i == column {
			var err error
			if row.Geometry, err = t.cell(row.Number, t.names[column], cell); err != nil {
				return err
			}
			continue
		}
		row.Props = append(row.Props, strings.Clone(strings.TrimSpace(cell))) // not to keep the text of the shape
	}
	t.c.Rows = append(t.c.Rows, row)
	return nil
}

// wktColumn finds the cell with well-known text, one with an area before others; −1.
func wktColumn(record []string) int {
	found := -1
	for i, cell := range record {
		if !wktHead.MatchString(cell) {
			continue
		}
		if strings.Contains(strings.ToUpper(firstRunes(cell, 40)), "POLYGON") {
			return i
		}
		if found < 0 {
			found = i
		}
	}
	return found
}

func (t *wktReader) cell(row int, column, text string) (orb.Geometry, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	if err := t.b.spend(wktCost(text)); err != nil {
		return nil, err
	}
	w := wktText{text}
	g, srid, err := w.one()
	if err == nil {
		if w.skip(); w.rest != "" {
			err = errWKTSyntax
		}
	}
	if err == nil {
		err = t.declare(srid)
	}
	if err != nil {
		return nil, wktFailure(fmt.Sprintf("第%d行“%s”列", row, shorten(column)), text, w.rest, err)
	}
	return g, nil
}

// declare takes the SRID of one geometry, which must be that of all others.
func (t *wktReader) declare(srid int) error {
	switch {
	case srid == 0 || srid == t.srid:
		return nil
	case t.srid != 0:
		return refuse(ErrCRSConflict, "WKT 的 SRID 不一致，既有%d又有%d，请统一后重试。", t.srid, srid)
	}
	t.srid = srid
	var err error
	t.c.CRS, err = ParseCRS(fmt.Sprintf("EPSG:%d", srid))
	return err
}

func wktFailure(place, text, rest string, err error) error {
	var own *Error
	var kind wktKind
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &kind):
		return refuse(ErrWKT, "%s的几何类型“%s”不能读取，请先转换为由直线段组成的面：ogr2ogr -nlt CONVERT_TO_LINEAR 输出.geojson 输入文件。", place, shorten(string(kind)))
	case errors.Is(err, errWKTDepth):
		return refuse(ErrWKT, "%s的 GEOMETRYCOLLECTION 嵌套过深，请重新导出。", place)
	}
	return refuse(ErrWKT, "%s不是有效的 WKT（%s有误），请检查后重试。", place, wktPlace(text, rest))
}

// delimiter is what separates the names of the first line most often.
func delimiter(text string) rune {
	line, _, _ := strings.Cut(text, "\n")
	best, most := ',', 0
	for _, c := range ",\t;|" {
		if n := strings.Count(line, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

func (t *wktReader) csvFailure(err error) error {
	var bad *csv.ParseError
	switch {
	case err == io.EOF:
		return refuse(ErrFormat, "文件是空的，请检查所选文件。")
	case errors.As(err, &bad):
		return refuse(ErrWKT, "第%d行的引号不成对，请检查表格。", bad.Line)
	}
	return readFailure(err)
}
