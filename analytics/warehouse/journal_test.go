package warehouse

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// threeJobs is a directory of three jobs, as a crash leaves it, and its journal's lines.
func threeJobs(t testing.TB) (files map[string][]byte, lines []string) {
	t.Helper()
	dir := t.TempDir()
	w := openTest(t, dir, Options{})
	for n := range int64(3) {
		loadJob(t, w, n+1)
	}
	files = readDir(t, dir)
	lines = strings.SplitAfter(string(files["journal.jsonl"]), "\n")
	if len(lines) != 4 || lines[3] != "" {
		t.Fatalf("journal: %q", lines)
	}
	return files, lines[:3]
}

func openWithJournal(t testing.TB, files map[string][]byte, journal string) *Warehouse {
	t.Helper()
	files["journal.jsonl"] = []byte(journal)
	return openTest(t, writeDir(t, files), Options{})
}

// A process that dies between COMMIT and the journal's line, wherever in the line.
func TestAJobCommittedButNotInTheJournalIsCompletedThere(t *testing.T) {
	files, lines := threeJobs(t)
	last := len(lines[2])
	cuts := []int{0, 1, last / 2, last - 1}
	if soak() {
		cuts = cuts[:0]
		for i := range last {
			cuts = append(cuts, i)
		}
	}
	for _, cut := range cuts {
		t.Run(fmt.Sprintf("%d of %d bytes", cut, last), func(t *testing.T) {
			w := openWithJournal(t, files, lines[0]+lines[1]+lines[2][:cut])
			if diff := cmp.Diff(strings.Join(lines, ""), readFile(t, w.dir.Journal())); diff != "" {
				t.Error(diff)
			}
			if w.Version() != 3 {
				t.Errorf("version %d", w.Version())
			}
			if r, err := w.Verify(context.Background()); err != nil || !r.OK() || r.Jobs != 3 {
				t.Errorf("verify: %+v, %v", r, err)
			}
		})
	}
}

// One job may lack its line, the latest. More were not lost by a crash.
func TestAJournalThatWasCutIsReportedAndCompleted(t *testing.T) {
	files, lines := threeJobs(t)
	for name, journal := range map[string]string{"gone": "", "two lines gone": lines[0], "a line in the middle gone": lines[0] + lines[2]} {
		t.Run(name, func(t *testing.T) {
			w := openWithJournal(t, files, journal)
			r, err := w.Verify(context.Background())
			if err != nil || r.OK() || r.Jobs != 3 {
				t.Errorf("verify: %+v, %v", r, err)
			}
			contains(t, strings.Join(r.Damaged, ""), "作业日志缺少")
			if job, _ := load(t, w, matters("new-", 1)...); job != 4 || w.Version() != 4 {
				t.Errorf("job %d, version %d", job, w.Version())
			}
		})
	}
}

func TestADamagedJournalLineIsNamedAndNothingIsChanged(t *testing.T) {
	files, lines := threeJobs(t)
	for name, journal := range map[string]string{
		"cut short":  lines[0] + lines[1][:20] + "\n" + lines[2],
		"empty":      lines[0] + "\n" + lines[2],
		"binary":     lines[0] + "\x00\xff\x00\n" + lines[2],
		"wrong type": lines[0] + `{"seq":"two","job":2}` + "\n" + lines[2],
	} {
		t.Run(name, func(t *testing.T) {
			files["journal.jsonl"] = []byte(journal)
			dir := writeDir(t, files)
			w, err := tryOpen(dir, Options{})
			if err == nil {
				closeTest(t, w)
				t.Fatal("opened")
			}
			contains(t, err.Error(), "作业日志第 2 行已损坏，请从备份恢复 journal.jsonl")
			for name, before := range files {
				if !bytes.Equal(before, []byte(readFile(t, filepath.Join(dir, name)))) {
					t.Errorf("%s was changed", name)
				}
			}
		})
	}
}

func TestVerifyFindsWhatNoLongerAgrees(t *testing.T) {
	files, lines := threeJobs(t)
	journal := strings.Join(lines, "")
	swapDigest := func(from, to int) string {
		var a, b Entry
		if json.Unmarshal([]byte(lines[from]), &a) != nil || json.Unmarshal([]byte(lines[to]), &b) != nil || a.Digest == b.Digest {
			t.Fatal("digests")
		}
		return strings.Replace(journal, b.Digest, a.Digest, 1)
	}
	for _, c := range []struct{ name, sql, journal, says string }{
		{"nothing", "", journal, ""},
		{"a value was changed", "UPDATE record SET status = '已办结' WHERE id = '2-3'", journal, "作业 2（ingest t.csv）应有 5 行，现有 5 行，校验值不符"},
		{"a row number was changed", "UPDATE record SET row = 77 WHERE id = '2-3'", journal, "作业 2（ingest t.csv）应有 5 行，现有 5 行，校验值不符"},
		{"a row was removed", "DELETE FROM record WHERE id = '2-3'", journal, "应有 5 行，现有 4 行"},
		{"a row was doubled", "INSERT INTO record SELECT * FROM record WHERE id = '2-3'", journal, "应有 5 行，现有 6 行"},
		{"a row moved to the past", "INSERT INTO record_past BY NAME SELECT *, 3 AS until FROM record WHERE id = '2-3'; DELETE FROM record WHERE id = '2-3'", journal, ""},
		{"rows of nobody", "INSERT INTO record SELECT * REPLACE (9 AS since) FROM record WHERE since = 2", journal, "数据库中有 5 行属于作业 9，作业日志中没有该作业"},
		{"the history was changed", "UPDATE job SET digest = '0000000000000000' WHERE id = 2", journal, "作业 2 在数据库与作业日志中的记载不一致"},
		{"the journal was changed", "", swapDigest(0, 1), "作业 2 在数据库与作业日志中的记载不一致"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files["journal.jsonl"] = []byte(c.journal)
			dir := writeDir(t, files)
			db, err := openRaw(Dir(dir).Database())
			if err != nil {
				t.Fatal(err)
			}
			if err := execAll(db, "SELECT 1", c.sql+";SELECT 1"); err != nil {
				t.Fatal(err)
			}
			db.Close()
			w := openTest(t, dir, Options{})
			r, err := w.Verify(context.Background())
			if err != nil || r.OK() != (c.says == "") {
				t.Fatalf("verify: %+v, %v", r, err)
			}
			contains(t, strings.Join(r.Damaged, "；"), c.says)
		})
	}
}

// A line that failed is taken back, and if even that fails, before the next one.
func TestAFailedJournalLineLeavesNoTrace(t *testing.T) {
	name := filepath.Join(t.TempDir(), "journal.jsonl")
	j, err := openJournal(name, clock)
	if err != nil {
		t.Fatal(err)
	}
	defer j.close()
	if err := j.append(Entry{Seq: 1, Job: 1}); err != nil {
		t.Fatal(err)
	}
	sound := j.file
	if j.file, err = os.Open(name); err != nil { // cannot be written, cut or reserved
		t.Fatal(err)
	}
	if err := j.reserve(Entry{Seq: 2, Job: 2}); err == nil {
		t.Error("reserved")
	}
	if err := j.append(Entry{Seq: 2, Job: 2, File: strings.Repeat("长", 100)}); err == nil {
		t.Error("appended")
	}
	if err := j.append(Entry{Seq: 2, Job: 2}); err == nil {
		t.Error("appended behind a line that could not be taken back")
	}
	j.file.Close()
	j.file = sound
	// What the failed write may have left, longer than the next line and with an end of its own.
	if _, err := sound.WriteAt([]byte(strings.Repeat("x", 300)+"\n"), j.size); err != nil {
		t.Fatal(err)
	}
	if err := j.append(Entry{Seq: 2, Job: 3}); err != nil {
		t.Fatal(err)
	}
	if seq, job := j.highest(); seq != 2 || job != 3 || len(j.entries) != 2 {
		t.Errorf("highest %d, %d of %d", seq, job, len(j.entries))
	}
	again, err := openJournal(name, clock)
	if err != nil {
		t.Fatal(err)
	}
	defer again.close()
	if diff := cmp.Diff(j.entries, again.entries); diff != "" {
		t.Error(diff)
	}
}

func TestReservedRoomIsNoPartOfTheJournal(t *testing.T) {
	name := filepath.Join(t.TempDir(), "journal.jsonl")
	j, err := openJournal(name, clock)
	if err != nil {
		t.Fatal(err)
	}
	defer j.close()
	if err := j.reserve(Entry{Seq: 1, File: strings.Repeat("长", 5000)}); err != nil {
		t.Fatal(err)
	}
	if s := readFile(t, name); s != "" {
		t.Errorf("%d bytes", len(s))
	}
	if err := j.append(Entry{Seq: 1, Job: 1}); err != nil {
		t.Fatal(err)
	}
	if s := readFile(t, name); strings.Count(s, "\n") != 1 || !strings.HasSuffix(s, "\n") {
		t.Errorf("journal %q", s)
	}
}

// Whatever the file holds: an error, or entries to which a line can be added and read back.
func FuzzJournal(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "{}\n", "{", `{"seq":1,"job":1,"rows":2,"digest":"00","list":1,"at":"2026-03-01 08:00:00"}` + "\n",
		`{"seq":1,"job":1}` + "\n" + `{"seq":2,"job":2}` + "\n" + `{"seq":3,"jo`, `{"accepted_loss":[1,2],"at":""}` + "\n", "null\n", "[]\n",
		"{}\r\n{}\n", "\x00\x00\x00", `{"seq":99999999999999999999}` + "\n", `{"file":"\ud800"}` + "\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		name := filepath.Join(t.TempDir(), "journal.jsonl")
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := openJournal(name, clock)
		if err != nil {
			if got := readFile(t, name); got != string(b) {
				t.Errorf("refused and changed: %q", got)
			}
			return
		}
		defer j.close()
		whole := b[:bytes.LastIndexByte(b, '\n')+1]
		if got := readFile(t, name); got != string(whole) {
			t.Fatalf("%q is left of %q", got, b)
		}
		if n := bytes.Count(whole, []byte("\n")); len(j.entries) != n {
			t.Fatalf("%d entries of %d lines", len(j.entries), n)
		}
		if err := j.append(Entry{Seq: 7, Job: 7, File: "新.csv"}); err != nil {
			t.Fatal(err)
		}
		again, err := openJournal(name, clock)
		if err != nil {
			t.Fatal(err)
		}
		defer again.close()
		if diff := cmp.Diff(j.entries, again.entries); diff != "" {
			t.Error(diff)
		}
	})
}
