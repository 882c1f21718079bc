package access

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gridstar/analytics/warehouse"
)

// LogReport is the outcome of checking the chain.
type LogReport struct {
	Lines    int64
	From     string // the oldest month there is, 2026-11; "" for an empty log
	Head     Head   // the last line that follows from those before it
	Findings []LogFinding
}

// LogFinding is one place at which the chain is broken.
type LogFinding struct {
	File string // 2026-11.jsonl; "" for the log as a whole
	Line int    // from 1
	Seq  int64  // as the line says; 0 where there is none
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

const (
	maxFindings = 100 // of a report: with a foreign key every line is one
	keptMonths  = 6   // for which the log has to be kept (网络安全法 第二十一条: at least six months)
	maxOdd      = 8   // lines that do not follow from others, and from which others may follow
)

// Verify checks the chain as far as it is acknowledged, and that it reaches at least as far as the anchors say.
func (l *Log) Verify(ctx context.Context, anchors []warehouse.Anchor) (LogReport, error) {
	s, err := l.snapshot()
	if err != nil {
		return LogReport{}, err
	}
	if s.head.Seq > 0 {
		anchors = append(slices.Clip(anchors), warehouse.Anchor{Seq: s.head.Seq, Hash: s.head.Hash})
	}
	return check(ctx, l.dir, l.o, s, anchors)
}

// VerifyLog checks the log of a data directory, or of a copy of one, that nobody writes to. It changes nothing.
func VerifyLog(ctx context.Context, dir warehouse.Dir, o LogOptions, anchors []warehouse.Anchor) (LogReport, error) {
	names, err := segments(dir.Audit())
	if err != nil {
		return LogReport{}, err
	}
	return check(ctx, dir.Audit(), o, snapshot{names: names}, anchors)
}

func check(ctx context.Context, dir string, o LogOptions, s snapshot, anchors []warehouse.Anchor) (LogReport, error) {
	c := &checker{key: o.Key, now: o.Now(), anchors: map[int64]string{}}
	for _, a := range anchors {
		if old, ok := c.anchors[a.Seq]; ok && old != a.Hash {
			c.found(LogFinding{Seq: a.Seq, Text: fmt.Sprintf("第 %d 条曾记下两个不同的校验值，可能换过整份日志", a.Seq)})
		}
		c.anchors[a.Seq] = a.Hash
		c.farthest = max(c.farthest, a.Seq)
	}
	for i, name := range s.names {
		if i == 0 {
			c.From = monthOf(name)
		}
		if err := c.file(ctx, filepath.Join(dir, name), s.end(name)); err != nil {
			return c.LogReport, err
		}
	}
	if c.farthest > c.reached {
		c.found(LogFinding{Seq: c.farthest, Text: fmt.Sprintf("末尾缺少第 %d 至 %d 条，之后可能还有", c.reached+1, c.farthest)})
	}
	if c.Lines > 0 && c.good == (Head{}) {
		c.Findings = slices.Insert(c.Findings, 0, LogFinding{Text: "没有一条与密钥相符，数据目录中的 secret 可能不是写日志时的那一个"})
	}
	if c.more {
		c.Findings = append(c.Findings, LogFinding{Text: fmt.Sprintf("此外还有问题，这里只列出前 %d 处", maxFindings)})
	}
	c.Head = c.good
	return c.LogReport, nil
}

// checker walks the chain. It believes nothing but the key. Behind a broken line it goes on with whatever the next line
// follows from: what stands there, what should stand there, or the last good line; so that a place is named once and
// what lies behind it is not.
type checker struct {
	LogReport
	key     []byte
	now     time.Time
	anchors map[int64]string
	more    bool

	farthest int64  // line that an anchor tells of
	reached  int64  // line that is there, be it altered
	good     Head   // the last line that follows
	odd      []Head // lines since then that do not, in both forms: as they stand, and as they should
	last     int64  // number of the last line, whatever is wrong with it
}

func (c *checker) found(f LogFinding) {
	if len(c.Findings) == maxFindings {
		c.more = true
		return
	}
	c.Findings = append(c.Findings, f)
}

// file walks one file, up to end (-1: all of it).
func (c *checker) file(ctx context.Context, path string, end int64) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("无法读取审计日志：%w", err)
	}
	defer f.Close()
	var in io.Reader = f
	if end >= 0 {
		in = io.LimitReader(f, end)
	}
	r := bufio.NewReaderSize(in, maxLine)
	for n := 1; ; n++ {
		if n%1000 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		at := LogFinding{File: filepath.Base(path), Line: n}
		text, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) { // longer than any line of ours
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = r.ReadSlice('\n')
			}
			text = []byte("\n")
		}
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
		if at.Seq, at.Text = c.line(at, text[:len(text)-1]); at.Text != "" {
			c.found(at)
		}
	}
}

// line says what is wrong with a line; text is "" where nothing is.
func (c *checker) line(at LogFinding, text []byte) (seq int64, wrong string) {
	c.Lines++
	e, l, body, hash, err := decode(text)
	if err != nil {
		if hash := endHash(text); hash != "" {
			c.follow(Head{c.last + 1, hash})
		}
		return 0, "不是审计日志的内容"
	}
	after := c.last
	c.last = e.Seq
	anchor, anchored := c.anchors[e.Seq]
	switch {
	case c.follows(e.Seq, body, hash):
		c.good = Head{e.Seq, hash}
		c.reached = max(c.reached, e.Seq)
		switch {
		case e.Seq <= after:
			return e.Seq, fmt.Sprintf("第 %d 条在第 %d 条之后，次序不对", e.Seq, after)
		case anchored && anchor != hash:
			return e.Seq, fmt.Sprintf("第 %d 条与作业日志记下的校验值不符，可能换过整份日志", e.Seq)
		}
		return e.Seq, misplaced(at, e, l)
	case at.Line == 1 && e.Seq > after+1 && l.Prev != "" && link(c.key, l.Prev, body) == hash: // genuine, but those before it are gone
		oldest := c.Lines == 1
		c.good, c.reached = Head{e.Seq, hash}, max(c.reached, e.Seq)
		switch month := time.Date(e.At.Year(), e.At.Month(), 1, 0, 0, 0, 0, e.At.Location()); {
		case anchored && anchor != hash:
			return e.Seq, fmt.Sprintf("第 %d 条与作业日志记下的校验值不符，可能换过整份日志", e.Seq)
		case !oldest:
			return e.Seq, fmt.Sprintf("之前缺少第 %d 至 %d 条", after+1, e.Seq-1)
		case month.AddDate(0, keptMonths, 0).After(c.now): // older months may be moved away
			return e.Seq, fmt.Sprintf("之前的第 1 至 %d 条不在，其中可能有不满六个月的", e.Seq-1)
		}
		return e.Seq, misplaced(at, e, l)
	case e.Seq <= c.good.Seq:
		c.last = after
		return e.Seq, fmt.Sprintf("第 %d 条重复或次序不对", e.Seq)
	}
	// It does not follow. What comes next may follow from it as it stands, or as it was before somebody changed its hash.
	for _, h := range c.heads() {
		if h.Seq+1 == e.Seq {
			c.follow(Head{e.Seq, link(c.key, h.Hash, body)})
		}
	}
	c.follow(Head{e.Seq, hash})
	if e.Seq == after+1 || anchored && anchor == hash {
		c.reached = max(c.reached, e.Seq)
	}
	switch {
	case e.Seq > after+1:
		return e.Seq, fmt.Sprintf("之前缺少第 %d 至 %d 条", after+1, e.Seq-1)
	case e.Seq != c.good.Seq+1: // of the line before, the hash it once had is gone
		return e.Seq, fmt.Sprintf("第 %d 条接不上前一条，其中有被改动过的", e.Seq)
	}
	return e.Seq, fmt.Sprintf("第 %d 条被改动过", e.Seq)
}

// heads are the lines that the next one may follow from.
func (c *checker) heads() []Head { return append([]Head{c.good}, c.odd...) }

func (c *checker) follow(h Head) {
	if c.odd = append(c.odd, h); len(c.odd) > maxOdd {
		c.odd = slices.Delete(c.odd, 0, 1)
	}
}

// follows says whether a line follows from the last good one or one of the odd ones since.
func (c *checker) follows(seq int64, body []byte, hash string) bool {
	return slices.ContainsFunc(c.heads(), func(h Head) bool { return h.Seq+1 == seq && link(c.key, h.Hash, body) == hash })
}

// misplaced says whether a genuine line stands in another file than it was written to: the first line of a file, and no
// other, carries the hash before it, and was written in the month that the file is named after.
func misplaced(at LogFinding, e Entry, l line) string {
	begins := l.Prev != "" || e.Seq == 1
	switch {
	case begins && at.Line > 1:
		return fmt.Sprintf("第 %d 条原是一个文件的第一行，文件被并过", e.Seq)
	case !begins && at.Line == 1:
		return fmt.Sprintf("第 %d 条原不是一个文件的第一行，文件被拆过", e.Seq)
	case begins && e.At.Format("2006-01") != strings.TrimSuffix(at.File, ".jsonl"):
		return fmt.Sprintf("文件原名 %s.jsonl，被改过名", e.At.Format("2006-01"))
	}
	return ""
}
