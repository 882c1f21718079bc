package access

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gridstar/analytics/warehouse"
)

// objects are the lines of an event, the oldest first, as “object outcome”.
func (h *house) objects(e Event) []string {
	h.t.Helper()
	p, err := h.o.Log.Find(h.t.Context(), Filter{Event: e, Limit: 1000})
	h.must(err)
	var all []string
	for _, e := range slices.Backward(p.Entries) {
		all = append(all, e.Object+" "+string(e.Outcome))
	}
	return all
}

// The log names account, role and codes of everything that changes rights; it never shows how somebody is called.
func TestWhatTheLogSays(t *testing.T) {
	h := newHouse(t)
	h.must(h.Add(boss, NewAccount{Name: "wang", Display: "王建国", Grants: []Grant{
		{Role: StreetLeader, Org: "330100001", Petitions: true, Until: h.clock.now().AddDate(0, 1, 0)}, {Role: Evaluator, Stars: []string{"PA", "GJ"}},
	}}))
	h.must(h.Give(boss, "wang", Grant{Role: Clerk, Org: strings.Repeat("长", 21), Care: true}))
	h.must(h.Take(boss, "WANG", "2"))
	h.must(h.Rename(boss, "wang", "王建军"))
	_, err := h.IssueToken(boss, "wang", NewToken{Label: "给王建国", Role: StreetLeader, Org: "330100001", Until: h.clock.now().AddDate(0, 0, 1)})
	h.must(err)
	a, _ := h.Account("wang")
	wants(t, "one's own rights", h.Give(Actor{Account: "Wang"}, "wang", Grant{Role: DistrictLeader}), ErrGrant)
	h.must(h.RevokeToken(boss, "wang", a.Tokens[0].ID))
	h.must(h.Disable(boss, "wang"))
	h.must(h.Enable(boss, "wang"))
	long := "授权 clerk org=" + strings.Repeat("长", 21) + " care" // 85 bytes of 200
	want := []string{
		"开通账号 wang done",
		"授权 street_leader org=330100001 petitions until=2026-11-30 wang done",
		"授权 evaluator stars=GJ,PA wang done",
		long + " wang done",
		"撤销授权 evaluator stars=GJ,PA wang done",
		"改显示名 wang done",
		"发令牌 " + a.Tokens[0].ID + " street_leader org=330100001 until=2026-10-31 wang done",
		"授权 district_leader wang denied",
		"撤销令牌 " + a.Tokens[0].ID + " wang done",
		"停用账号 wang done",
		"恢复账号 wang done",
	}
	if got := h.objects(Rights); !slices.Equal(got, want) {
		t.Errorf("lines\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := objectOf("授权", strings.Repeat("长", 100), strings.Repeat("名", 32)); len(got) > maxField || !strings.HasSuffix(got, "长 "+strings.Repeat("名", 32)) {
		t.Errorf("%d bytes: %s", len(got), got)
	}
	_, err = h.Setup()
	h.must(err)
	_, err = h.Entrance("wang")
	h.must(err)
	_, err = h.Invite(boss, "wang")
	h.must(err)
	if got := h.objects(Password); !slices.Equal(got, []string{"发设立管理员的链接 done", "发一次性入口 wang done", "发一次性链接 wang done"}) {
		t.Errorf("%q", got)
	}
	files, err := filepath.Glob(filepath.Join(h.dir, "audit", "*"))
	h.must(err)
	for _, name := range files {
		b, err := os.ReadFile(name)
		h.must(err)
		for _, word := range []string{"王建国", "王建军", "给王"} {
			if strings.Contains(string(b), word) {
				t.Errorf("the log holds %s", word)
			}
		}
	}
}

// Where somebody has signed in before, the loss of the accounts does not make the directory a new one that anybody can set
// up.
func TestLostAccounts(t *testing.T) {
	h := newHouse(t)
	h.person("boss", Grant{Role: Administrator})
	h.must(h.Close())
	h.must(os.Remove(filepath.Join(h.dir, "accounts.json")))
	_, err := OpenStore(warehouse.Dir(h.dir), h.o)
	wants(t, "without accounts.json", err, ErrFile)
}

// What a hand has put into the file is held to the rules for what comes in by the front door.
func TestAccountsEditedByHand(t *testing.T) {
	const digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	head, tail := `{"format":1,"accounts":[{"name":"wang","display":"王","created":"2026-01-01T00:00:00Z"`, `}]}`
	for text, ok := range map[string]bool{
		``: true,
		`,"grants":[{"id":"1","role":"clerk","by":"x","at":"2026-01-01T00:00:00Z"}],"invite":{"hash":"` + digest + `","until":"2026-01-01T00:00:00Z"}`:  true,
		`,"tokens":[{"id":"t","hash":"` + digest + `","label":"x","grant":{"id":"","role":"clerk","by":"x","at":"2026-01-01T00:00:00Z"}}]`:              true,
		`,"grants":[{"id":"","role":"clerk","by":"x","at":"2026-01-01T00:00:00Z"}]`:                                                                     false,
		`,"grants":[{"id":"1","role":"king","by":"x","at":"2026-01-01T00:00:00Z"}]`:                                                                     false,
		`,"grants":[{"id":"1","role":"administrator","org":"S1","by":"x","at":"2026-01-01T00:00:00Z"}]`:                                                 false,
		`,"grants":[{"id":"1","role":"clerk","by":"x","at":"2026-01-01T00:00:00Z"},{"id":"1","role":"secretary","by":"x","at":"2026-01-01T00:00:00Z"}]`: false,
		`,"invite":{"hash":"x","until":"2026-01-01T00:00:00Z"}`:                                                                                         false,
		`,"tokens":[{"id":"t","hash":"","label":"x","grant":{"id":"","role":"clerk","by":"x","at":"2026-01-01T00:00:00Z"}}]`:                            false,
		`,"tokens":[{"id":"t","hash":"` + digest + `","label":"x","grant":{"id":"","role":"administrator","by":"x","at":"2026-01-01T00:00:00Z"}}]`:      false,
		`,"password":"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"`:                                             true,
		`,"password":"$argon2id$v=19$m=064,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"`:                                            false,
		`,"password":"$argon2id$v=19$m=64,t=1,p=1x$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"`:                                            false,
		`,"password":"$argon2id$v=19$m=64,t=1,p=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"`:                                             false,
		`,"past":["word"]`: false,
	} {
		if _, err := readAccounts([]byte(head + text + tail)); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}
