package geo

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"strconv"
	"strings"
	"time"
)

// The layout of dBASE III to 7 tables: a header of 32 bytes (date, number of records,
// length of the header, length of a record, language driver), 32 bytes for each field,
// 0x0D, then records of fixed length that begin with a space, or "*" if deleted.
const (
	dbfHead  = 32
	dbfField = 32
	dbfEnd   = 0x0D
)

// dbf is the table beside a .shp.
type dbf struct {
	fields   []dbfColumn
	language byte       // language driver (LDID): the code page, where it says one
	rows     [][]string // nil: deleted; undecoded until decode
}

type dbfColumn struct {
	name      string
	kind      byte
	at, width int // in the record
}

// readDBF reads the fields of kinds C, N, F, L, D and I; memos and binary kinds lie in
// other files or hold no text, and are left out. Counts are checked against the size
// of the file before anything is allocated.
func readDBF(p Part, b *budget) (*dbf, error) {
	section, err := b.open(p)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(section, 1<<16)
	var head [dbfHead]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, dbfFailure(err)
	}
	records := int64(binary.LittleEndian.Uint32(head[4:]))
	header := int64(binary.LittleEndian.Uint16(head[8:]))
	width := int64(binary.LittleEndian.Uint16(head[10:]))
	if header < dbfHead+1 || width < 1 {
		return nil, refuse(ErrShapefile, ".dbf 不是属性表（表头有误），请重新导出成套的文件。")
	}
	if p.Size < header || records > (p.Size-header)/width {
		return nil, refuse(ErrShapefile, ".dbf 文件不完整（应有%d行，每行%d字节，文件只有%d字节），请重新导出或复制。", records, width, p.Size)
	}
	descriptors := make([]byte, header-dbfHead)
	if _, err := io.ReadFull(in, descriptors); err != nil {
		return nil, dbfFailure(err)
	}
	d := &dbf{language: head[29]}
	if err := d.readFields(descriptors, int(width)); err != nil {
		return nil, err
	}
	record := make([]byte, width)
	for range records {
		if _, err := io.ReadFull(in, record); err != nil {
			return nil, dbfFailure(err)
		}
		row, err := d.readRecord(record, b)
		if err != nil {
			return nil, err
		}
		d.rows = append(d.rows, row)
	}
	return d, nil
}

func dbfFailure(err error) error {
	if cutOff(err) {
		return refuse(ErrShapefile, ".dbf 文件不完整，请重新导出或复制。")
	}
	return readFailure(err)
}

func (d *dbf) readFields(descriptors []byte, width int) error {
	at := 1 // after the mark of deletion
	plain := 1
	for rest := descriptors; len(rest) >= dbfField && rest[0] != dbfEnd; rest = rest[dbfField:] {
		plain += int(rest[16])
	}
	for len(descriptors) >= dbfField && descriptors[0] != dbfEnd {
		name, _, _ := bytes.Cut(descriptors[:11], []byte{0})
		c := dbfColumn{name: string(name), kind: descriptors[11], at: at, width: int(descriptors[16])}
		if c.kind == 'C' && plain < width { // texts have no decimals: FoxPro and Clipper put the high byte there
			c.width += int(descriptors[17]) << 8
		}
		if at += c.width; at > width {
			return refuse(ErrShapefile, ".dbf 的字段总长超过行长，文件已损坏，请重新导出。")
		}
		switch c.kind {
		case 'C', 'N', 'F', 'L', 'D', 'I':
			d.fields = append(d.fields, c)
		}
		descriptors = descriptors[dbfField:]
	}
	return nil
}

// readRecord gives nil for a deleted record. Texts are still undecoded.
func (d *dbf) readRecord(record []byte, b *budget) ([]string, error) {
	if record[0] == '*' {
		return nil, b.spend(rowBytes)
	}
	row := make([]string, len(d.fields))
	cost := int64(0)
	for i, f := range d.fields {
		row[i] = f.value(record[f.at : f.at+f.width])
		cost += propBytes + int64(len(row[i]))
	}
	return row, b.spend(cost)
}

// value reads one cell; a number that did not fit its field is written as asterisks
// and gives "".
func (f dbfColumn) value(cell []byte) string {
	switch f.kind {
	case 'I':
		if len(cell) == 4 {
			return strconv.Itoa(int(int32(binary.LittleEndian.Uint32(cell))))
		}
		return ""
	case 'C':
		cell, _, _ = bytes.Cut(cell, []byte{0})
		return string(bytes.TrimRight(cell, " "))
	}
	s := strings.ToValidUTF8(strings.Trim(string(cell), " \x00\t"), "�")
	switch f.kind {
	case 'L':
		switch s {
		case "T", "t", "Y", "y":
			return "true"
		case "F", "f", "N", "n":
			return "false"
		}
		return ""
	case 'D':
		if day, err := time.Parse("20060102", s); err == nil {
			return day.Format(time.DateOnly)
		}
		return strings.Trim(s, "0")
	}
	if strings.HasPrefix(s, "*") {
		return ""
	}
	return numberText(s)
}

func (d *dbf) props() []string {
	names := make([]string, len(d.fields))
	for i, f := range d.fields {
		names[i] = f.name
	}
	return distinct(names)
}

// decode turns names and texts into UTF-8 and returns the encoding: the one given,
// else the first that fits of the one in the .cpg, the one of the language driver,
// UTF-8 and GB18030. One that the files declare and that does not fit is passed over:
// programs write "UTF-8" beside GBK texts.
func (d *dbf) decode(given, cpg string) (string, error) {
	if given != "" {
		e, ok := encodingByName(given)
		if !ok {
			return "", refuse(ErrEncoding, "不认识编码“%s”，可用 utf-8、gb18030、big5 等。", shorten(given))
		}
		if !d.tryDecode(e) {
			return "", refuse(ErrEncoding, ".dbf 中有文字不是 %s 编码，请核对编码。", e.name)
		}
		return e.name, nil
	}
	var candidates []textEncoding
	if e, ok := encodingByName(cpg); ok {
		candidates = append(candidates, e)
	}
	if e, ok := encodingByName(languageDrivers[d.language]); ok {
		candidates = append(candidates, e)
	}
	for _, e := range append(candidates, utf8Encoding, gb18030Encoding) {
		if d.tryDecode(e) {
			return e.name, nil
		}
	}
	return "", refuse(ErrEncoding, ".dbf 中的文字既不是 UTF-8 也不是 GB18030 编码，请指明编码，或另存为 UTF-8 后重试。")
}

// tryDecode changes nothing if a text is not in the encoding.
func (d *dbf) tryDecode(e textEncoding) bool {
	for _, write := range []bool{false, true} {
		for i := range d.fields {
			f := &d.fields[i]
			name, ok := e.decode(f.name, len(f.name) >= 10)
			if !ok {
				return false
			}
			if write {
				f.name = name
			}
			if f.kind != 'C' {
				continue
			}
			for _, row := range d.rows {
				if row == nil {
					continue
				}
				text, ok := e.decode(row[i], len(row[i]) == f.width)
				if !ok {
					return false
				}
				if write {
					row[i] = strings.TrimSpace(text)
				}
			}
		}
	}
	return true
}
