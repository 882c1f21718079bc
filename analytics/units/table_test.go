package units

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gridstar/analytics/warehouse"
)

const areaTable = `示范区单位表
编码|名称|层级|上级编码|排序|户数|人口|面积|负责人职务|别名|启用日期|备注
D|示范区|区||1||||区委书记||2020-01-01|
S1|红旗街道|街道|D|1|2,100|6300|1.5|街道党工委书记|红旗街办|2020年1月1日|
S2|东风街道|street|D|2|１８００|5400|2|||2020/1/1|
C1|朝阳社区|社区|红旗街道|1|||||朝阳居；朝阳大院|2020.1.1|
C2|朝阳社区|社区|S2|1||||||20200101|

G1|第一网格|网格|C1|1|300|||网格长|一网格、01网格|2020-01-01|没有这一列
`

const partyTable = `code,name,level,parent,covers
P1,红旗街道党工委,committee,,红旗街道
P11,朝阳社区党委,社区党组织,P1,C1
E111,朝阳社区金桂园党支部,estate_branch,朝阳社区党委,第一网格
`

func party() [][]string {
	var rows [][]string
	for _, l := range lines(partyTable) {
		rows = append(rows, split(l, ','))
	}
	return rows
}

func TestLoadTable(t *testing.T) {
	w := openWarehouse(t)
	r := load(t, w, table(areaTable), Area)
	if diff := cmp.Diff(Report{Job: 1, Version: 1, Rows: 8, Accepted: 6, Skipped: 2, Unmapped: []string{"备注"}}, r); diff != "" {
		t.Error(diff)
	}
	r = load(t, w, party(), "")
	if r.Accepted != 3 || len(r.Conflicts) > 0 {
		t.Errorf("%+v", r)
	}
	d := directory(t, w, today)
	if diff := cmp.Diff([]string{"D", "S1", "C1", "G1", "S2", "C2", "P1", "P11", "E111"}, codes(d.Units())); diff != "" {
		t.Error(diff)
	}
	households, population, area := int64(2100), int64(6300), 1.5
	want := Unit{
		Tree: Area, Code: "S1", Parent: "D", Level: "street", Name: "红旗街道", Sort: 1, ValidFrom: day("2020-01-01"),
		Households: &households, Population: &population, AreaKM2: &area, LeaderTitle: "街道党工委书记", Aliases: []string{"红旗街办"},
	}
	got, _ := d.Unit("S1")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if u, _ := d.Unit("S2"); *u.Households != 1800 || u.LeaderTitle != "" || u.Aliases != nil {
		t.Errorf("%+v", u)
	}
	if u, _ := d.Unit("C1"); u.Parent != "S1" {
		t.Errorf("a parent given by name: %+v", u)
	}
	if u, _ := d.Unit("E111"); u.Parent != "P11" || !cmp.Equal(u.Covers, []string{"G1"}) || !u.ValidFrom.Equal(Beginning) {
		t.Errorf("a party unit: %+v", u)
	}
	if d.Version() != 2 {
		t.Error("version", d.Version())
	}
}

func TestLoadingTheSameTableAgainChangesNothing(t *testing.T) {
	w := openWarehouse(t)
	for range 2 {
		load(t, w, table(areaTable), Area)
		load(t, w, party(), Party)
	}
	for name, want := range map[string]string{"org": "9 live, 0 past", "org_alias": "5 live, 0 past", "org_cover": "3 live, 0 past"} {
		if got := counts(t, w, name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if r := load(t, w, table(areaTable), ""); r.Unchanged != 6 || r.Accepted != 0 {
		t.Errorf("%+v", r)
	}
}

func TestChangesReplaceAndMissingColumnsStay(t *testing.T) {
	w := openWarehouse(t)
	load(t, w, table(areaTable), Area)
	r := load(t, w, table("编码|名称|户数\nS1|红星街道|2200\nS2|东风街道|1800"), Area)
	if r.Accepted != 1 || r.Replaced != 1 || r.Unchanged != 1 {
		t.Errorf("%+v", r)
	}
	u, _ := directory(t, w, today).Unit("S1")
	if u.Name != "红星街道" || *u.Households != 2200 || *u.Population != 6300 || u.LeaderTitle != "街道党工委书记" || u.Parent != "D" || len(u.Aliases) != 1 {
		t.Errorf("%+v", u)
	}
	if got := counts(t, w, "org"); got != "6 live, 1 past" {
		t.Error(got)
	}
	// An empty cell in a column that is there takes the value away.
	load(t, w, table("编码|名称|户数|别名|上级\nS1|红星街道|||"), Area)
	u, _ = directory(t, w, today).Unit("S1")
	if u.Households != nil || u.Aliases != nil || u.Parent != "" || *u.Population != 6300 {
		t.Errorf("%+v", u)
	}
	if got := counts(t, w, "org_alias"); got != "4 live, 1 past" {
		t.Error(got)
	}
}

func TestVersions(t *testing.T) {
	w := openWarehouse(t)
	load(t, w, table(areaTable), Area)
	// A new date begins a new version; the one before ends on it.
	r := load(t, w, table("编码|名称|上级编码|启用日期\nC1|朝阳新村社区|S2|2026-06-01"), Area)
	if r.Accepted != 1 || r.Replaced != 1 {
		t.Errorf("%+v", r)
	}
	for _, c := range []struct {
		on         string
		name, full string
		from, to   string
	}{
		{"2026-05-31", "朝阳社区", "红旗街道朝阳社区", "2020-01-01", "2026-06-01"},
		{"2026-06-01", "朝阳新村社区", "东风街道朝阳新村社区", "2026-06-01", "0001-01-01"},
		{"2019-01-01", "朝阳社区", "红旗街道朝阳社区", "2020-01-01", "2026-06-01"}, // before its beginning: the first to come
	} {
		d := directory(t, w, day(c.on))
		u, _ := d.Unit("C1")
		got := []string{u.Name, d.FullName("C1"), u.ValidFrom.Format(time.DateOnly), u.ValidTo.Format(time.DateOnly)}
		if diff := cmp.Diff([]string{c.name, c.full, c.from, c.to}, got); diff != "" {
			t.Errorf("on %s: %s", c.on, diff)
		}
		if len(u.Aliases) != 2 {
			t.Errorf("on %s: aliases %v", c.on, u.Aliases)
		}
	}
	// A row without a date means the version in force on the date of the load.
	load(t, w, table("编码|名称|户数\nC1|朝阳社区|500"), Area)
	if u, _ := directory(t, w, today).Unit("C1"); u.Name != "朝阳社区" || *u.Households != 500 || !u.ValidTo.Equal(day("2026-06-01")) {
		t.Errorf("%+v", u)
	}
	if u, _ := directory(t, w, day("2026-07-01")).Unit("C1"); u.Name != "朝阳新村社区" || u.Households != nil {
		t.Errorf("%+v", u)
	}
	// A version between two others, then an end.
	load(t, w, table("编码|名称|启用日期\nC1|朝阳一社区|2023-01-01"), Area)
	load(t, w, table("编码|名称|启用日期|停用日期\nC2|朝阳社区|2020-01-01|2024-01-01"), Area)
	if u, _ := directory(t, w, day("2022-12-31")).Unit("C1"); u.Name != "朝阳社区" || !u.ValidTo.Equal(day("2023-01-01")) {
		t.Errorf("%+v", u)
	}
	if u, _ := directory(t, w, today).Unit("C1"); u.Name != "朝阳一社区" || !u.ValidTo.Equal(day("2026-06-01")) {
		t.Errorf("%+v", u)
	}
	if u, ok := directory(t, w, today).Unit("C2"); !ok || u.In(today) {
		t.Errorf("an ended unit is still known by its code: %+v %v", u, ok)
	}
	if got := counts(t, w, "org"); got != "8 live, 4 past" {
		t.Error(got)
	}
}

func TestEndsAndBeginningsOfVersions(t *testing.T) {
	w := openWarehouse(t)
	load(t, w, table("编码|名称|层级|启用日期|停用日期\nC|甲社区|社区|2020-01-01|\nC|丙社区|社区|2024-01-01|2025-01-01"), Area)
	spans := func() string {
		var out []string
		for _, on := range []string{"2019-06-01", "2020-06-01", "2022-06-01", "2024-06-01", "2025-06-01", "2027-06-01"} {
			u, _ := directory(t, w, day(on)).Unit("C")
			name := u.Name
			if !u.In(day(on)) {
				name += "†"
			}
			out = append(out, name)
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct{ situation, rows, want string }{
		{"as loaded", "", "甲社区† 甲社区 甲社区 丙社区 丙社区† 丙社区†"},
		{"an end that reaches into the next version is cut", "C|乙社区|社区|2022-01-01|2030-01-01", "甲社区† 甲社区 乙社区 丙社区 丙社区† 丙社区†"},
		{"a version that begins after the end is open", "C|丁社区|社区|2027-01-01|", "甲社区† 甲社区 乙社区 丙社区 丙社区† 丁社区"},
		{"an end taken away reaches to the next version", "C|丙社区|社区|2024-01-01|", "甲社区† 甲社区 乙社区 丙社区 丙社区 丁社区"},
		{"an earlier beginning goes before", "C|零社区|社区|2019-01-01|", "零社区 甲社区 乙社区 丙社区 丙社区 丁社区"},
	} {
		if c.rows != "" {
			load(t, w, table("编码|名称|层级|启用日期|停用日期\n"+c.rows), Area)
		}
		if got := spans(); got != c.want {
			t.Errorf("%s:\n%s\nwant %s", c.situation, got, c.want)
		}
	}
	// Without the column a new version still opens after an end.
	load(t, w, table("编码|名称|层级|停用日期\nE|戊社区|社区|2021-01-01"), Area)
	load(t, w, table("编码|名称|启用日期\nE|己社区|2023-01-01"), Area)
	if u, _ := directory(t, w, today).Unit("E"); u.Name != "己社区" || !u.In(today) {
		t.Errorf("%+v", u)
	}
}

func TestLoadTableRefuses(t *testing.T) {
	w := openWarehouse(t)
	load(t, w, table(areaTable), Area)
	load(t, w, party(), Party)
	before := [3]string{counts(t, w, "org"), counts(t, w, "org_alias"), counts(t, w, "org_cover")}
	for _, c := range []struct {
		situation, rows, tree string
		want                  string // the sentences, joined by a line break
	}{
		{"an unknown parent", "编码|名称|层级|上级编码\nX1|新网格|网格|C9", "", "第 2 行：上级单位“C9”不存在，请先登记该单位或核对编码"},
		{"a parent's name that two units bear", "编码|名称|层级|上级编码\nX1|新网格|网格|朝阳社区", "", "第 2 行：上级单位“朝阳社区”同时是 C1、C2 的名称，请改填编码"},
		{"a parent at the same level", "编码|名称|层级|上级编码\nX1|新社区|社区|C1", "", "第 2 行：上级“朝阳社区”的层级（社区）不在“新社区”的层级（社区）之上"},
		{"a parent below", "编码|名称|层级|上级编码\nX1|新街道|街道|G1", "", "第 2 行：上级“第一网格”的层级（网格）不在“新街道”的层级（街道）之上"},
		{"a parent in the other tree", "编码|名称|层级|上级编码\nX1|新支部|小区党组织|C1", "", "第 2 行：上级“朝阳社区”在区划树，与“新支部”不在同一棵树"},
		{"its own parent", "编码|名称|层级|上级编码\nX1|新社区|社区|X1", "", "第 2 行：“新社区”的上级不能是它自己"},
		{
			"a loop", "编码|名称|层级|上级编码\nX1|甲|街道|X2\nX2|乙|社区|X1", "",
			"第 2 行：上级关系成环：X1 → X2 → X1\n第 3 行：上级关系成环：X2 → X1 → X2",
		},
		{"a loop through units that were there", "编码|名称|上级编码\nS1|红旗街道|G1", "", "第 2 行：上级关系成环：S1 → G1 → C1 → S1"},
		{"a code that is another level's unit", "编码|名称|层级|上级编码\nC1|朝阳网格|网格|C2", "", "第 2 行：编码“C1”已是区划树的“朝阳社区”（社区），不能再用作网格，请换一个编码"},
		{"a code of the other tree", "编码|名称|层级\nC1|朝阳社区党委|社区党组织", Party, "第 2 行：编码“C1”已是区划树的“朝阳社区”（社区），不能再用作社区党组织，请换一个编码"},
		{"a code of the other tree, without a level", "编码|名称\nC1|朝阳社区党委", Party, "第 2 行：编码“C1”已是区划树的“朝阳社区”，同一编码不能用于两个单位"},
		{"a level of the other tree", "编码|名称|层级\nX1|新网格|网格", Party, "第 2 行：层级“网格”属于区划树，而本表装入的是党组织树"},
		{"an unknown level", "编码|名称|层级\nX1|新片区|片区", Area, "第 2 行：层级“片区”没有定义，可填：区、街道、社区、网格、楼栋"},
		{"a new unit without a level", "编码|名称\nX1|新社区", Area, "第 2 行：新单位“新社区”没有填写层级，可填：区、街道、社区、网格、楼栋"},
		{"a code twice", "编码|名称|层级\nX1|甲|社区\nX1|甲|社区", "", "第 3 行：编码“X1”与第 2 行重复"},
		{"a code twice at two levels", "编码|名称|层级|启用日期\nX1|甲|社区|2020-01-01\nX1|甲|网格|2021-01-01", "", "第 3 行：编码“X1”与第 2 行层级不同，同一编码不能用于两个单位"},
		{"no code", "编码|名称|层级\n|甲|社区", "", "第 2 行：没有填写编码"},
		{"no name", "编码|名称|层级\nX1||社区", "", "第 2 行：编码“X1”没有填写名称"},
		{"a code damaged by a spreadsheet", "编码|名称|层级\n1.10105E+11|甲|社区", "", "第 2 行：编码“1.10105E+11”已被电子表格改写成科学计数，请把该列设为文本格式后重新填写"},
		{"a code that would read as two", "编码|名称|层级\nA；1|甲|社区", "", "第 2 行：编码“A;1”含有逗号、顿号、分号或不可见字符"},
		{"unreadable numbers", "编码|名称|户数|人口|面积|排序\nC1|朝阳社区|三百|1.5|大|-1", "", "第 2 行：排序“-1”不是 0 至 10 亿之间的整数\n第 2 行：户数“三百”不是非负整数\n第 2 行：人口“1.5”不是非负整数\n第 2 行：面积“大”不是非负数值"},
		{"an unreadable date", "编码|名称|启用日期\nC1|朝阳社区|2023-02-30", "", "第 2 行：启用日期“2023-02-30”不是 1900 至 2199 年间的日期"},
		{"an end before the beginning", "编码|名称|启用日期|停用日期\nC1|朝阳社区|2024-01-01|2023-01-01", "", "第 2 行：停用日期 2023-01-01 不晚于启用日期 2024-01-01"},
		{"a cover of what is no area unit", "编码|名称|层级|覆盖\nX1|新支部|小区党组织|P11", "", "第 2 行：覆盖单位“P11”不是区划单位"},
		{"a cover that does not exist", "编码|名称|层级|覆盖\nX1|新支部|小区党组织|G1；G9", "", "第 2 行：覆盖单位“G9”不存在，请先登记该单位或核对编码"},
		{"an area unit that covers", "编码|名称|覆盖\nC1|朝阳社区|G1", "", "第 2 行：“朝阳社区”不是党组织，不能填写覆盖单位"},
		{
			"several mistakes, in order of the rows", "编码|名称|层级|上级\nX1|甲|社区|没有\n|乙|社区|\nX3|丙|片区|", Area,
			"第 2 行：上级单位“没有”不存在，请先登记该单位或核对编码\n第 3 行：没有填写编码\n第 4 行：层级“片区”没有定义，可填：区、街道、社区、网格、楼栋",
		},
	} {
		t.Run(c.situation, func(t *testing.T) {
			_, err := LoadTable(context.Background(), w, table(c.rows), TableOptions{Tree: c.tree, Levels: levels, Now: today})
			var m *MistakesError
			if !errors.As(err, &m) {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, strings.Join(m.Sentences(), "\n")); diff != "" {
				t.Error(diff)
			}
			if after := [3]string{counts(t, w, "org"), counts(t, w, "org_alias"), counts(t, w, "org_cover")}; after != before || w.Version() != 2 {
				t.Errorf("a refused table changed %v to %v, version %d", before, after, w.Version())
			}
		})
	}
}

func TestLoadTableRefusesWithoutRows(t *testing.T) {
	w := openWarehouse(t)
	for _, c := range []struct{ situation, rows, want string }{
		{"an empty file", "", ErrEmpty.Error()},
		{"blank lines", "\n|\n", ErrEmpty.Error()},
		{"a header alone", "编码|名称|层级\n||", ErrEmpty.Error()},
		{"no name column", "编码|层级\nA|社区", "单位表缺少“名称”列，请补上后重新装入"},
		{"no code column", "名称|层级\nA|社区", "单位表缺少“编码”列，请补上后重新装入"},
		{"a ledger", "序号|诉求内容\n1|路灯不亮", "没有找到表头，单位表应有“编码”“名称”两列，请按模板填写后重新装入"},
		{"a column twice", "编码|名称|code\nA|甲|B", "单位表的“编码”列出现了两次（“编码”和“code”），请只保留一列"},
	} {
		t.Run(c.situation, func(t *testing.T) {
			_, err := LoadTable(context.Background(), w, table(c.rows), TableOptions{Levels: levels, Now: today})
			if err == nil || err.Error() != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
	if w.Version() != 0 {
		t.Error("something was published")
	}
}

func TestMistakesErrorIsOneSentence(t *testing.T) {
	e := &MistakesError{Of: "单位表", Where: "第 %d 行", Mistakes: []Mistake{{5, "没有填写编码"}, {6, "没有填写编码"}}}
	if got, want := e.Error(), "第 5 行：没有填写编码；第 6 行：没有填写编码，单位表未作任何改动"; got != want {
		t.Error(got)
	}
}

func TestRowNumbersOfTheFileAreNamed(t *testing.T) {
	w := openWarehouse(t)
	_, err := LoadTable(context.Background(), w, table("编码|名称|层级\n|甲|社区"), TableOptions{Levels: levels, Now: today, Numbers: []int64{7, 12}})
	if err == nil || !strings.HasPrefix(err.Error(), "第 12 行：") {
		t.Error(err)
	}
}

func TestTextsThatLookLikeCodeStayTexts(t *testing.T) {
	w := openWarehouse(t)
	name := "'); DROP TABLE org; -- {{org}} $1 <\u2028b>"
	load(t, w, [][]string{{"编码", "名称", "层级", "别名"}, {"O'Hare $1 ?", name, "社区", "' OR 1=1--"}}, Area)
	load(t, w, [][]string{{"编码", "名称", "户数"}, {"O'Hare $1 ?", name, "3"}}, Area) // ends the first copy by its code
	u, _ := directory(t, w, today).Unit("O'Hare $1 ?")
	if u.Name != name || *u.Households != 3 || !cmp.Equal(u.Aliases, []string{"' OR 1=1--"}) {
		t.Errorf("%+v", u)
	}
	if got := counts(t, w, "org"); got != "1 live, 1 past" {
		t.Error(got)
	}
	if got := paths(t, w, nil, today); !cmp.Equal(got, []string{"O'Hare $1 ? community → O'Hare $1 ? (area)"}) {
		t.Error(got)
	}
}

func TestUnitsWithoutASortFollowInTheOrderOfTheFile(t *testing.T) {
	w := openWarehouse(t)
	load(t, w, table("编码|名称|层级\nZ|甲|社区\nA|乙|社区\nM|丙|社区"), Area)
	load(t, w, table("编码|名称|层级\nB|丁|社区\nZ|甲|社区"), Area)
	if diff := cmp.Diff([]string{"Z", "A", "M", "B"}, codes(directory(t, w, today).Units())); diff != "" {
		t.Error(diff)
	}
}

func TestUndoBringsTheEarlierTreeBack(t *testing.T) {
	w := openWarehouse(t)
	load(t, w, table(areaTable), Area)
	load(t, w, party(), Party)
	before := directory(t, w, today).Units()
	r := load(t, w, table("编码|名称|层级|别名|启用日期\nC1|朝阳花园社区|社区|花园|2026-02-01\nS1|红旗街道|街道|红旗街办；红办|2020-01-01\nX|新社区|社区|"), Area)
	if r.Accepted != 3 || r.Replaced != 2 {
		t.Errorf("%+v", r)
	}
	if _, err := w.Undo(context.Background(), 1); err == nil {
		t.Error("an undo of the first load must be refused: later ones replaced some of its units")
	} else if by := new(warehouse.ReplacedError); !errors.As(err, &by) || !cmp.Equal(by.By, []int64{3}) {
		t.Error(err)
	}
	if _, err := w.Undo(context.Background(), r.Job); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, directory(t, w, today).Units()); diff != "" {
		t.Error(diff)
	}
}

func TestTwoOrganisationsOfOneLevelOverOneUnitAreReported(t *testing.T) {
	w := openWarehouse(t)
	load(t, w, table(areaTable), Area)
	load(t, w, party(), Party)
	r := load(t, w, table("编码|名称|层级|覆盖|排序\nP12|朝阳社区第二党支部|社区党组织|C1|9"), Party)
	if diff := cmp.Diff([]CoverConflict{{Area: "C1", Level: "branch", By: []string{"P11", "P12"}}}, r.Conflicts); diff != "" {
		t.Error(diff)
	}
}

func TestALargeTable(t *testing.T) {
	rows := [][]string{{"编码", "名称", "层级", "上级编码"}}
	for s := range 20 {
		rows = append(rows, []string{fmt.Sprintf("S%02d", s), fmt.Sprintf("街%d街道", s), "街道", ""})
		for c := range 25 {
			community := fmt.Sprintf("S%02dC%02d", s, c)
			rows = append(rows, []string{community, fmt.Sprintf("街%d第%d社区", s, c), "社区", fmt.Sprintf("S%02d", s)})
			for g := range 10 {
				rows = append(rows, []string{fmt.Sprintf("%sG%d", community, g), fmt.Sprintf("第%d网格", g), "网格", community})
			}
		}
	}
	w := openWarehouse(t)
	if r := load(t, w, rows, Area); r.Accepted != 20+500+5000 {
		t.Errorf("%+v", r)
	}
	d := directory(t, w, today)
	u, err := d.Resolve("街7街道街7第3社区4网格", nil, "")
	if err != nil || u.Code != "S07C03G4" {
		t.Error(u, err)
	}
	if r := load(t, w, rows, Area); r.Unchanged != 20+500+5000 {
		t.Errorf("%+v", r)
	}
}

func FuzzReadTable(f *testing.F) {
	for _, s := range []string{areaTable, "编码|名称|层级|上级编码\nX1|甲|街道|X2\nX2|乙|社区|X1", "编码|名称|启用日期\nA|甲|２０２５年１月１日", "编码|名称\n\x00|\x1f", "编码|名称|户数\nA|甲|1,23"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows := table(text)
		head, at, err := findHeader(rows)
		if err != nil {
			return
		}
		numbers := make([]int64, len(rows))
		for i := range numbers {
			numbers[i] = int64(i + 1)
		}
		b := &book{before: map[string][]Unit{}, after: map[string][]Unit{}, rows: map[string]int64{}}
		b.put(unit(Area, "street", "S1", "", "红旗街道", 1), 1)
		l := &tableLoad{opt: TableOptions{Levels: levels}, head: head, today: today, book: b, rows: rows[at+1:], numbers: numbers[at+1:]}
		var r Report
		l.apply(&r)
		if len(l.mistakes) > 0 {
			if r.Accepted+r.Unchanged > 0 {
				t.Error("rows were taken beside mistakes")
			}
			return
		}
		if r.Rows != r.Accepted+r.Unchanged+r.Skipped || r.Rows != int64(len(rows)-at-1) {
			t.Errorf("%+v does not add up to %d rows", r, len(rows)-at-1)
		}
		// What was accepted is a sound book: no version overlaps the next, every parent is above.
		d := NewDirectory(levels, b.all(), today)
		if d.Len() != len(b.after) {
			t.Errorf("%d of %d units are in the tree", d.Len(), len(b.after))
		}
		for _, vs := range b.after {
			for i, u := range vs {
				if !u.ValidTo.IsZero() && !u.ValidTo.After(u.ValidFrom) {
					t.Errorf("%s is never in force: %+v", u.Code, u)
				}
				if i > 0 && (vs[i-1].ValidTo.IsZero() || vs[i-1].ValidTo.After(u.ValidFrom)) {
					t.Errorf("%s is two units on %s", u.Code, u.ValidFrom)
				}
				if p, ok := d.Unit(u.Parent); u.Parent != "" && (!ok || levels.Rank(p.Level) >= levels.Rank(u.Level) || p.Tree != u.Tree) {
					t.Errorf("%s below %s", u.Code, u.Parent)
				}
			}
		}
		if len(l.rows) > 0 && len(l.mistakes) == 0 {
			// The same again changes nothing.
			again := &tableLoad{opt: l.opt, head: head, today: today, book: b, rows: l.rows, numbers: l.numbers}
			var r2 Report
			again.apply(&r2)
			if r2.Accepted != 0 {
				t.Errorf("the second time %d rows changed something", r2.Accepted)
			}
		}
	})
}
