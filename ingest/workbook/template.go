package workbook

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"gridstar/analytics/catalog"
	"gridstar/ingest/profile"
)

// Example is what the example row of a blank ledger says in its first column; package profile skips such a row.
const Example = "示例"

// numberColumn is the first column of a ledger.
const numberColumn = "序号"

// blankRows is how far below the header drop-downs reach.
const blankRows = 2_000

// The sheets of a blank ledger besides that of the ledger itself.
const (
	helpSheet = "填写说明"
	listSheet = "下拉选项"
)

// Blank says whether there is a blank ledger for the profile: one of a ledger that people keep has examples.
func Blank(p *profile.Profile) bool {
	return p.Refuse == "" && slices.ContainsFunc(p.Columns(), func(c profile.LedgerColumn) bool { return c.Example != "" })
}

// TemplateName is the name of the file of a blank ledger.
func TemplateName(p *profile.Profile) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || strings.ContainsRune(`\/:*?"<>|`, r) {
			return -1
		}
		return r
	}, p.Title) + "（空白）.xlsx"
}

// WriteTemplate writes the blank ledger of a profile: a title that is to name the unit and the period, the columns that
// the profile reads, an example row, drop-downs for what has a list of terms, and a sheet that explains each column.
// Columns that are dropped are not asked for.
func WriteTemplate(w io.Writer, p *profile.Profile, cat *catalog.Catalog) error {
	b, err := newBook()
	if err != nil {
		return err
	}
	defer b.close()
	t := template{book: b, profile: p, terms: map[string]string{}}
	for _, c := range p.Columns() {
		if asked(c) {
			t.asked = append(t.asked, question{LedgerColumn: c, options: options(c, cat)})
		}
	}
	for _, step := range []func() error{t.ledger, t.help, t.lists} {
		if err := step(); err != nil {
			return fmt.Errorf("workbook: template of %s: %w", p.Name, err)
		}
	}
	return b.write(w)
}

// asked says whether a blank ledger has the column: those without which it is none, and those for which the profile has an
// example. Names and telephone numbers are asked for only where persons must be told apart.
func asked(c profile.LedgerColumn) bool {
	return c.Required || c.Example != "" && !c.Dropped && (!c.Personal || c.Subject || c.Key || c.Type == profile.Hash) && profile.Fold(c.Header) != numberColumn
}

// question is a column of the blank ledger with the terms to choose from, nil for free text.
type question struct {
	profile.LedgerColumn
	options []string
}

// options are the labels of the column's code list, in official order.
func options(c profile.LedgerColumn, cat *catalog.Catalog) []string {
	if c.Type == profile.Bool {
		return []string{"是", "否"}
	}
	list := cat.List(c.List)
	if c.List == "" || list == nil {
		return nil
	}
	var out []string
	for _, code := range list.Codes {
		out = append(out, code.Label)
	}
	return out
}

// template is a blank ledger under construction.
type template struct {
	*book
	profile *profile.Profile
	asked   []question
	terms   map[string]string // header → range of the sheet of lists
	columns [][]string        // of that sheet
}

// ledger writes the sheet to be filled in.
func (t *template) ledger() error {
	sh, err := t.sheet(t.profile.Title, "台账")
	if err != nil {
		return err
	}
	columns := []column{{header: numberColumn, width: 7, style: t.text}}
	row := []string{Example}
	for _, q := range t.asked {
		c := column{header: q.Header, width: min(max(textWidth(q.Header)+4, textWidth(q.Example)+2, 10), 36), style: t.text}
		if q.Required {
			c.header, c.head = "*"+q.Header, t.required
		}
		columns = append(columns, c)
		row = append(row, q.Example)
	}
	title := "（单位名称）" + t.profile.Title
	if t.profile.Period.Kind != "" && t.profile.Period.Kind != "column" {
		title += "（    年  月）"
	}
	if err := sh.beginBelow(title, columns); err != nil {
		return err
	}
	if err := sh.rowIn(t.sample, row); err != nil {
		return err
	}
	for i, q := range t.asked {
		if err := t.choices(sh, i+2, q); err != nil {
			return err
		}
		if err := t.comment(sh, i+2, q); err != nil {
			return err
		}
	}
	return sh.end()
}

// choices gives a column its drop-down. Other texts stay allowed: a ledger knows terms of its own, and they are kept and
// flagged, not refused.
func (t *template) choices(sh *sheet, col int, q question) error {
	if len(q.options) == 0 {
		return nil
	}
	name, err := excelize.ColumnNumberToName(col)
	if err != nil {
		return err
	}
	v := excelize.NewDataValidation(true)
	v.SetSqref(fmt.Sprintf("%s%d:%s%d", name, sh.top+1, name, sh.top+blankRows))
	v.SetSqrefDropList(t.list(q.options))
	v.ShowErrorMessage = false
	v.SetInput(q.Header, "可从下拉列表中选择")
	return t.file.AddDataValidation(sh.name, v)
}

// list gives the range of the sheet of lists that holds the terms; equal lists stand there once.
func (t *template) list(terms []string) string {
	key := strings.Join(terms, "\x1f")
	if _, ok := t.terms[key]; !ok {
		t.columns = append(t.columns, terms)
		name, _ := excelize.ColumnNumberToName(len(t.columns))
		t.terms[key] = fmt.Sprintf("'%s'!$%s$1:$%s$%d", listSheet, name, name, len(terms))
	}
	return t.terms[key]
}

func (t *template) comment(sh *sheet, col int, q question) error {
	at, err := excelize.CoordinatesToCellName(col, sh.top)
	if err != nil {
		return err
	}
	return t.file.AddComment(sh.name, excelize.Comment{
		Cell: at, Author: "格星", Text: meaning(q), Width: 240, Height: 90,
	})
}

// help writes the sheet that explains the columns.
func (t *template) help() error {
	sh, err := t.sheet(helpSheet, helpSheet)
	if err != nil {
		return err
	}
	if err := sh.begin([]column{
		{header: "列名", width: 20, style: t.note},
		{header: "必填", width: 8, style: t.note},
		{header: "填写内容", width: 60, style: t.note},
		{header: "示例", width: 28, style: t.note},
		{header: "也可写作", width: 44, style: t.note},
	}); err != nil {
		return err
	}
	for _, q := range t.asked {
		must := ""
		if q.Required {
			must = "是"
		}
		if err := sh.row([]string{q.Header, must, meaning(q), q.Example, strings.Join(q.Synonyms, "、")}); err != nil {
			return err
		}
	}
	for _, line := range []string{
		"标题写明单位和年月，如“朝阳社区" + t.profile.Title + "（2026年3月）”，表中不必再逐行填写单位。",
		"示例行可以保留，不会入库；不需要的列可以删去，列的先后可以调整，列名请勿改动。",
		"不要填写居民姓名、身份证号和电话；填写了也不入库。",
	} {
		if err := sh.row([]string{"", "", line, "", ""}); err != nil {
			return err
		}
	}
	return sh.end()
}

// lists writes the terms of the drop-downs to a hidden sheet.
func (t *template) lists() error {
	if len(t.columns) == 0 {
		return nil
	}
	sh, err := t.sheet(listSheet, listSheet)
	if err != nil {
		return err
	}
	longest := slices.MaxFunc(t.columns, func(a, b []string) int { return cmp.Compare(len(a), len(b)) })
	for row := range longest {
		for col, terms := range t.columns {
			if row >= len(terms) {
				continue
			}
			at, err := excelize.CoordinatesToCellName(col+1, row+1)
			if err != nil {
				return err
			}
			if err := t.file.SetCellStr(sh.name, at, terms[row]); err != nil {
				return err
			}
		}
	}
	return t.file.SetSheetVisible(sh.name, false)
}

// meaning says how a column is to be filled in.
func meaning(q question) string {
	var parts []string
	if slices.ContainsFunc(q.Targets, func(t profile.Target) bool { return t.Column == "period" }) {
		return "所属期间，如 2026年3月、2026年第一季度、2026年。"
	}
	switch q.Type {
	case profile.Time:
		parts = append(parts, "日期，如 2026-03-05 或 2026年3月5日；有钟点的写作 2026-03-05 09:30")
	case profile.Bool:
		parts = append(parts, "是或否")
	case profile.Int:
		parts = append(parts, "整数；不确切的写作“近50”“200余”，将作为约数保存")
	case profile.Number:
		parts = append(parts, "数字；不确切的写作“约3.5”，将作为约数保存")
	case profile.Lon, profile.Lat:
		parts = append(parts, "坐标，须与导入时选择的坐标系一致；没有可不填")
	case profile.Hash:
		parts = append(parts, "只用于区分不同的人，加密后入库，原文不保存")
	default:
		switch n := len(q.options); {
		case n > 12:
			parts = append(parts, "从下拉列表中选择，如"+strings.Join(q.options[:6], "、")+"等 "+strconv.Itoa(n)+" 项")
		case n > 0:
			parts = append(parts, "从下拉列表中选择："+strings.Join(q.options, "、"))
		case q.Subject:
			parts = append(parts, "只用于区分不同的人，加密后使用，原文不保存")
		default:
			parts = append(parts, "文字")
		}
	}
	if q.Key {
		parts = append(parts, "用于辨认是哪一行，更正时请勿改动")
	}
	return strings.Join(parts, "；") + "。"
}
