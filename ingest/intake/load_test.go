package intake

import (
	"archive/zip"
	"errors"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/warehouse"
	"gridstar/ingest"
)

// archive packs files, in order.
func archive(t *testing.T, files ...string) string {
	t.Helper()
	var b strings.Builder
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Of the tables of an archive those are loaded that were chosen, each as it was chosen.
func TestChoicesForTables(t *testing.T) {
	s := newSite(t)
	content := archive(t, "a/诉求一.csv", ledger("a", "", 2), "b/诉求二.csv", ledger("b", "", 3), "c/其他.csv", ledger("c", "", 5))
	u := s.receive("全部.zip", content, whole)
	choices := []Choice{
		{Part: "诉求一.csv", Profile: "plain", Org: "C11"},
		{Part: "诉求二.csv", Profile: "plain", Org: "none"},
		{Part: "其他.csv", Skip: true},
	}
	if err := s.desk.Publish(u.ID, choices, whole); err != nil {
		t.Fatal(err)
	}
	stop := s.run()
	u = s.wait(u.ID, Failed)
	if len(u.Outcomes) != 2 || u.Outcomes[0].Result.Accepted != 2 || u.Outcomes[0].Result.Part != "诉求一.csv" || u.Outcomes[1].Error == "" || s.facts() != 2 {
		t.Errorf("%+v, %d matters", u, s.facts())
	}
	choices[1].Org = "C21" // mended: what is in stays unchanged
	if err := s.desk.Publish(u.ID, choices, whole); err != nil {
		t.Fatal(err)
	}
	u = s.wait(u.ID, Done)
	stop()
	if len(u.Outcomes) != 2 || u.Outcomes[0].Result.Unchanged != 2 || u.Outcomes[1].Result.Accepted != 3 || s.facts() != 5 {
		t.Errorf("%+v, %d matters", u.Outcomes, s.facts())
	}
}

// One choice without names is for all tables; a choice for a table that there is not is refused.
func TestChoiceForAll(t *testing.T) {
	s := newSite(t)
	u := s.receive("全部.zip", archive(t, "a.csv", ledger("a", "C11", 2), "b.csv", ledger("b", "C21", 3)), whole)
	f, err := s.desk.open(u)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = s.desk.load(t.Context(), order{file: f, name: u.Name, choices: []Choice{{Part: "a.csv"}, {Part: "z.csv"}}, by: whole})
	if !errors.Is(err, ErrChoice) || !strings.Contains(err.Error(), "z.csv") {
		t.Errorf("a table that there is not: %v", err)
	}
	all, err := s.desk.load(t.Context(), order{file: f, name: u.Name, choices: []Choice{{Profile: "plain"}}, by: whole})
	if err != nil || len(all) != 2 || s.facts() != 5 {
		t.Errorf("%+v, %v, %d matters", all, err, s.facts())
	}
}

// A mapping that was made by hand is kept as a profile of the site, by which the next file is recognised.
func TestSaveProfile(t *testing.T) {
	s := newSite(t)
	base, ok := s.in.Profiles.ByName("plain")
	if !ok {
		t.Fatal("no plain ledger")
	}
	c := Choice{Profile: "plain", Columns: map[string]string{"no": "编号", "at": "时间", "text": "内容"}}
	for _, name := range []string{"", "../x", "a/b", "a.b", ".x", "名\x00", "居民诉求台账", strings.Repeat("长", 41), "\xff", "a b"} {
		if err := s.desk.SaveProfile(name, base, c); !errors.Is(err, ErrProfile) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if left := s.names("profiles"); len(left) > 0 {
		t.Errorf("%v was written", left)
	}
	if err := s.desk.SaveProfile("朝阳社区诉求", base, c); err != nil {
		t.Fatal(err)
	}
	if names := s.names("profiles"); len(names) != 1 || names[0] != "朝阳社区诉求.toml" {
		t.Errorf("%v", names)
	}
	// a set that cannot be read any more is none that the site is left with
	s.reopen(Options{Ingester: func() (*ingest.Ingester, error) { return nil, errors.New("模板重名。") }})
	if err := s.desk.SaveProfile("坏的", base, c); !errors.Is(err, ErrProfile) {
		t.Errorf("%v", err)
	}
	if names := s.names("profiles"); len(names) != 1 {
		t.Errorf("%v", names)
	}
}

// 本期无事项 is said for a ledger, a period and a unit of one's own.
func TestZeroReport(t *testing.T) {
	s := newSite(t)
	s.reopen(Options{Patience: 10 * time.Millisecond})
	day := func(n int) time.Time { return time.Date(2026, 2, n, 0, 0, 0, 0, time.UTC) }
	z := ZeroReport{Profile: "plain", From: day(1), To: day(28)}
	hers := Sender{Account: "录入一", Units: []string{"S1"}}
	r, err := s.desk.Zero(t.Context(), z, hers)
	if err != nil || r.Job == 0 || r.Rows != 0 || len(r.Covers) != 1 || r.Covers[0].Org != "S1" || !r.Covers[0].To.Equal(day(28)) {
		t.Errorf("%+v, %v", r, err)
	}
	for what, c := range map[string]struct {
		z    ZeroReport
		by   Sender
		want error
	}{
		"a stranger's unit": {ZeroReport{Profile: "plain", Org: "S2", From: day(1), To: day(28)}, hers, ErrUnit},
		"no ledger":         {ZeroReport{From: day(1), To: day(28)}, hers, ErrChoice},
		"unknown ledger":    {ZeroReport{Profile: "none", From: day(1), To: day(28)}, hers, ErrChoice},
		"which unit":        {z, Sender{Account: "录入二", Units: []string{"S1", "S2"}}, ErrChoice},
	} {
		if _, err := s.desk.Zero(t.Context(), c.z, c.by); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	release := s.hold()
	defer release()
	if _, err := s.desk.Zero(t.Context(), z, whole); !errors.Is(err, warehouse.ErrBusy) {
		t.Errorf("while the ledger is loaded: %v", err)
	}
}
