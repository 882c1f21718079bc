package source

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestS1Corpus(t *testing.T) {
	filepath.Walk(os.Getenv("S1DIR"), func(p string, fi os.FileInfo, err error) error {
		if err != nil || fi.IsDir() || !strings.Contains(strings.ToLower(filepath.Ext(p)), ".xl") {
			return nil
		}
		data, _ := os.ReadFile(p)
		op := xlsxBytes
		tabs := xlsxTables
		if bytes.HasPrefix(data, []byte("\xD0\xCF\x11\xE0")) {
			op = func(d []byte, o Options) (Source, error) {
				return openXLS(bytes.NewReader(d), int64(len(d)), "台账.xls", o)
			}
			tabs = xlsTables
		}
		start := time.Now()
		tt, err := tabs(bytes.NewReader(data), int64(len(data)), "x", Options{})
		fmt.Println("==", p, len(data), tt, err)
		for _, tb := range tt {
			g, err := readGrid(t, op, data, Options{Table: tb.Name})
			fmt.Println("  --", tb, len(g.Rows), err, len(g.Merged), g.Notes)
			for i, r := range g.Rows {
				if i > 3 {
					break
				}
				s := fmt.Sprintf("%d %q %s", r.Row, r.Cells, r.Bad)
				fmt.Println("     ", s[:min(len(s), 220)])
			}
		}
		if d := time.Since(start); d > time.Second {
			fmt.Println("  SLOW", d)
		}
		return nil
	})
}
