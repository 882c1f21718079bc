package source

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Files made to hurt are read or refused with a sentence, soon, and in little memory.
func TestHostileText(t *testing.T) {
	for _, c := range []struct {
		name string
		file string
		data string
		bad  int64  // rows
		want string // of the sentence; "" = the file is read
	}{
		{"50,000 columns", "x.csv", strings.Repeat("a,", 50_000) + "\n1,2\n", 1, ""},
		{"50,000 columns and nothing else", "x.csv", strings.Repeat("a,", 50_000), 0, "没有一行可以读取；第 1 行：这一行超过允许的列数"},
		{"50,000 quoted columns", "x.csv", strings.Repeat(`"a",`, 50_000) + "\n1,2\n", 1, ""},
		{"a quote that is never closed", "x.csv", "a,b\n\"1,2\n" + strings.Repeat("3,4\n", 100_000), 1, ""},
		{"quotes alone", "x.csv", "a,b\n" + strings.Repeat(`"`, 1<<20|1), 1, ""},
		{"NUL between the letters of one cell", "x.csv", "a,b\n" + strings.Repeat("路灯不亮，请处理\n", 100) + "1\x00,2\n", 0, ""},
		{"a mark of UTF-8 before GB18030", "x.csv", "\uFEFFa,b\n\xd6\xd0\xce\xc4,1\n", 0, ""},
		{"marks one behind another", "x.csv", "\uFEFF\uFEFFa,b\n1,2\n", 0, ""},
		{"a mark of UTF-16 before UTF-8", "x.csv", "\xFF\xFEa,b\n1,2\n", 0, ""},
		{"brackets, 5 million deep", "x.json", strings.Repeat("[", 5_000_000), 0, "不是合法的 JSON，"},
		{"objects, 1 million deep", "x.json", strings.Repeat(`{"a":`, 1_000_000), 0, "不是合法的 JSON，"},
		{"deep in one record", "x.json", `[{"a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `},{"a":1}]`, 1, ""},
		{"3 million elements that are no records", "x.json", "[0" + strings.Repeat(",0", 3_000_000) + "]", 0, "没有一条记录可以读取；第 1 条：不是一条记录"},
		{"3 million empty lines", "x.jsonl", strings.Repeat("\n", 3_000_000) + `{"a":1}`, 0, ""},
		{"a key per record", "x.json", "[" + manyKeys(2000) + "]", 1000, ""},
		{"a string of 20 MB", "x.json", `[{"a":"` + strings.Repeat("x", 20<<20) + `"}]`, 0, "不是合法的 JSON，"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var bad int64
			s, err := OpenText(strings.NewReader(c.data), int64(len(c.data)), c.file, Options{})
			for err == nil {
				var b *Batch
				if b, err = s.Next(); err == nil {
					bad += int64(len(b.Bad))
				}
			}
			runtime.ReadMemStats(&after)
			switch {
			case errors.Is(err, io.EOF):
				if c.want != "" || bad != c.bad {
					t.Errorf("read with %d bad rows, want %d, %q", bad, c.bad, c.want)
				}
			case c.want == "" || !strings.Contains(err.Error(), c.want) || !strings.HasSuffix(err.Error(), "。"):
				t.Errorf("%v\nwant …%s…", err, c.want)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
			if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > 256<<20 {
				t.Errorf("%d MiB are held", held>>20)
			}
		})
	}
}

// manyKeys is n records, no key in two of them.
func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"k` + strings.Repeat("x", i%7) + string(rune('一'+i)) + `":1}`)
	}
	return b.String()
}
