package profile

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

const naiveLayout = "2006-01-02 15:04:05.999999999"

func TestParseTime(t *testing.T) {
	us := []string{"01/02/2006 03:04:05 PM"}
	year2023 := Clock{From: day(2023, 1, 1), To: day(2024, 1, 1)}
	winter := Clock{From: day(2023, 10, 1), To: day(2024, 4, 1)}
	newYear := Clock{From: day(2023, 12, 1), To: day(2024, 2, 1)}
	december := Clock{From: day(2023, 12, 1), To: day(2024, 1, 1)}
	january := Clock{From: day(2024, 1, 1), To: day(2024, 2, 1)}
	mac := Clock{Serial1904: true}
	newYork := time.FixedZone("UTC-5", -5*3600)
	for _, c := range []struct {
		in      string
		layouts []string
		clock   Clock
		want    string // "" = refused
	}{
		{"2023-09-28 09:32:07", nil, Clock{}, "2023-09-28 09:32:07"},
		{"2023-09-28T09:32:07", nil, Clock{}, "2023-09-28 09:32:07"},
		{"2023-09-28", nil, Clock{}, "2023-09-28 00:00:00"},
		{"2023.9.28", nil, Clock{}, "2023-09-28 00:00:00"},
		{"2023-9-8 9:32", nil, Clock{}, "2023-09-08 09:32:00"},
		{"2023/4/25 9:32:09", nil, Clock{}, "2023-04-25 09:32:09"},
		{"2019/4/25 9:32", nil, Clock{}, "2019-04-25 09:32:00"},
		{"2023年9月28日", nil, Clock{}, "2023-09-28 00:00:00"},
		{"2023年9月28日9时32分", nil, Clock{}, "2023-09-28 09:32:00"},
		{"2023年9月28日 9时32分7秒", nil, Clock{}, "2023-09-28 09:32:07"},
		{"2023 年 9 月 28 日 9 时", nil, Clock{}, "2023-09-28 09:00:00"},
		{"2023年9月28日下午3点半", nil, Clock{}, "2023-09-28 15:30:00"},
		{"2023年9月28日 下午3:05", nil, Clock{}, "2023-09-28 15:05:00"},
		{"2023年9月28日 上午12:30", nil, Clock{}, "2023-09-28 00:30:00"},
		{"2023年9月28日 中午12:30", nil, Clock{}, "2023-09-28 12:30:00"},
		{"2023-09-28 下午15:00", nil, Clock{}, "2023-09-28 15:00:00"},
		{"2023-09-28 上午15:00", nil, Clock{}, ""},
		{"2023-09-28 3:04:05 PM", nil, Clock{}, "2023-09-28 15:04:05"},
		{"2023-09-28 12:00:03 am", nil, Clock{}, "2023-09-28 00:00:03"},
		{"2023年9月28日 星期四", nil, Clock{}, "2023-09-28 00:00:00"},
		{"2023-09-28（周四） 09:32", nil, Clock{}, "2023-09-28 09:32:00"},
		{"\n\t\t２０２３－０９－２８　０９：３２\u00a0", nil, Clock{}, "2023-09-28 09:32:00"},
		{"2023-09-28 09：30", nil, Clock{}, "2023-09-28 09:30:00"},
		{"2023.9.28 09：30：15", nil, Clock{}, "2023-09-28 09:30:15"},
		{"2023-09-28\u00a0\u00a09:30", nil, Clock{}, "2023-09-28 09:30:00"},
		{"2023-09-28\u3000\t 9:30", nil, Clock{}, "2023-09-28 09:30:00"},
		{"2023年9月28日　上午9：30", nil, Clock{}, "2023-09-28 09:30:00"},
		{"2023年9月28日上午", nil, Clock{}, "2023-09-28 00:00:00"},
		{"2023年9月28日（星期四）下午", nil, Clock{}, "2023-09-28 00:00:00"},
		{"2023.9.28日", nil, Clock{}, "2023-09-28 00:00:00"},
		{"2023-9-28号", nil, Clock{}, "2023-09-28 00:00:00"},
		{"2023.09.28.", nil, Clock{}, "2023-09-28 00:00:00"},
		{"2023、9、28", nil, Clock{}, "2023-09-28 00:00:00"},
		{"23年9月28日", nil, Clock{}, "2023-09-28 00:00:00"},
		{"98年9月28日", nil, Clock{}, ""},
		{"二〇二三年九月二十八日", nil, Clock{}, "2023-09-28 00:00:00"},
		{"二零二三年十月十日上午九点", nil, Clock{}, "2023-10-10 09:00:00"},
		{"2023年9月28日下午三点半", nil, Clock{}, "2023-09-28 15:30:00"},
		{"2018/4/24", nil, Clock{}, "2018-04-24 00:00:00"},
		// from when to when: the beginning, not an offset
		{"2023-09-28 09:00-10:30", nil, Clock{}, "2023-09-28 09:00:00"},
		{"2023-09-28 9:00—10:30", nil, Clock{}, "2023-09-28 09:00:00"},
		{"2023年9月28日9时至10时30分", nil, Clock{}, "2023-09-28 09:00:00"},
		{"2023-09-28 14:00:00～16:00:00", nil, Clock{}, "2023-09-28 14:00:00"},
		{"2023-09-28 09:00-", nil, Clock{}, ""},
		{"2023-09-28 09:00-29日", nil, Clock{}, ""},
		{"20230928", nil, Clock{}, "2023-09-28 00:00:00"},
		{"20230928093207", nil, Clock{}, "2023-09-28 09:32:07"},
		{"20230928 093207", nil, Clock{}, "2023-09-28 09:32:07"},
		{"2023-09-28 24:00", nil, Clock{}, "2023-09-29 00:00:00"},
		// offsets become the site's time
		{"2026-02-13T02:05:17.000", nil, Clock{}, "2026-02-13 02:05:17"},
		{"2026-02-13T02:05:17.250", nil, Clock{}, "2026-02-13 02:05:17.25"},
		{"2020-01-01T15:00:00Z", nil, Clock{}, "2020-01-01 23:00:00"},
		{"2020-01-01T15:00:00+03:00", nil, Clock{}, "2020-01-01 20:00:00"},
		{"2020-01-01T15:00:00+0800", nil, Clock{}, "2020-01-01 15:00:00"},
		{"2020-01-01T15:00:00Z", nil, Clock{Site: newYork}, "2020-01-01 10:00:00"},
		{"2020-01-01 02:00:00 -05:00", nil, Clock{Site: newYork}, "2020-01-01 02:00:00"},
		// layouts of the profile
		{"05/01/2022 12:00:03 AM", us, Clock{}, "2022-05-01 00:00:03"},
		{"05/01/2022 12:00:03 PM", us, Clock{}, "2022-05-01 12:00:03"},
		{"2022-05-01T00:00:03.000", us, Clock{}, "2022-05-01 00:00:03"},
		{"05/01/2022 12:00:03 AM", nil, Clock{}, ""},
		{"05/01/2022\u00a012:00:03 am", us, Clock{}, "2022-05-01 00:00:03"},
		{"５/1/2022 1:00:03 PM", []string{"1/2/2006 3:04:05 PM"}, Clock{}, "2022-05-01 13:00:03"},
		{"28-09-2023", []string{"02-01-2006"}, Clock{}, "2023-09-28 00:00:00"},
		{"2023-10-09", []string{"2006-02-01"}, Clock{}, "2023-09-10 00:00:00"},
		{"2020-01-01 15:00 +0300", []string{"2006-01-02 15:04 -0700"}, Clock{}, "2020-01-01 20:00:00"},
		// spreadsheets' day numbers: 45197 is 2023-09-28
		{"45197", nil, Clock{}, "2023-09-28 00:00:00"},
		{"45197.5", nil, Clock{}, "2023-09-28 12:00:00"},
		{"45197.397303240740", nil, Clock{}, "2023-09-28 09:32:07"},
		{"45197.99999999", nil, Clock{}, "2023-09-29 00:00:00"},
		{"36526", nil, Clock{}, "2000-01-01 00:00:00"},
		{"43735", nil, mac, "2023-09-28 00:00:00"}, // 45197 − 1462
		{"43735.5", nil, mac, "2023-09-28 12:00:00"},
		{"2023", nil, Clock{}, ""},
		{"12345", nil, Clock{}, ""},
		{"99999", nil, Clock{}, ""},
		// the year from the title
		{"9月28日", nil, year2023, "2023-09-28 00:00:00"},
		{"9月28日 9:32", nil, year2023, "2023-09-28 09:32:00"},
		{"9/28", nil, year2023, "2023-09-28 00:00:00"},
		{"9.28", nil, year2023, "2023-09-28 00:00:00"},
		{"９．２８", nil, year2023, "2023-09-28 00:00:00"},
		{"9.28 9:32", nil, year2023, "2023-09-28 09:32:00"},
		{"9.4", nil, year2023, "2023-09-04 00:00:00"}, // there is no 40 September
		{"2.3", nil, year2023, "2023-02-03 00:00:00"}, // nor a 30 February
		{"9.3日", nil, year2023, "2023-09-03 00:00:00"},
		{"9.28", nil, Clock{}, ""},
		{"9-28", nil, year2023, "2023-09-28 00:00:00"},
		{"九月二十八日", nil, year2023, "2023-09-28 00:00:00"},
		// over New Year
		{"12月28日", nil, newYear, "2023-12-28 00:00:00"},
		{"1月5日", nil, newYear, "2024-01-05 00:00:00"},
		{"6月5日", nil, newYear, ""},
		{"1月5日", nil, december, "2024-01-05 00:00:00"},
		{"12月28日", nil, january, "2023-12-28 00:00:00"},
		{"6月5日", nil, december, "2023-06-05 00:00:00"},
		{"3月5日", nil, december, "2023-03-05 00:00:00"}, // months away: a matter of this year rather than a term in the next
		{"1月5日", nil, year2023, "2023-01-05 00:00:00"},
		{"2月29日", nil, Clock{From: day(2024, 1, 1), To: day(2024, 2, 1)}, "2024-02-29 00:00:00"},
		{"11月5日", nil, winter, "2023-11-05 00:00:00"},
		{"2月5日", nil, winter, "2024-02-05 00:00:00"},
		{"2月29日", nil, winter, "2024-02-29 00:00:00"},
		{"7月5日", nil, winter, ""},
		{"2月29日", nil, year2023, ""},
		{"9月28日", nil, Clock{}, ""},
		// what does not exist or cannot be told
		{"2023-02-30", nil, Clock{}, ""},
		{"2023-02-29", nil, Clock{}, ""},
		{"1900-02-29", nil, Clock{}, ""},
		{"2000-02-29", nil, Clock{}, "2000-02-29 00:00:00"},
		{"2023-13-01", nil, Clock{}, ""},
		{"2023-00-10", nil, Clock{}, ""},
		{"2023.13.05", nil, Clock{}, ""},
		{"2月30日", nil, year2023, ""},
		{"1899-12-31", nil, Clock{}, ""},
		{"1900-01-01", nil, Clock{}, ""}, // what spreadsheets make of nothing
		{"1900年1月1日", nil, Clock{}, ""},
		{"1900-01-02", nil, Clock{}, "1900-01-02 00:00:00"},
		{"2026年3月4日晚上1点", nil, Clock{}, ""}, // of which day?
		{"2026年3月4日夜间2点30分", nil, Clock{}, ""},
		{"2026年3月4日晚上8点", nil, Clock{}, "2026-03-04 20:00:00"},
		{"2199-12-31", nil, Clock{}, "2199-12-31 00:00:00"},
		{"2200-01-01", nil, Clock{}, ""},
		{"0001-01-01 00:00:00", nil, Clock{}, ""},
		{"2023-09-28 25:00", nil, Clock{}, ""},
		{"2023-09-28 09:60", nil, Clock{}, ""},
		{"2023-09-28 09:32:60", nil, Clock{}, ""},
		{"2023-09-28 24:01", nil, Clock{}, ""},
		{"9/28/2023", nil, year2023, ""},
		{"23.9.28", nil, year2023, ""},
		{"9.31", nil, year2023, ""},
		{"9.1", nil, year2023, ""}, // or 9.10, which a spreadsheet writes as 9.1
		{"9.3", nil, year2023, ""}, // or 9.30
		{"13.5", nil, year2023, ""},
		{"2023-9/28", nil, Clock{}, ""},
		{"2023年9月", nil, Clock{}, ""},
		{"上周三", nil, year2023, ""},
		{"月底前", nil, year2023, ""},
		{"2023-09-28 x", nil, Clock{}, ""},
		{"2023-09-28至2023-09-30", nil, Clock{}, ""},
		{"", nil, Clock{}, ""},
		{"-", nil, Clock{}, ""},
		{"1e5", nil, Clock{}, ""},
	} {
		got, err := ParseTime(c.in, c.layouts, c.clock)
		if c.want == "" {
			var v *ValueError
			if !errors.As(err, &v) || !errors.Is(err, ErrValue) || v.Text == "" || v.Value != c.in {
				t.Errorf("%q: %v, %v, want a ValueError", c.in, got, err)
			}
			continue
		}
		want, bad := time.Parse(naiveLayout, c.want)
		if bad != nil {
			t.Fatal(bad)
		}
		if err != nil || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%q: %v, %v, want %v", c.in, got, err, want)
		}
	}
}

func TestWhatIsWrongWithATime(t *testing.T) {
	c := Clock{From: day(2023, 1, 1), To: day(2024, 1, 1)}
	for in, want := range map[string]string{
		"9.1":        "可能是9月1日，也可能是9月10日，请写明是哪一天，如“9月1日”",
		"2023-02-30": "日期不存在，请核对年、月、日",
		"上周三":        "不是可识别的日期，应如 2023-09-28 或 2023-09-28 09:32:00",
		"2200-01-01": "年份超出 1900 至 2199 年",
	} {
		if _, err := ParseTime(in, nil, c); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
	if _, err := ParseTime("9月1日", nil, Clock{}); err == nil || err.Error() != "日期没有年份，标题中也没有写明年份，应如 2023-09-28" {
		t.Error(err)
	}
}

// Every day of three centuries, as the standard library counts them.
func TestEveryDay(t *testing.T) {
	n := 0
	for d := day(1900, 1, 2); d.Year() < 2200; d = d.AddDate(0, 0, 1) {
		n++
		for _, layout := range []string{"2006-01-02", "2006/1/2", "2006年1月2日", "20060102"} {
			got, err := ParseTime(d.Format(layout), nil, Clock{})
			if err != nil || !got.Equal(d) {
				t.Fatalf("%s: %v, %v", d.Format(layout), got, err)
			}
		}
	}
	if n != 109_572 { // the first is what spreadsheets make of nothing; 300 × 365 and 73 leap days: of the 75 fourth years 1900 and 2100 have none
		t.Errorf("%d days", n)
	}
	// and no day that is none
	for y := 1900; y < 2200; y++ {
		for m := 0; m <= 13; m++ {
			for d := 0; d <= 32; d++ {
				real := (y > 1900 || m > 1 || d > 1) && m >= 1 && m <= 12 && d >= 1 && day(y, m, d).Day() == d
				if _, err := ParseTime(fmt.Sprintf("%04d-%02d-%02d", y, m, d), nil, Clock{}); (err == nil) != real {
					t.Fatalf("%04d-%02d-%02d: %v", y, m, d, err)
				}
			}
		}
	}
}

func TestParsePeriod(t *testing.T) {
	for _, c := range []struct{ in, from, to string }{
		{"2023-09-28", "2023-09-28", "2023-09-29"},
		{"2023年9月28日", "2023-09-28", "2023-09-29"},
		{"2023年9月", "2023-09-01", "2023-10-01"},
		{"2023年9月份", "2023-09-01", "2023-10-01"},
		{"2023-09", "2023-09-01", "2023-10-01"},
		{"2023.12", "2023-12-01", "2024-01-01"},
		{"202309", "2023-09-01", "2023-10-01"},
		{"2023年", "2023-01-01", "2024-01-01"},
		{"2023年度", "2023-01-01", "2024-01-01"},
		{"2023", "2023-01-01", "2024-01-01"},
		{"２０２３年　９月", "2023-09-01", "2023-10-01"},
		{"二〇二三年九月", "2023-09-01", "2023-10-01"},
		{"二零二三年十二月", "2023-12-01", "2024-01-01"},
		{"2023年第三季度", "2023-07-01", "2023-10-01"},
		{"2023年三季度", "2023-07-01", "2023-10-01"},
		{"2023Q3", "2023-07-01", "2023-10-01"},
		{"2023年上半年", "2023-01-01", "2023-07-01"},
		{"2023年下半年", "2023-07-01", "2024-01-01"},
		{"2023年1-6月", "2023-01-01", "2023-07-01"},
		{"2023年1月至6月", "2023-01-01", "2023-07-01"},
		{"2023.01-2023.12", "2023-01-01", "2024-01-01"},
		{"2022年11月—2023年2月", "2022-11-01", "2023-03-01"},
		{"2023年9月1日至9月30日", "2023-09-01", "2023-10-01"},
		{"2023.9.19-2023.10.18", "2023-09-19", "2023-10-19"},
		{"2023年9月19日至30日", "2023-09-19", "2023-10-01"},
		{"9月", "", ""},
		{"第三季度", "", ""},
		{"2023年13月", "", ""},
		{"2023年6-1月", "", ""},
		{"2023-02-30", "", ""},
		{"12345", "", ""},
		{"今年以来", "", ""},
		{"", "", ""},
	} {
		from, to, ok := ParsePeriod(c.in)
		if ok != (c.from != "") || ok && (from.Format(time.DateOnly) != c.from || to.Format(time.DateOnly) != c.to) {
			t.Errorf("%q: %v %v %v, want %s %s", c.in, from, to, ok, c.from, c.to)
		}
	}
}

func TestParseClock(t *testing.T) {
	for _, c := range []struct {
		in  string
		sec int
	}{
		{"9:32", 34320},
		{"09:32:07", 34327},
		{"9时32分", 34320},
		{"下午3点", 54000},
		{"3:05 PM", 54300},
		{"0.5", 43200},
		{"0.397303240740", 34327},
		{"０９：３２", 34320},
		{"9点半", 34200},
		{"25:00", -1},
		{"9", -1},
		{"晚", -1},
		{"", -1},
		{"1.5", -1},
	} {
		if sec, ok := parseClock(c.in); ok != (c.sec >= 0) || ok && sec != c.sec {
			t.Errorf("%q: %d %v, want %d", c.in, sec, ok, c.sec)
		}
	}
}

// Whatever way a time is written, it is the same time.
func TestEveryWayToWriteATime(t *testing.T) {
	dates := []string{"2006-01-02", "2006-1-2", "2006/01/02", "2006/1/2", "2006.1.2", "2006.01.02", "2006年1月2日", "2006年01月02日", "2006 年 1 月 2 日", "20060102", "2006、1、2", "1月2日", "1/2", "1-2"}
	clocks := []string{"", " 15:04", " 15:04:05", " 15时04分", " 15时04分05秒", " 3:04 PM", " 3:04:05 PM", "　15：04"}
	c := Clock{From: day(2024, 1, 1), To: day(2025, 1, 1)}
	for at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() == 2024; at = at.Add(31*time.Hour + 7*time.Minute + 13*time.Second) {
		for _, d := range dates {
			for _, k := range clocks {
				want := at.Truncate(24 * time.Hour)
				if k != "" {
					want = at.Truncate(time.Minute)
				}
				if strings.Contains(k, "05") {
					want = at
				}
				text := at.Format(d + k)
				if got, err := ParseTime(text, nil, c); err != nil || !got.Equal(want) {
					t.Fatalf("%q: %v, %v, want %v", text, got, err, want)
				}
				if wide, ok := widened(text); ok {
					if got, err := ParseTime(wide, nil, c); err != nil || !got.Equal(want) {
						t.Fatalf("%q: %v, %v, want %v", wide, got, err, want)
					}
				}
			}
		}
	}
}

// widened writes digits and marks full width.
func widened(s string) (string, bool) {
	out := strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7F {
			return r + 0xFEE0
		}
		return r
	}, s)
	return out, out != s
}

// FuzzParseTime: never panics; what is accepted lies in 1900–2199 (a day more through 24:00), is naive, and reads the same again once written plainly.
func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2023-09-28 09:32:07", "2023年9月28日下午3点半", "45197.5", "9月28日", "2020-01-01T15:00:00+03:00", "05/01/2022 12:00:03 AM", "20230928", "2199-12-31 24:00", "２０２３．９．２８", "1900-01-01T00:00:00+14:00"} {
		f.Add(s, "")
		f.Add(s, "01/02/2006 03:04:05 PM")
	}
	c := Clock{From: day(2023, 1, 1), To: day(2024, 1, 1)}
	f.Fuzz(func(t *testing.T, s, layout string) {
		var layouts []string
		if checkLayout(layout) {
			layouts = []string{layout}
		}
		got, err := ParseTime(s, layouts, c)
		if err != nil {
			var v *ValueError
			if !errors.As(err, &v) || v.Text == "" {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if got.Location() != time.UTC || got.Year() < 1900 || got.Year() > 2199 {
			t.Fatalf("%q: %v", s, got)
		}
		if serial, err := ParseTime(s, layouts, Clock{From: c.From, To: c.To, Serial1904: true}); err == nil && !serial.Equal(got) && serial.Sub(got) != 1462*24*time.Hour {
			t.Fatalf("%q is %v, by the count from 1904 %v", s, got, serial)
		}
		if again, err := ParseTime(got.Format("2006-01-02 15:04:05.999999999"), nil, c); err != nil || !again.Equal(got) {
			t.Fatalf("%q is %v, which reads as %v, %v", s, got, again, err)
		}
	})
}

func BenchmarkParseTime(b *testing.B) {
	layouts := []layout{newLayout("01/02/2006 03:04:05 PM")}
	for _, s := range []string{"2023-09-28 09:32:07", "2023/9/28 9:32", "05/01/2022 12:00:03 AM"} {
		b.Run(strings.ReplaceAll(s, "/", "."), func(b *testing.B) {
			l := layouts
			if s[4] == '-' {
				l = nil
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := parseTime(s, l, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestClockPeriod(t *testing.T) {
	title := func(from, to string) *Clock {
		a, _ := time.Parse(time.DateOnly, from)
		b, _ := time.Parse(time.DateOnly, to)
		return &Clock{From: a, To: b}
	}
	year, march, school := title("2026-01-01", "2027-01-01"), title("2026-03-01", "2026-04-01"), title("2025-09-01", "2026-07-01")
	for _, c := range []struct {
		name, in string
		clock    *Clock
		from, to string
	}{
		{"a month of the title's year", "3月", year, "2026-03-01", "2026-04-01"},
		{"in Chinese numerals", "三月份", year, "2026-03-01", "2026-04-01"},
		{"the title's own month", "3月", march, "2026-03-01", "2026-04-01"},
		{"another month than the title's", "2月", march, "2026-02-01", "2026-03-01"},
		{"a quarter", "第一季度", year, "2026-01-01", "2026-04-01"},
		{"months", "1-3月", year, "2026-01-01", "2026-04-01"},
		{"half a year", "上半年", year, "2026-01-01", "2026-07-01"},
		{"the first year of a title over two", "11月", school, "2025-11-01", "2025-12-01"},
		{"the second year of a title over two", "3月", school, "2026-03-01", "2026-04-01"},
		{"its own year counts", "2024年3月", year, "2024-03-01", "2024-04-01"},
		{"no month", "13月", year, "", ""},
		{"more than a month", "3月小结", year, "", ""},
		{"a number alone", "3", year, "", ""},
		{"no title", "3月", &Clock{}, "", ""},
		{"no clock", "3月", nil, "", ""},
	} {
		from, to, ok := c.clock.Period(c.in)
		if ok != (c.from != "") || ok && (from.Format(time.DateOnly) != c.from || to.Format(time.DateOnly) != c.to) {
			t.Errorf("%s: %v %v %v, want %s %s", c.name, from, to, ok, c.from, c.to)
		}
	}
}
