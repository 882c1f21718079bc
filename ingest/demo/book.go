package demo

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"time"
)

// book is how a ledger is kept that is not of matters: a file for every sheet, whose title names the keeper and the period,
// rows in order of their date. Where the first column is 序号 it begins again with every file.
type book struct {
	ledger string // its name, that of the profile, and its folder
	header []string
	upper  []string // a row over the header, see table
	date   string   // header of the column that dates a row; "" for a register or a report of numbers, whose rows are never spoilt
	sheets []sheet
	as     string // how its files come, where it is not csv
}

// entry is a row of a book under the moment that puts it on a sheet; the cell of 序号 is left blank.
type entry struct {
	at    time.Time
	cells []string
}

// badDates is how many rows of ten thousand bear a date that cannot be read; of as many it is missing.
const badDates = 3

// encodingOf and layoutOf are the habits of the k-th keeper of a book.
func encodingOf(k int) string { return []string{utf8BOM, utf8Plain, gb18030}[k%3] }

func layoutOf(k int) string {
	return []string{"2006-01-02", "2006/1/2", "2006.1.2", "2006年1月2日"}[k%4]
}

// write writes the files of one keeper, the k-th of the book.
func (b *book) write(o *folder, whose string, k int, entries []entry, seed uint64) error {
	slices.SortStableFunc(entries, func(x, y entry) int { return x.at.Compare(y.at) })
	from := func(t time.Time) int {
		return sort.Search(len(entries), func(k int) bool { return !entries[k].at.Before(t) })
	}
	for _, sh := range b.sheets {
		title := fmt.Sprintf("%s%s（%s）", whose, b.ledger, sh.label)
		f := File{Path: b.ledger + "/" + title + ".csv", Verb: []string{"ingest"}, Ledger: b.ledger, Encoding: encodingOf(k)}
		if b.as != "" {
			f.Path, f.Encoding = b.ledger+"/"+title+extensions[b.as], b.as
		}
		t := table{above: [][]string{{title}}, upper: b.upper, header: b.header}
		b.fill(&f, &t, entries[from(sh.from):from(sh.until)], newStream(seed, "book/"+f.Path))
		if err := o.addTable(f, t); err != nil {
			return err
		}
	}
	return nil
}

// fill numbers the rows of one file and spoils the dates of a few.
func (b *book) fill(f *File, t *table, entries []entry, s stream) {
	date := slices.Index(b.header, b.date)
	for i, e := range entries {
		if b.header[0] == "序号" {
			e.cells[0] = strconv.Itoa(i + 1)
		}
		t.rows = append(t.rows, e.cells)
		if date < 0 {
			continue
		}
		var kind FlawKind
		switch x := s.Float64() * 10_000; {
		case x < badDates:
			kind, e.cells[date] = DateUnreadable, unreadable(s, e.at)
		case x < 2*badDates:
			kind, e.cells[date] = DateMissing, ""
		default:
			continue
		}
		f.Flaws = append(f.Flaws, Flaw{Row: t.headerRow() + len(t.rows), Kind: kind})
	}
}

// format writes a time in a layout; a zero one is blank.
func format(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(layout)
}

// happened is t, or zero where the span ends before it.
func (h *history) happened(t time.Time) time.Time {
	if t.Before(h.end()) {
		return t
	}
	return time.Time{}
}

// afterWeekend moves a time that falls on a weekend to the Monday after.
func afterWeekend(t time.Time) time.Time {
	switch t.Weekday() {
	case time.Saturday:
		return t.AddDate(0, 0, 2)
	case time.Sunday:
		return t.AddDate(0, 0, 1)
	}
	return t
}

// lives is a history for each community, each with a stream of its own for what the part of that name draws.
func (d *district) lives(part string, sp span, seed uint64) map[*community]*history {
	all := map[*community]*history{}
	for _, c := range d.communities {
		all[c] = &history{stream: newStream(seed, part+"/"+c.code), span: sp, district: d, community: c}
	}
	return all
}

// writeDaily writes a book that the district keeps: about perMonth rows a month in all, on working days, in the
// communities by their weight.
func (b *book) writeDaily(o *folder, d *district, sp span, seed uint64, perMonth float64, row func(*history, time.Time, string) []string) error {
	weight := 0.0
	for _, c := range d.communities {
		weight += c.weight()
	}
	lives := d.lives(b.ledger, sp, seed)
	var entries []entry
	for _, c := range d.communities {
		h := lives[c]
		for date := sp.from; date.Before(sp.until); date = date.AddDate(0, 0, 1) {
			if afterWeekend(date) != date {
				continue
			}
			for range h.poisson(perMonth / daysAMonth * 7 / 5 * c.weight() / weight) {
				entries = append(entries, entry{date, row(h, date, layoutOf(len(b.header)))})
			}
		}
	}
	return b.write(o, districtName, len(b.header), entries, seed)
}
