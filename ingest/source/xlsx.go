package source

import (
	"bytes"
	"io"
)

// What a sheet of Excel holds at most. What lies outside is damage.
const (
	sheetRows    = 1 << 20
	sheetColumns = MaxColumns
)

// openXLSX opens a workbook of Excel 2007 and later (xlsx, xlsm), as it is unpacked part by part; macros, charts and
// drawings are not looked at. A sheet is read twice: merged ranges stand behind the rows they concern.
func openXLSX(f io.ReaderAt, size int64, name string, opt Options) (Source, error) {
	opt = opt.withDefaults()
	w, err := openWorkbook(f, size, name, opt.Limits)
	if err != nil {
		return nil, err
	}
	i, err := chooseSheet(name, opt.Table, w.tables(), w.isEmpty)
	if err != nil {
		return nil, err
	}
	g, err := w.openSheet(i, opt)
	if err != nil {
		return nil, broken(name, err)
	}
	return g, nil
}

// xlsxTables lists the sheets that are not empty.
func xlsxTables(f io.ReaderAt, size int64, name string, opt Options) ([]Table, error) {
	w, err := openWorkbook(f, size, name, opt.withDefaults().Limits)
	if err != nil {
		return nil, err
	}
	return fullSheets(name, w.tables(), w.isEmpty)
}

func (w *workbook) tables() []Table {
	out := make([]Table, len(w.sheets))
	for i, s := range w.sheets {
		out[i] = s.Table
	}
	return out
}

func (w *workbook) isEmpty(i int) (bool, error) {
	g, err := w.openRows(i, Options{}.withDefaults())
	if err != nil {
		return false, broken(w.name, err)
	}
	return g.isEmpty()
}

// openSheet opens a sheet with its merged ranges.
func (w *workbook) openSheet(i int, opt Options) (*grid, error) {
	g, err := w.openRows(i, opt)
	if err != nil {
		return nil, err
	}
	x, err := w.open(w.sheets[i].part)
	if err != nil {
		return nil, err
	}
	err = x.each(func() error {
		if x.at != 3 || !x.is("mergeCell") {
			return nil
		}
		var r merge
		var ok bool
		x.attributes(func(name, value string) {
			if name == "ref" {
				r, ok = parseRange(value)
			}
		})
		if !ok {
			return damage("有合并单元格的位置无法识别")
		}
		return g.merges.add(r)
	})
	g.merges.sort()
	return g, err
}

// openRows opens a sheet without its merged ranges.
func (w *workbook) openRows(i int, opt Options) (*grid, error) {
	x, err := w.open(w.sheets[i].part)
	if err != nil {
		return nil, err
	}
	g := newGrid(w.name, "xlsx", "UTF-8", opt)
	g.is1904 = w.is1904
	g.lost = func() (int64, int64) { return w.damaged + x.damaged, w.nuls + x.nuls }
	g.rows = &xlsxRows{book: w, x: x, findings: &g.findings}
	return g, nil
}

// xlsxRows reads the rows of a sheet.
type xlsxRows struct {
	book     *workbook
	x        *xmlReader
	findings *findings
	inData   bool  // inside sheetData
	last     int64 // row
	texts    arena
	value    []byte
	inline   richText
	scratch  []byte
}

func (s *xlsxRows) close() error { return nil }

func (s *xlsxRows) read(r *gridRow) error {
	x := s.x
	for {
		if err := x.next(); err != nil {
			return err
		}
		switch {
		case x.at == 2 && x.kind == xmlStart:
			s.inData = x.is("sheetData")
		case x.at == 2 && s.inData && x.kind == xmlEnd:
			return io.EOF // openSheet has read what follows
		case x.at == 3 && s.inData && x.is("row"):
			if err := s.row(r); err != nil {
				return err
			}
			if !r.blank() {
				return nil
			}
		}
	}
}

// row reads up to the end of a row. A row without a number stands where its first cell does, else behind the last one.
func (s *xlsxRows) row(r *gridRow) error {
	x := s.x
	number := int64(0)
	for {
		name, value, ok := x.attr()
		if !ok {
			break
		}
		if string(name) == "r" {
			if number = int64(parseID(string(value))); number < 1 || number > sheetRows {
				return damagef("第 %d 行之后的行号无法识别", s.last)
			}
		}
	}
	begin := func(n int64) error {
		if n <= s.last {
			return damagef("行的顺序颠倒，第 %d 行之后又有第 %d 行", s.last, n)
		}
		s.last = n
		r.begin(n)
		return nil
	}
	if number > 0 {
		if err := begin(number); err != nil {
			return err
		}
	}
	column := 0
	for {
		if err := x.next(); err != nil {
			return err
		}
		if x.at == 3 {
			if x.kind != xmlEnd {
				continue
			}
			if number == 0 { // without cells
				return begin(s.last + 1)
			}
			return x.fault
		}
		if x.at != 4 || !x.is("c") {
			continue
		}
		c := cellTag{column: column}
		for {
			name, value, ok := x.attr()
			if !ok {
				break
			}
			if err := c.attr(name, value); err != nil {
				return err
			}
		}
		if number == 0 {
			if number = c.row; number == 0 {
				number = s.last + 1
			}
			if err := begin(number); err != nil {
				return err
			}
		}
		if c.row != 0 && c.row != number || c.column >= sheetColumns {
			return damagef("第 %d 行有单元格的位置无法识别", number)
		}
		column = c.column + 1
		if err := s.cell(r, c); err != nil {
			return err
		}
	}
}

// cellTag is what the tag of a cell says.
type cellTag struct {
	row    int64 // 0 = not said
	column int
	style  int
	kind   cellKind
}

type cellKind uint8

const (
	numberCell cellKind = iota
	sharedCell          // the number of a shared string
	textCell            // of a formula, or an error
	inlineCell
	boolCell
	isoDateCell
)

var cellKinds = map[string]cellKind{"s": sharedCell, "str": textCell, "e": textCell, "inlineStr": inlineCell, "b": boolCell, "d": isoDateCell, "n": numberCell}

func (c *cellTag) attr(name, value []byte) error {
	if len(name) != 1 {
		return nil
	}
	switch name[0] {
	case 'r':
		row, column, rest, ok := parseCell(value)
		if !ok || len(rest) > 0 {
			return damagef("有单元格的位置无法识别")
		}
		c.row, c.column = row, column
	case 's':
		c.style = parseID(string(value))
	case 't':
		kind, ok := cellKinds[string(value)]
		if !ok {
			return damagef("有单元格的类型无法识别")
		}
		c.kind = kind
	}
	return nil
}

// parseCell reads the name of a cell, as B5 or $B$5, at the beginning of b: the row, from 1, and the column, from 0.
func parseCell(b []byte) (row int64, column int, rest []byte, ok bool) {
	i := 0
	dollar := func() {
		if i < len(b) && b[i] == '$' {
			i++
		}
	}
	dollar()
	for ; i < len(b) && b[i]|0x20 >= 'a' && b[i]|0x20 <= 'z'; i++ {
		if column = column*26 + int(b[i]|0x20-'a') + 1; column > sheetColumns {
			return 0, 0, nil, false
		}
	}
	dollar()
	for ; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
		if row = row*10 + int64(b[i]-'0'); row > sheetRows {
			return 0, 0, nil, false
		}
	}
	return row, column - 1, b[i:], row > 0 && column > 0
}

// parseRange reads A1:B2. One cell alone is a range too.
func parseRange(s string) (merge, bool) {
	top, left, rest, ok := parseCell([]byte(s))
	if !ok {
		return merge{}, false
	}
	bottom, right := top, left
	if len(rest) > 0 {
		if rest[0] != ':' {
			return merge{}, false
		}
		if bottom, right, rest, ok = parseCell(rest[1:]); !ok || len(rest) > 0 {
			return merge{}, false
		}
	}
	return merge{min(top, bottom), max(top, bottom), int32(min(left, right)), int32(max(left, right))}, true
}

// cell reads up to the end of a cell and puts its text into r.
func (s *xlsxRows) cell(r *gridRow, c cellTag) error {
	x := s.x
	s.value = s.value[:0]
	s.inline.begin(r.limits)
	formula, stored, inValue := false, false, false
	for {
		if err := x.next(); err != nil {
			return err
		}
		switch {
		case x.at == 4 && x.kind == xmlEnd:
			if formula && (len(s.value) == 0 && c.kind != textCell || !stored) {
				s.findings.formulas.add(r.number, c.column)
				return nil
			}
			return s.put(r, c)
		case x.at == 5 && x.kind == xmlStart:
			formula = formula || string(x.name) == "f"
			inValue = string(x.name) == "v"
			stored = stored || inValue
		case x.at == 5 && x.kind == xmlEnd:
			inValue = false
		case inValue && x.at == 5 && x.kind == xmlText:
			s.value = x.appendUpTo(s.value, r.limits.CellBytes)
		case x.at > 5 && c.kind == inlineCell:
			s.inline.take(x)
		}
	}
}

// put makes the text of a cell out of what was read.
func (s *xlsxRows) put(r *gridRow, c cellTag) error {
	v := s.value
	switch c.kind {
	case inlineCell:
		v = s.inline.text
		fallthrough
	case textCell:
		r.set(c.column, s.texts.add(s.x.unescapeX(v)))
		return nil
	}
	v = bytes.TrimSpace(v)
	if len(v) == 0 {
		return nil
	}
	switch c.kind {
	case sharedCell:
		i := parseID(string(v))
		if i < 0 || i >= len(s.book.strings) {
			return damagef("%s 单元格的文字缺失", cellName(r.number, c.column))
		}
		r.set(c.column, s.book.strings[i])
	case boolCell:
		r.set(c.column, boolText(string(v) == "1" || string(v) == "true"))
	case isoDateCell:
		r.set(c.column, isoCell(string(v)))
	default:
		s.number(r, c, v)
	}
	return nil
}

func boolText(v bool) string {
	if v {
		return "TRUE"
	}
	return "FALSE"
}

// number puts a number as its style shows it. What is none, as some writers leave it, stays as it is.
func (s *xlsxRows) number(r *gridRow, c cellTag, v []byte) {
	var format numFormat
	if c.style >= 0 && c.style < len(s.book.formats) {
		format = s.book.formats[c.style]
	}
	n, ok := parseNumber(v)
	if !ok {
		r.set(c.column, s.texts.add(v))
		return
	}
	r.set(c.column, s.texts.add(s.findings.number(&s.scratch, n, format, s.book.is1904, r.number, c.column)))
}
