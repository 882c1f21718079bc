package ingest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// realFile opens a file of the real data beside the repository; the test is skipped where it is absent.
func realFile(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "shared", "data", filepath.FromSlash(name)))
	if os.IsNotExist(err) {
		t.Skipf("no real data: ../shared/data/%s, seen from the root of the repository, is absent", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// one loads a file of one table.
func (s *site) one(f *os.File, toml string, opts ...option) Result {
	s.t.Helper()
	r := Request{File: f, Name: filepath.Base(f.Name()), Profile: parse(s.t, toml)}
	for _, o := range opts {
		o(&r)
	}
	all, err := s.in.LoadFile(s.t.Context(), r)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(all) != 1 || all[0].Err != nil {
		s.t.Fatalf("%s: got %+v", r.Name, all)
	}
	return all[0].Result
}

// Real messages to a city's leaders: times as text, one as a date cell, one as a bare date.
func TestRealMessages(t *testing.T) {
	f := realFile(t, "messages/附件4_答复.xlsx")
	s := newSite(t)
	res := s.one(f, `name = "messages"; shape = "record"
[constants]
kind = "SQ"
channel = "网络"
[fields]
source_no = "留言编号"
title = "留言主题"
text = "留言详情"
received_at = "留言时间"
responded_at = "答复时间"
[subject]
hash = ["留言用户"]
[drop]
columns = ["答复意见"]
`, forOrg("D"))
	if res.Rows != 2816 || res.Accepted != 2816 || res.Rejected != 0 || res.Personal["留言用户"] != 2816 {
		t.Errorf("%s, personal %v", counts(res), res.Personal)
	}
	// Computed independently from the workbook's XML. The data's README counts 2,815 reply times: it leaves out the bare date,
	// 2018/4/24, which is one (row 1141); the median is the same to two digits.
	s.want(`SELECT count(*), count(responded_at), round(quantile_cont(CAST(epoch_us(responded_at) - epoch_us(received_at) AS DOUBLE) / 86400e6, 0.5), 2) FROM record`,
		"2816|2816|11.21\n")
	s.want(`SELECT count(*) FROM record WHERE received_at IS NULL OR received_at < '2009-01-01' OR received_at > '2021-01-01'
		OR responded_at < '2009-01-01' OR responded_at > '2021-01-01'`, "0\n")
	// The date cell (43563.359259… days) and the bare date.
	s.want("SELECT row, received_at, responded_at FROM record WHERE row IN (7, 1141) ORDER BY 1",
		"7|2019-04-08 08:37:20|2019-05-09 10:02:08\n1141|2018-03-19 10:05:04|2018-04-24\n")
}

// The same five rows from every format.
func TestOneLedgerInEveryFormat(t *testing.T) {
	const requests = `name = "requests"; shape = "record"; crs = "wgs84"
[constants]
kind = "SQ"
[fields]
source_no = "Unique Key"
received_at = { column = "Created Date", layouts = ["01/02/2006 03:04:05 PM"] }
closed_at = { column = "Closed Date", layouts = ["01/02/2006 03:04:05 PM"] }
category2 = "Complaint Type"
title = "Descriptor"
lon = "Longitude"
lat = "Latitude"
`
	var first string
	for _, ending := range []string{"csv", "csv.gz", "csv.zst", "tsv", "jsonl", "parquet", "arrow"} {
		t.Run(ending, func(t *testing.T) {
			f := realFile(t, "nyc/NYC311-5."+ending)
			s := newSite(t)
			res := s.one(f, requests, forOrg("D"))
			s.wantCounts(res, "rows 5, accepted 5")
			got := s.table("SELECT source_no, received_at, closed_at, category2, title, lon, lat FROM record ORDER BY 1")
			if strings.Count(got, "\n") != 5 || strings.Contains(got, "·|·|·") {
				t.Errorf("got\n%s", got)
			}
			if first == "" {
				first = got
			}
			if diff := cmp.Diff(first, got); diff != "" {
				t.Errorf("other than csv (-csv +%s):\n%s", ending, diff)
			}
		})
	}
}
