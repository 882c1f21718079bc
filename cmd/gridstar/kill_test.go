package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const plainProfile = `name = "plain"
shape = "record"
header_row = 1
[constants]
source_system = "plain"
kind = "SQ"
[fields]
source_no = "no"
received_at = "at"
text = "text"
`

// ledger writes a file of n records whose numbers begin with its name; the profile lies beside it.
func ledger(t testing.TB, dir, name string, n int) (file, profile string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("no,at,text\n")
	for i := range n {
		fmt.Fprintf(&b, "%s-%d,2026-01-%02d 08:%02d:00,楼道灯不亮，请尽快维修（%d）\n", name, i, 1+i%28, i%60, i)
	}
	file, profile = filepath.Join(dir, name+".csv"), filepath.Join(dir, "plain.toml")
	for path, text := range map[string]string{file: b.String(), profile: plainProfile} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file, profile
}

// soak says whether the long version of a test is wanted (make soak).
func soak() bool { return os.Getenv("GRIDSTAR_SOAK") != "" }

type loaded struct {
	Rows, Accepted, Unchanged, Rejected int64
}

// Kill -9 at random moments, of processes that load by themselves, that serve, and that hand over: what was
// acknowledged is there once, with equal digests; what was not is there whole or not at all; loading every file
// again makes all of them whole and changes nothing that was.
func TestKillNine(t *testing.T) {
	kills := 12
	if soak() {
		kills = 100
	}
	const rows = 400
	files := t.TempDir()
	p := product{t, t.TempDir()}
	rng := rand.New(rand.NewPCG(1, 2))
	acknowledged := map[string]bool{}
	var names []string
	for i := range kills {
		var owner *exec.Cmd
		if i%3 == 2 { // every third time a server owns the directory and is killed while others hand over to it
			owner = p.command("serve", "--addr", "127.0.0.1:0")
			if err := owner.Start(); err != nil {
				t.Fatal(err)
			}
			waitFor(t, func() bool { return readHolder(p.dir).PID == owner.Process.Pid && dials(p.dir) })
		}
		var loads []*exec.Cmd
		var outs []*strings.Builder
		var batch []string
		for k := range 2 { // two at once: one owns or both hand over
			name := fmt.Sprintf("f%03d%c", i, 'a'+k)
			file, profile := ledger(t, files, name, rows)
			c := p.command("ingest", file, "--profile", profile, "--json")
			out := &strings.Builder{}
			c.Stdout = out
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			loads, outs, batch = append(loads, c), append(outs, out), append(batch, name)
		}
		victim := loads[0]
		if owner != nil {
			victim = owner
		}
		time.Sleep(time.Duration(rng.IntN(140)) * time.Millisecond) // the random moment is the point of the test
		victim.Process.Signal(syscall.SIGKILL)
		for k, c := range loads {
			err := c.Wait()
			if err == nil {
				acknowledged[batch[k]] = true
			}
			if err == nil && !strings.Contains(outs[k].String(), `"accepted": 400`) {
				t.Errorf("%s acknowledged without its rows: %s", batch[k], outs[k])
			}
		}
		if owner != nil {
			owner.Wait()
		}
		names = append(names, batch...)
		if o := p.run("verify"); o.code != 0 {
			t.Fatalf("after kill %d: %s%s", i+1, o.stdout, o.stderr)
		}
	}
	whole := 0
	for _, name := range names {
		var r loaded
		p.must("ingest", filepath.Join(files, name+".csv"), "--profile", filepath.Join(files, "plain.toml"), "--json").into(t, &r)
		switch {
		case r.Unchanged == rows && r.Accepted == 0:
			whole++
		case acknowledged[name]:
			t.Errorf("%s was acknowledged but is not whole: %+v", name, r)
		case r.Accepted != rows:
			t.Errorf("%s is there in part: %+v", name, r)
		}
	}
	p.must("verify")
	t.Logf("%d kills, %d loads acknowledged, %d found whole, of %d", kills, len(acknowledged), whole, len(names))
	if len(acknowledged) == 0 || whole == len(names) {
		t.Logf("the kills did not spread over the loads; the timing of this machine may need other delays")
	}
	var answer []struct{ Received int64 }
	p.must("query", "received", "--from", "2026-01-01", "--to", "2026-02-01", "--json").into(t, &answer)
	if want := int64(len(names) * rows); len(answer) != 1 || answer[0].Received != want {
		t.Errorf("received %v, want %d", answer, want)
	}
}

// waitFor polls a condition that another process brings about.
func waitFor(t testing.TB, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatal("the awaited state did not come")
		}
		time.Sleep(5 * time.Millisecond)
	}
}
