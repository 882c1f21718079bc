package analytics

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// What is owed, and attributes of the register, are worked out in memory where that is enough. The statements that do
// without, by writing out every cell and every valued unit, give the same answers.
func TestMemoryAgreesWithTheStatement(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 8))
	pick := func(from ...string) string { return from[rng.IntN(len(from))] }
	f := newFixture(t)
	ledgers(t, f, rng)
	cat := siteFS{}.load(t)
	shifted := siteFS{"config.toml": "[site]\nday_cut_hour = 12\n"}.load(t)
	inMemory := 0
	for n := range 30 {
		q := Query{
			Metrics: []string{"patrol_rate", "joint_meeting_rate", "org_life_rate", "households", "population", "area_km2"}, Scope: units.Everything(),
			From: moment(t, pick("2026-01-01", "2026-01-11", "2026-02-01T10:00")), To: moment(t, pick("2026-03-01", "2026-04-01", "2026-07-05")),
			Now: moment(t, pick("2026-02-10", "2026-03-15T10:00", "2026-08-01")), Compare: []Compare{NoCompare, Prev, YoY}[rng.IntN(3)],
		}
		for _, dim := range []string{"org:street", "org:community", "org:grid", "org:building", "org:branch", pick("month", "day", "quarter")} {
			if rng.IntN(4) == 0 {
				q.Dims = append(q.Dims, dim)
			}
		}
		switch rng.IntN(3) {
		case 0:
			q.Scope = units.Only(pick("C1", "C2", "S1"), pick("G31", "E1"))
		case 1:
			q.Org = pick("S1", "C1", "C2", "G31", "E1", "B1")
		}
		of := []*catalog.Catalog{cat, shifted}[n%2]
		err := f.w.View(t.Context(), func(v *warehouse.View) error {
			answer := func(build func(*plan) statement) []Row {
				p, err := prepare(t.Context(), v, of, q, loadRegister)
				if err != nil {
					t.Fatalf("%+v: %v", q, err)
				}
				st := build(p)
				rows, err := warehouse.Rows(t.Context(), v, p.scanRow(), st.SQL, st.Args...)
				if err != nil {
					t.Fatalf("%+v: %v", q, err)
				}
				if slices.ContainsFunc(p.leaves, func(l *leaf) bool { return l.known != nil }) {
					inMemory++
				}
				return rows
			}
			got := answer((*plan).build)
			want := answer(func(p *plan) statement {
				b := p.builder()
				var dues []*leaf
				for _, l := range b.leaves {
					if l.metric.Type == catalog.Due {
						dues = append(dues, l)
					} else {
						b.single(l)
					}
				}
				b.dueCells(dues)
				b.spine()
				return b.statement(b.answer())
			})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%+v: (-statement +memory)\n%s", q, diff)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if inMemory == 0 {
		t.Error("no register was complete, so that nothing was compared")
	}
}

// Only letters and digits may stand in a statement; whatever could end a literal is bound.
func TestTextsInStatements(t *testing.T) {
	for _, x := range []struct {
		situation, text, want string
		bound                 []any
	}{
		{"a code", "CS", "'CS'", nil},
		{"a name", "物业管理3", "'物业管理3'", nil},
		{"a quote", "x' OR '1'='1", "$1", []any{"x' OR '1'='1"}},
		{"a comment", "x--", "$1", []any{"x--"}},
		{"a null character", "x\x00", "$1", []any{"x\x00"}},
		{"a space", "a b", "$1", []any{"a b"}},
		{"not a text", "\xff'", "$1", []any{"\xff'"}},
		{"nothing", "", "$1", []any{""}},
	} {
		t.Run(x.situation, func(t *testing.T) {
			b := (&plan{}).builder()
			got, again := b.bind(x.text), b.bind(x.text)
			if got != x.want || again != got || !cmp.Equal(b.args, x.bound) {
				t.Errorf("%s, again %s, bound %q; want %s, %q", got, again, b.args, x.want, x.bound)
			}
		})
	}
}
