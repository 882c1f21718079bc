package source

import (
	"bytes"
	"strconv"
	"unicode/utf16"
)

// What the shared strings of a workbook may take in memory.
const (
	maxSharedText    = 256 << 20 // bytes
	maxSharedStrings = 8 << 20
)

const tooMuchText = "的文字过多，超过 256 MiB 或 800 万条，请拆分后分次导入，或另存为 CSV 再导入。"

// readStrings reads the texts that cells refer to by number.
func (w *workbook) readStrings(part string) error {
	x, err := w.open(part)
	if err != nil {
		return err
	}
	var texts arena
	var t richText
	total := 0
	err = x.each(func() error {
		switch {
		case x.at == 2 && x.is("si"):
			t.begin(w.limits)
		case x.at == 2 && x.ends("si"):
			s := texts.add(x.unescapeX(t.text))
			if total += len(s); total > maxSharedText || len(w.strings) == maxSharedStrings {
				return refuse(w.name, ErrLimit, tooMuchText)
			}
			w.strings = append(w.strings, s)
		case x.at > 2:
			t.take(x)
		}
		return nil
	})
	w.damaged += x.damaged
	w.nuls += x.nuls
	return err
}

// richText collects the text of a shared or an inline string: of all its runs, without the readings (rPh) that stand above
// Japanese characters.
type richText struct {
	text     []byte
	limit    int
	phonetic int // the depth of the reading that is being passed over, 0 none
	open     int // the depth of the <t> that is being read, 0 none
}

func (t *richText) begin(limits Limits) {
	t.text, t.limit, t.phonetic, t.open = t.text[:0], limits.CellBytes, 0, 0
}

// take looks at what the reader has come to.
func (t *richText) take(x *xmlReader) {
	switch x.kind {
	case xmlStart:
		if t.phonetic == 0 && string(x.name) == "rPh" {
			t.phonetic = x.at
		} else if t.phonetic == 0 && t.open == 0 && string(x.name) == "t" {
			t.open = x.at
		}
	case xmlEnd:
		if x.at == t.phonetic {
			t.phonetic = 0
		}
		if x.at == t.open {
			t.open = 0
		}
	case xmlText:
		if t.open > 0 && x.at == t.open {
			t.text = x.appendUpTo(t.text, t.limit)
		}
	}
}

// appendUpTo appends the piece of text unless more than limit bytes are there already: such a cell is refused, and what else
// it holds need not be kept.
func (x *xmlReader) appendUpTo(dst []byte, limit int) []byte {
	if len(dst) > limit {
		return dst
	}
	return x.appendText(dst)
}

// unescapeX resolves the _xHHHH_ by which workbooks write characters that XML cannot hold (ECMA-376-1 §22.9.2.19), in
// place. Carriage returns, which Windows writes before line feeds, become line ends.
func (x *xmlReader) unescapeX(b []byte) []byte {
	if !bytes.Contains(b, []byte("_x")) {
		return b
	}
	out := b[:0]
	for len(b) > 0 {
		r, ok := escapedX(b)
		if !ok {
			out = append(out, b[0])
			b = b[1:]
			continue
		}
		b = b[7:]
		if utf16.IsSurrogate(r) {
			if low, ok := escapedX(b); ok && utf16.IsSurrogate(low) {
				r = utf16.DecodeRune(r, low)
				b = b[7:]
			}
		}
		if r == '\r' {
			if len(b) > 0 && b[0] == '\n' {
				b = b[1:]
			}
			r = '\n'
		}
		out = x.appendRune(out, r)
	}
	return out
}

func escapedX(b []byte) (rune, bool) {
	if len(b) < 7 || b[0] != '_' || b[1] != 'x' || b[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}
