package ingest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Reject is a row that was not taken, and why. Column and Value are empty where the row as a whole is meant.
type Reject struct {
	Row     int64  `json:"row"`
	Column  string `json:"column,omitempty"`
	Value   string `json:"value,omitempty"` // masked, shortened
	Reason  Reason `json:"reason"`
	Message string `json:"message"`
}

// Reason is why a row was refused. The values are stored.
type Reason string

const (
	NoIdentity    Reason = "no_identity"
	NoMainDate    Reason = "no_main_date"
	BadTime       Reason = "bad_time"
	BadNumber     Reason = "bad_number"
	BadBool       Reason = "bad_bool"
	AmbiguousUnit Reason = "ambiguous_unit"
	Unreadable    Reason = "unreadable"
	ForeignUnit   Reason = "foreign_unit" // not in the scope of whoever loads the file
)

// Flag is a doubt about a row that is kept (DOMAIN §3, data quality).
type Flag string

const (
	TimeInverted Flag = "DQ01"
	FutureDate   Flag = "DQ02"
	UnknownCode  Flag = "DQ03"
	UnknownUnit  Flag = "DQ04"
	PointOutside Flag = "DQ05"
	DuplicateRow Flag = "DQ06"
	CopiedText   Flag = "DQ09"
	FuzzyNumber  Flag = "DQ18"

	SharedPoint  Flag = "DQ22"
	NearestPoint Flag = "DQ23"

	IncompleteClosing Flag = "DQ07"
	Contradiction     Flag = "DQ14"
)

// flags is a set of Flags, one bit each.
type flags uint32

// bit is the flag's own: that of the number in its name.
func (f Flag) bit() flags {
	n, err := strconv.Atoi(string(f[2:]))
	if err != nil || n < 0 || n > 31 {
		panic("no bit for the flag " + string(f))
	}
	return 1 << n
}

// String gives the flags as they are stored: DQ01,DQ04.
func (fs flags) String() string {
	var b []byte
	for n := range 32 {
		if fs&(1<<n) == 0 {
			continue
		}
		if b != nil {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, "DQ%02d", n)
	}
	return string(b)
}

var flagText = map[Flag]string{
	TimeInverted: "时间先后颠倒（如办结早于受理）",
	FutureDate:   "受理、办结或开展时间在今天之后",
	UnknownCode:  "取值不在代码表中，按原文保留",
	UnknownUnit:  "所属单位缺失或查不到",
	PointOutside: "坐标不可用，或不在所填单位的范围内（以所填单位为准）",
	DuplicateRow: "与前面的行重复（编号相同，或同一天、同一单位、同一类型且内容相同）",
	CopiedText:   "内容与前面多行完全相同",
	FuzzyNumber:  "数量是约数（如“200余”）",

	SharedPoint:  "坐标在几个单位边界重叠的地方，归入面积较小的一个",
	NearestPoint: "坐标不在任何单位内，归入最近的一个（距离在设定范围内）",

	IncompleteClosing: "已办结而没有办结时间或办理结果",
	Contradiction:     contradictionText,
}

const spoiltText = "单位编码被 Excel 改成了科学计数法，末尾的数字已丢失，请在原文件中把该列设为“文本”格式、重新填写编码后再导入"

// Warning is one kind of doubt with the number of rows it concerns.
type Warning struct {
	Code  string   `json:"code"`
	Text  string   `json:"text"`
	Count int64    `json:"count"`
	Rows  []int64  `json:"rows,omitempty"`   // the first few
	Items []string `json:"values,omitempty"` // the first few distinct values, masked

	last int64 // the row counted last: a row with two doubts of a kind counts once
}

const (
	shownRows   = 5
	shownValues = 10
	longestText = 100 // runes of a value that is quoted
)

// warnings counts doubts by kind while a file is read.
type warnings map[string]*Warning

func (w warnings) add(code, text string, row int64, value string) {
	x := w[code]
	if x == nil {
		x = &Warning{Code: code, Text: text}
		w[code] = x
	}
	if row == 0 || row != x.last {
		x.Count++
	}
	if row > 0 && row != x.last && len(x.Rows) < shownRows {
		x.Rows = append(x.Rows, row)
	}
	x.last = row
	if value != "" && len(x.Items) < shownValues {
		if v := quotable(value); !slices.Contains(x.Items, v) {
			x.Items = append(x.Items, v)
		}
	}
}

func (w warnings) flag(f Flag, row int64, value string) { w.add(string(f), flagText[f], row, value) }

// list gives the warnings by their code.
func (w warnings) list() []Warning {
	out := make([]Warning, 0, len(w))
	for _, x := range w {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b Warning) int { return cmp.Compare(a.Code, b.Code) })
	return out
}

// quotable makes a cell fit to be kept and shown beside a finding: masked, short, and a text of its own (a cell is
// part of its whole batch).
func quotable(s string) string {
	s, _ = Mask(s)
	if r := []rune(s); len(r) > longestText {
		return string(r[:longestText]) + "…"
	}
	return strings.Clone(s)
}

func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("marshalling %T: %v", v, err)) // only plain values are passed
	}
	return string(b)
}
