package profile

import (
	gocmp "cmp"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// example is the profile of DESIGN §5, to the letter.
const example = `name = "boston311"; shape = "record"; header_row = 0; crs = "wgs84"   # 0 = find it; "none" = columns are c1, c2, …
[match]     headers = ["case_enquiry_id", "open_dt"]          # recognises the ledger; headers are folded in case, width and spaces
[null]      values = ["", "-", "无", "N/A"]                     # after trimming
[constants] source_system = "boston311"; kind = "SQ"
[fields]
source_no   = "case_enquiry_id"
received_at = { column = "open_dt", layouts = ["2006-01-02 15:04:05"] }
due_at      = { column = ["target_dt", "sla_target_dt"] }     # the first that exists; of equal headers the first non-empty
closed_at   = "closed_dt"
category    = "type"
dept        = "subject"
status      = { column = "case_status", map = { Open = "办理中", Closed = "已办结" } }
lon = "longitude"; lat = "latitude"
org_code    = { column = "ward", strip = "Ward ", pad = 2 }   # or org = { from = ["column:网格", "title", "sheet", "file"] }
[subject]   hash = ["姓名", "身份证号"]                          # distinct people without keeping them; hashed with the site's secret, then dropped
[attrs]     columns = ["queue"]
[drop]      columns = ["照片"]                                   # known, never stored, not named among the unmapped
# a row that states several facts has [[emit]] blocks instead of [fields]: each with shape, when = ["cells that must not be empty"], constants, fields,
# and unpivot = ["独居", "失能"], into = "measure" to turn columns into figure rows
# unknown keys are errors with their line; a profile given by --profile needs no [match]
`

func parse(t testing.TB, text string) *Profile {
	t.Helper()
	p, err := Parse([]byte(text), "x.toml", Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDesignExample(t *testing.T) {
	p, err := Parse([]byte(example), "boston.toml", Options{NeedMatch: true})
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "boston311" || p.CRS != "wgs84" || p.HeaderRow != FindHeaderRow || p.SourceSystem() != "boston311" {
		t.Errorf("%+v", p)
	}
	if diff := cmp.Diff([]string{"case_enquiry_id", "open_dt"}, p.Match); diff != "" {
		t.Error(diff)
	}
	b, err := p.Bind([]string{"CASE_ENQUIRY_ID", "Open DT", "sla_target_dt", "closed_dt", "type", "subject", "case_status", "longitude", "latitude", "ward", "姓名", "queue", "照片", "extra"})
	if err != nil {
		t.Fatal(err)
	}
	row := []string{"101", "2022-01-17 11:20:00", " ", "N/A", "Rodent", "ISD", "closed", "-71.05", "42.35", "Ward 6", "某人", "q1", "x.jpg", "?"}
	got := map[string]string{}
	for _, f := range b.Emits[0].Fields {
		got[f.Target] = f.Text(row)
	}
	want := map[string]string{
		"source_system": "boston311", "kind": "SQ", "source_no": "101", "received_at": "2022-01-17 11:20:00", "due_at": "", "closed_at": "",
		"category": "Rodent", "dept": "ISD", "status": "已办结", "lon": "-71.05", "lat": "42.35", "org_code": "06",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if b.Identity != BySourceNo || !cmp.Equal(b.Unmapped, []string{"extra"}) || !cmp.Equal(b.Missing, []string{"身份证号"}) {
		t.Errorf("identity %v, unmapped %q, missing %q", b.Identity, b.Unmapped, b.Missing)
	}
	if s, ok := b.AppendSubject(nil, row); !ok || string(s) != "某人\x1f" {
		t.Errorf("subject %q %v", s, ok)
	}
}

const minimal = "name = \"x\"\nshape = \"record\"\n[fields]\nreceived_at = \"d\"\n"

func TestMistakesNameTheirLine(t *testing.T) {
	for _, c := range []struct {
		name string
		in   string
		line int
		text string // part of the sentence
	}{
		{"unknown key at the top", "name = \"x\"\nshape = \"record\"\ncsr = \"wgs84\"\n[fields]\nreceived_at = \"d\"\n", 3, "不认识的设置“csr”"},
		{"unknown key behind a semicolon", "name = \"x\"; shape = \"record\"\n# note; not a key\n[fields] received_at = \"d\"; closed = \"e\"\n", 3, "“record”没有字段“closed”"},
		{"numbers of an unknown kind", "name = \"x\"\nshape = \"record\"\nkey = \"d\"\nnumbers = \"local\"\n[fields]\nreceived_at = \"d\"\n", 4, "“numbers”应为"},
		{"own numbers without a key", "name = \"x\"\nshape = \"record\"\nnumbers = \"own\"\n[fields]\nreceived_at = \"d\"\n", 3, "请写明 key"},
		{"unknown table", minimal + "[drops]\ncolumns = [\"a\"]\n", 5, "不认识的设置“drops”"},
		{"unknown key in a table", minimal + "[drop]\ncolumns = [\"a\"]\ncolumn = \"b\"\n", 7, "不认识的设置“column”"},
		{"unknown key of a field", "name = \"x\"\nshape = \"record\"\n[fields]\nreceived_at = { column = \"d\",\n  layout = \"2006\" }\n", 5, "不认识的设置“layout”"},
		{"unknown field of the shape", minimal + "held_at = \"x\"\n", 5, "“record”没有字段“held_at”"},
		{"a system column", minimal + "job = \"x\"\n", 5, "“record”没有字段“job”"},
		{"unknown shape", "name = \"x\"\nshape = \"records\"\n", 2, "没有“records”这种 shape"},
		{"no shape", "name = \"x\"\n[fields]\nreceived_at = \"d\"\n", 1, "缺少 shape"},
		{"no name", "shape = \"record\"\n[fields]\nreceived_at = \"d\"\n", 1, "缺少 name"},
		{"no main date", "name = \"x\"\nshape = \"record\"\n\n[fields]\nclosed_at = \"d\"\n", 4, "缺少主日期，请在 fields 中写明 received_at"},
		{"no measure", "name = \"x\"\nshape = \"figure\"\n[fields]\nas_of = \"d\"\nvalue = \"v\"\n", 3, "缺少指标"},
		{"no value", "name = \"x\"\nshape = \"figure\"\n[fields]\nas_of = \"d\"\nmeasure = \"m\"\nnumerator = \"v\"\n", 3, "缺少数值"},
		{"no name of a place", "name = \"x\"\nshape = \"place\"\n[fields]\ntype = \"d\"\n", 3, "缺少名称"},
		{"constant the shape lacks", "name = \"x\"\nshape = \"record\"\n[constants]\nkind = \"SQ\"\nbrand = \"y\"\n[fields]\nreceived_at = \"d\"\n", 5, "“record”没有字段“brand”"},
		{"constant and field", "name = \"x\"\nshape = \"record\"\n[constants]\nkind = \"SQ\"\n[fields]\nreceived_at = \"d\"\nkind = \"k\"\n", 7, "字段“kind”已是固定值"},
		{"constant that is no date", "name = \"x\"\nshape = \"record\"\n[constants]\nclosed_at = \"soon\"\n[fields]\nreceived_at = \"d\"\n", 4, "固定值“soon”不适合字段“closed_at”"},
		{"bad pattern", minimal + "org_code = { column = \"g\", pattern = \"(\" }\n", 5, "正则表达式“(”有误"},
		{"template without pattern", minimal + "org_code = { column = \"g\", template = \"$1\" }\n", 5, "template 要与 pattern 一起写"},
		{"template naming a group that is not there", minimal + "org_code = { column = \"g\", pattern = '(\\d)', template = \"$2\" }\n", 5, "没有的组“$2”"},
		{"bad layout", minimal + "closed_at = { column = \"g\", layouts = [\"YYYY-MM-DD\"] }\n", 5, "时间格式“YYYY-MM-DD”不可用"},
		{"layout without year", minimal + "closed_at = { column = \"g\", layouts = [\"01-02 15:04\"] }\n", 5, "时间格式“01-02 15:04”不可用"},
		{"layouts for a text", minimal + "dept = { column = \"g\", layouts = [\"2006-01-02\"] }\n", 5, "“layouts”只用于时间字段，不能用于“dept”"},
		{"map for a time", minimal + "closed_at = { column = \"g\", map = { a = \"b\" } }\n", 5, "“map”只用于非时间字段"},
		{"unknown unit", minimal + "amount = { column = \"g\", unit = \"斗\" }\n", 5, "不认识的单位“斗”"},
		{"map keys that fold together", minimal + "status = { column = \"g\", map = { Open = \"a\",\n OPEN = \"b\" } }\n", 6, "只差大小写或空格"},
		{"wrong type: number for text", "name = 7\nshape = \"record\"\n[fields]\nreceived_at = \"d\"\n", 1, "“name”应为文字"},
		{"wrong type: number in a list", minimal + "[drop]\ncolumns = [\n  \"a\",\n  7,\n]\n", 8, "“columns”的每一项应为文字"},
		{"wrong type: text for a table", "name = \"x\"\nshape = \"record\"\nfields = \"d\"\n", 3, "“fields”应为一组设置"},
		{"wrong type: text for a number", minimal + "org_code = { column = \"g\", pad = \"2\" }\n", 5, "“pad”应为 1 到 40 的整数"},
		{"field without column", minimal + "dept = { strip = \"x\" }\n", 5, "字段“dept”没有写明取自哪一列"},
		{"empty column name", minimal + "dept = \" \"\n", 5, "字段“dept”没有写明取自哪一列"},
		{"empty key column", "name = \"x\"\nshape = \"record\"\nkey = [\"\"]\n[fields]\nreceived_at = \"d\"\n", 3, "“key”中有空的列名"},
		{"bad header_row", "name = \"x\"\nshape = \"record\"\nheader_row = \"first\"\n[fields]\nreceived_at = \"d\"\n", 3, "“header_row”应为"},
		{"bad period", "name = \"x\"\nshape = \"record\"\nperiod = \"month\"\n[fields]\nreceived_at = \"d\"\n", 3, "“period”应为 title、sheet、file 或 column:列名"},
		{"bad org source", minimal + "org = { from = [\"网格\"] }\n", 5, "不能是“网格”"},
		{"org without from", minimal + "org = {}\n", 5, "org 要写 from"},
		{"mask of what is no text", "name = \"x\"\nshape = \"record\"\nmask = [\"closed_at\"]\n[fields]\nreceived_at = \"d\"\n", 3, "不能列入 mask"},
		{"fields and emit", minimal + "[[emit]]\nshape = \"figure\"\n", 3, "[fields] 与 [[emit]] 只能写一种"},
		{"unknown key of a second emit", "name = \"x\"\n[[emit]]\nshape = \"record\"\nfields = { received_at = \"d\" }\n[[emit]]\nshape = \"activity\"\nfields = { held_at = \"d\" }\nwhere = [\"a\"]\n", 8, "不认识的设置“where”"},
		{"emit fields of the wrong shape", "name = \"x\"\n[[emit]]\nshape = \"record\"\n[emit.fields]\nreceived_at = \"d\"\n[[emit]]\nshape = \"activity\"\n[emit.fields]\nheld_at = \"d\"\nreceived_at = \"d\"\n", 10, "“activity”没有字段“received_at”"},
		{"two emits of one name", "name = \"x\"\n[[emit]]\nname = \"a\"\nshape = \"record\"\nfields = { received_at = \"d\" }\n[[emit]]\nname = \"a\"\nshape = \"record\"\nfields = { received_at = \"e\" }\n", 6, "[[emit]] 的名称“a”重复"},
		{"unpivot of a record", "name = \"x\"\n[[emit]]\nshape = \"record\"\nunpivot = [\"a\"]\nfields = { received_at = \"d\" }\n", 4, "只有 shape = \"figure\" 才能写 unpivot"},
		{"unpivot into what is not there", "name = \"x\"\nperiod = \"title\"\n[[emit]]\nshape = \"figure\"\nunpivot = [\"a\"]\ninto = \"metric\"\n", 6, "into 应为“figure”的文字字段，不能是“metric”"},
		{"default that is no number", minimal + "amount = { column = \"g\", default = \"many\" }\n", 5, "默认值“many”不适合字段“amount”"},
		{"lon without lat", minimal + "lon = \"x\"\n", 3, "lon 与 lat 要一起写"},
		{"two emits of different units", "name = \"x\"\n[[emit]]\nshape = \"record\"\nfields = { received_at = \"d\", org = { from = [\"title\"] } }\n[[emit]]\nshape = \"activity\"\n[emit.fields]\nheld_at = \"d\"\norg = { from = [\"file\"] }\n", 9, "org 要一致"},
		{"subject of a figure", "name = \"x\"\nshape = \"figure\"\n[fields]\nas_of = \"d\"\nmeasure = \"m\"\nvalue = \"v\"\n[subject]\nhash = [\"n\"]\n", 7, "“figure”没有字段 subject_key"},
		{"subject twice", minimal + "subject_key = \"n\"\n[subject]\nhash = [\"n\"]\n", 6, "只能写一种"},
		{"a person as a constant", "name = \"x\"\nshape = \"record\"\n[constants]\nactor_key = \"某人\"\n[fields]\nreceived_at = \"d\"\n", 4, "不适合字段“actor_key”"},
		{"a bad constant of an emit", "name = \"x\"\n[[emit]]\nshape = \"record\"\n[emit.constants]\nclosed_at = \"soon\"\n[emit.fields]\nreceived_at = \"d\"\n", 5, "固定值“soon”不适合字段“closed_at”"},
		{"brackets without end", "name = \"x\"\nkey = " + strings.Repeat("[", 100_000), 2, "嵌套过深"},
		{"a key of too many parts", "name = \"x\"\n\n" + strings.Repeat("a.", 100_000) + "a = 1", 3, "嵌套过深"},
		{"syntax: quote not closed", "name = \"x\"\nshape = \"record\n[fields]\n", 2, "写法有误"},
		{"syntax: no value", "name = \"x\"\nshape =\n[fields]\n", 2, "写法有误"},
		{"syntax: behind a semicolon", "name = \"x\"; shape = record\n", 1, "写法有误"},
		{"a key twice", "name = \"x\"\nshape = \"record\"\nname = \"y\"\n", 3, "设置“name”重复"},
		{"a table twice", minimal + "[fields]\nclosed_at = \"e\"\n", 5, "重复"},
		{"a NUL in a comment", "name = \"x\"\n# \x00\n", 2, "写法有误"},
		{"not UTF-8", "name = \"\xd6\xd0\"\n", 0, "不是 UTF-8 编码"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.in), "站点/台账.toml", Options{})
			var e *Error
			if !errors.As(err, &e) || !errors.Is(err, ErrProfile) {
				t.Fatalf("%v is no mistake of a profile", err)
			}
			if e.Line != c.line || !strings.Contains(e.Text, c.text) {
				t.Errorf("line %d: %s\nwant line %d: …%s…", e.Line, e.Text, c.line, c.text)
			}
			if !strings.HasPrefix(e.Text, "台账模板“台账.toml”") || !strings.HasSuffix(e.Text, "。") {
				t.Errorf("no sentence with its file: %s", e.Text)
			}
			if _, err := Parse([]byte(strings.ReplaceAll(c.in, "\n", "\r\n")), "台账.toml", Options{}); err == nil || err.Error() != e.Text {
				t.Errorf("with CRLF: %v\nwithout: %v", err, e)
			}
		})
	}
}

func TestMatchIsNeededForRecognition(t *testing.T) {
	_, err := Parse([]byte(minimal), "x.toml", Options{NeedMatch: true})
	if err == nil || !strings.Contains(err.Error(), "缺少 [match] headers") {
		t.Errorf("%v", err)
	}
	if _, err := Parse([]byte(minimal), "x.toml", Options{}); err != nil {
		t.Error(err)
	}
}

func TestSyntax(t *testing.T) {
	for _, c := range []struct{ name, in string }{
		{"plain TOML", "name = \"x\"\nshape = \"record\"\n[fields]\nreceived_at = \"d\"\nstatus = { column = \"s\", map = { 'a;b' = \"c\" } }\n"},
		{"semicolons", "name = \"x\"; shape = \"record\";\n[fields] received_at = \"d\"; status = { column = \"s\", map = { \"a;b\" = \"c\" } } # end; of line"},
		{"Chinese keys without quotes", "name = \"x\"; shape = \"record\"\n[fields]\nreceived_at = \"d\"\nstatus = { column = \"s\", map = { \"a;b\" = \"c\", 已办结 = \"办结\" } }"},
		{"dotted keys and a byte order mark", "\uFEFFname = \"x\"\nshape = \"record\"\nfields.received_at = \"d\"\nfields.status.column = \"s\"\nfields.status.map.\"a;b\" = \"c\""},
		{"strings over several lines", "name = \"\"\"x\"\"\"\nshape = '''record'''\n[fields]\nreceived_at = [\n  \"d\", # ; ]\n]\nstatus = { column = \"s\", map = { \"a;b\" = \"c\" } }"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := parse(t, c.in).Bind([]string{"d", "s"})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range b.Emits[0].Fields {
				if f.Target == "status" && f.Text([]string{"", "A;B"}) != "c" {
					t.Errorf("status is %q", f.Text([]string{"", "A;B"}))
				}
			}
			if len(b.Emits[0].Fields) != 2 {
				t.Errorf("%d fields", len(b.Emits[0].Fields))
			}
		})
	}
}

// The shapes are the tables of the warehouse without the columns the system fills.
func TestShapesMatchTheWarehouse(t *testing.T) {
	sql, err := os.ReadFile(filepath.Join("..", "..", "analytics", "warehouse", "migrations", "0001_ledgers.sql"))
	if err != nil {
		t.Fatal(err)
	}
	system := []string{"id", "located", "due_from", "dq", "fuzzy", "attrs", "content", "job", "row", "since"}
	types := map[string][]Type{"VARCHAR": {Text, Code, Hash}, "TIMESTAMP": {Time}, "BOOLEAN": {Bool}, "INTEGER": {Int}, "DOUBLE": {Number, Lon, Lat}}
	column := regexp.MustCompile(`(\w+) ([A-Z]+)`)
	for _, s := range shapes {
		m := regexp.MustCompile(`CREATE TABLE ` + s.Name + ` \(([^;]*)\);`).FindSubmatch(sql)
		if m == nil {
			t.Fatalf("no table %s", s.Name)
		}
		var want, got []string
		for _, c := range column.FindAllSubmatch(m[1], -1) {
			if name := string(c[1]); name == strings.ToLower(name) && !slices.Contains(system, name) {
				want = append(want, name)
				if col, ok := s.Column(name); ok && !slices.Contains(types[string(c[2])], col.Type) {
					t.Errorf("%s.%s is %s, not of type %d", s.Name, name, c[2], col.Type)
				}
			}
		}
		for _, c := range s.Columns {
			got = append(got, c.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-table +shape):\n%s", s.Name, diff)
		}
	}
}

// Between Han characters punctuation is full-width (GB/T 15834).
func TestPunctuationOfMessages(t *testing.T) {
	half := regexp.MustCompile(`\p{Han}[,;:!?]|[,;:!?]\p{Han}|\p{Han}\(|\)\p{Han}`)
	files, _ := filepath.Glob("*.go")
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") || f == "number.go" {
			continue
		}
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range regexp.MustCompile(`"[^"\n]*"`).FindAllString(string(src), -1) {
			if strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && half.MatchString(strings.ReplaceAll(s, "column:", "")) {
				t.Errorf("%s: %s", f, s)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(example))
	f.Add([]byte(minimal))
	entries, _ := builtin.ReadDir("profiles")
	for _, e := range entries {
		data, _ := builtin.ReadFile("profiles/" + e.Name())
		f.Add(data)
	}
	for _, s := range []string{
		"a = [", "a = {", "[[emit]]\n[emit.fields]", "= ;", "\"", "a.b.c = 1; a.b = 2", "[a]b=1", "x = '''", "字 = { 段 = [ { 列 = 1 } ] }", "[[a]]\n[[a.b]]\n[a.b.c]\nd=1", petition,
		"name = \"a\"; extends = \"居民诉求台账\"\n[columns]\n受理日期 = \"何时\"; 满意度 = \"\"\n[examples]\n诉求内容 = 1", "name = \"a\"; refuse = \"不。\"\n[match]\nheaders = [\"x\"]\nabsent = [\"y\"]",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data, "x.toml", Options{})
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || !strings.HasPrefix(e.Text, "台账模板“x.toml”") || !strings.HasSuffix(e.Text, "。") {
				t.Fatalf("%q: no sentence: %v", data, err)
			}
			if e.Line < 0 || e.Line > strings.Count(string(data), "\n")+1 {
				t.Fatalf("%q: line %d", data, e.Line)
			}
			return
		}
		if p.Name == "" || len(p.blocks) == 0 && p.Refuse == "" {
			t.Fatalf("%q: accepted without name or fields", data)
		}
		// What is accepted can be bound to a header of its own columns, unless it says that files lack some.
		var header []string
		lacks := false
		for _, c := range p.Columns() {
			header = append(header, gocmp.Or(c.Spelt, c.Header))
		}
		for _, h := range p.columns {
			lacks = lacks || h == ""
		}
		b, err := p.Bind(header)
		if err != nil {
			if p.Refuse == "" && !lacks {
				t.Fatalf("%q: %v", data, err)
			}
			return
		}
		if q, text, err := p.Remap(p.Name, nil, nil, nil); err != nil || q.Name != p.Name {
			t.Fatalf("%q: remapped: %v\n%s", data, err, text)
		}
		for _, e := range b.Emits {
			for i := range e.Fields {
				e.Fields[i].Text(header)
			}
		}
	})
}
