package web

import (
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/reports/assets"
	"gridstar/reports/chart"
)

// tab is one entry of the main navigation.
type tab struct {
	ID, Text, URL string
	right         access.Right
}

var tabs = []tab{
	{"overview", "总览", "/", access.See},
	{"map", "地图", "/map", access.See},
	{"stars", "五星", "/stars", access.See},
	{"records", "明细", "/records", access.Open},
	{"data", "数据", "/data", access.Enter},
	{"start", "起步", "/start", access.Manage},
	{"admin", "账号", "/admin", access.Manage},
	{"audit", "审计", "/audit", access.Audit},
}

// tabsOf are those that a caller may open.
func tabsOf(c *access.Caller) []tab {
	return slices.DeleteFunc(slices.Clone(tabs), func(t tab) bool { return !c.May(t.right) })
}

// funcs are all functions of templates. None depends on a request.
func (s *Server) funcs() template.FuncMap {
	return template.FuncMap{
		"asset":   assets.Path,
		"static":  s.own.Path,
		"count":   func(n int64) string { return count(n) },
		"clock":   clock,
		"day":     day,
		"join":    strings.Join,
		"palette": func() json.RawMessage { return chart.PaletteJSON() },
	}
}

// count writes a whole number with separators: 12,345.
func count[T int | int64](n T) string { return analytics.Thousands(strconv.FormatInt(int64(n), 10)) }

// clock is a moment to the minute, in words.
func clock(t time.Time) string { return t.Format("2006年1月2日 15:04") }

func day(t time.Time) string { return t.Format("2006年1月2日") }

// asOf is the foot's and the page head's 数据截至.
func asOf(version int64, latest time.Time) string {
	if latest.IsZero() {
		return fmt.Sprintf("数据版本 %d", version)
	}
	return fmt.Sprintf("数据截至 %s・第 %d 批", latest.Format("2006年1月2日"), version)
}
