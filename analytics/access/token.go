package access

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Token lets a program ask in an account's name, with one of its roles.
type Token struct {
	ID, Label string
	Grant     Grant // what it may do; Until is its end
	UsedAt    time.Time
}

// NewToken is what a token begins with.
type NewToken struct {
	Label string // what it is for
	Role  Role
	Org   string
	Until time.Time
}

type token struct {
	ID    string `json:"id"`
	Hash  string `json:"hash"`
	Label string `json:"label"`
	Grant Grant  `json:"grant"`
}

const (
	tokenPrefix  = "gst_" // so that a lost token is recognised for what it is
	maxTokens    = 20     // of an account
	maxTokenDays = 366
)

// covers says whether an account holds, at a moment, what a token's grant says.
func (a *account) covers(g Grant, now time.Time) bool {
	return slices.ContainsFunc(a.Grants, func(h Grant) bool { return h.Role == g.Role && h.Live(now) && (h.Org == "" || h.Org == g.Org) })
}

// IssueToken makes a token and gives its secret, which is not kept. A token never holds protected fields or stars, and is
// never an administrator's or auditor's.
func (s *Store) IssueToken(by Actor, name string, n NewToken) (secret string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Now()
	refuse := func(format string, args ...any) error { return refusal{ErrToken, fmt.Sprintf(format, args...)} }
	switch chars := utf8.RuneCountInString(n.Label); {
	case chars < 1 || chars > 40 || strings.ContainsFunc(n.Label, unicode.IsControl):
		return "", refuse("请用 1 至 40 个字写明令牌的用途")
	case n.Until.IsZero() || !now.Before(n.Until) || n.Until.After(now.AddDate(0, 0, maxTokenDays)):
		return "", refuse("令牌的截止日期应在今天之后、%d 天之内", maxTokenDays)
	case n.Role == Administrator || n.Role == Auditor:
		return "", refuse("%s不能使用令牌", n.Role.Label())
	}
	secret = tokenPrefix + rand.Text()
	t := token{ID: rand.Text()[:8], Hash: hashOf(secret), Label: n.Label, Grant: Grant{Role: n.Role, Org: n.Org, Until: n.Until, By: by.Account, At: now}}
	err = s.change(by, Rights, "发令牌 "+t.ID+" "+t.Grant.object(), name, false, func(a *account) error {
		switch {
		case a.Disabled:
			return refuse("账号已停用，请先恢复")
		case !a.covers(t.Grant, now):
			return refuse("令牌的角色和单位应是这个账号现有的一项授权")
		case len(a.Tokens) >= maxTokens:
			return refuse("一个账号最多有 %d 个令牌，请先撤销不用的", maxTokens)
		}
		a.Tokens = append(a.Tokens, t)
		return nil
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// RevokeToken ends a token.
func (s *Store) RevokeToken(by Actor, name, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[fold(name)]
	if a == nil {
		return errUnknown
	}
	if !slices.ContainsFunc(a.Tokens, func(t token) bool { return t.ID == id }) {
		return refusal{ErrToken, "没有这个令牌，可能已经撤销，请刷新页面"}
	}
	delete(s.used, id)
	return s.change(by, Rights, "撤销令牌 "+id, name, false, func(a *account) error {
		a.Tokens = slices.DeleteFunc(a.Tokens, func(t token) bool { return t.ID == id })
		return nil
	})
}

// Bearer is who an API token belongs to; ok is false where it opens nothing.
func (s *Store) Bearer(secret, address string) (c *Caller, ok bool) {
	if !strings.HasPrefix(secret, tokenPrefix) {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	hash, now := hashOf(secret), s.o.Now()
	for _, a := range s.accounts {
		for _, t := range a.Tokens {
			if t.Hash != hash {
				continue
			}
			if a.Disabled || !t.Grant.Live(now) || !a.covers(t.Grant, now) {
				return nil, false
			}
			s.used[t.ID] = now
			return &Caller{Account: a.Name, Name: a.Display, Grants: []Grant{t.Grant}, Token: t.ID, Address: address}, true
		}
	}
	return nil, false
}
