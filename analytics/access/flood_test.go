package access

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// A flood of refusals is counted, not written; nothing else is ever left out.
func TestFlood(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	l := openLog(t, dir, c)
	deny := func(address string) {
		t.Helper()
		if err := l.Write(Actor{Address: address}, SignIn, "口令不正确", Denied); err != nil {
			t.Fatal(err)
		}
	}
	for range 1000 {
		deny("10.0.0.1")
	}
	deny("10.0.0.2")
	add(t, l, "at work")
	if p, _ := l.Find(t.Context(), Filter{Limit: 5000}); len(p.Entries) != singlyFrom+2 {
		t.Errorf("%d lines in the first minute", len(p.Entries))
	}
	c.pass(time.Minute)
	add(t, l, "later")
	p, err := l.Find(t.Context(), Filter{Limit: 2})
	if err != nil || p.Entries[1].Count != 1000-singlyFrom || p.Entries[1].Address != "10.0.0.1" || p.Entries[1].Outcome != Denied {
		t.Errorf("%+v %v", p.Entries, err)
	}
	for i := range 5000 { // from everywhere
		deny(fmt.Sprintf("10.1.%d.%d", i/250, i%250))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openLog(t, dir, c)
	p, err = l.Find(t.Context(), Filter{Event: SignIn, Limit: 9999})
	total := 0
	for _, e := range p.Entries {
		total += max(1, e.Count)
	}
	if err != nil || total != 6001 || len(p.Entries) > singlyAll+singlyFrom+singlyFrom+5 {
		t.Errorf("%d refusals in %d lines, %v", total, len(p.Entries), err)
	}
}

// While strangers knock from everywhere, what is refused to people who are signed in is still written under their names.
func TestAFloodHidesNobody(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	l := openLog(t, dir, c)
	for i := range 1000 {
		if err := l.Write(Actor{Account: fmt.Sprint("name", i), Address: fmt.Sprint("10.1.0.", i%100)}, SignIn, "口令不正确", Denied); err != nil {
			t.Fatal(err)
		}
	}
	for i := range singlyFrom + 5 {
		if err := l.Write(Actor{Account: "li", Address: "10.1.0.7"}, Refused, fmt.Sprint("GET /records org=", i), Denied); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openLog(t, dir, c)
	p, err := l.Find(t.Context(), Filter{Account: "li"})
	if err != nil || len(p.Entries) != singlyFrom+1 {
		t.Fatalf("%d lines, %v", len(p.Entries), err)
	}
	if guesses, _ := l.Find(t.Context(), Filter{Event: SignIn, Limit: 9999}); len(guesses.Entries) != singlyAll+1 || guesses.Entries[0].Count != 1000-singlyAll {
		t.Errorf("%d lines of guesses", len(guesses.Entries))
	}
	if e := p.Entries[0]; e.Count != 5 || e.Address != "10.1.0.7" || e.Event != Refused || e.Object != "2026-10-30 09:00 起一分钟内的其他拒绝" {
		t.Errorf("%+v", e)
	}
	if e := p.Entries[1]; e.Object != fmt.Sprint("GET /records org=", singlyFrom-1) || e.Count != 0 {
		t.Errorf("%+v", e)
	}
}

// Counted refusals that could not be written are still counted.
func TestCountedRefusalsOutliveAFailedWrite(t *testing.T) {
	_, l, c := months(t)
	for range 50 {
		if err := l.Write(Actor{Address: "10.0.0.1"}, SignIn, "口令不正确", Denied); err != nil {
			t.Fatal(err)
		}
	}
	good := l.file
	ro, err := os.Open(l.path(l.month))
	if err != nil {
		t.Fatal(err)
	}
	defer ro.Close()
	c.pass(time.Minute)
	l.file = ro
	if err := l.Write(Actor{Account: "wang"}, Viewed, "lost", Done); err == nil {
		t.Fatal("written")
	}
	l.file = good
	c.pass(time.Minute)
	add(t, l, "after")
	p, err := l.Find(t.Context(), Filter{Event: SignIn, Limit: 1})
	if err != nil || p.Entries[0].Count != 50-singlyFrom {
		t.Errorf("%+v %v", p.Entries, err)
	}
}

// The counted refusals of the last minute of a month begin the next month's file, together with the line that comes then.
func TestAFloodAtTheEndOfAMonth(t *testing.T) {
	_, l, c := months(t)
	for range 50 {
		if err := l.Write(Actor{Address: "10.0.0.1"}, SignIn, "口令不正确", Denied); err != nil {
			t.Fatal(err)
		}
	}
	c.pass(31 * 24 * time.Hour)
	add(t, l, "after")
	if r := verify(t, l); !r.OK() || r.Lines != 12+singlyFrom+2 {
		t.Errorf("%+v", r)
	}
}
