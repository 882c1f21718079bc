package ingest

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gridstar/analytics/warehouse"
	"gridstar/ingest/profile"
)

const (
	longestSpan = 400 // days a file may cover by its dates alone without a question
	longestGap  = 92  // days without a row inside them
	shownCovers = 100 // figures' statements that a Result lists
)

// doubtSpan questions what a file without a stated period covers by its dates alone: one mistyped year would make it
// vouch for ten years without a matter. It also counts the rows dated outside a period that the title states.
func (c *collector) doubtSpan() {
	days := slices.SortedFunc(maps.Keys(c.covered.days), time.Time.Compare)
	if len(days) == 0 {
		return
	}
	if title := c.context.period; !title.from.IsZero() {
		var n, first int64
		for _, d := range days {
			if r := c.covered.days[d]; d.Before(title.from) || !d.Before(title.to) {
				if n += r.n; first == 0 || r.first < first {
					first = r.first
				}
			}
		}
		if n > 0 {
			text := fmt.Sprintf("日期不在标题所写期间（%s）之内，仍按原日期入库，请核对标题或日期", title.days())
			c.warnings["outside"] = &Warning{Code: "outside", Text: text, Count: n, Rows: []int64{first}}
		}
		return
	}
	if len(c.covered.stated) > 0 {
		return
	}
	first, last := days[0], days[len(days)-1]
	gap, after := time.Duration(0), 0 // the longest, and the day behind it
	for i := 1; i < len(days); i++ {
		if d := days[i].Sub(days[i-1]); d > gap {
			gap, after = d, i
		}
	}
	const day = 24 * time.Hour
	if last.Sub(first) <= longestSpan*day && gap <= longestGap*day {
		return
	}
	odd := days[0] // of the two parts that the gap leaves, the one with fewer rows is suspect
	if c.covered.total(days[:after]) > c.covered.total(days[after:]) {
		odd = days[len(days)-1]
	}
	row := c.covered.days[odd].first
	c.warnings["span"] = &Warning{
		Code: "span", Count: 1, Rows: []int64{row},
		Text: fmt.Sprintf("文件没有写明期间，按日期覆盖%s，跨度或间断过长；请核对第 %d 行的日期 %s，或在标题中写明期间",
			period{first, last.AddDate(0, 0, 1)}.days(), row, odd.Format(time.DateOnly)),
	}
}

// total counts the rows of some days.
func (s *span) total(days []time.Time) (n int64) {
	for _, d := range days {
		n += s.days[d].n
	}
	return n
}

// doubtTitle names a period in the title that cannot be.
func (c *collector) doubtTitle(t profile.Title) {
	if t.BadPeriod != "" {
		c.warnings.add("title", "标题中的期间“"+quotable(t.BadPeriod)+"”无法识别", 0, "")
	}
}

// dateOf is the column that dates the rows of a shape.
var dateOf = map[string]string{"record": "received_at", "activity": "held_at"}

// doubtAbsent counts what earlier files of the same ledger said of the unit and period that this file states, and this
// one no longer says. A ledger with a key or numbers only adds and corrects; whether a row was deleted on purpose nobody
// can tell but its clerk.
func (l *load) doubtAbsent(ctx context.Context) error {
	c := l.collector
	if c.binding.Identity == profile.BySlice || c.context.unit == "" || c.produced == 0 || c.rejectID >= 0 {
		return nil
	}
	ps, by := c.covered.periods(c.context)
	if by != "title" && by != "column" {
		return nil
	}
	var below []string
	for _, u := range c.dir.Units() {
		if c.dir.Contains(c.context.unit, u.Code) {
			below = append(below, u.Code)
		}
	}
	var absent int64
	for _, shape := range c.binding.Profile.Shapes() {
		col := dateOf[shape]
		if col == "" {
			continue
		}
		var when []string
		args := []any{l.job.ID, c.family, strings.Join(below, "\x1f")}
		for _, p := range ps {
			when = append(when, fmt.Sprintf("%[1]s >= $%[2]d AND %[1]s < $%[3]d", "f."+col, len(args)+1, len(args)+2))
			args = append(args, p.from, p.to)
		}
		query := fmt.Sprintf(`SELECT count(*) FROM %[1]s f WHERE f.since <> $1 AND f.job IN (SELECT id FROM job WHERE profile IN (SELECT unnest(string_split($2, chr(31)))))
			AND f.org_code IN (SELECT unnest(string_split($3, chr(31)))) AND (%[2]s)
			AND f.id NOT IN (SELECT id FROM %[1]s WHERE since = $1)`, shape, strings.Join(when, " OR "))
		n, err := warehouse.Rows(ctx, l.job, func(r *sql.Rows) (n int64, err error) { return n, r.Scan(&n) }, query, args...)
		if err != nil {
			return err
		}
		absent += n[0]
	}
	if absent > 0 {
		c.warnings.add("absent", fmt.Sprintf("本单位本期另有 %d 行以前入库而本文件没有，如应删除请先撤销原作业", absent), 0, "")
	}
	return nil
}

// days writes a period as its first and last day.
func (p period) days() string {
	return p.from.Format(time.DateOnly) + "至" + p.to.Add(-time.Second).Format(time.DateOnly)
}

var groundText = map[string]string{"title": "标题", "column": "期间列", "dates": "首末日期", "figure": "各行期间", "zero": "零报告"}

// summary says in Chinese what the job covers: 朝阳社区，居民诉求、商户诉求，2026-01-01至2026-01-31（依据标题）.
func (c *collector) summary(all []statement) string {
	if len(all) == 0 {
		return ""
	}
	type when struct {
		period
		by string
	}
	var orgs, subjects []string
	var whens []when
	var whole period
	for _, s := range all {
		org := "全站"
		if s.org != "" {
			org = c.dir.FullName(s.org)
		}
		if org == "" {
			org = s.org
		}
		orgs, subjects = appendNew(orgs, org), appendNew(subjects, c.subjectLabel(s.subject))
		whens = appendNew(whens, when{s.period, s.by})
		whole.widen(s.period)
	}
	var spans []string
	for _, w := range whens {
		spans = append(spans, w.days())
	}
	if len(spans) > 3 {
		spans = []string{fmt.Sprintf("%s之间的 %d 段期间", whole.days(), len(spans))}
	}
	return fmt.Sprintf("%s，%s，%s（依据%s）", few(orgs, "个单位"), few(subjects, "类"), strings.Join(spans, "、"), groundText[whens[0].by])
}

func appendNew[T comparable](list []T, v T) []T {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

// few joins names; of more than five it names three and says how many there are.
func few(names []string, unit string) string {
	if len(names) <= 5 {
		return strings.Join(names, "、")
	}
	return fmt.Sprintf("%s等 %d %s", strings.Join(names[:3], "、"), len(names), unit)
}

// subjectLabel is a kind, type or measure as the catalogue calls it.
func (c *collector) subjectLabel(of subject) string {
	if of.shape == "figure" {
		if m, ok := c.catalog.Measure(of.code); ok && m.Label != "" {
			return m.Label
		}
		return of.code
	}
	return c.catalog.List(codeList(of.shape, subjectColumn[of.shape])).LabelOf(of.code)
}
