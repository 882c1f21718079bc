package source

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fileOf writes data to a file that is gone when the test ends.
func fileOf(t testing.TB, data []byte) (*os.File, int64) {
	t.Helper()
	f := scratchFile(t)
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	return f, int64(len(data))
}

// scratchFile makes a file without a name.
func scratchFile(t testing.TB) *os.File {
	t.Helper()
	f, err := newScratch(t)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func newScratch(t testing.TB) (*os.File, error) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { f.Close() })
	return f, os.Remove(f.Name())
}

// unpackOne unpacks a file that holds one.
func unpackOne(t testing.TB, f *os.File, size int64, name string) Part {
	t.Helper()
	parts, err := Unpack(context.Background(), f, size, name, func() (*os.File, error) { return newScratch(t) }, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) != 1 {
		t.Fatalf("%d parts, want 1", len(parts))
	}
	t.Cleanup(func() { parts[0].Close() })
	return parts[0]
}

// openPath opens a file as its callers do: unpacked, then read.
func openPath(t testing.TB, path string, opt Options) Source {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	p := unpackOne(t, f, info.Size(), filepath.Base(path))
	s, err := Open(p.File, p.Size, p.Name, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// The same five rows, cell by cell, from seven formats.
func TestSameRowsFromEveryFormat(t *testing.T) {
	read := func(name string) (header []string, rows [][]string, format string) {
		s := openPath(t, shared(t, "nyc", name), Options{})
		got, err := readAll(t, s)
		if err != nil {
			t.Fatal(err)
		}
		header, rows = s.Header(), cells(got)
		if header == nil {
			header, rows = rows[0], rows[1:]
		}
		for i, r := range rows {
			rows[i] = append(r, make([]string, len(header)-len(r))...)
		}
		return header, rows, s.Format()
	}
	wantHeader, want, _ := read("NYC311-5.csv")
	if len(want) != 5 || len(wantHeader) != 41 {
		t.Fatalf("%d rows of %d columns, want 5 of 41", len(want), len(wantHeader))
	}
	for _, c := range []struct{ name, format string }{
		{"NYC311-5.csv", "csv"},
		{"NYC311-5.csv.gz", "csv"},
		{"NYC311-5.csv.zst", "csv"},
		{"NYC311-5.tsv", "tsv"},
		{"NYC311-5.jsonl", "json"},
		{"NYC311-5.parquet", "parquet"},
		{"NYC311-5.arrow", "arrow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			header, rows, format := read(c.name)
			if format != c.format {
				t.Errorf("format %s, want %s", format, c.format)
			}
			if diff := cmp.Diff(wantHeader, header); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(want, rows); diff != "" {
				t.Error(diff)
			}
		})
	}
}
