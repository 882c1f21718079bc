package intake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/geo"
	"gridstar/ingest"
	"gridstar/ingest/profile"
	"gridstar/ingest/source"
)

// Load loads a file at once, beside the queue; nothing of the file is kept. It waits at most Options.Patience for other loads of the
// same ledger (warehouse.ErrBusy). The error means that the file as a whole could not be read.
func (d *Desk) Load(ctx context.Context, f *os.File, name string, c Choice, by Sender) (_ []ingest.Outcome, err error) {
	defer d.caught(&err, "")
	return d.load(ctx, order{file: f, name: cleanName(name), choices: []Choice{c}, by: by, wait: d.o.Patience, posted: true})
}

// open gives the file of an upload.
func (d *Desk) open(u Upload) (*os.File, error) {
	if u.Gone {
		return nil, errGone
	}
	f, err := os.OpenFile(d.file(u.ID), os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, refuse(ErrState, "这份文件的内容已不在服务器上，请重新上传")
	}
	if err != nil {
		return nil, fmt.Errorf("上传的文件无法打开，请检查磁盘：%w", err)
	}
	return f, nil
}

// order is a file that is to be loaded.
type order struct {
	file     *os.File
	name     string
	choices  []Choice
	by       Sender
	posted   bool                    // rows that a program sends under one name
	wait     time.Duration           // for other loads of the same ledger; 0: as long as it takes
	progress func(done, total int64) // bytes; may be nil
}

// request is what all tables of the file have in common.
func (o order) request(d *Desk) ingest.Request {
	return ingest.Request{
		File: o.file, Name: o.name, Actor: o.by.Account, Limits: d.o.Limits, Limit: d.o.MaxRejects, Progress: o.progress, Wait: o.wait, Posted: o.posted,
	}
}

// load loads the tables of a file as chosen.
func (d *Desk) load(ctx context.Context, o order) ([]ingest.Outcome, error) {
	in, err := d.o.Ingester()
	if err != nil {
		return nil, err
	}
	if forAll(o.choices) {
		r, err := d.request(ctx, in, o.request(d), only(o.choices), o.by)
		if err != nil {
			return nil, err
		}
		return in.LoadFile(ctx, r)
	}
	var all []ingest.Outcome
	err = d.tables(ctx, o.request(d), o.choices, func(r ingest.Request, c Choice) error {
		x := ingest.Outcome{Result: ingest.Result{Profile: c.Profile}}
		if r, x.Err = d.request(ctx, in, r, c, o.by); x.Err == nil {
			x.Result, x.Err = in.Load(ctx, r)
		}
		x.Result.File, x.Result.Part, x.Result.Sheet = r.Name, r.Part, r.Table // also of what was not read
		all = append(all, x)
		return context.Cause(ctx)
	})
	return all, err
}

// only is the choice for a whole file.
func only(choices []Choice) Choice {
	if len(choices) == 0 {
		return Choice{}
	}
	return choices[0]
}

// tables goes through the tables of a file for which there is a choice that does not skip them, in the file's order.
func (d *Desk) tables(ctx context.Context, base ingest.Request, choices []Choice, fn func(ingest.Request, Choice) error) error {
	info, err := base.File.Stat()
	if err != nil {
		return err
	}
	parts, err := source.Unpack(ctx, base.File, info.Size(), base.Name, d.scratch, base.Limits)
	if err != nil {
		return err
	}
	defer func() {
		for _, p := range parts {
			p.Close()
		}
	}()
	left := slices.Clone(choices)
	for _, p := range parts {
		part := p.Name
		if len(parts) == 1 && p.File == base.File { // not packed
			part = ""
		}
		tables, err := source.Tables(p.File, p.Size, p.Name, source.Options{Context: ctx, Limits: base.Limits})
		if err != nil {
			if !slices.ContainsFunc(left, func(c Choice) bool { return c.Part == part && !c.Skip }) {
				continue
			}
			return err
		}
		for _, t := range tables {
			i := slices.IndexFunc(left, func(c Choice) bool { return c.Part == part && c.Sheet == t.Name })
			if i < 0 {
				continue
			}
			c := left[i]
			left = slices.Delete(left, i, i+1)
			if c.Skip {
				continue
			}
			r := base
			r.File, r.Part, r.Table = p.File, part, t.Name
			if err := fn(r, c); err != nil {
				return err
			}
		}
	}
	for _, c := range left {
		if !c.Skip {
			return refuse(ErrChoice, "文件中没有所选的表“%s”，请刷新页面后重新核对", cleanName(c.Part+" "+c.Sheet))
		}
	}
	return nil
}

// request fills in what was chosen for a table, and what its loader may write.
func (d *Desk) request(ctx context.Context, in *ingest.Ingester, r ingest.Request, c Choice, by Sender) (ingest.Request, error) {
	var err error
	r.Encoding = c.Encoding
	if r.Profile, err = d.profile(in, c); err != nil {
		return r, err
	}
	if c.MaxRejects != "" {
		if r.Limit, err = parseLimit(c.MaxRejects); err != nil {
			return r, err
		}
	}
	if c.CRS != "" {
		if r.CRS, err = geo.ParseCRS(c.CRS); err != nil {
			return r, refuse(ErrChoice, "不支持坐标系“%s”，请用 wgs84、cgcs2000、gcj02、bd09 或 EPSG 编号", cleanName(c.CRS))
		}
	}
	r.Scope, r.Scoped = by.scope()
	r.Org, err = d.unit(ctx, in, c.Org, by)
	return r, err
}

// profile is the one that was chosen, reading the columns as they were assigned; nil where nothing was.
func (d *Desk) profile(in *ingest.Ingester, c Choice) (*profile.Profile, error) {
	if c.Profile == "" {
		if c.mapped() {
			return nil, refuse(ErrChoice, "请先选择台账，再对应各列")
		}
		return nil, nil
	}
	p, ok := in.Profiles.ByName(c.Profile)
	if !ok {
		return nil, refuse(ErrChoice, "没有名为“%s”的台账模板，请从列表中选择", cleanName(c.Profile))
	}
	if !c.mapped() {
		return p, nil
	}
	p, _, err := p.Remap(p.Name, c.Columns, c.Attrs, c.Drop) // of the same name: its rows stay the ones they are
	if err != nil {
		return nil, refuse(ErrChoice, "%s", strip(err))
	}
	return p, nil
}

// unit checks the unit that a file is said to belong to. A sender for one unit need not say it; one of others is refused as
// if it did not exist.
func (d *Desk) unit(ctx context.Context, in *ingest.Ingester, org string, by Sender) (string, error) {
	if by.Units == nil {
		return org, nil
	}
	if org == "" {
		if len(by.Units) == 1 {
			return by.Units[0], nil
		}
		return "", nil
	}
	scope, _ := by.scope()
	var found units.Unit
	err := in.Warehouse.View(ctx, func(v *warehouse.View) error {
		dir, err := in.Units.Directory(ctx, v, in.Levels, in.Now())
		if err != nil {
			return err
		}
		own := dir.Within(scope)
		if found, err = own.Resolve(org, nil, ""); err == nil {
			return nil
		}
		// A full name may begin with a unit above his own, which own does not know: 长青街道铁西社区.
		if u, whole := dir.Resolve(org, nil, ""); whole == nil {
			if _, his := own.Unit(u.Code); his {
				found, err = u, nil
			}
		}
		return err
	})
	if err != nil {
		if ambiguous, ok := errors.AsType[*units.AmbiguousError](err); ok {
			return "", refuse(ErrChoice, "%s", strip(ambiguous))
		}
		if _, ok := errors.AsType[*units.UnknownError](err); ok {
			return "", refuse(ErrUnit, "没有单位“%s”，或不在您的范围内", cleanName(org))
		}
		return "", err
	}
	return found.Code, nil
}

// outcomesOf keeps what became of tables in a form that can be stored.
func outcomesOf(all []ingest.Outcome) []Outcome {
	var out []Outcome
	for _, o := range all {
		c := Outcome{Result: o.Result, Coverage: o.Result.Coverage()}
		if o.Err != nil {
			c.Error = sentence(o.Err)
			rows := refusedOf(o)
			c.Rejects = rows[:min(len(rows), shownRefused)]
		}
		out = append(out, c)
	}
	return out
}

// Check refuses a choice for a whole file that could not be loaded by its sender, before the file is sent.
func (d *Desk) Check(ctx context.Context, c Choice, by Sender) error {
	in, err := d.o.Ingester()
	if err != nil {
		return err
	}
	_, err = d.request(ctx, in, ingest.Request{}, c, by)
	return err
}
