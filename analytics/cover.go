package analytics

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

//go:embed cover.sql
var coverSQL string

// coverage writes the CTEs of m_covered. Metrics about the same subjects share a set; the cover of a set is the
// covered share of the days, averaged over those of its subjects that were ever stated at the site.
func (b *builder) coverage() {
	var sets []string // the subjects of each set, joined
	var rows []string
	for _, l := range b.leaves {
		if l.cover == nil {
			continue
		}
		key := strings.Join(l.cover, "\x00")
		l.set = slices.Index(sets, key)
		if l.set < 0 {
			l.set = len(sets)
			sets = append(sets, key)
			for _, s := range l.cover {
				rows = append(rows, fmt.Sprintf("(%d, %s)", l.set, b.bind(s)))
			}
		}
	}
	if len(rows) == 0 {
		return
	}
	lo, hi := b.spans[0].firstDay, b.spans[0].endDay
	for _, s := range b.spans {
		if s.firstDay.Before(lo) {
			lo = s.firstDay
		}
		if s.endDay.After(hi) {
			hi = s.endDay
		}
	}
	relation := warehouse.Relation("coverage", b.AsOf)
	reach := ""
	if !b.Scope.All {
		// Statements about units out of reach must not show through in anybody's numbers.
		reach = " AND (c.org_code IS NULL OR c.org_code IN (SELECT code FROM inside UNION SELECT p.ancestor FROM unit_path p JOIN inside i ON i.code = p.code))"
	}
	b.with("asked", "SELECT * FROM (VALUES "+strings.Join(rows, ", ")+") v(cover_set, subject)")
	b.keep("stated", fmt.Sprintf(`SELECT DISTINCT a.cover_set, c.shape || ':' || c.subject AS subject
FROM %s c JOIN asked a ON a.subject = c.shape || ':' || c.subject OR a.subject = c.shape || ':*' WHERE TRUE%s`, relation, reach))
	units := "place_of"
	if len(b.orgs) == 0 {
		units = "(SELECT 1 AS one)"
	}
	b.ctes = append(b.ctes, strings.NewReplacer(
		"{{lo}}", date(lo), "{{hi}}", date(hi), "{{coverage}}", relation, "{{reach}}", reach, "{{cu}}", b.coverUnit("h."), "{{units}}", units,
	).Replace(coverSQL))
	b.keep("cover", `SELECT a.cover_set, d.cu, d.run, d.p, CAST(sum(d.covered) AS DOUBLE) / (max(d.days) * max(n.n)) AS share
FROM stated a JOIN (SELECT cover_set, count(*) AS n FROM stated GROUP BY cover_set) n ON n.cover_set = a.cover_set
JOIN day_count d ON d.subject = a.subject
GROUP BY a.cover_set, d.cu, d.run, d.p`)
}

// coverUnit is the position of the unit whose coverage a row of the spine takes: its finest one; 0 for none.
func (b *builder) coverUnit(prefix string) string {
	if len(b.orgs) == 0 {
		return "0"
	}
	finest := slices.Clone(b.orgs)
	slices.SortStableFunc(finest, func(x, y dim) int { return b.cat.Depth(y.from) - b.cat.Depth(x.from) })
	return "coalesce(" + strings.Join(cols(finest, prefix), ", ") + ", 0)"
}

// joinCover joins the coverage of a leaf: by its set or, where the query asks by kind, of the row's own kind.
func (b *builder) joinCover(l *leaf, prev bool) (expr, join string) {
	if l.cover == nil { // the register of units: there where it has a value
		return fmt.Sprintf("CASE WHEN %s.%s IS NULL THEN 0 ELSE 1 END", l.source.name, column("n", l.i)), ""
	}
	on := fmt.Sprintf("%%[1]s.cu = %s AND %%[1]s.run = s.run AND %%[1]s.p = %d", b.coverUnit("s."), flag(prev))
	if b.kindDim != "" && l.metric.Shape == catalog.ShapeRecord {
		alias := fmt.Sprintf("kc%d", flag(prev))
		join = fmt.Sprintf("LEFT JOIN day_count %[1]s ON "+on+" AND %[1]s.subject = '"+catalog.ShapeRecord+":' || s."+b.kindDim, alias)
		expr = fmt.Sprintf("coalesce(CAST(%s.covered AS DOUBLE) / %[1]s.days, 0)", alias)
		if l.kinds != nil {
			expr = fmt.Sprintf("CASE WHEN s.%s IN (%s) THEN %s ELSE 0 END", b.kindDim, textList(l.kinds), expr)
		}
		return expr, join
	}
	alias := fmt.Sprintf("c%d_%d", l.set, flag(prev))
	join = fmt.Sprintf("LEFT JOIN cover %[1]s ON "+on+" AND %[1]s.cover_set = %[2]d", alias, l.set)
	return "coalesce(" + alias + ".share, 0)", join
}
