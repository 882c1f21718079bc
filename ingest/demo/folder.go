package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
)

// How the tables come: as csv in one of three encodings, that in GB18030 also packed; as a workbook; as the web page that
// business systems call an xls file.
const (
	utf8Plain = "utf-8"
	utf8BOM   = "utf-8-bom"
	gb18030   = "gb18030"
	asZip     = "zip"
	asBook    = "xlsx"
	asPage    = "html"
)

// extensions are those of the files that are no csv.
var extensions = map[string]string{asZip: ".zip", asBook: ".xlsx", asPage: ".xls"}

// folder is the directory being filled and the manifest being written along.
type folder struct {
	ctx      context.Context // of the one call of Write that owns the folder
	dir      string
	manifest *Manifest
	parents  map[string]bool // directories that hold new names
}

// table is a ledger before it is encoded: rows above the header, the header, the data.
type table struct {
	above  [][]string
	upper  []string // a row over the header, as wide, in which equal neighbours are one cell; nil for none
	header []string
	rows   [][]string
}

// headerRow is the row of the header, from 1.
func (t table) headerRow() int {
	if t.upper != nil {
		return len(t.above) + 2
	}
	return len(t.above) + 1
}

// addTable encodes t and writes it as f, of which it fills in Rows and Header. Encoding is the caller's
// choice. Files in GB18030 or with a byte order mark end their lines as a spreadsheet does, by CR LF.
func (o *folder) addTable(f File, t table) error {
	encode := encodeCSV
	switch f.Encoding {
	case asBook:
		encode = encodeWorkbook
	case asPage:
		encode = encodePage
	case asZip:
		encode = encodeZip
	}
	data, err := encode(f, t)
	if err != nil {
		return fmt.Errorf("encoding %q: %w", f.Path, err)
	}
	f.Rows, f.Header = len(t.rows), t.headerRow()
	return o.add(f, data)
}

// add writes one file whole: under a temporary name, synced, then renamed.
func (o *folder) add(f File, data []byte) error {
	if err := o.ctx.Err(); err != nil {
		return err
	}
	path := filepath.Join(o.dir, filepath.FromSlash(f.Path))
	parent := filepath.Dir(path)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	temp, err := os.CreateTemp(parent, ".demo-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // fails once renamed, as it should
	_, err = temp.Write(data)
	if err == nil {
		err = temp.Chmod(0o644)
	}
	if err == nil {
		err = temp.Sync()
	}
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return err
	}
	if o.parents == nil {
		o.parents = map[string]bool{}
	}
	o.parents[parent] = true
	o.manifest.Files = append(o.manifest.Files, f)
	return nil
}

// sync makes the new names durable.
func (o *folder) sync() error {
	var parents []string
	for p := range o.parents {
		parents = append(parents, p)
	}
	sort.Strings(parents)
	for _, p := range parents {
		dir, err := os.Open(p)
		if err != nil {
			return err
		}
		err = dir.Sync()
		if closed := dir.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return err
		}
	}
	return nil
}
