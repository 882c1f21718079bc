package source

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"
)

// openHTML opens a web page with tables: what business systems often export under the name xls. The rows of all tables
// come one behind the other, numbered through, blank ones counted; a table inside a cell interrupts the row of that cell,
// so that pages that use tables for their layout are read too.
func openHTML(t *text, opt Options) (Source, error) {
	opt = opt.withDefaults()
	empty, err := newHTML(t, opt).isEmpty()
	if err != nil {
		return nil, err
	}
	if empty {
		return nil, refuse(t.name, ErrEmpty, "是网页，其中没有表格内容，请用 Excel 或 WPS 打开后另存为“Excel 工作簿（xlsx）”再导入。")
	}
	if err := t.rewind(); err != nil {
		return nil, err
	}
	return newHTML(t, opt), nil
}

func newHTML(t *text, opt Options) *grid {
	g := newGrid(t.name, "html", "", opt)
	g.ofText(t)
	tokens := html.NewTokenizer(&textReader{text: t})
	tokens.SetMaxBuf(MaxRecordBytes)
	g.rows = &htmlRows{tokens: tokens, merges: &g.merges, limits: opt.Limits}
	return g
}

// htmlRows reads the rows of the tables of a page.
type htmlRows struct {
	tokens *html.Tokenizer
	merges *merges
	limits Limits
	texts  arena

	number int64
	inRow  bool
	begun  bool    // the row has a cell
	column int     // of the cell being read, or of the next one
	spans  []int64 // by column: the last row of the cell above

	inCell  bool
	width   int // columns of the cell
	height  int // rows of the cell
	text    []byte
	blank   bool   // white space was read behind text
	foreign string // the element whose content is no text: script, style
}

func (h *htmlRows) close() error { return nil }

// What a browser makes of larger spans (HTML standard, 4.9.11).
const (
	maxColspan = 1000
	maxRowspan = 65534
)

// read reads up to the end of the next row with text.
func (h *htmlRows) read(r *gridRow) error {
	for {
		kind := h.tokens.Next()
		ended := false
		var err error
		switch kind {
		case html.ErrorToken:
			err = h.tokens.Err()
			if errors.Is(err, html.ErrBufferExceeded) {
				return damage("网页标记过长")
			}
			if !errors.Is(err, io.EOF) {
				return err
			}
			if ended, err = h.endRow(r); err == nil && !ended {
				err = io.EOF
			}
		case html.TextToken:
			if h.inCell && h.foreign == "" {
				h.write(h.tokens.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			ended, err = h.start(r)
		case html.EndTagToken:
			ended, err = h.stop(r)
		}
		if ended || err != nil {
			return err
		}
	}
}

// start acts on a start tag and says whether it ended a row with text.
func (h *htmlRows) start(r *gridRow) (bool, error) {
	raw, hasAttr := h.tokens.TagName()
	switch name := string(raw); name {
	case "table":
		ended, err := h.endRow(r)
		h.spans = h.spans[:0]
		return ended, err
	case "tr":
		ended, err := h.endRow(r) // its end tag may be missing
		h.startRow()
		return ended, err
	case "td", "th":
		return false, h.startCell(r, hasAttr)
	case "caption": // the title, as a row of its own
		ended, err := h.endRow(r)
		if err == nil && !ended {
			err = h.startCell(r, false)
		}
		return ended, err
	case "br":
		h.newline(true)
	case "p", "div", "li":
		h.newline(false)
	case "script", "style":
		h.foreign = name
	}
	return false, nil
}

// stop is start for an end tag.
func (h *htmlRows) stop(r *gridRow) (bool, error) {
	raw, _ := h.tokens.TagName()
	switch name := string(raw); name {
	case "tr", "caption":
		return h.endRow(r)
	case "table":
		ended, err := h.endRow(r)
		h.spans = h.spans[:0]
		return ended, err
	case "td", "th":
		return false, h.endCell(r)
	case "p", "div", "li":
		h.newline(false)
	case h.foreign:
		h.foreign = ""
	}
	return false, nil
}

// startRow begins a row. r may still hold the one before: it is the first cell that takes r.
func (h *htmlRows) startRow() {
	h.inRow, h.begun, h.column = true, false, 0
	h.number++
}

func (h *htmlRows) startCell(r *gridRow, hasAttr bool) error {
	if err := h.endCell(r); err != nil {
		return err
	}
	if !h.inRow {
		h.startRow()
	}
	if !h.begun {
		h.begun = true
		r.begin(h.number)
	}
	for h.column < len(h.spans) && h.spans[h.column] >= h.number {
		h.column++
	}
	h.inCell, h.width, h.height, h.text, h.blank = true, 1, 1, h.text[:0], false
	for hasAttr {
		var key, value []byte
		key, value, hasAttr = h.tokens.TagAttr()
		switch string(key) {
		case "colspan":
			h.width = spanOf(value, maxColspan)
		case "rowspan":
			h.height = spanOf(value, maxRowspan)
		}
	}
	return nil
}

// spanOf reads how many rows or columns a cell covers.
func spanOf(value []byte, most int) int {
	digits := strings.TrimSpace(string(value))
	if strings.Trim(digits, "0123456789") != "" {
		return 1
	}
	if n := parseID(digits); n >= 0 || digits == "" {
		return min(max(n, 1), most)
	}
	return most
}

// endCell puts the cell being read, if there is one, into the row.
func (h *htmlRows) endCell(r *gridRow) error {
	if !h.inCell {
		return nil
	}
	h.inCell = false
	text := h.text
	if len(strings.Trim(string(text), " \n\u00A0")) == 0 { // exports fill blank cells with &nbsp;
		text = nil
	}
	r.set(h.column, h.texts.add(bytes.TrimRight(text, " \n")))
	next, last := min(h.column+h.width, h.limits.Columns+1), h.number+int64(h.height)-1
	for len(h.spans) < next {
		h.spans = append(h.spans, 0)
	}
	left := h.column
	for ; h.column < next; h.column++ {
		h.spans[h.column] = last
	}
	if len(text) == 0 || left >= next {
		return nil
	}
	return h.merges.add(merge{h.number, last, int32(left), int32(next - 1)})
}

// endRow ends the row being read, if there is one, and says whether it has text.
func (h *htmlRows) endRow(r *gridRow) (bool, error) {
	if err := h.endCell(r); err != nil || !h.inRow {
		return false, err
	}
	h.inRow = false
	return h.begun && !r.blank(), nil
}

// write adds text to the cell, white space as one blank.
func (h *htmlRows) write(text []byte) {
	for len(text) > 0 && len(h.text) <= h.limits.CellBytes {
		i := bytes.IndexAny(text, " \t\r\n\f")
		if i != 0 {
			if h.blank && len(h.text) > 0 && h.text[len(h.text)-1] != '\n' {
				h.text = append(h.text, ' ')
			}
			h.blank = false
		}
		if i < 0 {
			h.text = append(h.text, text...)
			return
		}
		h.text = append(h.text, text[:i]...)
		h.blank = true
		text = text[i+1:]
	}
}

// newline ends a line of the cell's text; a forced one also where nothing stands on it.
func (h *htmlRows) newline(forced bool) {
	if h.inCell && len(h.text) > 0 && (forced || h.text[len(h.text)-1] != '\n') {
		h.text, h.blank = append(h.text, '\n'), false
	}
}
