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
	last, many := 12, 1
	if soak() {
		last, many = 100, 12 // so many files that there are a hundred calls to fail
	}
	const rows = 300
	files := t.TempDir()
	first, profile := ledger(t, files, "first", rows)
	var load []string
	for i := range many {
		file, _ := ledger(t, files, fmt.Sprintf("file%02d", i), rows)
		load = append(load, file)
	}
	for _, fault := range []struct{ call, error string }{
		{"fsync", "EIO"}, {"write", "ENOSPC"}, {"pwrite64", "EIO"}, {"pwrite64", "ENOSPC"}, {"fdatasync", "EIO"},
	} {
		t.Run(fault.call+" "+fault.error, func(t *testing.T) {
			for n := 1; n <= last; n++ {
				p := product{t, filepath.Join(t.TempDir(), "D")}
				if n%2 == 0 { // half of them on a directory that holds something already
					p.must("ingest", first, "--profile", profile, "--json")
				}
				if !faultOnce(t, p, strace, fault.call, fault.error, n, load, profile, rows) {
					t.Logf("%s: %d calls in all", fault.call, n-1)
					break
				}
			}
		})
	}
}

// injected gives the lines of a trace whose call was made to fail.
func injected(trace []byte) (lines []string) {
	for line := range strings.Lines(string(trace)) {
		if strings.Contains(line, "(INJECTED)") {
			lines = append(lines, line)
		}
	}
	return lines
}

// faultOnce loads files while the n-th call of each thread fails, then checks the directory; hit is false when there
// was no n-th call.
func faultOnce(t *testing.T, p product, strace, call, errno string, n int, files []string, profile string, rows int64) (hit bool) {
	t.Helper()
	trace := filepath.Join(t.TempDir(), "trace")
	args := append([]string{"ingest", "--profile", profile, "--json"}, files...)
	cmd := p.command(args...)
	cmd.Args = append([]string{strace, "-f", "-qq", "-o", trace, "-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:error=%s:when=%d", call, errno, n), cmd.Path}, cmd.Args[1:]...)
	cmd.Path = strace
	o := finish(t, cmd)
	log, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	hit = len(injected(log)) > 0
	acknowledged := o.code == exitDone
	mute := strings.Contains(strings.Join(injected(log), "\n"), "write(2,") // the message itself was the victim
	if !acknowledged && o.stderr == "" && !mute {
		t.Errorf("%s %d: exit %d without a word", call, n, o.code)
	}
	// A directory that the failing call kept from being made holds nothing to verify.
	if v := p.run("verify"); v.code != exitDone && (acknowledged || !strings.Contains(v.stderr, "还没有数据")) {
		t.Errorf("%s %d (exit %d): verify says %s%s", call, n, o.code, v.stdout, v.stderr)
	}
	var again struct{ Jobs []loaded }
	p.must(args...).into(t, &again)
	if len(again.Jobs) != len(files) {
		t.Errorf("%s %d: %d of %d files load again", call, n, len(again.Jobs), len(files))
	}
	for i, r := range again.Jobs {
		switch {
		case r.Unchanged == rows && r.Accepted == 0: // it was there whole
		case r.Accepted == rows && r.Unchanged == 0 && !acknowledged: // it was not there at all
		default:
			t.Errorf("%s %d (exit %d): loading file %d again gives %+v\n%s", call, n, o.code, i, r, o.stderr)
		}
	}
	p.must("verify")
	return hit
}
