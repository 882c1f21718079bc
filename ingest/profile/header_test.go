package profile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sheet cuts a table at | and line ends.
func sheet(text string) [][]string {
	var rows [][]string
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		cells := strings.Split(strings.TrimSpace(line), "|")
		for i := range cells {
			cells[i] = strings.ReplaceAll(strings.TrimSpace(cells[i]), `\n`, "\n")
		}
		rows = append(rows, cells)
	}
	return rows
}

func TestJoinHeader(t *testing.T) {
	for _, c := range []struct{ name, rows, want string }{
		{"one row stays as it is", `序号| 受理\n日期||备注|备注`, `序号|受理\n日期||备注|备注`},
		{
			"a text export: blanks behind the upper cell and below the others",
			"序号|受理日期|办理情况|||备注\n||办结时间|办理结果|满意度|",
			"序号|受理日期|办理情况›办结时间|办理情况›办理结果|办理情况›满意度|备注",
		},
		{
			"a workbook: merged cells repeated",
			"序号|受理日期|办理情况|办理情况|备注\n序号|受理日期|办结时间|办理结果|备注",
			"序号|受理日期|办理情况›办结时间|办理情况›办理结果|备注",
		},
		{"numbers of two kinds", "社区|独居||失能|\n|人数|户数|人数|户数", "社区|独居›人数|独居›户数|失能›人数|失能›户数"},
		{
			"three rows",
			"网格|基本情况||||备注\n|人口||户数||\n|户籍|流动|自有|租住|",
			"网格|基本情况›人口›户籍|基本情况›人口›流动|基本情况›户数›自有|基本情况›户数›租住|备注",
		},
		{"a group does not reach past the group above it", "甲|乙|\n丙||丁\n子|丑|寅", "甲›丙›子|乙›丑|乙›丁›寅"},
		{"a lower cell that says the same adds nothing", "独居|独居|失能\n独 居|户数|失能", "独居|独居›户数|失能"},
		{"a blank column stays blank", "网格||独居|\n|||户数", "网格||独居|户数"},
		{"rows of unequal length", "网格|独居\n|人数|户数", "网格|独居›人数|独居›户数"},
		{"line breaks in cells", "网格|办理\\n情况|\n|办结\\n时间|Closed\\nat", "网格|办理情况›办结时间|办理情况›Closed at"},
		{"a name below nothing", "网格||\n|人数|户数", "网格|人数|户数"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(sheet(c.want)[0], JoinHeader(sheet(c.rows))); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := JoinHeader(nil); len(got) != 0 {
		t.Errorf("%q of no rows", got)
	}
}

func TestColumnsOfAJoinedHeader(t *testing.T) {
	p := parse(t, `name = "x"; shape = "record"
[synonyms] 办结时间 = ["完结日期"]
[fields] received_at = "受理日期"; closed_at = "办结时间"; quantity = "独居人数"; result = "结果"; amount = "金额"; dept = "承办"; title = "回访/情况"`)
	for _, c := range []struct {
		name, header string
		want         map[string]string // field → column of the file
		unmapped     []string
	}{
		{
			"by the lower level, by both, by the upper one",
			"受理日期|办理情况›办结时间|独居›人数|失能›人数|承办›单位",
			map[string]string{"received_at": "受理日期", "closed_at": "办理情况›办结时间", "quantity": "独居›人数", "dept": "承办›单位"},
			[]string{"失能›人数"},
		},
		{"by a synonym", "受理日期|办理情况›完结日期", map[string]string{"received_at": "受理日期", "closed_at": "办理情况›完结日期"}, nil},
		{"a plain name goes before", "受理日期|办理情况›办结时间|办结时间", map[string]string{"received_at": "受理日期", "closed_at": "办结时间"}, []string{"办理情况›办结时间"}},
		{"a lower level that stands twice means nothing", "受理日期|一次›结果|二次›结果", map[string]string{"received_at": "受理日期"}, []string{"一次›结果", "二次›结果"}},
		{"nor does an upper one", "受理日期|金额›应收|金额›实收", map[string]string{"received_at": "受理日期"}, []string{"金额›应收", "金额›实收"}},
		{"the profile may spell both levels", "受理日期|回访›情况|走访›情况", map[string]string{"received_at": "受理日期", "title": "回访›情况"}, []string{"走访›情况"}},
		{"three levels", "受理日期|对象›独居›人数|对象›失能›人数|经过›办理›办结时间", map[string]string{"received_at": "受理日期", "quantity": "对象›独居›人数", "closed_at": "经过›办理›办结时间"}, []string{"对象›失能›人数"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := bind(t, p, strings.Split(c.header, "|")...)
			got := map[string]string{}
			for _, f := range b.Emits[0].Fields {
				got[f.Target] = f.Column.Header
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.unmapped, b.Unmapped); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHeadersOfSeveralRowsAreFound(t *testing.T) {
	s := builtinSet(t)
	for _, c := range []struct {
		name, head  string
		want        string
		place       Place
		header      string // joined; "" = not looked at
		known, rows int    // rows: how many follow that are no header
	}{
		{
			"a title, a line of units, two rows of header",
			`朝阳社区居民诉求台账（2023年9月）|||||
			填报单位：朝阳社区||||单位：件|
			序号|受理日期|诉求内容|办理情况||
			|||办结时间|办理结果|满意度
			1|2023.9.1|路灯不亮|2023.9.3|已解决|满意`,
			"居民诉求台账",
			Place{2, 3},
			"序号|受理日期|诉求内容|办理情况›办结时间|办理情况›办理结果|办理情况›满意度", 6, 1,
		},
		{
			"merged cells of a workbook, the title as well",
			`居民诉求台账|居民诉求台账|居民诉求台账|居民诉求台账|居民诉求台账
			序号|受理日期|诉求内容|办理情况|办理情况
			序号|受理日期|诉求内容|办结时间|满意度
			1|2023.9.1|路灯不亮|2023.9.3|满意`,
			"居民诉求台账",
			Place{2, 2},
			"序号|受理日期|诉求内容|办结时间|满意度", 5, 1, // repeated as they are, the lower cells are whole
		},
		{
			"a row of headings above a header that is whole",
			`基本情况|||办理||
			序号|受理日期|诉求内容|办结时间|办理结果|满意度
			1|2023.9.1|路灯不亮|2023.9.3|已解决|满意`,
			"居民诉求台账",
			Place{1, 1},
			"序号|受理日期|诉求内容|办结时间|办理结果|满意度", 6, 1,
		},
		{
			"headings without which the lower row says little",
			`序号|受理|诉求内容|办结|
			|日期||时间|结果
			1|2023.9.1|路灯不亮|2023.9.3|已解决`,
			"居民诉求台账",
			Place{0, 1},
			"序号|受理›日期|诉求内容|办结›时间|办结›结果", 4, 1,
		},
		{
			"duplicate and blank headers above a row of texts are one row",
			`受理日期|诉求内容|备注|备注||
			2023.9.1|路灯不亮|无|急|补|录
			2023.9.2|停水|||`,
			"居民诉求台账",
			Place{0, 0},
			"", 3, 2,
		},
		{
			"the header again on the second page is not the first",
			`受理日期|诉求内容|满意度
			2023.9.1|路灯不亮|满意
			受理日期|诉求内容|满意度
			2023.9.2|停水|满意`,
			"居民诉求台账",
			Place{0, 0},
			"", 3, 3,
		},
		{
			"a row of units below belongs to the rows",
			`社区|独居|失能
			|人|人
			朝阳社区|12|3`,
			"特殊群体汇总表",
			Place{0, 0},
			"", 3, 2,
		},
		{
			"ages and years head columns",
			`社区|人口||户数|
			|常住|60岁以上|2023年|2024年
			朝阳社区|1200|300|400|410`,
			"",
			Place{},
			"", 0, 0,
		},
		{
			"one level over single columns and pairs",
			`网格|特殊群体||||
			|独居|高龄|失能|残疾|困境儿童
			第一网格|3|2|1|0|0`,
			"特殊群体汇总表",
			Place{0, 1},
			"网格|特殊群体›独居|特殊群体›高龄|特殊群体›失能|特殊群体›残疾|特殊群体›困境儿童", 6, 1,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			head := sheet(c.head)
			if c.want == "" { // fits no ledger, but is one header
				if !stacked(head[:2]) || stacked(head[:3]) || stacked(head[1:3]) {
					t.Error("no header of two rows")
				}
				return
			}
			got, err := s.Recognise(head)
			if err != nil {
				t.Fatal(err)
			}
			if got.Profile.Name != c.want || got.Place != c.place || got.Known != c.known || len(head)-1-got.Place.Last != c.rows {
				t.Errorf("%s at %v knowing %d, want %s at %v knowing %d", got.Profile.Name, got.Place, got.Known, c.want, c.place, c.known)
			}
			if c.header != "" {
				if diff := cmp.Diff(strings.Split(c.header, "|"), got.Header); diff != "" {
					t.Error(diff)
				}
			}
			if diff := cmp.Diff(got.Header, JoinHeader(got.Place.Rows(head))); diff != "" {
				t.Error(diff)
			}
			if place, ok := got.Profile.FindHeader(head); !ok || place != got.Place {
				t.Errorf("FindHeader says %v", place)
			}
			if _, err := got.Profile.Bind(got.Header); err != nil {
				t.Error(err)
			}
		})
	}
}

// What two columns share must not be read as if it were one column's name.
func TestUpperCellOverTwoKindsOfNumbersIsNoColumn(t *testing.T) {
	s := builtinSet(t)
	_, err := s.Recognise(sheet("社区|独居||失能|\n|户数|金额|户数|金额\n朝阳社区|1|2|3|4"))
	if err == nil {
		t.Error("独居 was read from one of its two columns")
	}
}

func FuzzHeader(f *testing.F) {
	s := builtinSet(f)
	for _, seed := range []string{
		"社区|独居||失能|\n|人数|户数|人数|户数\n朝阳|1|2|3|4", "序号|受理日期|办理情况||\n|诉求内容|办结时间|办理结果\n1|a|2023.9.1|好",
		"a||\n|b|c\n||d", "›|››\n›a|b›", "标题|标题\n受理日期|诉求内容", "\n\n|\n||", "甲|甲|甲\n乙|乙|丙\n丁|戊|己",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var head [][]string
		for line := range strings.SplitSeq(text, "\n") {
			head = append(head, strings.Split(line, "|"))
		}
		for i := range head {
			for last := i; last < min(i+maxLevels, len(head)); last++ {
				rows := head[i : last+1]
				joined := JoinHeader(rows)
				if len(joined) != widest(rows) {
					t.Fatalf("%q: %d columns of %d", rows, len(joined), widest(rows))
				}
				for col, h := range joined {
					below := false
					for _, r := range rows {
						below = below || col < len(r) && label(r[col]) != ""
					}
					if below && h == "" {
						t.Fatalf("%q: column %d lost its name", rows, col)
					}
				}
				foldRow(joined)
			}
		}
		c, err := s.Recognise(head)
		if err != nil {
			return
		}
		b, err := c.Profile.Bind(c.Header)
		if err != nil && c.Profile.Refuse == "" {
			t.Fatalf("recognised as %s at %v, but %v", c.Profile.Name, c.Place, err)
		}
		if err == nil && b.known != c.Known {
			t.Fatalf("%d columns known, %d when bound", c.Known, b.known)
		}
	})
}
