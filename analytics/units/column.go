package units

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A column of a table of units.
type column int

const (
	colCode column = iota
	colName
	colLevel
	colParent
	colSort
	colHouseholds
	colPopulation
	colArea
	colLeader
	colAliases
	colCovers
	colFrom
	colTo
	columns // their number
)

// headings are the ways to head each column; the first is the one messages use.
var headings = [columns][]string{
	colCode:       {"编码", "code", "单位编码", "代码", "单位代码", "组织编码"},
	colName:       {"名称", "name", "单位名称", "组织名称"},
	colLevel:      {"层级", "level", "级别", "单位层级"},
	colParent:     {"上级编码", "parent", "上级", "上级单位", "上级名称", "parent_code"},
	colSort:       {"排序", "sort", "排序号"},
	colHouseholds: {"户数", "households", "总户数"},
	colPopulation: {"人口", "population", "人口数", "总人口"},
	colArea:       {"面积", "area_km2", "面积（平方公里）", "面积（平方千米）", "面积（km²）"},
	colLeader:     {"负责人职务", "leader_title", "负责人职务名称"},
	colAliases:    {"别名", "aliases", "alias"},
	colCovers:     {"覆盖", "covers", "覆盖单位", "覆盖范围"},
	colFrom:       {"启用日期", "valid_from", "启用时间"},
	colTo:         {"停用日期", "valid_to", "停用时间"},
}

// columnOf is headings read backwards.
var columnOf = func() map[string]column {
	m := map[string]column{}
	for c, names := range headings {
		for _, n := range names {
			m[fold(n)] = column(c)
		}
	}
	return m
}()

// header says where each column stands in a row; -1 where the table lacks it.
type header struct {
	at       [columns]int
	unmapped []string // headings of columns that mean nothing here
}

func (h *header) has(c column) bool { return h.at[c] >= 0 }

// A header may stand below title rows, but not deeper than this.
const headerDepth = 10

// findHeader looks for the first row that heads a column of codes and one of names.
func findHeader(rows [][]string) (h header, at int, err error) {
	nearest := 0
	var missing []column
	for i, row := range rows[:min(len(rows), headerDepth)] {
		h, err := readHeader(row)
		if err != nil {
			return h, 0, err
		}
		if h.has(colCode) && h.has(colName) {
			return h, i, nil
		}
		known := 0
		for c := range columns {
			if h.has(c) {
				known++
			}
		}
		if known > nearest {
			nearest, missing = known, nil
			for _, c := range []column{colCode, colName} {
				if !h.has(c) {
					missing = append(missing, c)
				}
			}
		}
	}
	if nearest == 0 {
		return header{}, 0, errors.New("没有找到表头，单位表应有“编码”“名称”两列，请按模板填写后重新装入")
	}
	var names strings.Builder
	for _, c := range missing {
		names.WriteString("“" + headings[c][0] + "”")
	}
	return header{}, 0, fmt.Errorf("单位表缺少%s列，请补上后重新装入", names.String())
}

func readHeader(row []string) (header, error) {
	h := header{}
	for c := range columns {
		h.at[c] = -1
	}
	for i, cell := range row {
		cell = clean(cell)
		c, ok := columnOf[fold(cell)]
		switch {
		case cell == "":
		case !ok:
			h.unmapped = append(h.unmapped, cell)
		case h.has(c):
			return h, fmt.Errorf("单位表的“%s”列出现了两次（“%s”和“%s”），请只保留一列", headings[c][0], clean(row[h.at[c]]), cell)
		default:
			h.at[c] = i
		}
	}
	return h, nil
}

// cell gives a row's value in a column, cleaned; "" where the row is too short.
func (h *header) cell(row []string, c column) string {
	if i := h.at[c]; i >= 0 && i < len(row) {
		return clean(row[i])
	}
	return ""
}

// clean trims a cell, also of full-width and no-break spaces, and turns control characters into spaces.
func clean(s string) string {
	return strings.TrimFunc(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case r == '\uFEFF' || r == '\u200B':
			return -1
		}
		return r
	}, s), unicode.IsSpace)
}

var excelDamage = regexp.MustCompile(`^\d(\.\d+)?[Ee]\+\d+$`)

// readCode takes a code in half width. It holds no control characters, which keys and bound lists rely on, and none
// of the characters that separate a list of codes.
func readCode(s string) (string, error) {
	s = halfWidth(s)
	switch {
	case s == "":
		return "", errors.New("没有填写编码")
	case excelDamage.MatchString(s):
		return "", fmt.Errorf("编码“%s”已被电子表格改写成科学计数，请把该列设为文本格式后重新填写", s)
	case utf8.RuneCountInString(s) > longestCode:
		return "", fmt.Errorf("编码“%.20s…”超过 %d 个字符", s, longestCode)
	case strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) || isListSeparator(r) }):
		return "", fmt.Errorf("编码“%s”含有逗号、顿号、分号或不可见字符", s)
	}
	return s, nil
}

func isListSeparator(r rune) bool { return strings.ContainsRune("；;、,，", r) }

const longestCode = 64

// longestName is the length in characters of the longest name a unit may bear.
const longestName = 100

func tooLong(name string) bool { return utf8.RuneCountInString(name) > longestName }

func halfWidth(s string) string { return norm.NFKC.String(s) }

// readCount takes a whole number from 0, also with thousands separators; nil for an empty cell.
func readCount(s string) (*int64, error) {
	if s == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(plainNumber(s), 10, 64)
	if err != nil || n < 0 {
		return nil, errors.New("不是非负整数")
	}
	return &n, nil
}

// readArea takes square kilometres; nil for an empty cell.
func readArea(s string) (*float64, error) {
	if s == "" {
		return nil, nil
	}
	v, err := strconv.ParseFloat(plainNumber(s), 64)
	if err != nil || v < 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return nil, errors.New("不是非负数值")
	}
	return &v, nil
}

func plainNumber(s string) string {
	s = halfWidth(s)
	if grouped.MatchString(s) {
		s = strings.ReplaceAll(s, ",", "")
	}
	return strings.TrimSuffix(s, ".0")
}

var grouped = regexp.MustCompile(`^\d{1,3}(,\d{3})+(\.\d+)?$`)

// readSort takes the official order: a whole number from 0, small enough that others can follow it in 32 bits.
func readSort(s string) (int, error) {
	n, err := strconv.ParseInt(plainNumber(s), 10, 32)
	if err != nil || n < 0 || n > 1e9 {
		return 0, errors.New("不是 0 至 10 亿之间的整数")
	}
	return int(n), nil
}

// readDate takes a civil date written 2025-01-31, 2025/1/31, 2025.1.31, 20250131 or 2025年1月31日.
func readDate(s string) (time.Time, error) {
	s = strings.TrimSuffix(strings.ReplaceAll(halfWidth(s), " ", ""), "日")
	s = strings.NewReplacer("年", "-", "月", "-", "/", "-", ".", "-").Replace(s)
	for _, layout := range []string{"2006-1-2", "20060102", "2006-1-215:04:05", "2006-1-2T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1900 && t.Year() < 2200 {
			return Date(t), nil
		}
	}
	return time.Time{}, errors.New("不是 1900 至 2199 年间的日期")
}

// readList splits aliases and codes; the result is sorted, each once.
func readList(s string) []string {
	out := strings.FieldsFunc(s, isListSeparator)
	for i := range out {
		out[i] = clean(out[i])
	}
	out = slices.DeleteFunc(out, func(s string) bool { return s == "" })
	slices.Sort(out)
	return slices.Compact(out)
}
