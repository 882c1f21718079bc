package ingest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"gridstar/analytics/catalog"
	"gridstar/ingest/profile"
	"gridstar/ingest/source"
)

// Outcome is what became of one table of a file. Where Err is set the Result only says which table it was, or, with
// *TooManyRejects, what it held.
type Outcome struct {
	Result Result
	Err    error
}

// LoadFile loads a file as it is handed in: packed or not, with one table or several. Each table is a job of its own, so
// that it can be taken back by itself; outcomes come in the file's order. Sheets that are no ledger, beside one that is,
// and hidden sheets are left out, and the first outcome says so. The error is that nothing of the file could be read.
func (in *Ingester) LoadFile(ctx context.Context, r Request) ([]Outcome, error) {
	r.Name, _ = Mask(r.Name)
	tables, closeAll, err := in.tables(ctx, r)
	if err != nil {
		return nil, err
	}
	defer closeAll()
	tables, left := in.ledgers(ctx, tables)
	var all []Outcome
	for _, t := range tables {
		o := Outcome{Err: t.err}
		if t.err == nil {
			o.Result, o.Err = in.Load(ctx, t.Request)
		}
		if ctx.Err() != nil {
			return all, context.Cause(ctx)
		}
		o.Result.File, o.Result.Part, o.Result.Sheet = r.Name, t.Part, t.Table // also of what was not loaded
		all = append(all, o)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("文件“%s”中没有可以读取的表%s；请核对文件", r.Name, some("，", left))
	}
	if len(left) > 0 {
		all[0].Result.Warnings = append(all[0].Result.Warnings, Warning{Code: "left_out", Text: strings.Join(left, "；"), Count: int64(len(left))})
	}
	return all, nil
}

// some writes clauses behind a mark, nothing where there are none.
func some(mark string, clauses []string) string {
	if len(clauses) == 0 {
		return ""
	}
	return mark + strings.Join(clauses, "；")
}

// candidate is a table that may be loaded.
type candidate struct {
	Request
	hidden bool
	err    error // the part could not be read
}

// tables lists what a file holds: its parts, and the sheets of each that is a workbook. closeAll gives back what was unpacked.
func (in *Ingester) tables(ctx context.Context, r Request) (all []candidate, closeAll func(), err error) {
	r.Limits = in.limits(r.Limits)
	info, err := r.File.Stat()
	if err != nil {
		return nil, nil, err
	}
	parts, err := source.Unpack(ctx, r.File, info.Size(), r.Name, in.scratch, r.Limits)
	if err != nil {
		return nil, nil, err
	}
	closeAll = func() {
		for _, p := range parts {
			p.Close()
		}
	}
	for _, p := range parts {
		q := r
		q.File = p.File
		if p.File != r.File {
			q.Part = p.Name
		}
		sheets, err := source.Tables(p.File, p.Size, q.label(), source.Options{Context: ctx, Limits: r.Limits})
		switch {
		case err != nil && len(parts) == 1:
			closeAll()
			return nil, nil, err
		case err != nil:
			all = append(all, candidate{Request: q, err: err})
		}
		for _, s := range sheets {
			q.Table = s.Name
			all = append(all, candidate{Request: q, hidden: s.Hidden})
		}
	}
	if r.Progress != nil && len(all) > 1 {
		step(all, r.Progress)
	}
	return all, closeAll, nil
}

// step has the progress of several tables go on from one to the next: each is an equal share of the whole.
func step(all []candidate, report func(done, total int64)) {
	const whole = 1 << 20
	share := int64(whole / len(all))
	for i := range all {
		all[i].Progress = func(done, total int64) {
			if total > 0 {
				report(int64(i)*share+int64(float64(share)*float64(done)/float64(total)), whole)
			}
		}
	}
}

// ledgers leaves out what nobody meant to load: hidden sheets, and of several sheets those that are no ledger where
// another is. left says which, as clauses.
func (in *Ingester) ledgers(ctx context.Context, all []candidate) (kept []candidate, left []string) {
	for _, c := range all {
		if blankHelpers[c.Table] {
			continue
		}
		if c.hidden {
			left = append(left, fmt.Sprintf("隐藏的工作表“%s”没有读取", quotable(c.Table)))
			continue
		}
		kept = append(kept, c)
	}
	if len(kept) < 2 {
		return kept, left
	}
	strange := make([]bool, len(kept))
	for i := range kept {
		if kept[i].err == nil {
			strange[i] = errors.Is(in.recognised(ctx, kept[i].Request), profile.ErrUnknown)
		}
	}
	if !slices.Contains(strange, false) {
		return kept, left // each says for itself why it is none
	}
	known := kept[:0]
	for i, c := range kept {
		if strange[i] {
			left = append(left, fmt.Sprintf("“%s”不是已知的台账，没有读取", quotable(c.place())))
			continue
		}
		known = append(known, c)
	}
	return known, left
}

// blankHelpers are the sheets that our own blank ledgers have beside the ledger (package workbook).
var blankHelpers = map[string]bool{"填写说明": true, "下拉选项": true}

// recognised says by profile.ErrUnknown that a table is no ledger; other errors are for the load to tell.
func (in *Ingester) recognised(ctx context.Context, r Request) error {
	src, err := in.source(ctx, r)
	if err != nil {
		return err
	}
	defer src.Close()
	_, err = in.open(src, r)
	if errors.Is(err, profile.ErrColumns) { // with a profile given: a sheet without its columns is another kind of sheet
		return errors.Join(profile.ErrUnknown, err)
	}
	return err
}

// source opens the table that a request is about.
func (in *Ingester) source(ctx context.Context, r Request) (source.Source, error) {
	info, err := r.File.Stat()
	if err != nil {
		return nil, err
	}
	return source.Open(r.File, info.Size(), r.label(), source.Options{
		Encoding: r.Encoding, Table: r.Table, Limits: in.limits(r.Limits), BatchRows: in.batchRows, Context: ctx, Read: r.read,
	})
}

// limits are those given, or the site's.
func (in *Ingester) limits(given source.Limits) source.Limits {
	if given != (source.Limits{}) {
		return given
	}
	return SiteLimits(in.Catalog.Limits)
}

// SiteLimits are the limits of files that a site has set.
func SiteLimits(l catalog.Limits) source.Limits {
	return source.Limits{
		FileBytes: int64(l.FileMiB) << 20, UnpackedBytes: int64(l.UnpackedMiB) << 20, Ratio: l.Ratio, Entries: l.Entries,
		Rows: int64(l.Rows), Columns: l.Columns, CellBytes: l.CellKiB << 10, Seconds: l.Seconds,
	}
}

// SiteGate is how many rejected rows a site accepts where nothing else is said.
func SiteGate(l catalog.Limits) Limit { return Limit{Set: true, Percent: l.RejectsPercent} }

// label names the file of a request in messages and in the history: an archive with the file inside.
func (r Request) label() string {
	if r.Part == "" {
		return r.Name
	}
	part, _ := Mask(r.Part)
	return r.Name + "/" + part
}

// place names a table within its file.
func (r Request) place() string {
	switch {
	case r.Part != "" && r.Table != "":
		return r.Part + "/" + r.Table
	case r.Part != "":
		return r.Part
	}
	return r.Table
}

// fileName is what the file of a table is called by who made it: the one inside an archive.
func (r Request) fileName() string {
	if r.Part != "" {
		return r.Part
	}
	return r.Name
}

// scratch makes a file without a name for what is unpacked: in the data directory, whose disk is watched, and where nobody
// else reads.
func (in *Ingester) scratch() (*os.File, error) {
	f, err := os.CreateTemp(string(in.Warehouse.Dir()), ".unpacked-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
