package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gridstar/ingest/profile"
)

// Look is what a file holds, and what would become of it.
type Look struct {
	Tables []Sight // in file order
}

// Sight is what would become of one table.
type Sight struct {
	Part, Sheet string // as in Request; "" for the only table of a file
	Hidden      bool   // a hidden sheet: it is not read
	Format      string
	Encoding    string // of a text; "" otherwise

	Profile    *profile.Profile    // given or recognised; nil where none or several fit
	Candidates []profile.Candidate // the ledgers that fit, best first
	Problem    string              // Chinese sentence why it cannot be loaded as it stands; "" = it can
	Stray      bool                // a table that is no known ledger, beside one that is: loaded whole, the file leaves it out

	Returned  int64     // the job that refused the rows which the table brings back corrected; 0: it brings none back
	HeaderRow int64     // file row of the header's last row; 0: there is none, or the format knows no rows
	Title     string    // what stands above the header
	Unit      string    // code of the unit that title, sheet or file name state; "" for none
	From, To  time.Time // the period that is stated there, half-open; zero for none
	Coverage  string    // Chinese clause of what the table would cover; "" where its title does not say it

	Columns []ColumnSight // one for each column of the file
	Preview []PreviewRow  // the first data rows
	Notes   []string      // Chinese clauses on what was noticed while reading
}

// Look reads the head of a file and says what would become of it, with the first rows of each table as they would be
// stored; nothing is written and no lock is taken. With Request.Table only that sheet is looked at. The error is that the file
// as a whole cannot be read; what is wrong with one table is its Problem.
func (in *Ingester) Look(ctx context.Context, r Request, rows int) (Look, error) {
	r.Name, _ = Mask(r.Name)
	tables, closeAll, err := in.tables(ctx, r)
	if err != nil {
		return Look{}, err
	}
	defer closeAll()
	var l Look
	for _, t := range tables {
		if r.Table != "" && t.Table != r.Table || blankHelpers[t.Table] && len(tables) > 1 {
			continue
		}
		switch {
		case t.hidden:
			l.Tables = append(l.Tables, Sight{Part: t.Part, Sheet: t.Table, Hidden: true})
		case t.err != nil:
			l.Tables = append(l.Tables, Sight{Part: t.Part, Sheet: t.Table, Problem: asSentence(t.err)})
		default:
			l.Tables = append(l.Tables, in.sight(ctx, t.Request, rows))
		}
		if ctx.Err() != nil {
			return l, context.Cause(ctx)
		}
	}
	if !slices.ContainsFunc(l.Tables, func(s Sight) bool { return s.Profile != nil }) {
		for i := range l.Tables {
			l.Tables[i].Stray = false // each says for itself why it is none
		}
	}
	return l, nil
}

// sight looks at one table.
func (in *Ingester) sight(ctx context.Context, r Request, rows int) (s Sight) {
	s = Sight{Part: r.Part, Sheet: r.Table}
	defer func() {
		if p := recover(); p != nil {
			s.Problem = asSentence(fmt.Errorf("文件“%s”无法处理：%v", r.label(), p))
		}
	}()
	src, err := in.source(ctx, r)
	if err != nil {
		s.Problem = asSentence(err)
		return s
	}
	defer src.Close()
	v := &viewer{in: in, request: r, table: &table{src: src}, sight: &s}
	if err := v.look(ctx, rows); err != nil {
		s.Problem, s.Stray = asSentence(err), errors.Is(err, profile.ErrUnknown)
	}
	s.Format = src.Format()
	if textFormats[s.Format] {
		s.Encoding = src.Encoding()
	}
	s.Notes = append(s.Notes, src.Notes()...)
	return s
}

// textFormats are those that have an encoding to be mistaken about.
var textFormats = map[string]bool{"csv": true, "tsv": true, "json": true, "jsonl": true, "html": true}

// viewer looks at one table.
type viewer struct {
	in      *Ingester
	request Request
	table   *table
	sight   *Sight
	head    [][]string
	header  []string
}

// look fills in the sight as far as it comes; the error is the table's problem.
func (v *viewer) look(ctx context.Context, rows int) (err error) {
	t, s, r := v.table, v.sight, v.request
	if v.head, err = t.readHead(); err != nil {
		return err
	}
	s.Returned = returned(v.head)
	first := v.head
	if v.header = t.src.Header(); v.header != nil { // json: the keys are the header
		first = [][]string{v.header}
	}
	s.Candidates = slices.DeleteFunc(v.in.Profiles.Candidates(first), func(c profile.Candidate) bool { return c.Profile.Refuse != "" })
	p, at := r.Profile, profile.Place{First: -1, Last: -1}
	if p == nil {
		c, err := v.in.Profiles.Recognise(first)
		if err != nil {
			return t.unknown(r.label(), err)
		}
		p, at = c.Profile, c.Place
	} else if v.header == nil {
		at = likelyHeader(p, v.head)
	}
	if p.Refuse != "" {
		return fmt.Errorf("文件“%s”：%s", r.label(), p.Refuse)
	}
	s.Profile = p
	if v.header == nil {
		if v.header = profile.NumberedHeader(t.width()); at.First >= 0 {
			v.header = profile.JoinHeader(at.Rows(v.head))
		}
		s.HeaderRow = t.rowAt(at.Last)
		t.skip = at.Last + 1
	}
	t.title = profile.TitleContext(v.head, at.First, r.Table, r.fileName())
	s.Title, _ = Mask(strings.Join(t.title.Lines, " "))
	s.From, s.To = t.title.From, t.title.To
	t.binding, err = p.Bind(v.header)
	v.columns()
	if err != nil {
		return t.unknown(r.label(), err)
	}
	t.binding.Around(t.title, rowBelow(v.head, at))
	if said := t.binding.Counted; len(said) > 0 {
		s.Notes = append(s.Notes, "以下列的数字按所注单位换算："+strings.Join(said, "、"))
	}
	lg, err := v.in.ledger(ctx, t, r, p.SourceSystem())
	if err != nil {
		return err
	}
	s.Unit = lg.context.unit
	v.preview(lg, rows)
	return lg.context.err
}

// returned finds the job that refused the first row of a table that names one, below a heading 退回编号.
func returned(head [][]string) int64 {
	for i, row := range head {
		col := slices.IndexFunc(row, func(cell string) bool { return profile.CleanCell(cell) == rejectIDColumn })
		if col < 0 {
			continue
		}
		for _, below := range head[i+1:] {
			if id, ok := parseRejectID(cellAt(below, col)); ok {
				return id.job
			}
		}
	}
	return 0
}

// rowAt is the file's number of the nth row that was read; 0 for none.
func (t *table) rowAt(n int) int64 {
	for _, b := range t.first {
		if n < 0 {
			return 0
		}
		if n < b.Len() {
			return b.Rows[n]
		}
		n -= b.Len()
	}
	return 0
}

// likelyHeader finds the header of a ledger that somebody says it is. Where none fits it is the row of which the profile
// knows most columns, else the first with more than one cell: so that its columns can be assigned by hand.
func likelyHeader(p *profile.Profile, head [][]string) profile.Place {
	if at, ok := p.FindHeader(head); ok {
		return at
	}
	if p.HeaderRow != profile.FindHeaderRow {
		return headerOf(p, head)
	}
	names := columnNames(p)
	best, most := -1, 0
	for i, row := range head {
		known, filled := 0, 0
		for _, cell := range row {
			if profile.CleanCell(cell) == "" {
				continue
			}
			filled++
			if _, ok := names[profile.Fold(cell)]; ok {
				known++
			}
		}
		if score := 2*known + min(filled, 2) - 1; filled > 1 && score > most {
			best, most = i, score
		}
	}
	if best < 0 {
		return headerOf(p, head)
	}
	return profile.Place{First: best, Last: best}
}

// asSentence is an error as it is shown: one sentence in Chinese.
func asSentence(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if errors.Is(err, context.Canceled) {
		return "读取已取消。"
	}
	if strings.HasSuffix(text, "。") || strings.HasSuffix(text, "？") {
		return text
	}
	return text + "。"
}

// sampleRows is how many data rows samples are taken from.
const sampleRows = 200

// dataRows gives the first rows behind the header that state something, from what was read for the header.
func (t *table) dataRows(skip func([]string) bool) [][]string {
	var all [][]string
	n := t.skip
	for _, b := range t.first {
		for i := range b.Len() {
			if n > 0 {
				n--
				continue
			}
			if row := b.Row(i); !skip(row) {
				all = append(all, row)
			}
			if len(all) == sampleRows {
				return all
			}
		}
	}
	return all
}
