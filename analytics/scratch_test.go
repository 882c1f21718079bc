package analytics

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

func TestScratch(t *testing.T) {
	dir := os.Getenv("SCRATCH")
	if dir == "" {
		t.Skip()
	}
	lease, err := warehouse.Acquire(warehouse.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Release()
	w, err := warehouse.Open(t.Context(), lease, warehouse.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	cat, _ := catalog.Load(nil)
	month := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	next := month.AddDate(0, 1, 0)
	now := time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC)
	all := func(r *sql.Rows) (string, error) {
		cols, _ := r.Columns()
		vals := make([]any, len(cols))
		for i := range vals {
			vals[i] = new(any)
		}
		err := r.Scan(vals...)
		var s []string
		for _, v := range vals {
			s = append(s, fmt.Sprint(*v.(*any)))
		}
		return strings.Join(s, "\t"), err
	}
	w.View(context.Background(), func(v *warehouse.View) error {
		q := func(label, text string, args ...any) {
			var best time.Duration = time.Hour
			n := 0
			for range 15 {
				s := time.Now()
				rows, err := warehouse.Rows(context.Background(), v, all, text, args...)
				if err != nil {
					t.Fatal(label, err)
				}
				n = len(rows)
				best = min(best, time.Since(s))
			}
			t.Logf("%8.2f ms %5d rows %s", float64(best.Microseconds())/1000, n, label)
		}
		for range 3 {
			st := time.Now()
			r, _ := loadRegister(context.Background(), v, nil, now)
			t.Log("register", time.Since(st), r.tree.Len())
		}
		cards := []string{
			"received", "on_time_rate", "three_rates_score", "response_rate", "resolve_rate", "satisfaction_rate",
			"handle_hours_p50", "handle_hours_p90", "grassroots_resolved_share",
		}
		for i, qq := range []Query{
			{Metrics: cards, From: month, To: next, Compare: Prev},
			{Metrics: []string{"received"}, From: month, To: next},
			{Metrics: []string{"received", "on_time_rate", "three_rates_score", "received_per_1000_households"}, Dims: []string{"org:street"}, From: month, To: next, Compare: Prev},
			{Metrics: []string{"received_per_1000_households"}, Dims: []string{"org:street"}, From: month, To: next, Compare: Prev},
			{Metrics: []string{"received"}, Dims: []string{"category"}, From: month, To: next, Compare: Prev},
			{Metrics: []string{"received", "closed"}, Dims: []string{"month"}, From: month.AddDate(-1, 0, 0), To: next},
			{Metrics: []string{"joint_meeting_rate"}, From: month, To: next},
			{Metrics: []string{"received"}, Dims: []string{"category", "org:street", "dept", "status"}, From: month, To: next, Fold: []Fold{{Dim: "category"}}},
		} {
			qq.Now, qq.Scope = now, units.Everything()
			p, err := newPlan(cat, qq)
			if err != nil {
				t.Fatal(err)
			}
			r, _ := loadRegister(context.Background(), v, nil, now)
			p.stand(r)
			s0 := time.Now()
			st := p.build()
			t.Log("build", time.Since(s0))
			s0 = time.Now()
			newCoverage(p)
			t.Log("coverage", time.Since(s0))
			q(fmt.Sprint("query ", i), st.SQL, st.Args...)
			ex := st.SQL
			for k := len(st.Args); k > 0; k-- {
				s := fmt.Sprint(st.Args[k-1])
				if tt, ok := st.Args[k-1].(time.Time); ok {
					s = tt.Format("2006-01-02 15:04:05")
				}
				ex = strings.ReplaceAll(ex, fmt.Sprintf("$%d,", k), "'"+s+"',")
				ex = strings.ReplaceAll(ex, fmt.Sprintf("$%d ", k), "'"+s+"' ")
				ex = strings.ReplaceAll(ex, fmt.Sprintf("$%d)", k), "'"+s+"')")
			}
			os.WriteFile(fmt.Sprintf("/tmp/analytics-q%d.sql", i), []byte(ex), 0o644)
			var a *Answer
			best := time.Hour
			for range 15 {
				s0 = time.Now()
				a, _ = run(context.Background(), v, cat, qq, func(context.Context, *warehouse.View, *int64, time.Time) (*register, error) { return r, nil })
				best = min(best, time.Since(s0))
			}
			t.Log("run", best, len(a.Rows))
		}
		return nil
	})
}
