package demo

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// The encodings in which the tables come.
const (
	utf8Plain = "utf-8"
	utf8BOM   = "utf-8-bom"
	gb18030   = "gb18030"
)

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
	header []string
	rows   [][]string
}

// addTable encodes t and writes it as f, of which it fills in Rows and Header. Encoding is the caller's
// choice. Files in GB18030 or with a byte order mark end their lines as a spreadsheet does, by CR LF.
func (o *folder) addTable(f File, t table) error {
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	w.UseCRLF = f.Encoding != utf8Plain
	for _, row := range t.above {
		padded := make([]string, len(t.header)) // a spreadsheet exports a merged title as a cell and blanks
		copy(padded, row)
		if err := w.Write(padded); err != nil {
			return err
		}
	}
	if err := w.Write(t.header); err != nil {
		return err
	}
	if err := w.WriteAll(t.rows); err != nil {
		return err
	}
	data := buf.Bytes()
	switch f.Encoding {
	case utf8BOM:
		data = append([]byte("\ufeff"), data...)
	case gb18030:
		encoded, err := simplifiedchinese.GB18030.NewEncoder().Bytes(data)
		if err != nil {
			return fmt.Errorf("encoding %q: %w", f.Path, err)
		}
		data = encoded
	}
	f.Rows, f.Header = len(t.rows), len(t.above)+1
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
