package demo

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"html"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"gridstar/ingest/workbook"
)

// lines are all rows of a table, each as wide as its header: a spreadsheet exports merged cells as one and blanks.
func (t table) lines() [][]string {
	var all [][]string
	for _, row := range t.above {
		padded := make([]string, len(t.header))
		copy(padded, row)
		all = append(all, padded)
	}
	if t.upper != nil {
		upper := slices.Clone(t.upper)
		for i := len(upper) - 1; i > 0; i-- {
			if upper[i] == upper[i-1] {
				upper[i] = ""
			}
		}
		all = append(all, upper)
	}
	all = append(all, t.header)
	return append(all, t.rows...)
}

func encodeCSV(f File, t table) ([]byte, error) {
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	w.UseCRLF = f.Encoding != utf8Plain
	if err := w.WriteAll(t.lines()); err != nil {
		return nil, err
	}
	switch f.Encoding {
	case utf8BOM:
		return append([]byte("\ufeff"), buf.Bytes()...), nil
	case gb18030, asZip:
		return simplifiedchinese.GB18030.NewEncoder().Bytes(buf.Bytes())
	}
	return buf.Bytes(), nil
}

// encodeZip packs a csv file in GB18030, its name in GBK as the zip programs of offices write it.
func encodeZip(f File, t table) ([]byte, error) {
	data, err := encodeCSV(f, t)
	if err != nil {
		return nil, err
	}
	name, err := simplifiedchinese.GBK.NewEncoder().String(strings.TrimSuffix(path.Base(f.Path), ".zip") + ".csv")
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, NonUTF8: true, Method: zip.Deflate})
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// encodeWorkbook makes dates real date cells, as far as they are dates; titles and the upper header are merged.
func encodeWorkbook(f File, t table) ([]byte, error) {
	book := workbook.Table{Name: "Sheet1", Header: [][]string{t.header}}
	for _, row := range t.above {
		book.Titles = append(book.Titles, strings.Join(row, " "))
	}
	if t.upper != nil {
		book.Header = [][]string{t.upper, t.header}
	}
	for _, row := range t.rows {
		cells := make([]any, len(row))
		for i, c := range row {
			if at, ok := dated(c); ok {
				cells[i] = at
			} else if c != "" {
				cells[i] = c
			}
		}
		book.Rows = append(book.Rows, cells)
	}
	var buf bytes.Buffer
	err := workbook.WriteTable(&buf, book)
	return buf.Bytes(), err
}

// dated reads a day in one of the layouts of book keepers.
func dated(cell string) (time.Time, bool) {
	for k := range 4 {
		if at, err := time.Parse(layoutOf(k), cell); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// encodePage writes the page that some business systems give out as an xls file.
func encodePage(_ File, t table) ([]byte, error) {
	var b strings.Builder
	b.WriteString("<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head><body><table border=\"1\">\n")
	for _, row := range t.lines() {
		b.WriteString("<tr>")
		for _, c := range row {
			b.WriteString("<td>" + html.EscapeString(c) + "</td>")
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</table></body></html>\n")
	return []byte(b.String()), nil
}
