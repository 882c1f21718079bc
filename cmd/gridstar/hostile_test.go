package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gridstar/ingest/hostile"
)

// soundWish is a ledger that must load after every hostile file.
func soundWish(n int) string {
	return fmt.Sprintf("征集日期,心愿人类别,网格,心愿内容,认领单位,认领日期,实现日期,完成情况\n2026-03-02,独居,,第 %d 个心愿,区供电所,2026-03-05,2026-03-09,已实现\n", n)
}

// A server is given every hostile file, one by one: each is refused within ten seconds by one Chinese sentence, or, where a
// part of it is sound, taken as far as it goes; the server is the same process all along, and a sound file still loads.
func TestHostileFiles(t *testing.T) {
	files := hostile.Files()
	if !soak() { // each family keeps its first mutants
		files = thinned(files)
	}
	p := product{t, t.TempDir()}
	server := p.serve()
	folder := t.TempDir()
	slowest, slow := "", time.Duration(0)
	for i, f := range files {
		name := filepath.Join(folder, f.Name)
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		o := p.run("ingest", name, "--max-rejects", "100%")
		took := time.Since(began)
		if took > slow {
			slowest, slow = f.Name, took
		}
		if took > 10*time.Second {
			t.Errorf("%s (%s): %v", f.Name, f.Why, took)
		}
		switch {
		case o.code == exitFailed:
			for _, line := range strings.Split(strings.TrimSpace(o.stderr), "\n") { // of an archive one for each file in it
				if problem := unclear(strings.ReplaceAll(line, f.Name, "")); problem != "" {
					t.Errorf("%s (%s): %s: %.300q", f.Name, f.Why, problem, o.stderr)
				}
			}
		case f.Loads && (o.code == exitDone || o.code == exitRejected):
		default:
			t.Errorf("%s (%s): exit %d: %.300s%.300s", f.Name, f.Why, o.code, o.stdout, o.stderr)
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		if i%20 == 19 || i == len(files)-1 {
			sound := filepath.Join(folder, "微心愿台账"+strconv.Itoa(i)+".csv")
			if err := os.WriteFile(sound, []byte(soundWish(i)), 0o600); err != nil {
				t.Fatal(err)
			}
			var r loaded
			p.must("ingest", sound, "--json").into(t, &r)
			if r.Accepted != 1 {
				t.Fatalf("after %s a sound file gives %+v", f.Name, r)
			}
		}
		if server.ProcessState != nil || readHolder(p.dir).PID != server.Process.Pid {
			t.Fatalf("%s (%s): the server is gone", f.Name, f.Why)
		}
	}
	if o := p.run("verify"); o.code != 0 {
		t.Errorf("verify: %s%s", o.stdout, o.stderr)
	}
	t.Logf("%d files; the slowest, %s, took %v", len(files), slowest, slow)
}

// unclear says what is wrong with the text by which a file is refused.
func unclear(text string) string {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "no word"
	case !utf8.ValidString(text):
		return "no text"
	case !strings.HasSuffix(text, "。") && !strings.HasSuffix(text, "）"):
		return "no sentence"
	case utf8.RuneCountInString(text) > 400:
		return "too long"
	}
	for _, leak := range []string{"panic", "runtime error", "goroutine", "EOF", "invalid", "zip:", "flate:", "zstd", "thrift", "arrow", "signal"} {
		if strings.Contains(text, leak) {
			return "machine talk (" + leak + ")"
		}
	}
	return ""
}

// thinned leaves out most variants of sound files and keeps all that were made for one purpose.
func thinned(files []hostile.File) (kept []hostile.File) {
	met := map[string]int{}
	for _, f := range files {
		_, kind, _ := strings.Cut(f.Name, "-")
		if met[kind]++; !strings.HasPrefix(kind, "mutant") || met[kind] <= 2 {
			kept = append(kept, f)
		}
	}
	return kept
}
