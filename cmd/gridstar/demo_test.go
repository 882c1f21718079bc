package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gridstar/ingest/demo"
)

// The demo's answers are held against its manifest, which counts what was written before anything was loaded.
func TestDemo(t *testing.T) {
	p := product{t, filepath.Join(t.TempDir(), "D")}
	until := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	o := p.must("demo", "--no-serve", "--until", "2026-01-01")
	if !strings.Contains(o.stdout, "按时办结率") || strings.Contains(o.stdout, "缺数据") {
		t.Errorf("first numbers:\n%s", o.stdout)
	}
	dir := t.TempDir()
	m, err := demo.Write(t.Context(), dir, demo.Options{Seed: 1, Until: until})
	if err != nil {
		t.Fatal(err)
	}
	if m.Matters < 60_000 || m.Grids != 302 || m.Communities != 24 || m.EstateBranches != 88 {
		t.Errorf("the district is too small: %+v", m)
	}
	rejected, rows := 0, map[string]int{}
	for _, f := range m.Files {
		rejected += f.Rejected()
		rows[f.Ledger] += f.Rows - f.Rejected()
	}
	var jobs struct {
		Jobs []struct {
			Verb, Profile                               string
			Rows, Accepted, Unchanged, Rejected, Masked int
		}
	}
	p.must("jobs", "--limit", "0", "--json").into(t, &jobs)
	gotRejected, accepted, masked, private := 0, map[string]int{}, 0, 0
	for _, j := range jobs.Jobs {
		gotRejected += j.Rejected
		masked += j.Masked
		if j.Verb == "ingest" {
			accepted[j.Profile] += j.Accepted
			if j.Profile == "商户台账" { // the register of a year says much of what that of the year before said
				accepted[j.Profile] += j.Unchanged
			}
		}
	}
	for _, f := range m.Files {
		private += f.Private
	}
	if gotRejected != rejected || rejected == 0 {
		t.Errorf("%d rows rejected, %d were written to be", gotRejected, rejected)
	}
	for ledger, n := range rows {
		if ledger != "" && accepted[ledger] != n {
			t.Errorf("%s: %d rows accepted, want %d", ledger, accepted[ledger], n)
		}
	}
	if masked < private {
		t.Errorf("%d texts masked, %d were written with personal data", masked, private)
	}
	var answer []struct{ Received, Households float64 }
	p.must("query", "received", "households", "--from", m.From.Format(time.DateOnly), "--to", "2026-01-01", "--json").into(t, &answer)
	want := 0
	for _, ledger := range []string{"居民诉求台账", "吹哨报到台账", "红色代办台账", "矛盾纠纷台账", "议事协商台账", "信访事项台账", "办不成事窗口登记表"} {
		want += rows[ledger]
	}
	if answer[0].Received != float64(want) {
		t.Errorf("received %v, want %d", answer[0].Received, want)
	}
	if answer[0].Households != float64(m.Households) {
		t.Errorf("households %v, want %d", answer[0].Households, m.Households)
	}
	var streets []struct{ Received float64 }
	p.must("query", "received", "--by", "org:street", "--from", m.From.Format(time.DateOnly), "--to", "2026-01-01", "--json").into(t, &streets)
	sum := 0.0
	for _, s := range streets {
		sum += s.Received
	}
	if sum != answer[0].Received {
		t.Errorf("the streets add up to %v, the district has %v", sum, answer[0].Received)
	}
	check := demoCheck{t, p, dir, m}
	check.whistles()
	check.whistlesInTime()
	check.patrols()
	check.meetings()
	check.reports()
	check.stars()
	// Again, on any later day and with its pages: the same district, and nothing changes.
	served := p.start("demo", "--addr", "127.0.0.1:0")
	served.entrance(t)
	var again struct{ Total int }
	p.must("jobs", "--json").into(t, &again)
	var later []struct{ Received float64 }
	p.must("query", "received", "--from", m.From.Format(time.DateOnly), "--to", "2026-01-01", "--json").into(t, &later)
	if later[0].Received != answer[0].Received {
		t.Errorf("after the second demo: %v, before %v", later[0].Received, answer[0].Received)
	}
	served.end()
	if o := p.run("demo", "--no-serve", "--seed", "2"); o.code != exitFailed || !strings.Contains(o.stderr, "已有另一份示范数据") {
		t.Errorf("another district on top: exit %d, %s", o.code, o.stderr)
	}
	other := product{t, filepath.Join(t.TempDir(), "D")}
	file, profile := ledger(t, t.TempDir(), "real", 3)
	other.must("ingest", file, "--profile", profile)
	if o := other.run("demo", "--no-serve"); o.code != exitFailed || !strings.Contains(o.stderr, "已有其他数据") {
		t.Errorf("on top of other data: exit %d, %s", o.code, o.stderr)
	}
	p.must("verify")
}
