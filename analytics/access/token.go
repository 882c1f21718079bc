package access

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"
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

// tokenRole says whether a token may have a role: not administrator and auditor.
func tokenRole(r Role) bool {
	k, ok := r.Kind()
	return ok && !k.Site
}

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
	switch {
	case checkDisplay(n.Label) != nil:
		return "", refuse("请用 1 至 40 个字写明令牌的用途")
	case n.Until.IsZero() || !now.Before(n.Until) || n.Until.After(now.AddDate(0, 0, maxTokenDays)):
		return "", refuse("令牌的截止日期应在今天之后、%d 天之内", maxTokenDays)
	case !tokenRole(n.Role):
		return "", refuse("令牌不能用于这个角色，请从列表中选择")
	}
	secret = tokenPrefix + rand.Text()
	t := token{ID: rand.Text()[:8], Hash: digestOf(secret), Label: n.Label, Grant: Grant{Role: n.Role, Org: n.Org, Until: n.Until, By: by.Account, At: now}}
	err = s.change(by, Rights, "发令牌", name, t.ID+" "+t.Grant.object(), false, func(a *account) error {
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
	return s.change(by, Rights, "撤销令牌", name, id, false, func(a *account) error {
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
	hash, now := digestOf(secret), s.o.Now()
	for _, a := range s.accounts {
		for _, t := range a.Tokens {
			if t.Hash != hash {
				continue
			}
			if a.Disabled || !t.Grant.Live(now) || !a.covers(t.Grant, now) {
				return nil, false
			}
			s.used[t.ID] = now
			s.keep(now)
			return &Caller{Account: a.Name, Name: a.Display, Grants: []Grant{t.Grant}, Token: t.ID, Address: address}, true
		}
	}
	return nil, false
}
