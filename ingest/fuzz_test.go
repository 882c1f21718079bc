package ingest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gridstar/geo"
	"gridstar/ingest/source"
)

// plain reads any csv: no header, so that every row is one of the ledger.
const plain = `name = "plain"; shape = "record"; header_row = "none"
[constants]
kind = "SQ"
[fields]
source_no = "c1"
received_at = "c2"
text = "c3"
amount = "c4"
resolved = "c5"
org = { from = ["column:c6"] }
[attrs]
columns = ["c7"]
`

// Whatever bytes a file holds: no panic, every row is accepted, unchanged, rejected or skipped, and a second load of
// the same bytes changes nothing. A file that is refused as a whole leaves nothing behind.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"1,2026-01-05,路灯,5,是,和平社区,x\n2,2026-01-06,井盖,5余,否,朝阳社区,\n",
		"1,2026-01-05,甲\n1,2026-01-05,乙\n,2026-01-05\n\n3,某日\n",
		"\"1\",\"2026-01-05\n\"",
		"1;2026-01-05;a@b.cn\r\n2;2026-01-05;13800001111\r\n",
		"\xff\xfe1\x00", "\ufeff", "{\"c1\":1,\"c2\":\"2026-01-05\"}", "[{\"c1\":1},{]", "编号,日期\n",
	} {
		f.Add([]byte(seed))
	}
	s := newSite(f)
	p := parse(f, plain)
	name := filepath.Join(f.TempDir(), "t.csv")
	f.Fuzz(func(t *testing.T, data []byte) {
		s.t = t
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		load := func() (Result, error) {
			return s.in.Load(context.Background(), Request{File: file, Name: "t.csv", Profile: p})
		}
		before := s.content()
		first, err := load()
		if err != nil {
			if strings.Contains(err.Error(), "无法处理") { // a panic, caught
				t.Error(err)
			}
			if after := s.content(); after != before {
				t.Errorf("refused, yet the warehouse changed:\n%s\n%s", before, after)
			}
			return
		}
		defer s.undo(first.Job) // keeps the warehouse small
		if sum := first.Accepted + first.Unchanged + first.Rejected + first.Skipped; sum != first.Rows {
			t.Errorf("%d rows, but the parts add up to %d: %s", first.Rows, sum, counts(first))
		}
		once := s.content()
		second, err := load()
		if err != nil {
			t.Fatalf("the second load: %v", err)
		}
		if second.Accepted != 0 || second.Unchanged != first.Accepted+first.Unchanged || second.Rejected != first.Rejected || second.Skipped != first.Skipped {
			t.Errorf("first %s, second %s", counts(first), counts(second))
		}
		if twice := s.content(); twice != once {
			t.Errorf("the second load changed the warehouse:\n%s\n%s", once, twice)
		}
	})
}

// FuzzConvert is FuzzLoad without the warehouse, so that it comes to many files, with every built-in profile and those
// of these tests.
func FuzzConvert(f *testing.F) {
	s := newSite(f)
	s.grids()
	profiles := append(s.in.Profiles.All(), parse(f, plain), parse(f, keyed), parse(f, sliced), parse(f, meetings), parse(f, pointed))
	for i, seed := range []string{
		"编号,日期\n1,2026-01-05\n", "case_enquiry_id,open_dt\n1,2026-01-05 10:00:00\n", "社区,户数,人口\n和平社区,12余,5\n",
		"unique_key,created_date,complaint_type\n1,01/02/2026 03:04:05 PM,Noise\n",
		"和平社区（2026年1月）,,\n受理日期,诉求内容,网格\n1月5日,漏水13800001111,第一网格\n",
		"单位,指标,数值,期间起\n和平社区,户数,近5,2026-01\n", "征集日期,心愿内容\n2026-01-05,书\n",
		"1,2026-01-05,甲,5,是,和平社区,x\n", "序号,日期,内容,反映人\n1,2026-01-05,甲,某\n", "类型,日期,人数,单位\n走访,2026-01-05,3,和平社区\n",
		meetingHeader + "2026-01-05,和平社区,20,停车,,1,2\n", "编号,编码,经度,纬度\n1,G111,116.05,39.05\n2,,1e9,-\n",
	} {
		f.Add(uint8(i), []byte(seed))
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		r := Request{Name: "t.csv", Profile: profiles[int(which)%len(profiles)], CRS: geo.WGS84}
		src, err := source.OpenText(bytes.NewReader(data), int64(len(data)), r.Name, source.Options{})
		if err != nil {
			return
		}
		defer src.Close()
		tab, err := s.in.open(src, r)
		if err != nil {
			if strings.Contains(err.Error(), "无法处理") {
				t.Error(err)
			}
			return
		}
		lg, err := s.in.ledger(context.Background(), tab, r, "t")
		if err != nil {
			return
		}
		c := collected(lg, tab)
		if c.rows != c.produced+c.refused+c.skipped {
			t.Errorf("%d rows, but %d taken, %d refused, %d skipped", c.rows, c.produced, c.refused, c.skipped)
		}
		for _, st := range c.statements(s.now) {
			if !st.from.Before(st.to) {
				t.Errorf("covers %v", st)
			}
		}
		for _, x := range c.rejects {
			if x.Message == "" || x.Reason == "" {
				t.Errorf("%+v does not say why", x)
			}
		}
	})
}
