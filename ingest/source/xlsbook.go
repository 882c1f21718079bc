package source

import (
	"cmp"
	"encoding/binary"
	"io"
	"slices"
)

// The records of BIFF that are read ([MS-XLS] §2.3, and for BIFF5 the documentation of OpenOffice).
const (
	biffFormula   = 0x0006
	biffEOF       = 0x000A
	biff1904      = 0x0022
	biffFilePass  = 0x002F
	biffContinue  = 0x003C
	biffCodepage  = 0x0042
	biffSheet     = 0x0085
	biffMulRK     = 0x00BD
	biffRString   = 0x00D6
	biffXF        = 0x00E0
	biffMerged    = 0x00E5
	biffSST       = 0x00FC
	biffLabelSST  = 0x00FD
	biffNumber    = 0x0203
	biffLabel     = 0x0204
	biffBoolErr   = 0x0205
	biffString    = 0x0207
	biffRow       = 0x0208
	biffRK        = 0x027E
	biffFormatDef = 0x041E
	biffBOF       = 0x0809
)

const (
	biff8 = 0x0600
	biff5 = 0x0500
)

// biffBook is the stream of records of a workbook: first what is common to all its sheets, then each sheet.
type biffBook struct {
	name     string
	limits   Limits
	data     []byte
	version  uint16
	codepage uint16 // BIFF5
	sheets   []biffTable
	is1904   bool
	strings  []string
	formats  []numFormat // by the style that cells refer to by number
	damaged  int64
	nuls     int64
}

type biffTable struct {
	Table
	at int // of its first record
}

// biffRecord is one record; next is where the following one begins.
type biffRecord struct {
	id   uint16
	data []byte
	next int
}

// record reads the record at a place.
func (b *biffBook) record(at int) (biffRecord, error) {
	if at < 0 || at+4 > len(b.data) {
		return biffRecord{}, damage("记录不完整")
	}
	end := at + 4 + int(binary.LittleEndian.Uint16(b.data[at+2:]))
	if end > len(b.data) {
		return biffRecord{}, damage("记录不完整")
	}
	return biffRecord{binary.LittleEndian.Uint16(b.data[at:]), b.data[at+4 : end], end}, nil
}

// need returns an error unless the record holds n bytes.
func (r biffRecord) need(n int) error {
	if len(r.data) < n {
		return damagef("记录 %04X 过短", r.id)
	}
	return nil
}

func (r biffRecord) u16(at int) uint16 { return binary.LittleEndian.Uint16(r.data[at:]) }

func openBIFF(f io.ReaderAt, size int64, name string, limits Limits) (*biffBook, error) {
	data, err := workbookStream(f, size, name)
	if err != nil {
		return nil, err
	}
	b := &biffBook{name: name, limits: limits, data: data}
	first, err := b.record(0)
	if err != nil {
		return nil, err
	}
	if first.id != biffBOF || first.need(4) != nil {
		return nil, damage("没有工作簿开头")
	}
	if b.version = first.u16(0); b.version != biff8 && b.version != biff5 {
		return nil, refuse(name, ErrUnsupported, "是 Excel 4 或更早的工作簿，暂不支持，请用 Excel 或 WPS 打开后另存为“Excel 工作簿（xlsx）”再导入。")
	}
	return b, b.readGlobals(first.next)
}

// readGlobals reads what is common to all sheets.
func (b *biffBook) readGlobals(at int) error {
	custom := map[int]numFormat{}
	var styles []int // the number of each one's format
	for {
		r, err := b.record(at)
		if err != nil {
			return err
		}
		switch r.id {
		case biffEOF:
			for _, id := range styles {
				format, ok := custom[id]
				if !ok {
					format = builtinFormats[id]
				}
				b.formats = append(b.formats, format)
			}
			return nil
		case biffFilePass:
			// Excel also encrypts, with a password of its own, what is protected against changes alone.
			return refuse(b.name, ErrUnsupported, "设有打开密码或工作簿保护，请在 Excel 中去掉密码和保护后再导入。")
		case biff1904:
			b.is1904 = len(r.data) >= 2 && r.u16(0) == 1
		case biffCodepage:
			if len(r.data) >= 2 {
				b.codepage = r.u16(0)
			}
		case biffSheet:
			err = b.readSheetName(r)
		case biffFormatDef:
			err = b.readFormat(r, custom)
		case biffXF:
			if err = r.need(4); err == nil {
				styles = append(styles, int(r.u16(2)))
			}
		case biffSST:
			err = b.readStrings(b.segments(at))
		}
		if err != nil {
			return err
		}
		at = r.next
	}
}

func (b *biffBook) readSheetName(r biffRecord) error {
	if err := r.need(8); err != nil {
		return err
	}
	s := &biffSegments{list: [][]byte{r.data[6:]}}
	n, err := s.u8()
	if err != nil {
		return err
	}
	name, err := b.text(s, n)
	if err != nil {
		return err
	}
	if len(b.sheets) == maxSheets {
		return damage("工作表过多")
	}
	if r.data[5] == 0 { // not a chart, nor macros
		b.sheets = append(b.sheets, biffTable{Table{string(name), r.data[4]&3 != 0}, int(binary.LittleEndian.Uint32(r.data))})
	}
	return nil
}

func (b *biffBook) readFormat(r biffRecord, custom map[int]numFormat) error {
	s := &biffSegments{list: [][]byte{r.data}}
	id, err := s.u16()
	if err != nil {
		return err
	}
	n := 0
	if b.version == biff8 {
		n, err = s.u16()
	} else {
		n, err = s.u8()
	}
	if err != nil {
		return err
	}
	code, err := b.text(s, n)
	custom[id] = parseFormat(string(code))
	return err
}

func (b *biffBook) tables() []Table {
	out := make([]Table, len(b.sheets))
	for i, s := range b.sheets {
		out[i] = s.Table
	}
	return out
}

func (b *biffBook) isEmpty(i int) (bool, error) {
	g, err := b.openSheet(i, Options{}.withDefaults())
	if err != nil {
		return false, broken(b.name, err)
	}
	return g.isEmpty()
}

// openSheet finds the cells and the merged ranges of a sheet.
func (b *biffBook) openSheet(i int, opt Options) (*grid, error) {
	encoding := "UTF-16LE"
	if b.version == biff5 {
		encoding = "GB18030"
	}
	g := newGrid(b.name, "xls", encoding, opt)
	g.is1904 = b.is1904
	g.lost = func() (int64, int64) { return b.damaged, b.nuls }
	rows := &biffRows{book: b, findings: &g.findings, hidden: map[uint16]bool{}}
	g.rows = rows
	at, depth := b.sheets[i].at, 0
	for {
		r, err := b.record(at)
		if err != nil {
			return nil, err
		}
		switch r.id {
		case biffBOF: // of the sheet, or of a chart on it
			depth++
		case biffEOF:
			depth--
		case biffFormula, biffMulRK, biffRString, biffLabelSST, biffNumber, biffLabel, biffBoolErr, biffRK:
			if depth == 1 {
				if err := r.need(6); err != nil {
					return nil, err
				}
				rows.cells = append(rows.cells, biffCell{r.u16(0), uint32(at)})
			}
		case biffRow:
			if depth == 1 && len(r.data) >= 16 && r.data[12]&rowHidden != 0 {
				rows.hidden[r.u16(0)] = true
			}
		case biffMerged:
			if depth == 1 {
				if err := readMerged(r, &g.merges); err != nil {
					return nil, err
				}
			}
		}
		if depth <= 0 {
			break
		}
		at = r.next
	}
	byRow := func(x, y biffCell) int { return cmp.Compare(x.row, y.row) }
	if !slices.IsSortedFunc(rows.cells, byRow) { // Excel writes them in order, not everybody does
		slices.SortStableFunc(rows.cells, byRow)
	}
	g.merges.sort()
	return g, nil
}

// rowHidden marks, in a row's own record, one that is not shown.
const rowHidden = 1 << 5

func readMerged(r biffRecord, m *merges) error {
	if err := r.need(2); err != nil {
		return err
	}
	n := int(r.u16(0))
	if err := r.need(2 + 8*n); err != nil {
		return err
	}
	for i := range n {
		at := 2 + 8*i
		err := m.add(merge{
			top: int64(r.u16(at)) + 1, bottom: int64(r.u16(at+2)) + 1,
			left: int32(r.u16(at + 4)), right: int32(r.u16(at + 6)),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
