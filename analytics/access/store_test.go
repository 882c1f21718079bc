package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
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

func TestFirstAdministrator(t *testing.T) {
	h := newHouse(t)
	if h.Ready() {
		t.Fatal("ready without anybody")
	}
	if files, _ := os.ReadDir(h.dir); len(files) != 0 {
		t.Error("opening made files")
	}
	l, err := h.Setup()
	h.must(err)
	_, err = h.SetUp(t.Context(), "guess", NewAccount{Name: "boss", Display: "管理员"}, good, Visit{})
	wants(t, "a guessed key", err, ErrLink)
	_, err = h.SetUp(t.Context(), l.Key, NewAccount{Name: "boss", Display: "管理员"}, "short", Visit{})
	wants(t, "a weak password", err, ErrPassword)
	h.clock.pass(setupLife)
	if _, ok := h.Look(l.Key); ok {
		t.Error("the link lives longer than said")
	}
	l, err = h.Setup()
	h.must(err)
	in, err := h.SetUp(t.Context(), l.Key, NewAccount{Name: "boss", Display: "管理员", Grants: []Grant{{Role: Auditor}, {Role: DistrictLeader}}}, good, Visit{Address: "10.0.0.1"})
	h.must(err)
	if !in.Caller.May(Manage) || in.Caller.May(Audit) || in.Caller.May(Export) || len(in.Caller.Grants) != 1 {
		t.Errorf("the first administrator holds %+v", in.Caller.Grants)
	}
	_, err = h.Setup()
	wants(t, "a second set-up", err, ErrReady)
	if _, ok := h.Look(l.Key); ok || !h.Ready() {
		t.Error("the link still opens")
	}
}

func TestSignIn(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: StreetLeader, Org: "S1"})
	for name, ok := range map[string]bool{"wang": true, "WANG": true, "wan": false, "": false} {
		in, err := h.signIn(name, good)
		if (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
		if ok && (!h.opens(in.Token) || in.Caller.Account != "wang" || in.Caller.Name != "wang同志" || in.Caller.Scope(See).Key() != "=S1") {
			t.Errorf("%q: %+v", name, in.Caller)
		}
	}
	for _, wrong := range []string{"", good + " ", strings.ToUpper(other), other} {
		_, err := h.SignIn(t.Context(), "wang", wrong, Visit{Address: "10.9.0.1"})
		wants(t, "wrong password", err, ErrSignIn)
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

func TestPasswords(t *testing.T) {
	asvs, djbh := settings(t, ""), settings(t, "[access]\npolicy = \"djbh\"\n")
	for _, c := range []struct {
		password   string
		asvs, djbh bool
	}{
		{"", false, false},
		{"Short1!", false, false},
		{"Password123!", false, false},
		{"passwordpassword", false, false},
		{"qwertyuiop[]", false, false},
		{"aaaaaaaaaaaaaaaaaaaaaaaa", false, false},
		{"123456789012", false, false},
		{"20260101202601", false, false},
		{"gridstargridstar", false, false},
		{"格星格星格星格星格星格星", false, false},
		{"示范区示范区示范区示范区", false, false},
		{"wangfang wangfang", false, false},
		{"gM4#tLq9!z", false, true},
		{"correct horse battery staple", true, false},
		{good, true, false}, // djbh wants three classes
		{good + "Ab", true, true},
		{strings.Repeat("梧桐 灯笼 ", 20), false, false}, // longer than 256 bytes
		{"\xff\xfe valid otherwise 88", false, false},
	} {
		for rules, ok := range map[*catalog.Access]bool{&asvs: c.asvs, &djbh: c.djbh} {
			err := acceptable(*rules, c.password, "wangfang", "王芳", "示范区")
			if (err == nil) != ok {
				t.Errorf("%s: %.40q: %v", rules.Policy, c.password, err)
			}
			if err != nil {
				wants(t, c.password, err, ErrPassword)
			}
		}
	}
}

// Ten megabytes are refused before any work is done on them.
func TestHugePassword(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: Clerk})
	before := h.hasher.calls.Load()
	huge := strings.Repeat("x", 10<<20)
	_, err := h.signIn("wang", huge)
	wants(t, "sign-in", err, ErrSignIn)
	wants(t, "new password", h.SetPassword(t.Context(), cli, "wang", huge), ErrPassword)
	if n := h.hasher.calls.Load() - before; n != 0 {
		t.Errorf("%d hashes", n)
	}
}

func TestPasswordHistoryAndAge(t *testing.T) {
	h := newHouse(t)
	h.open(settings(t, "[access]\npolicy = \"djbh\"\nhistory = 3\n"))
	h.must(h.Add(cli, NewAccount{Name: "wang", Display: "王", Grants: []Grant{{Role: Clerk}}}))
	pass := func(n int) string { return fmt.Sprint(good, "Ab", n) }
	for i := range 5 {
		h.must(h.SetPassword(t.Context(), cli, "wang", pass(i)))
	}
	for i, taken := range []bool{false, false, true, true, true} { // the last three
		if !taken {
			continue
		}
		wants(t, fmt.Sprint("password ", i), h.SetPassword(t.Context(), cli, "wang", pass(i)), ErrPassword)
	}
	in, err := h.signIn("wang", pass(4))
	h.must(err)
	if !in.Caller.MustChange {
		t.Error("a password that somebody else has set need not be changed")
	}
	_, err = h.ChangePassword(t.Context(), in.Caller, "wrong", pass(9), Visit{})
	wants(t, "the old one is wrong", err, ErrPassword)
	changed, err := h.ChangePassword(t.Context(), in.Caller, pass(4), pass(9), Visit{Address: "10.0.0.1"})
	h.must(err)
	if changed.Caller.MustChange || changed.Token == in.Token || h.opens(in.Token) || !h.opens(changed.Token) {
		t.Errorf("%+v", changed.Caller)
	}
	h.clock.pass(90*24*time.Hour - time.Minute)
	in, err = h.signIn("wang", pass(9))
	h.must(err)
	if in.Caller.MustChange {
		t.Error("too old before its time")
	}
	h.clock.pass(time.Minute)
	if c, _ := h.Caller(in.Token, ""); !c.MustChange {
		t.Error("ninety days are over")
	}
}

// Whatever is wrong with a sign-in, the words are the same and the work is.
func TestNobodyLearnsWhichNamesThereAre(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: Clerk})
	h.person("gone", Grant{Role: Clerk})
	h.must(h.Disable(cli, "gone"))
	h.must(h.Add(cli, NewAccount{Name: "new", Display: "新"}))
	var words []string
	for i, name := range []string{"wang", "gone", "new", "nobody"} {
		before := h.hasher.calls.Load()
		for round := range 8 {
			_, err := h.SignIn(t.Context(), name, other, Visit{Address: fmt.Sprintf("10.%d.%d.1", i, round)})
			words = append(words, err.Error())
		}
		if n := h.hasher.calls.Load() - before; n != 5 {
			t.Errorf("%s: %d hashes, want 5", name, n)
		}
	}
	for _, w := range words {
		if w != words[0] {
			t.Errorf("%q and %q", w, words[0])
		}
	}
	p, err := h.o.Log.Find(t.Context(), Filter{Event: SignIn, Outcome: Denied, Limit: 100})
	h.must(err)
	if len(p.Entries) != 32 {
		t.Errorf("%d lines", len(p.Entries))
	}
	for _, e := range p.Entries {
		if strings.Contains(e.Object+e.Account, "nobody") {
			t.Errorf("the log holds what was typed: %+v", e)
		}
	}
}

func TestGuessesCloseNameAndAddress(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: Clerk})
	h.person("li", Grant{Role: Clerk})
	first, err := h.SignIn(t.Context(), "wang", good, Visit{Address: "10.7.7.7"})
	h.must(err)
	for i := range 5 {
		_, err := h.SignIn(t.Context(), "wang", other, Visit{Address: fmt.Sprintf("10.1.%d.1", i)})
		wants(t, "a guess", err, ErrSignIn)
	}
	_, err = h.SignIn(t.Context(), "wang", good, Visit{Address: "10.2.0.1"})
	wants(t, "the name is closed", err, ErrSignIn)
	if _, err = h.SignIn(t.Context(), "wang", good, Visit{Address: "10.2.0.1", Device: first.Device}); err != nil {
		t.Errorf("a known device: %v", err)
	}
	_, err = h.SignIn(t.Context(), "li", good, Visit{Address: "10.2.0.1", Device: first.Device})
	h.must(err) // li is not closed
	_, err = h.SignIn(t.Context(), "wang", good, Visit{Address: "10.2.0.1", Device: first.Device + "x"})
	wants(t, "a forged device", err, ErrSignIn)
	h.clock.pass(15*time.Minute - time.Second)
	_, err = h.SignIn(t.Context(), "wang", good, Visit{Address: "10.2.0.1"})
	wants(t, "a second before the end", err, ErrSignIn)
	h.clock.pass(time.Second)
	_, err = h.SignIn(t.Context(), "wang", good, Visit{Address: "10.2.0.1"})
	h.must(err)

	for i := range 5 { // many names from one network
		_, err := h.SignIn(t.Context(), fmt.Sprint("someone", i), other, Visit{Address: fmt.Sprintf("10.3.0.%d", i)})
		wants(t, "a guess", err, ErrSignIn)
	}
	_, err = h.SignIn(t.Context(), "li", good, Visit{Address: "10.3.0.99"})
	wants(t, "the network is closed", err, ErrSignIn)
	_, err = h.SignIn(t.Context(), "li", good, Visit{Address: "10.4.0.99"})
	h.must(err)
	l, err := h.Invite(cli, "li")
	h.must(err)
	if _, err := h.Accept(t.Context(), l.Key, other, Visit{Address: "10.3.0.99"}); err != nil {
		t.Errorf("a one-time link from the closed network: %v", err)
	}
}

// Guesses are cheap, and what is remembered of them is bounded.
func TestTenThousandGuesses(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: Clerk})
	before := h.hasher.calls.Load()
	for i := range 12_000 {
		if _, err := h.SignIn(t.Context(), fmt.Sprint("wang", i%3), other, Visit{Address: fmt.Sprintf("10.%d.%d.1", i/256, i%256)}); !errors.Is(err, ErrSignIn) {
			t.Fatal(err)
		}
	}
	if n := h.hasher.calls.Load() - before; n > 20 {
		t.Errorf("%d hashes", n)
	}
	for i := range 2 * maxAttempts {
		h.attempts.fail(h.clock.now(), fmt.Sprint(i))
	}
	if n, m := len(h.attempts.byKey), h.attempts.order.Len(); n > maxAttempts || n != m {
		t.Errorf("%d keys, %d in order", n, m)
	}
}

// More sign-ins than there is room for are told to come back; none is lost, none holds a place for ever.
func TestTooManyAtOnce(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: Clerk})
	h.hasher.slots <- struct{}{}
	for len(h.hasher.slots) < cap(h.hasher.slots) {
		h.hasher.slots <- struct{}{}
	}
	h.hasher.waiting.Store(int32(cap(h.hasher.slots)))
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	results := make(chan error, 100)
	for i := range 30 {
		waiting.Go(func() {
			_, err := h.SignIn(ctx, "wang", good, Visit{Address: fmt.Sprintf("10.0.%d.1", i)})
			results <- err
		})
	}
	for range 30 - hashQueue {
		if err := <-results; !errors.Is(err, ErrBusy) {
			t.Errorf("beyond the queue: %v", err)
		}
	}
	cancel()
	waiting.Wait()
	for range cap(h.hasher.slots) {
		<-h.hasher.slots
		h.hasher.waiting.Add(-1)
	}
	if n := h.hasher.waiting.Load(); n != 0 {
		t.Errorf("%d wait for ever", n)
	}
	h.enter("wang")
}

func TestOneLinkOneUse(t *testing.T) {
	h := newHouse(t)
	h.must(h.Add(cli, NewAccount{Name: "wang", Display: "王", Grants: []Grant{{Role: Clerk}}}))
	first, err := h.Invite(cli, "wang")
	h.must(err)
	l, err := h.Invite(cli, "wang")
	h.must(err)
	_, err = h.Accept(t.Context(), first.Key, good, Visit{})
	wants(t, "a link that another has replaced", err, ErrLink)
	h.reopen()
	if got, ok := h.Look(l.Key); !ok || got.Account != "wang" || got.Purpose != ForPassword {
		t.Errorf("after a restart: %+v %v", got, ok)
	}
	_, err = h.Accept(t.Context(), l.Key, "weak", Visit{})
	wants(t, "a weak password", err, ErrPassword)
	var accepting sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		accepting.Go(func() { _, errs[i] = h.Accept(t.Context(), l.Key, fmt.Sprint(good, "number", i), Visit{}) })
	}
	accepting.Wait()
	n := 0
	for _, err := range errs {
		if err == nil {
			n++
		} else if !errors.Is(err, ErrLink) {
			t.Error(err)
		}
	}
	if n != 1 {
		t.Errorf("the link opened %d times", n)
	}
	l, err = h.Invite(cli, "wang")
	h.must(err)
	h.clock.pass(inviteLife)
	_, err = h.Accept(t.Context(), l.Key, other, Visit{})
	wants(t, "too late", err, ErrLink)
	l, err = h.Entrance("wang")
	h.must(err)
	h.must(h.Disable(cli, "wang"))
	_, err = h.Enter(t.Context(), l.Key, Visit{})
	wants(t, "an entrance of a disabled account", err, ErrLink)
	_, err = h.Invite(cli, "wang")
	wants(t, "a link for a disabled account", err, ErrUnknownAccount)
}

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

// The real parameters, and a password that was kept with others, which is kept anew at the next sign-in.
func TestParameters(t *testing.T) {
	h := newHouse(t)
	h.person("wang", Grant{Role: Clerk})
	h.hasher = newHasher(owasp)
	h.enter("wang")
	b, err := os.ReadFile(filepath.Join(h.dir, "accounts.json"))
	h.must(err)
	if !strings.Contains(string(b), "$argon2id$v=19$m=47104,t=1,p=1$") {
		t.Errorf("kept as %s", b)
	}
	h.enter("wang")
	// RFC 9106's own vector has a secret and associated data; this one is from the reference program:
	// echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for password, want := range map[string]bool{"password": true, "Password": false} {
		if ok, old, err := h.hasher.check(t.Context(), reference, password); ok != want || !old || err != nil {
			t.Errorf("%s: %v %v %v", password, ok, old, err)
		}
	}
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
