package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/float16"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// column is a column of a made file: its type, how its values are put in, and the text each is to become. Behind the
// values stands a null.
type column struct {
	name    string
	typ     arrow.DataType
	put     func(b array.Builder)
	want    []string // two
	parquet bool     // the format has the type
}

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.999999999", s)
	if err != nil {
		panic(err)
	}
	return t
}

func stamp(s string, unit arrow.TimeUnit) arrow.Timestamp {
	v, err := arrow.TimestampFromTime(at(s), unit)
	if err != nil {
		panic(err)
	}
	return v
}

var (
	localTime = &arrow.TimestampType{Unit: arrow.Microsecond}
	zonedTime = &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "Asia/Shanghai"}
	person    = arrow.StructOf(arrow.Field{Name: "名", Type: arrow.BinaryTypes.String, Nullable: true}, arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true})
)

var typeColumns = []column{
	{"文本", arrow.BinaryTypes.String, func(b array.Builder) {
		b.(*array.StringBuilder).AppendValues([]string{"路灯不亮，请处理", "a\x00b"}, nil)
	}, []string{"路灯不亮，请处理", "ab"}, true},
	{"长文本", arrow.BinaryTypes.LargeString, func(b array.Builder) {
		b.(*array.LargeStringBuilder).AppendValues([]string{"", "\"引\""}, nil)
	}, []string{"", "\"引\""}, true},
	{"坏字节", arrow.BinaryTypes.String, func(b array.Builder) { b.(*array.StringBuilder).AppendValues([]string{"x\xffy", "\xe4\xb8"}, nil) }, []string{"x\uFFFDy", "\uFFFD\uFFFD"}, true},
	{"字节", arrow.BinaryTypes.Binary, func(b array.Builder) {
		b.(*array.BinaryBuilder).AppendValues([][]byte{[]byte("文"), {0xFF, 0xAD}}, nil)
	}, []string{"文", "ffad"}, true},
	{"真假", arrow.FixedWidthTypes.Boolean, func(b array.Builder) { b.(*array.BooleanBuilder).AppendValues([]bool{true, false}, nil) }, []string{"true", "false"}, true},
	{"i8", arrow.PrimitiveTypes.Int8, func(b array.Builder) { b.(*array.Int8Builder).AppendValues([]int8{-128, 127}, nil) }, []string{"-128", "127"}, true},
	{"i16", arrow.PrimitiveTypes.Int16, func(b array.Builder) { b.(*array.Int16Builder).AppendValues([]int16{-32768, 1}, nil) }, []string{"-32768", "1"}, true},
	{"i32", arrow.PrimitiveTypes.Int32, func(b array.Builder) { b.(*array.Int32Builder).AppendValues([]int32{-1, 2147483647}, nil) }, []string{"-1", "2147483647"}, true},
	{"i64", arrow.PrimitiveTypes.Int64, func(b array.Builder) {
		b.(*array.Int64Builder).AppendValues([]int64{math.MinInt64, 440102199001011234}, nil)
	}, []string{"-9223372036854775808", "440102199001011234"}, true},
	{"u8", arrow.PrimitiveTypes.Uint8, func(b array.Builder) { b.(*array.Uint8Builder).AppendValues([]uint8{0, 255}, nil) }, []string{"0", "255"}, true},
	{"u32", arrow.PrimitiveTypes.Uint32, func(b array.Builder) { b.(*array.Uint32Builder).AppendValues([]uint32{0, 4294967295}, nil) }, []string{"0", "4294967295"}, true},
	{"u64", arrow.PrimitiveTypes.Uint64, func(b array.Builder) { b.(*array.Uint64Builder).AppendValues([]uint64{1, math.MaxUint64}, nil) }, []string{"1", "18446744073709551615"}, true},
	{"f16", arrow.FixedWidthTypes.Float16, func(b array.Builder) {
		b.(*array.Float16Builder).AppendValues([]float16.Num{float16.New(1.5), float16.New(-2)}, nil)
	}, []string{"1.5", "-2"}, true},
	{"f32", arrow.PrimitiveTypes.Float32, func(b array.Builder) { b.(*array.Float32Builder).AppendValues([]float32{0.1, 1e10}, nil) }, []string{"0.1", "10000000000"}, true},
	{"f64", arrow.PrimitiveTypes.Float64, func(b array.Builder) {
		b.(*array.Float64Builder).AppendValues([]float64{113.758304, math.NaN()}, nil)
	}, []string{"113.758304", ""}, true},
	{"小数", &arrow.Decimal128Type{Precision: 10, Scale: 2}, func(b array.Builder) {
		b.(*array.Decimal128Builder).AppendValues([]decimal128.Num{decimal128.FromI64(-123456), decimal128.FromI64(5)}, nil)
	}, []string{"-1234.56", "0.05"}, true},
	{"日期", arrow.FixedWidthTypes.Date32, func(b array.Builder) {
		b.(*array.Date32Builder).AppendValues([]arrow.Date32{arrow.Date32FromTime(at("2026-01-05 00:00:00")), arrow.Date32FromTime(at("1969-12-31 00:00:00"))}, nil)
	}, []string{"2026-01-05", "1969-12-31"}, true},
	{"毫秒日期", arrow.FixedWidthTypes.Date64, func(b array.Builder) {
		b.(*array.Date64Builder).AppendValues([]arrow.Date64{arrow.Date64FromTime(at("2024-02-29 00:00:00")), 0}, nil)
	}, []string{"2024-02-29", "1970-01-01"}, true},
	{"时刻", localTime, func(b array.Builder) {
		b.(*array.TimestampBuilder).AppendValues([]arrow.Timestamp{stamp("2026-01-05 08:30:00", arrow.Microsecond), stamp("2026-01-05 23:59:59.25", arrow.Microsecond)}, nil)
	}, []string{"2026-01-05 08:30:00", "2026-01-05 23:59:59.25"}, true},
	{"带时区的时刻", zonedTime, func(b array.Builder) {
		b.(*array.TimestampBuilder).AppendValues([]arrow.Timestamp{stamp("2026-01-05 00:30:00", arrow.Millisecond), stamp("1969-12-31 23:59:59", arrow.Millisecond)}, nil)
	}, []string{"2026-01-05 00:30:00Z", "1969-12-31 23:59:59Z"}, true},
	{"钟点", arrow.FixedWidthTypes.Time32ms, func(b array.Builder) {
		b.(*array.Time32Builder).AppendValues([]arrow.Time32{8*3600_000 + 5*60_000, 86_399_500}, nil)
	}, []string{"08:05:00", "23:59:59.5"}, true},
	{"字典", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, func(b array.Builder) {
		d := b.(*array.BinaryDictionaryBuilder)
		if err := errors.Join(d.AppendString("已办结"), d.AppendString("办理中")); err != nil {
			panic(err)
		}
	}, []string{"已办结", "办理中"}, true},
	{"列表", arrow.ListOf(arrow.BinaryTypes.String), func(b array.Builder) {
		l := b.(*array.ListBuilder)
		l.Append(true)
		l.ValueBuilder().(*array.StringBuilder).AppendValues([]string{"a", "<b>"}, nil)
		l.ValueBuilder().AppendNull()
		l.Append(true)
	}, []string{`["a","<b>",null]`, `[]`}, true},
	{"记录", person, func(b array.Builder) {
		s := b.(*array.StructBuilder)
		s.Append(true)
		s.FieldBuilder(0).(*array.StringBuilder).Append("甲")
		s.FieldBuilder(1).(*array.Int64Builder).Append(3)
		s.Append(true)
		s.FieldBuilder(0).AppendNull()
		s.FieldBuilder(1).AppendNull()
	}, []string{`{"名":"甲","n":3}`, `{"名":null,"n":null}`}, true},
	{"映射", arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Float64), func(b array.Builder) {
		m := b.(*array.MapBuilder)
		m.Append(true)
		m.KeyBuilder().(*array.StringBuilder).Append("k")
		m.ItemBuilder().(*array.Float64Builder).Append(0.5)
		m.Append(true)
	}, []string{`{"k":0.5}`, `{}`}, true},
	{"空", arrow.Null, func(b array.Builder) { b.AppendNulls(2) }, []string{"", ""}, false},
	{"文本视图", arrow.BinaryTypes.StringView, func(b array.Builder) {
		b.(*array.StringViewBuilder).AppendValues([]string{"短", strings.Repeat("长", 20)}, nil)
	}, []string{"短", strings.Repeat("长", 20)}, false},
}

// recordOf builds the rows of columns.
func recordOf(cols []column) arrow.Record {
	var fields []arrow.Field
	var arrays []arrow.Array
	for _, c := range cols {
		fields = append(fields, arrow.Field{Name: c.name, Type: c.typ, Nullable: true})
		b := array.NewBuilder(memory.DefaultAllocator, c.typ)
		c.put(b)
		b.AppendNull()
		arrays = append(arrays, b.NewArray())
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), arrays, 3)
}

// writeArrow writes records in the file format, or as a stream.
func writeArrow(t testing.TB, stream bool, recs []arrow.Record, opts ...ipc.Option) []byte {
	t.Helper()
	var out bytes.Buffer
	opts = append(opts, ipc.WithSchema(recs[0].Schema()))
	var w interface {
		Write(arrow.Record) error
		Close() error
	}
	if stream {
		w = ipc.NewWriter(&out, opts...)
	} else {
		f, err := ipc.NewFileWriter(&seekable{&out}, opts...)
		if err != nil {
			t.Fatal(err)
		}
		w = f
	}
	for _, r := range recs {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// seekable answers the writer's questions where it is; it never goes back.
type seekable struct{ *bytes.Buffer }

func (s *seekable) Seek(off int64, whence int) (int64, error) {
	if off != 0 || whence != io.SeekCurrent {
		return 0, errors.New("not a file")
	}
	return int64(s.Len()), nil
}

func writeParquet(t testing.TB, recs []arrow.Record, opts ...parquet.WriterProperty) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(recs[0].Schema(), &out, parquet.NewWriterProperties(opts...), pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recs {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readForeign reads a file the way a reader process does, in this one.
func readForeign(t testing.TB, data []byte, name string, opt Options) (rows []row, header []string, err error) {
	t.Helper()
	defer rescue(name, &err)
	s, err := openForeign(bytes.NewReader(data), int64(len(data)), name, opt.withDefaults())
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	last := int64(0)
	for {
		b, err := s.Next()
		if errors.Is(err, io.EOF) {
			return rows, s.Header(), nil
		}
		if err != nil {
			return rows, s.Header(), err
		}
		checkBatch(t, b, &last)
		for i := range b.Len() {
			rows = append(rows, row{Row: b.Rows[i], Cells: b.Row(i)})
		}
		for _, r := range b.Bad {
			rows = append(rows, row{Row: r.Row, Bad: r.Reason})
		}
	}
}

func TestColumnTypes(t *testing.T) {
	var inParquet []column
	for _, c := range typeColumns {
		if c.parquet {
			inParquet = append(inParquet, c)
		}
	}
	all, most := []arrow.Record{recordOf(typeColumns)}, []arrow.Record{recordOf(inParquet)}
	for _, c := range []struct {
		name string
		data []byte
		cols []column
	}{
		{"x.arrow", writeArrow(t, false, all), typeColumns},
		{"x.arrows", writeArrow(t, true, all), typeColumns},
		{"lz4.arrow", writeArrow(t, false, all, ipc.WithLZ4()), typeColumns},
		{"zstd.arrows", writeArrow(t, true, all, ipc.WithZstd()), typeColumns},
		{"x.parquet", writeParquet(t, most), inParquet},
		{"v2.parquet", writeParquet(t, most, parquet.WithDataPageVersion(parquet.DataPageV2), parquet.WithDictionaryDefault(false)), inParquet},
		{"snappy.parquet", writeParquet(t, most, parquet.WithCompression(compress.Codecs.Snappy)), inParquet},
		{"zstd.parquet", writeParquet(t, most, parquet.WithCompression(compress.Codecs.Zstd)), inParquet},
		{"gzip.parquet", writeParquet(t, most, parquet.WithCompression(compress.Codecs.Gzip)), inParquet},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, header, err := readForeign(t, c.data, c.name, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != 3 || len(header) != len(c.cols) {
				t.Fatalf("%d rows of %d columns", len(rows), len(header))
			}
			for i, col := range c.cols {
				got := []string{rows[0].Cells[i], rows[1].Cells[i], rows[2].Cells[i]}
				if diff := cmp.Diff(append(append([]string{}, col.want...), ""), got); header[i] != col.name || diff != "" {
					t.Errorf("%s (read as %s):\n%s", col.name, header[i], diff)
				}
			}
		})
	}
}

// numbered makes records of n rows each: a number and a text.
func numbered(n int, records int) []arrow.Record {
	var out []arrow.Record
	for k := range records {
		out = append(out, numberedRecord(n, k*n))
	}
	return out
}

func numberedRecord(n, from int) arrow.Record {
	schema := arrow.NewSchema([]arrow.Field{{Name: "序号", Type: arrow.PrimitiveTypes.Int64}, {Name: "内容", Type: arrow.BinaryTypes.String}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range n {
		b.Field(0).(*array.Int64Builder).Append(int64(from + i))
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("第%d件", from+i))
	}
	return b.NewRecord()
}

func TestColumnsInPieces(t *testing.T) {
	recs := numbered(700, 13)
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"x.arrow", writeArrow(t, false, recs)},
		{"x.arrows", writeArrow(t, true, recs)},
		{"x.parquet", writeParquet(t, recs)},
		{"groups.parquet", writeParquet(t, recs, parquet.WithMaxRowGroupLength(100), parquet.WithDataPageSize(64))},
	} {
		for _, batch := range []int{1, 100, 16384} {
			rows, _, err := readForeign(t, c.data, c.name, Options{BatchRows: batch})
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != 9100 {
				t.Fatalf("%s: %d rows", c.name, len(rows))
			}
			for i, r := range rows {
				if r.Row != int64(i+1) || r.Cells[0] != fmt.Sprint(i) || r.Cells[1] != fmt.Sprintf("第%d件", i) {
					t.Fatalf("%s: row %d is %v", c.name, i+1, r)
				}
			}
		}
	}
}

func TestColumnLimits(t *testing.T) {
	recs := numbered(50, 1)
	wide := make([]column, 1001)
	for i := range wide {
		wide[i] = typeColumns[0]
	}
	long := []arrow.Record{recordOf([]column{{"文本", arrow.BinaryTypes.String, func(b array.Builder) {
		b.(*array.StringBuilder).AppendValues([]string{strings.Repeat("x", 101), strings.Repeat("y", 100)}, nil)
	}, nil, true}})}
	many := []arrow.Record{recordOf([]column{{"列表", arrow.ListOf(arrow.BinaryTypes.String), func(b array.Builder) {
		l := b.(*array.ListBuilder)
		l.Append(true)
		for range 1 << 10 {
			l.ValueBuilder().(*array.StringBuilder).Append(strings.Repeat("x", 1<<10))
		}
		l.Append(true)
	}, nil, true}})}
	for _, c := range []struct {
		name string
		recs []arrow.Record
		opt  Options
		bad  int
		want string
	}{
		{"1,000 columns", []arrow.Record{recordOf(wide[:1000])}, Options{}, 0, ""},
		{"1,001 columns", []arrow.Record{recordOf(wide)}, Options{}, 0, "有 1001 列，超过 1000 列的上限，"},
		{"a long cell", long, Options{Limits: Limits{CellBytes: 100}}, 1, ""},
		{"a list that grows", many, Options{Limits: Limits{CellBytes: 1000}}, 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, data := range map[string][]byte{"x.arrow": writeArrow(t, false, c.recs), "x.parquet": writeParquet(t, c.recs)} {
				rows, _, err := readForeign(t, data, name, c.opt)
				if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
					t.Fatal(err)
				}
				bad := 0
				for _, r := range rows {
					if r.Bad == CellTooLong {
						bad++
					}
				}
				if bad != c.bad {
					t.Errorf("%d cells too long, want %d", bad, c.bad)
				}
			}
		})
	}
	data := writeParquet(t, recs)
	if _, _, err := readForeign(t, data, "x.parquet", Options{Limits: Limits{Rows: 49}}); !errors.Is(err, ErrLimit) || !strings.Contains(err.Error(), "超过 49 行的上限") {
		t.Error(err)
	}
}

// A file that ends too early is refused at every place: fewer rows than it had are never all its rows.
func TestColumnsCutOff(t *testing.T) {
	recs := numbered(20, 3)
	for name, data := range map[string][]byte{"x.arrow": writeArrow(t, false, recs), "x.parquet": writeParquet(t, recs)} {
		for n := 8; n < len(data); n++ {
			if rows, _, err := readForeign(t, data[:n], name, Options{}); err == nil {
				t.Fatalf("%s: %d of %d bytes are read as %d rows", name, n, len(data), len(rows))
			}
		}
	}
	stream := writeArrow(t, true, recs)
	for n := 8; n < len(stream)-8; n++ { // the mark at the end may be missing
		rows, _, err := readForeign(t, stream[:n], "x.arrows", Options{})
		if err == nil && len(rows)%20 != 0 {
			t.Fatalf("%d of %d bytes are read as %d rows", n, len(stream), len(rows))
		}
	}
}

// fuzzForeign reads a file through the reader process, and where that neither died nor ran out of anything, which nothing in this
// process could survive, once more in this one: for the fuzzer to see which way it took, and to compare.
func fuzzForeign(t *testing.T, data []byte, name string) {
	fd, err := unix.MemfdCreate("fuzz", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "fuzz")
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	var there []row
	s, err := Open(f, int64(len(data)), name, Options{Limits: Limits{Seconds: 5}})
	if err == nil {
		defer s.Close()
		there, err = readAll(t, s)
	}
	mustRefuse(t, err)
	var died *exec.ExitError
	if errors.Is(err, ErrLimit) || errors.As(err, &died) {
		return
	}
	here, _, errHere := readForeign(t, data, name, Options{})
	mustRefuse(t, errHere)
	if (err == nil) != (errHere == nil) || err == nil && !cmp.Equal(there, trimmed(here)) {
		t.Fatalf("through the process %v, %v; here %v, %v", there, err, here, errHere)
	}
}

// trimmed drops the padding at the end of rows, as readAll does.
func trimmed(rows []row) (out []row) {
	for _, r := range rows {
		for len(r.Cells) > 1 && r.Cells[len(r.Cells)-1] == "" {
			r.Cells = r.Cells[:len(r.Cells)-1]
		}
		out = append(out, r)
	}
	return out
}

func FuzzParquet(f *testing.F) {
	flat := numbered(20, 2)
	f.Add(writeParquet(f, flat))
	f.Add(writeParquet(f, flat, parquet.WithDataPageVersion(parquet.DataPageV2), parquet.WithCompression(compress.Codecs.Snappy)))
	f.Add(writeParquet(f, []arrow.Record{recordOf(typeColumns[:4])}, parquet.WithDictionaryDefault(false)))
	f.Add([]byte("PAR1\x15\x04PAR1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if k, err := sniff(data, "x"); err != nil || k != kindParquet || len(data) > 1<<20 {
			return
		}
		fuzzForeign(t, data, "x.parquet")
	})
}

func FuzzArrow(f *testing.F) {
	flat := numbered(20, 2)
	all := []arrow.Record{recordOf(typeColumns)}
	f.Add(writeArrow(f, false, flat))
	f.Add(writeArrow(f, true, flat, ipc.WithZstd()))
	f.Add(writeArrow(f, true, all))
	f.Fuzz(func(t *testing.T, data []byte) {
		if k, err := sniff(data, "x"); err != nil || k != kindArrow && k != kindArrowStream || len(data) > 1<<20 {
			return
		}
		fuzzForeign(t, data, "x.arrow")
	})
}

// mustRefuse: what is not read is refused with a sentence.
func mustRefuse(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if err != nil && (!errors.As(err, &e) || !strings.HasSuffix(e.Text, "。")) {
		t.Fatalf("%T: %v", err, err)
	}
}
