package units

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"gridstar/analytics/warehouse"
)

// store writes versions of units as one job and returns its data version.
func store(t testing.TB, w *warehouse.Warehouse, us []Unit) int64 {
	t.Helper()
	ctx := context.Background()
	job, err := w.Begin(ctx, warehouse.Spec{Verb: "test", All: true})
	if err != nil {
		t.Fatal(err)
	}
	defer job.Abandon()
	b, err := openBook(ctx, job)
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range us {
		b.put(u, int64(i+1))
	}
	if err := b.save(ctx, w, job); err != nil {
		t.Fatal(err)
	}
	v, err := job.Publish(ctx, warehouse.Totals{Rows: int64(len(us)), Accepted: int64(len(us))})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// paths runs PathSQL: one text per row, sorted.
func paths(t testing.TB, w *warehouse.Warehouse, asOf *int64, on time.Time) []string {
	t.Helper()
	var out []string
	err := w.View(context.Background(), func(v *warehouse.View) (err error) {
		out, err = warehouse.Rows(context.Background(), v, func(r *sql.Rows) (string, error) {
			var code, level, tree, ancestor string
			err := r.Scan(&code, &level, &tree, &ancestor)
			return fmt.Sprintf("%s %s → %s (%s)", code, level, ancestor, tree), err
		}, "WITH unit_path AS MATERIALIZED ("+PathSQL(asOf, on)+") SELECT code, level, tree, ancestor FROM unit_path")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// modelPaths computes the same from the sentences of PathSQL's comment, unit by unit.
func modelPaths(versions []Unit, on time.Time) []string {
	in := map[string]Unit{}
	for _, u := range versions {
		old, ok := in[u.Code]
		better := !ok
		if ok {
			switch valid, was := u.In(on), old.In(on); {
			case valid != was:
				better = valid
			case u.ValidFrom.After(on) != old.ValidFrom.After(on): // ended before to come
				better = !u.ValidFrom.After(on)
			case u.ValidFrom.After(on):
				better = u.ValidFrom.Before(old.ValidFrom)
			default:
				better = u.ValidFrom.After(old.ValidFrom)
			}
		}
		if better {
			in[u.Code] = u
		}
	}
	up := func(u Unit) []Unit { // the unit, then those above it
		out := []Unit{u}
		for {
			p, ok := in[u.Parent]
			if !ok || p.Tree != u.Tree {
				return out
			}
			out, u = append(out, p), p
		}
	}
	var out []string
	for _, u := range in {
		for _, a := range up(u) {
			out = append(out, fmt.Sprintf("%s %s → %s (%s)", u.Code, a.Level, a.Code, a.Tree))
		}
		if u.Tree != Area {
			continue
		}
		type candidate struct {
			distance, steps, sort int
			by, org               string
		}
		best := map[string]candidate{}
		for distance, a := range up(u) {
			for _, o := range in {
				if o.Tree != Party || !slices.Contains(o.Covers, a.Code) {
					continue
				}
				for steps, p := range up(o) {
					c := candidate{distance, steps, o.Sort, o.Code, p.Code}
					old, ok := best[p.Level]
					if !ok || cmp.Or(cmp.Compare(c.distance, old.distance), cmp.Compare(c.steps, old.steps),
						cmp.Compare(c.sort, old.sort), cmp.Compare(c.by, old.by)) < 0 {
						best[p.Level] = c
					}
				}
			}
		}
		for level, c := range best {
			out = append(out, fmt.Sprintf("%s %s → %s (party)", u.Code, level, c.org))
		}
	}
	slices.Sort(out)
	return out
}

// official runs UnitSQL: the codes in order of position, invalid ones marked.
func official(t testing.TB, w *warehouse.Warehouse, asOf *int64, on time.Time) []string {
	t.Helper()
	var out []string
	err := w.View(context.Background(), func(v *warehouse.View) (err error) {
		n := 0
		out, err = warehouse.Rows(context.Background(), v, func(r *sql.Rows) (string, error) {
			var code string
			var valid bool
			var position int
			if err := r.Scan(&code, &valid, &position); err != nil {
				return "", err
			}
			if n++; position != n {
				return "", fmt.Errorf("position %d at place %d", position, n)
			}
			if !valid {
				code += "†"
			}
			return code, nil
		}, "WITH unit AS ("+UnitSQL(asOf, on)+") SELECT code, valid, position FROM unit ORDER BY position")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// randomTrees makes two trees in which levels are skipped, several organisations cover one unit, units have ended
// or are to come, and some parents are unknown.
func randomTrees(r *rand.Rand) []Unit {
	var out []Unit
	at := map[string][]string{}
	for _, tree := range []string{Area, Party} {
		var above []string // codes of all levels so far
		for _, l := range levels {
			if l.Tree != tree {
				continue
			}
			n := 1 + r.IntN(6)
			code := func(i int) string { return []string{l.ID, "区", "9"}[i%3] + l.ID + fmt.Sprint(i) } // ASCII and not
			for i := range n {
				u := unit(tree, l.ID, code(i), "", l.Label+fmt.Sprint(i), r.IntN(3))
				if len(above) > 0 && r.IntN(8) > 0 {
					u.Parent = above[r.IntN(len(above))]
				} else if r.IntN(4) == 0 {
					u.Parent = "gone"
				} else if tree == Party { // no loader lets this in; a damaged table must not mix the trees
					u.Parent = at[Area][r.IntN(len(at[Area]))]
				}
				switch r.IntN(7) {
				case 3: // ended, and to come again
					v := u
					u.ValidTo, v.ValidFrom = day("2025-06-01"), day("2026-03-02")
					if len(above) > 0 {
						v.Parent = above[r.IntN(len(above))]
					}
					out = append(out, v)
				case 0:
					u.ValidTo = day("2025-06-01") // ended
				case 1:
					u.ValidFrom = day("2027-01-01") // to come
				case 2: // a later version elsewhere in the tree
					v := u
					u.ValidTo = day("2025-06-01")
					v.ValidFrom = u.ValidTo
					if len(above) > 0 {
						v.Parent = above[r.IntN(len(above))]
					}
					v.Sort = r.IntN(3)
					out = append(out, v)
				}
				out = append(out, u)
			}
			for i := range n {
				above = append(above, code(i))
				at[tree] = append(at[tree], code(i))
			}
		}
	}
	covers := map[string][]string{}
	for _, o := range at[Party] {
		for _, a := range at[Area] {
			if r.IntN(8) == 0 {
				covers[o] = append(covers[o], a)
			}
		}
		slices.Sort(covers[o])
	}
	for i := range out {
		out[i].Covers = covers[out[i].Code]
	}
	slices.SortFunc(out, func(a, b Unit) int { return a.ValidFrom.Compare(b.ValidFrom) })
	return out
}

func TestPathSQLAgainstAModelOnRandomTrees(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	rows, conflicts := 0, 0
	for round := range 5 {
		w := openWarehouse(t)
		first := randomTrees(r)
		v1 := store(t, w, first)
		for _, on := range []time.Time{day("2024-01-01"), day("2025-06-01"), today, day("2028-01-01")} {
			got := paths(t, w, nil, on)
			if diff := gocmp.Diff(modelPaths(first, on), got); diff != "" {
				t.Fatalf("round %d on %s: %s", round, on.Format(time.DateOnly), diff)
			}
			rows += len(got)
			seen := map[string]bool{}
			for _, line := range got {
				key, _, _ := strings.Cut(line, " →")
				if seen[key] {
					t.Fatalf("round %d: %s twice: a fact would count twice", round, key)
				}
				seen[key] = true
			}

			d := directory(t, w, on)
			conflicts += len(d.CoverConflicts())
			want := []string{}
			for _, u := range d.Units() {
				code := u.Code
				if !u.In(on) {
					code += "†"
				}
				want = append(want, code)
			}
			if diff := gocmp.Diff(want, official(t, w, nil, on)); diff != "" {
				t.Fatalf("round %d: the official orders of Go and SQL differ: %s", round, diff)
			}
		}

		// The tree moves on; the earlier answer stays what it was.
		before, order := paths(t, w, &v1, today), official(t, w, &v1, today)
		second := slices.Clone(first)
		for i := range second {
			second[i].Sort = r.IntN(9)
			if r.IntN(3) == 0 {
				second[i].Parent = ""
			}
			second[i].Covers = nil
		}
		store(t, w, second)
		if diff := gocmp.Diff(before, paths(t, w, &v1, today)); diff != "" {
			t.Fatalf("round %d: the answer as of version %d changed: %s", round, v1, diff)
		}
		if diff := gocmp.Diff(order, official(t, w, &v1, today)); diff != "" {
			t.Fatalf("round %d: the order as of version %d changed: %s", round, v1, diff)
		}
		if diff := gocmp.Diff(modelPaths(second, today), paths(t, w, nil, today)); diff != "" {
			t.Fatalf("round %d, second tree: %s", round, diff)
		}
	}
	if rows < 1000 || conflicts < 20 {
		t.Errorf("the trees were too poor to tell: %d rows, %d conflicts", rows, conflicts)
	}
}

// By hand: a grid covered by its own 小区党组织, its neighbour reached through the community, a community that two
// branches cover.
func TestPathSQLByHand(t *testing.T) {
	w := openWarehouse(t)
	covering := func(u Unit, areas ...string) Unit { u.Covers = areas; return u }
	store(t, w, []Unit{
		unit(Area, "street", "S", "", "红旗街道", 1),
		unit(Area, "community", "C1", "S", "朝阳社区", 1),
		unit(Area, "grid", "G1", "C1", "第一网格", 1),
		unit(Area, "grid", "G2", "C1", "第二网格", 2),
		unit(Area, "community", "C2", "S", "光明社区", 2),
		covering(unit(Party, "committee", "PS", "", "红旗街道党工委", 1), "S"),
		covering(unit(Party, "branch", "P1", "PS", "朝阳社区党委", 1), "C1"),
		covering(unit(Party, "estate_branch", "E1", "P1", "金桂园党支部", 1), "G1"),
		covering(unit(Party, "branch", "P2b", "PS", "光明社区第二党支部", 3), "C2"),
		covering(unit(Party, "branch", "P2a", "PS", "光明社区第一党支部", 2), "C2"),
	})
	want := []string{
		"C1 branch → P1 (party)", "C1 committee → PS (party)", "C1 community → C1 (area)", "C1 street → S (area)",
		"C2 branch → P2a (party)", "C2 committee → PS (party)", "C2 community → C2 (area)", "C2 street → S (area)",
		"E1 branch → P1 (party)", "E1 committee → PS (party)", "E1 estate_branch → E1 (party)",
		"G1 branch → P1 (party)", "G1 committee → PS (party)", "G1 community → C1 (area)", "G1 estate_branch → E1 (party)", "G1 grid → G1 (area)", "G1 street → S (area)",
		"G2 branch → P1 (party)", "G2 committee → PS (party)", "G2 community → C1 (area)", "G2 grid → G2 (area)", "G2 street → S (area)",
		"P1 branch → P1 (party)", "P1 committee → PS (party)",
		"P2a branch → P2a (party)", "P2a committee → PS (party)", "P2b branch → P2b (party)", "P2b committee → PS (party)",
		"PS committee → PS (party)",
		"S committee → PS (party)", "S street → S (area)",
	}
	if diff := gocmp.Diff(want, paths(t, w, nil, today)); diff != "" {
		t.Error(diff)
	}
	conflicts := directory(t, w, today).CoverConflicts()
	if diff := gocmp.Diff([]CoverConflict{{Area: "C2", Level: "branch", By: []string{"P2a", "P2b"}}}, conflicts); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff([]string{"S", "C1", "G1", "G2", "C2", "PS", "P1", "E1", "P2a", "P2b"}, official(t, w, nil, today)); diff != "" {
		t.Error(diff)
	}
}

func TestPathSQLOfNoUnits(t *testing.T) {
	w := openWarehouse(t)
	if got := paths(t, w, nil, today); len(got) > 0 {
		t.Error(got)
	}
	if got := official(t, w, nil, today); len(got) > 0 {
		t.Error(got)
	}
}

func TestScope(t *testing.T) {
	if s := (Scope{}); !s.Empty() || s.Key() == Everything().Key() {
		t.Error("the zero scope must see nothing")
	}
	if s := Only("B", "A", "", "B"); s.Empty() || !slices.Equal(s.Units, []string{"A", "B"}) || s.Key() != Only("A", "B").Key() {
		t.Errorf("%+v", s)
	}
	if !Only("", "").Empty() || Everything().Empty() {
		t.Error("empty codes are no units")
	}
	keys := map[string]bool{}
	for _, s := range []Scope{{}, Everything(), Only("*"), Only("A"), Only("A", "B"), Only("AB")} {
		keys[s.Key()] = true
	}
	if len(keys) != 6 {
		t.Error("different scopes share a key", keys)
	}
}

func BenchmarkPathSQL(b *testing.B) {
	w := openWarehouse(b)
	us := []Unit{unit(Area, "district", "D", "", "示范区", 1)}
	for s := range 6 {
		street := fmt.Sprintf("S%d", s)
		us = append(us, unit(Area, "street", street, "D", street, s))
		for c := range 4 {
			community := fmt.Sprintf("%sC%d", street, c)
			us = append(us, unit(Area, "community", community, street, community, c))
			o := unit(Party, "branch", "P"+community, "", community, c)
			o.Covers = []string{community}
			us = append(us, o)
			for g := range 13 {
				us = append(us, unit(Area, "grid", fmt.Sprintf("%sG%d", community, g), community, "第一网格", g))
			}
		}
	}
	store(b, w, us)
	for b.Loop() {
		paths(b, w, nil, today)
	}
}
