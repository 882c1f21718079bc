package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// Options configure a Store. All but Site must be given.
type Options struct {
	Now      func() time.Time // naive time of the site's zone
	Log      *Log
	Key      []byte // Warehouse.Derive("access")
	Settings catalog.Access
	Site     string // the site's name: no password may be made of it
}

// Store keeps accounts, sessions, links and tokens: all in memory, written whole to accounts.json and sessions.json when
// they change. Whoever owns the data directory is the only one who writes them. It is safe for concurrent use.
type Store struct {
	dir    warehouse.Dir
	o      Options
	hasher *hasher

	mu       sync.Mutex
	accounts map[string]*account  // by folded name
	sessions map[string]*session  // by hash of the token
	used     map[string]time.Time // tokens, by id: when they were used last
	seen     map[string]time.Time // accounts, by folded name: the last sign-in
	links    map[string]Link      // in memory only, by hash of the key: set-up and entrances
	attempts *attempts
	saved    time.Time // when sessions.json was written last
}

// account is an Account with what is kept of its password.
type account struct {
	Name       string    `json:"name"`
	Display    string    `json:"display"`
	Disabled   bool      `json:"disabled,omitempty"`
	Password   string    `json:"password,omitempty"` // PHC string
	Past       []string  `json:"past,omitempty"`     // passwords before, the latest first
	PasswordAt time.Time `json:"password_at,omitzero"`
	PasswordBy string    `json:"password_by,omitempty"` // who gave the link that it was set by, or set it; "" for the owner
	MustChange bool      `json:"must_change,omitempty"` // somebody else has set the password
	Grants     []Grant   `json:"grants,omitempty"`
	Tokens     []token   `json:"tokens,omitempty"`
	Invite     *invite   `json:"invite,omitempty"`
	Created    time.Time `json:"created"`
	LastGrant  int       `json:"last_grant,omitempty"` // the number that the latest grant got
	Epoch      int       `json:"epoch,omitempty"`      // sessions begun in an earlier one have ended
}

// accountsFile is accounts.json.
type accountsFile struct {
	Format   int        `json:"format"`
	Accounts []*account `json:"accounts"`
}

const fileFormat = 1

// fold makes names that differ in case only one.
func fold(name string) string { return strings.ToLower(name) }

// OpenStore reads the accounts of a data directory. Nothing is made on disk before the first account. A damaged file is an
// error: taking it for an empty one would let anybody set up an administrator.
func OpenStore(dir warehouse.Dir, o Options) (*Store, error) {
	s := &Store{
		dir: dir, o: o, hasher: newHasher(owasp),
		accounts: map[string]*account{}, sessions: map[string]*session{}, used: map[string]time.Time{}, seen: map[string]time.Time{}, links: map[string]Link{},
		attempts: newAttempts(o.Settings.Failures, o.Settings.Lock()),
	}
	b, err := os.ReadFile(dir.Accounts())
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(dir.Sessions()); err == nil { // somebody has signed in here
			return nil, refusal{ErrFile, "数据目录缺少账号文件 accounts.json，请从备份恢复这个文件"}
		}
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("无法读取账号文件：%w", err)
	}
	if s.accounts, err = readAccounts(b); err != nil {
		return nil, err
	}
	s.loadSessions()
	return s, nil
}

// readAccounts reads accounts.json.
func readAccounts(b []byte) (map[string]*account, error) {
	damaged := func(why string) error {
		return refusal{ErrFile, "账号文件 accounts.json 已损坏（" + why + "），请从备份恢复这个文件；不要删除它，否则任何人都可以重新设立管理员"}
	}
	var f accountsFile
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, damaged("内容无法识别")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, damaged("后面有多余的内容")
	}
	if f.Format != fileFormat {
		return nil, refusal{ErrFile, fmt.Sprintf("账号文件 accounts.json 的格式 %d 不是本程序能读的，请用写入它的那个版本", f.Format)}
	}
	all := map[string]*account{}
	for _, a := range f.Accounts {
		switch {
		case a == nil || checkName(a.Name) != nil || all[fold(a.Name)] != nil:
			return nil, damaged("有账号的名称不对或重复")
		case checkDisplay(a.Display) != nil:
			return nil, damaged("有账号的显示名不对")
		case separate(a.Grants) != nil:
			return nil, damaged("有账号同时是管理员和审计员")
		case a.Invite != nil && !isDigest(a.Invite.Hash):
			return nil, damaged("一次性链接的校验值不对")
		}
		ids := map[string]bool{}
		for _, g := range a.Grants {
			if g.ID == "" || ids[g.ID] || checkGrant(g, time.Time{}) != nil {
				return nil, damaged("有账号的授权不对")
			}
			ids[g.ID] = true
		}
		for _, t := range a.Tokens {
			if t.ID == "" || ids[t.ID] || !isDigest(t.Hash) || !tokenRole(t.Grant.Role) {
				return nil, damaged("有账号的令牌不对")
			}
			ids[t.ID] = true
		}
		for _, hash := range append(slices.Clone(a.Past), a.Password) {
			if hash == "" {
				continue
			}
			if _, _, _, err := parsePHC(hash); err != nil {
				return nil, damaged("口令的校验值不对")
			}
		}
		all[fold(a.Name)] = a
	}
	return all, nil
}

// save writes accounts.json. The lock is held.
func (s *Store) save() error {
	f := accountsFile{Format: fileFormat}
	for _, a := range s.accounts {
		f.Accounts = append(f.Accounts, a)
	}
	slices.SortFunc(f.Accounts, func(a, b *account) int { return strings.Compare(fold(a.Name), fold(b.Name)) })
	return writeJSON(s.dir.Accounts(), f)
}

func writeJSON(name string, v any) error {
	return warehouse.WriteFile(name, 0o600, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(v)
	})
}

// Close keeps what sessions were last seen.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.accounts) == 0 {
		return nil
	}
	return s.saveSessions()
}

// change is the one way in which an account changes: fn changes a copy or refuses; then the audit line is written, then
// the file, and only then does it count. The line says what is done, what more there is to say, and to which account. ends
// says that the account's sessions end with it. The lock is held.
func (s *Store) change(by Actor, event Event, what, name, more string, ends bool, fn func(*account) error) error {
	old := s.accounts[fold(name)]
	if old == nil {
		return errUnknown
	}
	if by.ViewedBy != "" {
		return errViewing
	}
	object := objectOf(what, more, old.Name)
	a := old.clone()
	if err := fn(a); err != nil {
		if errors.Is(err, ErrLast) || errors.Is(err, errOwn) || errors.Is(err, errWatched) { // no slip of the hand
			if err := s.o.Log.Write(by, event, object, Denied); err != nil {
				s.warn("a refusal could not be written down", err)
			}
		}
		return err
	}
	if ends {
		a.Epoch++
	}
	if err := s.o.Log.Write(by, event, object, Done); err != nil {
		return err
	}
	s.accounts[fold(name)] = a
	if err := s.save(); err != nil {
		s.accounts[fold(name)] = old
		return errors.Join(fmt.Errorf("账号文件无法写入，没有改动，请检查磁盘：%w", err), s.o.Log.Write(by, event, object, Failed))
	}
	if ends {
		s.endAll(a.Name)
	}
	return nil
}

// objectOf is what an audit line says of a change. Of what is too long for a line the name is not what is cut.
func objectOf(what, more, name string) string {
	if more != "" {
		what += " " + more
	}
	return short(what, maxField-len(name)-1) + " " + name
}

func (a *account) clone() *account {
	b := *a
	b.Past, b.Grants, b.Tokens = slices.Clone(a.Past), slices.Clone(a.Grants), slices.Clone(a.Tokens)
	if a.Invite != nil {
		i := *a.Invite
		b.Invite = &i
	}
	return &b
}

// warn tells the operator of what nobody else hears.
func (s *Store) warn(text string, err error) { s.o.Log.o.Log.Error(text, "err", err) }
