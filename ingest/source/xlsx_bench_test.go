package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
)

// largeBook is a workbook of so many rows and 18 columns, like a year of a street's ledger: numbers, dates, words that repeat, and one
// text of about 40 characters that does not.
func largeBook(t testing.TB, rows int) []byte {
	var sheet, shared strings.Builder
	shared.WriteString("<si><t>城南街道</t></si><si><t>第一网格</t></si><si><t>市容环境</t></si><si><t>已办结</t></si>")
	sheet.WriteString(`<dimension ref="A1:R1"/><sheetData>`)
	texts := 4
	for r := 1; r <= rows; r++ {
		fmt.Fprintf(&sheet, `<row r="%d" spans="1:18" x14ac:dyDescent="0.15">`, r)
		for c := range 18 {
			at := cellName(int64(r), c)
			switch {
			case c == 0:
				fmt.Fprintf(&sheet, `<c r="%s" s="2"><v>%d</v></c>`, at, r)
			case c == 9:
				fmt.Fprintf(&sheet, `<c r="%s" s="2" t="s"><v>%d</v></c>`, at, texts)
				fmt.Fprintf(&shared, `<si><t xml:space="preserve">居民反映小区门口路灯不亮，夜间出行不便，希望尽快安排维修，编号 %d，谢谢</t><phoneticPr fontId="1" type="noConversion"/></si>`, r)
				texts++
			case c < 4 || c >= 12 && c < 16:
				fmt.Fprintf(&sheet, `<c r="%s" s="2" t="s"><v>%d</v></c>`, at, c%4)
			case c < 8:
				fmt.Fprintf(&sheet, `<c r="%s" s="1"><v>%d.%d</v></c>`, at, 46000+r%365, 10000+r%80000)
			case c == 17:
				fmt.Fprintf(&sheet, `<c r="%s" s="2"/>`, at)
			default:
				fmt.Fprintf(&sheet, `<c r="%s" s="2"><v>%d.%02d</v></c>`, at, r%1000, c)
			}
		}
		sheet.WriteString("</row>")
	}
	sheet.WriteString("</sheetData>")
	return bookOf(sheet.String(), shared.String(), `<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="0"/></cellXfs>`).zip(t)
}

// BenchmarkXLSX100k reads a workbook of 100,000 rows: at most 10 s and 300 MB (docs/ingest.md).
func BenchmarkXLSX100k(b *testing.B) {
	const rows = 100_000
	data := largeBook(b, rows)
	runtime.GC()
	peak := watchHeap()
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		s, err := xlsxBytes(data, Options{})
		n := 0
		for err == nil {
			var batch *Batch
			if batch, err = s.Next(); err == nil {
				n += batch.Len()
			}
		}
		if !errors.Is(err, io.EOF) || n != rows {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(peak()-uint64(len(data)))/(1<<20), "peak-MiB")
}

// watchHeap looks at the heap until the function it returns is called, which says how large it was at most, in bytes.
func watchHeap() func() uint64 {
	stop, answer := make(chan struct{}), make(chan uint64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		var most uint64
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				metrics.Read(sample)
				most = max(most, sample[0].Value.Uint64())
			case <-stop:
				answer <- most
				return
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-answer
	}
}

var _ = bytes.NewReader
