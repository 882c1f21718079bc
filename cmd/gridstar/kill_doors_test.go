package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// fate is what is known of a batch of rows after the kills.
type fate struct {
	job      int64 // 0: not acknowledged
	undone   bool  // its undo was acknowledged
	doubtful bool  // its undo was under way when the server was killed
}

// Kill -9 of a server at random moments while rows are posted to it, files are handed over to it and earlier jobs are
// undone: each acknowledged batch is there once and whole, unless its undo was acknowledged, then none of it is; a batch
// or an undo that was not acknowledged is there whole or not at all.
func TestKillDoors(t *testing.T) {
	kills := 5
	if soak() {
		kills = 100
	}
	const rows = 200
	files := t.TempDir()
	p := product{t, t.TempDir()}
	p.must("user", "add", "luru", "--role", "clerk", "--site")
	var issued struct{ Token string }
	p.must("user", "token", "luru", "--label", "数据交换", "--role", "clerk", "--days", "30", "--json").into(t, &issued)
	profiles := filepath.Join(p.dir, "profiles")
	if err := os.MkdirAll(profiles, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(profiles, "plain.toml"), []byte(plainProfile+"[match]\nheaders = [\"no\", \"at\", \"text\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	fates := map[string]*fate{}
	var names []string
	for i := range kills {
		s := p.start("serve", "--addr", "127.0.0.1:0")
		base, _ := address(t, s.text())
		var wg sync.WaitGroup
		posted, handed := fmt.Sprintf("p%03d", i), fmt.Sprintf("h%03d", i)
		file, _ := ledger(t, files, handed, rows)
		ledger(t, files, posted, rows) // for the reckoning
		names = append(names, posted, handed)
		fates[posted], fates[handed] = &fate{}, &fate{}
		wg.Go(func() { fates[posted].job = postRows(t, base, issued.Token, posted, rows) })
		wg.Go(func() {
			var r struct {
				Accepted int64
				Jobs     []struct{ Job int64 }
			}
			if o := p.run("ingest", file, "--profile", "plain", "--json"); o.code == 0 {
				o.into(t, &r)
				if r.Accepted != rows || len(r.Jobs) != 1 {
					t.Errorf("%s acknowledged without its rows: %s", handed, o.stdout)
					return
				}
				fates[handed].job = r.Jobs[0].Job
			}
		})
		if old := undoable(fates, names[:len(names)-2]); old != nil && i%2 == 1 {
			old.doubtful = true
			job := strconv.FormatInt(old.job, 10)
			wg.Go(func() {
				if o := p.run("undo", job); o.code == 0 {
					old.undone, old.doubtful = true, false
				}
			})
		}
		time.Sleep(time.Duration(rng.IntN(250)) * time.Millisecond) // the random moment is the point of the test
		s.cmd.Process.Signal(syscall.SIGKILL)
		s.cmd.Wait()
		wg.Wait()
		if o := p.run("verify"); o.code != 0 {
			t.Fatalf("after kill %d: %s%s", i+1, o.stdout, o.stderr)
		}
	}
	kept, gone := 0, 0
	for _, name := range names {
		var r loaded
		p.must("ingest", filepath.Join(files, name+".csv"), "--profile", "plain", "--dry-run", "--json").into(t, &r)
		whole, none := r.Unchanged == rows && r.Accepted == 0, r.Accepted == rows && r.Unchanged == 0
		f := fates[name]
		switch {
		case !whole && !none:
			t.Errorf("%s is there in part: %+v", name, r)
		case f.job != 0 && !f.undone && !f.doubtful && !whole:
			t.Errorf("%s was acknowledged and is gone", name)
		case f.undone && !none:
			t.Errorf("%s was undone and is there", name)
		}
		if whole {
			kept++
		} else {
			gone++
		}
	}
	var answer []struct{ Received int64 }
	p.must("query", "received", "--from", "2026-01-01", "--to", "2026-02-01", "--json").into(t, &answer)
	if want := int64(kept * rows); len(answer) != 1 || answer[0].Received != want {
		t.Errorf("received %v, want %d", answer, want)
	}
	t.Logf("%d kills; %d batches there, %d not", kills, kept, gone)
}

// undoable is the latest batch that is there for certain.
func undoable(fates map[string]*fate, names []string) *fate {
	for i := len(names) - 1; i >= 0; i-- {
		if f := fates[names[i]]; f.job != 0 && !f.undone && !f.doubtful {
			return f
		}
	}
	return nil
}

// postRows posts rows and gives the job that the server acknowledged, 0 for none.
func postRows(t *testing.T, base, token, name string, n int) int64 {
	var rows []map[string]string
	for i := range n {
		rows = append(rows, map[string]string{
			"no": fmt.Sprintf("%s-%d", name, i), "at": fmt.Sprintf("2026-01-%02d 08:%02d:00", 1+i%28, i%60), "text": fmt.Sprintf("楼道灯不亮，请尽快维修（%d）", i),
		})
	}
	body, err := json.Marshal(rows)
	if err != nil {
		t.Error(err)
		return 0
	}
	r, err := http.NewRequest(http.MethodPost, base+"/api/v1/records?profile=plain", strings.NewReader(string(body)))
	if err != nil {
		t.Error(err)
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0 // killed
	}
	defer answer.Body.Close()
	var got struct{ Job, Accepted int64 }
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		return 0 // killed before the whole answer was there
	}
	if answer.StatusCode != http.StatusOK {
		t.Errorf("%s: %s", name, answer.Status)
		return 0
	}
	if got.Accepted != int64(n) {
		t.Errorf("%s acknowledged without its rows: %+v", name, got)
	}
	return got.Job
}
