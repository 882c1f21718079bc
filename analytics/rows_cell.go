package analytics

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gridstar/analytics/catalog"
)

// flagWords are the words for the flags that loading puts on a row (docs/glossary.md).
var flagWords = map[string]string{
	"DQ01": "时间先后颠倒",
	"DQ02": "时间在今天之后",
	"DQ03": "取值不在代码表",
	"DQ04": "单位缺失或查不到",
	"DQ05": "坐标与单位不一致",
	"DQ06": "与前面的行重复",
	"DQ07": "已办结而没有办结时间或办理结果",
	"DQ09": "内容与前面多行完全相同",
	"DQ14": "合计或比率与明细不符",
	"DQ18": "约数",
	"DQ22": "坐标在边界重叠处",
	"DQ23": "坐标归入最近单位",
}

// Flags are the flags that a row may have, in order, with their words: what the dimension flag filters by.
func Flags() (ids, words []string) {
	ids = slices.Sorted(maps.Keys(flagWords))
	for _, id := range ids {
		words = append(words, flagWords[id])
	}
	return ids, words
}

func flagNames() (all []name) {
	ids, words := Flags()
	for i, id := range ids {
		all = append(all, name{id, words[i]})
	}
	return all
}

// flagged is the condition that a column of flags (DQ01,DQ18) has one of them; "" means none at all. The values are known ones.
func flagged(col string, values []string) string {
	var conds []string
	for _, v := range values {
		if v == "" {
			conds = append(conds, "coalesce("+col+", '') = ''")
			continue
		}
		conds = append(conds, "contains(',' || "+col+" || ',', "+text(","+v+",")+")")
	}
	return "(" + strings.Join(conds, " OR ") + ")"
}

// doubtText turns "DQ01,DQ18" into words; a flag without words stays.
func doubtText(flags string) string {
	all := strings.Split(flags, ",")
	for i, f := range all {
		all[i] = or(flagWords[f], f)
	}
	return strings.Join(all, "、")
}

// periodName names a half-open period: 2026年, 2026年第一季度, 2026年3月, 2026年1月至2月, 2026年3月5日, else by its limits.
func periodName(from, to time.Time) string {
	year, month, day := from.Date()
	whole := midnight(from).Equal(from)
	switch {
	case whole && day == 1 && month == 1 && to.Equal(addMonths(from, 12)):
		return fmt.Sprintf("%d年", year)
	case whole && day == 1 && month%3 == 1 && to.Equal(addMonths(from, 3)):
		return fmt.Sprintf("%d年第%s季度", year, []string{"一", "二", "三", "四"}[month/3])
	case whole && day == 1 && to.Equal(addMonths(from, 1)):
		return fmt.Sprintf("%d年%d月", year, month)
	case whole && day == 1 && to.Day() == 1 && midnight(to).Equal(to) && to.Before(addMonths(from, 13-int(month))):
		return fmt.Sprintf("%d年%d月至%d月", year, month, to.Month()-1)
	case whole && to.Equal(from.AddDate(0, 0, 1)):
		return fmt.Sprintf("%d年%d月%d日", year, month, day)
	}
	return periodText(from, to)
}

// scan reads one row of the statement of lines.
func (l *listing) scan(cat *catalog.Catalog) func(*sql.Rows) (RowLine, error) {
	line, _ := l.scanAfter(cat, 0)
	return line
}

// scanAfter is scan for a row with further values before those of lines: before each row the caller says where they go.
func (l *listing) scanAfter(cat *catalog.Catalog, n int) (line func(*sql.Rows) (RowLine, error), before []any) {
	var job, row sql.NullInt64
	into := append(make([]any, n), &job, &row)
	cells := make([]func() any, len(l.columns))
	for i, c := range l.columns {
		var some []any
		some, cells[i] = c.cell(cat)
		into = append(into, some...)
	}
	return func(rows *sql.Rows) (RowLine, error) {
		if err := rows.Scan(into...); err != nil {
			return RowLine{}, err
		}
		line := RowLine{Job: job.Int64, Row: row.Int64, Cells: make([]any, len(cells))}
		for i, cell := range cells {
			line.Cells[i] = cell()
		}
		return line, nil
	}, into[:n:n]
}

// cell gives what a column is scanned into and, after each scan, its value.
func (c rowColumn) cell(cat *catalog.Catalog) (into []any, value func() any) {
	switch c.kind {
	case TimeColumn, DateColumn:
		var t sql.NullTime
		return []any{&t}, func() any {
			if !t.Valid {
				return nil
			}
			return t.Time.UTC()
		}
	case NumberColumn:
		var n sql.NullFloat64
		return []any{&n}, func() any {
			if !n.Valid {
				return nil
			}
			return n.Float64
		}
	case FlagColumn:
		var f sql.NullBool
		return []any{&f}, func() any {
			if !f.Valid {
				return nil
			}
			return f.Bool
		}
	case readingColumn:
		var n sql.NullFloat64
		var q sql.NullString
		return []any{&n, &q}, func() any {
			if !n.Valid {
				return nil
			}
			return Reading{n.Float64, or(q.String, "exact")}
		}
	case periodColumn:
		var from, to sql.NullTime
		return []any{&from, &to}, func() any {
			if !from.Valid || !to.Valid {
				return nil
			}
			return periodName(from.Time.UTC(), to.Time.UTC())
		}
	case UnitColumn:
		var code, name sql.NullString
		return []any{&code, &name}, func() any {
			if !code.Valid {
				return nil
			}
			return Key{Value: code.String, Name: or(name.String, code.String)}
		}
	}
	var s sql.NullString
	list := cat.List(c.list)
	return []any{&s}, func() any {
		switch {
		case !s.Valid || s.String == "":
			return nil
		case c.kind == CodeColumn:
			return Key{Value: s.String, Name: list.LabelOf(s.String)}
		case c.kind == doubtColumn:
			return doubtText(s.String)
		}
		return s.String
	}
}
