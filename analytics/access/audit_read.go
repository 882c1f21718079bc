package access

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Filter says which lines of the log are meant; a zero field means all.
type Filter struct {
	From, To time.Time // [From, To), to the millisecond
	Account  string
	Event    Event
	Outcome  Outcome

	Offset, Limit int // lines passed over and shown, the newest first; a Limit of 0 is 100
}

// sieve is a filter as it works on the text of a line: reading all lines as JSON would take many times longer. As quotes
// within a field are escaped, a field's name and value can stand nowhere else.
type sieve struct {
	from, to string
	all      []string // must stand in the line
	any      []string // one of them must, where there are any
}

func newSieve(f Filter) (s sieve) {
	if !f.From.IsZero() {
		s.from = f.From.Format(lineTime)
	}
	if !f.To.IsZero() {
		s.to = f.To.Format(lineTime)
	}
	field := func(name, value string) string {
		quoted, _ := json.Marshal(value) // a string always can be
		return `,"` + name + `":` + string(quoted)
	}
	if f.Account != "" {
		s.any = []string{field("account", f.Account), field("viewed_by", f.Account)}
	}
	if f.Event != "" {
		s.all = append(s.all, field("event", string(f.Event)))
	}
	if f.Outcome != "" {
		s.all = append(s.all, field("outcome", string(f.Outcome)))
	}
	return s
}

// passes says whether a line is one that the filter keeps.
func (s sieve) passes(text []byte) bool {
	_, at, ok := bytes.Cut(text[:min(len(text), 80)], []byte(`,"at":"`))
	if !ok || len(at) < len(lineTime) || endHash(text) == "" {
		return false
	}
	if at = at[:len(lineTime)]; string(at) < s.from || s.to != "" && string(at) >= s.to {
		return false
	}
	has := func(part string) bool { return bytes.Contains(text, []byte(part)) }
	for _, part := range s.all {
		if !has(part) {
			return false
		}
	}
	return len(s.any) == 0 || slices.ContainsFunc(s.any, has)
}

// LogPage is some lines of the log, the newest first.
type LogPage struct {
	Entries []Entry
	More    bool // there are older ones
}

// Find reads lines of the log. Lines that are damaged are passed over: Verify finds them.
func (l *Log) Find(ctx context.Context, f Filter) (LogPage, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	var p LogPage
	passed := 0
	err := l.each(ctx, f, func(text []byte) bool {
		if passed++; passed <= f.Offset {
			return true
		}
		if p.More = passed > f.Offset+f.Limit; p.More {
			return false
		}
		if e, _, _, _, err := decode(text); err == nil {
			p.Entries = append(p.Entries, e)
		}
		return true
	})
	return p, err
}

// snapshot is the log as it is at a moment between two writes: lines are only ever added behind it.
type snapshot struct {
	names []string // files, the oldest first
	month string   // of the file that is written to; "" for none
	size  int64    // of that file
	head  Head
}

func (l *Log) snapshot() (s snapshot, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s = snapshot{month: l.month, size: l.size, head: l.head}
	if l.file != nil && !l.torn && !l.closed { // nobody writes now: what lies behind our last line is somebody else's
		info, err := l.file.Stat()
		if err != nil {
			return s, fmt.Errorf("无法读取审计日志：%w", err)
		}
		s.size = max(s.size, info.Size())
	}
	s.names, err = segments(l.dir)
	return s, err
}

// end is where a file ends; -1 for the end of the file itself.
func (s snapshot) end(name string) int64 {
	if monthOf(name) == s.month {
		return s.size
	}
	return -1
}

func monthOf(name string) string { return strings.TrimSuffix(name, ".jsonl") }

// each goes through the lines that a filter keeps, the newest first, until fn says that it has enough. Files of months
// before the filter's are not read; those after it are, because a clock that was set back goes on in the file at hand.
func (l *Log) each(ctx context.Context, f Filter, fn func(text []byte) bool) error {
	s, err := l.snapshot()
	if err != nil {
		return err
	}
	sieve, going := newSieve(f), true
	for _, name := range slices.Backward(s.names) {
		if !f.From.IsZero() && monthOf(name) < f.From.Format("2006-01") {
			continue
		}
		n := 0
		err = backwards(filepath.Join(l.dir, name), s.end(name), func(text []byte) bool {
			if n++; n%1000 == 0 && ctx.Err() != nil {
				return false
			}
			if sieve.passes(text) {
				going = fn(text)
			}
			return going
		})
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !going:
			return nil
		}
	}
	return nil
}

// maxLine is longer than any line of the log, in bytes: four fields of maxField, each byte escaped as six, and the rest.
const maxLine = 64 << 10

// backwards gives the lines of a file up to end (-1: all of it), the last first and without their newlines, until fn says
// that it has enough. Text behind the last newline is no line. Of a line longer than maxLine, which is not ours, only a
// part is given. The text is valid until fn returns.
func backwards(name string, end int64, fn func(text []byte) bool) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("无法读取审计日志：%w", err)
	}
	defer f.Close()
	if end < 0 {
		info, err := f.Stat()
		if err != nil {
			return fmt.Errorf("无法读取审计日志：%w", err)
		}
		end = info.Size()
	}
	const block = 256 << 10
	buf := make([]byte, block+maxLine)
	rest := 0      // bytes at the start of buf that are the end of a line whose beginning was not read yet
	begun := false // the last newline was met
	for end > 0 {
		n := int(min(block, end))
		end -= int64(n)
		copy(buf[n:], buf[:rest])
		if _, err := f.ReadAt(buf[:n], end); err != nil {
			return fmt.Errorf("无法读取审计日志：%w", err)
		}
		text := buf[:n+rest]
		for {
			i := bytes.LastIndexByte(text[:min(n, len(text))], '\n')
			if i < 0 {
				break
			}
			if begun && !fn(text[i+1:]) {
				return nil
			}
			begun = true
			text = text[:i]
		}
		if rest = 0; begun {
			rest = min(len(text), maxLine)
			copy(buf, text[:rest])
		}
	}
	if begun {
		fn(buf[:rest])
	}
	return nil
}

// csvHead names the columns of WriteCSV.
var csvHead = []string{"序号", "时间", "账号", "以其身份查看者", "地址", "事项", "对象", "结果", "次数"}

// formulaStarts are the characters with which spreadsheets begin a formula, also in full width.
const formulaStarts = "=+-@\t\r\n＝＋－＠"

// WriteCSV writes the lines that a filter keeps, the newest first, for a spreadsheet: UTF-8 with BOM, CRLF, and no text
// that would be taken for a formula. Offset and Limit do not count.
func (l *Log) WriteCSV(ctx context.Context, w io.Writer, f Filter) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(csvHead); err != nil {
		return err
	}
	var failed error
	err := l.each(ctx, f, func(text []byte) bool {
		e, _, _, _, err := decode(text)
		if err != nil {
			return true
		}
		cells := []string{
			strconv.FormatInt(e.Seq, 10), e.At.Format("2006-01-02 15:04:05"), e.Account, e.ViewedBy, e.Address,
			e.Event.Label(), e.Object, e.Outcome.Label(), strconv.Itoa(max(1, e.Count)),
		}
		for i, c := range cells {
			if r, _ := utf8.DecodeRuneInString(c); c != "" && strings.ContainsRune(formulaStarts, r) {
				cells[i] = "'" + c
			}
		}
		failed = out.Write(cells)
		return failed == nil
	})
	out.Flush()
	return errors.Join(err, failed, out.Error())
}
