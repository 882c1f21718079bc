package analytics

import (
	"fmt"
	"slices"
	"strings"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
)

// rowColumn is a column of a list of rows, written over listed f, its unit u and the unit above, up.
type rowColumn struct {
	id, label string
	kind      string   // that of RowColumn, or one of the following
	sql       []string // one expression; a unit has its code and name, a period its limits, a reading value and qualifier
	sort      []string // expressions of ORDER BY; nil: not sortable
	list      string   // the code list of a CodeColumn
	more      bool     // shown only where the metric reads it
}

// Kinds that reach the reader as another one.
const (
	readingColumn = "reading" // a NumberColumn of Readings
	periodColumn  = "period"  // a TextColumn: 2026年第一季度
	doubtColumn   = "doubt"   // a TextColumn: the words for the flags of dq
)

func (c rowColumn) shownKind() string {
	switch c.kind {
	case readingColumn:
		return NumberColumn
	case periodColumn, doubtColumn:
		return TextColumn
	}
	return c.kind
}

// ordered is the column as part of an ORDER BY, empty cells last.
func (c rowColumn) ordered(desc bool) string {
	direction := ""
	if desc {
		direction = " DESC"
	}
	terms := make([]string, len(c.sort))
	for i, s := range c.sort {
		terms[i] = s + direction + " NULLS LAST"
	}
	return strings.Join(terms, ", ")
}

// columnOfKind is a sortable column of one expression.
func columnOfKind(kind, id, label, expr string) rowColumn {
	return rowColumn{id: id, label: label, kind: kind, sql: []string{expr}, sort: []string{expr}}
}

func timeOf(id, label string) rowColumn { return columnOfKind(TimeColumn, id, label, "f."+id) }
func dateOf(id, label string) rowColumn { return columnOfKind(DateColumn, id, label, "f."+id) }
func flagOf(id, label, expr string) rowColumn {
	return columnOfKind(FlagColumn, id, label, expr)
}

func numberOf(id, label, expr string) rowColumn {
	return columnOfKind(NumberColumn, id, label, "CAST("+expr+" AS DOUBLE)")
}
func textOf(id, label string) rowColumn { return columnOfKind(TextColumn, id, label, "f."+id) }

// codeOf sorts by the code list's order, then by what the list does not know.
func codeOf(cat *catalog.Catalog, id, label, list, expr string) rowColumn {
	c := columnOfKind(CodeColumn, id, label, expr)
	c.list = list
	if l := cat.List(list); l != nil && len(l.Codes) > 0 {
		place := "CASE " + expr
		for i, code := range l.Codes {
			place += fmt.Sprintf(" WHEN %s THEN %d", text(code.Code), i)
		}
		c.sort = []string{place + " END", expr}
	}
	return c
}

// The unit of a row, behind the name of the unit above it: 朝阳社区第一网格. The root of the area tree is left out where it is
// the only one, and so are those of the party tree.
var unitColumn = rowColumn{
	id: "org", label: "单位", kind: UnitColumn,
	sql:  []string{"f.org_code", "CASE WHEN up.code IS NULL OR up.bare THEN u.name ELSE up.name || u.name END"},
	sort: []string{"u.position"},
}

// Withheld stands where a list of rows may not say to which target group a person belongs: outside Scope.Care, whatever the
// group, since a word that stood at care groups only would name them. Rows of 信访 matters outside Scope.Petitions are not
// listed at all (heldBack). A row without a unit is outside unless that reach is everything. Lists that would tell by what
// they hold are refused (withheld); numbers are not affected. Neither subject_key nor actor_key is a column of any list.
const Withheld = "依权限不显示"

const petition = "XFJ" // the kind of record

// protected are the columns of org_unit that say where a protected field is open.
func (p *plan) protected() map[string]units.Reach {
	return map[string]units.Reach{"petitions": p.Scope.Petitions, "care": p.Scope.Care}
}

// open is the condition on a row's unit u under which a protected field shows.
func (p *plan) open(column string) string {
	switch r := p.protected()[column]; {
	case r.All:
		return "TRUE"
	case r.Empty():
		return "FALSE"
	}
	return "coalesce(u." + column + ", FALSE)"
}

// heldBack is the condition on a record that lists do not show: a petition, unless its unit is in reach. "" where all are.
func (p *plan) heldBack() string {
	if p.Scope.Petitions.All {
		return ""
	}
	return "(f.kind = " + text(petition) + " AND NOT " + p.open("petitions") + ")"
}

// wordsOf is the text of a matter.
const wordsOf = "coalesce(nullif(f.title, ''), f.text)"

// targetOf is the target group.
func (p *plan) targetOf() string {
	return "CASE WHEN " + p.open("care") + " THEN f.target_group ELSE " + text(Withheld) + " END"
}

// columnsOf are the columns of records, activities, places or figures, in official order; those that only some
// metrics are about are there when one of ms reads them.
func (p *plan) columnsOf(shape string, ms ...*catalog.Metric) []rowColumn {
	cat := p.cat
	more := func(c rowColumn) rowColumn {
		c.more = true
		return c
	}
	flag := func(id, label string) rowColumn { return more(flagOf(id, label, "f."+id)) }
	number := func(id, label string) rowColumn { return numberOf(id, label, "f."+id) }
	code := func(id, label string) rowColumn { return codeOf(cat, id, label, id, "f."+id) }
	unsorted := func(c rowColumn) rowColumn {
		c.sort = nil
		return c
	}
	doubts := rowColumn{id: "dq", label: "标记", kind: doubtColumn, sql: []string{"f.dq"}, sort: []string{"nullif(f.dq, '')"}}
	var all []rowColumn
	switch shape {
	case catalog.ShapeRecord:
		all = []rowColumn{
			timeOf("received_at", "受理时间"),
			more(timeOf("occurred_at", "发生时间")),
			code("kind", "类型"),
			code("channel", "渠道"),
			code("category", "类别"),
			more(textOf("category2", "二级类别")),
			unitColumn,
			unsorted(columnOfKind(TextColumn, "title", "事项", wordsOf)),
			unsorted(columnOfKind(TextColumn, "target_group", "对象类别", p.targetOf())),
			textOf("dept", "承办"),
			more(textOf("procedure", "办理程序")),
			more(timeOf("accepted_at", "签收（认领）时间")),
			more(timeOf("assigned_at", "转办时间")),
			more(timeOf("responded_at", "响应时间")),
		}
		for i := range 6 {
			all = append(all, more(timeOf(fmt.Sprintf("stage%d_at", i+1), fmt.Sprintf("第%s步时间", []string{"一", "二", "三", "四", "五", "六"}[i]))))
		}
		all = append(all,
			timeOf("due_at", "时限"),
			timeOf("closed_at", "办结时间"),
			numberOf("hours", "办理时长（小时）", "date_diff('second', f.received_at, f.closed_at) / 3600.0"),
			code("status", "状态"),
			more(code("resolved_level", "解决层级")),
			code("result", "结果"),
			more(timeOf("visited_at", "回访时间")),
			flag("valid_visit", "有效回访"),
			flag("contacted", "已联系"),
			flag("resolved", "已解决"),
			code("satisfaction", "满意度"),
			more(number("rework_count", "退回次数")),
			more(number("amount", "金额（元）")),
			more(number("quantity", "数量")),
			doubts,
			textOf("source_no", "来源编号"),
			more(textOf("source_system", "来源系统")),
		)
	case catalog.ShapeActivity:
		all = []rowColumn{
			timeOf("held_at", "举办时间"),
			codeOf(cat, "type", "类型", catalog.ListActivityType, "f.type"),
			unitColumn,
			textOf("brand", "品牌"),
			textOf("team", "队伍"),
			textOf("host", "主办"),
			textOf("partner", "协办"),
			more(number("expected", "应到")),
			number("attended", "实到"),
			number("beneficiaries", "受益人次"),
			number("hours", "时长（小时）"),
			more(number("km", "里程（公里）")),
			more(number("sites", "处数")),
			more(number("amount", "金额（元）")),
			more(number("quantity", "数量")),
			more(number("resolutions", "决议事项")),
			more(number("resolutions_closed", "已落实")),
			doubts,
		}
	case catalog.ShapePlace:
		all = []rowColumn{
			textOf("name", "名称"),
			codeOf(cat, "type", "类型", catalog.ListPlaceType, "f.type"),
			unitColumn,
			dateOf("opened_on", "启用日期"),
			dateOf("closed_on", "停用日期"),
			textOf("status", "状态"),
			number("households", "户数"),
			flag("has_property", "有物业"),
			flag("has_owners_committee", "有业委会"),
			flag("has_management_committee", "有物管会"),
			doubts,
		}
	case catalog.ShapeFigure:
		all = []rowColumn{
			unitColumn,
			columnOfKind(TextColumn, "subject", "对象", "nullif(concat_ws(' ', f.subject_type, f.subject), '')"),
			periodOf("f.period_from", "f.period_to"),
			dateOf("as_of", "截至日期"),
		}
		if ms[0].Type == catalog.Ratio {
			all = append(all, number("numerator", "分子"), number("denominator", "分母"), textOf("denominator_label", "分母口径"))
		} else {
			all = append(all, rowColumn{
				id: "value", label: "数值", kind: readingColumn, sql: []string{"f.value", "f.qualifier"}, sort: []string{"f.value"},
			})
		}
		all = append(all, textOf("unit", "计量单位"), doubts)
	}
	return slices.DeleteFunc(all, func(c rowColumn) bool {
		return c.more && !slices.ContainsFunc(ms, func(m *catalog.Metric) bool { return m.Reads(c.id) })
	})
}

func periodOf(from, to string) rowColumn {
	return rowColumn{id: "period", label: "期间", kind: periodColumn, sql: []string{from, to}, sort: []string{from, to}}
}

// unitColumns are those of the units whose registered attribute counts.
func unitColumns(cat *catalog.Catalog, m *catalog.Metric) []rowColumn {
	level := "CASE u.level"
	for _, l := range cat.Levels {
		level += fmt.Sprintf(" WHEN %s THEN %s", text(l.ID), text(l.Label))
	}
	return []rowColumn{
		unitColumn,
		{id: "level", label: "层级", kind: TextColumn, sql: []string{level + " END"}},
		numberOf("value", labelled(m.Label, m.Unit), "f.n"),
		columnOfKind(TextColumn, "source", "来源", "CASE f.source WHEN 0 THEN '单位登记' ELSE '上报数' END"),
	}
}

// cellColumns are those of the cells of schedules.
func cellColumns(rules []*catalog.Schedule) []rowColumn {
	rule := "CASE f.rule"
	places, weights := false, false
	for i, s := range rules {
		rule += fmt.Sprintf(" WHEN %d THEN %s", i, text(s.Label))
		places, weights = places || s.Place != "", weights || s.Weight != 1
	}
	columns := []rowColumn{unitColumn}
	if places {
		columns = append(columns, textOf("place", "场所"))
	}
	columns = append(columns,
		rowColumn{id: "rule", label: "任务", kind: TextColumn, sql: []string{rule + " END"}, sort: []string{"f.rule"}},
		periodOf("f.f", "f.t"),
		numberOf("due", "应办次数", "f.due"),
		numberOf("held", "实办次数", "f.held"),
		numberOf("counted", "计入次数", "least(f.held, f.due)"),
	)
	if weights {
		columns = append(columns, numberOf("weight", "权重", "f.weight"))
	}
	return columns
}
