package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestDoor(t *testing.T) {
	d, key := NewDoor()
	now := date("2026-11-22")
	d.now = func() time.Time { return now }
	var next string
	d.Opened = func(k string) { next = k }

	if _, ok := d.enter("guess"); ok || next != "" {
		t.Fatal("a guess opened the door")
	}
	session, ok := d.enter(key)
	if !ok || next == "" || next == key {
		t.Fatalf("the link: %v, next %q", ok, next)
	}
	if _, ok := d.enter(key); ok {
		t.Error("the link opened twice")
	}
	if !d.inside(session) || d.inside("") || d.inside(key) || d.inside(next) {
		t.Error("who is inside")
	}
	second, ok := d.enter(next)
	if !ok || second == session {
		t.Error("the next link")
	}
	now = now.Add(sessionLife - time.Minute)
	if !d.inside(session) {
		t.Error("gone before its time")
	}
	now = now.Add(sessionLife - time.Minute) // since the last visit
	if !d.inside(session) {
		t.Error("a visit did not keep the session alive")
	}
	if d.inside(second) {
		t.Error("nobody came for a day")
	}
}

func TestLoopbackHost(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:8080": true, "localhost": true, "[::1]:8080": true, "127.0.0.1": true,
		"evil.example:8080": false, "127.0.0.1.evil.example": false, "10.0.0.5:8080": false, "": false, "localhost.evil.example:80": false,
	} {
		if got := loopbackHost(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}

// Whoever has not come in is told that an address does not exist, and not whose data this is.
func TestStrangersLearnNothing(t *testing.T) {
	s := starSite(t)
	s.Version = "v9.9.9"
	s.Door, _ = NewDoor()
	for _, url := range []string{"/nowhere", "/", "/enter?key=guess", "/enter?key=%ff"} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1"+url, nil))
		if w.Code < 400 {
			t.Errorf("%s: %d", url, w.Code)
		}
		for _, secret := range []string{"示范区", s.Version, "/stars"} {
			if strings.Contains(w.Body.String(), secret) {
				t.Errorf("%s tells %q", url, secret)
			}
		}
	}
}

// A list that does not know kinds opens with one in its address as a page and as a file.
func TestRowsWithoutKinds(t *testing.T) {
	s := starSite(t)
	for _, format := range []string{"", "&format=csv"} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1/records?metric=joint_meeting_rate&kind=SQ&per=year&at=2026"+format, nil))
		if w.Code != http.StatusOK {
			t.Errorf("%q: %d %s", format, w.Code, w.Body)
		}
	}
}
