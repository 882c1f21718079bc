package demo

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

func TestWishes(t *testing.T) {
	s := read(t)
	cache := map[string][]string{}
	byYear := map[string]int{}
	var soon share
	rows := 0
	for _, l := range s.of(wishesLedger) {
		owner := s.whose(t, l)
		for k, row := range l.rows {
			rows++
			key := owner.code + l.col(row, "网格")
			if _, ok := cache[key]; !ok {
				cache[key] = s.gridCodes(owner, l.col(row, "网格"))
			}
			if len(cache[key]) != 1 {
				t.Fatalf("%s row %d: grid %q", l.Path, k, l.col(row, "网格"))
			}
			made, ok := when(l.col(row, "征集日期"), "")
			claimed, hasClaim := when(l.col(row, "认领日期"), "")
			realised, hasReal := when(l.col(row, "实现日期"), "")
			if !ok || made.Before(s.manifest.From) || !made.Before(until) ||
				(hasClaim && (claimed.Before(made) || !claimed.Before(until))) ||
				(hasReal && (!hasClaim || !realised.After(claimed) || !realised.Before(until))) {
				t.Errorf("%s row %d: %v, %v, %v", l.Path, k, made, claimed, realised)
			}
			want := "待认领"
			if hasClaim {
				want = "办理中"
			}
			if hasReal {
				want = "已完成"
			}
			if got := l.col(row, "完成情况"); got != want {
				t.Errorf("%s row %d: %s, want %s", l.Path, k, got, want)
			}
			if made.Before(until.AddDate(0, -2, 0)) {
				soon.add(hasReal && claimed.Sub(made) <= 15*day && realised.Sub(claimed) <= 30*day)
			}
			community := s.units[cache[key][0]].parent
			if made.Year() == 2025 {
				byYear[community+" calendar year"]++
			}
			if !made.Before(until.AddDate(-1, 0, 0)) {
				byYear[community+" last twelve months"]++
			}
		}
	}
	soon.within(t, "claimed within 15 days and realised within 30", 0.60, 0.75)
	if rows != s.manifest.Wishes || len(byYear) != 48 {
		t.Errorf("%d wishes, manifest %d; %d communities and years", rows, s.manifest.Wishes, len(byYear))
	}
	for what, n := range byYear {
		if n < 30 {
			t.Errorf("%s: %d wishes", what, n)
		}
	}
}

func TestCommunityProfilesAgreeWithTheUnits(t *testing.T) {
	s := read(t)
	l := s.of(profileLedger)[0]
	if len(l.rows) != 24 || l.above[0][0] != "示范区社区基本情况（2025年）" {
		t.Errorf("%d rows under %q", len(l.rows), l.above[0][0])
	}
	byName := map[string]unit{}
	estates := map[string]int{}
	for _, u := range s.units {
		if u.level == "community" {
			byName[u.name] = u
		}
		if u.level == "estate_branch" {
			estates[s.units[u.parent].covers[0]]++
		}
	}
	for _, row := range l.rows {
		u, ok := byName[l.col(row, "社区")]
		if !ok {
			t.Errorf("community %q", l.col(row, "社区"))
		}
		for _, h := range []string{"户数", "人口", "面积"} {
			if got := l.col(row, h); got != u.row[h] {
				t.Errorf("%s %s: %s, unit %s", u.name, h, got, u.row[h])
			}
		}
		if got := l.col(row, "小区数"); got != strconv.Itoa(estates[u.code]) {
			t.Errorf("%s: %s estates, want %d", u.name, got, estates[u.code])
		}
	}
}

func TestPublishedFiguresKeepTheirFuzzinessAndBase(t *testing.T) {
	s := read(t)
	l := s.of(publishedLedger)[0]
	names := map[string]bool{}
	for _, u := range s.units {
		names[u.name] = true
	}
	got := map[string]string{}
	for _, row := range l.rows {
		if !names[l.col(row, "单位")] || l.col(row, "截至日期") != "2025-12-31" || l.col(row, "出处") == "" {
			t.Errorf("row %v", row)
		}
		got[l.col(row, "指标")] = strings.TrimRight(fmt.Sprintf("%s %s/%s", l.col(row, "数值"), l.col(row, "分子"), l.col(row, "分母")), " /")
	}
	// DOMAIN §1.3 and §1.0.
	for measure, want := range map[string]string{
		"议题": "349", "吹哨": "136", "微心愿": "164", "网格员": "559", "专职网格员社工证持证率": "41.72% 126/302",
		"红色代办": "200余", "就业和再就业": "近50", "60岁以上老年人": "约570", "物业费收缴率（治理前）": "不足40%",
	} {
		if got[measure] != want {
			t.Errorf("%s: %q, want %q", measure, got[measure], want)
		}
	}
}
