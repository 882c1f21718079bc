package source

import (
	"io"
	"strings"
)

// spreadsheetNS names the workbooks that Excel 2003 wrote as one XML file, and that business systems export as xls.
const spreadsheetNS = "urn:schemas-microsoft-com:office:spreadsheet"

// openSpreadsheetML opens such a workbook. The file is read twice: which sheet has text, and which is hidden, is known at
// its end.
func openSpreadsheetML(t *text, opt Options) (Source, error) {
	opt = opt.withDefaults()
	b, err := listSpreadsheetML(t, opt)
	if err != nil {
		return nil, err
	}
	i, err := chooseSheet(t.name, opt.Table, b.tables, b.isEmpty)
	if err != nil {
		return nil, err
	}
	if err := t.rewind(); err != nil {
		return nil, err
	}
	return newSpreadsheetML(t, opt, b, i), nil
}

// spreadsheetMLTables lists the sheets that are not empty.
func spreadsheetMLTables(t *text, opt Options) ([]Table, error) {
	b, err := listSpreadsheetML(t, opt.withDefaults())
	if err != nil {
		return nil, err
	}
	return fullSheets(t.name, b.tables, b.isEmpty)
}

// xmlBook is what is known of the workbook as a whole.
type xmlBook struct {
	tables  []Table
	full    []bool // by sheet
	formats map[string]numFormat
	is1904  bool
}

func (b *xmlBook) isEmpty(i int) (bool, error) { return !b.full[i], nil }

// namedFormats are the formats that such files do not spell out.
var namedFormats = map[string]numFormat{
	"General Date": {kind: momentFormat}, "Short Date": {kind: dateFormat}, "Medium Date": {kind: dateFormat}, "Long Date": {kind: dateFormat},
	"Short Time": {kind: clockFormat}, "Medium Time": {kind: clockFormat}, "Long Time": {kind: clockFormat}, "Percent": {kind: percentFormat},
	"General": {}, "General Number": {}, "Fixed": {}, "Standard": {}, "Currency": {}, "Euro Currency": {}, "Scientific": {},
	"Yes/No": {}, "True/False": {}, "On/Off": {},
}

// listSpreadsheetML reads the whole file but keeps no cell.
func listSpreadsheetML(t *text, opt Options) (*xmlBook, error) {
	b := &xmlBook{formats: map[string]numFormat{}}
	x := newXMLReader(&textReader{text: t})
	style, data := "", 0
	err := x.each(func() error {
		switch {
		case x.at == 1 && x.kind == xmlStart:
			isBook := false
			if x.is("Workbook") {
				x.attributes(func(_, value string) { isBook = isBook || value == spreadsheetNS })
			}
			if !isBook {
				return refuse(t.name, ErrUnsupported, "是 XML 文件，但不是 Excel 表格，%s", fromSource)
			}
		case x.at == 3 && x.is("Style"):
			x.attributes(func(name, value string) {
				if name == "ID" {
					style = value
				}
			})
		case x.at == 4 && x.is("NumberFormat"):
			x.attributes(func(name, value string) {
				if name == "Format" {
					b.addFormat(style, value)
				}
			})
		case x.at == 3 && x.is("Date1904"):
			b.is1904 = true
		case x.at == 2 && x.is("Worksheet"):
			if len(b.tables) == maxSheets {
				return damage("工作表过多")
			}
			b.tables, b.full = append(b.tables, Table{}), append(b.full, false)
			x.attributes(func(name, value string) {
				if name == "Name" {
					b.tables[len(b.tables)-1].Name = value
				}
			})
		case x.at == 6 && x.is("Data"):
			data = 6
		case x.at == 6 && x.kind == xmlEnd:
			data = 0
		case data > 0 && x.kind == xmlText && len(b.full) > 0:
			b.full[len(b.full)-1] = b.full[len(b.full)-1] || len(trimBlank(x.raw)) > 0
		case x.at == 4 && x.kind == xmlText && string(x.elementName()) == "Visible" && len(b.tables) > 0:
			if v := string(trimBlank(x.raw)); v == "SheetHidden" || v == "SheetVeryHidden" {
				b.tables[len(b.tables)-1].Hidden = true
			}
		}
		return nil
	})
	if err != nil {
		return nil, broken(t.name, err)
	}
	return b, nil
}

// addFormat notes the format of a style. A file with more styles than Excel allows is none of Excel's; what matters of it is text.
func (b *xmlBook) addFormat(style, code string) {
	format, ok := namedFormats[code]
	if !ok {
		format = parseFormat(code)
	}
	if len(b.formats) < maxStyles {
		b.formats[style] = format
	}
}

func newSpreadsheetML(t *text, opt Options, b *xmlBook, sheet int) *grid {
	g := newGrid(t.name, "xml", "", opt)
	g.ofText(t)
	g.is1904 = b.is1904
	g.rows = &xmlRows{book: b, x: newXMLReader(&textReader{text: t}), sheet: sheet, merges: &g.merges, findings: &g.findings}
	return g
}

// xmlRows reads the rows of one sheet.
type xmlRows struct {
	book     *xmlBook
	x        *xmlReader
	sheet    int // how many sheets are still to be passed over
	inSheet  bool
	last     int64 // row
	merges   *merges
	findings *findings
	texts    arena
	value    []byte
	scratch  []byte
}

func (s *xmlRows) close() error { return nil }

func (s *xmlRows) read(r *gridRow) error {
	x := s.x
	for {
		if err := x.next(); err != nil {
			return err
		}
		switch {
		case x.at == 2 && x.is("Worksheet"):
			s.inSheet = s.sheet == 0
			s.sheet--
		case x.at == 2 && x.kind == xmlEnd && s.inSheet:
			return io.EOF
		case x.at == 4 && s.inSheet && x.is("Row"):
			if err := s.row(r); err != nil {
				return err
			}
			if !r.blank() {
				return nil
			}
		}
	}
}

// row reads up to the end of a row.
func (s *xmlRows) row(r *gridRow) error {
	x := s.x
	number, span := s.last+1, 0
	x.attributes(func(name, value string) {
		switch name {
		case "Index":
			number = int64(parseID(value))
		case "Span": // so many further rows are as blank as this one
			span = max(parseID(value), 0)
		}
	})
	if number <= s.last || number+int64(span) > sheetRows {
		return damagef("第 %d 行之后的行号无法识别", s.last)
	}
	s.last = number + int64(span)
	r.begin(number)
	column := 0
	for {
		if err := x.next(); err != nil {
			return err
		}
		switch {
		case x.at == 4 && x.kind == xmlEnd:
			return nil
		case x.at == 5 && x.is("Cell"):
			next, err := s.cell(r, column)
			if err != nil {
				return err
			}
			column = next
		}
	}
}

// cell reads up to the end of a cell and returns the column of the next one.
func (s *xmlRows) cell(r *gridRow, column int) (int, error) {
	x := s.x
	at, across, down := column, 0, 0
	formula := false
	var format numFormat
	x.attributes(func(name, value string) {
		switch name {
		case "Index":
			at = parseID(value) - 1
		case "MergeAcross":
			across = parseID(value)
		case "MergeDown":
			down = parseID(value)
		case "StyleID":
			format = s.book.formats[value]
		case "Formula":
			formula = true
		}
	})
	if at < column || across < 0 || down < 0 || at+across >= sheetColumns || r.number+int64(down) > sheetRows {
		return 0, damagef("第 %d 行有单元格的位置无法识别", r.number)
	}
	kind, inData, stored := "", false, false
	s.value = s.value[:0]
	for {
		if err := x.next(); err != nil {
			return 0, err
		}
		switch {
		case x.at == 5 && x.kind == xmlEnd:
			if formula && !stored {
				s.findings.formulas.add(r.number, at)
			}
			r.set(at, s.text(r, at, kind, format))
			if len(s.value) == 0 {
				return at + across + 1, nil
			}
			return at + across + 1, s.merges.add(merge{r.number, r.number + int64(down), int32(at), int32(at + across)})
		case x.at == 6 && x.is("Data"):
			inData, stored = true, true
			x.attributes(func(name, value string) {
				if name == "Type" {
					kind = value
				}
			})
		case x.at == 6 && x.kind == xmlEnd:
			inData = false
		case inData && x.kind == xmlText: // also of the runs of rich text
			s.value = x.appendUpTo(s.value, r.limits.CellBytes)
		}
	}
}

// text makes the text of a cell out of what was read.
func (s *xmlRows) text(r *gridRow, column int, kind string, format numFormat) string {
	v := trimBlank(s.value)
	switch kind {
	case "Number":
		if n, ok := parseNumber(v); ok {
			v = s.findings.number(&s.scratch, n, format, s.book.is1904, r.number, column)
		}
		return s.texts.add(v)
	case "Boolean":
		if len(v) > 0 {
			return boolText(string(v) == "1")
		}
	case "DateTime":
		clock, _ := strings.CutPrefix(string(v), "1899-12-31T") // a time of day
		return isoCell(clock)
	}
	return s.texts.add(s.value)
}
