package workbook

import (
	"archive/zip"
	"bytes"
	"cmp"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Fonts that every office machine here has.
const (
	bodyFont = "宋体"
	headFont = "黑体"
)

// A book is a workbook under construction.
type book struct {
	file  *excelize.File
	used  map[string]bool // names of sheets, in lower case
	first bool

	head, required, marked           int // styles of headers
	text, reason, quiet, note, title int // of cells
	sample                           int
}

func newBook() (*book, error) {
	b := &book{file: excelize.NewFile(), used: map[string]bool{}, first: true}
	border := func(color string) []excelize.Border {
		var all []excelize.Border
		for _, side := range []string{"left", "right", "top", "bottom"} {
			all = append(all, excelize.Border{Type: side, Color: color, Style: 1})
		}
		return all
	}
	header := func(fill, ink string) *excelize.Style {
		return &excelize.Style{
			Font: &excelize.Font{Family: headFont, Size: 11, Color: ink}, Border: border("BFBFBF"),
			Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{fill}},
			Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true}, NumFmt: textFormat,
		}
	}
	cell := func(ink, fill string) *excelize.Style {
		s := &excelize.Style{
			Font: &excelize.Font{Family: bodyFont, Size: 11, Color: ink}, NumFmt: textFormat,
			Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
		}
		if fill != "" {
			s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{fill}}
			s.Border = border("D9D9D9")
		}
		return s
	}
	for _, s := range []struct {
		to    *int
		style *excelize.Style
	}{
		{&b.head, header("E7E6E6", "262626")},
		{&b.required, header("F8E3DF", "9C1C12")},
		{&b.marked, header("FFF2CC", "7F6000")},
		{&b.text, cell("262626", "")},
		{&b.reason, cell("9C1C12", "FFF7E0")},
		{&b.quiet, cell("7F7F7F", "")},
		{&b.note, cell("404040", "")},
		{&b.sample, cell("7F7F7F", "F5F5F5")},
		{&b.title, &excelize.Style{Font: &excelize.Font{Family: headFont, Size: 14, Color: "262626"}, Alignment: &excelize.Alignment{Vertical: "center"}}},
	} {
		id, err := b.file.NewStyle(s.style)
		if err != nil {
			return nil, err
		}
		*s.to = id
	}
	return b, nil
}

// textFormat is the built-in number format @: what is typed stays as typed, codes keep their zeros.
const textFormat = 49

func (b *book) close() { b.file.Close() }

// write writes the workbook with its parts in a fixed order: excelize writes them in any.
func (b *book) write(w io.Writer) error {
	var buf bytes.Buffer
	if _, err := b.file.WriteTo(&buf); err != nil {
		return err
	}
	parts, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		return err
	}
	const first = "[Content_Types].xml" // where programs that read from a stream look for it
	slices.SortFunc(parts.File, func(x, y *zip.File) int {
		return cmp.Or(order(x.Name != first, y.Name != first), strings.Compare(x.Name, y.Name))
	})
	out := zip.NewWriter(w)
	for _, f := range parts.File {
		if err := out.Copy(f); err != nil {
			return err
		}
	}
	return out.Close()
}

// order puts false before true.
func order(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}

// sheet adds a sheet whose name is as near to the wanted one as the format allows, and its own.
func (b *book) sheet(name, otherwise string) (*sheet, error) {
	name = b.freeName(name, otherwise)
	if b.first {
		b.first = false
		if err := b.file.SetSheetName(b.file.GetSheetName(0), name); err != nil {
			return nil, err
		}
	} else if _, err := b.file.NewSheet(name); err != nil {
		return nil, err
	}
	return &sheet{book: b, name: name}, nil
}

// maxSheetName is how many characters (UTF-16 units; Han characters are one) the name of a sheet may have.
const maxSheetName = 31

func (b *book) freeName(name, otherwise string) string {
	name = strings.Trim(strings.Map(func(r rune) rune {
		if r < 0x20 || strings.ContainsRune(`:\/?*[]`, r) || r > 0xFFFF || r == utf8.RuneError {
			return -1
		}
		return r
	}, name), "' ")
	if name == "" {
		name = otherwise
	}
	for n := 1; ; n++ {
		suffix := ""
		if n > 1 {
			suffix = "（" + strconv.Itoa(n) + "）"
		}
		runes := []rune(name)
		try := string(runes[:min(len(runes), maxSheetName-len([]rune(suffix)))]) + suffix
		if key := strings.ToLower(try); !b.used[key] {
			b.used[key] = true
			return try
		}
	}
}

// column is a column of a sheet: its header, and how its cells look.
type column struct {
	header string
	width  float64 // in digits of the standard font
	style  int     // of its cells
	head   int     // of its header; 0: that of headers
}

// sheet is a sheet written row by row.
type sheet struct {
	book    *book
	name    string
	columns []column
	out     *excelize.StreamWriter
	top     int // row of the header
	rows    int // written so far
}

// begin writes the header, which stays in sight.
func (s *sheet) begin(columns []column) error { return s.beginBelow("", columns) }

// beginBelow is begin with a title over the header; "" for none.
func (s *sheet) beginBelow(title string, columns []column) (err error) {
	s.columns = columns
	if s.out, err = s.book.file.NewStreamWriter(s.name); err != nil {
		return err
	}
	s.top = 1
	if title != "" {
		s.top = 2
	}
	for i, c := range columns {
		if err := s.out.SetColWidth(i+1, i+1, c.width); err != nil {
			return err
		}
		if err := s.out.SetColStyle(i+1, i+1, c.style); err != nil {
			return err
		}
	}
	below := "A" + strconv.Itoa(s.top+1)
	if err := s.out.SetPanes(&excelize.Panes{Freeze: true, YSplit: s.top, TopLeftCell: below, ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if title != "" {
		if err := s.set([]any{excelize.Cell{StyleID: s.book.title, Value: plain(title)}}, excelize.RowOpts{Height: 28}); err != nil {
			return err
		}
		if err := s.merge(1, 1, len(columns), 1); err != nil {
			return err
		}
	}
	cells := make([]any, len(columns))
	for i, c := range columns {
		style := c.head
		if style == 0 {
			style = s.book.head
		}
		cells[i] = excelize.Cell{StyleID: style, Value: plain(c.header)}
	}
	return s.set(cells, excelize.RowOpts{Height: 32})
}

func (s *sheet) set(cells []any, o ...excelize.RowOpts) error {
	s.rows++
	at, err := excelize.CoordinatesToCellName(1, s.rows)
	if err != nil {
		return err
	}
	return s.out.SetRow(at, cells, o...)
}

// row writes texts in the styles of their columns; a blank one is an empty cell.
func (s *sheet) row(cells []string) error { return s.rowIn(0, cells) }

// rowIn is row in a style of its own, if it is not 0.
func (s *sheet) rowIn(style int, cells []string) error {
	out := make([]any, len(cells))
	for i, c := range cells {
		cell := excelize.Cell{StyleID: cmp.Or(style, s.columns[i].style)}
		if c != "" {
			cell.Value = plain(c)
		}
		out[i] = cell
	}
	return s.set(out)
}

// end closes the sheet. What is said of a sheet as a whole counts only if it is said before.
func (s *sheet) end() error {
	if err := s.book.landscape(s.name, s.top); err != nil {
		return err
	}
	return s.out.Flush()
}

// landscape has a sheet printed on A4 across, the rows down to its header on every page.
func (b *book) landscape(name string, header int) error {
	a4, across, wide, tall := 9, "landscape", 1, 0
	if err := b.file.SetPageLayout(name, &excelize.PageLayoutOptions{Size: &a4, Orientation: &across, FitToWidth: &wide, FitToHeight: &tall}); err != nil {
		return err
	}
	fit := true
	if err := b.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	return b.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + strings.ReplaceAll(name, "'", "''") + "'!$1:$" + strconv.Itoa(header), Scope: name})
}

// maxCell is how many characters a cell holds.
const maxCell = 32_767

// plain makes a text fit for a cell: XML knows no control characters, and a cell ends somewhere.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if utf8.RuneCountInString(s) > maxCell {
		s = string([]rune(s)[:maxCell-1]) + "…"
	}
	return s
}

// textWidth is how wide a text is, in digits; of several lines the widest counts.
func textWidth(s string) float64 {
	widest := 0.0
	for line := range strings.SplitSeq(s, "\n") {
		w := 0.0
		for _, r := range line {
			if r < 0x2E80 {
				w++
			} else {
				w += 2
			}
		}
		widest = max(widest, w)
	}
	return widest
}
