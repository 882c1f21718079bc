package ingest

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"testing"

	"gridstar/ingest/source"
)

// BenchmarkConvert is the cost of a row between the source and the warehouse: read, checked, masked, placed, hashed,
// put into Arrow columns.
func BenchmarkConvert(b *testing.B) {
	var file strings.Builder
	file.WriteString("受理日期,网格,社区,街道,诉求类别,诉求内容,反映人,联系电话,承办单位,办结时间,是否解决,满意度\n")
	const rows = 20_000
	for i := range rows {
		file.WriteString("2026-01-" + strconv.Itoa(10+i%20) + " 09:32:00,第一网格,朝阳社区,红旗街道,物业管理,三单元楼道灯不亮已报修" + strconv.Itoa(i) +
			",甲某,13800001111,物业公司,2026-02-01 10:00:00,是,满意\n")
	}
	data := []byte(file.String())
	s := newSite(b)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		r := Request{Name: "t.csv"}
		src, err := source.OpenText(bytes.NewReader(data), int64(len(data)), r.Name, source.Options{})
		if err != nil {
			b.Fatal(err)
		}
		tab, err := s.in.open(src, r)
		if err != nil {
			b.Fatal(err)
		}
		lg, err := s.in.ledger(context.Background(), tab, r, "t")
		if err != nil {
			b.Fatal(err)
		}
		c := collected(lg, tab)
		if c.produced != rows {
			b.Fatalf("%d rows", c.produced)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}
