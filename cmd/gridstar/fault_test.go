package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Every one of the first writes and fsyncs of a load fails once, by itself (strace's fault injection): the load
// then says so, or succeeds in spite of it; the directory opens, verifies, holds the load whole or not at all, and
// takes the same file again.
func TestEverySyscallFailing(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	if out, err := exec.Command(strace, "-qq", "-o", os.DevNull, "-e", "trace=write", "true").CombinedOutput(); err != nil {
		t.Skipf("tracing is not allowed here: %s", out)
	}
	last := 12
	if soak() {
		last = 100
	}
	const rows = 300
	files := t.TempDir()
	first, profile := ledger(t, files, "first", rows)
	second, _ := ledger(t, files, "second", rows)
	for _, fault := range []struct{ call, error string }{
		{"fsync", "EIO"}, {"write", "ENOSPC"}, {"pwrite64", "EIO"}, {"pwrite64", "ENOSPC"}, {"fdatasync", "EIO"},
	} {
		t.Run(fault.call+" "+fault.error, func(t *testing.T) {
			for n := 1; n <= last; n++ {
				p := product{t, filepath.Join(t.TempDir(), "D")}
				if n%2 == 0 { // half of them on a directory that holds something already
					p.must("ingest", first, "--profile", profile, "--json")
				}
				hit := faultOnce(t, p, strace, fault.call, fault.error, n, second, profile, rows)
				if !hit {
					t.Logf("%s: %d calls in all", fault.call, n-1)
					break
				}
			}
		})
	}
}

// faultOnce loads a file while the n-th call fails, then checks the directory; hit is false when there was no
// n-th call.
func faultOnce(t *testing.T, p product, strace, call, errno string, n int, file, profile string, rows int64) (hit bool) {
	t.Helper()
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := p.command("ingest", file, "--profile", profile, "--json")
	cmd.Args = append([]string{strace, "-f", "-qq", "-o", trace, "-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:error=%s:when=%d", call, errno, n), cmd.Path}, cmd.Args[1:]...)
	cmd.Path = strace
	o := finish(t, cmd)
	log, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	hit = strings.Contains(string(log), "(INJECTED)")
	acknowledged := o.code == exitDone
	if !acknowledged && o.stderr == "" {
		t.Errorf("%s %d: exit %d without a word", call, n, o.code)
	}
	if v := p.run("verify"); v.code != exitDone && (acknowledged || !strings.Contains(v.stderr, "不存在")) {
		t.Errorf("%s %d (exit %d): verify says %s%s", call, n, o.code, v.stdout, v.stderr)
	}
	var r loaded
	p.must("ingest", file, "--profile", profile, "--json").into(t, &r)
	switch {
	case r.Unchanged == rows && r.Accepted == 0: // it was there whole
	case r.Accepted == rows && r.Unchanged == 0 && !acknowledged: // it was not there at all
	default:
		t.Errorf("%s %d (exit %d): loading again gives %+v\n%s", call, n, o.code, r, o.stderr)
	}
	p.must("verify")
	return hit
}
