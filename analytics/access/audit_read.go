package access

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Filter says which lines of the log are meant; a zero field means all.
type Filter struct {
	From, To time.Time // [From, To)
	Account  string
	Event    Event
	Outcome  Outcome

	Offset, Limit int // lines passed over and shown, the newest first; a Limit of 0 is 100
}

func (f Filter) keeps(e Entry) bool {
	return (f.From.IsZero() || !e.At.Before(f.From)) && (f.To.IsZero() || e.At.Before(f.To)) &&
		(f.Account == "" || e.Account == f.Account || e.ViewedBy == f.Account) &&
		(f.Event == "" || e.Event == f.Event) && (f.Outcome == "" || e.Outcome == f.Outcome)
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
	err := l.each(ctx, f, func(e Entry) bool {
		if passed++; passed <= f.Offset {
			return true
		}
		if len(p.Entries) == f.Limit {
			p.More = true
			return false
		}
		p.Entries = append(p.Entries, e)
		return true
	})
	return p, err
}

// each goes through the lines that a filter keeps, the newest first, until fn says that it has enough. Whole months that
// lie outside the filter are not read; as a clock may have been set back, those next to it are.
func (l *Log) each(ctx context.Context, f Filter, fn func(Entry) bool) error {
	l.mu.Lock()
	current, size := l.month, l.size
	l.mu.Unlock()
	names, err := segments(l.dir)
	if err != nil {
		return err
	}
	going := true
	for _, name := range slices.Backward(names) {
		month, err := time.Parse("2006-01", strings.TrimSuffix(name, ".jsonl"))
		if err != nil || !f.To.IsZero() && !month.AddDate(0, -1, 0).Before(f.To) || !f.From.IsZero() && !month.AddDate(0, 2, 0).After(f.From) {
			continue
		}
		end := int64(-1)
		if month.Format("2006-01") == current {
			end = size
		}
		n := 0
		err = backwards(filepath.Join(l.dir, name), end, func(text []byte) bool {
			if n++; n%1000 == 0 && ctx.Err() != nil {
				return false
			}
			e, _, _, _, err := decode(text)
			if err == nil && f.keeps(e) {
				going = fn(e)
			}
			return going
		})
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !going {
			return nil
		}
	}
	return nil
}

// backwards gives the lines of a file up to end (-1: all of it), the last first and without their newlines, until fn says
// that it has enough. Text behind the last newline is no line.
func backwards(name string, end int64, fn func(text []byte) bool) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("无法读取审计日志：%w", err)
	}
	defer f.Close()
	if end < 0 {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		end = info.Size()
	}
	const block = 64 << 10
	var rest []byte // the beginning of a line whose end was read already; nil before the last newline was met
	for end > 0 {
		from := max(0, end-block)
		buf := make([]byte, end-from, int(end-from)+len(rest))
		if _, err := f.ReadAt(buf, from); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("无法读取审计日志：%w", err)
		}
		end = from
		if rest == nil {
			i := bytes.LastIndexByte(buf, '\n')
			if i < 0 {
				continue
			}
			buf, rest = buf[:i], []byte{}
		} else {
			buf = append(buf, rest...)
		}
		for {
			i := bytes.LastIndexByte(buf, '\n')
			if i < 0 {
				break
			}
			if !fn(buf[i+1:]) {
				return nil
			}
			buf = buf[:i]
		}
		rest = slices.Clone(buf)
		if rest == nil {
			rest = []byte{}
		}
	}
	if rest != nil {
		fn(rest)
	}
	return nil
}

// csvHead names the columns of WriteCSV.
var csvHead = []string{"序号", "时间", "账号", "以其身份查看者", "地址", "事项", "对象", "结果", "次数"}

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
	err := l.each(ctx, f, func(e Entry) bool {
		cells := []string{
			strconv.FormatInt(e.Seq, 10), e.At.Format("2006-01-02 15:04:05"), e.Account, e.ViewedBy, e.Address,
			e.Event.Label(), e.Object, e.Outcome.Label(), strconv.Itoa(max(1, e.Count)),
		}
		for i, c := range cells {
			if strings.ContainsAny(c[:min(len(c), 1)], "=+-@\t\r") || strings.HasPrefix(c, "＝") || strings.HasPrefix(c, "＋") || strings.HasPrefix(c, "－") || strings.HasPrefix(c, "＠") {
				cells[i] = "'" + c
			}
		}
		failed = out.Write(cells)
		return failed == nil
	})
	out.Flush()
	return errors.Join(err, failed, out.Error())
}
