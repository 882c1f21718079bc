package source

import (
	"bytes"
)

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
