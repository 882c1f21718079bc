package source

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Readers that misbehave. The test binary is its own reader, so they stand in the table of tasks before init looks there.
var _ = func() bool {
	tasks["hang"] = func(a *answer, f *meter, req request, opt Options) error {
		select {}
	}
	tasks["spin"] = func(a *answer, f *meter, req request, opt Options) error {
		for i := 0; ; i++ {
			if i < 0 {
				return nil
			}
		}
	}
	tasks["panic"] = func(a *answer, f *meter, req request, opt Options) error { panic("张三 13800000000") }
	tasks["panic elsewhere"] = func(a *answer, f *meter, req request, opt Options) error {
		done := make(chan bool)
		go func() {
			defer close(done)
			panic("张三 13800000000")
		}()
		<-done
		select {}
	}
	tasks["eat memory"] = func(a *answer, f *meter, req request, opt Options) error {
		var held [][]byte
		for {
			b := make([]byte, 16<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			held = append(held, b)
			if len(held) == 1<<20 {
				return nil
			}
		}
	}
	tasks["leave"] = func(a *answer, f *meter, req request, opt Options) error {
		os.Exit(0)
		return nil
	}
	tasks["babble"] = func(a *answer, f *meter, req request, opt Options) error {
		_, err := a.out.w.Write([]byte("what is this? no frame at all"))
		return err
	}
	tasks["write a file"] = func(a *answer, f *meter, req request, opt Options) error {
		out, err := os.CreateTemp("/tmp", "")
		if err == nil {
			defer os.Remove(out.Name())
			_, err = out.Write(make([]byte, 1))
		}
		if err == nil {
			return refuse(req.Name, ErrBinary, "写出了文件。")
		}
		return refuse(req.Name, ErrEmpty, "不能写文件。")
	}
	tasks["look around"] = func(a *answer, f *meter, req request, opt Options) error {
		dir, err := os.Getwd()
		if err != nil {
			return err
		}
		return refuse(req.Name, ErrEmpty, "%s|%s|%s|%d。", strings.Join(os.Args, " "), strings.Join(os.Environ(), " "), dir, unix.Getpgrp()-os.Getpid())
	}
	tasks["progress"] = func(a *answer, f *meter, req request, opt Options) error {
		buf := make([]byte, 64<<10)
		for off := int64(0); off < req.Size; off += int64(len(buf)) {
			if _, err := f.ReadAt(buf, off); err != nil && !errors.Is(err, io.EOF) {
				return err
			}
		}
		return refuse(req.Name, ErrEmpty, "读完。")
	}
	return true
}()

// ask runs one of the tasks above and returns what its parent makes of it.
func ask(t *testing.T, ctx context.Context, task string, lim Limits, size int64) error {
	t.Helper()
	f, _ := fileOf(t, make([]byte, size))
	c, err := startReader(ctx, f, request{Task: task, Name: "台账.xlsx", Size: size, Options: Options{Limits: lim.withDefaults()}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	var read atomic.Int64
	kind, _, err := c.next(read.Store)
	if err == nil {
		t.Fatalf("frame %q", kind)
	}
	if task == "progress" && read.Load() < size-256<<10 {
		t.Errorf("%d of %d bytes reported", read.Load(), size)
	}
	c.close()
	if _, err := os.Stat(fmt.Sprintf("/proc/%d", c.cmd.Process.Pid)); err == nil {
		t.Error("the process is still there")
	}
	return err
}

func TestReadersThatMisbehave(t *testing.T) {
	for _, c := range []struct {
		task string
		is   error
		text string
	}{
		{"hang", ErrLimit, "在限定时间内没有读完，"},
		{"spin", ErrLimit, "在限定时间内没有读完，"},
		{"eat memory", ErrLimit, "展开后占用的内存过多，"},
		{"panic", ErrUnreadable, "已损坏或内容异常，"},
		{"panic elsewhere", ErrUnreadable, "已损坏或内容异常，"},
		{"leave", ErrUnreadable, "已损坏或内容异常，"},
		{"babble", ErrUnreadable, "已损坏或内容异常，"},
		{"no such task", ErrUnreadable, "已损坏或内容异常，"},
		{"write a file", ErrEmpty, "不能写文件。"},
	} {
		t.Run(c.task, func(t *testing.T) {
			lim := Limits{Seconds: 1}
			if c.task == "eat memory" {
				lim.Seconds = 30
			}
			err := ask(t, context.Background(), c.task, lim, 4)
			var e *Error
			if !errors.As(err, &e) || !errors.Is(err, c.is) {
				t.Fatalf("%v", err)
			}
			if !strings.HasPrefix(e.Text, "文件“台账.xlsx”"+c.text) || !strings.HasSuffix(e.Text, "。") {
				t.Error(e.Text)
			}
			if all := fmt.Sprint(e.Err); strings.Contains(all, "张三") || strings.Contains(all, "1380") {
				t.Errorf("the log would say: %s", all)
			}
			if strings.HasPrefix(c.task, "panic") && !strings.Contains(fmt.Sprint(e.Err), "panic in child_test.go:") {
				t.Errorf("the log would not say where: %v", e.Err)
			}
		})
	}
}

func TestReaderIsHandedNothingElse(t *testing.T) {
	t.Setenv("GRIDSTAR_SECRET", "x")
	t.Setenv("LD_LIBRARY_PATH", "/nowhere")
	err := ask(t, context.Background(), "look around", Limits{}, 4)
	if want := "文件“台账.xlsx”gridstar-reader|LD_LIBRARY_PATH=/nowhere|/|0。"; err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

func TestReaderReportsProgress(t *testing.T) {
	if err := ask(t, context.Background(), "progress", Limits{}, 3<<20); err.Error() != "文件“台账.xlsx”读完。" {
		t.Error(err)
	}
}

func TestReaderEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("stopped by hand")
	time.AfterFunc(50*time.Millisecond, func() { cancel(stop) })
	if err := ask(t, ctx, "hang", Limits{Seconds: 60}, 4); !errors.Is(err, stop) {
		t.Error(err)
	}
}

// Reading can be given up at any time, and leaves neither a process nor a descriptor.
func TestClosedEarly(t *testing.T) {
	data := writeParquet(t, numbered(1000, 3))
	f, size := fileOf(t, data)
	open := func() Source {
		s, err := Open(f, size, "x.parquet", Options{BatchRows: 10})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	open().Close() // what is opened once per process is open now
	before := descriptors(t)
	for i := range 3 {
		s := open()
		if i == 1 {
			if _, err := s.Next(); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Error(err)
		}
		pid := s.(*guarded).Source.(*remote).child.cmd.Process.Pid
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err == nil {
			t.Error("the process is still there")
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// A reader whose parent is killed ends, though nobody tells it to.
func TestReaderEndsWithItsParent(t *testing.T) {
	if os.Getenv("GRIDSTAR_TEST_PARENT") != "" {
		f, size := fileOf(t, []byte("PAR1"))
		c, err := startReader(context.Background(), f, request{Task: "hang", Name: "x", Size: size, Options: Options{Limits: Limits{Seconds: 600}.withDefaults()}})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("reader %d\n", c.cmd.Process.Pid)
		_, _, err = c.next(func(int64) {})
		t.Fatalf("the reader ended by itself: %v", err)
	}
	parent := exec.Command("/proc/self/exe", "-test.run=^TestReaderEndsWithItsParent$")
	parent.Env = append(os.Environ(), "GRIDSTAR_TEST_PARENT=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { parent.Process.Kill(); parent.Wait() })
	pid := 0
	for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "reader "); ok {
			pid, _ = strconv.Atoi(text)
		}
	}
	if pid == 0 {
		t.Fatal("the parent started no reader")
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := parent.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(poll, 10_000)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n != 1 {
			_ = unix.Kill(pid, unix.SIGKILL)
			t.Fatalf("the reader is still there: %v", err)
		}
		return
	}
}
