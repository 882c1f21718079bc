package warehouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// TRUST A13: SQL reaches no file, no network and no setting.
func TestTheEngineIsLockedDown(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	csv, out := filepath.Join(dir, "in.csv"), filepath.Join(dir, "out")
	if err := os.WriteFile(csv, []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := openTest(t, t.TempDir(), Options{})
	statements := []string{
		"SELECT * FROM read_csv('" + csv + "')", "SELECT * FROM read_text('" + csv + "')", "SELECT * FROM read_blob('" + csv + "')",
		"SELECT * FROM read_json('" + csv + "')", "SELECT * FROM read_parquet('" + csv + "')", "SELECT * FROM glob('" + dir + "/*')",
		"SELECT * FROM '" + csv + "'", "SELECT * FROM sniff_csv('" + csv + "')", "SELECT * FROM parquet_metadata('" + csv + "')",
		"COPY job TO '" + out + "'", "COPY (SELECT 1) TO '" + out + "' (FORMAT parquet)", "COPY job FROM '" + csv + "'",
		"EXPORT DATABASE '" + out + "'", "IMPORT DATABASE '" + dir + "'", "ATTACH '" + out + "'", "ATTACH '" + w.dir.Database() + "' AS again",
		"INSTALL httpfs", "LOAD json_no_such", "LOAD '" + csv + "'",
		"SET enable_external_access = true", "SET lock_configuration = false", "RESET lock_configuration", "SET memory_limit = '99GB'", "SET threads = 64",
		"SET temp_directory = '" + out + "'", "SET home_directory = '" + dir + "'", "SET extension_directory = '" + dir + "'",
		"SET checkpoint_threshold = '1KB'", "SET log_query_path = '" + out + "'", "SET profiling_output = '" + out + "'",
		"SET GLOBAL autoinstall_known_extensions = true", "PRAGMA memory_limit = '99GB'", "PRAGMA profiling_output = '" + out + "'",
		"SET allow_unsigned_extensions = true", "SET default_order = 'DESC'", "CREATE SECRET s (TYPE S3)",
	}
	for _, stmt := range statements {
		t.Run(stmt, func(t *testing.T) {
			if err := w.View(ctx, func(v *View) error {
				rows, err := v.Query(ctx, stmt)
				if err != nil {
					return err
				}
				defer rows.Close()
				for rows.Next() {
				}
				return rows.Err()
			}); err == nil || errors.Is(err, ErrReopened) {
				t.Errorf("a reader: %v", err)
			}
			j, err := w.Begin(ctx, Spec{})
			if err != nil {
				t.Fatal(err)
			}
			defer j.Abandon()
			if _, err := j.Exec(ctx, stmt); err == nil {
				t.Error("a job ran it")
			}
		})
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("files were written: %v", left)
	}
	load(t, w, matters("a", 1)...)
}

// A path may hold any character; none of it is taken for a setting.
func TestADirectoryOfAnyName(t *testing.T) {
	for _, name := range []string{"数据 目录", "a?threads=1&x=y#b%41", `it's; "--`} {
		dir := filepath.Join(t.TempDir(), name)
		w := openTest(t, dir, Options{Threads: 2})
		load(t, w, matters("a", 1)...)
		closeTest(t, w)
		w = openTest(t, dir, Options{})
		soundWith(t, w, 1, "a0")
		for _, f := range []string{"warehouse.duckdb", "journal.jsonl", "secret", "lock"} {
			if _, err := os.Stat(filepath.Join(dir, f)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestAFileOfANewerVersionIsRefusedAndUnchanged(t *testing.T) {
	dir := t.TempDir()
	w := openTest(t, dir, Options{})
	load(t, w, matters("a", 1)...)
	closeTest(t, w)
	db, err := openRaw(w.dir.Database())
	if err != nil {
		t.Fatal(err)
	}
	if err := execAll(db, fmt.Sprintf("INSERT INTO schema_version VALUES (%d)", len(migrations)+1)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := readDir(t, dir)
	if _, err := tryOpen(dir, Options{}); !errors.Is(err, ErrNewer) {
		t.Errorf("opened: %v", err)
	}
	if !maps.EqualFunc(before, readDir(t, dir), bytes.Equal) {
		t.Error("the directory was changed")
	}
}

// A process killed while it makes the database leaves a part of a file under the temporary name only; one killed
// while a query spilled leaves that.
func TestWhatAKilledProcessLeavesIsCleared(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, "warehouse.duckdb.new")
	spill := Dir(dir).spill()
	if err := os.Mkdir(spill, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{left, left + ".wal", filepath.Join(spill, "duckdb_temp_storage-0.tmp")} {
		if err := os.WriteFile(name, []byte("half a block"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	load(t, openTest(t, dir, Options{}), matters("a", 1)...)
	for _, pattern := range []string{left + "*", spill} {
		if files, _ := filepath.Glob(pattern); len(files) > 0 {
			t.Errorf("left: %v", files)
		}
	}
}
