package profile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSkip(t *testing.T) {
	p := parse(t, `name = "x"; shape = "record"; key = ["内容"]
[null] values = ["无", "/"]
[fields] received_at = "日期"
[drop] columns = ["序号"]`)
	b := bind(t, p, "序号", "日期", "内容", "经过›办结")
	b.Around(TitleContext([][]string{{"朝阳社区台账"}, {}}, 1, "", "a.csv"), nil)
	for _, c := range []struct {
		name, row string
		want      Skip
	}{
		{"a row", "1|2023-09-28|x|", ""},
		{"a row without a date is for the reader to refuse", "||只有内容|", ""},
		{"nothing", "| |\u3000|\t", SkipBlank},
		{"numbered beforehand", "17|||", SkipBlank},
		{"a number and words that mean nothing", "17|无|/|无", SkipBlank},
		{"words that mean nothing", "无|无||", SkipBlank},
		{"a number and a text", "17||x|", ""},
		{"totals", "合 计||12|", SkipTotal},
		{"totals behind blanks", "|小计|12|", SkipTotal},
		{"totals behind a number", "12|合计|12|", SkipTotal},
		{"totals of a unit", "朝阳社区小计||12|", SkipTotal},
		{"totals of a unit in two cells", "朝阳社区|小计|12|", SkipTotal},
		{"totals of a year", "本年累计||12|", SkipTotal},
		{"totals merged over columns", "合计|合计|12|", SkipTotal},
		{"totals with a colon", "合计：7件|||", SkipTotal},
		{"totals with an ASCII colon", "小计:1件|||", SkipTotal},
		{"totals that say how many in the next cell", "合计|8件||", SkipTotal},
		{"totals that say how many, all in all", "总计|共 12 件||", SkipTotal},
		{"a matter below 合计 on a day without a year", "合计|9月28日|x|", ""},
		{"a matter below 合计 on a day nobody can read", "合计|28|x|", ""},
		{"totals of a page", "本页合计||3|", SkipTotal},
		{"a matter that begins with 合计", "合计|2023-09-28|x|", ""},
		{"a matter of 合计用电", "合计用电||x|", ""},
		{"a matter about totals", "3|2023-09-28|工资合计算错|", ""},
		{"who filled it in", "制表人：某某|||", SkipFooter},
		{"merged over columns", "制表人：某某|制表人：某某|制表人：某某|制表人：某某", SkipFooter},
		{"behind blanks", "||审核人：某某　填报日期：2026年1月5日|", SkipFooter},
		{"several in a row", "填报单位：和平社区||联系电话：6223344|", SkipFooter},
		{"a note", "注：本表按月填报。|||", SkipFooter},
		{"a numbered note", "备注1：不含商户|||", SkipFooter},
		{"a form's words without a colon", "审核人||某某|", SkipFooter},
		{"a page number", "第 2 页|||共 3 页", SkipFooter},
		{"the end of the page", "（以下空白）|||", SkipFooter},
		{"how to fill it in", "填写要求：日期按年月日填写|||", SkipFooter},
		{"a dated row that begins with a form's word", "审核人：某某|2023-09-28|x|", ""},
		{"a matter about a form", "||填报系统打不开|", ""},
		{"a matter about 注水", "||注水严重|", ""},
		{"a matter about page one", "||第1页被撕毁，要求补发|", ""},
		{"the header again", "序号|日期|内容|办结", SkipHeader},
		{"the header again, cut short", "序号|日期||", SkipHeader},
		{"the upper row of the header again", "||日期|经过", ""},
		{"the upper row of the header in its columns", "|日期||经过", SkipHeader},
		{"a header's word alone", "序号|||", ""},
		{"a matter under a header's word", "序号|日期|x|", ""},
		{"the title again", "朝阳社区台账|||", SkipHeader},
		{"the title again, merged", "朝阳社区台账|朝阳社区台账|朝阳社区台账|朝阳社区台账", SkipHeader},
		{"columns numbered", "1|2|3|4", SkipNumbers},
		{"columns numbered in brackets", "（1）|（2）|（3）|（4）", SkipNumbers},
		{"columns lettered, then numbered", "甲|乙|1|2=1", SkipNumbers},
		{"columns lettered", "A|B|C|D", SkipNumbers},
		{"columns circled", "①|②|③|④", SkipNumbers},
		{"columns named as numbered", "栏次|1|2|3", SkipNumbers},
		{"the first row of a list", "1|2023-09-28|3|4", ""},
		{"numbers that do not count", "1|2|4|5", ""},
		{"units", "|（日期）|（件）|", SkipUnits},
		{"units without brackets", "||件|人次", SkipUnits},
		{"how many of what", "单位：件|||", SkipUnits},
		{"what must be filled in", "选填|必填|必填|选填", SkipUnits},
		{"a matter of one word", "||件数不符|", ""},
		{"a heading between rows", "一、物业管理|||", SkipSection},
		{"a heading in brackets", "（二）环境卫生|||", SkipSection},
		{"a heading merged over columns", "物业管理类|物业管理类|物业管理类|物业管理类", SkipSection},
		{"a dated row that begins like a heading", "一、物业管理|2023-09-28|x|", ""},
		{"an example", "示例|2023-09-28|楼道灯不亮|", SkipExample},
		{"an example in brackets", "（填写示例）|2023-09-28|楼道灯不亮|", SkipExample},
		{"a matter about an example", "|2023-09-28|示例|", ""},
	} {
		row := strings.Split(c.row, "|")
		if got := b.Skip(row); got != c.want {
			t.Errorf("%s: %q: %q, want %q", c.name, row, got, c.want)
		}
	}
}

func TestSkipWithoutDates(t *testing.T) {
	b := bind(t, parse(t, `name = "x"; shape = "figure"; period = "title"
[[emit]]
constants = { measure = "m" }; into = "subject"; unpivot = ["独居", "失能", "占比"]
fields = { org = { from = ["column:社区"] } }`), "社区", "独居", "失能", "占比")
	for _, c := range []struct {
		row  string
		want Skip
	}{
		{"朝阳社区|1|2|3", ""},
		{"合计|1|2|3", SkipTotal},
		{"第一网格小计|1|2|3", SkipTotal},
		{"朝阳社区合计|1|2|", SkipTotal},
		{"|人|人|%", SkipUnits},
		{"1|2|3|4", SkipNumbers},
		{"小计算社区|1|2|3", ""},
		{"总场社区|1|2|3", ""},
		{"制衣厂社区|1|2|3", ""},
		{"例行社区|1|2|3", ""},
	} {
		row := strings.Split(c.row, "|")
		if got := b.Skip(row); got != c.want {
			t.Errorf("%q: %q, want %q", row, got, c.want)
		}
	}
}

func TestTotals(t *testing.T) {
	b := bind(t, parse(t, `name = "x"; shape = "activity"; key = ["名称"]
[fields]
held_at = "日期"; attended = "人次"; amount = { column = "投入", unit = "元" }; hours = "平均时长"; brand = "名称"
[drop] columns = ["序号"]`), "序号", "名称", "日期", "人次", "投入", "平均时长", "备注")
	cell := func(col int, header string, v float64, q Qualifier) TotalCell { return TotalCell{col, header, v, q} }
	for _, c := range []struct {
		row  string
		want *Total // nil = no totals
	}{
		{"合计|||1,200|近3万元|2.5|3", &Total{"合计", TotalWhole, []TotalCell{cell(3, "人次", 1200, Exact), cell(4, "投入", 30000, Near)}}},
		{"总 计|||12人次|—||", &Total{"总 计", TotalWhole, []TotalCell{cell(3, "人次", 12, Exact)}}},
		{"|小计||12|||", &Total{"小计", TotalPart, []TotalCell{cell(3, "人次", 12, Exact)}}},
		{"9|合计||12|||", &Total{"合计", TotalWhole, []TotalCell{cell(3, "人次", 12, Exact)}}},
		{"朝阳社区|合计||12|||", &Total{"合计", TotalPart, []TotalCell{cell(3, "人次", 12, Exact)}}},
		{"朝阳社区合计|||12|||", &Total{"朝阳社区合计", TotalPart, []TotalCell{cell(3, "人次", 12, Exact)}}},
		{"本页合计|||12|||", &Total{"本页合计", TotalPart, []TotalCell{cell(3, "人次", 12, Exact)}}},
		{"本年累计|||12|||", &Total{"本年累计", TotalRunning, []TotalCell{cell(3, "人次", 12, Exact)}}},
		{"合计|合计|合计|12|||", &Total{"合计", TotalWhole, []TotalCell{cell(3, "人次", 12, Exact)}}},
		{"合计：7场||||||", &Total{"合计：7场", TotalWhole, nil}},
		{"1|义诊|2023-09-28|12|||", nil},
		{"||||||", nil},
		{"制表人：某某||||||", nil},
	} {
		row := strings.Split(c.row, "|")
		got, ok := b.Totals(row)
		if ok != (c.want != nil) {
			t.Errorf("%q: %v", row, ok)
			continue
		}
		if ok {
			if diff := cmp.Diff(*c.want, got); diff != "" {
				t.Errorf("%q: %s", row, diff)
			}
		}
	}
	if diff := cmp.Diff([]TotalCell{cell(3, "人次", 40, AtLeast)}, b.Clone().Amounts([]string{"1", "义诊", "", "40余", "若干", "2", "5"})); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkSkip(b *testing.B) {
	p, _ := builtinSet(b).ByName("居民诉求台账")
	bound := bind(b, p, "序号", "受理日期", "受理时间", "网格", "诉求内容", "反映人", "办结时间", "满意度")
	for _, c := range []struct {
		name string
		row  []string
	}{
		{"number", []string{"412", "2023-09-28", "9:32", "第一网格", "楼道灯不亮", "某某", "2023-09-29", "满意"}},
		{"text", []string{"第一网格", "2023-09-28", "9:32", "第一网格", "楼道灯不亮", "某某", "2023-09-29", "满意"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if bound.Skip(c.row) != "" {
					b.Fatal("skipped")
				}
			}
		})
	}
}
