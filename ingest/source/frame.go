package source

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A reader that is a process of its own answers in frames: a byte that says what it is, the length of what follows (four
// bytes, little-endian), the payload. Numbers in a payload are uvarints, a text is its length and its bytes.
//
// DESIGN §2 speaks of a pipe of Arrow IPC. Arrow's reader panics on damaged input, and what comes out of the child is to be
// trusted no more than the file that went in: the child may be under the control of whoever made the file. So this is the
// smallest format that carries a Batch, and its decoder checks everything a Batch promises.
const (
	frameHead     = 'H' // a table was opened: format, header, encoding, 1904
	frameBatch    = 'B' // rows
	frameProgress = 'P' // bytes of the file read so far
	frameEnd      = 'E' // the table ends: encoding, damaged, NULs, mixed, notes
	frameTables   = 'T' // the tables of the file
	frameWhole    = 'W' // the file is not packed
	framePart     = 'N' // a file inside begins: its name
	frameData     = 'D' // bytes of the file inside
	frameDone     = 'Z' // the packed file ends
	frameError    = 'X' // the file is refused: sentinel, sentence
)

const (
	maxFrame      = MaxRecordBytes + 4<<20 // no payload is longer
	frameTarget   = 1 << 20                // a batch is cut into frames of about this size
	maxFrameRows  = 1 << 16
	maxRowNumber  = 1 << 40
	maxFrameTexts = 1 << 14 // sheets, notes, columns
)

var errFrame = errors.New("source: malformed frame")

type frameWriter struct {
	w   io.Writer
	buf []byte // the frame under construction, from its head on
}

// begin starts a frame; its payload is appended to what it returns, which goes to send.
func (w *frameWriter) begin(kind byte) []byte {
	return append(w.buf[:0], kind, 0, 0, 0, 0)
}

func (w *frameWriter) send(frame []byte) error {
	w.buf = frame
	n := len(frame) - 5
	if n > maxFrame {
		return fmt.Errorf("%w: %d bytes to send", errFrame, n)
	}
	binary.LittleEndian.PutUint32(frame[1:], uint32(n))
	_, err := w.w.Write(frame)
	return err
}

type frameReader struct {
	r    io.Reader
	head [5]byte
	buf  []byte
}

// next returns the next frame; its payload is good until the next call. io.EOF: the writer is gone between two frames.
func (r *frameReader) next() (kind byte, payload []byte, err error) {
	if _, err := io.ReadFull(r.r, r.head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.LittleEndian.Uint32(r.head[1:])
	if n > maxFrame {
		return 0, nil, fmt.Errorf("%w: %d bytes announced", errFrame, n)
	}
	if uint32(cap(r.buf)) < n {
		r.buf = make([]byte, max(n, 64<<10))
	}
	r.buf = r.buf[:n]
	if _, err := io.ReadFull(r.r, r.buf); err != nil {
		return 0, nil, fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, err)
	}
	return r.head[0], r.buf, nil
}

func putUint(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

func putText(b []byte, s string) []byte { return append(putUint(b, uint64(len(s))), s...) }

func putTexts(b []byte, list []string) []byte {
	b = putUint(b, uint64(len(list)))
	for _, s := range list {
		b = putText(b, s)
	}
	return b
}

func putBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// payload is read from its front; the first thing that is wrong makes it bad and everything read from it zero.
type payload struct {
	b   []byte
	bad bool
}

// number reads a number of at most limit.
func (p *payload) number(limit uint64) uint64 {
	v, n := binary.Uvarint(p.b)
	if p.bad || n <= 0 || v > limit {
		p.bad = true
		return 0
	}
	p.b = p.b[n:]
	return v
}

func (p *payload) flag() bool { return p.number(1) == 1 }

// text reads a text of valid UTF-8 without NUL.
func (p *payload) text() string {
	n := p.number(uint64(len(p.b)))
	if p.bad || n > uint64(len(p.b)) {
		p.bad = true
		return ""
	}
	s := string(p.b[:n])
	p.b = p.b[n:]
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		p.bad = true
		return ""
	}
	return s
}

func (p *payload) texts() []string {
	n := p.number(maxFrameTexts)
	if n > uint64(len(p.b)) { // each takes a byte at least
		p.bad = true
		return nil
	}
	out := make([]string, 0, n)
	for range n {
		out = append(out, p.text())
	}
	return out
}

// end says whether the payload was good and nothing is left of it.
func (p *payload) end() error {
	if p.bad || len(p.b) > 0 {
		return errFrame
	}
	return nil
}

// opening is what is known of a table before its first row.
type opening struct {
	format     string
	header     []string // nil: the format has none
	encoding   string
	serial1904 bool
}

func (o opening) put(b []byte) []byte {
	b = putText(b, o.format)
	b = putBool(b, o.header != nil)
	b = putTexts(b, o.header)
	b = putText(b, o.encoding)
	return putBool(b, o.serial1904)
}

func takeOpening(b []byte) (opening, error) {
	p := payload{b: b}
	o := opening{format: p.text()}
	named := p.flag()
	o.header = p.texts()
	if !named {
		o.header = nil
	}
	o.encoding, o.serial1904 = p.text(), p.flag()
	return o, p.end()
}

// closing is what is known of a table only after its last row.
type closing struct {
	encoding      string
	damaged, nuls int64
	mixed         bool
	notes         []string
}

func (c closing) put(b []byte) []byte {
	b = putText(b, c.encoding)
	b = putUint(b, uint64(c.damaged))
	b = putUint(b, uint64(c.nuls))
	b = putBool(b, c.mixed)
	return putTexts(b, c.notes)
}

func takeClosing(b []byte) (closing, error) {
	p := payload{b: b}
	c := closing{encoding: p.text(), damaged: int64(p.number(1 << 62)), nuls: int64(p.number(1 << 62)), mixed: p.flag(), notes: p.texts()}
	return c, p.end()
}

func putTables(b []byte, tables []Table) []byte {
	b = putUint(b, uint64(len(tables)))
	for _, t := range tables {
		b = putBool(putText(b, t.Name), t.Hidden)
	}
	return b
}

func takeTables(b []byte) ([]Table, error) {
	p := payload{b: b}
	n := p.number(maxFrameTexts)
	if n > uint64(len(p.b)) {
		return nil, errFrame
	}
	out := make([]Table, 0, n)
	for range n {
		out = append(out, Table{Name: p.text(), Hidden: p.flag()})
	}
	return out, p.end()
}

// sentinels are the errors that cross the pipe, by their place here.
var sentinels = []error{ErrUnreadable, ErrEmpty, ErrUnsupported, ErrBinary, ErrOption, ErrLimit}

func putError(b []byte, e *Error) []byte {
	code := 0
	for i, s := range sentinels {
		if errors.Is(e, s) {
			code = i
		}
	}
	return putText(putUint(b, uint64(code)), e.Text)
}

// takeError reads a refusal. The sentence is shown to a person: one that no reader of ours would write is not passed on.
func takeError(b []byte, name string) (*Error, error) {
	p := payload{b: b}
	code := p.number(uint64(len(sentinels) - 1))
	text := p.text()
	if err := p.end(); err != nil {
		return nil, err
	}
	if len(text) > 4<<10 || !strings.HasSuffix(text, "。") || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F }) {
		return nil, errFrame
	}
	return &Error{Name: name, Text: text, Err: sentinels[code]}, nil
}
