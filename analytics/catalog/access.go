package catalog

import (
	"fmt"
	"time"
)

// Policies of passwords.
const (
	ASVS = "asvs" // OWASP ASVS 5.0 §6.2: length and a block list, no composition, no forced change
	DJBH = "djbh" // 等保2.0 (GB/T 22239-2019 8.1.4.1): composition and regular change, beside the block list
)

// Access is the [access] table of config.toml: passwords and sessions.
type Access struct {
	Policy     string `toml:"policy"`       // ASVS or DJBH
	MaxAgeDays int    `toml:"max_age_days"` // of a password, under DJBH
	History    int    `toml:"history"`      // passwords that are not taken again, the present one included

	IdleMinutes int `toml:"idle_minutes"` // without a request a session ends
	Hours       int `toml:"hours"`        // at most, however busy

	Failures    int `toml:"failures"`     // within LockMinutes close a name, or an address, …
	LockMinutes int `toml:"lock_minutes"` // … for this long
}

// MinLength is the fewest characters of a password.
func (a Access) MinLength() int {
	if a.Policy == DJBH {
		return 8
	}
	return 12
}

// MaxAge is how long a password may be used; 0 is for ever.
func (a Access) MaxAge() time.Duration {
	if a.Policy != DJBH {
		return 0
	}
	return time.Duration(a.MaxAgeDays) * 24 * time.Hour
}

// Idle is how long a session lasts without a request.
func (a Access) Idle() time.Duration { return time.Duration(a.IdleMinutes) * time.Minute }

// Longest is how long a session lasts in any case.
func (a Access) Longest() time.Duration { return time.Duration(a.Hours) * time.Hour }

// Lock is the time within which failures count together, and for which they close a name.
func (a Access) Lock() time.Duration { return time.Duration(a.LockMinutes) * time.Minute }

func (a Access) check() (key, text string) {
	if a.Policy != ASVS && a.Policy != DJBH {
		return "policy", "口令规则“" + a.Policy + "”应为 asvs（长度加常见口令表）或 djbh（等保：三类字符，定期更换）"
	}
	for _, n := range []struct {
		key       string
		value     int
		low, high int
		what      string
	}{
		{"max_age_days", a.MaxAgeDays, 30, 365, "口令更换周期（天）"},
		{"history", a.History, 1, 24, "不能重复使用的口令个数"},
		{"idle_minutes", a.IdleMinutes, 5, 480, "不操作后退出的时间（分钟）"},
		{"hours", a.Hours, 1, 24, "一次登录的最长时间（小时）"},
		{"failures", a.Failures, 3, 10, "暂停登录前可以输错的次数"},
		{"lock_minutes", a.LockMinutes, 5, 1440, "暂停登录的时间（分钟）"},
	} {
		if n.value < n.low || n.value > n.high {
			return n.key, fmt.Sprintf("%s应为 %d 至 %d", n.what, n.low, n.high)
		}
	}
	return "", ""
}
