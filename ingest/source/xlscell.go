package source

import (
	"encoding/binary"
	"io"
	"math"
)

// biffRows reads the rows of a sheet of an xls workbook.
type biffRows struct {
	book     *biffBook
	findings *findings
	cells    []biffCell      // not read yet, by row
	hidden   map[uint16]bool // rows
	texts    arena
	scratch  []byte
}

// biffCell is where a record with one or several cells of a row stands.
type biffCell struct {
	row uint16 // from 0
	at  uint32
}

func (s *biffRows) close() error { return nil }

func (s *biffRows) read(r *gridRow) error {
	for len(s.cells) > 0 {
		row := s.cells[0].row
		r.begin(int64(row) + 1)
		for len(s.cells) > 0 && s.cells[0].row == row {
			at := int(s.cells[0].at)
			s.cells = s.cells[1:]
			record, err := s.book.record(at)
			if err == nil {
				err = s.cell(r, record, at)
			}
			if err != nil {
				return err
			}
		}
		if r.blank() {
			continue
		}
		if s.hidden[row] {
			s.findings.hidden.addRow(r.number)
		}
		return nil
	}
	return io.EOF
}

// cell puts the text of a record's cells into r. The record holds at least row, column and style.
func (s *biffRows) cell(r *gridRow, record biffRecord, at int) error {
	column, style := int(record.u16(2)), int(record.u16(4))
	switch record.id {
	case biffNumber:
		if err := record.need(14); err != nil {
			return err
		}
		s.number(r, column, style, math.Float64frombits(binary.LittleEndian.Uint64(record.data[6:])))
	case biffRK:
		if err := record.need(10); err != nil {
			return err
		}
		s.number(r, column, style, rkNumber(binary.LittleEndian.Uint32(record.data[6:])))
	case biffMulRK: // row, first column, then style and number of each, then the last column
		if n := len(record.data); int(record.u16(n-2))-column+1 != (n-6)/6 || n%6 != 0 {
			return damagef("记录 %04X 有误", record.id)
		}
		for d := record.data[4:]; len(d) >= 8; d, column = d[6:], column+1 {
			s.number(r, column, int(binary.LittleEndian.Uint16(d)), rkNumber(binary.LittleEndian.Uint32(d[2:])))
		}
	case biffBoolErr:
		if err := record.need(8); err != nil {
			return err
		}
		r.set(column, boolErrText(record.data[6], record.data[7] != 0))
	case biffLabelSST:
		if err := record.need(10); err != nil {
			return err
		}
		i := binary.LittleEndian.Uint32(record.data[6:])
		if int64(i) >= int64(len(s.book.strings)) {
			return damagef("%s 单元格的文字缺失", cellName(r.number, column))
		}
		r.set(column, s.book.strings[i])
	case biffLabel, biffRString:
		return s.text(r, column, at, 6)
	case biffFormula:
		return s.formula(r, record, column, style)
	}
	return nil
}

// text puts the text of a record, which begins behind so many bytes of it.
func (s *biffRows) text(r *gridRow, column, at, behind int) error {
	segments := s.book.segments(at)
	if err := segments.skip(behind); err != nil {
		return err
	}
	n, err := segments.u16()
	if err != nil {
		return err
	}
	text, err := s.book.text(segments, n)
	if err != nil {
		return err
	}
	r.set(column, s.texts.add(text))
	return nil
}

// Kinds of a formula's stored result that is no number.
const (
	resultText = iota
	resultBool
	resultError
	resultBlank
)

// calculateOnLoad marks formulas that were written without a result, by programs that cannot calculate.
const calculateOnLoad = 1 << 1

// formula puts the stored result of a formula. Text follows in a record of its own.
func (s *biffRows) formula(r *gridRow, record biffRecord, column, style int) error {
	if err := record.need(16); err != nil {
		return err
	}
	result := record.data[6:14]
	if binary.LittleEndian.Uint16(result[6:]) != 0xFFFF {
		v := math.Float64frombits(binary.LittleEndian.Uint64(result))
		if v == 0 && record.u16(14)&calculateOnLoad != 0 {
			s.findings.formulas.add(r.number, column)
			return nil
		}
		s.number(r, column, style, v)
		return nil
	}
	switch result[0] {
	case resultBool:
		r.set(column, boolErrText(result[2], false))
	case resultError:
		r.set(column, boolErrText(result[2], true))
	case resultText:
		for at := record.next; ; { // the formula itself may be shared, and stand between
			next, err := s.book.record(at)
			if err != nil {
				return err
			}
			switch next.id {
			case biffString:
				return s.text(r, column, at, 0)
			case biffContinue, biffArray, biffShared, biffTable2:
				at = next.next
			default:
				s.findings.formulas.add(r.number, column)
				return nil
			}
		}
	}
	return nil
}

// Records that may stand between a formula and its text.
const (
	biffArray  = 0x0221
	biffTable2 = 0x0236
	biffShared = 0x04BC
)

func (s *biffRows) number(r *gridRow, column, style int, v float64) {
	var format numFormat
	if style < len(s.book.formats) {
		format = s.book.formats[style]
	}
	r.set(column, s.texts.add(s.findings.number(&s.scratch, v, format, s.book.is1904, r.number, column)))
}

// rkNumber decodes a number of 30 bits: a whole number or the upper part of a float, perhaps of a hundred times the value.
func rkNumber(rk uint32) float64 {
	v := math.Float64frombits(uint64(rk&^3) << 32)
	if rk&2 != 0 {
		v = float64(int32(rk) >> 2)
	}
	if rk&1 != 0 {
		v /= 100
	}
	return v
}

var biffErrors = map[byte]string{
	0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A", 0x2B: "#GETTING_DATA",
}

func boolErrText(v byte, isError bool) string {
	if !isError {
		return boolText(v != 0)
	}
	if text, ok := biffErrors[v]; ok {
		return text
	}
	return "#N/A"
}
