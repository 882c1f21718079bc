package access

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Account is somebody who can sign in.
type Account struct {
	Name        string // sign-in name; unique whatever the case of its letters
	Display     string // as shown on pages
	Disabled    bool
	Grants      []Grant // also those that hold no more
	Tokens      []Token
	HasPassword bool
	Invited     bool // a link to set a password is outstanding
	Created     time.Time
	PasswordAt  time.Time
	PasswordBy  string    // who gave the link that it was set by, or set it; "" for the owner himself
	SignedInAt  time.Time // zero: never
}

// NewAccount is what an account begins with.
type NewAccount struct {
	Name, Display string
	Grants        []Grant
}

// checkName accepts 2 to 32 letters, digits, points, underscores and hyphens, a letter or digit first: a name stands in
// addresses of pages and behind the flags of verbs. Han and ASCII letters only, so that no two names look alike. A name
// that the audit log would mask, such as a phone number, could not be told from others there.
func checkName(name string) error {
	n := utf8.RuneCountInString(name)
	wrong := strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.Is(unicode.Han, r) && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)) && !strings.ContainsRune("._-", r)
	})
	if n < 2 || n > 32 || wrong || strings.ContainsRune("._-", rune(name[0])) || name == CommandLine || name == Inbox {
		return refusal{ErrName, "用户名应为 2 至 32 个汉字、字母、数字、点、下划线或连字符，以汉字、字母或数字开头"}
	}
	if clean(name) != name {
		return refusal{ErrName, "用户名不能是手机号或身份证号，请换一个"}
	}
	return nil
}

func checkDisplay(display string) error {
	n := utf8.RuneCountInString(display)
	if n < 1 || n > 40 || !utf8.ValidString(display) || strings.TrimSpace(display) != display ||
		strings.ContainsFunc(display, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
		return refusal{ErrName, "显示名应为 1 至 40 个字，前后不留空格"}
	}
	return nil
}

// checkGrant says whether a grant makes sense by itself. Whether its unit exists is for the caller to know.
func checkGrant(g Grant, now time.Time) error {
	k, ok := g.Role.Kind()
	refuse := func(text string) error { return refusal{ErrGrant, text} }
	switch {
	case !ok:
		return refuse("没有这个角色，请从列表中选择")
	case k.Site && g.Org != "":
		return refuse(k.Label + "的范围只能是全站，请不要选单位")
	case k.Stars && len(g.Stars) == 0:
		return refuse("请选择" + k.Label + "负责的星")
	case !k.Stars && len(g.Stars) > 0:
		return refuse("只有评价人按星授权，" + k.Label + "请不要选星")
	case !k.Fields && (g.Petitions || g.Care):
		return refuse(k.Label + "不能授权查看信访内容或关爱名单")
	case g.Org != "" && !isCode(g.Org, 64):
		return refuse("单位代码不对，请从列表中选择")
	case len(g.Stars) > 20 || slices.ContainsFunc(g.Stars, func(star string) bool { return !isCode(star, 16) }):
		return refuse("星的代码不对，请从列表中选择")
	case !g.Live(now):
		return refuse("截止日期应在今天之后")
	}
	return nil
}

// isCode says whether a text can be a code: of at most so many bytes, without blanks and control characters.
func isCode(s string, most int) bool {
	return s != "" && len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) })
}

// separate refuses an account that is both administrator and auditor, now or at any time.
func separate(grants []Grant) error {
	held := func(r Role) bool { return slices.ContainsFunc(grants, func(g Grant) bool { return g.Role == r }) }
	if held(Administrator) && held(Auditor) {
		return refusal{ErrGrant, "管理员和审计员不能是同一个人，请为审计员另开账号"}
	}
	return nil
}

// Ready says whether there is an administrator who can sign in.
func (s *Store) Ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.administrators() > 0
}

// administrators counts those who can sign in. The lock is held.
func (s *Store) administrators() int {
	n := 0
	for _, a := range s.accounts {
		if a.administers(s.o.Now()) {
			n++
		}
	}
	return n
}

func (a *account) administers(now time.Time) bool {
	return !a.Disabled && a.Password != "" && slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role == Administrator && g.Live(now) })
}

// Accounts are all accounts, by name.
func (s *Store) Accounts() []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Account
	for _, a := range s.accounts {
		all = append(all, s.shown(a))
	}
	slices.SortFunc(all, func(a, b Account) int { return strings.Compare(fold(a.Name), fold(b.Name)) })
	return all
}

// Account finds an account by its name.
func (s *Store) Account(name string) (Account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[fold(name)]
	if a == nil {
		return Account{}, false
	}
	return s.shown(a), true
}

func (s *Store) shown(a *account) Account {
	out := Account{
		Name: a.Name, Display: a.Display, Disabled: a.Disabled, Grants: slices.Clone(a.Grants), HasPassword: a.Password != "",
		Invited: a.Invite != nil && s.o.Now().Before(a.Invite.Until), Created: a.Created, PasswordAt: a.PasswordAt, PasswordBy: a.PasswordBy, SignedInAt: s.seen[fold(a.Name)],
	}
	for _, t := range a.Tokens {
		out.Tokens = append(out.Tokens, Token{ID: t.ID, Label: t.Label, Grant: t.Grant, UsedAt: s.used[t.ID]})
	}
	return out
}

// Add makes an account without a password: Invite gives its owner the link to set one.
func (s *Store) Add(by Actor, n NewAccount) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(by, n, "")
}

func (s *Store) add(by Actor, n NewAccount, password string) error {
	now := s.o.Now()
	if err := errors.Join(checkName(n.Name), checkDisplay(n.Display), separate(n.Grants)); err != nil {
		return firstOf(err)
	}
	if s.accounts[fold(n.Name)] != nil {
		return refusal{ErrTaken, "用户名“" + n.Name + "”已经有了，请换一个"}
	}
	if by.ViewedBy != "" {
		return errViewing
	}
	if err := watched(by, n.Grants); err != nil {
		return err
	}
	a := &account{Name: n.Name, Display: n.Display, Created: now}
	objects := []string{objectOf("开通账号", "", n.Name)}
	for _, g := range n.Grants {
		g.Stars = each(g.Stars)
		if err := checkGrant(g, now); err != nil {
			return err
		}
		if err := a.give(by, g, now); err != nil {
			return err
		}
		objects = append(objects, objectOf("授权", g.object(), n.Name))
	}
	if password != "" {
		a.Password, a.PasswordAt = password, now
	}
	for _, object := range objects {
		if err := s.o.Log.Write(by, Rights, object, Done); err != nil {
			return err
		}
	}
	s.accounts[fold(n.Name)] = a
	if err := s.save(); err != nil {
		delete(s.accounts, fold(n.Name))
		return errors.Join(fmt.Errorf("账号文件无法写入，没有开通，请检查磁盘：%w", err), s.o.Log.Write(by, Rights, objects[0], Failed))
	}
	return nil
}

// firstOf is the first of joined refusals: one sentence is enough.
func firstOf(err error) error {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		return all.Unwrap()[0]
	}
	return err
}

const maxGrants = 50 // of an account

// give adds a grant. One that is there already, as after a button was pressed twice, is refused.
func (a *account) give(by Actor, g Grant, now time.Time) error {
	same := func(h Grant) bool {
		return h.Role == g.Role && h.Org == g.Org && slices.Equal(h.Stars, g.Stars) && h.Petitions == g.Petitions && h.Care == g.Care && h.Until.Equal(g.Until)
	}
	switch {
	case slices.ContainsFunc(a.Grants, same):
		return refusal{ErrGrant, "这个账号已经有同样的授权"}
	case len(a.Grants) >= maxGrants:
		return refusal{ErrGrant, fmt.Sprintf("一个账号最多有 %d 项授权，请先撤销不用的", maxGrants)}
	}
	a.LastGrant++
	g.ID, g.By, g.At = strconv.Itoa(a.LastGrant), by.Account, now
	a.Grants = append(a.Grants, g)
	return nil
}

// each is the codes, each once, in order.
func each(codes []string) []string { return slices.Compact(slices.Sorted(slices.Values(codes))) }

// object is the grant as the audit log names it.
func (g Grant) object() string {
	parts := []string{string(g.Role)}
	if g.Org != "" {
		parts = append(parts, "org="+g.Org)
	}
	if len(g.Stars) > 0 {
		parts = append(parts, "stars="+strings.Join(g.Stars, ","))
	}
	if g.Petitions {
		parts = append(parts, "petitions")
	}
	if g.Care {
		parts = append(parts, "care")
	}
	if !g.Until.IsZero() {
		parts = append(parts, "until="+g.Until.Format(time.DateOnly))
	}
	return strings.Join(parts, " ")
}

// Rename changes the name that pages show.
func (s *Store) Rename(by Actor, name, display string) error {
	if err := checkDisplay(display); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.change(by, Rights, "改显示名", name, "", false, func(a *account) error {
		a.Display = display
		return nil
	})
}

// outOfHands refuses what nobody may do to his own account, and what an administrator of the pages may do to none of an
// auditor: who watches him must not be made or unmade by him. The command line, which is whoever runs the machine, may.
func outOfHands(by Actor, a *account) error {
	if by.Account != CommandLine && fold(by.Account) == fold(a.Name) {
		return errOwn
	}
	return watched(by, a.Grants)
}

// watched refuses, except to the command line, to touch an account that is an auditor's.
func watched(by Actor, grants []Grant) error {
	if by.Account != CommandLine && slices.ContainsFunc(grants, func(g Grant) bool { return g.Role == Auditor }) {
		return errWatched
	}
	return nil
}

// Give gives an account a role. Its sessions end, so that they begin anew with what it holds now.
func (s *Store) Give(by Actor, name string, g Grant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Now()
	g.Stars = each(g.Stars)
	if err := checkGrant(g, now); err != nil {
		return err
	}
	return s.change(by, Rights, "授权", name, g.object(), true, func(a *account) error {
		if err := outOfHands(by, a); err != nil {
			return err
		}
		if err := a.give(by, g, now); err != nil {
			return err
		}
		if err := separate(a.Grants); err != nil {
			return err
		}
		return watched(by, a.Grants)
	})
}

// Take takes a grant back. Sessions end, and tokens that rested on it go.
func (s *Store) Take(by Actor, name, grant string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[fold(name)]
	if a == nil {
		return errUnknown
	}
	i := slices.IndexFunc(a.Grants, func(g Grant) bool { return g.ID == grant })
	if i < 0 {
		return refusal{ErrGrant, "没有这项授权，可能已经撤销，请刷新页面"}
	}
	return s.change(by, Rights, "撤销授权", name, a.Grants[i].object(), true, func(a *account) error {
		if err := outOfHands(by, a); err != nil {
			return err
		}
		was := a.administers(s.o.Now())
		a.Grants = slices.Delete(a.Grants, i, i+1)
		a.Tokens = slices.DeleteFunc(a.Tokens, func(t token) bool { return !a.covers(t.Grant, s.o.Now()) })
		return s.lastOne(was, a)
	})
}

// lastOne refuses to leave a site without an administrator.
func (s *Store) lastOne(was bool, a *account) error {
	if was && !a.administers(s.o.Now()) && s.administrators() == 1 {
		return refusal{ErrLast, "这是最后一位管理员，请先设立另一位再操作"}
	}
	return nil
}

// Disable keeps an account from signing in. Its sessions, links and tokens end for good: enabling it does not revive them.
func (s *Store) Disable(by Actor, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.change(by, Rights, "停用账号", name, "", true, func(a *account) error {
		if err := outOfHands(by, a); err != nil {
			return err
		}
		was := a.administers(s.o.Now())
		a.Disabled, a.Invite, a.Tokens = true, nil, nil
		return s.lastOne(was, a)
	})
}

// Enable lets it sign in again.
func (s *Store) Enable(by Actor, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.change(by, Rights, "恢复账号", name, "", false, func(a *account) error {
		a.Disabled = false
		return nil
	})
}
