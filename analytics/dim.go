package analytics

import (
	"fmt"
	"slices"
	"strings"

	"gridstar/analytics/catalog"
)

// class of a dimension: what it is taken from.
type class int

const (
	orgDim  class = iota // a unit of a level
	timeDim              // an interval of the calendar
	partDim              // hour or weekday: comes round again
	codeDim              // a text column of the record
	flagDim              // what loading doubted about the row: a filter, since a row may have several
)

// dim is a dimension of a query.
type dim struct {
	name  string // as asked: "org:community"
	label string
	class class
	col   string // its column in the statement's CTEs: o0, t0, w, h, d0
	from  string // orgDim: the level; codeDim: the column of record
	list  *catalog.CodeList
}

// dimensions besides org:<level>, in the order they are listed to users.
var dimensions = []dim{
	{name: "hour", label: "时", class: partDim, col: "h"},
	{name: "day", label: "日", class: timeDim},
	{name: "week", label: "周", class: timeDim},
	{name: "month", label: "月", class: timeDim},
	{name: "quarter", label: "季度", class: timeDim},
	{name: "year", label: "年", class: timeDim},
	{name: "weekday", label: "星期", class: partDim, col: "w"},
	{name: "kind", label: "事项类型", class: codeDim},
	{name: "channel", label: "来源渠道", class: codeDim},
	{name: "category", label: "类别", class: codeDim},
	{name: "category2", label: "二级类别", class: codeDim},
	{name: "status", label: "办理状态", class: codeDim},
	{name: "dept", label: "承办单位", class: codeDim},
	{name: "target_group", label: "对象类别", class: codeDim},
	{name: "resolved_level", label: "解决层级", class: codeDim},
	{name: "result", label: "办理结果", class: codeDim},
	{name: flagName, label: "数据质量标记", class: flagDim},
}

const (
	orgPrefix = "org:"
	flagName  = "flag"
)

// Dimensions names every dimension that can be grouped by, with its Chinese label.
func Dimensions(cat *catalog.Catalog) (ids, labels []string) {
	for _, n := range dimensionNames(cat) {
		if n.id != flagName {
			ids, labels = append(ids, n.id), append(labels, n.label)
		}
	}
	return ids, labels
}

func dimensionNames(cat *catalog.Catalog) []name {
	var all []name
	for _, l := range cat.Levels {
		all = append(all, name{orgPrefix + l.ID, l.Label})
	}
	for _, d := range dimensions {
		all = append(all, name{d.name, d.label})
	}
	return all
}

func parseDim(cat *catalog.Catalog, text string) (dim, error) {
	if level, ok := strings.CutPrefix(text, orgPrefix); ok {
		l, ok := cat.Level(level)
		if !ok {
			var known []name
			for _, l := range cat.Levels {
				known = append(known, name{l.ID, l.Label})
			}
			return dim{}, failf(ErrUnknownLevel, "没有名为“%s”的层级%s", level, suggest(level, known))
		}
		return dim{name: text, label: l.Label, class: orgDim, from: l.ID}, nil
	}
	for _, d := range dimensions {
		if d.name == text {
			if d.class == codeDim {
				d.from, d.list = d.name, cat.List(d.name)
			}
			return d, nil
		}
	}
	return dim{}, failf(ErrUnknownDimension, "没有名为“%s”的维度%s", text, suggest(text, dimensionNames(cat)))
}

func parseDims(cat *catalog.Catalog, texts []string) ([]dim, error) {
	var dims []dim
	var orgs, times, codes int
	for i, text := range texts {
		if slices.Contains(texts[:i], text) {
			return nil, failf(ErrUnknownDimension, "维度“%s”重复", text)
		}
		d, err := parseDim(cat, text)
		if err != nil {
			return nil, err
		}
		switch d.class {
		case flagDim:
			return nil, failf(ErrUnknownDimension, "“%s”只能用作筛选条件，一行可以有几个标记，不能按它分组", d.label)
		case orgDim:
			d.col = fmt.Sprintf("o%d", orgs)
			orgs++
		case timeDim:
			d.col = fmt.Sprintf("t%d", times)
			times++
		case codeDim:
			d.col = fmt.Sprintf("d%d", codes)
			codes++
		}
		dims = append(dims, d)
	}
	return dims, nil
}

// of picks the dimensions of some classes.
func of(dims []dim, classes ...class) []dim {
	var some []dim
	for _, d := range dims {
		if slices.Contains(classes, d.class) {
			some = append(some, d)
		}
	}
	return some
}

// cols are the column names of dimensions, with a prefix such as "s.".
func cols(dims []dim, prefix string) []string {
	names := make([]string, len(dims))
	for i, d := range dims {
		names[i] = prefix + d.col
	}
	return names
}
