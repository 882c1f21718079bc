package access

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gridstar/analytics/warehouse"
)

// BenchmarkAppend: lines that many write at once share a write to disk.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) {
			l := openLog(b, b.TempDir(), newClock())
			var writing sync.WaitGroup
			for w := range writers {
				writing.Go(func() {
					for i := w; i < b.N; i += writers {
						add(b, l, "GET /records org=330106001001")
					}
				})
			}
			writing.Wait()
		})
	}
}

// BenchmarkBigLog reads and checks a log of two million lines of twelve months, some 560 MB.
func BenchmarkBigLog(b *testing.B) {
	dir, begin := b.TempDir(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const lines = 2_000_000
	bigLog(b, dir, begin, lines)
	c := &ticking{at: begin.AddDate(1, 0, 0)}
	var l *Log
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			l = openLog(b, dir, c)
		}
	})
	for name, f := range map[string]Filter{
		"first page":         {},
		"page 1000":          {Offset: 100_000},
		"last page":          {Offset: lines - 100},
		"nobody":             {Account: "nobody"},
		"rare event":         {Event: Rights},
		"a day in February":  {From: begin.AddDate(0, 1, 10), To: begin.AddDate(0, 1, 11)},
		"until a day in May": {To: begin.AddDate(0, 4, 1)},
	} {
		b.Run("find "+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := l.Find(b.Context(), f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("csv", func(b *testing.B) {
		for b.Loop() {
			if err := l.WriteCSV(b.Context(), io.Discard, Filter{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if r := verify(b, l); !r.OK() || r.Lines != lines {
				b.Fatalf("%+v", r)
			}
		}
	})
}

// bigLog writes a log of a year without a write to disk for each line.
func bigLog(b *testing.B, dir string, begin time.Time, lines int) {
	b.Helper()
	audit := warehouse.Dir(dir).Audit()
	if err := os.MkdirAll(audit, 0o700); err != nil {
		b.Fatal(err)
	}
	var f *os.File
	var w *bufio.Writer
	var head Head
	month := ""
	end := func() {
		if f != nil {
			if err := w.Flush(); err != nil {
				b.Fatal(err)
			}
			f.Close()
		}
	}
	for i := range lines {
		at := begin.Add(time.Duration(i) * (365 * 24 * time.Hour / time.Duration(lines)))
		first := at.Format("2006-01") != month
		if first {
			end()
			month = at.Format("2006-01")
			var err error
			if f, err = os.Create(filepath.Join(audit, month+".jsonl")); err != nil {
				b.Fatal(err)
			}
			w = bufio.NewWriterSize(f, 1<<20)
		}
		e := Entry{Seq: head.Seq + 1, At: at, Account: fmt.Sprint("user", i%300), Address: "10.20.30.40", Event: Viewed, Object: "GET /records kind=SQ org=330106001001 from=2026-01-01 to=2026-12-31", Outcome: Done}
		if i%10_000 == 0 {
			e.Event = Rights
		}
		text, hash, err := encode(testKey, head.Hash, e, first)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			b.Fatal(err)
		}
		head = Head{e.Seq, hash}
	}
	end()
}
