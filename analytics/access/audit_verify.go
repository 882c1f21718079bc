package access

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gridstar/analytics/warehouse"
)

// LogReport is the outcome of checking the chain.
type LogReport struct {
	Lines    int64
	From     string // the oldest month there is, 2026-11; "" for an empty log
	Head     Head
	Findings []LogFinding // at most maxFindings
}

// LogFinding is one place at which the chain is broken.
type LogFinding struct {
	File string // 2026-11.jsonl; "" for the log as a whole
	Line int    // from 1
	Seq  int64
	Text string
}

// String is the finding as a sentence without its full stop.
func (f LogFinding) String() string {
	if f.File == "" {
		return f.Text
	}
	return fmt.Sprintf("%s 第 %d 行：%s", f.File, f.Line, f.Text)
}

// OK says whether nothing was found.
func (r LogReport) OK() bool { return len(r.Findings) == 0 }

// maxFindings bounds a report: with a foreign key every line is one.
const maxFindings = 100

// kept is how long the law asks for the log (网络安全法: six months).
const keptMonths = 6

// Verify checks the chain as far as it is acknowledged, and that it reaches at least as far as the anchors say.
func (l *Log) Verify(ctx context.Context, anchors []warehouse.Anchor) (LogReport, error) {
	l.mu.Lock()
	end, month, size, now := l.head, l.month, l.size, l.o.Now()
	l.mu.Unlock()
	if end.Seq > 0 {
		anchors = append(anchors, warehouse.Anchor{Seq: end.Seq, Hash: end.Hash})
	}
	c := &checker{key: l.o.Key, anchors: map[int64]string{}}
	for _, a := range anchors {
		if old, ok := c.anchors[a.Seq]; ok && old != a.Hash {
			c.found(LogFinding{Seq: a.Seq, Text: fmt.Sprintf("作业日志对第 %d 条记了两个不同的校验值，可能换过整份日志", a.Seq)})
		}
		c.anchors[a.Seq] = a.Hash
		c.farthest = max(c.farthest, a.Seq)
	}
	names, err := segments(l.dir)
	if err != nil {
		return c.LogReport, err
	}
	for i, name := range names {
		limit := int64(-1)
		if strings.TrimSuffix(name, ".jsonl") == month {
			limit = size
		}
		if i == 0 {
			c.From = strings.TrimSuffix(name, ".jsonl")
		}
		if err := c.file(ctx, filepath.Join(l.dir, name), limit, now); err != nil {
			return c.LogReport, err
		}
	}
	if c.farthest > c.Head.Seq {
		c.found(LogFinding{Seq: c.farthest, Text: fmt.Sprintf("末尾缺少第 %d 至 %d 条", c.Head.Seq+1, c.farthest)})
	}
	return c.LogReport, nil
}

// checker walks the chain. It believes nothing but the key: a broken line is named, and the walk goes on behind it with
// the hash that stands there, so that each place is named once.
type checker struct {
	LogReport
	key      []byte
	anchors  map[int64]string
	farthest int64
}

func (c *checker) found(f LogFinding) {
	if len(c.Findings) < maxFindings {
		c.Findings = append(c.Findings, f)
	}
}

func (c *checker) file(ctx context.Context, path string, limit int64, now time.Time) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("无法读取审计日志：%w", err)
	}
	defer f.Close()
	var in io.Reader = f
	if limit >= 0 {
		in = io.LimitReader(f, limit)
	}
	r := bufio.NewReaderSize(in, 64<<10)
	for n := 1; ; n++ {
		if n%1000 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		text, err := r.ReadBytes('\n')
		at := LogFinding{File: filepath.Base(path), Line: n}
		switch {
		case errors.Is(err, io.EOF) && len(text) == 0:
			return nil
		case errors.Is(err, io.EOF):
			at.Text = "没有写完"
			c.found(at)
			return nil
		case err != nil:
			return fmt.Errorf("无法读取审计日志：%w", err)
		}
		c.line(at, text[:len(text)-1], now)
	}
}

func (c *checker) line(at LogFinding, text []byte, now time.Time) {
	c.Lines++
	e, l, body, hash, err := decode(text)
	if err != nil {
		at.Text = "不是审计日志的内容"
		c.found(at)
		return
	}
	at.Seq = e.Seq
	prev := c.Head.Hash
	switch want := c.Head.Seq + 1; {
	case c.Head.Seq == 0 && c.Lines == 1 && e.Seq > 1:
		// Older months were moved away: allowed once they are old enough. The line itself says what came before it.
		prev = l.Prev
		month, _ := time.Parse("2006-01", c.From)
		if month.AddDate(0, keptMonths, 0).After(now) {
			at.Text = fmt.Sprintf("之前的第 1 至 %d 条不在，其中有不满%s个月的", e.Seq-1, "六")
			c.found(at)
		}
	case e.Seq > want:
		at.Text = fmt.Sprintf("之前缺少第 %d 至 %d 条", want, e.Seq-1)
		c.found(at)
		c.Head = Head{e.Seq, hash}
		return
	case e.Seq < want:
		at.Text = fmt.Sprintf("第 %d 条重复或次序不对", e.Seq)
		c.found(at)
		return
	}
	anchor, anchored := c.anchors[e.Seq]
	switch {
	case link(c.key, prev, body) != hash || at.Line == 1 && l.Prev != prev || at.Line > 1 && l.Prev != "":
		at.Text = fmt.Sprintf("第 %d 条被改动过", e.Seq)
		c.found(at)
	case anchored && anchor != hash:
		at.Text = fmt.Sprintf("第 %d 条与作业日志记下的校验值不符，可能换过整份日志", e.Seq)
		c.found(at)
	}
	c.Head = Head{e.Seq, hash}
}
