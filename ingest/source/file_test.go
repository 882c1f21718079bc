package source

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func drain(s Source) error {
	for {
		if _, err := s.Next(); err != nil {
			return err
		}
	}
}

// A file that is written to while it is read is refused, however it changes and whoever reads it.
func TestFileThatChanges(t *testing.T) {
	long := []byte(strings.Repeat("序号,内容\n", 10_000))
	columns := writeParquet(t, numbered(10, 3))
	for _, c := range []struct {
		name string
		data []byte
		do   func(f *os.File) error
	}{
		{"appended.csv", long, func(f *os.File) error { _, err := f.WriteAt([]byte("x"), int64(len(long))); return err }},
		{"shortened.csv", long, func(f *os.File) error { return f.Truncate(100) }},
		{"overwritten.csv", long, func(f *os.File) error {
			_, err := f.WriteAt([]byte("x"), 5)
			return errors.Join(err, os.Chtimes(f.Name(), time.Time{}, time.Unix(1_800_000_000, 0))) // a clock too coarse to show it
		}},
		{"appended.parquet", columns, func(f *os.File) error { _, err := f.WriteAt([]byte("x"), int64(len(columns))); return err }},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), c.name)
			if err := os.WriteFile(path, c.data, 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			s, err := Open(f, int64(len(c.data)), c.name, Options{BatchRows: 10, chunk: 1 << 10})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if _, err := s.Next(); err != nil {
				t.Fatal(err)
			}
			if err := c.do(f); err != nil {
				t.Fatal(err)
			}
			err = drain(s)
			if want := "文件“" + c.name + "”在读取过程中被改动，未导入，请等文件保存或传输完成后重新导入。"; !errors.Is(err, ErrChanged) || err.Error() != want {
				t.Errorf("%v", err)
			}
			if _, again := s.Next(); again != err {
				t.Errorf("asked again: %v", again)
			}
		})
	}
}

func TestFileThatIsNone(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, fifo, "/dev/zero"} {
		f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := Open(f, 100, "x.csv", Options{}); !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), "不是普通文件，") {
			t.Errorf("%s: %v", path, err)
		}
	}
	f, size := fileOf(t, []byte("a,b\n"))
	if _, err := Open(f, size-1, "x.csv", Options{}); !errors.Is(err, ErrChanged) {
		t.Errorf("another size than told: %v", err)
	}
	f.Close()
	if _, err := Open(f, size, "x.csv", Options{}); !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), "读取失败，") {
		t.Errorf("closed: %v", err)
	}
}

// Reaching a limit on the whole file refuses it, names the limit and the key that raises it.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name string
		data string
		lim  Limits
		want string
	}{
		{"size", "a,b\n1,2\n", Limits{FileBytes: 7}, "文件“x.csv”大小为 0.1 MiB，超过单个文件 0.1 MiB 的上限，请拆分后分次导入；确需放宽时由管理员调整 config.toml 中 [limits] 的 file_mib。"},
		{"rows", "a,b\n1,2\n3,4\n", Limits{Rows: 2}, "文件“x.csv”超过 2 行的上限，请拆分后分次导入；确需放宽时由管理员调整 config.toml 中 [limits] 的 rows。"},
		{"columns", "a,b,c\n1,2,3\n", Limits{Columns: 2}, "文件“x.csv”没有一行可以读取；第 1 行：这一行超过允许的列数（config.toml 中 [limits] 的 columns，未设置时为 1000），请检查分隔符或只保留需要的列。"},
		{"cells", "abc,a\nabc,2\n", Limits{CellBytes: 2}, "文件“x.csv”没有一行可以读取；第 1 行：单元格内容超过允许的长度（config.toml 中 [limits] 的 cell_kib，未设置时为 1024），多半是双引号没有配对，请检查该行。"},
		{"columns of JSON", `[{"a":1,"b":2,"c":3}]`, Limits{Columns: 2}, "没有一条记录可以读取；第 1 条：这一行超过允许的列数"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, size := fileOf(t, []byte(c.data))
			s, err := Open(f, size, "x.csv", Options{Limits: c.lim})
			if err == nil {
				err = drain(s)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v\nwant %s", err, c.want)
			}
		})
	}
	f, size := fileOf(t, []byte("a,b\n1,2\n"))
	s, err := Open(f, size, "x.csv", Options{Limits: Limits{FileBytes: size, Rows: 2, Columns: 2, CellBytes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := drain(s); !errors.Is(err, io.EOF) {
		t.Errorf("at every limit: %v", err)
	}
	if _, err := Unpack(t.Context(), f, size, "x.csv", nil, Limits{FileBytes: 7}); !errors.Is(err, ErrLimit) {
		t.Errorf("unpacking: %v", err)
	}
	if _, err := Tables(f, size, "x.csv", Options{Limits: Limits{FileBytes: 7}}); !errors.Is(err, ErrLimit) {
		t.Errorf("tables: %v", err)
	}
}

func TestSizesForPeople(t *testing.T) {
	for n, want := range map[int64]string{1: "0.1 MiB", 1 << 20: "1 MiB", 1<<20 + 1: "1.1 MiB", 4 << 30: "4 GiB", 4<<30 + 1: "4.1 GiB", 5<<30 - 1: "5 GiB", 200 << 20: "200 MiB"} {
		if got := bytesText(n); got != want {
			t.Errorf("%d bytes: %s, want %s", n, got, want)
		}
	}
}

// Progress counts what was read, wherever in the file it lies, and ends at the whole.
func TestProgress(t *testing.T) {
	text := []byte(strings.Repeat("2026-01-05,路灯不亮，请处理\n", 220_000)) // 8 MB: much more than the samples that show its encoding
	for name, data := range map[string][]byte{"x.csv": text, "x.parquet": writeParquet(t, numbered(300_000, 1))} {
		f, size := fileOf(t, data)
		var read atomic.Int64
		s, err := Open(f, size, name, Options{Read: &read, BatchRows: 1000, chunk: 128 << 10})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if _, err := s.Next(); err != nil {
			t.Fatal(err)
		}
		early := read.Load()
		if early <= 0 || name == "x.csv" && early > size/2 {
			t.Errorf("%s: %d of %d bytes after the first batch", name, early, size)
		}
		if err := drain(s); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if end := read.Load(); end != size {
			t.Errorf("%s: %d of %d bytes at the end", name, end, size)
		}
	}
}

func TestMeter(t *testing.T) {
	const size = 5*meterBlock + 10
	m := newMeter(io.NewSectionReader(strings.NewReader(strings.Repeat("x", size)), 0, size), size)
	buf := make([]byte, size)
	for _, step := range []struct {
		off, n int
		want   int64
	}{
		{size - 10, 10, meterBlock},         // the end first
		{0, 1, 2 * meterBlock},              // a byte stands for its block
		{1, 100, 2 * meterBlock},            // read again
		{meterBlock, 1, 3 * meterBlock},     //
		{0, 3 * meterBlock, 4 * meterBlock}, // one block is new
		{0, size, size},                     // all of it
		{0, size, size},
	} {
		if _, err := m.ReadAt(buf[:step.n], int64(step.off)); err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if got := m.Read(); got != step.want {
			t.Errorf("after %d bytes at %d: %d, want %d", step.n, step.off, got, step.want)
		}
	}
}

// Formats without sheets have one table; a packed file has none of its own.
func TestTablesWithoutSheets(t *testing.T) {
	for name, data := range map[string][]byte{"x.csv": []byte("a,b\n"), "x.json": []byte(`[{"a":1}]`), "x.parquet": writeParquet(t, numbered(1, 1))} {
		f, size := fileOf(t, data)
		tables, err := Tables(f, size, name, Options{})
		if err != nil || len(tables) != 1 || tables[0] != (Table{}) {
			t.Errorf("%s: %v, %v", name, tables, err)
		}
	}
	for name, want := range map[string]struct {
		data []byte
		text string
	}{
		"x.csv.gz":  {gz("a,b"), "是 gzip 压缩文件，暂不支持，请先解压，再导入其中的文件。"},
		"x.zip":     {parcel("a.csv", "a,b"), "是 zip 压缩包，暂不支持，请先解压，再导入其中的文件。"},
		"文章.docx":   {parcel(contentTypes, "<Types/>", "word/document.xml", "<x/>"), "是 Word 文档，不是表格，"},
		"汇报.pptx":   {parcel(contentTypes, "<Types/>", "ppt/presentation.xml", "<x/>"), "是演示文稿，不是表格，"},
		"台账.ods":    {parcel("mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml", "<x/>"), "是 OpenDocument 文档（ods），"},
		"empty.csv": {nil, "是空的，"},
	} {
		f, size := fileOf(t, want.data)
		_, err := Tables(f, size, name, Options{})
		if err == nil || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Open(f, size, name, Options{}); err == nil || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%s opened: %v", name, err)
		}
	}
}
