package source

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// readerName is what a process of this binary is called that reads one foreign file and ends. It is not a verb: no person
// calls it, and it must work in every binary that links this package, tests included.
const readerName = "gridstar-reader"

// What a reader may use. Measured: a workbook of 100,000 rows × 18 columns, shared strings and all, stays below half of
// the memory.
const (
	readerMemory = 1 << 30 // bytes of data, RLIMIT_DATA
	readerFiles  = 32      // open descriptors
)

// request is what a reader is asked, as JSON behind its length (four bytes, little-endian) on its standard input. The file
// is descriptor 3.
type request struct {
	Task    string // open, tables or unpack
	Name    string
	Size    int64
	Options Options
}

// tasks are what a reader can be asked.
var tasks = map[string]func(a *answer, f *meter, req request, opt Options) error{
	taskOpen:   (*answer).open,
	taskTables: (*answer).tables,
	taskUnpack: (*answer).unpack,
}

const (
	taskOpen   = "open"
	taskTables = "tables"
	taskUnpack = "unpack"
)

// init takes over where the process is a reader. Everything a reader needs of this package is initialised by then.
func init() {
	if len(os.Args) == 1 && os.Args[0] == readerName {
		os.Exit(readerMain(os.Stdin, os.Stdout))
	}
}

// readerMain does what the request on stdin asks and answers in frames on stdout. When stdin ends, the process that
// asked is gone or wants no more.
func readerMain(stdin io.Reader, stdout io.Writer) int {
	var length [4]byte
	if _, err := io.ReadFull(stdin, length[:]); err != nil {
		return 2
	}
	text := make([]byte, min(binary.LittleEndian.Uint32(length[:]), 1<<20))
	if _, err := io.ReadFull(stdin, text); err != nil {
		return 2
	}
	var req request
	if err := json.Unmarshal(text, &req); err != nil {
		fmt.Fprintln(os.Stderr, "fatal error: bad request")
		return 2
	}
	if err := confine(req.Options.Limits.withDefaults().work(req.Size)); err != nil {
		fmt.Fprintln(os.Stderr, "fatal error: cannot be confined:", err)
		return 2
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		os.Exit(3)
	}()
	file := os.NewFile(3, "file")
	a := &answer{out: &frameWriter{w: stdout}}
	if err := a.serve(file, req); err != nil { // nobody listens any more
		return 1
	}
	return 0
}

// confine gives up whatever reading a file does not need.
func confine(work time.Duration) error {
	debug.SetMemoryLimit(readerMemory / 4 * 3)
	debug.SetTraceback("single")
	for resource, limit := range map[int]uint64{
		unix.RLIMIT_CORE:   0,
		unix.RLIMIT_FSIZE:  0, // pipes are no files
		unix.RLIMIT_NOFILE: readerFiles,
		unix.RLIMIT_DATA:   readerMemory,
		unix.RLIMIT_CPU:    uint64(work/time.Second) + 1, // of all threads together
	} {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
			return fmt.Errorf("limit %d: %w", resource, err)
		}
	}
	return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}

// answer is the reader's side of the pipe.
type answer struct {
	mu   sync.Mutex
	out  *frameWriter
	told int64 // bytes of the file that the parent knows of
}

// errGone is that the pipe broke.
var errGone = errors.New("source: nobody reads the answer")

func (a *answer) send(fill func(w *frameWriter) error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := fill(a.out); err != nil {
		return errors.Join(errGone, err)
	}
	return nil
}

// serve answers one request. What is wrong with the file goes to the parent as a sentence, a panic of whatever reads it
// included; the error is that the parent cannot be told.
func (a *answer) serve(f *os.File, req request) error {
	err := func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				fmt.Fprintf(os.Stderr, "panic: %s\n%s", panicText(p), debug.Stack())
				err = unusable(req.Name, nil)
			}
		}()
		meter := newMeter(f, req.Size)
		meter.note = a.progress
		opt := req.Options.withDefaults()
		opt.BatchRows = min(opt.BatchRows, maxFrameRows/2)
		task, ok := tasks[req.Task]
		if !ok {
			return unusable(req.Name, fmt.Errorf("source: unknown task %q", req.Task))
		}
		return task(a, meter, req, opt)
	}()
	if err == nil || errors.Is(err, errGone) {
		return err
	}
	var refused *Error
	if !errors.As(err, &refused) {
		refused = unusable(req.Name, err)
	}
	return a.send(func(w *frameWriter) error { return w.send(putError(w.begin(frameError), refused)) })
}

// panicText is what a log may say of a panic: its kind, and of the run-time's own also the text, which holds no data.
func panicText(p any) string {
	var re interface{ RuntimeError() }
	if err, ok := p.(error); ok && errors.As(err, &re) {
		return err.Error()
	}
	return fmt.Sprintf("%T", p)
}

func (a *answer) open(f *meter, req request, opt Options) error {
	s, err := openForeign(f, req.Size, req.Name, opt)
	if err != nil {
		return err
	}
	defer s.Close()
	o := opening{s.Format(), s.Header(), s.Encoding(), s.Serial1904()}
	err = a.send(func(w *frameWriter) error { return w.send(o.put(w.begin(frameHead))) })
	for err == nil {
		var b *Batch
		if b, err = s.Next(); err == nil {
			err = a.send(func(w *frameWriter) error { return w.sendBatch(b, f.Read()) })
		}
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	c := closing{s.Encoding(), s.Damaged(), s.NULs(), s.Mixed(), s.Notes()}
	return a.send(func(w *frameWriter) error { return w.send(c.put(w.begin(frameEnd))) })
}

func (a *answer) tables(f *meter, req request, opt Options) error {
	tables, err := foreignTables(f, req.Size, req.Name, opt)
	if err != nil {
		return err
	}
	return a.send(func(w *frameWriter) error { return w.send(putTables(w.begin(frameTables), tables)) })
}

// progress tells the parent that reading goes on. It is called from whatever goroutine reads.
func (a *answer) progress(read int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if read-a.told >= 256<<10 {
		a.told = read
		_ = a.out.send(putUint(a.out.begin(frameProgress), uint64(read))) // a broken pipe shows at the next batch
	}
}

// unpack sends the files inside a packed one.
func (a *answer) unpack(f *meter, req request, opt Options) error {
	buf := make([]byte, 256<<10)
	packed, err := unpackTo(f, req.Size, req.Name, opt.Limits, func(name string, r io.Reader) error {
		if err := a.send(func(w *frameWriter) error { return w.send(putText(w.begin(framePart), name)) }); err != nil {
			return err
		}
		for {
			n, err := r.Read(buf)
			if n > 0 {
				if err := a.send(func(w *frameWriter) error { return w.send(append(w.begin(frameData), buf[:n]...)) }); err != nil {
					return err
				}
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	})
	if err != nil {
		return err
	}
	last := byte(frameDone)
	if !packed {
		last = frameWhole
	}
	return a.send(func(w *frameWriter) error { return w.send(w.begin(last)) })
}
