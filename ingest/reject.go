package ingest

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gridstar/analytics/warehouse"
)

// RejectedRow is a refused row as it stood in its file, and why it was refused. Cells about persons are tokens, phones
// and the like in the others are masked: corrected and loaded again it is the row it would have been.
type RejectedRow struct {
	Job       int64    `json:"job"` // 0: of a file that was refused as a whole
	File      string   `json:"file"`
	Sheet     string   `json:"sheet,omitempty"`
	Row       int64    `json:"row"`              // file row
	Header    []string `json:"header,omitempty"` // of the file
	Cells     []string `json:"cells,omitempty"`  // nil where the row could not be read, or too many were refused
	Reasons   []Reject `json:"reasons"`
	ClearedBy int64    `json:"cleared_by,omitempty"` // the job that settled it; 0: it is open
}

// ID is what a corrected row says which refused row it replaces: 12-345, job and file row; "" without a job.
func (r RejectedRow) ID() string {
	if r.Job == 0 {
		return ""
	}
	return fmt.Sprintf("%d-%d", r.Job, r.Row)
}

// Why gives the reasons as one text: 登记日期“十月”：不是可识别的日期；缺少编号.
func (r RejectedRow) Why() string {
	var all []string
	for _, x := range r.Reasons {
		switch {
		case x.Column != "" && x.Value != "":
			all = append(all, x.Column+"“"+x.Value+"”："+x.Message)
		case x.Column != "":
			all = append(all, x.Column+"："+x.Message)
		default:
			all = append(all, x.Message)
		}
	}
	return strings.Join(all, "；")
}

// rejectID names a refused row.
type rejectID struct{ job, row int64 }

func parseRejectID(s string) (id rejectID, ok bool) {
	job, row, found := strings.Cut(strings.TrimSpace(s), "-")
	if !found {
		return id, false
	}
	var err, err2 error
	id.job, err = strconv.ParseInt(job, 10, 64)
	id.row, err2 = strconv.ParseInt(row, 10, 64)
	return id, err == nil && err2 == nil && id.job > 0 && id.row > 0
}

// Columns that a file of refused rows has behind the ledger's own; see package workbook.
const (
	rejectRowColumn    = "行号"
	rejectReasonColumn = "原因"
	rejectIDColumn     = "退回编号"
)

// Rejects reads the refused rows of one job, or all that are open (job 0): of jobs that are not undone, and not settled
// by a later job that is not undone. They come in the order of jobs and rows.
func Rejects(ctx context.Context, q warehouse.Queryer, job int64) ([]RejectedRow, error) {
	undone, err := undoneBy(ctx, q)
	if err != nil {
		return nil, err
	}
	cleared, err := clearedBy(ctx, q, undone)
	if err != nil {
		return nil, err
	}
	type table struct {
		sheet  string
		header []string
	}
	tables := map[int64]table{}
	_, err = warehouse.Rows(ctx, q, func(r *sql.Rows) (_ struct{}, err error) {
		var id int64
		var sheet, header string
		if err = r.Scan(&id, &sheet, &header); err == nil {
			t := table{sheet: sheet}
			err = json.Unmarshal([]byte(header), &t.header)
			tables[id] = t
		}
		return struct{}{}, err
	}, "SELECT job, coalesce(sheet, ''), coalesce(header, 'null') FROM loaded WHERE $1 = 0 OR job = $1", job)
	if err != nil {
		return nil, err
	}
	cells := map[rejectID][]string{}
	_, err = warehouse.Rows(ctx, q, func(r *sql.Rows) (_ struct{}, err error) {
		var id rejectID
		var text string
		if err = r.Scan(&id.job, &id.row, &text); err == nil {
			var row []string
			err = json.Unmarshal([]byte(text), &row)
			cells[id] = row
		}
		return struct{}{}, err
	}, "SELECT job, row, cells FROM reject_row WHERE $1 = 0 OR job = $1", job)
	if err != nil {
		return nil, err
	}
	var all []RejectedRow
	_, err = warehouse.Rows(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var r Reject
		var id rejectID
		var file, col, value sql.NullString
		if err := rows.Scan(&id.job, &file, &id.row, &col, &value, &r.Reason, &r.Message); err != nil {
			return struct{}{}, err
		}
		if job == 0 && (undone[id.job] != 0 || cleared[id] != 0) {
			return struct{}{}, nil
		}
		r.Row, r.Column, r.Value = id.row, col.String, value.String
		if n := len(all); n == 0 || all[n-1].Job != id.job || all[n-1].Row != id.row {
			t := tables[id.job]
			all = append(all, RejectedRow{
				Job: id.job, File: file.String, Sheet: t.sheet, Row: id.row, Header: t.header, Cells: cells[id], ClearedBy: cleared[id],
			})
		}
		last := &all[len(all)-1]
		last.Reasons = append(last.Reasons, r)
		return struct{}{}, nil
	}, `SELECT r.job, j.file, r.row, r.col, r.value, r.reason, r.message FROM reject r JOIN job j ON j.id = r.job
		WHERE ($1 = 0 OR r.job = $1) ORDER BY r.job, r.row, r.rowid`, job)
	return all, err
}

// OpenRejects counts the open refused rows of each job that has any.
func OpenRejects(ctx context.Context, q warehouse.Queryer) (map[int64]int64, error) {
	open, err := openRejects(ctx, q, "TRUE")
	n := map[int64]int64{}
	for _, id := range open {
		n[id.job]++
	}
	return n, err
}

// openRejects are the open refused rows of the jobs that meet a condition (over j, its job row, and l, what is known of
// its file), in order.
func openRejects(ctx context.Context, q warehouse.Queryer, condition string, args ...any) ([]rejectID, error) {
	undone, err := undoneBy(ctx, q)
	if err != nil {
		return nil, err
	}
	cleared, err := clearedBy(ctx, q, undone)
	if err != nil {
		return nil, err
	}
	all, err := warehouse.Rows(ctx, q, func(r *sql.Rows) (id rejectID, err error) { return id, r.Scan(&id.job, &id.row) },
		`SELECT DISTINCT r.job, r.row FROM reject r JOIN job j ON j.id = r.job LEFT JOIN loaded l ON l.job = r.job
		WHERE `+condition+` ORDER BY r.job, r.row`, args...)
	return slices.DeleteFunc(all, func(id rejectID) bool { return undone[id.job] != 0 || cleared[id] != 0 }), err
}

// clearedBy names, for each refused row that a job in force has settled, the first such job.
func clearedBy(ctx context.Context, q warehouse.Queryer, undone map[int64]int64) (map[rejectID]int64, error) {
	by := map[rejectID]int64{}
	_, err := warehouse.Rows(ctx, q, func(r *sql.Rows) (struct{}, error) {
		var id rejectID
		var job int64
		err := r.Scan(&job, &id.job, &id.row)
		if undone[job] == 0 && by[id] == 0 {
			by[id] = job
		}
		return struct{}{}, err
	}, "SELECT job, refused_by, row FROM reject_cleared ORDER BY job")
	return by, err
}

// keptCells bounds the cells of refused rows that a load keeps, in bytes; of the rows behind only the reasons are kept.
const keptCells = 64 << 20

// refused is a refused row as it stood in the file.
type refused struct {
	row   int64
	cells []string
}

func (r refused) size() (n int) {
	for _, s := range r.cells {
		n += len(s) + 16
	}
	return n
}

// original copies the cells of a row that is refused: fit to be stored, and to be loaded again. Identifiers and codes stay
// as they are.
func (c *converter) original(cells []string) []string {
	out := make([]string, len(cells))
	for i, s := range cells {
		if s == "" {
			continue
		}
		if !c.plain[i] {
			s, _ = Mask(s)
		}
		out[i] = strings.Clone(s) // a cell is part of its whole batch
	}
	return trimmed(out)
}

// origin is what stood around the table whose refused rows a file brings back corrected.
type origin struct {
	unit   string
	period period
}

// origin finds the table that the first corrected row of the file comes from; ok is false where the file has none, or the
// job is not one of this ledger.
func (t *table) origin(ctx context.Context, q warehouse.Queryer, v privacy, family string) (o origin, ok bool, err error) {
	if v.rejectID < 0 {
		return o, false, nil
	}
	for _, b := range t.first {
		for i := range b.Len() {
			id, is := parseRejectID(cellAt(b.Row(i), v.rejectID))
			if !is {
				continue
			}
			found, err := warehouse.Rows(ctx, q, func(r *sql.Rows) (o origin, err error) {
				var from, to sql.NullTime
				err = r.Scan(&o.unit, &from, &to)
				o.period = period{from.Time, to.Time}
				return o, err
			}, `SELECT coalesce(l.unit, ''), l.period_from, l.period_to FROM loaded l JOIN job j ON j.id = l.job
				WHERE l.job = $1 AND j.profile IN (SELECT unnest(string_split($2, chr(31))))`, id.job, family)
			if err != nil || len(found) == 0 {
				return o, false, err
			}
			return found[0], true, nil
		}
	}
	return o, false, nil
}

func cellAt(cells []string, i int) string {
	if i < len(cells) {
		return cells[i]
	}
	return ""
}

// trimmed leaves out the empty cells at the end.
func trimmed(cells []string) []string {
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// rejected puts the refused rows of the file together with their cells.
func (l *load) rejected(job int64) []RejectedRow {
	cells := make(map[int64][]string, len(l.refusedRows))
	for _, r := range l.refusedRows {
		cells[r.row] = r.cells
	}
	header := l.header()
	var all []RejectedRow
	for _, r := range l.rejects {
		if n := len(all); n == 0 || all[n-1].Row != r.Row {
			all = append(all, RejectedRow{Job: job, File: l.request.label(), Sheet: l.request.Table, Row: r.Row, Header: header, Cells: cells[r.Row]})
		}
		last := &all[len(all)-1]
		last.Reasons = append(last.Reasons, r)
	}
	return all
}

// header is the file's, without the columns that a file of refused rows adds.
func (l *load) header() []string {
	out := make([]string, len(l.binding.Header))
	for i, h := range l.binding.Header {
		if !slices.Contains(l.added, i) {
			out[i] = quotable(h)
		}
	}
	return trimmed(out)
}

// writeLoaded keeps what else is known of the load.
func (l *load) writeLoaded(ctx context.Context) error {
	text := func(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }
	day := func(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }
	_, err := l.job.Exec(ctx, "INSERT INTO loaded (job, actor, part, sheet, header, unit, period_from, period_to) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		l.job.ID, text(l.request.Actor), text(l.request.Part), text(l.request.Table), text(toJSON(l.header())), text(l.context.unit),
		day(l.context.clock.From), day(l.context.clock.To))
	return err
}

// writeRejects keeps the refused rows, their cells and their reasons.
func (l *load) writeRejects(ctx context.Context) error {
	if len(l.rejects) == 0 {
		return nil
	}
	sh := newSheet("reject", l.in.Warehouse.Schema("reject"))
	f := sh.fact()
	for _, r := range l.rejects {
		f.whole(sh.column("row"), r.Row)
		f.text(sh.column("col"), r.Column)
		f.text(sh.column("value"), r.Value)
		f.text(sh.column("reason"), string(r.Reason))
		f.text(sh.column("message"), r.Message)
		sh.keep(f)
	}
	if err := l.insertSheet(ctx, sh); err != nil || len(l.refusedRows) == 0 {
		return err
	}
	sh = newSheet("reject_row", l.in.Warehouse.Schema("reject_row"))
	f = sh.fact()
	for _, r := range l.refusedRows {
		f.whole(sh.column("row"), r.row)
		f.text(sh.column("cells"), toJSON(r.cells))
		sh.keep(f)
	}
	return l.insertSheet(ctx, sh)
}

// clear settles the refused rows that this load does away with: those which its rows name (they were taken, or are refused
// anew under this job), and, as a file of the same name, ledger and unit is its new edition, all of that file's. Undoing
// this job opens them again.
func (l *load) clear(ctx context.Context) (int64, error) {
	if l.request.Posted && len(l.named) == 0 {
		return 0, nil
	}
	open, err := openRejects(ctx, l.job, "j.profile IN (SELECT unnest(string_split($1, chr(31))))", l.family)
	if err != nil || len(open) == 0 {
		return 0, err
	}
	edition := map[int64]bool{}
	if !l.request.Posted {
		jobs, err := warehouse.Rows(ctx, l.job, func(r *sql.Rows) (id int64, err error) { return id, r.Scan(&id) },
			`SELECT j.id FROM job j LEFT JOIN loaded l ON l.job = j.id
			WHERE j.profile IN (SELECT unnest(string_split($1, chr(31)))) AND j.file = $2 AND coalesce(j.org_code, '') = $3 AND coalesce(l.sheet, '') = $4`,
			l.family, l.request.label(), l.request.Org, l.request.Table)
		if err != nil {
			return 0, err
		}
		for _, id := range jobs {
			edition[id] = true
		}
		if err := l.descend(ctx, edition); err != nil {
			return 0, err
		}
	}
	named, err := l.again(ctx)
	if err != nil {
		return 0, err
	}
	sh := newSheet("reject_cleared", l.in.Warehouse.Schema("reject_cleared"))
	f := sh.fact()
	for _, id := range open {
		if !edition[id.job] && !named[id] {
			continue
		}
		f.whole(sh.column("refused_by"), id.job)
		f.whole(sh.column("row"), id.row)
		sh.keep(f)
	}
	n := int64(sh.rows)
	if n == 0 {
		return 0, nil
	}
	return n, l.insertSheet(ctx, sh)
}

// again gives the refused rows that the file names, and those that are the same row refused once more: who loads a file twice
// and corrects what came back the first time has corrected both.
func (l *load) again(ctx context.Context) (map[rejectID]bool, error) {
	if len(l.named) == 0 {
		return nil, nil
	}
	all := maps.Clone(l.named)
	var ids []string
	for id := range l.named {
		ids = append(ids, fmt.Sprintf("%d-%d", id.job, id.row))
	}
	later, err := warehouse.Rows(ctx, l.job, func(r *sql.Rows) (id rejectID, err error) { return id, r.Scan(&id.job, &id.row) },
		`SELECT b.job, b.row FROM reject_row a JOIN reject_row b ON b.row = a.row AND b.cells = a.cells AND b.job > a.job
		JOIN job ja ON ja.id = a.job JOIN job jb ON jb.id = b.job AND jb.file = ja.file AND jb.profile = ja.profile
		WHERE a.job || '-' || a.row IN (SELECT unnest(string_split($1, chr(31))))`, strings.Join(ids, "\x1f"))
	for _, id := range later {
		all[id] = true
	}
	return all, err
}

// descend adds the loads that brought back refused rows of a file corrected: what is refused of these is of the file too.
func (l *load) descend(ctx context.Context, edition map[int64]bool) error {
	type step struct{ job, from int64 }
	steps, err := warehouse.Rows(ctx, l.job, func(r *sql.Rows) (s step, err error) { return s, r.Scan(&s.job, &s.from) },
		"SELECT DISTINCT job, refused_by FROM reject_cleared ORDER BY job") // a job only clears earlier ones
	for _, s := range steps {
		edition[s.job] = edition[s.job] || edition[s.from]
	}
	return err
}

// sortRejects puts the reasons into the order of the rows: the source's and ours.
func sortRejects(all []Reject) {
	slices.SortStableFunc(all, func(a, b Reject) int { return cmp.Compare(a.Row, b.Row) })
}
