package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"gridstar/ingest/demo"
)

// sheetRow is a row of a demo's file: header → cell.
type sheetRow map[string]string

// ledgerRows reads all files of a ledger that demo.Write left in dir, by nothing but the csv package. Under "sheet" stands the
// year that the file's title ends with.
func ledgerRows(t *testing.T, dir string, m demo.Manifest, ledger string) []sheetRow {
	t.Helper()
	return fileRows(t, dir, m, func(f demo.File) bool { return f.Ledger == ledger })
}

// unitRows reads both trees.
func unitRows(t *testing.T, dir string, m demo.Manifest) []sheetRow {
	t.Helper()
	return fileRows(t, dir, m, func(f demo.File) bool { return f.Verb[0] == "units" })
}

var titleYear = regexp.MustCompile(`（(\d{4})年[^（）]*）[^（）]*$`)

func fileRows(t *testing.T, dir string, m demo.Manifest, wanted func(demo.File) bool) (rows []sheetRow) {
	t.Helper()
	for _, f := range m.Files {
		if !wanted(f) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, f.Path))
		if err != nil {
			t.Fatal(err)
		}
		if f.Encoding == "gb18030" {
			if data, err = simplifiedchinese.GB18030.NewDecoder().Bytes(data); err != nil {
				t.Fatal(err)
			}
		}
		cells, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cells[f.Header:] {
			row := sheetRow{}
			if g := titleYear.FindStringSubmatch(f.Path); g != nil {
				row["sheet"] = g[1]
			}
			for i, h := range cells[f.Header-1] {
				row[h] = c[i]
			}
			rows = append(rows, row)
		}
	}
	return rows
}

var demoTime = regexp.MustCompile(`^(\d{4})\D(\d{1,2})\D(\d{1,2})日?(?: (\d{1,2}):(\d{2}))?$`)

// at reads a cell's time; the zero time where there is none that exists.
func (r sheetRow) at(header string) time.Time {
	g := demoTime.FindStringSubmatch(r[header])
	if g == nil {
		return time.Time{}
	}
	n := func(i int) int { v, _ := strconv.Atoi(g[i]); return v }
	at := time.Date(n(1), time.Month(n(2)), n(3), n(4), n(5), 0, 0, time.UTC)
	if at.Day() != n(3) || int(at.Month()) != n(2) {
		return time.Time{}
	}
	return at
}

// in says whether a row's time lies in [from, to).
func (r sheetRow) in(header, from, to string) bool {
	at := r.at(header).Format(time.DateOnly)
	return from <= at && at < to
}

// demoCheck holds what query says of the demo up to 2026-01-01 against counts over its files.
type demoCheck struct {
	t   *testing.T
	p   product
	dir string // where demo.Write left the same files
	m   demo.Manifest
}

// ask runs a query at the beginning of 2026.
func (c demoCheck) ask(from, to string, args ...string) (answer []map[string]any) {
	c.t.Helper()
	args = append([]string{"query", "--from", from, "--to", to, "--now", "2026-01-01T00:00", "--json"}, args...)
	c.p.must(args...).into(c.t, &answer)
	return answer
}

// numbers compares the first row of an answer.
func (c demoCheck) numbers(answer []map[string]any, want map[string]float64) {
	c.t.Helper()
	for name, n := range want {
		if got, _ := answer[0][name].(float64); got != n || n == 0 {
			c.t.Errorf("%s: query %v, files %v", name, got, n)
		}
	}
}

// whistles are counted by all that the flow from source to office is drawn of.
func (c demoCheck) whistles() {
	rows := ledgerRows(c.t, c.dir, c.m, "吹哨报到台账")
	// What the ledger calls a source and the code list another.
	channel := map[string]string{"居民": "居民反映", "网格员": "网格员上报", "楼栋意见箱": "意见箱", "议事会": "圆桌会/议事厅"}
	for dim, of := range map[string]func(sheetRow) string{
		"dept":           func(r sheetRow) string { return r["转哨部门"] },
		"category":       func(r sheetRow) string { return r["事项分类"] },
		"resolved_level": func(r sheetRow) string { return r["解决层级"] },
		"month":          func(r sheetRow) string { return r.at("吹哨日期时间").Format("2006-01") },
		"org:community":  func(r sheetRow) string { return r["吹哨社区"] },
		"channel": func(r sheetRow) string {
			if c, ok := channel[r["哨源"]]; ok {
				return c
			}
			return r["哨源"]
		},
	} {
		want, got := map[string]float64{}, map[string]float64{}
		for _, r := range rows {
			if r.in("吹哨日期时间", "2025-01-01", "2026-01-01") {
				want[of(r)]++
			}
		}
		for _, row := range c.ask("2025-01-01", "2026-01-01", "received", "--by", dim, "--where", "kind=CS") {
			key, _ := row[dim].(string)
			if name, ok := row[dim+"_name"].(string); ok {
				key = name
			}
			if n, _ := row["received"].(float64); n > 0 {
				got[key] = n
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			c.t.Errorf("whistles by %s: files (-), query (+)\n%s", dim, d)
		}
	}
}

// whistlesInTime recounts deadlines and signatures. July and August 2025 know neither holidays nor days worked in
// exchange: a working day is Monday to Friday.
func (c demoCheck) whistlesInTime() {
	n, d, unsigned := 0.0, 0.0, 0.0
	for _, r := range ledgerRows(c.t, c.dir, c.m, "吹哨报到台账") {
		sent := r.at("转哨时间")
		if _, column := r["转哨时间"]; !column || sent.IsZero() && r["签收时间"] == "" {
			sent = r.at("吹哨日期时间")
		}
		pending := r["签收时间"] == "" && r["办结时间"] == ""
		if pending && r.in("吹哨日期时间", "2025-01-01", "2026-01-01") && sent.Before(time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC)) {
			unsigned++
		}
		if !r.in("吹哨日期时间", "2025-07-01", "2025-09-01") {
			continue
		}
		days := 3
		if r["紧急程度"] == "攻坚" {
			days = 5
		}
		end := sent.Truncate(24 * time.Hour)
		for ; days > 0; days-- {
			for end = end.AddDate(0, 0, 1); end.Weekday() == time.Saturday || end.Weekday() == time.Sunday; {
				end = end.AddDate(0, 0, 1)
			}
		}
		d++
		if closed := r.at("办结时间"); !closed.IsZero() && closed.Before(end.AddDate(0, 0, 1)) {
			n++
		}
	}
	c.numbers(c.ask("2025-07-01", "2025-09-01", "on_time_rate", "--where", "kind=CS"), map[string]float64{"on_time_rate_n": n, "on_time_rate_d": d})
	c.numbers(c.ask("2025-01-01", "2026-01-01", "whistles_unsigned"), map[string]float64{"whistles_unsigned": unsigned})
}

func (c demoCheck) patrols() {
	const from, to = "2025-01-01", "2026-01-01"
	patrolled, hazards, mended, due := map[string]bool{}, 0.0, 0.0, 0.0
	for _, r := range ledgerRows(c.t, c.dir, c.m, "网格日巡查记录表") {
		if r.at("日期").IsZero() {
			continue
		}
		if r.in("日期", from, to) {
			patrolled[r["网格"]+r.at("日期").String()] = true
		}
		if r["问题描述"] == "" {
			continue
		}
		if r.in("日期", from, to) {
			hazards++
		}
		if r.in("整改时限", from, to) {
			due++
			if end := r.at("整改完成日期"); !end.IsZero() && !end.After(r.at("整改时限")) {
				mended++
			}
		}
	}
	c.numbers(c.ask(from, to, "received", "--where", "kind=YH"), map[string]float64{"received": hazards})
	c.numbers(c.ask(from, to, "patrol_rate", "hazard_on_time_rate"), map[string]float64{
		"patrol_rate_n": float64(len(patrolled)), "patrol_rate_d": 302 * 365,
		"hazard_on_time_rate_n": mended, "hazard_on_time_rate_d": due,
	})
}

func (c demoCheck) meetings() {
	const from, to = "2025-10-01", "2026-01-01"
	met := map[string]bool{}
	for _, r := range ledgerRows(c.t, c.dir, c.m, "会议台账") {
		if r.in("会议日期", from, to) {
			met[r["社区"]] = true
		}
	}
	if len(met) != 22 {
		c.t.Errorf("%d communities met in the last quarter, all but two were to", len(met))
	}
	c.numbers(c.ask(from, to, "joint_meeting_rate"), map[string]float64{"joint_meeting_rate_n": float64(len(met)), "joint_meeting_rate_d": 24})
	lectures := map[string]bool{}
	for _, r := range ledgerRows(c.t, c.dir, c.m, "活动台账") {
		if r.in("活动日期", from, to) && r["活动类型"] == "安全讲座" {
			lectures[r["社区"]+r.at("活动日期").Format("2006-01")] = true
		}
	}
	c.numbers(c.ask(from, to, "safety_lecture_rate"), map[string]float64{"safety_lecture_rate_n": float64(len(lectures)), "safety_lecture_rate_d": 24 * 3})
}

// reports holds the sums of the monthly reports and the registers against the files.
func (c demoCheck) reports() {
	sum := func(rows []sheetRow, header string) (n float64) {
		for _, r := range rows {
			if strings.HasPrefix(r["月份"], "2025年") {
				v, err := strconv.ParseFloat(r[header], 64)
				if err != nil {
					c.t.Fatal(err)
				}
				n += v
			}
		}
		return n
	}
	rows := func(ledger string) []sheetRow { return ledgerRows(c.t, c.dir, c.m, ledger) }
	stations := filter(rows("阵地服务月报"), "类型", "驿站")
	traded, agreed, listed := 0.0, 0.0, 0.0
	for _, r := range filter(rows("商户台账"), "sheet", "2025") {
		if closed := r.at("歇业日期"); closed.IsZero() || !closed.Before(time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)) {
			traded++
		}
	}
	for _, r := range rows("共建协议台账") {
		if !r.at("有效期至").Before(time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)) {
			agreed++
		}
	}
	for _, r := range rows("商户红黑榜") {
		if r.in("公示日期", "2025-01-01", "2026-01-01") {
			listed++
		}
	}
	c.numbers(c.ask("2025-01-01", "2026-01-01", "property_fee_rate", "checkin_service_rate", "station_visits_per_month", "member_service_rate", "merchants", "agreements", "registered_estates", "registered_buildings"), map[string]float64{
		"property_fee_rate_n": sum(rows("物业费收缴月报"), "实收金额"), "property_fee_rate_d": sum(rows("物业费收缴月报"), "应收金额"),
		"checkin_service_rate_n": sum(rows("双报到统计表"), "参加服务人数"), "checkin_service_rate_d": sum(rows("双报到统计表"), "已报到数"),
		"station_visits_per_month_n": sum(stations, "服务人次"), "station_visits_per_month_d": float64(len(filterPrefix(stations, "月份", "2025年"))),
		"member_service_rate_n": sum(rows("党员积分月报"), "定岗且有服务人数"), "member_service_rate_d": sum(rows("党员积分月报"), "党员总数"),
		"merchants": traded, "agreements": agreed,
		"registered_estates": float64(len(rows("小区名册"))), "registered_buildings": float64(len(rows("楼栋名册"))),
	})
	c.numbers(c.ask("2025-01-01", "2026-01-01", "received", "--where", "kind=HB"), map[string]float64{"received": listed})
	kinds := map[string]float64{}
	for _, r := range rows("活动台账") {
		if r.in("活动日期", "2025-01-01", "2026-01-01") {
			kinds["活动"]++
		}
	}
	for ledger, date := range map[string]string{"会议台账": "会议日期", "三会一课台账": "召开日期"} {
		for _, r := range rows(ledger) {
			if r.in(date, "2025-01-01", "2026-01-01") {
				kinds["活动"]++
			}
		}
	}
	c.numbers(c.ask("2025-01-01", "2026-01-01", "activities"), map[string]float64{"activities": kinds["活动"]}) // neither patrols nor visits
}

func filterPrefix(rows []sheetRow, header, prefix string) (some []sheetRow) {
	for _, r := range rows {
		if strings.HasPrefix(r[header], prefix) {
			some = append(some, r)
		}
	}
	return some
}

// What is recounted must be read rightly.
func TestTimesOfDemoCells(t *testing.T) {
	for cell, want := range map[string]string{
		"2025-01-31": "2025-01-31 00:00:00", "2025/1/31 08:05": "2025-01-31 08:05:00", "2025年1月31日": "2025-01-31 00:00:00", "2025.1.31 8:05": "2025-01-31 08:05:00",
		"2025-02-30": "0001-01-01 00:00:00", "2025.13.05": "0001-01-01 00:00:00", "上周三": "0001-01-01 00:00:00", "": "0001-01-01 00:00:00",
	} {
		if got := (sheetRow{"x": cell}).at("x").Format(time.DateTime); got != want {
			t.Errorf("%s: %s, want %s", cell, got, want)
		}
	}
}
