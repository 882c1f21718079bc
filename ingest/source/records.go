package source

import (
	"errors"
	"io"
	"strings"
)

// cursor walks over the text of a JSON file.
type cursor struct {
	text *text
	buf  string
	pos  int
	end  bool // buf holds the end of the file
}

func (c *cursor) rewind() error {
	c.buf, c.pos, c.end = "", 0, false
	return c.text.rewind()
}

// fill gets more text behind what is not yet used; io.EOF when there is none.
func (c *cursor) fill() error {
	if c.end {
		return io.EOF
	}
	s, err := c.text.more(c.buf[c.pos:])
	if errors.Is(err, io.EOF) {
		c.end = true
		return io.EOF
	}
	if err != nil {
		return err
	}
	c.buf, c.pos = s, 0
	return nil
}

// peek skips blanks and returns the byte that follows without using it, or io.EOF.
func (c *cursor) peek() (byte, error) {
	for {
		for ; c.pos < len(c.buf); c.pos++ {
			if b := c.buf[c.pos]; b != ' ' && b != '\t' && b != '\n' && b != '\r' {
				return b, nil
			}
		}
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
}

// value uses the value at the cursor and returns its text. Only brackets and quotes are looked at: whether it is
// JSON is for others to check. It returns io.EOF where the file ends inside the value.
func (c *cursor) value() (string, Reason, error) {
	if _, err := c.peek(); err != nil {
		return "", "", err
	}
	for {
		n := valueEnd(c.buf[c.pos:], c.end)
		if n > MaxRecordBytes || n < 0 && len(c.buf)-c.pos > MaxRecordBytes {
			return "", RecordTooLong, nil
		}
		if n >= 0 {
			raw := c.buf[c.pos : c.pos+n]
			c.pos += n
			return raw, "", nil
		}
		if err := c.fill(); errors.Is(err, io.EOF) {
			if n := valueEnd(c.buf[c.pos:], true); n > 0 {
				continue
			}
			return "", "", io.EOF
		} else if err != nil {
			return "", "", err
		}
	}
}

// valueEnd returns the length of the value that s begins with, -1 if s ends before it does. final: nothing follows s.
func valueEnd(s string, final bool) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			n := stringEnd(s[i:])
			if n < 0 {
				return -1
			}
			i += n - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\n', '\r', ':':
			if depth == 0 {
				return i
			}
		}
	}
	if final && depth == 0 {
		return len(s)
	}
	return -1
}

// stringEnd returns the length of the quoted string s begins with, -1 if it is not closed.
func stringEnd(s string) int {
	for i := 1; ; {
		k := strings.IndexByte(s[i:], '"')
		if k < 0 {
			return -1
		}
		i += k
		slashes := 0
		for s[i-1-slashes] == '\\' { // stops at the opening quote at the latest
			slashes++
		}
		i++
		if slashes%2 == 0 {
			return i
		}
	}
}

// line uses the rest of the line and returns it.
func (c *cursor) line() (string, Reason, error) {
	long := false
	for {
		rest := c.buf[c.pos:]
		i := strings.IndexByte(rest, '\n')
		if i < 0 && !c.end {
			if len(rest) > MaxRecordBytes { // drop what is here, the line is lost anyway
				long, c.pos = true, len(c.buf)
			}
			if err := c.fill(); err != nil && !errors.Is(err, io.EOF) {
				return "", "", err
			}
			continue
		}
		if i < 0 && rest == "" && !long {
			return "", "", io.EOF
		}
		if i < 0 {
			i = len(rest)
		}
		c.pos = min(c.pos+i+1, len(c.buf))
		if long || i > MaxRecordBytes {
			return "", RecordTooLong, nil
		}
		return strings.TrimSpace(rest[:i]), "", nil
	}
}

// records yields the text of one record after another.
type records struct {
	cur     cursor
	layout  layout
	member  string // layoutWrapped: the member that holds the records
	row     int64
	inArray bool
	first   bool // no element of the array was read yet
	done    bool
}

func (r *records) rewind() error {
	r.row, r.inArray, r.first, r.done = 0, false, false, false
	return r.cur.rewind()
}

// next returns the text of the next record with its row, or why the row is none; io.EOF behind the last.
func (r *records) next() (raw string, row int64, why Reason, err error) {
	switch {
	case r.done:
		return "", 0, "", io.EOF
	case r.layout == layoutLines:
		for {
			raw, why, err := r.cur.line()
			if err != nil {
				return "", 0, "", err
			}
			r.row++
			if raw != "" || why != "" {
				return raw, r.row, why, nil
			}
		}
	case r.layout == layoutSingle:
		r.done = true
		r.row = 1
		raw, why, err := r.cur.value()
		if err == nil {
			err = r.atEnd()
		}
		if errors.Is(err, io.EOF) {
			err = r.broken()
		}
		return raw, 1, why, err
	case !r.inArray:
		if err := r.enter(); err != nil {
			return "", 0, "", err
		}
	}
	raw, row, why, err = r.element()
	if errors.Is(err, io.EOF) {
		r.done = true
		if r.layout == layoutArray {
			if err := r.atEnd(); err != nil {
				return "", 0, "", err
			}
		}
	}
	return raw, row, why, err
}

// enter moves to the array of records.
func (r *records) enter() error {
	if r.layout == layoutArray {
		if _, err := r.cur.peek(); err != nil {
			return err
		}
		r.inArray, r.first = true, true
		return nil
	}
	found := false
	err := r.topMembers(func(key string) (bool, error) {
		if key == r.member {
			found = true
			return false, nil
		}
		_, err := r.memberValue()
		return true, err
	})
	if err == nil && !found {
		err = r.broken()
	}
	r.inArray, r.first = true, true
	return err
}

// element returns the next element of the array the cursor is in (before the opening bracket: r.first); io.EOF behind the last.
func (r *records) element() (raw string, row int64, why Reason, err error) {
	c, err := r.cur.peek()
	if err != nil {
		return "", 0, "", r.cut(err)
	}
	if r.first {
		if c != '[' {
			return "", 0, "", r.broken()
		}
		r.cur.pos++
		if c, err = r.cur.peek(); err != nil {
			return "", 0, "", r.cut(err)
		}
		r.first = false
		if c == ']' {
			r.cur.pos++
			return "", 0, "", io.EOF
		}
	} else {
		r.cur.pos++
		if c == ']' {
			return "", 0, "", io.EOF
		}
		if c != ',' {
			return "", 0, "", r.broken()
		}
	}
	raw, why, err = r.cur.value()
	if err != nil {
		return "", 0, "", r.cut(err)
	}
	if raw == "" || why != "" { // nothing between two commas, or too long to find its end
		return "", 0, "", r.broken()
	}
	r.row++
	return raw, r.row, "", nil
}

// topMembers walks over the members of the object that the file is. visit is called with the cursor before the value, must
// use it, and says whether to go on.
func (r *records) topMembers(visit func(key string) (bool, error)) error {
	c, err := r.cur.peek()
	if err != nil || c != '{' {
		return r.cut(err)
	}
	r.cur.pos++
	for first := true; ; first = false {
		c, err := r.cur.peek()
		if err != nil {
			return r.cut(err)
		}
		if c == '}' {
			r.cur.pos++
			return r.atEnd()
		}
		if !first {
			if c != ',' {
				return r.broken()
			}
			r.cur.pos++
			if c, err = r.cur.peek(); err != nil {
				return r.cut(err)
			}
		}
		if c != '"' {
			return r.broken()
		}
		key, why, err := r.cur.value()
		if err != nil || why != "" {
			return r.cut(err)
		}
		if c, err = r.cur.peek(); err != nil || c != ':' {
			return r.cut(err)
		}
		r.cur.pos++
		on, err := visit(unquote(key))
		if err != nil {
			return r.cut(err)
		}
		if !on {
			return nil
		}
	}
}

// memberValue uses the value of a member.
func (r *records) memberValue() (string, error) {
	raw, why, err := r.cur.value()
	if err == nil && (raw == "" || why != "") {
		err = r.broken()
	}
	return raw, err
}

// atEnd checks that nothing but blanks follows.
func (r *records) atEnd() error {
	_, err := r.cur.peek()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	return r.broken()
}

// cut turns an end of file where more was due into a sentence and leaves other errors alone.
func (r *records) cut(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.broken()
	}
	return err
}

func (r *records) broken() *Error {
	name := r.cur.text.name
	if r.row == 0 {
		return refuse(name, ErrUnreadable, "不是合法的 JSON，文件可能不完整，请重新导出。")
	}
	return refuse(name, ErrUnreadable, "在第 %d 条记录之后不是合法的 JSON，文件可能不完整，请重新导出。", r.row)
}
