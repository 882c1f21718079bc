package demo

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

var until = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// sample is one demo, written once for all tests that only read it. Everything the tests hold against it
// is read back from the files.
type sample struct {
	dir      string
	manifest Manifest
	ledgers  []ledger
	units    map[string]unit
	readings map[string][]reading // by path, as they are asked for
	err      error
}

// ledger is a table as a reader sees it.
type ledger struct {
	File
	above  [][]string
	header []string
	rows   [][]string
}

type unit struct {
	code, name, level, parent string
	names                     []string // with the aliases
	covers                    []string
	row                       map[string]string
}

var theSample = sync.OnceValue(func() *sample {
	s := &sample{units: map[string]unit{}, readings: map[string][]reading{}}
	if s.dir, s.err = os.MkdirTemp("", "gridstar-demo-*"); s.err != nil {
		return s
	}
	if s.manifest, s.err = Write(context.Background(), s.dir, Options{Seed: 7, Until: until}); s.err != nil {
		return s
	}
	for _, f := range s.manifest.Files {
		if f.Header == 0 {
			continue
		}
		l := ledger{File: f}
		var all [][]string
		if all, s.err = readTable(filepath.Join(s.dir, f.Path), f.Encoding); s.err != nil {
			return s
		}
		l.above, l.header, l.rows = all[:f.Header-1], all[f.Header-1], all[f.Header:]
		s.ledgers = append(s.ledgers, l)
	}
	for _, l := range s.of("units load") {
		for k, row := range l.rows {
			u := unit{row: map[string]string{}}
			for c, h := range l.header {
				u.row[h] = row[c]
			}
			u.code, u.name, u.level, u.parent = u.row["编码"], u.row["名称"], u.row["层级"], u.row["上级编码"]
			u.names = append(fields(u.row["别名"]), u.name)
			u.covers = fields(u.row["覆盖"])
			if _, twice := s.units[u.code]; twice {
				panic("code twice: " + l.rows[k][0])
			}
			s.units[u.code] = u
		}
	}
	return s
})

func TestMain(m *testing.M) {
	code := m.Run()
	if s := theSample(); s.dir != "" {
		os.RemoveAll(s.dir)
	}
	os.Exit(code)
}

func read(t *testing.T) *sample {
	t.Helper()
	s := theSample()
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s
}

// of gives the tables that a verb or a profile loads.
func (s *sample) of(verbOrLedger string) []ledger {
	var out []ledger
	for _, l := range s.ledgers {
		if strings.Join(l.Verb, " ") == verbOrLedger || l.Ledger == verbOrLedger {
			out = append(out, l)
		}
	}
	return out
}

func fields(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, "；")
}

// col gives a row's cell under a header.
func (l ledger) col(row []string, header string) string {
	k := slices.Index(l.header, header)
	if k < 0 {
		return ""
	}
	return row[k]
}

// readTable reads a file by other means than the product does.
func readTable(path, encoding string) ([][]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	switch encoding {
	case asBook:
		return readBook(data)
	case asPage:
		return readPage(data), nil
	case asZip:
		if data, err = onlyEntry(data); err != nil {
			return nil, err
		}
		fallthrough
	case gb18030:
		if data, err = simplifiedchinese.GB18030.NewDecoder().Bytes(data); err != nil {
			return nil, err
		}
	}
	return csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))).ReadAll()
}

// onlyEntry gives what a zip file of one entry holds.
func onlyEntry(data []byte) ([]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(z.File) != 1 {
		return nil, fmt.Errorf("not one entry: %w", err)
	}
	f, err := z.File[0].Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

var (
	bookRow  = regexp.MustCompile(`(?s)<row [^>]*?(?:/>|>(.*?)</row>)`)
	bookCell = regexp.MustCompile(`(?s)<c r="([A-Z]+)\d+"[^>]*?(?:/>|>(.*?)</c>)`)
	bookText = regexp.MustCompile(`(?s)<t[^>]*>(.*?)</t>`)
	bookDate = regexp.MustCompile(`<v>(\d+)</v>`)
)

// readBook reads the first sheet of a workbook whose texts stand inline; days count from the one before 1899-12-31.
func readBook(data []byte) ([][]string, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	f, err := z.Open("xl/worksheets/sheet1.xml")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	xml, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for _, r := range bookRow.FindAllStringSubmatch(string(xml), -1) {
		var row []string
		for _, c := range bookCell.FindAllStringSubmatch(r[1], -1) {
			for len(row) < int(c[1][0]-'A') { // no ledger of the demo has more than 26 columns
				row = append(row, "")
			}
			text := ""
			if m := bookText.FindStringSubmatch(c[2]); m != nil {
				text = html.UnescapeString(m[1])
			} else if m := bookDate.FindStringSubmatch(c[2]); m != nil {
				days, _ := strconv.Atoi(m[1])
				text = time.Date(1899, 12, 30+days, 0, 0, 0, 0, time.UTC).Format("2006-01-02")
			}
			row = append(row, text)
		}
		rows = append(rows, row)
	}
	width := len(rows[len(rows)-1])
	for i := range rows {
		for len(rows[i]) < width {
			rows[i] = append(rows[i], "")
		}
	}
	return rows, nil
}

var pageRow = regexp.MustCompile(`(?s)<tr>(.*?)</tr>`)

func readPage(data []byte) (rows [][]string) {
	for _, r := range pageRow.FindAllStringSubmatch(string(data), -1) {
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(r[1], "<td>"), "</td>"), "</td><td>")
		for i := range cells {
			cells[i] = html.UnescapeString(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows
}

var dateParts = regexp.MustCompile(`^(?:(\d{4})\D)?(\d{1,2})\D(\d{1,2})日?(?: (\d{1,2}):(\d{2})(?::\d{2})?)?$`)

// when reads a date of any of the spellings, with the year of the title where it has none.
func when(text, title string) (time.Time, bool) {
	m := dateParts.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}, false
	}
	if m[1] == "" {
		m[1] = regexp.MustCompile(`\d{4}`).FindString(title)
	}
	layout, value := "2006-1-2", m[1]+"-"+m[2]+"-"+m[3]
	if m[4] != "" {
		layout, value = layout+" 15:04", value+" "+m[4]+":"+m[5]
	}
	at, err := time.Parse(layout, value)
	return at, err == nil
}

func TestEveryFileIsListedAndInTheEncodingItClaims(t *testing.T) {
	s := read(t)
	var found []string
	err := filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(s.dir, path)
			found = append(found, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	seen := map[string]int{}
	for _, f := range s.manifest.Files {
		listed = append(listed, f.Path)
		seen[f.Encoding]++
		data, err := os.ReadFile(filepath.Join(s.dir, f.Path))
		if err != nil {
			t.Fatal(err)
		}
		bom := bytes.HasPrefix(data, []byte("\ufeff"))
		switch valid := utf8.Valid(data); f.Encoding {
		case utf8Plain:
			if !valid || bom {
				t.Errorf("%s: not UTF-8 without a mark", f.Path)
			}
		case utf8BOM:
			if !valid || !bom {
				t.Errorf("%s: not UTF-8 with a mark", f.Path)
			}
		case gb18030:
			decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
			if valid || err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
				t.Errorf("%s: not GB18030", f.Path)
			}
		case asBook, asZip:
			if !bytes.HasPrefix(data, []byte("PK")) {
				t.Errorf("%s: not packed", f.Path)
			}
		case asPage:
			if !bytes.HasPrefix(data, []byte("<html")) {
				t.Errorf("%s: no page", f.Path)
			}
		default:
			t.Errorf("%s: encoding %q", f.Path, f.Encoding)
		}
	}
	slices.Sort(found)
	slices.Sort(listed)
	if !slices.Equal(found, listed) {
		t.Errorf("on disk %d files, listed %d: %v", len(found), len(listed), diff(found, listed))
	}
	if len(listed) > 130 {
		t.Errorf("%d files", len(listed))
	}
	if seen[utf8Plain] < 10 || seen[utf8BOM] < 10 || seen[gb18030] < 10 {
		t.Errorf("encodings: %v", seen)
	}
}

func diff(a, b []string) []string {
	return slices.DeleteFunc(slices.Concat(a, b), func(x string) bool { return slices.Contains(a, x) && slices.Contains(b, x) })
}

func TestTheOrderOfLoadingIsUnitsLayersLedgers(t *testing.T) {
	s := read(t)
	rank := map[string]int{"units load": 0, "grids load": 1, "ingest": 2}
	last := 0
	for _, f := range s.manifest.Files {
		r, ok := rank[strings.Join(f.Verb, " ")]
		if !ok || r < last {
			t.Errorf("%s: verb %v", f.Path, f.Verb)
		}
		last = r
	}
	got := s.manifest.Files[0].Args("D")
	want := []string{"units", "load", filepath.Join("D", "单位", "行政区划.csv"), "--tree", "area"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, l := range s.ledgers {
		if len(l.rows) != l.Rows {
			t.Errorf("%s: %d rows, manifest %d", l.Path, len(l.rows), l.Rows)
		}
	}
}
