package access

import (
	"context"
	"fmt"
	"unicode"
	"unicode/utf8"

	"gridstar/analytics/catalog"
)

const maxPassword = 256 // bytes; longer ones are refused before any work

// acceptable says what is wrong with a new password; about are words that must not be its substance.
func acceptable(rules catalog.Access, password string, about ...string) error {
	refuse := func(format string, args ...any) error { return refusal{ErrPassword, fmt.Sprintf(format, args...)} }
	if len(password) > maxPassword { // before anything looks at it
		return refuse("口令过长，请缩短到 %d 个字节以内（一个汉字约 3 个字节）", maxPassword)
	}
	switch {
	case !utf8.ValidString(password):
		return refuse("口令中有无法识别的字符，请重新输入")
	case utf8.RuneCountInString(password) < rules.MinLength():
		return refuse("口令至少要有 %d 个字符", rules.MinLength())
	}
	if rules.Policy == catalog.DJBH && classes(password) < 3 {
		return refuse("口令应包含大写字母、小写字母、数字、其他字符中的至少三类")
	}
	if guessable(password, about) {
		return refuse("这个口令太容易被猜到，请避开常见的词、姓名、日期、重复和键盘顺序；几个不相干的词连起来既好记又安全")
	}
	return nil
}

// classes counts the kinds of characters: capital and small letters, digits, and all else.
func classes(password string) int {
	var upper, lower, digit, other int
	for _, r := range password {
		switch {
		case unicode.IsUpper(r):
			upper = 1
		case unicode.IsLower(r):
			lower = 1
		case unicode.IsDigit(r):
			digit = 1
		default:
			other = 1
		}
	}
	return upper + lower + digit + other
}

// SetPassword sets an account's password from outside: its owner has to change it when he signs in next.
func (s *Store) SetPassword(ctx context.Context, by Actor, name, password string) error {
	return s.setPassword(ctx, by, "由他人设置口令", name, password, func(a *account) error {
		a.MustChange = true
		return nil
	})
}

// setPassword checks, hashes and keeps a password; more changes besides, or refuses. The account's sessions end. The lock
// is not held: hashing takes its time.
func (s *Store) setPassword(ctx context.Context, by Actor, object, name, password string, more func(*account) error) error {
	s.mu.Lock()
	a := s.accounts[fold(name)]
	if a == nil {
		s.mu.Unlock()
		return errUnknown
	}
	past := append([]string{a.Password}, a.Past...)
	about := []string{a.Name, a.Display, s.o.Site}
	s.mu.Unlock()
	hash, err := s.newHash(ctx, password, past, about)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.change(by, Password, object, name, "", true, func(a *account) error {
		if a.Password != "" {
			a.Past = append([]string{a.Password}, a.Past...)
		}
		a.Past = a.Past[:min(len(a.Past), max(0, s.o.Settings.History-1))]
		a.Password, a.PasswordAt, a.PasswordBy, a.MustChange, a.Invite = hash, s.o.Now(), "", false, nil
		return more(a)
	})
}

// newHash is what is kept of a password that is acceptable and was not used before.
func (s *Store) newHash(ctx context.Context, password string, past, about []string) (string, error) {
	if err := acceptable(s.o.Settings, password, about...); err != nil {
		return "", err
	}
	for i, old := range past {
		if old == "" || i >= s.o.Settings.History {
			continue
		}
		same, _, err := s.hasher.check(ctx, old, password)
		if err != nil {
			return "", err
		}
		if same {
			return "", refusal{ErrPassword, fmt.Sprintf("最近 %d 个口令不能重复使用，请换一个", s.o.Settings.History)}
		}
	}
	return s.hasher.hash(ctx, password)
}

// mustChange says whether an account has to change its password before anything else.
func (s *Store) mustChange(a *account) bool {
	age := s.o.Settings.MaxAge()
	aged := age > 0 && s.o.Now().Sub(a.PasswordAt) >= age
	return a.Password != "" && (a.MustChange || aged)
}

// ChangePassword changes the caller's own password. All his sessions end, and this one begins anew.
func (s *Store) ChangePassword(ctx context.Context, c *Caller, old, password string, v Visit) (SignedIn, error) {
	if c == nil || c.Session == "" || c.ViewedBy != "" {
		return SignedIn{}, errSignIn
	}
	s.mu.Lock()
	a := s.accounts[fold(c.Account)]
	key := "own " + fold(c.Account)
	if a == nil || a.Password == "" || len(old) > maxPassword || s.attempts.closed(s.o.Now(), key) {
		s.mu.Unlock()
		return SignedIn{}, s.denyChange(c)
	}
	kept := a.Password
	s.mu.Unlock()
	right, _, err := s.hasher.check(ctx, kept, old)
	if err != nil {
		return SignedIn{}, err
	}
	if !right {
		s.mu.Lock()
		s.attempts.fail(s.o.Now(), key)
		s.mu.Unlock()
		return SignedIn{}, s.denyChange(c)
	}
	err = s.setPassword(ctx, c.Actor(), "本人更换口令", c.Account, password, func(a *account) error {
		if len(a.Past) > 0 && a.Past[0] != kept && s.o.Settings.History > 1 {
			return errSignIn // it was changed meanwhile
		}
		return nil
	})
	if err != nil {
		return SignedIn{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts.succeed(key)
	return s.begin(s.accounts[fold(c.Account)], v, "更换口令后")
}

func (s *Store) denyChange(c *Caller) error {
	if err := s.o.Log.Write(c.Actor(), Password, "原口令不正确", Denied); err != nil {
		s.warn("a refusal could not be written down", err)
	}
	return refusal{ErrPassword, "原口令不正确，或因多次输错已暂停；请核对后再试，或请管理员发一次性链接"}
}
