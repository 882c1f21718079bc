package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// dials says whether the directory's owner takes verbs.
func dials(dir string) bool {
	folder, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer folder.Close()
	c, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socketPath(folder), Net: "unix"})
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// serve starts a server on the product's directory and ends it with the test.
func (p product) serve() *exec.Cmd {
	p.t.Helper()
	c := p.command("serve", "--addr", "127.0.0.1:0")
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		c.Process.Signal(syscall.SIGTERM)
		if err := c.Wait(); err != nil {
			p.t.Errorf("serve: %v", err)
		}
	})
	waitFor(p.t, func() bool { return readHolder(p.dir).PID == c.Process.Pid && dials(p.dir) })
	return c
}

// A directory whose socket's path is far longer than the 107 bytes a socket address holds.
func TestHandOverInADeepDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("很深的目录", 12), strings.Repeat("d", 100))
	p := product{t, dir}
	p.serve()
	file, profile := ledger(t, t.TempDir(), "deep", 5)
	var r loaded
	p.must("ingest", file, "--profile", profile, "--json").into(t, &r)
	if r.Accepted != 5 {
		t.Errorf("%+v", r)
	}
}

// The caller's paths mean what they mean in the caller's working directory, not in the owner's.
func TestHandOverFromAnotherFolder(t *testing.T) {
	p := product{t, filepath.Join(t.TempDir(), "D")}
	p.serve()
	here := t.TempDir()
	ledger(t, here, "here", 5)
	c := p.command("ingest", "here.csv", "--profile", "plain.toml", "--json")
	c.Dir = here
	var r loaded
	finish(t, c).into(t, &r)
	if r.Accepted != 5 {
		t.Errorf("%+v", r)
	}
	c = p.command("rejects", "--out", "out.csv")
	c.Dir = here
	if o := finish(t, c); o.code != exitDone {
		t.Error(o.stderr)
	}
	if _, err := os.Stat(filepath.Join(here, "out.csv")); err != nil {
		t.Error(err)
	}
}

// Ctrl-C in the caller's terminal cancels the verb in the owner: it says so, and nothing of the file is there.
func TestInterruptCancelsAHandedOverVerb(t *testing.T) {
	p := product{t, filepath.Join(t.TempDir(), "D")}
	p.serve()
	file, profile := ledger(t, t.TempDir(), "long", 400_000)
	for delay := 300 * time.Millisecond; delay > 0; delay -= 50 * time.Millisecond {
		c := p.command("ingest", file, "--profile", profile)
		var stderr strings.Builder
		c.Stderr = &stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(delay) // into the middle of the load; if it was quicker, sooner next time
		c.Process.Signal(os.Interrupt)
		if c.Wait() == nil {
			p.must("undo", "1")
			continue
		}
		if code := c.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(stderr.String(), "已取消") {
			t.Errorf("exit %d: %s", code, &stderr)
		}
		var answer []struct{ Received int64 }
		p.must("query", "received", "--from", "2026-01-01", "--to", "2026-02-01", "--json").into(t, &answer)
		if answer[0].Received != 0 {
			t.Errorf("%d rows of a cancelled load", answer[0].Received)
		}
		return
	}
	t.Skip("this machine loads 400,000 rows before it can be interrupted")
}

// A verb that is handed over to a short-lived owner is finished before the owner ends, and ten at once all succeed.
func TestManyVerbsAtOnce(t *testing.T) {
	p := product{t, filepath.Join(t.TempDir(), "D")}
	files := t.TempDir()
	var cmds []*exec.Cmd
	for i := range 10 {
		file, profile := ledger(t, files, "m"+string(rune('a'+i)), 200)
		c := p.command("ingest", file, "--profile", profile, "--json")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		cmds = append(cmds, c)
	}
	for i, c := range cmds {
		if err := c.Wait(); err != nil {
			t.Errorf("verb %d: %v", i, err)
		}
	}
	var answer []struct{ Received int64 }
	p.must("query", "received", "--from", "2026-01-01", "--to", "2026-02-01", "--json").into(t, &answer)
	if answer[0].Received != 2000 {
		t.Errorf("%d rows, want 2,000", answer[0].Received)
	}
	p.must("verify")
}
