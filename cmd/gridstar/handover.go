package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// One process owns a data directory. A verb that finds it owned hands itself over: argv, working directory,
// stdio and one descriptor per named file go through D/server.sock (SCM_RIGHTS), the owner runs the verb with
// them and sends the exit code back. Nothing is handed over by path except the directory itself, so the verb
// sees the caller's files with the caller's rights; Ctrl-C, or the caller's death, cancels it.
//
// Wire: caller → owner: length-prefixed JSON request, then one byte with up to fdBatch descriptors at a time;
// owner → caller: 'A' once it has taken the verb, 'X' and the exit code at its end; caller → owner: 'C' to cancel.

// patience is how long a verb waits for an owner that holds the lock but does not answer.
const patience = 10 * time.Second

const fdBatch = 64

type request struct {
	Args   []string `json:"args"`
	Dir    string   `json:"dir"` // the caller's working directory
	Files  []string `json:"files"`
	Output string   `json:"output,omitempty"`

	uid int // of the caller, as the kernel says
}

// holder is what the owner writes into D/lock, for messages only: the flock is what counts.
type holder struct {
	PID  int    `json:"pid"`
	Verb string `json:"verb"`
}

// ownOrHandOver runs the verb here if this process gets the directory, else in the process that has it.
func ownOrHandOver(ctx context.Context, dir string, need use, args []string, v verb, e *env) int {
	deadline := time.Now().Add(patience)
	for {
		lease, err := warehouse.Acquire(warehouse.Dir(dir))
		if err == nil {
			defer lease.Release()
			return own(ctx, lease, need, v, e)
		}
		if !errors.Is(err, warehouse.ErrLocked) {
			return e.exit(err)
		}
		if need == useServe {
			if h := readHolder(dir); h.Verb == "serve" {
				return e.exit(fmt.Errorf("数据目录“%s”已有格星服务在运行（进程 %d），同一目录只能运行一个服务", dir, h.PID))
			}
		} else if code, taken := handOver(ctx, dir, args, e); taken {
			return code
		}
		if ctx.Err() != nil {
			return e.exit(ctx.Err())
		}
		if time.Now().After(deadline) {
			return e.exit(fmt.Errorf("数据目录“%s”正被进程 %d 占用且没有响应，请稍后重试", dir, readHolder(dir).PID))
		}
		time.Sleep(20 * time.Millisecond) // the lock has no event to wait for
	}
}

// owned says whether some process holds the directory: then its files may be about to appear.
func owned(dir string) bool {
	_, err := os.Stat(warehouse.Dir(dir).Socket())
	return err == nil
}

func readHolder(dir string) (h holder) {
	b, err := os.ReadFile(warehouse.Dir(dir).Lock())
	if err == nil {
		json.Unmarshal(b, &h) // a torn line leaves the zero holder: only messages depend on it
	}
	return h
}

func writeHolder(dir warehouse.Dir, h holder) error {
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return os.WriteFile(dir.Lock(), b, 0o600) // in place: a rename would replace the locked file
}

// own opens the warehouse, runs the verb and those handed over meanwhile, and ends when all are done.
func own(ctx context.Context, lease *warehouse.Lease, need use, v verb, e *env) int {
	name := "verb"
	if need == useServe {
		name = "serve"
	}
	if err := writeHolder(lease.Dir(), holder{PID: os.Getpid(), Verb: name}); err != nil {
		return e.exit(fmt.Errorf("无法写入数据目录“%s”：%w", lease.Dir(), err))
	}
	dead := make(chan struct{})
	var once sync.Once
	hctx := ctx
	if need != useServe {
		hctx = context.WithoutCancel(ctx) // Ctrl-C ends this verb, not those of others
	}
	h, err := openHandover(hctx, lease, func(error) { once.Do(func() { close(dead) }) })
	if err != nil {
		return e.exit(err)
	}
	h.lend(e)
	for _, lost := range h.w.Lost() {
		fmt.Fprintf(e.Stderr, "注意：作业 %d（%s %s，%s）已确认写入但在数据库中缺失，请从备份恢复或重新执行；确认后可运行 verify --accept-loss。\n", lost.Job, lost.Verb, lost.File, lost.At)
	}
	vctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-dead: // no sound engine any more: the service manager starts us again
			cancel()
		case <-vctx.Done():
		}
	}()
	code := runVerb(vctx, v, e)
	if err := h.close(); err != nil {
		return e.exit(err)
	}
	select {
	case <-dead:
		return exitRestart
	default:
		return code
	}
}

// handover is the owner's side.
type handover struct {
	w        *warehouse.Warehouse
	catalog  *catalog.Catalog
	units    *units.Cache
	books    books
	lease    *warehouse.Lease
	listener *net.UnixListener
	ctx      context.Context
	verbs    sync.WaitGroup
}

func openHandover(ctx context.Context, lease *warehouse.Lease, onDead func(error)) (*handover, error) {
	cat, err := catalog.Load(os.DirFS(string(lease.Dir())))
	if err != nil {
		return nil, err
	}
	now := func() time.Time { return cat.Site.Naive(time.Now()) }
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: logLevel()}))
	w, err := warehouse.Open(ctx, lease, warehouse.Options{Now: now, OnDead: onDead, Log: log})
	if err != nil {
		return nil, err
	}
	h := &handover{w: w, catalog: cat, units: &units.Cache{SnapM: cat.Map.SnapM}, books: openBooks(w, cat, now, log), lease: lease, ctx: ctx}
	w.OnPublish(units.KeepTree)
	if h.listener, err = listen(lease.Dir()); err != nil {
		h.books.close(ctx, w)
		w.Close()
		return nil, fmt.Errorf("无法在数据目录中建立套接字：%w", err)
	}
	go h.accept()
	return h, nil
}

// logLevel keeps operators' lines off a user's terminal: what a user must know is said in sentences.
func logLevel() slog.Level {
	if os.Getenv("GRIDSTAR_LOG") == "debug" {
		return slog.LevelDebug
	}
	return slog.LevelError + 4
}

// lend gives a verb what the owner has open.
func (h *handover) lend(e *env) { e.W, e.Catalog, e.Units, e.books = h.w, h.catalog, h.units, h.books }

// close stops taking verbs, waits for those under way and closes the accounts, the audit log and the warehouse.
func (h *handover) close() error {
	h.listener.Close()
	h.verbs.Wait()
	h.books.close(context.WithoutCancel(h.ctx), h.w)
	return h.w.Close()
}

// socketPath reaches D/server.sock through the folder's descriptor: a socket's path may have 107 bytes only.
func socketPath(folder *os.File) string {
	return fmt.Sprintf("/proc/self/fd/%d/server.sock", folder.Fd())
}

func listen(dir warehouse.Dir) (*net.UnixListener, error) {
	folder, err := os.Open(string(dir))
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	if err := os.Remove(dir.Socket()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err // left behind by an owner that was killed
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socketPath(folder), Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // its name belongs to the folder's descriptor, which is closed by then
	return l, os.Chmod(dir.Socket(), 0o600)
}

func (h *handover) accept() {
	for {
		c, err := h.listener.AcceptUnix()
		if err != nil {
			return // closed
		}
		h.verbs.Add(1)
		go func() {
			defer h.verbs.Done()
			defer c.Close()
			h.serve(c)
		}()
	}
}

// serve runs one handed-over verb.
func (h *handover) serve(c *net.UnixConn) {
	c.SetReadDeadline(time.Now().Add(patience))
	req, files, err := receive(c)
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	if err != nil {
		slog.Debug("hand-over refused", "error", err.Error())
		return
	}
	c.SetReadDeadline(time.Time{})
	e := &env{Stdin: files[0], Stdout: files[1], Stderr: files[2], uid: req.uid, files: map[string]*os.File{}}
	for i, name := range req.Files {
		e.files[name] = files[3+i]
	}
	if req.Output != "" {
		e.out, e.outTo = files[len(files)-1], req.Output
	}
	h.lend(e)
	if _, err := c.Write([]byte{'A'}); err != nil {
		return
	}
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	go func() { // 'C', or the caller's end
		c.Read(make([]byte, 1))
		cancel()
	}()
	_, v, code := parse(req.Args, e.Stdout, e.Stderr)
	if v != nil {
		code = runVerb(ctx, v, e)
	}
	c.Write([]byte{'X', byte(code)})
}

// handOver gives the verb to the directory's owner. taken is false where no owner took it: the caller tries
// again. Once the owner has taken it, its death is reported, never retried: what it did is not known.
func handOver(ctx context.Context, dir string, args []string, e *env) (code int, taken bool) {
	folder, err := os.Open(dir)
	if err != nil {
		return 0, false
	}
	defer folder.Close()
	c, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socketPath(folder), Net: "unix"})
	if err != nil {
		return 0, false
	}
	defer c.Close()
	if err := send(c, args, e); err != nil {
		return 0, false
	}
	reply := make([]byte, 1)
	if _, err := io.ReadFull(c, reply); err != nil || reply[0] != 'A' {
		return 0, false
	}
	stop := context.AfterFunc(ctx, func() { c.Write([]byte{'C'}) })
	defer stop()
	end := make([]byte, 2)
	if _, err := io.ReadFull(c, end); err != nil {
		return e.exit(errors.New("执行作业的进程中途退出，请用 jobs 查看该作业是否已入库；重新执行同一文件不会重复入库")), true
	}
	return int(end[1]), true
}

func send(c *net.UnixConn, args []string, e *env) error {
	wd, err := os.Getwd()
	if err != nil {
		return err
	}
	req := request{Args: args, Dir: wd}
	fds := []int{fd(e.Stdin), fd(e.Stdout), fd(e.Stderr)}
	for name, f := range e.files {
		req.Files = append(req.Files, name)
		fds = append(fds, int(f.Fd()))
	}
	if e.out != nil {
		req.Output = e.outTo
		fds = append(fds, int(e.out.Fd()))
	}
	b, err := json.Marshal(req)
	if err != nil {
		return err
	}
	if _, err := c.Write(binary.BigEndian.AppendUint32(nil, uint32(len(b)))); err != nil {
		return err
	}
	if _, err := c.Write(b); err != nil {
		return err
	}
	for batch := range slices.Chunk(fds, fdBatch) {
		if _, _, err := c.WriteMsgUnix([]byte{'F'}, unix.UnixRights(batch...), nil); err != nil {
			return err
		}
	}
	return nil
}

// fd is the descriptor of one of this process's own standard files.
func fd(f any) int { return int(f.(*os.File).Fd()) }

const maxRequest = 1 << 20

// receive reads a request and its descriptors; the first three are stdin, stdout and stderr.
func receive(c *net.UnixConn) (req request, files []*os.File, err error) {
	if req.uid, err = peerUID(c); err != nil {
		return req, nil, err
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(c, head); err != nil {
		return req, nil, err
	}
	n := binary.BigEndian.Uint32(head)
	if n > maxRequest {
		return req, nil, fmt.Errorf("request of %d bytes", n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(c, b); err != nil {
		return req, nil, err
	}
	if err := json.Unmarshal(b, &req); err != nil {
		return req, nil, err
	}
	want := 3 + len(req.Files)
	if req.Output != "" {
		want++
	}
	for len(files) < want {
		got, err := receiveFiles(c, min(fdBatch, want-len(files)))
		files = append(files, got...)
		if err != nil {
			return req, files, err
		}
	}
	return req, files, nil
}

func receiveFiles(c *net.UnixConn, n int) ([]*os.File, error) {
	mark, oob := make([]byte, 1), make([]byte, unix.CmsgSpace(4*n))
	_, oobn, _, _, err := c.ReadMsgUnix(mark, oob)
	if err != nil {
		return nil, err
	}
	msgs, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		return nil, err
	}
	var files []*os.File
	for i := range msgs {
		fds, err := unix.ParseUnixRights(&msgs[i])
		if err != nil {
			return files, err
		}
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			files = append(files, os.NewFile(uintptr(fd), "handed over"))
		}
	}
	if len(files) != n {
		return files, fmt.Errorf("%d descriptors instead of %d", len(files), n)
	}
	return files, nil
}

// peerUID says who hands a verb over, and admits only the directory's owner (the user we run as) and root.
func peerUID(c *net.UnixConn) (uid int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var credErr error
	if err := raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return 0, err
	}
	if credErr != nil {
		return 0, credErr
	}
	if cred.Uid != 0 && int(cred.Uid) != os.Getuid() {
		return 0, fmt.Errorf("peer uid %d", cred.Uid)
	}
	return int(cred.Uid), nil
}
