package demo

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[rel] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestSameSeedAndUntilGiveTheSameBytes(t *testing.T) {
	s := read(t)
	dir := t.TempDir()
	// The clock time and zone of Until do not matter, nor does writing over an earlier demo.
	late := time.Date(2026, 11, 22, 23, 59, 0, 0, time.FixedZone("UTC+8", 8*3600))
	for range 2 {
		m, err := Write(context.Background(), dir, Options{Seed: 7, Until: late})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(s.manifest, m); d != "" {
			t.Errorf("manifests differ: %s", d)
		}
	}
	first, second := contents(t, s.dir), contents(t, dir)
	if len(first) != len(second) {
		t.Errorf("%d and %d files", len(first), len(second))
	}
	for path, data := range first {
		if second[path] != data {
			t.Errorf("%s differs", path)
		}
	}
}

func TestAnotherSeedGivesAnotherDistrictUnderTheSameCodes(t *testing.T) {
	s := read(t)
	dir := t.TempDir()
	m, err := Write(context.Background(), dir, Options{Seed: 8, Until: until})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Files) != len(s.manifest.Files) || m.Grids != s.manifest.Grids {
		t.Errorf("%d files, %d grids", len(m.Files), m.Grids)
	}
	first, second := contents(t, s.dir), contents(t, dir)
	for path, data := range first {
		if other, ok := second[path]; !ok {
			t.Errorf("%s is missing", path)
		} else if path != "公布数据.csv" && other == data {
			t.Errorf("%s is the same for both seeds", path)
		}
	}
}

func TestMoreTimeDoesNotRedrawTheDistrict(t *testing.T) {
	s := read(t)
	dir := t.TempDir()
	if _, err := Write(context.Background(), dir, Options{Seed: 7, Until: until.AddDate(0, 0, 9)}); err != nil {
		t.Fatal(err)
	}
	first, second := contents(t, s.dir), contents(t, dir)
	for path, data := range first {
		if strings.HasPrefix(path, "图层") && second[path] != data {
			t.Errorf("%s differs", path)
		}
	}
}

func TestCounts(t *testing.T) {
	m := read(t).manifest
	got := []int{m.Streets, m.Communities, m.Grids, m.Committees, m.Branches, m.EstateBranches, m.Cells, m.PartyHouseholds}
	if want := []int{6, 24, 302, 6, 24, 88, 212, 241}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if m.Matters < 60_000 {
		t.Errorf("%d matters", m.Matters)
	}
	if share := float64(m.Merchants) / float64(m.Matters); share < 0.02 || share > 0.05 {
		t.Errorf("merchants: %.3f of all", share)
	}
}

func TestUntilOutsideTheCenturyIsRefused(t *testing.T) {
	for _, bad := range []time.Time{{}, time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)} {
		dir := filepath.Join(t.TempDir(), "demo")
		_, err := Write(context.Background(), dir, Options{Until: bad})
		if !errors.Is(err, ErrUntil) || !strings.Contains(err.Error(), "--until") {
			t.Errorf("%v: %v", bad, err)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%v: the directory was made", bad)
		}
	}
}

func TestACancelledContextStopsTheWriting(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	if _, err := Write(ctx, dir, Options{Until: until}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if files := contents(t, dir); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}

func TestADirectoryThatCannotBeMadeIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(context.Background(), file, Options{Until: until}); err == nil {
		t.Error("no error")
	}
}

func TestSheets(t *testing.T) {
	for _, c := range []struct {
		until, years string
	}{
		{"2026-11-22", "2024年11月至12月 2025年 2026年1月1日至11月21日"},
		{"2026-07-01", "2024年7月至12月 2025年 2026年1月至6月"},
		{"2026-01-01", "2024年 2025年"},
		{"2026-01-02", "2024年 2025年 2026年1月1日"},
		{"2026-02-01", "2024年2月至12月 2025年 2026年1月"},
		{"2026-01-10", "2024年 2025年 2026年1月1日至1月9日"},
		{"2024-02-29", "2022年2月至12月 2023年 2024年1月1日至2月28日"},
	} {
		at, err := time.Parse("2006-01-02", c.until)
		if err != nil {
			t.Fatal(err)
		}
		sp, err := newSpan(at)
		if err != nil {
			t.Fatal(err)
		}
		var labels []string
		next := sp.from
		for _, sh := range sp.years() {
			labels = append(labels, sh.label)
			if !sh.from.Equal(next) {
				t.Errorf("%s: %s begins %v, the one before ends %v", c.until, sh.label, sh.from, next)
			}
			next = sh.until
		}
		if !next.Equal(sp.until) {
			t.Errorf("%s: the last sheet ends %v", c.until, next)
		}
		if got := strings.Join(labels, " "); got != c.years {
			t.Errorf("%s: got %s, want %s", c.until, got, c.years)
		}
	}
}

func TestTheLastYearIsTheOneThatHasEnded(t *testing.T) {
	for until, want := range map[string]int{"2026-01-01": 2025, "2025-12-31": 2024, "2026-11-22": 2025} {
		at, err := time.Parse("2006-01-02", until)
		if err != nil {
			t.Fatal(err)
		}
		if sp, err := newSpan(at); err != nil || sp.lastYear() != want {
			t.Errorf("%s: %d, %v; want %d", until, sp.lastYear(), err, want)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	for b.Loop() {
		if _, err := Write(context.Background(), b.TempDir(), Options{Seed: 1, Until: until}); err != nil {
			b.Fatal(err)
		}
	}
}
