package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"gridstar/analytics/access"
	"gridstar/analytics/warehouse"
)

type verifyVerb struct {
	AcceptLoss bool   `help:"确认缺失的作业无法找回，不再提示。"`
	Head       string `help:"以前核对时抄录的审计日志末尾，核对它仍在日志中。" placeholder:"SEQ:HASH"`
	JSON       bool   `help:"以 JSON 输出。"`
}

func (*verifyVerb) use() use { return useRead }

func (v *verifyVerb) audited() (access.Event, string) {
	if !v.AcceptLoss { // checking changes nothing, and must be possible also where nothing can be written
		return access.Unrecorded, ""
	}
	return access.Settings, "verify accept-loss"
}

func (v *verifyVerb) Run(ctx context.Context, e *env) error {
	noted, err := v.noted()
	if err != nil {
		return err
	}
	if v.AcceptLoss {
		if err := e.W.AcceptLoss(); err != nil {
			return err
		}
	}
	r, err := e.W.Verify(ctx)
	if err != nil {
		return err
	}
	audit, err := e.verifyAudit(ctx, noted)
	if err != nil {
		return err
	}
	ok := r.OK() && audit.OK
	if v.JSON {
		if err := e.json(map[string]any{"ok": ok, "jobs": r.Jobs, "rows": r.Rows, "bytes": r.Bytes, "lost": r.Lost, "damaged": r.Damaged, "audit": audit}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(e.Stdout, "已核对 %d 个作业写入的 %d 行，数据库文件 %d 字节可完整读取。\n", r.Jobs, r.Rows, r.Bytes)
		for _, d := range r.Damaged {
			fmt.Fprintf(e.Stdout, "损坏：%s。\n", d)
		}
		for _, l := range r.Lost {
			fmt.Fprintf(e.Stdout, "缺失：作业 %d（%s %s，%s，%d 行）。\n", l.Job, l.Verb, l.File, l.At, l.Rows)
		}
		audit.print(e)
	}
	switch {
	case ok:
		return nil
	case len(r.Lost) > 0:
		return errors.New("核对未通过，请从备份恢复；确认缺失的作业无法找回后，可运行 verify --accept-loss")
	case !r.OK():
		return errors.New("核对未通过，请从备份恢复")
	}
	return errors.New("审计日志核对未通过，请保留现场并查明原因，不要改动 audit 文件夹")
}

var headText = regexp.MustCompile(`^([1-9][0-9]{0,17}):([0-9a-f]{64})$`)

// noted is the head that was written down at an earlier time, if one was given.
func (v *verifyVerb) noted() (all []warehouse.Anchor, err error) {
	if v.Head == "" {
		return nil, nil
	}
	m := headText.FindStringSubmatch(v.Head)
	if m == nil {
		return nil, usagef("--head 应照抄核对时输出的末尾（如 12:3fa9…，共 64 位），不能是“%s”", v.Head)
	}
	seq, err := strconv.ParseInt(m[1], 10, 64)
	return []warehouse.Anchor{{Seq: seq, Hash: m[2]}}, err
}

// auditJSON is the outcome for the audit log and the accounts.
type auditJSON struct {
	OK       bool          `json:"ok"`
	Lines    int64         `json:"lines"`
	From     *string       `json:"from"` // the oldest month; null for an empty log
	Head     *string       `json:"head"` // seq:hash, to be written down; null for an empty log
	Findings []findingJSON `json:"findings"`
}

type findingJSON struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Seq  int64  `json:"seq,omitempty"`
	Text string `json:"text"`
}

// verifyAudit checks the chain of the audit log against itself, the journal's anchors and what was noted elsewhere.
func (e *env) verifyAudit(ctx context.Context, noted []warehouse.Anchor) (out auditJSON, err error) {
	out.Findings = []findingJSON{}
	if e.booksErr != nil {
		out.Findings = append(out.Findings, findingJSON{Text: e.booksErr.Error()})
	}
	if e.Audit == nil {
		return out, nil
	}
	anchors, err := e.W.Anchors(ctx)
	if err != nil {
		return out, err
	}
	r, err := e.Audit.Verify(ctx, append(anchors, noted...))
	if err != nil {
		return out, err
	}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, findingJSON{f.File, f.Line, f.Seq, f.Text})
	}
	out.OK, out.Lines = len(out.Findings) == 0, r.Lines
	if r.Lines > 0 {
		head := fmt.Sprintf("%d:%s", r.Head.Seq, r.Head.Hash)
		out.From, out.Head = &r.From, &head
	}
	return out, nil
}

func (a auditJSON) print(e *env) {
	if a.Head != nil {
		fmt.Fprintf(e.Stdout, "审计日志自 %s 起共 %d 条，末尾为 %s（请抄录保存，以后用 verify --head 核对）。\n", *a.From, a.Lines, *a.Head)
	}
	for _, f := range a.Findings {
		where := ""
		if f.File != "" {
			where = fmt.Sprintf("%s 第 %d 行：", f.File, f.Line)
		}
		fmt.Fprintf(e.Stdout, "审计日志：%s%s。\n", where, f.Text)
	}
}
