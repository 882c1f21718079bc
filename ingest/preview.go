package ingest

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/ingest/profile"
)

// ColumnSight is one column of the file.
type ColumnSight struct {
	Header    string   // "" for a column without one
	Letter    string   // A, B …
	Samples   []string // up to 3, masked; none of a column about persons
	Canonical string   // the ledger's column it is read as; "" none
	Use       string   // field, key, attr, dropped, personal, unmapped, repeated
	Label     string   // Chinese: what it becomes
}

// PreviewRow is one of the first data rows as it would be stored.
type PreviewRow struct {
	Row      int64
	State    string // accepted, rejected, skipped
	Facts    []PreviewFact
	Problems []Reject // why it is rejected
	Flags    []string // doubts, in Chinese
}

// PreviewFact is one fact that a row states.
type PreviewFact struct {
	Shape  string
	Block  string // name of the profile's [[emit]]
	Label  string // what it is: 诉求, 巡查 …
	Values []PreviewValue
}

// PreviewValue is one field of a fact as a reader of lists of rows sees it.
type PreviewValue struct{ Column, Label, Text string }

// preview converts the first rows exactly as a load does and says what they became.
func (v *viewer) preview(l *ledger, rows int) {
	t, s := v.table, v.sight
	c, k := newConverter(l), newCollector(l)
	k.send = func(f filled) bool { f.record.Release(); return true }
	skip := t.skip
	whole := false
	for len(s.Preview) < rows {
		b, err := t.next()
		if errors.Is(err, io.EOF) {
			whole = true
			break
		}
		if err != nil {
			s.Problem = asSentence(err)
			return
		}
		n := min(skip, b.Len())
		skip -= n
		p := c.convert(b, n)
		became := map[int64]PreviewRow{}
		for _, why := range p.rejects {
			row := became[why.Row]
			row.State, row.Problems = "rejected", append(row.Problems, why)
			became[why.Row] = row
		}
		at := 0
		for _, x := range p.taken {
			row := PreviewRow{State: "accepted"}
			for _, f := range p.facts[at : at+x.facts] {
				e := &l.binding.Emits[f.emit]
				row.Facts = append(row.Facts, l.shown(e, p.sheets[l.layout(e.Shape.Name)], f))
				for _, text := range f.flags.texts() {
					if !slices.Contains(row.Flags, text) {
						row.Flags = append(row.Flags, text)
					}
				}
			}
			at += x.facts
			became[x.row] = row
		}
		numbers := slices.Clone(b.Rows[n:])
		for _, bad := range b.Bad {
			numbers = append(numbers, bad.Row)
		}
		slices.Sort(numbers)
		for _, number := range numbers {
			if len(s.Preview) == rows {
				break
			}
			row, ok := became[number]
			if !ok {
				row.State = "skipped"
			}
			row.Row = number
			s.Preview = append(s.Preview, row)
		}
		k.take(p)
	}
	k.end()
	if whole || !l.context.period.from.IsZero() { // else its last rows decide what it covers
		s.Coverage = k.summary(k.statements(midnight(l.now).AddDate(0, 0, 1)))
	}
}

// texts are the flags in words.
func (fs flags) texts() (all []string) {
	if fs == 0 {
		return nil
	}
	for _, f := range strings.Split(fs.String(), ",") {
		text := flagText[Flag(f)]
		if text == "" {
			text = f
		}
		all = append(all, text)
	}
	return all
}

// shown is a fact in the words of a reader.
func (l *ledger) shown(e *profile.Emit, s *sheet, of stated) PreviewFact {
	f := PreviewFact{Shape: e.Shape.Name, Block: e.Name, Label: e.Name}
	for _, c := range e.Shape.Columns {
		col := s.column(c.Name)
		if col < 0 || fieldLabels[c.Name] == "" {
			continue
		}
		v := s.slot(col, int(of.at))
		if !v.set {
			continue
		}
		text := l.reading(e.Shape.Name, c, v)
		if i := slices.IndexFunc(of.inexact, func(n inexact) bool { return n.col == col }); i >= 0 {
			text = catalog.Stated(text, string(of.inexact[i].how))
		}
		if c.Name == subjectColumn[e.Shape.Name] {
			f.Label = text
		}
		f.Values = append(f.Values, PreviewValue{c.Name, labelOf(e.Shape.Name, c.Name), text})
	}
	return f
}

// reading is a value as text.
func (l *ledger) reading(shape string, c profile.ShapeColumn, v slot) string {
	switch c.Type {
	case profile.Time:
		t := time.UnixMicro(v.i).UTC()
		if t.Equal(midnight(t)) {
			return t.Format(time.DateOnly)
		}
		return t.Format("2006-01-02 15:04")
	case profile.Bool:
		if v.i != 0 {
			return "是"
		}
		return "否"
	case profile.Int:
		return strconv.FormatInt(v.i, 10)
	case profile.Number, profile.Lon, profile.Lat:
		return strconv.FormatFloat(v.f, 'f', -1, 64)
	}
	switch list := profile.CodeList(shape, c.Name); {
	case strings.HasSuffix(c.Name, "org_code"):
		return l.dir.FullName(v.s)
	case list == "measure":
		if m, ok := l.catalog.Measure(v.s); ok {
			return m.Label
		}
	case list != "":
		return l.catalog.List(list).LabelOf(v.s)
	}
	return strings.Clone(v.s)
}

// fieldLabels names the fields that a reader is shown.
var fieldLabels = map[string]string{
	"source_no": "编号", "kind": "类型", "channel": "来源渠道", "category": "类别", "category2": "二级类别", "title": "标题", "text": "内容", "org_code": "单位",
	"lon": "经度", "lat": "纬度", "target_group": "对象类别", "dept": "承办单位", "procedure": "办理程序", "occurred_at": "发生时间", "received_at": "受理时间",
	"accepted_at": "签收时间", "assigned_at": "转办时间", "due_at": "办理时限", "responded_at": "响应时间", "visited_at": "回访时间", "closed_at": "办结时间",
	"stage1_at": "第一环节时间", "stage2_at": "第二环节时间", "stage3_at": "第三环节时间", "stage4_at": "第四环节时间", "stage5_at": "第五环节时间", "stage6_at": "第六环节时间",
	"status": "办理状态", "resolved_level": "解决层级", "result": "办理结果", "satisfaction": "满意度", "valid_visit": "是否有效回访", "contacted": "是否联系",
	"resolved": "是否解决", "rework_count": "退回次数", "amount": "金额", "quantity": "数量",
	"type": "类型", "brand": "品牌", "team": "队伍", "host": "主办", "partner": "合作单位", "held_at": "开展时间", "expected": "应到", "attended": "实到",
	"beneficiaries": "受益人次", "hours": "时长（小时）", "km": "里程（公里）", "sites": "点位数", "resolutions": "议定事项", "resolutions_closed": "已办结事项",
	"subject_type": "对象类型", "subject": "对象", "measure": "指标", "period_from": "期间自", "period_to": "期间至（不含）", "as_of": "截至", "value": "数值",
	"numerator": "分子", "denominator": "分母", "denominator_label": "分母含义", "unit": "单位（量）",
	"name": "名称", "party_org_code": "党组织", "opened_on": "启用", "closed_on": "停用", "households": "户数", "has_property": "有物业", "has_owners_committee": "有业委会",
	"has_management_committee": "有物管会",
}

// labelOf is what a field is called in one shape.
func labelOf(shape, column string) string {
	switch {
	case shape == "place" && column == "status":
		return "状态"
	case shape == "activity" && column == "type":
		return "活动类型"
	}
	return fieldLabels[column]
}

// columnNames are all spellings of a ledger's columns, folded, with the column.
func columnNames(p *profile.Profile) map[string]*profile.LedgerColumn {
	names := map[string]*profile.LedgerColumn{}
	all := p.Columns()
	put := func(name string, c *profile.LedgerColumn) {
		if f := profile.Fold(name); f != "" && names[f] == nil {
			names[f] = c
		}
	}
	for i := range all { // what a site's profile says comes first
		put(all[i].Spelt, &all[i])
	}
	for i := range all {
		put(all[i].Header, &all[i])
	}
	for i := range all {
		for _, s := range all[i].Synonyms {
			put(s, &all[i])
		}
	}
	return names
}

// columns says what becomes of each column of the file. It also serves a header that the profile cannot be bound to.
func (v *viewer) columns() {
	t, s := v.table, v.sight
	names := columnNames(s.Profile)
	unmapped := map[string]bool{}
	blank := func(row []string) bool { return false }
	if b := t.binding; b != nil {
		for _, h := range b.Unmapped {
			unmapped[profile.Fold(h)] = true
		}
		blank = func(row []string) bool { return b.Skip(row) != "" }
	}
	data := t.dataRows(blank)
	met := map[string]bool{}
	for i, header := range v.header {
		header = profile.CleanCell(header)
		folded := profile.Fold(header)
		c := ColumnSight{Header: header, Letter: letter(i), Use: "unmapped", Label: "不入库"}
		known := names[folded]
		if known == nil {
			levels := strings.Split(header, "›")
			known = names[profile.Fold(levels[len(levels)-1])]
		}
		if unmapped[folded] {
			known = nil
		}
		_, personal := profile.Personal(header)
		switch {
		case folded == "":
			c.Label = "没有表头，不入库"
		case met[folded]:
			c.Use, c.Label = "repeated", "与前面的列同名，只在前一列为空时使用"
		case known == nil && personal:
			c.Use, c.Label = "personal", "不入库（个人信息）"
		case known == nil:
		case known.Personal || personal:
			c.Use, c.Label = "personal", "不入库（个人信息）"
			if known.Key || known.Subject || len(known.Targets) > 0 {
				c.Canonical, c.Label = known.Header, "只用于区分，不保存（个人信息）"
			}
		case len(known.Targets) > 0:
			c.Use, c.Canonical, c.Label = "field", known.Header, becomes(known)
		case known.Key:
			c.Use, c.Canonical, c.Label = "key", known.Header, "用于辨认同一行"
		case known.Attr:
			c.Use, c.Canonical, c.Label = "attr", known.Header, "保留为附加信息"
		default:
			c.Use, c.Canonical = "dropped", known.Header
		}
		met[folded] = met[folded] || folded != ""
		if c.Use != "personal" {
			c.Samples = samples(data, i)
		}
		s.Columns = append(s.Columns, c)
	}
}

// becomes names the fields that a column fills.
func becomes(c *profile.LedgerColumn) string {
	var all []string
	for _, to := range c.Targets {
		if label := labelOf(to.Shape, to.Column); label != "" && !slices.Contains(all, label) {
			all = append(all, label)
		}
	}
	if len(all) == 0 {
		return "读取"
	}
	return strings.Join(all, "、")
}

const (
	samplesShown = 3
	sampleRunes  = 24
)

// samples are the first different values of a column, masked and shortened.
func samples(rows [][]string, col int) (all []string) {
	for _, row := range rows {
		if col >= len(row) || len(all) == samplesShown {
			continue
		}
		text := quotable(profile.CleanCell(row[col]))
		if r := []rune(text); len(r) > sampleRunes {
			text = string(r[:sampleRunes]) + "…"
		}
		if text != "" && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

// letter is the name that spreadsheets give the nth column.
func letter(n int) string {
	name := ""
	for n++; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}
