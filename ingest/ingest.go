package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/geo"
	"gridstar/ingest/profile"
	"gridstar/ingest/source"
)

// Ingester loads files into one warehouse.
type Ingester struct {
	Warehouse *warehouse.Warehouse
	Catalog   *catalog.Catalog
	Profiles  *profile.Set
	Levels    units.Levels
	Units     *units.Cache     // shared by all loads of a process
	Now       func() time.Time // naive, in the site's zone

	workers   int // batches converted at the same time; 0: one a core
	batchRows int // rows of one batch; 0: what the source thinks best
}

// Request is one file to load.
type Request struct {
	File     *os.File
	Name     string           // without folder
	Profile  *profile.Profile // nil: recognised by the headers
	Org      string           // unit the rows belong to where they say nothing finer; code or name
	CRS      geo.CRS          // of the points; "": the profile's
	Level    string           // level whose layer locates the points; "": the finest that has one
	Encoding string           // "": detected
	Limit    Limit            // more rejected rows than this and nothing is published
	DryRun   bool             // everything but the publishing
	Table    string           // sheet of a workbook; "": the first that is not empty
	Part     string           // name inside an archive, for messages and the Result
	Scope    units.Scope      // with Scoped: rows of units outside are rejected
	Scoped   bool
	Posted   bool   // rows that a program sends under one name: no new edition of what it sent before
	Actor    string // account that loads, kept with the job
	Limits   source.Limits
	Wait     time.Duration // how long to wait while other jobs hold its identity space (warehouse.ErrBusy); 0: until the context ends

	Progress func(done, total int64) // bytes; may be nil

	read *atomic.Int64 // bytes of the file read so far
}

// Limit is how many rejected rows are still accepted; the zero Limit accepts any.
type Limit struct {
	Set     bool
	Rows    int64
	Percent float64 // used where Rows is 0
}

func (l Limit) exceeded(rejected, rows int64) bool {
	switch {
	case !l.Set:
		return false
	case l.Percent > 0:
		return float64(rejected) > l.Percent/100*float64(rows)
	}
	return rejected > l.Rows
}

// Result is what became of a file. Rows = Accepted + Unchanged + Rejected + Skipped, in file rows.
type Result struct {
	Job       int64             `json:"job"` // 0 for a dry run
	Version   int64             `json:"version,omitempty"`
	File      string            `json:"file"`
	Profile   string            `json:"profile"`
	Rows      int64             `json:"rows"`
	Accepted  int64             `json:"accepted"`
	Unchanged int64             `json:"unchanged"`
	Rejected  int64             `json:"rejected"`
	Skipped   int64             `json:"skipped"`
	SkippedBy map[string]int64  `json:"skipped_by,omitempty"` // Skipped by reason: blank, total, footer, header, no_fact
	Replaced  int64             `json:"replaced"`             // accepted rows that ended an older one
	Removed   int64             `json:"removed"`              // facts of the replaced slice that the file no longer states
	Located   map[Located]int64 `json:"located"`
	Masked    int64             `json:"masked"`
	Seconds   float64           `json:"seconds"`
	Warnings  []Warning         `json:"warnings"`
	Sheet     string            `json:"sheet,omitempty"`
	Part      string            `json:"part,omitempty"`
	Cleared   int64             `json:"cleared,omitempty"`  // rejects of earlier jobs that its rows cleared
	Personal  map[string]int64  `json:"personal,omitempty"` // cells by column of persons' names and numbers
	Covers    []Covered         `json:"covers,omitempty"`   // what the job states to have delivered, see coverage

	coverage string
}

// Coverage is one Chinese clause, without full stop, of what the file covers: whose, what, from the first to the last
// day, and on what ground; "" where it covers nothing.
func (r Result) Coverage() string { return r.coverage }

// TooManyRejects: the file holds more bad rows than the limit allows; nothing was published.
type TooManyRejects struct {
	Result Result
	Rows   []RejectedRow // with their cells, as far as they are kept (keptRejects, keptCells)
}

func (e *TooManyRejects) Error() string {
	first := ""
	if len(e.Rows) > 0 {
		first = fmt.Sprintf("（如第 %d 行：%s）", e.Rows[0].Row, e.Rows[0].Reasons[0].Message)
	}
	return fmt.Sprintf("文件“%s”的 %d 行中有 %d 行不能入库%s，超过允许的上限，整个文件未入库；请更正后重新执行，或用 --max-rejects 放宽",
		e.Result.File, e.Result.Rows, e.Result.Rejected, first)
}

// headRows is how many rows are looked at to recognise a ledger and find its header.
const headRows = profile.HeadRows

// Load loads one file as one job. Rows that cannot be taken are counted in the Result and kept in the table
// reject; an error means that nothing was written.
func (in *Ingester) Load(ctx context.Context, r Request) (Result, error) {
	start := time.Now()
	r.Name, _ = Mask(r.Name) // it stands in the history, in the journal and in messages
	info, err := r.File.Stat()
	if err != nil {
		return Result{}, err
	}
	r.read = new(atomic.Int64)
	src, err := in.source(ctx, r)
	if err != nil {
		return Result{}, err
	}
	defer src.Close()
	t, err := in.open(src, r)
	if err != nil {
		return Result{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	hash := hashing(ctx, r.File, info.Size())
	defer hash() // nothing reads the caller's file after Load
	defer cancel()
	space := t.binding.Profile.SourceSystem()
	job, err := in.Warehouse.Begin(ctx, warehouse.Spec{
		Verb: "ingest", File: r.label(), Profile: t.binding.Profile.Name, Options: r.options(t.binding.Profile),
		OrgCode: r.Org, InputBytes: info.Size(), Spaces: []string{space}, Wait: r.Wait,
	})
	if err != nil {
		return Result{}, err
	}
	defer job.Abandon()
	lg, err := in.ledger(ctx, t, r, space)
	if err != nil {
		return Result{}, err
	}
	l := &load{in: in, job: job, table: t, request: r, size: info.Size(), hash: hash, collector: newCollector(lg)}
	res, err := l.run(ctx)
	res.Seconds = time.Since(start).Seconds()
	return res, err
}

// options are what else decides the outcome of a load, for the history.
func (r Request) options(p *profile.Profile) string {
	return toJSON(map[string]string{"profile": p.Digest, "org": r.Org, "crs": string(r.CRS), "level": r.Level, "encoding": r.Encoding, "sheet": r.Table})
}

// FileHash is the SHA-256 of a file's first size bytes, hex, by which the history knows it again.
func FileHash(ctx context.Context, f io.ReaderAt, size int64) (string, error) {
	h := sha256.New()
	_, err := io.CopyBuffer(h, &cancellable{ctx, io.NewSectionReader(f, 0, size)}, make([]byte, min(size+1, 256<<10)))
	return hex.EncodeToString(h.Sum(nil)), err
}

// hashing computes the FileHash of a file beside its loading; call the result to wait for it, as often as wanted.
func hashing(ctx context.Context, f io.ReaderAt, size int64) func() (string, error) {
	var sum string
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		sum, err = FileHash(ctx, f, size)
	}()
	return func() (string, error) {
		<-done
		return sum, err
	}
}

// cancellable is a reader that ends with its context.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancellable) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.r.Read(p)
}

// table is an opened file with its profile bound to its header.
type table struct {
	src     source.Source
	binding *profile.Binding
	title   profile.Title
	first   []*source.Batch // read for the header, still to be converted
	skip    int             // rows up to and including the header
}

// open reads the head of the file, recognises the ledger and binds its profile. Like every stage that looks at
// foreign bytes it runs under recover.
func (in *Ingester) open(src source.Source, r Request) (t *table, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("文件“%s”无法处理：%v", r.label(), p)
		}
	}()
	t = &table{src: src}
	head, err := t.readHead()
	if err != nil {
		return nil, err
	}
	header := src.Header()
	p := r.Profile
	at := profile.Place{First: -1, Last: -1}
	switch {
	case header != nil: // json: the keys are the header
		if p == nil {
			c, err := in.Profiles.Recognise([][]string{header})
			if err != nil {
				return nil, t.unknown(r.label(), err)
			}
			p = c.Profile
		}
	default:
		if p == nil {
			c, err := in.Profiles.Recognise(head)
			if err != nil {
				return nil, t.unknown(r.label(), err)
			}
			p, at = c.Profile, c.Place
		} else {
			at = headerOf(p, head)
		}
		header = profile.NumberedHeader(t.width())
		if at.First >= 0 {
			header = profile.JoinHeader(at.Rows(head))
		}
	}
	if p.Refuse != "" {
		return nil, fmt.Errorf("文件“%s”：%s", r.label(), p.Refuse)
	}
	t.skip = at.Last + 1
	if t.binding, err = p.Bind(header); err != nil {
		return nil, t.unknown(r.label(), err)
	}
	t.title = profile.TitleContext(head, at.First, r.Table, r.fileName())
	t.binding.Around(t.title, rowBelow(head, at))
	return t, nil
}

// rowBelow is the row right below a header; nil where there is none.
func rowBelow(head [][]string, at profile.Place) []string {
	if at.First < 0 || at.Last+1 >= len(head) {
		return nil
	}
	return head[at.Last+1]
}

// readHead reads until the first rows are there, however many unreadable ones (they are no rows) stand before them.
func (t *table) readHead() (head [][]string, err error) {
	for len(head) < headRows {
		b, err := t.src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		t.first = append(t.first, b)
		for i := 0; i < b.Len() && len(head) < headRows; i++ {
			head = append(head, b.Row(i))
		}
	}
	return head, nil
}

// next gives the batches of the file from its beginning.
func (t *table) next() (*source.Batch, error) {
	if len(t.first) == 0 {
		return t.src.Next()
	}
	b := t.first[0]
	t.first = t.first[1:]
	return b, nil
}

// width is that of the widest row read for the header.
func (t *table) width() (w int) {
	for _, b := range t.first {
		w = max(w, b.Width)
	}
	return w
}

// unknown is the error of a file whose header fits no profile. What looks like a strange header may be one in the
// other encoding.
func (t *table) unknown(name string, err error) error {
	if t.src.Mixed() {
		return fmt.Errorf("文件“%s”混用了两种编码（有的行是 UTF-8，有的行是 GB18030），表头或内容无法识别，请统一另存为“CSV UTF-8（逗号分隔）”再导入，或用 --encoding 指定其中一种：%w", name, err)
	}
	return fmt.Errorf("文件“%s”：%w", name, err)
}

// headerOf finds the header of a file whose profile is given. Where none fits, the row that should be it is
// taken, so that Bind can name what is missing.
func headerOf(p *profile.Profile, head [][]string) profile.Place {
	at, ok := p.FindHeader(head)
	if ok {
		return at
	}
	if len(head) == 0 { // no row could be read at all
		return profile.Place{First: -1, Last: -1}
	}
	row := 0
	if p.HeaderRow > 0 {
		row = min(p.HeaderRow, len(head)) - 1
	}
	return profile.Place{First: row, Last: row}
}
