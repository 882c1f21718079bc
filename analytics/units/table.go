package units

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gridstar/analytics/warehouse"
)

// TableOptions say how a table of units is to be read.
type TableOptions struct {
	Tree    string    // Area or Party; empty: the tree of each row's level
	Levels  Levels    // the site's levels
	Now     time.Time // a row without a date means the version in force on this date
	Numbers []int64   // file row of each row; nil: 1, 2, 3 …
	File    string    // name without folder, for the history
	Hash    string    // SHA-256 of the file, hex
	Rename  bool      // other names for many existing codes are meant, see ContradictionError
}

// LoadTable loads units from the rows of a table, the header among them (headings in Chinese or by their English
// ids, see headings). One row states one version of a unit. Existing codes change, none is deleted, and what a
// table does not have a column for stays as it is; identical rows change nothing. Without a 启用日期 a row means
// the version in force now, or, for a new unit, one that was always there. A new date begins a new version and
// ends the one before it. A list of aliases or covers replaces the earlier list.
//
// All or nothing: a *MistakesError lists every mistake with its row. Refused are a code that is another unit
// already, in whatever tree or level; a parent that is unknown, not above its child or below it; a cover of what
// is no area unit; unreadable values. The whole load is one job.
func LoadTable(ctx context.Context, w *warehouse.Warehouse, rows [][]string, opt TableOptions) (Report, error) {
	if opt.Numbers == nil {
		for i := range rows {
			opt.Numbers = append(opt.Numbers, int64(i+1))
		}
	}
	if len(opt.Numbers) != len(rows) {
		return Report{}, fmt.Errorf("%d row numbers for %d rows", len(opt.Numbers), len(rows))
	}
	if !slices.ContainsFunc(rows, func(r []string) bool { return !blank(r) }) {
		return Report{}, ErrEmpty
	}
	head, at, err := findHeader(rows)
	if err != nil {
		return Report{}, err
	}
	l := &tableLoad{opt: opt, head: head, today: Date(opt.Now)}
	l.rows, l.numbers = rows[at+1:], opt.Numbers[at+1:]
	if !slices.ContainsFunc(l.rows, func(r []string) bool { return !blank(r) }) {
		return Report{}, ErrEmpty
	}

	job, err := w.Begin(ctx, warehouse.Spec{Verb: "units load", File: opt.File, Options: opt.Tree, All: true})
	if err != nil {
		return Report{}, err
	}
	defer job.Abandon()
	if l.book, err = openBook(ctx, job); err != nil {
		return Report{}, err
	}
	report := Report{Job: job.ID, Unmapped: head.unmapped}
	l.apply(&report)
	if !opt.Rename {
		if err := l.names.check("单位表"); err != nil {
			return Report{}, err
		}
	}
	report.Renamed = l.names.contrary
	if len(l.mistakes) > 0 {
		slices.SortStableFunc(l.mistakes, func(a, b Mistake) int { return int(a.Row - b.Row) })
		return Report{}, &MistakesError{Of: "单位表", Where: "第 %d 行", Mistakes: l.mistakes}
	}
	if err := l.book.save(ctx, w, job); err != nil {
		return Report{}, err
	}
	report.Conflicts = NewDirectory(opt.Levels, l.book.all(), opt.Now).CoverConflicts()
	report.Version, err = job.Publish(ctx, report.totals(opt.Hash))
	return report, err
}

func blank(row []string) bool {
	return !slices.ContainsFunc(row, func(c string) bool { return clean(c) != "" })
}

// tableLoad is one load under way.
type tableLoad struct {
	opt      TableOptions
	head     header
	today    time.Time
	rows     [][]string
	numbers  []int64
	book     *book
	names    naming
	mistakes []Mistake
}

// stated is a row's unit while it still names other units by text.
type stated struct {
	Unit
	row            int64
	parent         string   // as written; only if parentGiven
	parentGiven    bool     // the table has the column
	covers         []string // as written; only if coversGiven
	coversGiven    bool
	old            Unit // the version in force that the row starts from
	seen           bool // the code was there before
	dated, hasSort bool
}

func (l *tableLoad) wrong(row int64, format string, args ...any) {
	l.mistakes = append(l.mistakes, Mistake{Row: row, Text: fmt.Sprintf(format, args...)})
}

// apply reads the rows and puts them into the book, or notes what is wrong with them.
func (l *tableLoad) apply(report *Report) {
	var all []*stated
	for i, row := range l.rows {
		report.Rows++
		if blank(row) {
			report.Skipped++
			continue
		}
		before := len(l.mistakes)
		if s := l.read(row, l.numbers[i]); len(l.mistakes) == before {
			all = append(all, s)
		}
	}
	l.repeated(all)
	l.number(all)
	refs := newRefs(l.book.after, all)
	for _, s := range all {
		l.link(s, refs)
	}
	l.loops(all, refs)
	if len(l.mistakes) > 0 {
		return
	}
	// Of a code's versions the latest is put last, so that its aliases and covers are the ones that stay.
	slices.SortStableFunc(all, func(a, b *stated) int { return a.ValidFrom.Compare(b.ValidFrom) })
	for _, s := range all {
		changed, replaced := l.book.put(s.Unit, s.row)
		switch {
		case !changed:
			report.Unchanged++
		case replaced:
			report.Replaced++
			fallthrough
		default:
			report.Accepted++
		}
	}
}

// read makes a version from a row: what the book says of the unit, overlaid with what the row states.
func (l *tableLoad) read(cells []string, row int64) *stated {
	cell := func(c column) string { return l.head.cell(cells, c) }
	code, err := readCode(cell(colCode))
	if err != nil {
		l.wrong(row, "%s", err)
		return nil
	}
	s := &stated{row: row}
	from := l.today
	if text := cell(colFrom); text != "" {
		s.dated = true
		if from, err = readDate(text); err != nil {
			l.wrong(row, "启用日期“%s”%s", text, err)
			return nil
		}
	}
	s.Unit, s.seen = l.book.at(code, from)
	switch {
	case !s.seen && !s.dated:
		s.ValidFrom = Beginning
	case s.dated:
		if !s.ValidFrom.Equal(from) && !s.ValidTo.IsZero() && !s.ValidTo.After(from) {
			s.ValidTo = time.Time{}
		}
		s.ValidFrom = from
	}
	s.old, s.Code = s.Unit, code

	if s.Name = cell(colName); s.Name == "" {
		l.wrong(row, "编码“%s”没有填写名称", code)
	} else if tooLong(s.Name) {
		l.wrong(row, "名称“%.60s…”超过 %d 个字", s.Name, longestName)
	}
	if s.seen && !s.dated {
		l.names.see(code, s.old.Name, s.Name)
	}
	l.level(s, cell(colLevel))
	if s.parentGiven = l.head.has(colParent); s.parentGiven {
		s.parent = cell(colParent)
	}
	if text := cell(colSort); text != "" {
		s.hasSort = true
		if s.Sort, err = readSort(text); err != nil {
			l.wrong(row, "排序“%s”%s", text, err)
		}
	}
	for _, c := range []struct {
		col column
		to  **int64
	}{{colHouseholds, &s.Households}, {colPopulation, &s.Population}} {
		if l.head.has(c.col) {
			if *c.to, err = readCount(cell(c.col)); err != nil {
				l.wrong(row, "%s“%s”%s", headings[c.col][0], cell(c.col), err)
			}
		}
	}
	if l.head.has(colArea) {
		if s.AreaKM2, err = readArea(cell(colArea)); err != nil {
			l.wrong(row, "面积“%s”%s", cell(colArea), err)
		}
	}
	if l.head.has(colLeader) {
		s.LeaderTitle = cell(colLeader)
	}
	if l.head.has(colAliases) {
		s.Aliases = slices.DeleteFunc(readList(cell(colAliases)), func(a string) bool { return a == s.Name })
	}
	if s.coversGiven = l.head.has(colCovers); s.coversGiven {
		s.covers = readList(cell(colCovers))
	}
	if text := cell(colTo); text != "" {
		if s.ValidTo, err = readDate(text); err != nil {
			l.wrong(row, "停用日期“%s”%s", text, err)
		} else if !s.ValidTo.After(s.ValidFrom) {
			l.wrong(row, "停用日期 %s 不晚于启用日期 %s", s.ValidTo.Format(time.DateOnly), s.ValidFrom.Format(time.DateOnly))
		}
	} else if l.head.has(colTo) {
		s.ValidTo = time.Time{}
	}
	return s
}

// level settles tree and level: those the row states must be those the code already has.
func (l *tableLoad) level(s *stated, text string) {
	old := s.old
	if text == "" {
		if !s.seen {
			l.wrong(s.row, "新单位“%s”没有填写层级，可填：%s", s.Name, l.labels())
		} else if l.opt.Tree != "" && l.opt.Tree != old.Tree {
			l.wrong(s.row, "编码“%s”已是%s的“%s”，同一编码不能用于两个单位", s.Code, treeName(old.Tree), old.Name)
		}
		return
	}
	lv, ok := l.opt.Levels.parse(text, l.opt.Tree)
	switch {
	case !ok:
		l.wrong(s.row, "层级“%s”没有定义，可填：%s", text, l.labels())
		return
	case l.opt.Tree != "" && lv.Tree != l.opt.Tree:
		l.wrong(s.row, "层级“%s”属于%s，而本表装入的是%s", text, treeName(lv.Tree), treeName(l.opt.Tree))
		return
	case s.seen && (old.Tree != lv.Tree || old.Level != lv.ID):
		was := old.Level
		if o, ok := l.opt.Levels.Find(old.Level); ok {
			was = o.Label
		}
		l.wrong(s.row, "编码“%s”已是%s的“%s”（%s），不能再用作%s，请换一个编码", s.Code, treeName(old.Tree), old.Name, was, lv.Label)
		return
	}
	s.Tree, s.Level = lv.Tree, lv.ID
}

func (l *tableLoad) labels() string {
	var out []string
	for _, lv := range l.opt.Levels {
		if l.opt.Tree == "" || lv.Tree == l.opt.Tree {
			out = append(out, lv.Label)
		}
	}
	return strings.Join(out, "、")
}

func treeName(tree string) string {
	if tree == Party {
		return "党组织树"
	}
	return "区划树"
}

// parse finds a level by id or label; of a label that both trees use, the wanted tree's.
func (ls Levels) parse(text, tree string) (Level, bool) {
	text = fold(text)
	var found []Level
	for _, l := range ls {
		if fold(l.ID) == text || fold(l.Label) == text {
			found = append(found, l)
		}
	}
	for _, l := range found {
		if l.Tree == tree {
			return l, true
		}
	}
	if len(found) == 1 {
		return found[0], true
	}
	return Level{}, false
}

// repeated refuses a code that two rows state: for the same day, or as units of different levels.
func (l *tableLoad) repeated(all []*stated) {
	first := map[string]*stated{}
	day := map[string]*stated{}
	for _, s := range all {
		key := versionKey(s.Code, s.ValidFrom)
		if o, ok := day[key]; ok {
			l.wrong(s.row, "编码“%s”与第 %d 行重复", s.Code, o.row)
			continue
		}
		day[key] = s
		if o, ok := first[s.Code]; ok && (o.Level != s.Level || o.Tree != s.Tree) {
			l.wrong(s.row, "编码“%s”与第 %d 行层级不同，同一编码不能用于两个单位", s.Code, o.row)
			continue
		}
		first[s.Code] = s
	}
}

// number gives the units without a stated order their place: those that have one keep it, new ones follow all
// others in the order of the file.
func (l *tableLoad) number(all []*stated) {
	last := 0
	for _, vs := range l.book.after {
		for _, u := range vs {
			last = max(last, u.Sort)
		}
	}
	for _, s := range all {
		if s.hasSort {
			last = max(last, s.Sort)
		}
	}
	given := map[string]int{}
	for _, s := range all {
		if s.hasSort || s.seen {
			continue
		}
		if _, ok := given[s.Code]; !ok {
			last++
			given[s.Code] = last
		}
		s.Sort = given[s.Code]
	}
}

// refs finds the units a table refers to by code or by name, those of the table itself included.
type refs struct {
	byCode map[string]Unit
	byName map[string][]Unit // by folded name, each code once
}

func newRefs(book map[string][]Unit, all []*stated) *refs {
	r := &refs{byCode: map[string]Unit{}, byName: map[string][]Unit{}}
	for code, vs := range book {
		r.byCode[code] = vs[len(vs)-1]
	}
	for _, s := range all {
		r.byCode[s.Code] = s.Unit
	}
	for _, code := range slices.Sorted(maps.Keys(r.byCode)) {
		u := r.byCode[code]
		r.byName[fold(u.Name)] = append(r.byName[fold(u.Name)], u)
	}
	return r
}

// find gives the unit that a text means among those that fit. what heads the message of a failure.
func (r *refs) find(what, text string, fits func(Unit) bool) (Unit, error) {
	if u, ok := r.byCode[halfWidth(text)]; ok {
		return u, nil
	}
	named := slices.DeleteFunc(slices.Clone(r.byName[fold(text)]), func(u Unit) bool { return !fits(u) })
	switch len(named) {
	case 1:
		return named[0], nil
	case 0:
		return Unit{}, fmt.Errorf("%s“%s”不存在，请先登记该单位或核对编码", what, text)
	}
	var codes []string
	for _, u := range named {
		codes = append(codes, u.Code)
	}
	return Unit{}, fmt.Errorf("%s“%s”同时是 %s 的名称，请改填编码", what, text, strings.Join(codes, "、"))
}

// link finds the units that a row names and checks how they stand to it.
func (l *tableLoad) link(s *stated, r *refs) {
	if s.parentGiven {
		s.Parent = ""
		if s.parent != "" {
			p, err := r.find("上级单位", s.parent, func(u Unit) bool { return l.isAbove(u, s.Unit) })
			switch {
			case err != nil:
				l.wrong(s.row, "%s", err)
			case p.Code == s.Code:
				l.wrong(s.row, "“%s”的上级不能是它自己", s.Name)
			case p.Tree != s.Tree:
				l.wrong(s.row, "上级“%s”在%s，与“%s”不在同一棵树", p.Name, treeName(p.Tree), s.Name)
			default:
				s.Parent = p.Code
			}
		}
	}
	r.byCode[s.Code] = s.Unit
	if s.coversGiven {
		s.Covers = nil
		if len(s.covers) > 0 && s.Tree != Party {
			l.wrong(s.row, "“%s”不是党组织，不能填写覆盖单位", s.Name)
			return
		}
		for _, text := range s.covers {
			u, err := r.find("覆盖单位", text, func(u Unit) bool { return u.Tree == Area })
			switch {
			case err != nil:
				l.wrong(s.row, "%s", err)
			case u.Tree != Area:
				l.wrong(s.row, "覆盖单位“%s”不是区划单位", text)
			default:
				s.Covers = append(s.Covers, u.Code)
			}
		}
		slices.Sort(s.Covers)
		s.Covers = slices.Compact(s.Covers)
	}
}

func (l *tableLoad) isAbove(upper, lower Unit) bool {
	return upper.Tree == lower.Tree && l.opt.Levels.Rank(upper.Level) < l.opt.Levels.Rank(lower.Level)
}

// loops refuses units that lie above themselves and parents whose level is not above their child's. It looks at
// the units of the table and at those whose parent is one of them.
func (l *tableLoad) loops(all []*stated, r *refs) {
	for _, s := range all {
		way := []string{s.Code}
		for p := s.Parent; p != "" && len(way) <= len(r.byCode); p = r.byCode[p].Parent {
			way = append(way, p)
			if p == s.Code {
				l.wrong(s.row, "上级关系成环：%s", strings.Join(way, " → "))
				break
			}
			if slices.Contains(way[:len(way)-1], p) {
				break // a loop above, told at its own rows
			}
		}
		if way[len(way)-1] == s.Code && len(way) > 1 {
			continue
		}
		if p, ok := r.byCode[s.Parent]; ok && s.Parent != "" && !l.isAbove(p, s.Unit) {
			l.wrong(s.row, "上级“%s”的层级（%s）不在“%s”的层级（%s）之上", p.Name, l.label(p.Level), s.Name, l.label(s.Level))
		}
	}
}

func (l *tableLoad) label(id string) string {
	if lv, ok := l.opt.Levels.Find(id); ok {
		return lv.Label
	}
	return id
}
