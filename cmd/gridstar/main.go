// Command gridstar is the one binary: verbs on the command line, each a file of this folder, and the hand-over
// that lets every verb run while another process owns the data directory.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	_ "time/tzdata" // the site's zone must be known on a machine without a zone database

	"github.com/alecthomas/kong"
	"golang.org/x/sys/unix"

	"gridstar/analytics/warehouse"
)

// Exit codes (DESIGN §5).
const (
	exitDone     = 0
	exitFailed   = 1 // failed or refused, nothing changed
	exitUsage    = 2
	exitRejected = 3 // done, but rows were rejected
	exitRestart  = 75
)

// cli is the whole command line.
type cli struct {
	Dir string `help:"数据目录。" default:"gridstar-data" env:"GRIDSTAR_DIR" placeholder:"D"`

	Demo      demoVerb      `cmd:"" help:"生成示范区的台账与网格，入库并打开服务。"`
	Serve     serveVerb     `cmd:"" help:"启动服务，代其他命令执行作业。"`
	Units     unitsVerb     `cmd:"" help:"单位树：载入、列出。"`
	Grids     gridsVerb     `cmd:"" help:"网格图层：载入、检查、导出。"`
	Context   contextVerb   `cmd:"" help:"地图的要素图层（道路、水系、建筑、设施）：载入、列出、去掉。"`
	Ingest    ingestVerb    `cmd:"" help:"台账入库，每张表一个作业。"`
	Zero      zeroVerb      `cmd:"" help:"零报告：某单位某期间没有要报的行。"`
	Rejects   rejectsVerb   `cmd:"" help:"列出未入库的行及原因。"`
	Jobs      jobsVerb      `cmd:"" help:"作业清单。"`
	Undo      undoVerb      `cmd:"" help:"撤销一个作业。"`
	Templates templatesVerb `cmd:"" help:"写出各种台账的空白 Excel 模板。"`
	Locate    locateVerb    `cmd:"" help:"为标准输入的经纬度（含 lon、lat 或经度、纬度两列的 CSV）找到所在单位。"`
	Points    pointsVerb    `cmd:"" help:"列出来源系统的默认坐标：查不到地址时填的坐标，不在地图点位中显示。"`
	Query     queryVerb     `cmd:"" help:"查询指标。"`
	Score     scoreVerb     `cmd:"" help:"五星评价得分。"`
	Rules     rulesVerb     `cmd:"" help:"五星评价规则：检查、示例。"`
	User      userVerb      `cmd:"" help:"账号与权限。"`
	Verify    verifyVerb    `cmd:"" help:"核对每个作业的校验值和审计日志。"`
	Version   versionVerb   `cmd:"" help:"版本信息。"`
}

// A verb runs once. Its error is one Chinese sentence for the user; errRejected and errUsage set the exit code.
type verb interface {
	Run(ctx context.Context, e *env) error
}

// use says what a verb does to the data directory.
type use int

const (
	useNone  use = iota // needs no directory
	useRead             // refuses a directory that does not exist
	useWrite            // creates it
	useServe            // writes, and keeps the directory until it is told to end
)

// A verb that touches the data directory says so.
type directoryVerb interface {
	use() use
}

// A verb that reads or writes files names them: the caller opens them and hands over descriptors, never paths.
type fileVerb interface {
	inputs() []string
	output() string
}

var (
	errRejected = errors.New("rows were rejected")          // the verb has said so itself
	errReported = errors.New("the verb has said so itself") // and failed
	errUsage    = errors.New("命令用法有误")
)

func usagef(format string, args ...any) error {
	return fmt.Errorf("%w：%s", errUsage, fmt.Sprintf(format, args...))
}

func main() {
	unix.Umask(0o077) // what we write is the owner's alone
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(start(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// start runs a command line in this process, or hands it over to the process that owns the data directory.
func start(ctx context.Context, args []string, stdin, stdout, stderr *os.File) int {
	c, v, code := parse(args, stdout, stderr)
	if v == nil {
		return code
	}
	e := &env{Stdin: stdin, Stdout: stdout, Stderr: stderr, dir: c.Dir, uid: os.Getuid(), files: map[string]*os.File{}}
	defer e.closeFiles()
	if err := e.openFiles(v); err != nil {
		return e.exit(err)
	}
	need := useNone
	if d, ok := v.(directoryVerb); ok {
		need = d.use()
	}
	if need == useNone {
		return e.exit(v.Run(ctx, e))
	}
	if c.Dir == "" {
		return e.exit(usagef("--dir（或 GRIDSTAR_DIR）是空的，请写明数据目录"))
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return e.exit(err)
	}
	if err := checkDir(dir, need); err != nil {
		return e.exit(err)
	}
	if err := e.askSecret(ctx, v); err != nil {
		return e.exit(err)
	}
	return e.settle(ownOrHandOver(ctx, dir, need, args, v, e))
}

// checkDir refuses what can be said before any lock is taken.
func checkDir(dir string, need use) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		return fmt.Errorf("“%s”不是目录，请用 --dir 指定数据目录", dir)
	case errors.Is(err, os.ErrNotExist) && need == useRead:
		return fmt.Errorf("数据目录“%s”不存在，还没有数据，请先载入单位或台账，或用 --dir 指定", dir)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("无法访问数据目录“%s”：%w", dir, err)
	case need == useRead:
		if _, err := os.Stat(warehouse.Dir(dir).Database()); errors.Is(err, os.ErrNotExist) && !owned(dir) {
			return fmt.Errorf("“%s”不是格星的数据目录，或其中还没有数据；请先载入单位或台账，或用 --dir 指定", dir)
		}
	}
	return nil
}

// parse reads a command line. v is nil where there is nothing to run: code is then the exit code.
func parse(args []string, stdout, stderr io.Writer) (c *cli, v verb, code int) {
	c = &cli{}
	exited := -1
	parser, err := kong.New(c,
		kong.Name("gridstar"),
		kong.Description("格星：把基层治理的台账与网格变成地图、看板、五星评价和报告。"),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: false}),
		kong.Help(chineseHelp),
	)
	if err != nil {
		panic(err) // the struct tags above are wrong
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if exited >= 0 { // --help
		return c, nil, exited
	}
	if err != nil {
		fmt.Fprintln(stderr, usageText(err))
		return c, nil, exitUsage
	}
	node := k.Selected()
	v, ok := node.Target.Addr().Interface().(verb)
	if !ok {
		panic("verb without Run: " + node.Name)
	}
	return c, v, exitDone
}
