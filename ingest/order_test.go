package ingest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// messy are ledgers with everything that depends on the order of rows: equal rows, numbers and texts that come again, places that
// later facts of their row belong to, rows refused and skipped, doubts with values, dates far apart.
func messy() map[string]struct{ profile, data string } {
	many := func(header string, row func(i int) string) string {
		var b strings.Builder
		b.WriteString(header + "\n")
		for i := range 211 {
			b.WriteString(row(i) + "\n")
		}
		return b.String()
	}
	pick := func(i int, of ...string) string { return of[i%len(of)] }
	return map[string]struct{ profile, data string }{
		"numbers that come again": {numbered + `org = { from = ["column:网格", "column:社区"] }` + "\n", many("编号,日期,内容,状态,网格,社区", func(i int) string {
			return fmt.Sprintf("%d,2026-01-%02d,%s,%s,%s,%s", i*7%53, i%31+1, pick(i, "路灯不亮", "电话13800001111", "漏水"),
				pick(i, "办理中", "已办结", "某状态"+fmt.Sprint(i%17)), pick(i, "第一网格", "第二网格", "第九网格"), pick(i, "朝阳社区", "和平社区", "没有的社区"))
		})},
		"equal rows": {keyed, many("序号,日期,内容,反映人", func(i int) string {
			return fmt.Sprintf("%d,%s,%s,%s", i, pick(i, "2026-01-05", "2026-01-06", "某日", "", "2031-01-06"), pick(i, "漏水", "漏水", "占道"), pick(i, "甲某", "乙某"))
		})},
		"a slice": {sliced, many("类型,日期,人数,单位", func(i int) string {
			return fmt.Sprintf("%s,2026-01-%02d,%s,%s", pick(i, "走访", "走访", "宣传", "合计"), i%3+1, pick(i, "3", "3", "约5", "多"), pick(i, "和平社区", "朝阳社区", "建设社区"))
		})},
		"several facts a row": {meetings, many(strings.TrimSuffix(meetingHeader, "\n"), func(i int) string {
			return fmt.Sprintf("2026-01-%02d,%s,%d,%s,,%s,2", i%4+1, pick(i, "和平社区", "建设社区"), 20+i%2, pick(i, "停车", "", "电梯"), pick(i, "1", "", "x"))
		})},
		"places and what took place there": {housed, many("小区,单位,走访日期,内容", func(i int) string {
			return fmt.Sprintf("%s,%s,%s,%s", pick(i, "幸福小区", "安康小区", "幸福小区"), pick(i, "和平社区", "建设社区"), pick(i, "2026-01-05", "", "2026-01-06"), pick(i, "走访", "消防"))
		})},
		"totals and unreadable rows": {monthly, many("社区,小区,应收,实收,收缴率", func(i int) string {
			switch {
			case i%29 == 28:
				return fmt.Sprintf("小计,,%d,%d,", 2800, 1400+i%2)
			case i == 190:
				return `C11,"甲"乙,100,50,`
			case i > 207:
				return "合计,,7,7,"
			}
			return fmt.Sprintf("C11,小区%d,100,50,%s", i, pick(i, "50%", "51%", ""))
		})},
		"the same by slices": {strings.Replace(housed, `key = ["小区", "单位"]`, "", 1), many("小区,单位,走访日期,内容", func(i int) string {
			return fmt.Sprintf("%s,%s,%s,%s", pick(i, "幸福小区", "安康小区", "幸福小区"), pick(i, "和平社区", "建设社区"), pick(i, "2026-01-05", "", "2026-01-06"), pick(i, "走访", "消防"))
		})},
	}
}

const housed = `name = "housed"
key = ["小区", "单位"]
[[emit]]
name = "estate"; shape = "place"; constants = { type = "estate" }
fields = { name = "小区", org = { from = ["column:单位"] } }
[[emit]]
name = "visit"; shape = "activity"; when = ["走访日期"]; constants = { type = "ZF" }
fields = { held_at = "走访日期", brand = "内容" }
`

// What a file becomes must not depend on how many converters work on it, nor on where the source cuts it.
func TestTheNumberOfConvertersChangesNothing(t *testing.T) {
	for name, file := range messy() {
		t.Run(name, func(t *testing.T) {
			var secret []byte
			load := func(workers, batch int) string {
				s := secretSite(t, &secret)
				s.in.workers, s.in.batchRows = workers, batch
				first := s.load(file.profile, file.data)
				second := s.load(file.profile, strings.Replace(file.data, "漏水", "滴水", 3))
				first.Seconds, second.Seconds = 0, 0
				return s.content() + s.table("SELECT * FROM reject ORDER BY ALL") + s.table("SELECT * FROM reject_row ORDER BY ALL") + toJSON(first) + "\n" + toJSON(second)
			}
			want := load(1, 0)
			if strings.Count(want, "\n") < 20 {
				t.Fatalf("next to nothing was loaded:\n%s", want)
			}
			for _, c := range []struct{ workers, batch int }{{4, 7}, {4, 1}, {2, 64}} {
				if diff := cmp.Diff(want, load(c.workers, c.batch)); diff != "" {
					t.Errorf("%d converters, batches of %d rows (-want +got):\n%s", c.workers, c.batch, diff)
				}
			}
		})
	}
}

// secretSite is a site that shares its secret, and so its identities, with the others of one test.
func secretSite(t *testing.T, secret *[]byte) *site {
	t.Helper()
	s := siteIn(t, func(dir string) {
		if *secret != nil {
			if err := os.WriteFile(filepath.Join(dir, "secret"), *secret, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	s.units(unitTable)
	b, err := os.ReadFile(filepath.Join(s.dir, "secret"))
	if err != nil {
		t.Fatal(err)
	}
	*secret = b
	return s
}
