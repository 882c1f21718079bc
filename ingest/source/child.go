package source

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// child is a reader process as its parent sees it. What it sends is checked like any other input.
type child struct {
	name     string
	cmd      *exec.Cmd
	ask      *os.File // its standard input; closed, it ends
	out      *os.File // its standard output
	frames   frameReader
	stderr   tail
	wait     time.Duration // for one frame
	patience time.Duration // what is left for all
	ctx      context.Context
	stop     func() bool // ends the watch over ctx
	end      sync.Once
	exit     error
}

// startReader starts a process that reads f. Only the file and the pipes are handed on: no environment but the search path
// of shared libraries, no folder, no arguments (the file's name is not everybody's to see).
func startReader(ctx context.Context, f *os.File, req request) (*child, error) {
	lim := req.Options.Limits
	c := &child{name: req.Name, ctx: ctx, wait: time.Duration(lim.Seconds) * time.Second, patience: lim.patience(req.Size)}
	in, ask, err := os.Pipe()
	if err != nil {
		return nil, c.cannotStart(err)
	}
	out, answers, err := os.Pipe()
	if err != nil {
		in.Close()
		ask.Close()
		return nil, c.cannotStart(err)
	}
	c.ask, c.out, c.frames.r = ask, out, out
	enlarge(out)
	c.cmd = &exec.Cmd{
		// The binary that runs, even where an upgrade has put another in its place or removed it.
		Path: "/proc/self/exe", Args: []string{readerName}, Dir: "/", Env: []string{},
		Stdin: in, Stdout: answers, Stderr: &c.stderr, ExtraFiles: []*os.File{f},
		WaitDelay:   time.Second,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true}, // Ctrl-C is for us to answer
	}
	if path, ok := os.LookupEnv("LD_LIBRARY_PATH"); ok {
		c.cmd.Env = append(c.cmd.Env, "LD_LIBRARY_PATH="+path)
	}
	err = c.cmd.Start()
	in.Close()
	answers.Close()
	if err != nil {
		ask.Close()
		out.Close()
		return nil, c.cannotStart(err)
	}
	c.stop = context.AfterFunc(ctx, func() { _ = c.cmd.Process.Kill() })
	text, err := json.Marshal(req)
	if err == nil {
		_, err = ask.Write(append(binary.LittleEndian.AppendUint32(nil, uint32(len(text))), text...))
	}
	if err != nil && !errors.Is(err, unix.EPIPE) { // a reader that is gone already has said why
		c.close()
		return nil, c.cannotStart(err)
	}
	return c, nil
}

// enlarge makes room in a pipe: fewer switches between the two processes. Where it is refused, reading is slower.
// It does not use Fd, which would make the deadlines on out void.
func enlarge(out *os.File) {
	if raw, err := out.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, frameTarget) })
	}
}

func (c *child) cannotStart(err error) error {
	return &Error{Name: c.name, Text: "文件“" + c.name + "”暂时无法读取，系统资源不足，请稍后重试。", Err: errors.Join(ErrUnreadable, err)}
}

// next waits for the next frame. Progress frames are used up; read is told of them. The errors are the user's.
func (c *child) next(read func(int64)) (kind byte, body []byte, err error) {
	for {
		began := time.Now()
		wait := min(c.wait, c.patience)
		if err := c.out.SetReadDeadline(began.Add(wait)); err != nil {
			return 0, nil, c.died(err)
		}
		kind, body, err = c.frames.next()
		c.patience -= time.Since(began)
		switch {
		case err != nil:
			return 0, nil, c.died(err)
		case kind == frameProgress:
			p := payload{b: body}
			if n := p.number(1 << 62); p.end() == nil {
				read(int64(n))
				continue
			}
			return 0, nil, c.died(errFrame)
		case kind == frameError:
			refused, err := takeError(body, c.name)
			if err != nil {
				return 0, nil, c.died(err)
			}
			c.finish(false)
			if why := c.stderr.cause(); why != "" { // it panicked, and could still say so
				refused.Err = errors.Join(refused.Err, errors.New(why))
			}
			return 0, nil, refused
		}
		return kind, body, nil
	}
}

// died ends a reader that broke off, took too long or talks nonsense, and says so in a sentence.
func (c *child) died(err error) error {
	late := errors.Is(err, os.ErrDeadlineExceeded)
	gone := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) // it has ended, or is about to
	c.finish(!gone)
	if cause := context.Cause(c.ctx); cause != nil {
		return cause
	}
	why := c.stderr.cause()
	err = errors.Join(ErrUnreadable, err, c.exit)
	if why != "" {
		err = errors.Join(err, errors.New(why))
	}
	var status *exec.ExitError
	killed := gone && errors.As(c.exit, &status) && !status.Exited() // by its limit on CPU time, or by the system
	switch {
	case late || killed && why == "":
		return &Error{Name: c.name, Err: errors.Join(ErrLimit, err), Text: "文件“" + c.name + "”在限定时间内没有读完，可能已损坏或内容异常，请用 Excel 或 WPS 打开后另存，或拆分后再导入；" +
			"确需放宽时由管理员调整 config.toml 中 [limits] 的 seconds。"}
	case strings.Contains(why, "out of memory") || strings.Contains(why, "cannot allocate") || strings.Contains(why, "thread"):
		return &Error{Name: c.name, Err: errors.Join(ErrLimit, err), Text: "文件“" + c.name + "”展开后占用的内存过多，未处理，请拆分后分次导入，或从原系统导出为 CSV 再导入。"}
	}
	return unusable(c.name, err)
}

// unusable is a file that its own reader could not make sense of.
func unusable(name string, err error) *Error {
	return &Error{Name: name, Text: "文件“" + name + "”已损坏或内容异常，无法读取，请重新导出，或打开后另存为“CSV UTF-8（逗号分隔）”再导入。", Err: errors.Join(ErrUnreadable, err)}
}

// close ends the process, if it has not ended, and waits for it: no zombie is left behind.
func (c *child) close() { c.finish(true) }

func (c *child) finish(kill bool) {
	c.end.Do(func() {
		c.stop()
		c.ask.Close()
		if kill {
			_ = c.cmd.Process.Kill()
		} else { // it says that it ends by itself: it may have a second for that
			defer time.AfterFunc(time.Second, func() { _ = c.cmd.Process.Kill() }).Stop()
		}
		c.out.Close()
		c.exit = c.cmd.Wait()
	})
}

// tail keeps the first bytes of what a reader says on its standard error, for the log.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(p[:min(len(p), max(0, 16<<10-t.buf.Len()))])
	return len(p), nil
}

// cause returns the line that says why the run-time ended, "" if none does. What an unrecovered panic carried may hold
// a cell's text: of it only the place is kept.
func (t *tail) cause() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	panicked := false
	for line := range strings.Lines(t.buf.String()) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "fatal error: "), strings.HasPrefix(line, "runtime: "), strings.HasPrefix(line, "runtime/cgo: "),
			strings.HasPrefix(line, "panic: runtime error: "):
			return line
		case strings.HasPrefix(line, "panic: "):
			panicked = true
		case panicked && strings.Contains(line, ".go:") && !strings.Contains(line, "/runtime/") && !strings.Contains(line, "/reader.go:"):
			place, _, _ := strings.Cut(line[strings.LastIndexByte(line, '/')+1:], " ")
			return "panic in " + place
		}
	}
	if panicked {
		return "panic"
	}
	return ""
}

// openChild opens a table in a reader process.
func openChild(f *os.File, size int64, name string, opt Options) (Source, error) {
	c, err := startReader(opt.Context, f, request{Task: taskOpen, Name: name, Size: size, Options: opt})
	if err != nil {
		return nil, err
	}
	s := &remote{child: c, read: opt.Read}
	kind, body, err := c.next(s.note)
	if err == nil && kind != frameHead {
		err = c.died(fmt.Errorf("%w: %q", errFrame, kind))
	}
	if err == nil {
		if s.opening, err = takeOpening(body); err != nil {
			err = c.died(err)
		}
	}
	if err != nil {
		c.close()
		return nil, err
	}
	s.closing.encoding = s.opening.encoding
	return s, nil
}

// remote is a Source in another process.
type remote struct {
	child   *child
	opening opening
	closing closing
	batches batchReader
	read    *atomic.Int64 // as Options.Read
	done    bool
}

func (r *remote) Format() string   { return r.opening.format }
func (r *remote) Header() []string { return r.opening.header }
func (r *remote) Encoding() string { return r.closing.encoding }
func (r *remote) Damaged() int64   { return r.closing.damaged }
func (r *remote) NULs() int64      { return r.closing.nuls }
func (r *remote) Mixed() bool      { return r.closing.mixed }
func (r *remote) Serial1904() bool { return r.opening.serial1904 }
func (r *remote) Notes() []string  { return r.closing.notes }

func (r *remote) note(n int64) {
	if r.read != nil {
		r.read.Store(n)
	}
}

func (r *remote) Next() (*Batch, error) {
	if r.done {
		return nil, io.EOF
	}
	kind, body, err := r.child.next(r.note)
	if err != nil {
		return nil, err
	}
	switch kind {
	case frameBatch:
		b, read, err := r.batches.take(body)
		if err != nil {
			return nil, r.child.died(err)
		}
		r.note(read)
		return b, nil
	case frameEnd:
		if r.closing, err = takeClosing(body); err != nil {
			return nil, r.child.died(err)
		}
		r.done = true
		return nil, io.EOF
	}
	return nil, r.child.died(fmt.Errorf("%w: %q", errFrame, kind))
}

func (r *remote) Close() error {
	r.child.close()
	return nil
}

// childTables lists tables in a reader process.
func childTables(f *os.File, size int64, name string, opt Options) ([]Table, error) {
	c, err := startReader(opt.Context, f, request{Task: taskTables, Name: name, Size: size, Options: opt})
	if err != nil {
		return nil, err
	}
	defer c.close()
	kind, body, err := c.next(func(int64) {})
	if err != nil {
		return nil, err
	}
	if kind != frameTables {
		return nil, c.died(fmt.Errorf("%w: %q", errFrame, kind))
	}
	tables, err := takeTables(body)
	if err != nil {
		return nil, c.died(err)
	}
	return tables, nil
}
