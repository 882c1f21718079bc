package units

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func unit(tree, level, code, parent, name string, sort int, aliases ...string) Unit {
	return Unit{Tree: tree, Level: level, Code: code, Parent: parent, Name: name, Sort: sort, ValidFrom: Beginning, Aliases: aliases}
}

// town has what makes names hard: two communities with a 第一网格, a 朝阳社区 in two streets, a numeral inside a
// name, a 街道 and a 镇 of one stem, a street without its kind, and an organisation named after a community.
func town() *Directory {
	return NewDirectory(levels, []Unit{
		unit(Area, "district", "D", "", "示范区", 1),
		unit(Area, "street", "S1", "D", "红旗街道", 1),
		unit(Area, "street", "S2", "D", "东风街道", 2),
		unit(Area, "street", "S3", "D", "建国街道", 3),
		unit(Area, "street", "S4", "D", "建国镇", 4),
		unit(Area, "street", "S5", "D", "福田", 5),
		unit(Area, "community", "C11", "S1", "朝阳社区", 1),
		unit(Area, "community", "C12", "S1", "五一街社区", 2, "五一"),
		unit(Area, "community", "C21", "S2", "朝阳社区", 1),
		unit(Area, "community", "C22", "S2", "光明社区", 2),
		unit(Area, "grid", "C11-1", "C11", "第一网格", 1, "一网格"),
		unit(Area, "grid", "C11-2", "C11", "第二网格", 2),
		unit(Area, "grid", "C12-1", "C12", "第一网格", 1),
		unit(Area, "grid", "C12-11", "C12", "第十一网格", 11),
		unit(Area, "grid", "C22-1", "C22", "第一网格", 1),
		unit(Area, "building", "B1-2", "C22-1", "1-2号楼", 1),
		unit(Area, "building", "B12", "C22-1", "12号楼", 2),
		unit(Area, "grid", "440300001", "C22", "金桂网格", 9),
		unit(Party, "committee", "P1", "", "红旗街道党工委", 1),
		{Tree: Party, Level: "branch", Code: "P11", Parent: "P1", Name: "五一街社区党委", Sort: 1, ValidFrom: Beginning, Covers: []string{"C12"}},
		{Tree: Area, Level: "grid", Code: "OLD", Parent: "C22", Name: "金桂园网格", Sort: 8, ValidFrom: Beginning, ValidTo: day("2025-01-01")},
		{Tree: Area, Level: "grid", Code: "OLD2", Parent: "C22", Name: "金桂网格", Sort: 8, ValidFrom: Beginning, ValidTo: day("2025-01-01")},
	}, today)
}

func TestResolve(t *testing.T) {
	d := town()
	for _, c := range []struct {
		situation, text string
		within          []string
		level           string
		want            string // code, or 不明 or codes joined by /
	}{
		{"a code", "C22", nil, "", "C22"},
		{"a code in full width with a space", " ４４０３００００１", nil, "", "440300001"},
		{"a code outside the row's upper unit is not taken", "C22", []string{"S1"}, "", "不明"},
		{"a name", "光明社区", nil, "", "C22"},
		{"an alias", "五一", nil, "", "C12"},
		{"a name with spaces inside", "光 明\u3000社区", nil, "", "C22"},
		{"another word for the kind", "光明居委会", nil, "", "C22"},
		{"the long word for the kind", "光明社区居民委员会", nil, "", "C22"},
		{"the street's office", "红旗街道办事处", nil, "", "S1"},
		{"a street stored without its kind", "福田街道", nil, "", "S5"},
		{"the stem alone", "光明", nil, "", "C22"},
		{"the stem of a town is not a street", "建国街道", nil, "", "S3"},
		{"the town itself", "建国镇", nil, "", "S4"},
		{"a stem that fits a street and a town", "建国", nil, "", "S3/S4"},
		{"a numeral that is part of a name", "51街社区", nil, "", "C12"},

		{"a grid in its community", "第一网格", []string{"C11"}, "", "C11-1"},
		{"the same grid name elsewhere", "第一网格", []string{"C12"}, "", "C12-1"},
		{"without a community it is refused", "第一网格", nil, "", "C11-1/C12-1/C22-1"},
		{"within a street that has two", "第一网格", []string{"S1"}, "", "C11-1/C12-1"},
		{"Han numeral without 第", "一网格", []string{"C12"}, "", "C12-1"},
		{"an alias that only one unit has does not hide the others", "一网格", []string{"S1"}, "", "C11-1/C12-1"},
		{"digits", "1网格", []string{"C12"}, "", "C12-1"},
		{"digits with 第", "第1网格", []string{"C12"}, "", "C12-1"},
		{"leading zero", "01网格", []string{"C12"}, "", "C12-1"},
		{"full-width digits", "第０１网格", []string{"C12"}, "", "C12-1"},
		{"number behind", "网格一", []string{"C12"}, "", "C12-1"},
		{"with 号", "1号网格", []string{"C12"}, "", "C12-1"},
		{"eleven is not one", "11网格", []string{"C12"}, "", "C12-11"},
		{"eleven in Han numerals", "十一网格", []string{"C12"}, "", "C12-11"},
		{"a number alone in its community", "1", []string{"C12"}, "", "C12-1"},
		{"a number alone at a level", "2", nil, "grid", "C11-2"},
		{"a number alone on the whole site", "2", nil, "", "不明"},
		{"a grid the community has not", "第九网格", []string{"C12"}, "", "不明"},

		{"a full name", "红旗街道朝阳社区第一网格", nil, "", "C11-1"},
		{"a full name from the district", "示范区红旗街道朝阳社区第一网格", nil, "", "C11-1"},
		{"a full name without the street", "五一街社区第一网格", nil, "", "C12-1"},
		{"a full name without the community, where only one fits", "红旗街道第二网格", nil, "", "C11-2"},
		{"a full name without the community, where two fit", "红旗街道第一网格", nil, "", "C11-1/C12-1"},
		{"a full name without kinds", "红旗朝阳1网格", nil, "", "C11-1"},
		{"a full name with slashes", "红旗街道/朝阳社区/第一网格", nil, "", "C11-1"},
		{"a full name with dots and spaces", "红旗 · 朝阳 - 01", nil, "", "C11-1"},
		{"a full name with another word for the kind", "红旗办事处朝阳居委会一网格", nil, "", "C11-1"},
		{"a full name with the offices' words", "红旗街道办朝阳居委会一网格", nil, "", "C11-1"},
		{"a full name in the wrong order", "朝阳社区红旗街道", nil, "", "不明"},
		{"a full name under the wrong street", "东风街道五一街社区", nil, "", "不明"},
		{"a community in two streets", "朝阳社区", nil, "", "C11/C21"},
		{"a community in two streets, told by the street", "朝阳社区", []string{"S2"}, "", "C21"},
		{"a community in two streets, full name", "东风朝阳", nil, "", "C21"},
		{"two upper units that contradict each other", "第一网格", []string{"S2", "C12"}, "", "不明"},
		{"an upper unit that does not exist", "第一网格", []string{"X"}, "", "不明"},

		{"a building with a dash", "1-2号楼", nil, "", "B1-2"},
		{"12 is not 1-2", "12号楼", nil, "", "B12"},
		{"a building's full name with a dash before the number", "光明社区-第一网格-1-2号楼", nil, "", "B1-2"},

		{"an organisation", "五一街社区党委", nil, "", "P11"},
		{"an organisation called branch", "五一街社区党支部", nil, "", "P11"},
		{"the community, not the organisation named after it", "五一街社区", nil, "", "C12"},
		{"the organisation by the community's name at its level", "五一街社区", nil, "branch", "P11"},
		{"an organisation inside the street it covers a part of", "五一街社区党组织", []string{"S1"}, "", "P11"},

		{"a unit that has ended", "金桂园网格", nil, "", "OLD"},
		{"a unit in force goes before one that has ended", "金桂网格", nil, "", "440300001"},
		{"the level decides", "红旗", nil, "street", "S1"},
		{"the level excludes", "光明社区", nil, "grid", "不明"},
		{"empty", "", nil, "", "不明"},
		{"only separators", " /-", nil, "", "不明"},
		{"very long", strings.Repeat("朝阳社区", 100), nil, "", "不明"},
		{"a character alone is no stem", "旗", nil, "", "不明"},
	} {
		t.Run(c.situation, func(t *testing.T) {
			for range 2 { // the second answer comes from the cache
				u, err := d.Resolve(c.text, c.within, c.level)
				got := u.Code
				var many *AmbiguousError
				var none *UnknownError
				switch {
				case errors.As(err, &many):
					got = strings.Join(codes(many.Candidates), "/")
				case errors.As(err, &none):
					got = "不明"
				case err != nil:
					t.Fatal(err)
				}
				if got != c.want {
					t.Fatalf("Resolve(%q, %q, %q) = %q, want %q (%v)", c.text, c.within, c.level, got, c.want, err)
				}
			}
		})
	}
}

func TestOneCharacterIsNoStem(t *testing.T) {
	d := NewDirectory(levels, []Unit{unit(Area, "community", "C", "", "南社区", 1)}, today)
	if u, err := d.Resolve("南", nil, ""); err == nil {
		t.Errorf("南 was taken for %s", u.Name)
	}
	if _, err := d.Resolve("南居委会", nil, ""); err != nil {
		t.Error(err)
	}
}

func TestResolveErrorsAreSentences(t *testing.T) {
	d := town()
	for _, c := range []struct {
		text   string
		within []string
		level  string
		want   string
	}{
		{"朝阳社区", nil, "", "“朝阳社区”同时符合“红旗街道朝阳社区”（编码 C11）、“东风街道朝阳社区”（编码 C21），无法确定是哪一个，请写明上级单位或填写编码"},
		{"第九网格", []string{"C12"}, "grid", "在“红旗街道五一街社区”内找不到网格“第九网格”，请核对名称，或先登记该单位"},
		{"西山社区", nil, "", "找不到单位“西山社区”，请核对名称，或先登记该单位"},
	} {
		if _, err := d.Resolve(c.text, c.within, c.level); err == nil || err.Error() != c.want {
			t.Errorf("Resolve(%q): %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestAmbiguousErrorNamesFiveAndCountsTheRest(t *testing.T) {
	var us []Unit
	for i := range 7 {
		us = append(us, unit(Area, "grid", fmt.Sprint("G", i), "", "第一网格", i))
	}
	_, err := NewDirectory(levels, us, today).Resolve("第一网格", nil, "")
	if err == nil || !strings.Contains(err.Error(), "G4") || strings.Contains(err.Error(), "G5") || !strings.Contains(err.Error(), "等 7 个单位") {
		t.Error(err)
	}
}

func TestFindInText(t *testing.T) {
	d := town()
	for _, c := range []struct {
		situation, text string
		within          []string
		want            []string
	}{
		{"a title with street and community", "红旗街道朝阳社区居民诉求台账（2025年上半年）", nil, []string{"C11"}},
		{"a title with a community of which there is one", "光明社区居民诉求台账（2025年上半年）", nil, []string{"C22"}},
		{"a community in two streets stays open", "朝阳社区微心愿台账", nil, []string{"C11", "C21"}},
		{"the uploader's street decides", "朝阳社区微心愿台账", []string{"S2"}, []string{"C21"}},
		{"a file name", "2025_东风街道-朝阳社区_诉求.csv", nil, []string{"C21"}},
		{"another word for the kind", "光明居委会走访登记表", nil, []string{"C22"}},
		{"a full name down to the grid", "红旗街道五一街社区第一网格走访台账", nil, []string{"C12-1"}},
		{"a grid of eleven", "五一街社区第十一网格", nil, []string{"C12-11"}},
		{"two communities", "光明社区、五一街社区合并台账", nil, []string{"C12", "C22"}},
		{"an organisation, not the community in its name", "五一街社区党委三会一课台账", nil, []string{"P11"}},
		{"the street alone", "红旗街道2025年台账", nil, []string{"S1"}},
		{"a bare stem is not looked for", "光明日报读书活动", nil, []string{}},
		{"a year is no number of a grid", "2025年第1季度", nil, []string{}},
		{"nothing", "诉求台账", nil, []string{}},
		{"empty", "", nil, []string{}},
		{"English", "311_2022-05-01_first_hour.csv", nil, []string{}},
	} {
		t.Run(c.situation, func(t *testing.T) {
			if diff := cmp.Diff(c.want, codes(d.FindInText(c.text, c.within...))); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, _, err := d.FindOne("朝阳社区微心愿台账"); err == nil || !strings.Contains(err.Error(), "红旗街道朝阳社区") || !strings.Contains(err.Error(), "东风街道朝阳社区") {
		t.Errorf("FindOne must name both: %v", err)
	}
	if _, ok, err := d.FindOne("诉求台账"); ok || err != nil {
		t.Error(ok, err)
	}
}

func TestNormal(t *testing.T) {
	for _, c := range [][2]string{
		{"第一网格", "1网格"},
		{"第 ０１ 网格", "1网格"},
		{"1号网格", "1网格"},
		{"网格十二", "12网格"},
		{"3网格2", "3网格2"},
		{"二十一社区", "21社区"},
		{"一百零三号", "103号"},
		{"二〇二五年", "2025年"},
		{"十百", "十百"},
		{"第三方", "3方"},
		{"1 - 2", "1-2"},
		{"一、二", "1-2"},
		{"Back  Bay", "back-bay"},
		{"WARD 18", "ward18"},
		{"朝阳（东）", "朝阳东"},
		{"000", "0"},
		{"一千零一十", "1010"},
		{"三三", "33"},
	} {
		if got := normal(c[0]); got != c[1] {
			t.Errorf("normal(%q) = %q, want %q", c[0], got, c[1])
		}
	}
}

func TestEveryFullNameResolvesToItsUnit(t *testing.T) {
	d := town()
	for _, u := range d.Units() {
		if !u.In(today) {
			continue
		}
		name := d.FullName(u.Code)
		got, err := d.Resolve(name, nil, u.Level)
		if err != nil || got.Code != u.Code {
			t.Errorf("%s (%s): %v %v", name, u.Code, got.Code, err)
		}
	}
}

func TestResolveFromManyGoroutines(t *testing.T) {
	d := town()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 300 {
				text := fmt.Sprintf("红旗街道朝阳社区第%d网格", i%3)
				u, err := d.Resolve(text, nil, "grid")
				if ok := err == nil; ok != (i%3 > 0) || ok && u.Code != fmt.Sprint("C11-", i%3) {
					t.Errorf("%s: %v %v", text, u.Code, err)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzResolve(f *testing.F) {
	for _, s := range []string{"第一网格", "红旗街道/朝阳社区/1网格", "1-2号楼", "十百千", "网格1网格2", "\xff\xfe", "Ⅻ㈠①", "一一一一一一一一一一"} {
		f.Add(s)
	}
	d := town()
	f.Fuzz(func(t *testing.T, s string) {
		u, err := d.Resolve(s, nil, "")
		if err == nil {
			if _, ok := d.Unit(u.Code); !ok {
				t.Errorf("%q gave a unit that does not exist: %+v", s, u)
			}
			// The kind of answer must not depend on the spaces around it.
			if v, err := d.Resolve("  "+s+"\u3000", nil, ""); err != nil || v.Code != u.Code {
				t.Errorf("%q with spaces: %v %v", s, v.Code, err)
			}
		}
		for _, u := range d.FindInText(s) {
			if _, ok := d.Unit(u.Code); !ok {
				t.Errorf("%q mentions a unit that does not exist", s)
			}
		}
	})
}

func BenchmarkResolveCached(b *testing.B) {
	d := town()
	within := []string{"C12"}
	for b.Loop() {
		if _, err := d.Resolve("第一网格", within, "grid"); err != nil {
			b.Fatal(err)
		}
	}
}
