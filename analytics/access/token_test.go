package access

import (
	"strings"
	"testing"
	"time"
)

func TestTokens(t *testing.T) {
	h := newHouse(t)
	h.person("boss", Grant{Role: Administrator})
	h.person("wang", Grant{Role: StreetLeader, Org: "S1", Petitions: true}, Grant{Role: Evaluator, Org: "S2", Stars: []string{"GJ"}})
	until := h.clock.now().AddDate(0, 0, 30)
	for name, n := range map[string]NewToken{
		"a role he does not hold": {Label: "x", Role: DistrictLeader, Until: until},
		"another unit":            {Label: "x", Role: StreetLeader, Org: "S2", Until: until},
		"the whole site":          {Label: "x", Role: StreetLeader, Until: until},
		"without end":             {Label: "x", Role: StreetLeader, Org: "S1"},
		"two years":               {Label: "x", Role: StreetLeader, Org: "S1", Until: until.AddDate(2, 0, 0)},
		"without a purpose":       {Role: StreetLeader, Org: "S1", Until: until},
	} {
		_, err := h.IssueToken(boss, "wang", n)
		wants(t, name, err, ErrToken)
	}
	_, err := h.IssueToken(boss, "boss", NewToken{Label: "x", Role: Administrator, Until: until})
	wants(t, "an administrator's", err, ErrToken)
	secret, err := h.IssueToken(boss, "wang", NewToken{Label: "每日取数", Role: StreetLeader, Org: "S1", Until: until})
	h.must(err)
	c, ok := h.Bearer(secret, "10.0.0.1")
	if !ok || !c.May(Export) || c.Scope(Open).Key() != "=S1" || c.Token == "" || len(c.Stars()) != 0 {
		t.Fatalf("%+v %v", c, ok)
	}
	if h.opens(secret) || h.opens(c.Token) {
		t.Error("a token opens a session")
	}
	for _, forged := range []string{"", "gst_", secret[:len(secret)-1], strings.ToLower(secret), c.Token, h.enter("wang").Token} {
		if _, ok := h.Bearer(forged, ""); ok {
			t.Errorf("%q opens", forged)
		}
	}
	h.reopen()
	if _, ok := h.Bearer(secret, ""); !ok {
		t.Error("the next process does not know it")
	}
	h.must(h.Disable(boss, "wang"))
	if _, ok := h.Bearer(secret, ""); ok {
		t.Error("the account is disabled")
	}
	h.must(h.Enable(boss, "wang"))
	if _, ok := h.Bearer(secret, ""); ok {
		t.Error("enabling the account revived its token")
	}
	secret, err = h.IssueToken(boss, "wang", NewToken{Label: "每日取数", Role: StreetLeader, Org: "S1", Until: until})
	h.must(err)
	a, _ := h.Account("wang")
	h.must(h.RevokeToken(boss, "wang", a.Tokens[0].ID))
	if _, ok := h.Bearer(secret, ""); ok {
		t.Error("revoked")
	}
	wants(t, "revoked twice", h.RevokeToken(boss, "wang", a.Tokens[0].ID), ErrToken)
	secret, err = h.IssueToken(boss, "wang", NewToken{Label: "x", Role: StreetLeader, Org: "S1", Until: until})
	h.must(err)
	h.must(h.Take(boss, "wang", a.Grants[0].ID))
	if _, ok := h.Bearer(secret, ""); ok {
		t.Error("what it rested on is gone")
	}
	secret, err = h.IssueToken(boss, "wang", NewToken{Label: "y", Role: Evaluator, Org: "S2", Until: until})
	h.must(err)
	h.clock.pass(30 * 24 * time.Hour)
	if _, ok := h.Bearer(secret, ""); ok {
		t.Error("it has run out")
	}
}
