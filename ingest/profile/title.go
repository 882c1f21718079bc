package profile

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Title is what stands around a table: the rows above its header, the sheet's and the file's name.
type Title struct {
	Lines    []string  // the rows above the header, cells joined by spaces, blank and repeated ones left out
	Sheet    string    // "" for formats without sheets
	File     string    // without folder and extension
	From, To time.Time // the period stated there, half-open, naive; zero where none is

	BadPeriod string // what looks like a period above the table and cannot be one, as 2026年13月; "" where there is none
}

// HasPeriod says whether a period is stated.
func (t *Title) HasPeriod() bool { return !t.From.IsZero() }

// Text returns what an org source of that kind ("title", "sheet", "file") says.
func (t *Title) Text(kind string) string {
	switch kind {
	case "title":
		return strings.Join(t.Lines, " ")
	case "sheet":
		return t.Sheet
	case "file":
		return t.File
	}
	return ""
}

// maxTitle is how many bytes of a cell above the header are looked at.
const maxTitle = 600

// TitleContext reads what stands around a table. head holds the first rows of the file, headerRow is the
// index of the header in it (-1 where there is none: then no row counts as title). The period is the first stated, title
// before sheet before file; the date of filling in a form (填报日期) states none. A period without year (第三季度) takes
// the year from whichever text has one.
func TitleContext(head [][]string, headerRow int, sheet, file string) Title {
	base := filepath.Base(strings.ReplaceAll(file, `\`, "/"))
	t := Title{Sheet: CleanCell(sheet), File: strings.TrimSuffix(base, filepath.Ext(base))}
	for _, row := range head[:max(0, min(headerRow, len(head)))] {
		var cells []string
		for _, c := range row {
			if c = label(c); c == "" {
				continue
			}
			if c = strings.ToValidUTF8(c[:min(len(c), maxTitle)], ""); !slices.Contains(cells, c) { // a merged cell may repeat its text in every column
				cells = append(cells, c)
			}
		}
		line := strings.Join(cells, " ")
		if n := len(t.Lines); line != "" && (n == 0 || t.Lines[n-1] != line) { // and in every row
			t.Lines = append(t.Lines, line)
		}
	}
	texts := make([]string, 0, len(t.Lines)+2)
	for _, l := range t.Lines {
		texts = append(texts, withoutFormDate(l))
	}
	for i, s := range texts {
		if strings.Contains(s, "单位") { // 填报单位：…　2026年1月10日: the day the form was filled in
			texts[i] = withoutDays(s)
		}
	}
	texts = append(texts, t.Sheet, t.File)
	year := 0
	for i, s := range texts {
		if from, _, ok := widestPeriod(s, 0, i >= len(t.Lines)); ok {
			year = from.Year()
			break
		}
	}
	for i, s := range texts {
		if t.BadPeriod = impossiblePeriod(s); t.BadPeriod != "" {
			break
		}
		if from, to, ok := widestPeriod(s, year, i >= len(t.Lines)); ok {
			t.From, t.To = from, to
			break
		}
	}
	return t
}

// widestPeriod is findPeriod, but for a single day beside another period: 2025年台账（2026年1月5日） was printed on that day.
func widestPeriod(text string, year int, bareYear bool) (from, to time.Time, ok bool) {
	from, to, ok = findPeriod(text, year, bareYear)
	if ok && to.Sub(from) <= 24*time.Hour {
		if f, end, wider := findPeriod(singleDay.ReplaceAllString(periodText(text), " "), year, bareYear); wider {
			return f, end, true
		}
	}
	return from, to, ok
}

// singleDay is a day with its year in the text of periodText.
var singleDay = regexp.MustCompile(reYear + reMonth + `[月./-]` + reMonth + `[日号]?`)

// withoutDays cuts single days out of a line that has no other period.
func withoutDays(line string) string {
	if from, to, ok := findPeriod(line, 0, false); ok && to.Sub(from) <= 24*time.Hour {
		return ""
	}
	return line
}

// withoutFormDate cuts a line where it goes on to say when or by whom the form was filled in.
func withoutFormDate(line string) string {
	for _, word := range []string{"截至", "截止", "填报日期", "填报时间", "填表日期", "填表时间", "制表日期", "制表时间", "制表人", "打印日期", "打印时间", "导出时间", "导出日期", "更新时间"} {
		line, _, _ = strings.Cut(line, word)
	}
	return line
}
