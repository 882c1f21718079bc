package source

import "io"

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
			hidden, err := s.row(r)
			if err != nil {
				return err
			}
			if r.blank() {
				continue
			}
			if hidden {
				s.findings.hidden.addRow(r.number)
			}
			return nil
		}
	}
}

// row reads up to the end of a row and says whether it is hidden. A row without a number stands where its first cell does, else behind the last one.
func (s *xlsxRows) row(r *gridRow) (hidden bool, err error) {
	x := s.x
	number := int64(0)
	for {
		name, value, ok := x.attr()
		if !ok {
			break
		}
		switch string(name) {
		case "hidden":
			hidden = string(value) == "1" || string(value) == "true"
		case "r":
			if number = int64(parseID(string(value))); number < 1 || number > sheetRows {
				return false, damagef("第 %d 行之后的行号无法识别", s.last)
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
			return false, err
		}
	}
	column := 0
	for {
		if err := x.next(); err != nil {
			return false, err
		}
		if x.at == 3 {
			if x.kind != xmlEnd {
				continue
			}
			if number == 0 { // without cells
				return false, begin(s.last + 1)
			}
			return hidden, x.fault
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
				return false, err
			}
		}
		if number == 0 {
			if number = c.row; number == 0 {
				number = s.last + 1
			}
			if err := begin(number); err != nil {
				return false, err
			}
		}
		if c.row != 0 && c.row != number || c.column >= sheetColumns {
			return false, damagef("第 %d 行有单元格的位置无法识别", number)
		}
		column = c.column + 1
		if err := s.cell(r, c); err != nil {
			return false, err
		}
	}
}
