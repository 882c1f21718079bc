package warehouse

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// A kept directory: jobs 1 to 3 are in the main file, 4 to 9 only in the WAL, as after a kill -9.
type kept struct {
	files map[string][]byte
	wal   []byte
	ends  map[int64]int64 // where in the WAL each job ends
}

// loadJob publishes job n: the matters n-0 to n-4.
func loadJob(t testing.TB, w *Warehouse, n int64) {
	t.Helper()
	if job, _ := load(t, w, matters(fmt.Sprintf("%d-", n), 5)...); job != n {
		t.Fatalf("job %d, want %d", job, n)
	}
}

var keptOnce *kept

// keptDir makes the directory once for all tests.
func keptDir(t testing.TB) kept {
	t.Helper()
	if keptOnce != nil {
		return *keptOnce
	}
	dir := t.TempDir()
	w := openTest(t, dir, Options{})
	for n := range int64(3) {
		loadJob(t, w, n+1)
	}
	closeTest(t, w)
	w = openTest(t, dir, Options{})
	k := kept{ends: map[int64]int64{}}
	for n := int64(4); n <= 9; n++ {
		loadJob(t, w, n)
		k.ends[n] = w.walBytes()
	}
	k.files = readDir(t, dir)
	k.wal = k.files[filepath.Base(w.dir.WAL())]
	if int64(len(k.wal)) != k.ends[9] {
		t.Fatalf("WAL of %d bytes, want %d", len(k.wal), k.ends[9])
	}
	keptOnce = &k
	return k
}

// readDir reads a directory's files as they are, also while a process holds them open: what a crash leaves.
func readDir(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		files[e.Name()] = []byte(readFile(t, filepath.Join(dir, e.Name())))
	}
	return files
}

func writeDir(t testing.TB, files map[string][]byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// with makes a copy of the directory whose WAL is wal (nil: there is none).
func (k kept) with(t testing.TB, wal []byte) string {
	t.Helper()
	files := maps.Clone(k.files)
	name := filepath.Base(Dir("").WAL())
	files[name] = wal
	if wal == nil {
		delete(files, name)
	}
	return writeDir(t, files)
}
