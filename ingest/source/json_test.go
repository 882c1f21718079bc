package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestJSON(t *testing.T) {
	for _, c := range []struct {
		name   string
		file   string
		in     string
		header []string
		want   []row
	}{
		{
			"an array", "x.json", `[{"a":1,"b":"x"},{"a":2,"b":"y"}]`,
			[]string{"a", "b"},
			[]row{{1, []string{"1", "x"}, ""}, {2, []string{"2", "y"}, ""}},
		},
		{
			"keys of all records, in order of first appearance", "x.json", `[{"b":1},{"a":2,"c":3},{"b":4,"d":5}]`,
			[]string{"b", "a", "c", "d"},
			[]row{{1, []string{"1"}, ""}, {2, []string{"", "2", "3"}, ""}, {3, []string{"4", "", "", "5"}, ""}},
		},
		{
			"every kind of value", "x.json", `[{"s":"甲\n\"乙\"","n":-1.50e+3,"big":12345678901234567890,"t":true,"f":false,"z":null,"o":{ "k": [1, 2] },"e":"","l":[ "x" ]}]`,
			[]string{"s", "n", "big", "t", "f", "z", "o", "e", "l"},
			[]row{{1, []string{"甲\n\"乙\"", "-1.50e+3", "12345678901234567890", "true", "false", "", `{"k":[1,2]}`, "", `["x"]`}, ""}},
		},
		{
			"escapes", "x.json", `[{"\u7532":"\ud83d\ude00\u4e59\\","z":"a\u0000b","half":"\ud83d"}]`,
			[]string{"甲", "z", "half"},
			[]row{{1, []string{"😀乙\\", "ab", "\uFFFD"}, ""}},
		},
		{
			"lines", "x.jsonl", "{\"a\":1}\n\n{\"a\":2,\"b\":3}\r\n",
			[]string{"a", "b"},
			[]row{{1, []string{"1"}, ""}, {3, []string{"2", "3"}, ""}},
		},
		{
			"lines told by their content", "x.json", "{\"a\":1}\n{\"a\":2}",
			[]string{"a"},
			[]row{{1, []string{"1"}, ""}, {2, []string{"2"}, ""}},
		},
		{
			"bad lines are rows", "x.ndjson", "{\"a\":1}\n{\"a\":\n[1]\n{\"a\":1,\"a\":2,\"q\":1}\n{\"a\":5}",
			[]string{"a"},
			[]row{{1, []string{"1"}, ""}, {2, nil, BadJSON}, {3, nil, NotObject}, {4, nil, DuplicateKey}, {5, []string{"5"}, ""}},
		},
		{
			"elements that are no records are rows", "x.json", `[{"a":1}, 7, null, ["x"], {"a":01}, {"a":2}]`,
			[]string{"a"},
			[]row{{1, []string{"1"}, ""}, {2, nil, NotObject}, {3, nil, NotObject}, {4, nil, NotObject}, {5, nil, BadJSON}, {6, []string{"2"}, ""}},
		},
		{
			"a wrapper", "x.json", `{"code":0,"meta":{"rows":[1]},"data":[{"a":1},{"a":2}],"ok":true}`,
			[]string{"a"},
			[]row{{1, []string{"1"}, ""}, {2, []string{"2"}, ""}},
		},
		{
			"a wrapper over several lines", "x.json", "{\n \"records\": [\n{\"a\":1},\n{\"a\":2}\n]\n}\n",
			[]string{"a"},
			[]row{{1, []string{"1"}, ""}, {2, []string{"2"}, ""}},
		},
		{
			"one record", "x.json", "{\n \"a\": 1,\n \"tags\": [\"x\", \"y\"]\n}",
			[]string{"a", "tags"},
			[]row{{1, []string{"1", `["x","y"]`}, ""}},
		},
		{
			"byte order mark", "x.json", "\uFEFF[{\"a\":1}]",
			[]string{"a"},
			[]row{{1, []string{"1"}, ""}},
		},
		{
			"nested to the limit and past it", "x.json", `[{"a":` + strings.Repeat("[", MaxDepth-1) + strings.Repeat("]", MaxDepth-1) + `},{"a":` + strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth) + `}]`,
			[]string{"a"},
			[]row{{1, []string{strings.Repeat("[", MaxDepth-1) + strings.Repeat("]", MaxDepth-1)}, ""}, {2, nil, TooDeep}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for chunk := 1; chunk <= len(c.in)+1; chunk += 1 + chunk/16 {
				s := open(t, c.in, c.file, Options{chunk: chunk, BatchRows: 1 + chunk%3})
				got, err := readAll(t, s)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.header, s.Header()); diff != "" {
					t.Fatalf("chunks of %d, header:\n%s", chunk, diff)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Fatalf("chunks of %d:\n%s", chunk, diff)
				}
			}
		})
	}
}

func TestJSONRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		file string
		in   string
		is   error
		text string
	}{
		{"no records", "x.json", "[]", ErrEmpty, "文件“x.json”里没有记录，请检查后重新导出。"},
		{"cut off in an array", "x.json", `[{"a":1},{"a":2`, ErrUnreadable, "文件“x.json”在第 1 条记录之后不是合法的 JSON，文件可能不完整，请重新导出。"},
		{"cut off behind an element", "x.json", `[{"a":1},{"a":2}`, ErrUnreadable, "文件“x.json”在第 2 条记录之后不是合法的 JSON，文件可能不完整，请重新导出。"},
		{"text behind the array", "x.json", `[{"a":1}] x`, ErrUnreadable, "文件“x.json”在第 1 条记录之后不是合法的 JSON，文件可能不完整，请重新导出。"},
		{"a comma too many", "x.json", `[{"a":1},]`, ErrUnreadable, "文件“x.json”在第 1 条记录之后不是合法的 JSON，文件可能不完整，请重新导出。"},
		{"not JSON at all", "x.json", "{hello}", ErrUnreadable, "文件“x.json”不是合法的 JSON，文件可能不完整，请重新导出。"},
		{"no line is a record", "x.jsonl", "1\n2\n", ErrUnreadable, "文件“x.jsonl”没有一条记录可以读取；第 1 条：不是一条记录，应为花括号括起的键值。"},
		{"two groups of records", "x.json", `{"open":[{"a":1}],"closed":[{"a":2}]}`, ErrUnsupported, "文件“x.json”含有多组记录（“open”“closed”等），无法判断以哪一组为准，请每个文件只保留一组。"},
		{"GeoJSON", "x.geojson", `{"type":"FeatureCollection","features":[]}`, ErrUnsupported, "文件“x.geojson”是 GeoJSON 图层，不是台账；图层请用 grids load 导入。"},
		{"a member without a value", "x.json", `{"type":}`, ErrUnreadable, "文件“x.json”不是合法的 JSON，文件可能不完整，请重新导出。"},
		{"a record without end", "x.json", `[{"a":"` + strings.Repeat("x", MaxRecordBytes) + `"}]`, ErrUnreadable, "文件“x.json”不是合法的 JSON，文件可能不完整，请重新导出。"},
		{"five million brackets", "x.json", strings.Repeat("[", 5<<20), ErrUnreadable, "文件“x.json”不是合法的 JSON，文件可能不完整，请重新导出。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := OpenText(strings.NewReader(c.in), int64(len(c.in)), c.file, Options{})
			if !errors.Is(err, c.is) || err.Error() != c.text {
				t.Errorf("%v\nwant %s", err, c.text)
			}
		})
	}
}

func TestJSONEncodings(t *testing.T) {
	in := `[{"网格":"第一网格","内容":"路面破损"}]`
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(in)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, gb, "x.json", Options{})
	got, err := readAll(t, s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]row{{1, []string{"第一网格", "路面破损"}, ""}}, got); diff != "" {
		t.Error(diff)
	}
	if s.Encoding() != "GB18030" {
		t.Errorf("read as %s", s.Encoding())
	}
}

// The real files hold what encoding/json says they hold.
func TestJSONRealFiles(t *testing.T) {
	for _, c := range []struct {
		file string
		rows int
		keys int
	}{{"NYC311Requests.json", 1000, 45}, {"NYC311-5.jsonl", 5, 41}} {
		t.Run(c.file, func(t *testing.T) {
			path := shared(t, "nyc", c.file)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(c.file, "l") {
				data = append(append([]byte("["), bytes.ReplaceAll(bytes.TrimSpace(data), []byte("\n"), []byte(","))...), ']')
			}
			var want []map[string]json.RawMessage
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			if len(want) != c.rows {
				t.Fatalf("%d records, want %d", len(want), c.rows)
			}
			for _, chunk := range []int{97, 0} {
				got, s := readFile(t, path, Options{chunk: chunk})
				header := s.Header()
				if len(header) != c.keys || len(got) != c.rows {
					t.Fatalf("%d records of %d keys, want %d of %d", len(got), len(header), c.rows, c.keys)
				}
				for i, r := range got {
					filled := 0
					for k, cell := range r.Cells {
						var text string
						switch raw := want[i][header[k]]; {
						case len(raw) == 0 || string(raw) == "null":
						case raw[0] == '"':
							if err := json.Unmarshal(raw, &text); err != nil {
								t.Fatal(err)
							}
						default:
							var b bytes.Buffer
							if err := json.Compact(&b, raw); err != nil {
								t.Fatal(err)
							}
							text = b.String()
						}
						if cell != text {
							t.Fatalf("record %d, %s: %q, want %q", i+1, header[k], cell, text)
						}
						if cell != "" {
							filled++
						}
					}
					if filled == 0 {
						t.Fatalf("record %d is empty", i+1)
					}
				}
			}
		})
	}
}

// FuzzJSON: never panics; what it calls a record is one for encoding/json too; the size of chunks and batches changes nothing.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`[{"a":1,"b":"x"},{"a":null}]`, "{\"a\":1}\n{\"b\":[1,{\"c\":2}]}\n\n{bad\n", `{"data":[{"a":1}],"n":1}`, `[1,{"a":"\u0000\ud800"},[]]`,
		`{"a":{"b":[]}}`, `[{"a":1,"a":2}]`, `[{"a":"\\\""}]`, `[{}]`, "[", `{"":[{"":""}]}`, "[{\"a\":\"\xff\"}]",
	} {
		f.Add([]byte(s), uint8(2), uint8(1), false)
		f.Add([]byte(s), uint8(2), uint8(1), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, chunk, batch uint8, lines bool) {
		name := "x.json"
		if lines {
			name = "x.jsonl"
		}
		read := func(opt Options) ([]string, []row, string) {
			s, err := OpenText(bytes.NewReader(data), int64(len(data)), name, opt)
			if err == nil && s.Format() == "json" {
				var rows []row
				if rows, err = readAll(t, s); err == nil {
					return s.Header(), rows, ""
				}
			}
			var e *Error
			if err != nil && (!errors.As(err, &e) || !strings.HasSuffix(e.Text, "。")) {
				t.Fatalf("%v is no sentence for the user", err)
			}
			return nil, nil, "refused"
		}
		header, rows, refused := read(Options{})
		header2, rows2, refused2 := read(Options{chunk: int(chunk) + 1, BatchRows: int(batch) + 1})
		if refused != refused2 || !cmp.Equal(header, header2) || !cmp.Equal(rows, rows2) {
			t.Fatalf("%q\n%v\n%v", data, rows, rows2)
		}
		if lines && refused == "" {
			text, err := newText(bytes.NewReader(data), int64(len(data)), name, Options{chunk: len(data) + 16})
			if err != nil {
				t.Fatal(err)
			}
			var all string
			for err == nil {
				all, err = text.more(all)
			}
			want := 0
			for _, l := range strings.Split(all, "\n") {
				if strings.TrimSpace(l) != "" {
					want++
				}
			}
			if len(rows) != want {
				t.Fatalf("%d records and bad rows, want %d", len(rows), want)
			}
			for _, r := range rows {
				var m map[string]any
				line := strings.Split(all, "\n")[r.Row-1]
				if err := json.Unmarshal([]byte(strings.TrimSpace(line)), &m); (err == nil && m != nil) != (r.Bad == "") && r.Bad != DuplicateKey && r.Bad != TooDeep {
					t.Fatalf("line %q: bad %q, but encoding/json says %v", line, r.Bad, err)
				}
			}
		}
	})
}
