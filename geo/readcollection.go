package geo

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/paulmach/orb"
)

// ReadSettings steers and bounds the reading of a Set.
type ReadSettings struct {
	// Encoding of the texts of a .dbf or a table: utf-8, gb18030 (also gbk, gb2312),
	// big5 or another name of the WHATWG list; "" finds it out.
	Encoding string

	// MaxBytes bounds the memory of the Collection, estimated from its points and
	// texts, and the size of each file; 0 stands for 512 MiB, about 20 million points.
	MaxBytes int64
}

// defaultMaxBytes is what a Collection may take where the settings say nothing.
const defaultMaxBytes = 512 << 20

// Collection is what a file holds before anybody says what it means.
type Collection struct {
	Name   string
	Format Format

	// CRS is the system that the file declares, and that is supported; "" where it
	// declares none. A KML file declares none: see Features.
	CRS CRS

	// Encoding is the one the texts were decoded from, such as "utf-8" and "gb18030".
	Encoding string

	// Props are the names of the properties in the order of the file. Members of a
	// nested GeoJSON object are named by their path, "parent.adcode".
	Props []string

	Rows []Row

	declared string // the file's words for CRS, where they are other than its name

	unread map[string]int // property or member with a value that is neither text nor number → first such row
}

// Row is one feature of a file.
type Row struct {
	Number int    // in the file, from 1; numbers of deleted records are left out
	ID     string // of a GeoJSON feature or KML placemark; "" if it has none

	// Props are the values beside Collection.Props: texts without outer blanks,
	// numbers by their digits, "" where there is none. It may be shorter than
	// Collection.Props: use Prop.
	Props []string

	// Geometry is in the file's own coordinates, x (or longitude) first; nil where the
	// row has none. Rings are as in the file, except that those of a Shapefile are
	// nested and wound as GeoJSON wants it.
	Geometry orb.Geometry

	Notes []Finding // what the reader changed or left out
}

// Prop returns the value of Collection.Props[i].
func (r Row) Prop(i int) string {
	if i < 0 || i >= len(r.Props) {
		return ""
	}
	return r.Props[i]
}

// note records what the reader did, once per kind, with a count.
func (r *Row) note(kind FindingKind) { r.Notes = countNote(r.Notes, kind, r.Number) }

func countNote(notes []Finding, kind FindingKind, row int) []Finding {
	for i := range notes {
		if notes[i].Kind == kind {
			notes[i].Count++
			return notes
		}
	}
	n := newFinding(kind, orb.Point{})
	n.Feature = row
	return append(notes, n)
}

// budget is the memory that may still be spent on a Collection.
type budget struct{ left, all int64 }

func (opt ReadSettings) budget() *budget {
	n := opt.MaxBytes
	if n <= 0 {
		n = defaultMaxBytes
	}
	return &budget{n, n}
}

// What a row and a property of it cost beside their contents, roughly.
const (
	rowBytes   = 256
	propBytes  = 16
	pointBytes = 16
)

func (b *budget) spend(bytes int64) error {
	if b.left -= bytes; b.left < 0 {
		return refuse(ErrTooLarge, "文件内容过多，读取所需内存超过%d MiB，请拆成几个文件或先简化边界。", max(1, b.all>>20))
	}
	return nil
}

// open returns a part's bytes from the beginning; one larger than all the memory
// allowed is refused unread.
func (b *budget) open(p Part) (*io.SectionReader, error) {
	if p.Size > b.all {
		return nil, refuse(ErrTooLarge, "“%s”超过%d MiB，请拆成几个文件或先简化边界。", shorten(p.Name), max(1, b.all>>20))
	}
	return io.NewSectionReader(p.Data, 0, p.Size), nil
}

// load returns all bytes of a part.
func (b *budget) load(p Part) ([]byte, error) {
	r, err := b.open(p)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, readFailure(err)
	}
	return data, nil
}

// readFailure keeps the cause of a failing disk or connection.
func readFailure(err error) error {
	return &Error{Reason: err, Text: fmt.Sprintf("读取文件时出错（%v），请检查文件后重试。", err)}
}

// cutOff tells the end of the data from a failure to read it.
func cutOff(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// columns collects the properties of files in which each feature brings its own.
type columns struct {
	names []string
	index map[string]int
}

// mostProps is far beyond any table; without a bound, features that each bring a new
// property would make a table of features times features.
const mostProps = 1000

// set gives a row the value of a property, which may be new.
func (c *columns) set(row *Row, name, value string, b *budget) error {
	i, ok := c.index[name]
	if !ok {
		if len(c.names) == mostProps {
			return refuse(ErrTooLarge, "文件的属性超过%d种，请只导出需要的属性。", mostProps)
		}
		if c.index == nil {
			c.index = map[string]int{}
		}
		if err := b.spend(int64(len(name))); err != nil {
			return err
		}
		i = len(c.names)
		c.index[name] = i
		c.names = append(c.names, name)
	}
	if err := b.spend(int64(propBytes*max(0, i+1-len(row.Props)) + len(value))); err != nil {
		return err
	}
	for len(row.Props) <= i {
		row.Props = append(row.Props, "")
	}
	row.Props[i] = value
	return nil
}

// distinct makes the headers of a table into names of properties: blank ones are
// called by their position, repeated ones get a number.
func distinct(headers []string) []string {
	used := map[string]bool{}
	for _, h := range headers {
		used[strings.TrimSpace(h)] = true
	}
	seen := map[string]bool{}
	names := make([]string, len(headers))
	for i, h := range headers {
		name := strings.TrimSpace(h)
		if name == "" {
			name = fmt.Sprintf("第%d列", i+1)
		}
		for base, n := name, 2; seen[name] || name != base && used[name]; n++ {
			name = fmt.Sprintf("%s_%d", base, n)
		}
		seen[name] = true
		names[i] = name
	}
	return names
}
