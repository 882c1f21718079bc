package profile

import (
	"math"
	"strconv"
	"strings"
)

// clockAndZone reads what follows the day: nothing, or a clock time with or without an offset. sec may be 86400 (24:00).
func (p *timeText) clockAndZone() (sec, nanos int, clock bool, zone *int, ok bool) {
	p.space()
	p.weekday()
	if _, half := halfDays[p.s]; p.s == "" || half || p.s == "全天" { // 2023年9月28日上午 says no more than the day
		p.s = ""
		return 0, 0, false, nil, true
	}
	exact := p.accept("T") != ""
	p.space()
	sec, nanos, ok = p.clock()
	if !ok {
		return 0, 0, false, nil, false
	}
	p.space()
	// -10:30 behind 9:00 says until when, behind 09:00:00 where.
	if p.s != "" && !exact && !p.seconds && p.until() {
		return sec, nanos, true, nil, true
	}
	if rest := p.s; p.s != "" {
		if zone, ok = p.zone(); !ok {
			p.s = rest
			return sec, nanos, true, nil, p.until()
		}
	}
	return sec, nanos, true, zone, true
}

// until takes the end of a time that lasts: -10:30, 至10时30分.
func (p *timeText) until() bool {
	rest, ok := strings.CutPrefix(spanMarks.Replace(dashes.Replace(p.s)), "-")
	if !ok {
		return false
	}
	if _, _, ok = (&timeText{s: strings.TrimSpace(strings.TrimPrefix(rest, "-"))}).wholeClock(); ok {
		p.s = ""
	}
	return ok
}

// wholeClock is clock with nothing behind it.
func (p *timeText) wholeClock() (sec, nanos int, ok bool) {
	sec, nanos, ok = p.clock()
	return sec, nanos, ok && p.s == ""
}

// weekday skips 星期四, (周四) and the like, which state nothing new.
func (p *timeText) weekday() {
	rest := p.s
	open := p.accept("(")
	if p.accept("星期", "周") != "" && p.accept("一", "二", "三", "四", "五", "六", "日", "天") != "" && (open == "" || p.accept(")") != "") {
		p.space()
		return
	}
	p.s = rest
}

var halfDays = map[string]int{"上午": 0, "早上": 0, "凌晨": 0, "中午": 12, "下午": 12, "傍晚": 12, "晚上": 12, "夜间": 12, "AM": 0, "PM": 12}

// clock reads 9:32, 09:32:07.5, 9时32分, 下午3点半, 3:05 PM, 093207.
func (p *timeText) clock() (sec, nanos int, ok bool) {
	half := p.accept("上午", "早上", "凌晨", "中午", "下午", "傍晚", "晚上", "夜间", "AM", "PM")
	p.space()
	var h, m, s int
	if n := len(p.s) - len(strings.TrimLeft(p.s, "0123456789")); n == 4 || n == 6 {
		h, _ = p.number(2, 2)
		m, _ = p.number(2, 2)
		if n == 6 {
			s, _ = p.number(2, 2)
			p.seconds = true
		}
	} else {
		if h, ok = p.number(1, 2); !ok {
			return 0, 0, false
		}
		p.space()
		sep := p.accept(":", "时", "点")
		p.space()
		switch {
		case sep == "":
			return 0, 0, false
		case sep == "点" && p.accept("半") != "":
			m = 30
		case sep != ":" && p.accept("整") != "":
		case sep == ":" || p.s != "" && p.s[0] >= '0' && p.s[0] <= '9':
			if m, ok = p.number(1, 2); !ok {
				return 0, 0, false
			}
			p.space()
			if next := p.accept(":", "分"); next == ":" || next == "分" && p.s != "" && p.s[0] >= '0' && p.s[0] <= '9' {
				if s, ok = p.number(1, 2); !ok {
					return 0, 0, false
				}
				p.seconds = true
				if p.accept(".") != "" {
					from := p.s
					p.s = strings.TrimLeft(p.s, "0123456789")
					if len(p.s) == len(from) {
						return 0, 0, false
					}
					nanos, _ = digits((from[:len(from)-len(p.s)] + "000000000")[:9])
				}
				p.accept("秒")
			}
		}
	}
	p.space()
	if suffix := p.accept("AM", "PM"); suffix != "" {
		if half != "" && half != suffix {
			return 0, 0, false
		}
		half = suffix
	}
	if half != "" {
		noon := halfDays[half]
		switch {
		case h > 12 && (noon == 0 || h > 23), h == 0 && (half == "AM" || half == "PM"):
			return 0, 0, false // 下午15:00 is said, 上午15:00 is a mistake
		case half == "中午":
			if h < 10 {
				h += 12 // 中午1点
			}
		case h == 12 && noon == 0:
			h = 0
		case h < 5 && (half == "晚上" || half == "夜间"):
			return 0, 0, false // 晚上1点 is in the night, of this day or of the next
		case h == 12 && (half == "晚上" || half == "夜间"):
			h = 24 // midnight at the end of the day
		case h < 12:
			h += noon
		}
	}
	if h > 24 || m > 59 || s > 59 || h == 24 && (m > 0 || s > 0 || nanos > 0) {
		return 0, 0, false
	}
	return h*3600 + m*60 + s, nanos, true
}

// zone reads Z, UTC, +08:00, +0800, +08 and returns seconds east of UTC.
func (p *timeText) zone() (*int, bool) {
	p.accept("UTC", "GMT", "Z")
	east := 0
	if sign := p.accept("+", "-", "−"); sign != "" {
		h, ok := p.number(2, 2)
		if !ok || h > 14 {
			return nil, false
		}
		p.accept(":")
		m := 0
		if p.s != "" {
			if m, ok = p.number(2, 2); !ok || m > 59 {
				return nil, false
			}
		}
		if east = h*3600 + m*60; sign != "+" {
			east = -east
		}
	}
	return &east, p.s == ""
}

// parseClock reads a clock time alone, in seconds of the day; also a spreadsheet's fraction of a day.
func parseClock(cell string) (int, bool) {
	s := plainBlanks(CleanCell(cell))
	if strings.HasPrefix(s, "0.") && plainNumber(s) {
		f, err := strconv.ParseFloat(s, 64)
		sec := int(math.Round(f * 86400))
		return sec, err == nil && sec < 86400
	}
	sec, _, ok := (&timeText{s: plainNumerals(s)}).wholeClock()
	return sec, ok
}

// clockStart is parseClock that also reads two clock times, from when to when: 8:30-10:45, 8时30分至10时45分.
func clockStart(cell string) (int, bool) {
	if sec, ok := parseClock(cell); ok {
		return sec, true
	}
	from, to, two := strings.Cut(strings.ReplaceAll(spanMarks.Replace(dashes.Replace(narrow(cell))), "--", "-"), "-")
	if !two {
		return 0, false
	}
	sec, ok := parseClock(from)
	_, ok2 := parseClock(to)
	return sec, ok && ok2
}

var spanMarks = strings.NewReplacer("至", "-", "到", "-")
