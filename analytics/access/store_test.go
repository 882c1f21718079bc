package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// cheap parameters, so that tests do not wait for what is meant to be slow.
var cheap = argon{64, 1, 1}

var (
	cli  = Actor{Account: CommandLine, Address: "uid 0"}
	boss = Actor{Account: "boss", Address: "10.0.0.1"}
)

const (
	good  = "梧桐 与 三只 灯笼 过河"
	other = "铁轨 旁边 的 七条 围巾"
)

// house is a store with its log and clock.
type house struct {
	*Store
	t     *testing.T
	dir   string
	clock *ticking
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), clock: newClock()}
	h.open(settings(t, ""))
	return h
}

func settings(t *testing.T, text string) catalog.Access {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return c.Access
}

// open opens the store, as a process does that starts.
func (h *house) open(a catalog.Access) {
	h.t.Helper()
	log := openLog(h.t, h.dir, h.clock)
	s, err := OpenStore(warehouse.Dir(h.dir), Options{Now: h.clock.now, Log: log, Key: testKey, Settings: a, Site: "示范区"})
	if err != nil {
		h.t.Fatal(err)
	}
	s.hasher = newHasher(cheap)
	h.Store = s
}

// reopen is the next process.
func (h *house) reopen() {
	h.t.Helper()
	h.must(h.Close())
	h.must(h.o.Log.Close())
	h.open(h.o.Settings)
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// person makes an account with a password.
func (h *house) person(name string, grants ...Grant) {
	h.t.Helper()
	h.must(h.Add(cli, NewAccount{Name: name, Display: name + "同志", Grants: grants}))
	l, err := h.Invite(cli, name)
	h.must(err)
	_, err = h.Accept(h.t.Context(), l.Key, good, Visit{Address: "10.0.0.1"})
	h.must(err)
}

func (h *house) signIn(name, password string) (SignedIn, error) {
	return h.SignIn(h.t.Context(), name, password, Visit{Address: "10.0.0.1"})
}

func (h *house) enter(name string) SignedIn {
	h.t.Helper()
	in, err := h.signIn(name, good)
	h.must(err)
	return in
}

func (h *house) opens(token string) bool {
	_, ok := h.Caller(token, "10.0.0.1")
	return ok
}

func wants(t *testing.T, what string, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: %v, want %v", what, err, kind)
	}
	if err != nil && !strings.ContainsFunc(err.Error(), func(r rune) bool { return r > 0x4e00 }) {
		t.Errorf("%s: %q is no sentence for a user", what, err)
	}
}

// A session ends without a visit, and after so long in any case; the next process knows it, or knows that it has ended.
func TestSessionsEnd(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: Clerk})
	in := h.enter("wang")
	h.clock.pass(29 * time.Minute)
	if !h.opens(in.Token) {
		t.Fatal("ended before its time")
	}
	h.reopen()
	if !h.opens(in.Token) {
		t.Fatal("the next process does not know it")
	}
	h.clock.pass(30 * time.Minute)
	if h.opens(in.Token) {
		t.Error("it lives without a visit")
	}
	in = h.enter("wang")
	for range 12*60/20 - 1 {
		h.clock.pass(20 * time.Minute)
		if !h.opens(in.Token) {
			t.Fatal("ended although it was used")
		}
	}
	h.clock.pass(20 * time.Minute)
	if h.opens(in.Token) {
		t.Error("it lives longer than twelve hours")
	}
	in = h.enter("wang")
	h.must(h.Close())
	h.clock.pass(31 * time.Minute)
	h.open(h.o.Settings)
	if h.opens(in.Token) {
		t.Error("a new process revived it")
	}
}

func TestSessionsAreEnded(t *testing.T) {
	h := newHouse(t)
	h.person("boss", Grant{Role: Administrator})
	h.person("wang", Grant{Role: StreetLeader, Org: "S1"})
	a, _ := h.Account("wang")
	for name, end := range map[string]func(SignedIn) error{
		"sign-out":   func(in SignedIn) error { return h.SignOut(in.Caller) },
		"one ended":  func(in SignedIn) error { return h.EndSession(boss, "wang", in.Caller.Session) },
		"all ended":  func(SignedIn) error { return h.SignOutAll(boss, "wang") },
		"role given": func(SignedIn) error { return h.Give(boss, "wang", Grant{Role: Clerk, Org: "S2"}) },
		"role taken": func(SignedIn) error { return h.Take(boss, "wang", a.Grants[0].ID) },
		"password set": func(SignedIn) error {
			return h.SetPassword(t.Context(), cli, "wang", fmt.Sprint(other, h.clock.now().Unix()))
		},
		"link accepted": func(SignedIn) error {
			l, err := h.Invite(boss, "wang")
			h.must(err)
			_, err = h.Accept(t.Context(), l.Key, good+"吗", Visit{})
			return err
		},
	} {
		l, err := h.Entrance("wang")
		h.must(err)
		in, err := h.Enter(t.Context(), l.Key, Visit{Address: "10.0.0.1"})
		h.must(err)
		if !h.opens(in.Token) {
			t.Fatalf("%s: not open before", name)
		}
		h.must(end(in))
		if h.opens(in.Token) {
			t.Errorf("%s: the session still opens", name)
		}
	}
	h.person("li", Grant{Role: Clerk})
	in, mine := h.enter("li"), h.enter("boss")
	wants(t, "somebody else's session", h.EndSession(boss, "li", mine.Caller.Session), ErrSession)
	h.must(h.Disable(boss, "li"))
	if h.opens(in.Token) || !h.opens(mine.Token) {
		t.Error("disabled")
	}
	_, err := h.signIn("li", good)
	wants(t, "a disabled account", err, ErrSignIn)
	h.must(h.Enable(boss, "li"))
	if h.opens(in.Token) {
		t.Error("enabling revived a session")
	}
	h.enter("li")
	for range 30 {
		h.enter("li")
	}
	if n := len(h.Sessions("li")); n != maxSessions {
		t.Errorf("%d sessions", n)
	}
}

// A grant that has run out holds nothing at the next request.
func TestGrantsRunOut(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: StreetLeader, Org: "S1", Until: h.clock.now().Add(20 * time.Minute)}, Grant{Role: Clerk, Org: "S2"})
	in := h.enter("wang")
	h.clock.pass(20*time.Minute - time.Second)
	if c, _ := h.Caller(in.Token, ""); !c.May(Export) || c.Scope(See).Key() != "=S1\x1fS2" || c.Scope(Export).Key() != "=S1" {
		t.Errorf("%+v", c)
	}
	h.clock.pass(time.Second)
	if c, _ := h.Caller(in.Token, ""); c.May(Export) || c.Scope(See).Key() != "=S2" || !c.Scope(Export).Empty() {
		t.Errorf("%+v", c)
	}
}

func TestGrantsThatMakeNoSense(t *testing.T) {
	h := newHouse(t)
	h.person("boss", Grant{Role: Administrator})
	h.person("wang", Grant{Role: Clerk})
	yesterday := h.clock.now().AddDate(0, 0, -1)
	for name, g := range map[string]Grant{
		"unknown role":             {Role: "king"},
		"no role":                  {},
		"auditor of a street":      {Role: Auditor, Org: "S1"},
		"administrator of one":     {Role: Administrator, Org: "S1"},
		"evaluator without stars":  {Role: Evaluator, Org: "S1"},
		"leader with stars":        {Role: StreetLeader, Org: "S1", Stars: []string{"GJ"}},
		"evaluator with petitions": {Role: Evaluator, Stars: []string{"GJ"}, Petitions: true},
		"administrator with care":  {Role: Administrator, Care: true},
		"over already":             {Role: Clerk, Until: yesterday},
		"a sentence for a unit":    {Role: Clerk, Org: "S1 张某家"},
		"a line break in a unit":   {Role: Clerk, Org: "S1\n"},
		"a novel for a unit":       {Role: Clerk, Org: strings.Repeat("S", 65)},
		"a blank star":             {Role: Evaluator, Stars: []string{""}},
		"too many stars":           {Role: Evaluator, Stars: strings.Split("ABCDEFGHIJKLMNOPQRSTU", "")},
	} {
		wants(t, name, h.Give(boss, "wang", g), ErrGrant)
		wants(t, name+" at once", h.Add(boss, NewAccount{Name: "new", Display: "新", Grants: []Grant{g}}), ErrGrant)
	}
	wants(t, "auditor for the administrator", h.Give(cli, "boss", Grant{Role: Auditor}), ErrGrant)
	wants(t, "both from the start", h.Add(cli, NewAccount{Name: "both", Display: "两用", Grants: []Grant{{Role: Auditor}, {Role: Administrator}}}), ErrGrant)
	wants(t, "the same again", h.Give(boss, "wang", Grant{Role: Clerk}), ErrGrant)
	h.must(h.Give(boss, "wang", Grant{Role: Evaluator, Stars: []string{"PA", "GJ", "PA"}}))
	wants(t, "the same stars in another order", h.Give(boss, "wang", Grant{Role: Evaluator, Stars: []string{"GJ", "PA"}}), ErrGrant)
	wants(t, "an auditor made by an administrator", h.Give(boss, "wang", Grant{Role: Auditor}), ErrGrant)
	wants(t, "a new one", h.Add(boss, NewAccount{Name: "watch", Display: "审计", Grants: []Grant{{Role: Auditor}}}), ErrGrant)
	h.must(h.Give(cli, "wang", Grant{Role: Auditor}))
	_, err := h.Invite(boss, "wang")
	wants(t, "a link to be the auditor with", err, ErrGrant)
	wants(t, "an auditor disabled", h.Disable(boss, "wang"), ErrGrant)
	wants(t, "administrator for the auditor", h.Give(boss, "wang", Grant{Role: Administrator, Until: h.clock.now().AddDate(1, 0, 0)}), ErrGrant)
	wants(t, "more for oneself", h.Give(boss, "boss", Grant{Role: DistrictLeader}), ErrGrant)
	wants(t, "disabling oneself", h.Disable(boss, "BOSS"), ErrGrant)
	wants(t, "the last administrator", h.Disable(cli, "boss"), ErrLast)
	a, _ := h.Account("boss")
	wants(t, "the last administrator's role", h.Take(cli, "boss", a.Grants[0].ID), ErrLast)
	h.person("second", Grant{Role: Administrator})
	h.must(h.Take(cli, "boss", a.Grants[0].ID))
	wants(t, "a grant that is gone", h.Take(cli, "boss", a.Grants[0].ID), ErrGrant)
	wants(t, "nobody", h.Give(cli, "nobody", Grant{Role: Clerk}), ErrUnknownAccount)
}

func TestNames(t *testing.T) {
	h := newHouse(t)
	for name, ok := range map[string]bool{
		"wang": true, "王芳": true, "a.b_c-1": true, "x": false, "": false, strings.Repeat("a", 33): false, CommandLine: false,
		"13800138000": false, "11010519491231002X": false, "18900001111": false, "..": false, "-x": false, "_a": false, "张": false,
		"a b": false, "a\nb": false, "a/b": false, "wáng": false, "<b>": false, "a\u202eb": false,
	} {
		if err := h.Add(cli, NewAccount{Name: name, Display: "某人"}); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	wants(t, "the same in capitals", h.Add(cli, NewAccount{Name: "WANG", Display: "某人"}), ErrTaken)
	for _, display := range []string{"", " ", "x ", strings.Repeat("长", 41), "a\nb", "a\u200bb"} {
		wants(t, fmt.Sprintf("display %q", display), h.Rename(cli, "wang", display), ErrName)
	}
}

func TestViewAs(t *testing.T) {
	h := newHouse(t)
	h.person("boss", Grant{Role: Administrator})
	h.person("audit", Grant{Role: Auditor})
	h.person("wang", Grant{Role: StreetLeader, Org: "S1", Petitions: true, Care: true})
	in, wang := h.enter("boss"), h.enter("wang")
	for name, c := range map[string]struct {
		who *Caller
		as  string
	}{
		"an administrator": {in.Caller, "boss"}, "the auditor": {in.Caller, "audit"}, "nobody": {in.Caller, "nobody"}, "without the right": {wang.Caller, "audit"},
	} {
		if _, err := h.ViewAs(c.who, c.as); err == nil {
			t.Errorf("as %s: done", name)
		}
	}
	as, err := h.ViewAs(in.Caller, "wang")
	h.must(err)
	c, ok := h.Caller(as.Token, "10.0.0.1")
	if !ok || h.opens(in.Token) || c.Account != "wang" || c.ViewedBy != "boss" {
		t.Fatalf("%+v", c)
	}
	if !c.May(See) || !c.May(Open) || c.May(Export) || c.May(Manage) || c.Scope(Open).Key() != "=S1" {
		t.Error("he may see and open, nothing else, and no protected field")
	}
	_, err = h.ViewAs(c, "wang")
	wants(t, "through another's eyes", err, ErrGrant)
	_, err = h.ChangePassword(t.Context(), c, good, other, Visit{})
	wants(t, "another's password", err, ErrSignIn)
	back, err := h.StopViewing(c)
	h.must(err)
	if h.opens(as.Token) || back.Caller.Account != "boss" || back.Caller.ViewedBy != "" {
		t.Errorf("%+v", back.Caller)
	}
	_, err = h.StopViewing(back.Caller)
	wants(t, "ended twice", err, ErrSession)
	as, err = h.ViewAs(back.Caller, "wang")
	h.must(err)
	h.must(h.Disable(cli, "wang"))
	if c, ok := h.Caller(as.Token, ""); !ok || c.Account != "boss" || c.ViewedBy != "" {
		t.Errorf("the account is gone, and he is %+v", c)
	}
}

// The audit line comes first: where it cannot be written nothing is changed and nobody comes in.
func TestNothingWithoutItsLine(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: Clerk})
	h.person("boss", Grant{Role: Administrator})
	before, err := os.ReadFile(filepath.Join(h.dir, "accounts.json"))
	h.must(err)
	h.must(h.o.Log.Close())
	for name, do := range map[string]func() error{
		"add":      func() error { return h.Add(cli, NewAccount{Name: "new", Display: "新"}) },
		"give":     func() error { return h.Give(cli, "wang", Grant{Role: DistrictLeader}) },
		"disable":  func() error { return h.Disable(cli, "wang") },
		"password": func() error { return h.SetPassword(t.Context(), cli, "wang", other) },
		"invite":   func() error { _, err := h.Invite(cli, "wang"); return err },
		"token": func() error {
			_, err := h.IssueToken(cli, "wang", NewToken{Label: "x", Role: Clerk, Until: h.clock.now().AddDate(0, 0, 1)})
			return err
		},
		"sign-in": func() error { _, err := h.signIn("wang", good); return err },
	} {
		if err := do(); err == nil {
			t.Errorf("%s was done", name)
		}
	}
	after, err := os.ReadFile(filepath.Join(h.dir, "accounts.json"))
	h.must(err)
	if string(before) != string(after) || len(h.Accounts()) != 2 {
		t.Error("something was changed")
	}
}

// Where the file cannot be written nothing is changed, and the log says that it failed.
func TestAFullDiskChangesNothing(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: Clerk})
	h.must(os.Mkdir(filepath.Join(h.dir, "accounts.json.tmp"), 0o700)) // as good as a disk that takes no file
	if err := h.Give(cli, "wang", Grant{Role: DistrictLeader}); err == nil {
		t.Fatal("done")
	}
	if a, _ := h.Account("wang"); len(a.Grants) != 1 {
		t.Errorf("%+v", a.Grants)
	}
	p, err := h.o.Log.Find(t.Context(), Filter{Event: Rights, Limit: 2})
	h.must(err)
	if len(p.Entries) != 2 || p.Entries[0].Outcome != Failed || p.Entries[1].Outcome != Done {
		t.Errorf("%+v", p.Entries)
	}
}

// A file that is damaged, or is another program's, is not taken for an empty one.
func TestDamagedAccounts(t *testing.T) {
	h := newHouse(t)
	h.person("boss", Grant{Role: Administrator})
	path := filepath.Join(h.dir, "accounts.json")
	whole, err := os.ReadFile(path)
	h.must(err)
	for name, text := range map[string]string{
		"empty": "", "cut": string(whole[:len(whole)/2]), "twice": string(whole) + string(whole), "null": "null", "another format": `{"format":2,"accounts":[]}`,
		"unknown field": strings.Replace(string(whole), `"display"`, `"admin":true,"display"`, 1), "no hash": strings.Replace(string(whole), "argon2id", "plain", 1),
		"huge hash": strings.Replace(string(whole), "m=64", "m=999999999", 1), "both roles": strings.Replace(string(whole), `"grants": [`, `"grants": [{"id":"9","role":"auditor","by":"x","at":"2026-01-01T00:00:00Z"},`, 1),
	} {
		if text == string(whole) {
			t.Fatalf("%s changes nothing", name)
		}
		h.must(os.WriteFile(path, []byte(text), 0o600))
		_, err := OpenStore(warehouse.Dir(h.dir), h.o)
		wants(t, name, err, ErrFile)
	}
	h.must(os.WriteFile(path, whole, 0o600))
	h.must(os.WriteFile(filepath.Join(h.dir, "sessions.json"), []byte("x"), 0o600))
	h.open(h.o.Settings)
	h.enter("boss")
}

// Nothing in the files opens anything, and nothing in the log is a secret.
func TestNoSecretOnDisk(t *testing.T) {
	h := newHouse(t)
	h.person("boss", Grant{Role: Administrator})
	h.person("wang", Grant{Role: Clerk})
	in := h.enter("wang")
	token, err := h.IssueToken(boss, "wang", NewToken{Label: "x", Role: Clerk, Until: h.clock.now().AddDate(0, 0, 1)})
	h.must(err)
	l, err := h.Invite(boss, "wang")
	h.must(err)
	_, err = h.SignIn(t.Context(), "wang", "typed by mistake", Visit{Address: "10.0.0.1"})
	wants(t, "mistake", err, ErrSignIn)
	err = filepath.WalkDir(h.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		h.must(err)
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others", d.Name())
		}
		b, err := os.ReadFile(path)
		for _, secret := range []string{in.Token, token, l.Key, good, "typed by mistake"} {
			if strings.Contains(string(b), secret) {
				t.Errorf("%s holds %q", d.Name(), secret)
			}
		}
		return err
	})
	h.must(err)
}

func FuzzAccounts(f *testing.F) {
	b, err := json.Marshal(accountsFile{Format: 1, Accounts: []*account{{Name: "wang", Display: "王", Grants: []Grant{{ID: "1", Role: Clerk}}, Tokens: []token{{ID: "x"}}, Invite: &invite{}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"format":1,"accounts":[null]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := readAccounts(b)
		if err == nil {
			for name, a := range all {
				if name != fold(a.Name) || checkName(a.Name) != nil {
					t.Errorf("%q: %+v", name, a)
				}
			}
		}
		_, _ = readSessions(b)
	})
}
