package catalog

import (
	"testing"
	"time"
)

func TestAccessSettings(t *testing.T) {
	a := mustLoad(t).Access
	if want := (Access{ASVS, 90, 5, 30, 12, 5, 15}); a != want {
		t.Errorf("defaults %+v, want %+v", a, want)
	}
	if a.MinLength() != 12 || a.MaxAge() != 0 || a.Idle() != 30*time.Minute || a.Longest() != 12*time.Hour || a.Lock() != 15*time.Minute {
		t.Errorf("defaults read as %d characters, age %v, idle %v, longest %v, lock %v", a.MinLength(), a.MaxAge(), a.Idle(), a.Longest(), a.Lock())
	}
	a = mustLoad(t, "config.toml", "[access]\npolicy = \"djbh\"\nhours = 8").Access
	if want := (Access{DJBH, 90, 5, 30, 8, 5, 15}); a != want {
		t.Errorf("a site's %+v, want %+v", a, want)
	}
	if a.MinLength() != 8 || a.MaxAge() != 2160*time.Hour {
		t.Errorf("djbh reads as %d characters, age %v", a.MinLength(), a.MaxAge())
	}
}

func TestAccessRanges(t *testing.T) {
	good := Access{DJBH, 90, 5, 30, 12, 5, 15}
	for key, spoil := range map[string]func(a *Access, n int){
		"max_age_days": func(a *Access, n int) { a.MaxAgeDays = n },
		"history":      func(a *Access, n int) { a.History = n },
		"idle_minutes": func(a *Access, n int) { a.IdleMinutes = n },
		"hours":        func(a *Access, n int) { a.Hours = n },
		"failures":     func(a *Access, n int) { a.Failures = n },
		"lock_minutes": func(a *Access, n int) { a.LockMinutes = n },
	} {
		for _, n := range []int{-1, 0, 1 << 20} {
			a := good
			spoil(&a, n)
			if at, text := a.check(); at != key || text == "" {
				t.Errorf("%s = %d: mistake at %q: %s", key, n, at, text)
			}
		}
	}
	if key, text := good.check(); text != "" {
		t.Errorf("%s: %s", key, text)
	}
}
