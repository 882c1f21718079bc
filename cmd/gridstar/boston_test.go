package main

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// The answers for the Boston sample are computed a second time from the CSV alone, row by row, without the
// warehouse, the catalogue or the profile (issue A, point 4).
func TestBostonAgainstTheBareFile(t *testing.T) {
	data := filepath.Join("..", "..", "..", "shared", "data", "boston")
	file := filepath.Join(data, "boston311_2022_raw_sample.csv")
	if _, err := os.Stat(file); err != nil {
		t.Skip("the shared data are not here")
	}
	p := product{t, filepath.Join(t.TempDir(), "D")}
	p.must("grids", "load", filepath.Join(data, "Wards.geojson"), "--level", "community", "--code", "WARD", "--crs", "wgs84", "--repair")
	var load struct{ Rows, Accepted, Rejected int64 }
	p.must("ingest", file, "--json").into(t, &load)
	if load.Rows != 4995 || load.Accepted != 4995 {
		t.Fatalf("load: %+v", load)
	}
	for _, now := range []string{"2022-06-30 12:00:00", "2025-06-01 00:00:00"} {
		var got []bostonAnswer
		p.must("query", "on_time_rate", "no_deadline", "close_rate", "handle_hours_p50", "--by", "dept",
			"--from", "2015-01-01", "--to", "2025-06-01", "--now", now, "--json").into(t, &got)
		want := bostonByHand(t, file, now)
		if len(got) != len(want) {
			t.Errorf("now %s: %d departments, want %d", now, len(got), len(want))
		}
		for _, g := range got {
			w, ok := want[g.Dept]
			if !ok {
				t.Errorf("now %s: department %q is not in the file", now, g.Dept)
				continue
			}
			w.compare(t, now, g)
		}
	}
	var wards []struct {
		Code     *string `json:"org:community"`
		Received int64
	}
	p.must("query", "received", "--by", "org:community", "--from", "2015-01-01", "--to", "2025-06-01", "--json").into(t, &wards)
	if len(wards) < 22 || len(wards) > 23 { // 22 wards, and perhaps the rows without one
		t.Errorf("%d wards: three spellings must be one code each", len(wards))
	}
}

type bostonAnswer struct {
	Dept       string   `json:"dept"`
	OnTime     *float64 `json:"on_time_rate"`
	OnTimeN    float64  `json:"on_time_rate_n"`
	OnTimeD    float64  `json:"on_time_rate_d"`
	NoDeadline float64  `json:"no_deadline"`
	CloseN     float64  `json:"close_rate_n"`
	CloseD     float64  `json:"close_rate_d"`
	Hours      *float64 `json:"handle_hours_p50"`
	HoursN     float64  `json:"handle_hours_p50_n"`
	HoursNote  *string  `json:"handle_hours_p50_note"`
}

// byHand is what a person with the file and a calculator finds for one department.
type byHand struct {
	onTime, due, noDeadline, closed, received int
	hours                                     []float64
}

func bostonByHand(t *testing.T, file, nowText string) map[string]*byHand {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	col := func(name string) int { return slices.Index(rows[0], name) }
	open, target, closed, dept := col("OPEN_DT"), col("TARGET_DT"), col("CLOSED_DT"), col("SUBJECT")
	at := func(s string) (time.Time, bool) {
		v, err := time.Parse(time.DateTime, s)
		return v, err == nil
	}
	now, _ := at(nowText)
	out := map[string]*byHand{}
	for _, r := range rows[1:] {
		h := out[r[dept]]
		if h == nil {
			h = &byHand{}
		}
		received, ok := at(r[open])
		if !ok {
			t.Fatalf("OPEN_DT %q", r[open])
		}
		end, ended := at(r[closed])
		ended = ended && !end.After(now)
		due, hasDue := at(r[target])
		if !received.After(now) {
			h.received++
			if ended {
				h.closed++
			}
			if !hasDue {
				h.noDeadline++
			}
			if hasDue && (ended || due.Before(now)) {
				h.due++
				if ended && !end.After(due) {
					h.onTime++
				}
			}
			out[r[dept]] = h
		}
		if ended && !received.After(now) && !end.Before(received) {
			h.hours = append(h.hours, end.Sub(received).Seconds()/3600)
			out[r[dept]] = h
		}
	}
	return out
}

// median interpolates between the two middle values, as quantile_cont does.
func (h *byHand) median() float64 {
	slices.Sort(h.hours)
	n := len(h.hours)
	return (h.hours[(n-1)/2] + h.hours[n/2]) / 2
}

func (h *byHand) compare(t *testing.T, now string, g bostonAnswer) {
	t.Helper()
	const minN = 5 // DESIGN §4, on_time_rate
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"on_time_rate_n", g.OnTimeN, float64(h.onTime)},
		{"on_time_rate_d", g.OnTimeD, float64(h.due)},
		{"no_deadline", g.NoDeadline, float64(h.noDeadline)},
		{"close_rate_n", g.CloseN, float64(h.closed)},
		{"close_rate_d", g.CloseD, float64(h.received)},
		{"handle_hours_p50_n", g.HoursN, float64(len(h.hours))},
	} {
		if c.got != c.want {
			t.Errorf("now %s, %s: %s is %v, by hand %v", now, g.Dept, c.what, c.got, c.want)
		}
	}
	if h.due >= minN {
		if want := 100 * float64(h.onTime) / float64(h.due); g.OnTime == nil || math.Abs(*g.OnTime-want) > 1e-9 {
			t.Errorf("now %s, %s: on_time_rate is %v, by hand %v", now, g.Dept, g.OnTime, want)
		}
	} else if g.OnTime != nil {
		t.Errorf("now %s, %s: a rate of %d rows is shown", now, g.Dept, h.due)
	}
	if g.Hours != nil {
		if want := h.median(); math.Abs(*g.Hours-want) > 1e-6 {
			t.Errorf("now %s, %s: handle_hours_p50 is %v, by hand %v", now, g.Dept, *g.Hours, want)
		}
	} else if len(h.hours) >= 30 {
		t.Errorf("now %s, %s: no median of %d durations: %v", now, g.Dept, len(h.hours), g.HoursNote)
	}
}
