package source

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCSVLimits(t *testing.T) {
	long := strings.Repeat("x", MaxCellBytes)
	line := long[:1000]
	wide := strings.Repeat(",", MaxColumns-1)
	for _, c := range []struct {
		name string
		in   string
		want []row
	}{
		{"a cell at the limit", "a\n" + long + "\n", []row{{1, []string{"a"}, ""}, {2, []string{long}, ""}}},
		{"a cell past the limit", "a\n" + long + "x\nb\n", []row{{1, []string{"a"}, ""}, {2, nil, CellTooLong}, {3, []string{"b"}, ""}}},
		{"a quoted cell at the limit", "a\n\"" + long + "\"\n", []row{{1, []string{"a"}, ""}, {2, []string{long}, ""}}},
		{"a quoted cell past the limit", "a\n\"" + long + "x\"\nb\n", []row{{1, []string{"a"}, ""}, {2, nil, CellTooLong}, {3, []string{"b"}, ""}}},
		{
			"an open quote does not swallow what follows", "a\n\"" + strings.Repeat(line+"\n", 1100), append(
				[]row{{1, []string{"a"}, ""}, {2, nil, CellTooLong}}, repeat(line, 3, 1099)...,
			),
		},
		{"a line past the limit", "a\n" + strings.Repeat("x,", MaxRecordBytes) + "\nb\n", []row{{1, []string{"a"}, ""}, {2, nil, RecordTooLong}, {3, []string{"b"}, ""}}},
		{"a line of 20 MB", "a\n" + strings.Repeat(long+",", 20) + "\nb\n", []row{{1, []string{"a"}, ""}, {2, nil, RecordTooLong}, {3, []string{"b"}, ""}}},
		{"columns at the limit", wide + "z\n", []row{{1, append(make([]string, MaxColumns-1), "z"), ""}}},
		{"columns past the limit", "a\n," + wide + "z\nb\n", []row{{1, []string{"a"}, ""}, {2, nil, TooManyColumns}, {3, []string{"b"}, ""}}},
		{"quoted columns past the limit", "a\n\"\"," + wide + "z\nb\n", []row{{1, []string{"a"}, ""}, {2, nil, TooManyColumns}, {3, []string{"b"}, ""}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, chunk := range []int{64 << 10, 1<<20 + 1, 3 << 20, 32 << 20} {
				got, err := readAll(t, open(t, c.in, "x.csv", Options{chunk: chunk, Delimiter: ',', Limits: Limits{Columns: MaxColumns}}))
				if err != nil {
					t.Fatal(err)
				}
				if len(got) == len(c.want) && cmp.Equal(c.want, got) {
					continue
				}
				for i := range min(len(got), len(c.want)) {
					if !cmp.Equal(got[i], c.want[i]) {
						t.Fatalf("chunks of %d: row %d is %d cells, bad %q; want %d cells, bad %q", chunk, got[i].Row, len(got[i].Cells), got[i].Bad, len(c.want[i].Cells), c.want[i].Bad)
					}
				}
				t.Fatalf("chunks of %d: %d rows, want %d", chunk, len(got), len(c.want))
			}
		})
	}
}

// A line of 100 MB without an end costs the memory of the limits, not of the line.
func TestCSVLongLineIsNotHeld(t *testing.T) {
	const size = 100 << 20
	head, tail := "a,b\n", "\n1,2\n"
	f := io.NewSectionReader(&filled{head: head, tail: tail, size: size}, 0, size)
	s, err := OpenText(f, size, "x.csv", Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(t, s)
	if err != nil {
		t.Fatal(err)
	}
	want := []row{{1, []string{"a", "b"}, ""}, {2, nil, RecordTooLong}, {3, []string{"1", "2"}, ""}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	if held := cap(tableOf(s).text.buf); held > 4*MaxRecordBytes {
		t.Errorf("the buffer grew to %d bytes", held)
	}
}

// filled is a file of size bytes: head, then x, then tail.
type filled struct {
	head, tail string
	size       int64
}

func (f *filled) ReadAt(p []byte, at int64) (int, error) {
	n := 0
	for ; n < len(p) && at < f.size; n, at = n+1, at+1 {
		switch {
		case at < int64(len(f.head)):
			p[n] = f.head[at]
		case at >= f.size-int64(len(f.tail)):
			p[n] = f.tail[at-f.size+int64(len(f.tail))]
		default:
			p[n] = 'x'
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func repeat(cell string, from, n int) []row {
	var out []row
	for i := range n {
		out = append(out, row{Row: int64(from + i), Cells: []string{cell}})
	}
	return out
}

func TestCSVWideRowsDoNotFillMemory(t *testing.T) {
	var in strings.Builder
	for range 200 {
		in.WriteString("1,2,3\n")
	}
	for range 300 {
		in.WriteString(strings.Repeat(",", MaxColumns-1) + "\n")
	}
	s := open(t, in.String(), "x.csv", Options{Delimiter: ',', Limits: Limits{Columns: MaxColumns}})
	rows := 0
	for {
		b, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows += b.Len()
		if len(b.Cells) > maxBatchCells+MaxColumns {
			t.Fatalf("a batch of %d cells", len(b.Cells))
		}
	}
	if rows != 500 {
		t.Errorf("%d rows, want 500", rows)
	}
}

// In this file every line opens a quote, closes the one before and so makes one record of all lines behind it, which is too wide
// in the end. Reading it anew from each line would take hours.
func TestCSVHostileQuotesTakeLinearTime(t *testing.T) {
	in := strings.Repeat("x\"\"\",\"\n", 300_000)
	for _, chunk := range []int{64 << 10, 4 << 20} {
		s := open(t, in, "x.csv", Options{Delimiter: ',', chunk: chunk, Limits: Limits{Columns: MaxColumns}})
		bad := 0
		var err error
		for err == nil {
			var b *Batch
			if b, err = s.Next(); err == nil {
				bad += len(b.Bad)
			}
		}
		if !errors.Is(err, ErrUnreadable) {
			t.Fatal(err)
		}
		again := tableOf(s).again
		if limit := int64(rereadFloor + rereadFactor*len(in)); again < limit || again > limit+2*int64(len(in)) {
			t.Errorf("%d bytes read again, about %d are allowed", again, limit)
		}
		if bad < 100 || bad > 1000 { // 16,384 columns a record: some two hundred records read again, then 19 more
			t.Errorf("%d bad rows", bad)
		}
	}
}

func tableOf(s Source) *table { return s.(*guarded).Source.(*table) }
