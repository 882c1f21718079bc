package profile

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// petition is a small ledger for others to extend.
const petition = `name = "诉求"; title = "居民诉求"; shape = "record"; key = ["受理日期", "内容"]
[match] headers = ["受理日期", "内容"]
[null] values = ["-"]
[constants] kind = "SQ"
[synonyms]
受理日期 = ["登记日期", "受理时间"]
内容 = ["诉求内容"]
满意度 = ["评价"]
网格 = ["所属网格"]
[fields]
received_at = { column = "受理日期", time = "受理时刻" }
text = "内容"
satisfaction = "满意度"
dept = ["承办单位", "责任部门"]
resolved = { column = "是否解决", map = { 已解决 = "是" } }
quantity = { column = "件数", unit = "件" }
org = { from = ["column:网格", "title"] }
[attrs] columns = ["备注", "来文号"]
[drop] columns = ["序号", "反映人"]
[examples]
序号 = 1; 受理日期 = "2026-03-02"; 内容 = "楼道灯不亮"; 件数 = 1
`

func extension(t testing.TB, base *Profile, text string) (*Profile, error) {
	t.Helper()
	return Parse([]byte(text), "own.toml", Options{NeedMatch: true, Base: func(name string) (*Profile, bool) { return base, name == base.Name }})
}

// uses says what became of a header: field by column, and what is kept, not known, repeated.
func uses(b *Binding) map[string]string {
	out := map[string]string{}
	for i := range b.Emits {
		for _, f := range b.Emits[i].Fields {
			if f.Column.Bound() {
				out[f.Target] = f.Column.Header
			}
		}
	}
	for _, a := range b.Attrs {
		out["attr "+a.Header] = ""
	}
	for _, h := range b.Unmapped {
		out["unmapped "+h] = ""
	}
	return out
}

func TestExtends(t *testing.T) {
	base := parse(t, petition)
	p, err := extension(t, base, `name = "朝阳诉求"; extends = "诉求"
[null] values = ["暂无"]
[synonyms] 满意度 = ["群众打分"]; 件数 = ["多少件"]
[columns]
受理日期 = "受理时间"   # which the other takes for a synonym of the date, and here for the date
内容 = "说了什么"
承办单位 = ""
备注 = "情况"
[attrs] columns = ["楼号"]
[drop] columns = ["来文号", "照片"]`)
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "朝阳诉求" || p.Title != "朝阳诉求" || p.Extends != "诉求" || p.SourceSystem() != "诉求" || p.Digest == base.Digest || len(p.Digest) != 64 {
		t.Errorf("%s %s %s %s", p.Name, p.Title, p.Extends, p.SourceSystem())
	}
	b := bind(t, p, "序号", "受理时间", "说了什么", "群众打分", "责任部门", "所属网格", "多少件", "情况", "楼号", "来文号", "照片", "内容", "诉求内容", "别的")
	want := map[string]string{
		"received_at": "受理时间", "text": "说了什么", "satisfaction": "群众打分", "quantity": "多少件",
		"dept":    "责任部门", // the file has no 承办单位, the next that exists counts
		"attr 情况": "", "attr 楼号": "",
		"unmapped 内容": "", "unmapped 诉求内容": "", "unmapped 别的": "", // [columns] says where the text is, and nothing else is
	}
	if diff := cmp.Diff(want, uses(b)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"序号", "受理日期", "内容", "满意度", "责任部门", "网格", "件数", "备注", "楼号", "来文号", "照片", "", "", ""}, b.Canon); diff != "" {
		t.Error(diff)
	}
	if s := field(t, b, 0, "satisfaction").Text([]string{"", "", "", "暂无"}); s != "" {
		t.Errorf("%q is a null value of the extension", s)
	}
	// The other profile is as it was.
	if diff := cmp.Diff(map[string]string{"received_at": "登记日期", "text": "诉求内容", "unmapped 群众打分": ""}, uses(bind(t, base, "登记日期", "诉求内容", "群众打分"))); diff != "" {
		t.Error(diff)
	}
}

func TestMistakesOfExtensions(t *testing.T) {
	base := parse(t, petition)
	for _, c := range []struct{ name, text, want string }{
		{"no such profile", "name = \"a\"\nextends = \"b\"", "第 2 行：没有名为“b”的台账模板可供 extends 引用"},
		{"no such column", "name = \"a\"; extends = \"诉求\"\n[columns]\n天气 = \"晴雨\"", "第 3 行：台账没有“天气”这一列"},
		{"a synonym is no column", "name = \"a\"; extends = \"诉求\"\n[columns]\n登记日期 = \"x\"", "第 3 行：台账没有“登记日期”这一列"},
		{"a header of nothing", "name = \"a\"; extends = \"诉求\"\n[columns]\n内容 = \" \"", "第 3 行：“内容”对应的列名是空的"},
		{"fields of its own", "name = \"a\"; extends = \"诉求\"\n[fields]\ntext = \"x\"", "第 2 行：不认识的设置“fields”，可用的有：" + extendKeys},
		{"not a text", "name = \"a\"; extends = \"诉求\"\n[columns]\n内容 = 3", "第 3 行：“内容”应为文字，请加引号"},
		{"recognised by nothing", "name = \"a\"; extends = \"诉求\"\n[columns]\n内容 = \"\"\n受理日期 = \"\"", "第 2 行：识别台账所用的列都写成了没有，请在 [match] headers 中写明凭哪些列名识别"},
		{"no name", "extends = \"诉求\"", "第 1 行：缺少 name，请给台账模板起一个名称"},
		{"an example of no column", "name = \"a\"; extends = \"诉求\"\n[examples]\n天气 = \"晴\"", "第 3 行：台账没有“天气”这一列"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := extension(t, base, c.text)
			if want := "台账模板“own.toml”" + c.want + "。"; err == nil || err.Error() != want || !errors.Is(err, ErrProfile) {
				t.Errorf("%v\nwant %s", err, want)
			}
		})
	}
	own, err := extension(t, base, "name = \"a\"; extends = \"诉求\"")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := extension(t, own, "name = \"b\"\nextends = \"a\""); err == nil || err.Error() != "台账模板“own.toml”第 2 行：“a”本身也是改写来的，请改为 extends = \"诉求\"。" {
		t.Error(err)
	}
}

func TestSiteProfiles(t *testing.T) {
	base := parse(t, petition)
	other := parse(t, "name = \"别的\"; shape = \"record\"\n[match] headers = [\"d\"]\n[fields] received_at = \"d\"")
	s := NewSet(base, other)
	err := s.AddFiles([]File{
		{"1.toml", []byte("name = \"改写\"; extends = \"本站\"\n[columns]\nd = \"何日\"")}, // stands before what it extends
		{"2.toml", []byte("name = \"本站\"; shape = \"record\"\n[match] headers = [\"e\"]\n[fields] received_at = \"d\"")},
		{"3.toml", []byte("name = \"诉求\"; extends = \"诉求\"\n[columns]\n内容 = \"事由\"")}, // takes the place of what it extends
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range s.All() {
		names = append(names, p.Name+"<"+p.Extends)
	}
	if diff := cmp.Diff([]string{"诉求<诉求", "别的<", "本站<", "改写<本站"}, names); diff != "" {
		t.Error(diff)
	}
	c, err := s.Recognise([][]string{{"受理日期", "事由"}})
	if err != nil || c.Profile.Extends != "诉求" {
		t.Error(c.Profile, err)
	}
	if _, err := s.Recognise([][]string{{"受理日期", "内容"}}); !errors.Is(err, ErrUnknown) {
		t.Errorf("%v: the built-in profile was replaced", err)
	}
	for _, f := range []File{{"x.toml", []byte("name = \"x\"\nextends = \"无此\"")}, {"x.toml", []byte("name = \"x\"\nshape = \"rekord\"")}, {"x.toml", []byte("name = ")}} {
		var e *Error
		if err := NewSet(base).AddFiles([]File{f}); !errors.As(err, &e) || e.File != "x.toml" {
			t.Errorf("%s: %v", f.Text, err)
		}
	}
}

func TestTheMoreParticularProfileIsTaken(t *testing.T) {
	base := parse(t, petition)
	one, err := extension(t, base, "name = \"一\"; extends = \"诉求\"\n[columns]\n满意度 = \"打分\"")
	if err != nil {
		t.Fatal(err)
	}
	two, err := extension(t, base, "name = \"二\"; extends = \"诉求\"\n[columns]\n满意度 = \"打分\"; 备注 = \"情况\"")
	if err != nil {
		t.Fatal(err)
	}
	same, err := extension(t, base, "name = \"三\"; extends = \"诉求\"\n[columns]\n满意度 = \"打分\"")
	if err != nil {
		t.Fatal(err)
	}
	rival := parse(t, "name = \"别的\"; shape = \"record\"\n[match] headers = [\"内容\"]\n[fields] received_at = \"受理日期\"; text = \"内容\"; lon = \"x\"; lat = \"y\"\n[attrs] columns = [\"时间\", \"地点\"]")
	for _, c := range []struct {
		name       string
		set        *Set
		header     string
		want       string // "" = ambiguous
		candidates string
	}{
		{"no column of an extension", NewSet(base, one, two), "受理日期|内容|满意度", "诉求", "诉求"},
		{"the columns of one", NewSet(base, one, two), "受理日期|内容|打分", "一", "一 诉求"},
		{"the columns of both", NewSet(base, one, two), "受理日期|内容|打分|情况", "二", "二 一 诉求"},
		{"an unrelated ledger that fits as well", NewSet(rival, base, one), "受理日期|内容|打分", "一", "一 别的 诉求"},
		{"an unrelated ledger, without the site's word", NewSet(rival, base, one), "受理日期|内容|满意度", "", "诉求 别的"},
		{"an unrelated ledger that knows more", NewSet(rival, base, one), "受理日期|内容|打分|时间|地点", "", "别的 一 诉求"},
		{"two that say the same", NewSet(base, one, same), "受理日期|内容|打分", "", "一 三 诉求"},
	} {
		t.Run(c.name, func(t *testing.T) {
			head := [][]string{strings.Split(c.header, "|")}
			got, err := c.set.Recognise(head)
			var e *Error
			switch {
			case c.want == "" && (!errors.As(err, &e) || !errors.Is(err, ErrAmbiguous) || len(e.Candidates) != 2 || e.Candidates[0].Header == nil):
				t.Error(got.Profile, err)
			case c.want != "" && (err != nil || got.Profile.Name != c.want):
				t.Error(got.Profile, err)
			}
			var names []string
			for _, k := range c.set.Candidates(head) {
				names = append(names, k.Profile.Name)
			}
			if strings.Join(names, " ") != c.candidates {
				t.Errorf("candidates %q", names)
			}
		})
	}
}

func TestRemap(t *testing.T) {
	base := parse(t, petition)
	p, text, err := base.Remap("朝阳“诉求”", map[string]string{"受理日期": "什么\n时候", "内容": "说了什么", "满意度": ""}, []string{"楼号"}, []string{"来文号", `a"b\c`})
	if err != nil {
		t.Fatal(err)
	}
	want := `# 在“居民诉求”的基础上，按本站表格的列名改写。
name = "朝阳“诉求”"
extends = "诉求"

[columns]
"受理日期" = "什么时候"
"内容" = "说了什么"
"满意度" = ""

[attrs]
columns = ["楼号"]

[drop]
columns = ["来文号", "a\"b\\c"]
`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
	again, err := extension(t, base, string(text))
	if err != nil || again.Digest != p.Digest {
		t.Errorf("written and read again: %v", err)
	}
	header := []string{"什么\n时候", "说了什么", "满意度", "楼号", "来文号", `a"b\c`, "备注"}
	wantUses := map[string]string{"received_at": "什么时候", "text": "说了什么", "unmapped 满意度": "", "attr 楼号": "", "attr 备注": ""}
	for _, q := range []*Profile{p, again} {
		if diff := cmp.Diff(wantUses, uses(bind(t, q, header...))); diff != "" {
			t.Error(diff)
		}
	}
	t.Run("once more, from what was remapped", func(t *testing.T) {
		q, text, err := p.Remap("二", map[string]string{"内容": "讲了什么"}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if q.Extends != "诉求" || !strings.Contains(string(text), `"受理日期" = "什么时候"`) {
			t.Errorf("%s", text)
		}
		if diff := cmp.Diff(map[string]string{"received_at": "什么时候", "text": "讲了什么"}, uses(bind(t, q, "什么时候", "讲了什么"))); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a column that the ledger does not have", func(t *testing.T) {
		if _, _, err := base.Remap("x", map[string]string{"天气": "晴雨"}, nil, nil); !errors.Is(err, ErrProfile) || !strings.Contains(err.Error(), "台账没有“天气”这一列") {
			t.Error(err)
		}
	})
	t.Run("a joined header", func(t *testing.T) {
		q, _, err := base.Remap("x", map[string]string{"受理日期": "受理›日期", "内容": "受理›内容"}, []string{"办结›日期"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		c, err := NewSet(base, q).Recognise(sheet("受理||办结|\n日期|内容|日期|结果"))
		if err != nil || c.Profile != q {
			t.Fatal(c.Profile, err)
		}
		if diff := cmp.Diff(map[string]string{"received_at": "受理›日期", "text": "受理›内容", "attr 办结›日期": "", "unmapped 办结›结果": ""}, uses(bind(t, q, c.Header...))); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("every built-in ledger, its columns renamed", func(t *testing.T) {
		for _, p := range builtinSet(t).All() {
			if p.Refuse != "" || p.Extends != "" {
				continue
			}
			columns, header, plain := map[string]string{}, []string{}, []string{}
			for i, c := range p.Columns() {
				columns[c.Header] = "列" + itoa(i)
				header, plain = append(header, "列"+itoa(i)), append(plain, c.Header)
			}
			q, text, err := p.Remap("改写", columns, nil, nil)
			if err != nil {
				t.Errorf("%s: %v\n%s", p.Name, err, text)
				continue
			}
			before, after := bind(t, p, plain...), bind(t, q, header...)
			if diff := cmp.Diff(before.Canon, after.Canon); diff != "" || before.known != after.known {
				t.Errorf("%s: %s", p.Name, diff)
			}
			if c, err := NewSet(builtinSet(t).All()...).Recognise([][]string{header}); err == nil {
				t.Errorf("%s: taken for %s", p.Name, c.Profile.Name)
			}
			s := builtinSet(t)
			s.Add(q)
			if c, err := s.Recognise([][]string{header}); err != nil || c.Profile != q {
				t.Errorf("%s: %v", p.Name, err)
			}
		}
	})
}

func TestColumns(t *testing.T) {
	record := func(column string) []Target { return []Target{{"", "record", column}} }
	want := []LedgerColumn{
		{Header: "序号", Dropped: true, Example: "1"},
		{Header: "受理日期", Synonyms: []string{"登记日期", "受理时间"}, Targets: record("received_at"), Type: Time, Required: true, Key: true, Example: "2026-03-02"},
		{Header: "内容", Synonyms: []string{"诉求内容"}, Targets: record("text"), Required: true, Key: true, Example: "楼道灯不亮"},
		{Header: "件数", Targets: record("quantity"), Type: Number, Unit: "件", Example: "1"},
		{Header: "满意度", Synonyms: []string{"评价"}, Targets: record("satisfaction"), Type: Code, List: "satisfaction"},
		{Header: "网格", Synonyms: []string{"所属网格"}, Targets: record("org_code")},
		{Header: "受理时刻", Targets: record("received_at"), Type: Time, Clock: true},
		{Header: "承办单位", Targets: record("dept")},
		{Header: "责任部门", Targets: record("dept"), Alternative: true},
		{Header: "是否解决", Targets: record("resolved"), Type: Bool},
		{Header: "备注", Attr: true},
		{Header: "来文号", Attr: true},
		{Header: "反映人", Dropped: true, Personal: true},
	}
	base := parse(t, petition)
	if diff := cmp.Diff(want, base.Columns()); diff != "" {
		t.Error(diff)
	}
	own, err := extension(t, base, "name = \"a\"; extends = \"诉求\"\n[columns]\n内容 = \"事由\"\n[drop] columns = [\"来文号\"]\n[examples]\n内容 = \"停水\"")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range own.Columns() {
		switch c.Header {
		case "内容":
			if c.Spelt != "事由" || !c.Required || c.Example != "停水" {
				t.Errorf("%+v", c)
			}
		case "来文号":
			if c.Attr || !c.Dropped {
				t.Errorf("%+v", c)
			}
		}
	}
}

// A blank ledger of every built-in profile is recognised, knows all its columns and lacks nothing.
func TestBlankLedgers(t *testing.T) {
	s := builtinSet(t)
	for _, p := range s.All() {
		var header, required []string
		for _, c := range p.Columns() {
			if !c.Alternative && (!c.Dropped || c.Required) {
				header = append(header, c.Header)
			}
			if c.Required {
				required = append(required, c.Header)
			}
		}
		if len(required) == 0 && p.HeaderRow != NoHeaderRow {
			t.Errorf("%s needs no column", p.Name)
		}
		if p.HeaderRow == NoHeaderRow || p.Refuse != "" {
			continue
		}
		b, err := p.Bind(header)
		if err != nil || len(b.Unmapped) > 0 || len(b.Repeated) > 0 {
			t.Errorf("%s: %v, unmapped %q, repeated %q", p.Name, err, b.Unmapped, b.Repeated)
		}
		if c, err := s.Recognise([][]string{header}); err != nil || c.Profile != p {
			t.Errorf("%s: a blank ledger is not recognised: %v", p.Name, err)
		}
		if _, err := p.Bind(required); err != nil {
			t.Errorf("%s: the required columns %q do not suffice: %v", p.Name, required, err)
		}
	}
}

func TestRefusedLedgers(t *testing.T) {
	scores := parse(t, "name = \"评分表\"\nrefuse = \"评分表不作为台账导入。\"\n[match] headers = [\"指标\", \"得分\"]\n[synonyms] 依据 = [\"佐证\"]; 评分人 = []")
	other := parse(t, "name = \"考核\"; shape = \"record\"\n[match] headers = [\"指标\", \"得分\"]\n[fields] received_at = \"日期\"; quantity = \"得分\"; text = \"说明\"")
	own, err := extension(t, other, "name = \"本站考核\"; extends = \"考核\"\n[columns]\n日期 = \"何日\"")
	if err != nil {
		t.Fatal(err)
	}
	s := NewSet(scores, other, own)
	for _, c := range []struct{ header, want string }{
		{"指标|得分", "评分表"},
		{"指标|得分|佐证|评分人", "评分表"},
		{"指标|得分|佐证|日期", "评分表"},    // three of three and two of two
		{"指标|得分|日期|说明|佐证", "评分表"}, // as many
		{"得分|指标|日期|说明", "考核"},
		{"指标|得分|何日", "本站考核"}, // the site has said what it is
	} {
		got, err := s.Recognise([][]string{strings.Split(c.header, "|")})
		if err != nil || got.Profile.Name != c.want {
			t.Errorf("%s: %v %v, want %s", c.header, got.Profile, err, c.want)
		}
	}
	if _, err := scores.Bind([]string{"指标", "得分"}); !errors.Is(err, ErrRefused) || err.Error() != "评分表不作为台账导入。" {
		t.Error(err)
	}
	for _, c := range []struct{ text, want string }{
		{"name = \"a\"\nrefuse = \"不行\"\n[match] headers = [\"x\"]", "第 2 行：refuse 应为一句话，说明为什么不导入，以句号结尾"},
		{"name = \"a\"\nrefuse = \"不行。\"", "第 1 行：缺少 [match] headers，请写明凭哪些列名识别这份台账"},
		{"name = \"a\"\nrefuse = \"不行。\"\n[match] headers = [\"x\"]\n[fields] text = \"x\"", "第 4 行：不认识的设置“fields”，可用的有：" + refuseKeys},
	} {
		if _, err := Parse([]byte(c.text), "x.toml", Options{}); err == nil || err.Error() != "台账模板“x.toml”"+c.want+"。" {
			t.Errorf("%v\nwant %s", err, c.want)
		}
	}
}

func TestAbsentHeaders(t *testing.T) {
	p := parse(t, "name = \"社区\"; shape = \"record\"\n[match] headers = [\"户数\"]; absent = [\"网格\"]\n[synonyms] 网格 = [\"网格名称\"]\n[fields] received_at = \"日期\"")
	s := NewSet(p)
	if _, err := s.Recognise([][]string{{"户数", "日期"}}); err != nil {
		t.Error(err)
	}
	for _, h := range []string{"网格", "网格名称", " 网 格 "} {
		head := [][]string{{"户数", "日期", h}}
		if _, err := s.Recognise(head); !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v", h, err)
		}
		if _, ok := p.FindHeader(head); !ok {
			t.Errorf("%s: a profile that is given ignores what is absent", h)
		}
	}
}

func BenchmarkColumns(b *testing.B) {
	p, _ := builtinSet(b).ByName("居民诉求台账")
	for b.Loop() {
		p.Columns()
	}
}

func BenchmarkRecognise(b *testing.B) {
	s := builtinSet(b)
	head := [][]string{strings.Split("序号,受理日期,受理时间,来源渠道,网格,小区楼栋,诉求类别,诉求内容,反映人（类别）,联系电话,承办单位/人,转办时间,办结时限,办结时间,办理结果,是否解决,满意度,回访情况,是否有效回访,备注", ",")}
	for range HeadRows - 1 {
		head = append(head, strings.Split("1,2023.9.1,9:32,网格员上报,第一网格,阳光小区3栋,停车交通,楼道口堵车,居民,13800000000,社区,2023.9.1,2023.9.8,2023.9.3,已解决,是,满意,已回访,有效,", ","))
	}
	for b.Loop() {
		if _, err := s.Recognise(head); err != nil {
			b.Fatal(err)
		}
	}
}
