package source

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// row is what a test expects of one row of a file: its cells, or why it is bad.
type row struct {
	Row   int64
	Cells []string
	Bad   Reason
}

// readAll reads a source to its end and checks what every batch must hold. Padding at the end of rows is dropped.
func readAll(t testing.TB, s Source) ([]row, error) {
	t.Helper()
	var out []row
	for {
		b, err := s.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		if len(b.Rows) == 0 && len(b.Bad) == 0 {
			t.Fatal("an empty batch")
		}
		if len(b.Cells) != len(b.Rows)*b.Width {
			t.Fatalf("%d rows of %d cells hold %d cells", len(b.Rows), b.Width, len(b.Cells))
		}
		i, j := 0, 0
		for i < len(b.Rows) || j < len(b.Bad) {
			var r row
			if j == len(b.Bad) || i < len(b.Rows) && b.Rows[i] < b.Bad[j].Row {
				cells := b.Row(i)
				for len(cells) > 1 && cells[len(cells)-1] == "" {
					cells = cells[:len(cells)-1]
				}
				r = row{Row: b.Rows[i], Cells: cells}
				i++
			} else {
				r = row{Row: b.Bad[j].Row, Bad: b.Bad[j].Reason}
				if r.Bad.Message() == "" {
					t.Fatalf("reason %q has no message", r.Bad)
				}
				j++
			}
			if len(out) > 0 && r.Row <= out[len(out)-1].Row {
				t.Fatalf("row %d comes after row %d", r.Row, out[len(out)-1].Row)
			}
			out = append(out, r)
		}
	}
}

func open(t testing.TB, data string, name string, opt Options) Source {
	t.Helper()
	s, err := OpenText(strings.NewReader(data), int64(len(data)), name, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func cells(rows []row) [][]string {
	var out [][]string
	for _, r := range rows {
		out = append(out, r.Cells)
	}
	return out
}

func TestCSV(t *testing.T) {
	for _, c := range []struct {
		name string
		in   string
		want []row
	}{
		{"plain", "a,b\n1,2\n", []row{{1, []string{"a", "b"}, ""}, {2, []string{"1", "2"}, ""}}},
		{"no line end at the end", "a,b\n1,2", []row{{1, []string{"a", "b"}, ""}, {2, []string{"1", "2"}, ""}}},
		{"CRLF", "a,b\r\n1,2\r\n", []row{{1, []string{"a", "b"}, ""}, {2, []string{"1", "2"}, ""}}},
		{"CR alone", "a,b\r1,2\r", []row{{1, []string{"a", "b"}, ""}, {2, []string{"1", "2"}, ""}}},
		{"CR inside a cell of an LF file is text", "a,b\n1\rx,2\n", []row{{1, []string{"a", "b"}, ""}, {2, []string{"1\rx", "2"}, ""}}},
		{"byte order mark", "\uFEFFa,b\n1,2\n", []row{{1, []string{"a", "b"}, ""}, {2, []string{"1", "2"}, ""}}},
		{"byte order mark before a quote", "\uFEFF\"a\",b\n", []row{{1, []string{"a", "b"}, ""}}},
		{"blank records count", "a,b\n\n1,2\n", []row{{1, []string{"a", "b"}, ""}, {2, []string{""}, ""}, {3, []string{"1", "2"}, ""}}},
		{"short and long rows", "a,b\n1\n1,2,3\n", []row{{1, []string{"a", "b"}, ""}, {2, []string{"1"}, ""}, {3, []string{"1", "2", "3"}, ""}}},
		{"quoted comma and line end", "a,b\n\"x,y\",\"l1\nl2\"\n3,4\n", []row{{1, []string{"a", "b"}, ""}, {2, []string{"x,y", "l1\nl2"}, ""}, {3, []string{"3", "4"}, ""}}},
		{"doubled quotes", "a,b\n\"say \"\"hi\"\"\",\"\"\"\"\n", []row{{1, []string{"a", "b"}, ""}, {2, []string{`say "hi"`, `"`}, ""}}},
		{"empty quoted cell", "\"\",b\n", []row{{1, []string{"", "b"}, ""}}},
		{"quote inside an unquoted cell is text", "5\"管,b\nx\"\"y,2\n", []row{{1, []string{`5"管`, "b"}, ""}, {2, []string{`x""y`, "2"}, ""}}},
		{"blanks behind a closing quote", "\"a\" ,\"b\"\t\n1,2\n", []row{{1, []string{"a", "b"}, ""}, {2, []string{"1", "2"}, ""}}},
		{"text behind a closing quote spoils its line alone", "a,b\n\"x\"y,1\n3,4\n", []row{{1, []string{"a", "b"}, ""}, {2, nil, StrayQuote}, {3, []string{"3", "4"}, ""}}},
		{"open quote at the end spoils its line alone", "a,b\n\"x,1\n3,4\n5,6", []row{{1, []string{"a", "b"}, ""}, {2, nil, OpenQuote}, {3, []string{"3", "4"}, ""}, {4, []string{"5", "6"}, ""}}},
		{"open quote that meets another", "a,b\n\"x,1\n3,\"4\"\n5,6\n", []row{{1, []string{"a", "b"}, ""}, {2, nil, StrayQuote}, {3, []string{"3", "4"}, ""}, {4, []string{"5", "6"}, ""}}},
		{"NUL is kept out", "a,b\n1\x00,2\n", []row{{1, []string{"a", "b"}, ""}, {2, []string{"1", "2"}, ""}}},
		{"semicolons", "a;b;c\n1,5;2;3\n1,6;2;3\n", []row{{1, []string{"a", "b", "c"}, ""}, {2, []string{"1,5", "2", "3"}, ""}, {3, []string{"1,6", "2", "3"}, ""}}},
		{"tabs", "a\tb\n1,5\t2\n", []row{{1, []string{"a", "b"}, ""}, {2, []string{"1,5", "2"}, ""}}},
		{"title above a table with semicolons in its text", "某社区台账\n序号,内容\n1,甲；乙;丙;丁\n2,甲;乙\n", []row{
			{1, []string{"某社区台账"}, ""}, {2, []string{"序号", "内容"}, ""}, {3, []string{"1", "甲；乙;丙;丁"}, ""}, {4, []string{"2", "甲;乙"}, ""},
		}},
		{"spaces belong to the cell", " a , b\n", []row{{1, []string{" a ", " b"}, ""}}},
		{"a quoted CRLF keeps both", "\"x\r\ny\",1\r\n2,3\r\n", []row{{1, []string{"x\r\ny", "1"}, ""}, {2, []string{"2", "3"}, ""}}},
		{"quote and CR end the file", "1,2\n3,\"4\"\r", []row{{1, []string{"1", "2"}, ""}, {2, []string{"3", "4"}, ""}}},
		{"the delimiter on a first line, as Excel has it", "sep=;\r\na;b,c\r\n1;2\r\n", []row{{1, []string{"a", "b,c"}, ""}, {2, []string{"1", "2"}, ""}}},
		{"an uncommon delimiter on a first line", "\uFEFFSEP=^\na^b\n1^2\n", []row{{1, []string{"a", "b"}, ""}, {2, []string{"1", "2"}, ""}}},
		{"a first line that only looks like one", "sep=;x\na;b\n", []row{{1, []string{"sep=", "x"}, ""}, {2, []string{"a", "b"}, ""}}},
		{"the last cell is empty", "a,b\n1,", []row{{1, []string{"a", "b"}, ""}, {2, []string{"1"}, ""}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for chunk := 1; chunk <= len(c.in)+1; chunk++ {
				got, err := readAll(t, open(t, c.in, "x.csv", Options{chunk: chunk}))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Fatalf("chunks of %d (-want +got):\n%s", chunk, diff)
				}
			}
		})
	}
}

// The extension tsv decides where the text of cells has more commas than the table has tabs.
func TestTSV(t *testing.T) {
	const in = "a\tb\n1,5,6,7\t2\n1,6,6,7\t3\n1,6,6,7\t3\n"
	for name, want := range map[string]string{"x.tsv": "tsv", "x.TAB": "tsv", "x.csv": "csv"} {
		s := open(t, in, name, Options{})
		rows, err := readAll(t, s)
		if err != nil {
			t.Fatal(err)
		}
		if s.Format() != want || (len(rows[1].Cells) == 2) != (want == "tsv") {
			t.Errorf("%s: %s, %q", name, s.Format(), rows[1].Cells)
		}
	}
}

func TestCSVBatches(t *testing.T) {
	s := open(t, strings.Repeat("1,2\n", 10), "x.csv", Options{BatchRows: 4})
	var sizes []int
	for {
		b, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, b.Len())
	}
	if diff := cmp.Diff([]int{4, 4, 2}, sizes); diff != "" {
		t.Error(diff)
	}
}

func TestNothingReadable(t *testing.T) {
	s := open(t, "\"a\"b\n\"c\"d\n", "坏表.csv", Options{})
	_, err := readAll(t, s)
	if !errors.Is(err, ErrUnreadable) {
		t.Fatalf("%v, want ErrUnreadable", err)
	}
	if want := "文件“坏表.csv”没有一行可以读取；第 1 行：双引号之后还有多余内容，请检查该行的引号是否成对。"; err.Error() != want {
		t.Errorf("%s\nwant %s", err, want)
	}
}

// shared returns the path of a file among the real data, which is no part of the repository.
func shared(t testing.TB, parts ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "..", "shared", "data"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("real data not present: %s", filepath.Join(parts...))
	}
	return path
}

func readFile(t testing.TB, path string, opt Options) ([]row, Source) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenText(bytes.NewReader(data), int64(len(data)), filepath.Base(path), opt)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := readAll(t, s)
	if err != nil {
		t.Fatal(err)
	}
	return rows, s
}

func TestCSVSpectrum(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(shared(t, "csv", "csv-spectrum", "csvs"), "*.csv"))
	if len(files) != 12 {
		t.Fatalf("%d files, want 12", len(files))
	}
	for _, path := range files {
		base := strings.TrimSuffix(filepath.Base(path), ".csv")
		t.Run(base, func(t *testing.T) {
			answer, err := os.ReadFile(filepath.Join(filepath.Dir(path), "..", "json", base+".json"))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(bytes.TrimSpace(answer), []byte("[")) { // one of them holds its single record bare
				answer = append(append([]byte("["), answer...), ']')
			}
			var want []map[string]string
			if err := json.Unmarshal(answer, &want); err != nil {
				t.Fatal(err)
			}
			if base == "location_coordinates" { // the published answer has another number than its file
				want[0]["Contact Phone Number"] = "2095257564"
			}
			rows, _ := readFile(t, path, Options{})
			var got []map[string]string
			for _, r := range rows[1:] {
				m := map[string]string{}
				for i, h := range rows[0].Cells {
					m[h] = ""
					if i < len(r.Cells) {
						m[h] = r.Cells[i]
					}
				}
				got = append(got, m)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFrictionless(t *testing.T) {
	zh := []string{"2", "中国人"}
	for _, c := range []struct {
		file string
		want [][]string
	}{
		{"bom.csv", [][]string{{"id", "name"}, {"1", "english"}, zh}},
		{"blank-headers.csv", [][]string{{"id", "", "age"}, {"1101", "John", "30"}, {"1102", "Julie", "26"}}},
		{"blank-rows.csv", [][]string{{"id", "name", "age"}, {"1101", "John", "30"}, {"1102", "Julie", "26"}, {""}}},
		{"blank-rows-multiple.csv", append([][]string{{"id", "name", "age"}, {"1101", "John", "30"}, {"1102", "Julie", "26"}}, slices.Repeat([][]string{{""}}, 11)...)},
		{"duplicate-rows.csv", [][]string{{"id", "name", "age"}, {"1101", "John", "30"}, {"1102", "Julie", "26"}, {"1101", "John", "30"}}},
		{"without-headers-extra.csv", [][]string{{"1", "english"}, zh, {"3", "german", "extra"}}},
		{"duplicate-headers.csv", [][]string{{"id", "name", "id", "age", "id"}, {"1101", "John", "0", "30", "001101"}, {"1102", "Julie", "0", "26", "001102"}}},
		{"skip-rows-before-headers.csv", [][]string{{"# it's a comment!"}, {"id", "name"}, {"1", "english"}, zh}},
		{"table-unicode-headers.csv", [][]string{{"id", "国人"}, {"1", "english"}, zh}},
		{"issue-1105-timezone.csv", [][]string{{"id", "timestamp"}, {"0", "2020-01-01T15:00:00Z"}, {"1", "2020-01-01T15:00:00+03:00"}}},
		{"latin1.csv", [][]string{{"id", "name"}, {"1", "english"}, {"2", "\uFFFD"}}},
	} {
		t.Run(c.file, func(t *testing.T) {
			rows, s := readFile(t, shared(t, "csv", "frictionless", c.file), Options{})
			if diff := cmp.Diff(c.want, cells(rows)); diff != "" {
				t.Error(diff)
			}
			damaged := int64(0)
			if c.file == "latin1.csv" {
				damaged = 1
			}
			if s.Damaged() != damaged {
				t.Errorf("%d damaged characters, want %d", s.Damaged(), damaged)
			}
		})
	}
}

// A file that is UTF-8 and could as well be GB18030.
func TestFrictionlessEncodingIssue(t *testing.T) {
	rows, s := readFile(t, shared(t, "csv", "frictionless", "encoding-issue-274.csv"), Options{})
	if len(rows) != 508 || len(rows[0].Cells) != 17 || rows[17].Cells[1] != "Archives New Zealand Te Rua Mahara o te Kāwanatanga" || rows[507].Cells[0] != "nz/world-buskers-festival-trust" {
		t.Errorf("%d rows: %q … %q … %q", len(rows), rows[0].Cells, rows[17].Cells, rows[507].Cells)
	}
	if s.Encoding() != "UTF-8" || s.Damaged() != 0 {
		t.Errorf("%s with %d damaged", s.Encoding(), s.Damaged())
	}
}

// The standard library reads the well-formed real files: so do we, cell by cell, however the file is cut.
func TestAgainstEncodingCSV(t *testing.T) {
	for _, c := range []struct {
		path  []string
		comma rune
		rows  int
	}{
		{[]string{"nyc", "NYC311-5.csv"}, ',', 6},
		{[]string{"nyc", "NYC311-5.tsv"}, '\t', 6},
		{[]string{"nyc", "311_2022-05-01_first_hour.csv"}, ',', 925},
		{[]string{"boston", "boston311_2022_raw_sample.csv"}, ',', 4996},
		{[]string{"china", "modood_areas.csv"}, ',', 0},
		{[]string{"china", "areacity_level4.csv"}, ',', 0},
	} {
		t.Run(filepath.Join(c.path...), func(t *testing.T) {
			path := shared(t, c.path...)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\uFEFF"))))
			r.Comma, r.FieldsPerRecord = c.comma, -1
			want, err := r.ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if c.rows > 0 && len(want) != c.rows {
				t.Fatalf("%d rows by encoding/csv, want %d", len(want), c.rows)
			}
			for _, chunk := range []int{997, 64 << 10, 0} {
				got, _ := readFile(t, path, Options{chunk: chunk})
				if len(got) != len(want) {
					t.Fatalf("chunks of %d: %d rows, want %d", chunk, len(got), len(want))
				}
				for i, w := range want {
					for len(w) > 1 && w[len(w)-1] == "" {
						w = w[:len(w)-1]
					}
					for k := range w { // encoding/csv turns a quoted CRLF into LF
						w[k] = strings.ReplaceAll(w[k], "\r\n", "\n")
					}
					for k := range got[i].Cells {
						got[i].Cells[k] = strings.ReplaceAll(got[i].Cells[k], "\r\n", "\n")
					}
					if !cmp.Equal(got[i].Cells, w) {
						t.Fatalf("chunks of %d, row %d:\n%s", chunk, i+1, cmp.Diff(w, got[i].Cells))
					}
				}
			}
		})
	}
}

// naive cuts records by a state machine over bytes, written apart from record.parse: for every record its cells, or nil.
func naive(s string, comma, newline byte) [][]string {
	var out [][]string
	for s != "" {
		_, rest, _ := strings.Cut(s, string(rune(newline)))
		cells, used, ok := naiveRecord(s, comma, newline)
		if !ok {
			out, s = append(out, nil), rest
			continue
		}
		out, s = append(out, cells), s[used:]
	}
	return out
}

func naiveRecord(s string, comma, newline byte) (cells []string, used int, ok bool) {
	const (
		begin = iota
		bare
		quoted
		closed
	)
	state, cell := begin, []byte{}
	for i := 0; i <= len(s); i++ {
		eof := i == len(s)
		var c byte
		if !eof {
			c = s[i]
		}
		ends := eof || c == newline || newline == '\n' && c == '\r' && (i+1 == len(s) || s[i+1] == '\n')
		switch state {
		case begin, bare:
			switch {
			case ends:
				if !eof && c == '\r' && newline == '\n' {
					i++
				}
				return append(cells, string(cell)), min(i+1, len(s)), true
			case c == comma:
				cells, cell, state = append(cells, string(cell)), nil, begin
			case c == '"' && state == begin:
				state = quoted
			default:
				cell, state = append(cell, c), bare
			}
		case quoted:
			switch {
			case eof:
				return nil, 0, false
			case c == '"' && i+1 < len(s) && s[i+1] == '"':
				cell = append(cell, '"')
				i++
			case c == '"':
				state = closed
			default:
				cell = append(cell, c)
			}
		case closed:
			switch {
			case ends:
				if !eof && c == '\r' && newline == '\n' {
					i++
				}
				return append(cells, string(cell)), min(i+1, len(s)), true
			case c == comma:
				cells, cell, state = append(cells, string(cell)), nil, begin
			case c == ' ' || c == '\t':
			default:
				return nil, 0, false
			}
		}
	}
	panic("unreachable")
}

// FuzzCSV: whatever the bytes, the rows and bad rows are those of a naive reading, for any size of chunk and batch.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "\"a\nb\",c\r\n1,2\r\n", "a;b\r1;2\r", "\"x\"y\n\"open\n1,2", "\uFEFF序号,内容\n1,\"甲，\"\"乙\"\"\"\n",
		"a,\"b\"\r", "\"\",\"\"\"\"\n,,\n\n", "\xd6\xd0\xce\xc4,1\n", "a\x00b,\xff\xfe,c\n", "\"a\" \t,b\n", "\r\n\r\n", "a\r\rb\n", "\xe4\xb8", "\"\r\"\r\n\"", "sep=;\na,b\n",
	} {
		f.Add([]byte(s), uint8(3), uint8(2))
	}
	f.Fuzz(func(t *testing.T, data []byte, chunk, batch uint8) {
		s, err := OpenText(bytes.NewReader(data), int64(len(data)), "x.csv", Options{Delimiter: ',', chunk: int(chunk) + 1, BatchRows: int(batch) + 1})
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || !strings.HasSuffix(e.Text, "。") {
				t.Fatalf("%v is no sentence for the user", err)
			}
			return
		}
		tb, ok := s.(*guarded).Source.(*table)
		if !ok {
			return
		}
		got, err := readAll(t, s)
		if err != nil && !errors.Is(err, ErrUnreadable) {
			t.Fatal(err)
		}
		whole, err := newText(bytes.NewReader(data), int64(len(data)), "x.csv", Options{chunk: len(data) + 16})
		if err != nil {
			t.Fatal(err)
		}
		var utf string
		for err == nil {
			utf, err = whole.more(utf)
		}
		_, drop := separatorLine(utf, tb.rec.newline)
		utf = utf[drop:]
		want := naive(utf, ',', tb.rec.newline)
		if len(got) != len(want) {
			t.Fatalf("%d rows and bad rows, want %d\n%q", len(got), len(want), utf)
		}
		for i, w := range want {
			for len(w) > 1 && w[len(w)-1] == "" {
				w = w[:len(w)-1]
			}
			if (w == nil) != (got[i].Bad != "") || got[i].Row != int64(i+1) || !cmp.Equal(w, got[i].Cells) {
				t.Fatalf("row %d: %q bad %q, want %q\n%q", i+1, got[i].Cells, got[i].Bad, w, utf)
			}
		}
	})
}

// ledgerCSV makes about size bytes of a ledger: 18 columns, 316 bytes a row.
func ledgerCSV(size int, quoted bool) []byte {
	var b bytes.Buffer
	text := "反映小区南门外路面破损，雨天积水，行人通行不便，望尽快处理"
	if quoted {
		text = `"反映小区南门外路面破损, 雨天积水, 行人通行不便, 望""尽快""处理"`
	}
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%d,2023-09-28 09:32:07,2023-09-29 10:00:00,2023-10-05 17:30:00,12345热线,设施维修,道路破损,%s,999001001%03d,住建办,办理中,是,否,满意,116.%06d,39.%06d,社区,0\n", 100000000+i, text, i%302, i%1000000, i%1000000)
	}
	return b.Bytes()
}

func BenchmarkCSV(b *testing.B) {
	for _, c := range []struct {
		name   string
		quoted bool
		gb     bool
	}{{"plain", false, false}, {"quoted", true, false}, {"gb18030", false, true}} {
		b.Run(c.name, func(b *testing.B) {
			data := ledgerCSV(64<<20, c.quoted)
			if c.gb {
				data, _ = simplifiedchinese.GB18030.NewEncoder().Bytes(data)
			}
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				s, err := OpenText(bytes.NewReader(data), int64(len(data)), "x.csv", Options{})
				if err != nil {
					b.Fatal(err)
				}
				for err == nil {
					_, err = s.Next()
				}
				if !errors.Is(err, io.EOF) {
					b.Fatal(err)
				}
			}
		})
	}
}
