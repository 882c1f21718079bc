package profile

import (
	"errors"
	"strings"
	"testing"
)

func builtinSet(t testing.TB) *Set {
	t.Helper()
	ps, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return NewSet(ps...)
}

// recognise gives the profile of a file and the index of the last row of its header.
func recognise(s *Set, head [][]string) (*Profile, int, error) {
	c, err := s.Recognise(head)
	return c.Profile, c.Place.Last, err
}

func TestRecognise(t *testing.T) {
	s := builtinSet(t)
	petition := strings.Split("序号,受理日期,受理时间,来源渠道,网格,小区楼栋,诉求类别,诉求内容,反映人（类别）,联系电话,承办单位/人,转办时间,办结时限,办结时间,办理结果,是否解决,满意度,回访情况,是否有效回访,备注", ",")
	wish := strings.Split("序号,征集日期,心愿人类别,网格,心愿内容,认领单位/党员,认领日期,实现日期,完成情况,评价,备注", ",")
	for _, c := range []struct {
		name string
		head [][]string
		want string
		row  int
	}{
		{"header in the first row", [][]string{petition}, "居民诉求台账", 0},
		{"title and a row of units above", [][]string{{"朝阳社区居民诉求台账（2023年9月）"}, {"", "", "单位：件"}, petition, {"1", "2023.9.1"}}, "居民诉求台账", 2},
		{"blank rows above", [][]string{{""}, {}, wish}, "微心愿台账", 2},
		{"a description that names the headers", [][]string{{"受理日期", "诉求内容"}, petition}, "居民诉求台账", 1},
		{"headers broken over lines", [][]string{{"受理\n日期", " 诉求 内容 "}}, "居民诉求台账", 0},
		{"synonyms", [][]string{{"登记日期", "反映内容", "所属网格"}}, "居民诉求台账", 0},
		{"community profile", [][]string{{"社区", "户数", "人口", "面积"}}, "社区基本情况", 0},
		{"published figures", [][]string{strings.Split("单位,指标,数值,分子,分母,分母口径,计量单位,期间起,期间止,截至日期,出处", ",")}, "公布数据", 0},
		{"keys of a JSON file", [][]string{{"unique_key", "created_date", "agency", "complaint_type"}}, "nyc311", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, row, err := recognise(s, c.head)
			if err != nil {
				t.Fatal(err)
			}
			if p.Name != c.want || row != c.row {
				t.Errorf("%s in row %d, want %s in row %d", p.Name, row, c.want, c.row)
			}
		})
	}
}

func TestNotRecognised(t *testing.T) {
	s := builtinSet(t)
	for _, c := range []struct {
		name string
		head [][]string
		is   error
		text string
	}{
		{"nothing alike", [][]string{{"a", "b"}, {"1", "2"}}, ErrUnknown, "无法识别这份台账：表头与已有的台账模板都不相符，请检查表头，或用 --profile 指定模板。"},
		{"no rows", nil, ErrUnknown, "无法识别这份台账：表头与已有的台账模板都不相符，请检查表头，或用 --profile 指定模板。"},
		{"a near miss", [][]string{{"序号", "受理日期", "网格"}}, ErrUnknown, "无法识别这份台账，最接近的模板是“居民诉求台账”（缺少“诉求内容”列），请检查表头，或用 --profile 指定模板。"},
		{"two near misses, the nearer first", [][]string{{"征集日期", "单位", "指标"}}, ErrUnknown, "无法识别这份台账，最接近的模板是“公布数据”（缺少“数值”列）、“微心愿台账”（缺少“心愿内容”列），请检查表头，或用 --profile 指定模板。"},
		{"two that fit", [][]string{{"受理日期", "诉求内容", "征集日期", "心愿内容"}}, ErrAmbiguous, "这份台账同时符合“居民诉求台账”“微心愿台账”几个模板，无法判断，请用 --profile 指定。"},
		{"matched, but a required column is missing", [][]string{{"单位", "指标", "数值"}}, ErrUnknown, "无法识别这份台账，最接近的模板是“公布数据”（缺少“期间起”列），请检查表头，或用 --profile 指定模板。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, _, err := recognise(s, c.head)
			if !errors.Is(err, c.is) || err.Error() != c.text {
				t.Errorf("%v %v\nwant %s", p, err, c.text)
			}
		})
	}
}

func TestHeaderRowGiven(t *testing.T) {
	p := parse(t, "header_row = 2\n"+minimal)
	if row, ok := p.FindHeader([][]string{{"d"}, {"d"}}); row != (Place{1, 1}) || !ok {
		t.Errorf("%d %v", row, ok)
	}
	if _, ok := p.FindHeader([][]string{{"d"}, {"x"}}); ok {
		t.Error("a row without the date is a header")
	}
	if _, ok := p.FindHeader([][]string{{"d"}}); ok {
		t.Error("a row past the end is a header")
	}
}

func TestProfileGivenByNameNeedsNoMatch(t *testing.T) {
	p := parse(t, minimal+"text = \"t\"")
	if row, ok := p.FindHeader([][]string{{"title"}, {"d"}, {"d", "t"}, {"1", "2"}}); row != (Place{2, 2}) || !ok {
		t.Errorf("%d %v", row, ok)
	}
}

func TestSet(t *testing.T) {
	s := builtinSet(t)
	n := len(s.All())
	own := parse(t, strings.Replace(minimal, `"x"`, `"nyc311"`, 1))
	s.Add(own)
	if p, ok := s.ByName("nyc311"); !ok || p != own || len(s.All()) != n {
		t.Error("a profile of the site does not replace the built-in one")
	}
	if p, ok := s.ByName("波士顿 311 服务请求"); !ok || p.Name != "boston311" {
		t.Error("not found by its display name")
	}
	if _, ok := s.ByName("无此台账"); ok {
		t.Error("found what is not there")
	}
}

func FuzzRecognise(f *testing.F) {
	s := builtinSet(f)
	for _, seed := range []string{"受理日期,诉求内容\n1,2", "标题\n\nUnique Key,Created Date,Complaint Type", "单位,指标,数值,截至日期", ",,\n,", "\xff,\x00", "社区,户数,人口,社区"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var head [][]string
		for line := range strings.SplitSeq(text, "\n") {
			head = append(head, strings.Split(line, ","))
		}
		p, row, err := recognise(s, head)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || !strings.HasSuffix(e.Text, "。") {
				t.Fatalf("%v is no sentence", err)
			}
			return
		}
		b, err := p.Bind(head[row])
		if err != nil {
			t.Fatalf("recognised as %s in row %d, but %v", p.Name, row, err)
		}
		title := TitleContext(head, row, text, text)
		c := &Clock{From: title.From, To: title.To}
		for _, cells := range head[row+1:] {
			b.Skip(cells)
			b.AppendKey(nil, cells, c)
			for i := range b.Emits {
				if !b.Emits[i].Applies(cells) {
					continue
				}
				for j := range b.Emits[i].Fields {
					fl := &b.Emits[i].Fields[j]
					fl.Text(cells)
					_, _, _ = fl.Time(cells, c)
					_, _, _, _ = fl.Int(cells)
					_, _, _ = fl.Bool(cells)
					_, _, _ = fl.Coord(cells)
				}
			}
		}
	})
}
