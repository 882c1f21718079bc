package access

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
)

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
