package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"gridstar/analytics/access"
	"gridstar/analytics/warehouse"
	"gridstar/ingest/demo"
)

type demoVerb struct {
	NoServe bool    `help:"只生成并入库，不启动服务。"`
	Seed    *uint64 `help:"随机种子；同一种子与截止日期生成同样的文件。不写则为 1。" placeholder:"N"`
	Addr    string  `help:"监听地址，只能是本机地址。" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Until   string  `help:"数据截止到这一天之前，如 2026-01-01；不写则为今天。" placeholder:"DATE"`
}

func (v *demoVerb) use() use {
	if v.NoServe {
		return useWrite
	}
	return useServe
}

func (v *demoVerb) audited() (access.Event, string) { return access.Imported, "demo" }

// Run writes the files of the 示范区 and loads them by the ordinary verbs, then prints the first numbers.
func (v *demoVerb) Run(ctx context.Context, e *env) error {
	start := time.Now()
	var listener net.Listener
	if !v.NoServe { // a port that is taken should be said before the work, not after it
		l, err := takeAddress(v.Addr)
		if err != nil {
			return err
		}
		defer l.Close()
		if !loopback(l) {
			return fmt.Errorf("示范区免口令进入，只供本机查看，不能监听“%s”；请用 127.0.0.1，或加 --no-serve 后用 serve 设立账号", v.Addr)
		}
		listener = l
	}
	d, err := v.choose(ctx, e)
	if err != nil {
		return err
	}
	dir := e.W.Dir().Demo()
	m, err := demo.Write(ctx, dir, demo.Options{Seed: d.Seed, Until: d.until})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stderr, "已生成 %d 个文件：%s。\n", len(m.Files), dir)
	for i, f := range m.Files {
		e.status("正在载入 %d/%d：%s", i+1, len(m.Files), filepath.Base(f.Path))
		if err := e.runStep(ctx, f.Args(dir)); err != nil {
			return err
		}
	}
	e.status("")
	flawed, rows := 0, 0
	for _, f := range m.Files {
		flawed += f.Rejected()
		if f.Ledger != "" {
			rows += f.Rows
		}
	}
	whistles, patrols := m.Rows("吹哨报到台账"), m.Rows("网格日巡查记录表")
	fmt.Fprintf(e.Stdout, "示范区已就绪：%d 个街道、%d 个社区、%d 个网格，%d 户；居民诉求台账 %d 行，微心愿台账 %d 行，吹哨报到台账 %d 行，网格日巡查记录表 %d 行，其他台账 %d 行，其中 %d 行有意写错、已被退回（见 rejects）。用时 %.1f 秒。\n",
		m.Streets, m.Communities, m.Grids, m.Households, m.Matters, m.Wishes, whistles, patrols, rows-m.Matters-m.Wishes-whistles-patrols, flawed, time.Since(start).Seconds())
	if err := v.firstNumbers(ctx, e, m); err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "继续查看：gridstar --dir %s query received on_time_rate --by org:community --from %s --to %s\n",
		e.W.Dir(), m.From.Format(time.DateOnly), m.Until.Format(time.DateOnly))
	if v.NoServe {
		return nil
	}
	account, err := e.demoAccount()
	if err != nil {
		return err
	}
	return e.serve(ctx, site{listener: listener, base: here(listener, v.Addr, "http"), visitor: account})
}

// demoName is the account that the demo signs in as.
const demoName = "demo"

// demoAccount makes sure that somebody can look at the demo: an account that sees and manages all of it. Where other
// accounts were opened instead, people sign in with theirs: "".
func (e *env) demoAccount() (string, error) {
	store, err := e.accounts()
	if err != nil {
		return "", err
	}
	switch a, ok := store.Account(demoName); {
	case ok && !a.Disabled:
		return demoName, nil
	case len(store.Accounts()) > 0:
		return "", nil
	}
	return demoName, store.Add(e.actor(), access.NewAccount{Name: demoName, Display: "演示", Grants: []access.Grant{
		{Role: access.DistrictLeader, Petitions: true, Care: true}, {Role: access.Administrator},
	}})
}

// drawn says which of the possible districts a directory holds; it is kept beside the district's files.
type drawn struct {
	Seed  uint64 `json:"seed"`
	Until string `json:"until"`
	until time.Time
}

// choose settles which district is meant. A directory that holds one keeps it, so that the demo can be run again on
// another day; a directory with other data, or another district, is refused: nothing synthetic may mix with it.
func (v *demoVerb) choose(ctx context.Context, e *env) (d drawn, err error) {
	dir := e.W.Dir().Demo()
	name := filepath.Join(dir, "demo.json")
	var held *drawn
	switch b, err := os.ReadFile(name); {
	case err == nil:
		held = &drawn{}
		if err := json.Unmarshal(b, held); err != nil {
			return d, fmt.Errorf("“%s”已损坏，请换一个数据目录（--dir）", name)
		}
		d = *held
	case !errors.Is(err, fs.ErrNotExist):
		return d, err
	default:
		d = drawn{Seed: 1, Until: e.now().Format(time.DateOnly)}
	}
	if v.Seed != nil {
		d.Seed = *v.Seed
	}
	if v.Until != "" {
		d.Until = v.Until
	}
	if d.until, err = time.Parse(time.DateOnly, d.Until); err != nil {
		return d, usagef("--until 应写成 2026-01-01 的样式，不能是“%s”", d.Until)
	}
	if held != nil {
		if held.Seed != d.Seed || held.Until != d.Until {
			return d, fmt.Errorf("数据目录“%s”已有另一份示范数据（种子 %d，截止 %s），请用 --dir 指定别的目录", e.W.Dir(), held.Seed, held.Until)
		}
		return d, nil
	}
	if e.W.Version() > 0 {
		return d, fmt.Errorf("数据目录“%s”已有其他数据，示范数据不能混入，请用 --dir 指定一个空目录", e.W.Dir())
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return d, fmt.Errorf("无法建立示范数据的文件夹：%w", err)
	}
	return d, warehouse.WriteFile(name, 0o600, func(w io.Writer) error { return json.NewEncoder(w).Encode(d) })
}

// firstNumbers answers the question a leader asks first: the last full year by street.
func (v *demoVerb) firstNumbers(ctx context.Context, e *env, m demo.Manifest) error {
	q := queryVerb{
		Metrics: []string{"received", "close_rate", "on_time_rate", "satisfaction_rate", "handle_hours_p50"},
		By:      []string{"org:street"}, From: m.Until.AddDate(-1, 0, 0).Format(time.DateOnly), To: m.Until.Format(time.DateOnly), Format: "table",
	}
	return q.Run(ctx, e)
}

// runStep runs one of the ordinary verbs inside this one. Its own report is not shown, its errors are; rows that
// were rejected on purpose are no error here. The audit log has the line of this verb.
func (e *env) runStep(ctx context.Context, args []string) error {
	_, v, _ := parse(args, io.Discard, e.Stderr)
	if v == nil {
		return fmt.Errorf("示范数据的命令不可执行：%v", args)
	}
	step := &env{Stdin: e.Stdin, Stdout: io.Discard, Stderr: e.Stderr, W: e.W, Catalog: e.Catalog, Units: e.Units, books: e.books, uid: e.uid, files: map[string]*os.File{}}
	defer step.closeFiles()
	if err := step.openFiles(v); err != nil {
		return err
	}
	if code := perform(ctx, v, step); code != exitDone && code != exitRejected {
		return errReported
	}
	return nil
}
