package source

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

const replacement = "\uFFFD"

// text yields a file as valid UTF-8, a chunk at a time: decoded, without byte order mark and NUL, with invalid bytes replaced
// by U+FFFD and counted. Where the chunks end makes no difference to what they say together.
type text struct {
	name string
	file *io.SectionReader
	src  io.Reader // file, or its decoder
	enc  encoding
	auto bool   // the encoding was guessed from samples that were all ASCII: decide again at the first other byte
	head []byte // first bytes of the file, as they are
	kind kind   // of text

	chunk   int
	at      int64  // bytes of the file consumed while it is still known to be ASCII
	buf     []byte // scratch; what it holds is copied into a string before it is handed out
	tail    []byte // start of a character whose end is in the next chunk
	started bool
	eof     bool
	damaged int64
	nuls    int64
	mixed   bool // lines of both encodings in the head
}

func newText(f io.ReaderAt, size int64, name string, opt Options) (*text, error) {
	t := &text{name: name, file: io.NewSectionReader(f, 0, size), chunk: opt.chunk}
	t.head = make([]byte, min(size, sampleHead))
	if n, err := io.ReadFull(t.file, t.head); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, unreadable(name, err)
	} else {
		t.head = t.head[:n]
	}
	var err error
	if t.kind, err = sniff(t.head, name); err != nil {
		return nil, err
	}
	if t.kind.foreign() {
		return nil, refuse(name, ErrUnsupported, "是%s，不是文本文件。", kindNames[t.kind])
	}
	if opt.Encoding != "" {
		enc, sure, ok := encodingNamed(opt.Encoding)
		if !ok {
			return nil, refuse(name, ErrOption, "不能按编码“%s”读取，可用的编码为 utf-8、gb18030、utf-16le 和 utf-16be。", opt.Encoding)
		}
		if found, is16 := detectUTF16(t.head); !sure && is16 {
			enc = found
		}
		t.enc = enc
	} else {
		enc, sure, err := detectEncoding(f, size, t.head)
		if err != nil {
			return nil, unreadable(name, err)
		}
		t.enc, t.auto = enc, !sure
	}
	if t.enc == utf8Enc || t.enc == gb18030 {
		t.mixed = mixedEncodings(t.head)
	}
	return t, t.rewind()
}

func unreadable(name string, err error) *Error {
	return &Error{Name: name, Text: "文件“" + name + "”读取失败，请确认文件完好且可以访问后重试。", Err: errors.Join(ErrUnreadable, err)}
}

// rewind starts again at the beginning of the file. What has been learnt about the encoding stays.
func (t *text) rewind() error {
	if _, err := t.file.Seek(0, io.SeekStart); err != nil {
		return unreadable(t.name, err)
	}
	t.src = t.enc.reader(t.file)
	t.at, t.tail, t.started, t.eof, t.damaged, t.nuls = 0, t.tail[:0], false, false, 0, 0
	return nil
}

// more returns carry (text handed out before, not yet used) followed by the next chunk. At the end of the
// file it returns carry and io.EOF. Other errors are *Error.
func (t *text) more(carry string) (string, error) {
	for !t.eof {
		want := max(t.chunk, len(carry)) // doubling keeps a long record linear
		t.buf = append(t.buf[:0], carry...)
		t.buf = append(t.buf, t.tail...)
		from := len(carry)
		n := len(t.buf)
		t.buf = append(t.buf, make([]byte, want)...)[:n+want]
		got, err := io.ReadFull(t.src, t.buf[n:])
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return "", unreadable(t.name, err)
		}
		t.eof = err != nil
		t.buf = t.buf[:n+got]
		if t.auto {
			if again, err := t.switchEncoding(t.buf[from:]); err != nil {
				return "", err
			} else if again {
				continue // what was read is read again, decoded
			}
			t.at += int64(got)
		}
		t.keepTail(from)
		t.clean(from)
		if len(t.buf) > from {
			return string(t.buf), nil
		}
	}
	return carry, io.EOF
}

// switchEncoding is asked while the file has been ASCII so far, with the bytes just read. At the first other byte it
// decides between the encodings and says whether the file turned out to be GB18030; reading then goes on
// decoded, at the same place.
func (t *text) switchEncoding(b []byte) (bool, error) {
	if isASCII(b) {
		return false, nil
	}
	t.auto = false
	at := t.at
	for b[0] < utf8.RuneSelf {
		b, at = b[1:], at+1
	}
	window := make([]byte, sampleWindow)
	n, err := t.file.ReadAt(window, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, unreadable(t.name, err)
	}
	if guess(trimToLines(window[:n], true)) != gb18030 {
		return false, nil
	}
	// All bytes before were ASCII, so the text handed out equals the bytes consumed.
	if _, err := t.file.Seek(t.at, io.SeekStart); err != nil {
		return false, unreadable(t.name, err)
	}
	t.enc, t.eof = gb18030, false
	t.src = t.enc.reader(t.file)
	return true, nil
}

// keepTail sets aside the bytes at the end of buf that may be the start of a character.
func (t *text) keepTail(from int) {
	t.tail = t.tail[:0]
	if t.eof {
		return
	}
	for k := 1; k < utf8.UTFMax && len(t.buf)-k >= from; k++ {
		if b := t.buf[len(t.buf)-k]; utf8.RuneStart(b) {
			if b >= utf8.RuneSelf && !utf8.FullRune(t.buf[len(t.buf)-k:]) {
				t.tail = append(t.tail, t.buf[len(t.buf)-k:]...)
				t.buf = t.buf[:len(t.buf)-k]
			}
			return
		}
	}
}

// clean drops the byte order mark and NULs and replaces invalid bytes in buf[from:].
func (t *text) clean(from int) {
	b, changed := t.buf[from:], false
	if !t.started && len(b) > 0 {
		t.started = true
		if rest, ok := bytes.CutPrefix(b, []byte("\uFEFF")); ok {
			b, changed = rest, true
		}
	}
	if t.enc != utf8Enc { // decoded: what was invalid has been replaced
		t.damaged += int64(bytes.Count(b, []byte(replacement)))
	} else if !utf8.Valid(b) {
		var n int64
		b, n = repair(b)
		t.damaged += n
		changed = true
	}
	if n := bytes.Count(b, []byte{0}); n > 0 {
		t.nuls += int64(n)
		b, changed = bytes.ReplaceAll(b, []byte{0}, nil), true
	}
	if changed {
		t.buf = append(t.buf[:from], b...)
	}
}

// repair replaces each invalid byte by U+FFFD and counts them.
func repair(b []byte) ([]byte, int64) {
	out := make([]byte, 0, len(b)+len(b)/8)
	var n int64
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			n++
			out = append(out, replacement...)
		} else {
			out = append(out, b[:size]...)
		}
		b = b[size:]
	}
	return out, n
}

// sample returns the head of the file as text, and whether that is all of it.
func (t *text) sample() (string, bool) {
	s := &text{name: t.name, file: io.NewSectionReader(bytes.NewReader(t.head), 0, int64(len(t.head))), enc: t.enc, chunk: len(t.head)}
	s.src = s.enc.reader(s.file)
	var out string
	var err error
	for err == nil {
		out, err = s.more(out)
	}
	return out, int64(len(t.head)) == t.file.Size()
}

// first returns the first character of the file that is neither blank nor a byte order mark, 0 if there is none.
func (t *text) first() byte {
	head := t.head[:min(len(t.head), 4096)]
	if t.enc == utf16LE || t.enc == utf16BE {
		head = t.enc.decode(head)
	}
	s := bytes.TrimLeft(trimMark(head), " \t\r\n")
	if len(s) == 0 {
		return 0
	}
	return s[0]
}
