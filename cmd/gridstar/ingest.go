package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"gridstar/analytics/access"
	"gridstar/ingest"
	"gridstar/ingest/profile"
)

type ingestVerb struct {
	Files      []string `arg:"" name:"文件" help:"台账文件，可有多个，每张表一个作业。"`
	Profile    string   `help:"台账类型：内置或本站的名称，或一个 .toml 文件；不写则按表头识别。" placeholder:"NAME|FILE.toml"`
	Org        string   `help:"文件所属的单位（编码或名称），用于没有写明单位的行。" placeholder:"CODE"`
	CRS        string   `help:"坐标系，如 wgs84、gcj02。" name:"crs" placeholder:"CRS"`
	Level      string   `help:"按哪一级图层定位，不写则为最细的一级。" placeholder:"L"`
	Encoding   string   `help:"文本编码：utf-8、gb18030；不写则自动识别。" placeholder:"ENC"`
	MaxRejects string   `help:"退回行数上限（行数或百分比），超过则整个表不入库；不写则为 config.toml 所定，默认 10%。" placeholder:"N|P%"`
	DryRun     bool     `help:"只检查，不入库。"`
	JSON       bool     `help:"以 JSON 输出。"`
}

func (*ingestVerb) use() use { return useWrite }

func (v *ingestVerb) inputs() []string {
	if v.profileIsFile() {
		return append([]string{v.Profile}, v.Files...)
	}
	return v.Files
}

func (*ingestVerb) output() string { return "" }

func (v *ingestVerb) audited() (access.Event, string) {
	if v.DryRun {
		return access.Unrecorded, ""
	}
	object := fmt.Sprintf("ingest files=%d", len(v.Files))
	if v.Profile != "" && !v.profileIsFile() {
		object += " profile=" + codeOr(v.Profile)
	}
	return access.Imported, object
}

func (v *ingestVerb) profileIsFile() bool {
	return strings.HasSuffix(strings.ToLower(v.Profile), ".toml")
}

// ingestTotals is the JSON of the verb: the totals over all files, and one object a file.
type ingestTotals struct {
	Rows      int64                    `json:"rows"`
	Accepted  int64                    `json:"accepted"`
	Unchanged int64                    `json:"unchanged"`
	Rejected  int64                    `json:"rejected"`
	Skipped   int64                    `json:"skipped"`
	Replaced  int64                    `json:"replaced"`
	Located   map[ingest.Located]int64 `json:"located"`
	Masked    int64                    `json:"masked"`
	Seconds   float64                  `json:"seconds"`
	DryRun    bool                     `json:"dry_run,omitempty"`
	Jobs      []ingest.Result          `json:"jobs"`
	Failed    []failedFile             `json:"failed,omitempty"`
}

// failedFile is a file, or a table of one, of which nothing was taken.
type failedFile struct {
	File  string `json:"file"`
	Part  string `json:"part,omitempty"`
	Sheet string `json:"sheet,omitempty"`
	Error string `json:"error"`

	Rejects []ingest.RejectedRow `json:"rejects,omitempty"` // of a table that was refused for them
}

func (t *ingestTotals) add(r ingest.Result) {
	t.Rows += r.Rows
	t.Accepted += r.Accepted
	t.Unchanged += r.Unchanged
	t.Rejected += r.Rejected
	t.Skipped += r.Skipped
	t.Replaced += r.Replaced
	t.Masked += r.Masked
	t.Seconds += r.Seconds
	for k, n := range r.Located {
		t.Located[k] += n
	}
	t.Jobs = append(t.Jobs, r)
}

func (v *ingestVerb) Run(ctx context.Context, e *env) error {
	request, in, err := v.prepare(e)
	if err != nil {
		return err
	}
	totals := ingestTotals{Located: map[ingest.Located]int64{}, Jobs: []ingest.Result{}, DryRun: v.DryRun}
	for _, name := range v.Files {
		r := request
		if r.File, err = e.input(name); err != nil {
			return err
		}
		r.Name = filepath.Base(name)
		r.Progress = e.progress(r.Name)
		outcomes, err := in.LoadFile(ctx, r)
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			outcomes = []ingest.Outcome{{Result: ingest.Result{File: r.Name}, Err: err}}
		}
		for _, o := range outcomes {
			if o.Err != nil {
				fmt.Fprintln(e.Stderr, sentence(o.Err))
				failed := failedFile{File: o.Result.File, Part: o.Result.Part, Sheet: o.Result.Sheet, Error: sentence(o.Err)}
				if many, ok := errors.AsType[*ingest.TooManyRejects](o.Err); ok {
					failed.Rejects = many.Rows
					printRefused(e.Stderr, many.Rows)
				}
				totals.Failed = append(totals.Failed, failed)
				continue
			}
			totals.add(o.Result)
			if !v.JSON {
				printLoad(e.Stdout, o.Result, v.DryRun)
			}
		}
	}
	if v.JSON {
		if err := e.json(totals); err != nil {
			return err
		}
	} else if len(totals.Jobs) > 1 {
		fmt.Fprintf(e.Stdout, "合计 %d 个作业：%s。\n", len(totals.Jobs), countsText(totals.Rows, totals.Accepted, totals.Replaced, totals.Unchanged, totals.Rejected, totals.Skipped))
	}
	return totals.outcome()
}

// outcome: files that failed have said so; what was taken stays taken.
func (t *ingestTotals) outcome() error {
	switch {
	case len(t.Failed) > 0 && len(t.Jobs) == 0:
		return errReported
	case len(t.Failed) > 0, t.Rejected > 0:
		return errRejected
	}
	return nil
}

func (v *ingestVerb) prepare(e *env) (r ingest.Request, in *ingest.Ingester, err error) {
	r = ingest.Request{Org: v.Org, Level: v.Level, Encoding: v.Encoding, DryRun: v.DryRun}
	if v.CRS != "" {
		if r.CRS, err = parseCRS(v.CRS); err != nil {
			return r, nil, err
		}
	}
	if v.Level != "" {
		if err := e.checkLevel(v.Level); err != nil {
			return r, nil, err
		}
	}
	r.Limit = ingest.SiteGate(e.Catalog.Limits)
	if v.MaxRejects != "" {
		if r.Limit, err = parseLimit(v.MaxRejects); err != nil {
			return r, nil, err
		}
	}
	set, err := e.profiles()
	if err != nil {
		return r, nil, err
	}
	if r.Profile, err = v.profile(e, set); err != nil {
		return r, nil, err
	}
	return r, &ingest.Ingester{Warehouse: e.W, Catalog: e.Catalog, Profiles: set, Levels: e.levels(), Units: e.Units, Now: e.now}, nil
}

func (v *ingestVerb) profile(e *env, set *profile.Set) (*profile.Profile, error) {
	if v.Profile == "" {
		return nil, nil
	}
	if !v.profileIsFile() {
		if p, ok := set.ByName(v.Profile); ok {
			return p, nil
		}
		var names []string
		for _, p := range set.All() {
			names = append(names, p.Name)
		}
		return nil, fmt.Errorf("没有名为“%s”的台账模板，可用的模板：%s", v.Profile, strings.Join(names, "、"))
	}
	f, err := e.input(v.Profile)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("台账类型文件“%s”无法读取：%w", v.Profile, err)
	}
	return profile.Parse(text, filepath.Base(v.Profile), profile.Options{})
}

func parseLimit(s string) (ingest.Limit, error) {
	if p, ok := strings.CutSuffix(s, "%"); ok {
		f, err := strconv.ParseFloat(p, 64)
		if err == nil && f >= 0 && f <= 100 {
			if f == 0 {
				return ingest.Limit{Set: true}, nil
			}
			return ingest.Limit{Set: true, Percent: f}, nil
		}
	} else if n, err := strconv.ParseInt(s, 10, 64); err == nil && n >= 0 {
		return ingest.Limit{Set: true, Rows: n}, nil
	}
	return ingest.Limit{}, usagef("--max-rejects 应写成行数（如 20）或百分比（如 5%%），不能是“%s”", s)
}

func countsText(rows, accepted, replaced, unchanged, rejected, skipped int64) string {
	s := fmt.Sprintf("共 %d 行，入库 %d 行", rows, accepted)
	if replaced > 0 {
		s += fmt.Sprintf("（其中更新 %d 行）", replaced)
	}
	s += fmt.Sprintf("，未变 %d 行，退回 %d 行", unchanged, rejected)
	if skipped > 0 {
		s += fmt.Sprintf("，跳过空行、合计行等 %d 行", skipped)
	}
	return s
}

func printLoad(w io.Writer, r ingest.Result, dry bool) {
	head := fmt.Sprintf("作业 %d", r.Job)
	if dry {
		head = "试运行（未入库）"
	}
	fmt.Fprintf(w, "%s：%s（%s），%s，用时 %.1f 秒。\n", head, placeText(r), r.Profile,
		countsText(r.Rows, r.Accepted, r.Replaced, r.Unchanged, r.Rejected, r.Skipped), r.Seconds)
	if r.Removed > 0 {
		fmt.Fprintf(w, "  文件中已没有的 %d 项不再计入。\n", r.Removed)
	}
	if s := locatedText(r.Located); s != "" {
		fmt.Fprintf(w, "  定位：%s。\n", s)
	}
	if s := r.Coverage(); s != "" {
		fmt.Fprintf(w, "  覆盖：%s。\n", s)
	}
	if r.Masked > 0 {
		fmt.Fprintf(w, "  文字中的电话、证件号、卡号、邮箱已隐去 %d 处。\n", r.Masked)
	}
	if s := r.PersonalText(); s != "" {
		fmt.Fprintf(w, "  个人信息没有保存：%s。\n", s)
	}
	if r.Cleared > 0 {
		fmt.Fprintf(w, "  以前退回的 %d 行已由本次取代。\n", r.Cleared)
	}
	for _, x := range r.Warnings {
		fmt.Fprintf(w, "  提示：%s。\n", warningText(x))
	}
	if r.Rejected > 0 && !dry {
		fmt.Fprintf(w, "  退回的行及原因见 rejects --job %d。\n", r.Job)
	}
}

// shownRefused is how many rows of a table that was refused for them are listed; --json has all that are kept.
const shownRefused = 20

func printRefused(w io.Writer, rows []ingest.RejectedRow) {
	for _, r := range rows[:min(len(rows), shownRefused)] {
		fmt.Fprintf(w, "  第 %d 行：%s。\n", r.Row, r.Why())
	}
	if more := len(rows) - shownRefused; more > 0 {
		fmt.Fprintf(w, "  另有 %d 行，用 --json 列出全部。\n", more)
	}
}

// placeText names a table: its file, the file inside that, its sheet.
func placeText(r ingest.Result) string {
	s := r.File
	if r.Part != "" {
		s += "/" + r.Part
	}
	if r.Sheet != "" {
		s += "［" + r.Sheet + "］"
	}
	return s
}

func locatedText(m map[ingest.Located]int64) string {
	var parts []string
	for _, l := range []struct {
		ground ingest.Located
		text   string
	}{
		{ingest.ByBoth, "单位与坐标一致"},
		{ingest.ByPoint, "按坐标"},
		{ingest.ByPlace, "按小区楼栋"},
		{ingest.ByCode, "按所填单位"},
		{ingest.Conflict, "单位与坐标不一致"},
		{ingest.Outside, "坐标在所有网格之外"},
		{ingest.Nowhere, "没有单位"},
	} {
		if n := m[l.ground]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d 行", l.text, n))
		}
	}
	return strings.Join(parts, "，")
}

func warningText(x ingest.Warning) string {
	s := x.Text
	if x.Count > 1 || len(x.Rows) > 0 {
		s = fmt.Sprintf("%s，%d 处", s, x.Count)
	}
	if len(x.Items) > 0 {
		s += "（如“" + strings.Join(x.Items[:min(3, len(x.Items))], "”“") + "”）"
	} else if len(x.Rows) > 0 {
		s += fmt.Sprintf("（如第 %d 行）", x.Rows[0])
	}
	return s
}
