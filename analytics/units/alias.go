package units

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gridstar/analytics/warehouse"
)

// Bounds of what somebody may type as the aliases of a unit.
const (
	maxAliases    = 30
	maxAliasRunes = 40
)

// Kinds of refusals of SetAliases: each is one Chinese sentence, without full stop, that wraps one of them.
var (
	ErrAlias        = errors.New("units: alias not acceptable")
	ErrAliasChanged = errors.New("units: aliases were changed by somebody else")
)

// aliasError is a sentence and its kind.
type aliasError struct {
	kind error
	text string
}

func (e aliasError) Error() string { return e.text }
func (e aliasError) Unwrap() error { return e.kind }

// AliasChange says which further names a unit is to have.
type AliasChange struct {
	Code    string
	Was     []string // as the reader saw them, sorted: where they are others by now, nothing is changed
	Aliases []string // all that it is to have; the unit's own name and repetitions are dropped
	Now     time.Time
	Wait    time.Duration // how long to wait for loads under way (warehouse.ErrBusy); 0: until ctx ends
}

// SetAliases gives a unit its further names, as one job of the verb "aliases" that can be undone. Names are kept out that
// would leave open which unit a ledger means: those that a unit beside it has, and the name by which exactly one other unit
// is known. The errors wrap ErrAlias, ErrAliasChanged or warehouse.ErrBusy; nothing is changed then. A job of 0 means that there was
// nothing to change.
func SetAliases(ctx context.Context, w *warehouse.Warehouse, c AliasChange) (job int64, err error) {
	j, err := w.Begin(ctx, warehouse.Spec{Verb: "aliases", OrgCode: c.Code, All: true, Wait: c.Wait})
	if err != nil {
		return 0, err
	}
	defer j.Abandon()
	b, err := openBook(ctx, j)
	if err != nil {
		return 0, err
	}
	u, ok := b.at(c.Code, Date(c.Now))
	if !ok {
		return 0, aliasError{ErrAlias, fmt.Sprintf("没有编码为“%s”的单位", c.Code)}
	}
	if !slices.Equal(u.Aliases, c.Was) {
		return 0, aliasError{ErrAliasChanged, fmt.Sprintf("“%s”的别名刚刚被他人修改过，没有改动，请看过现在的别名后再改", u.Name)}
	}
	aliases := readList(strings.Join(c.Aliases, "、"))
	aliases = slices.DeleteFunc(aliases, func(a string) bool { return a == u.Name })
	if err := b.checkAliases(u, aliases, Date(c.Now)); err != nil {
		return 0, err
	}
	u.Aliases = aliases
	if changed, _ := b.put(u, 1); !changed {
		return 0, nil
	}
	if err := b.save(ctx, w, j); err != nil {
		return 0, err
	}
	_, err = j.Publish(ctx, warehouse.Totals{Rows: 1, Accepted: 1, Replaced: 1})
	return j.ID, err
}

// checkAliases refuses names that are none, or another's.
func (b *book) checkAliases(u Unit, aliases []string, date time.Time) error {
	if len(aliases) > maxAliases {
		return aliasError{ErrAlias, fmt.Sprintf("一个单位最多 %d 个别名", maxAliases)}
	}
	own := map[string]bool{normal(u.Name): true}
	for _, a := range u.Aliases { // those it has had need not be judged again
		own[normal(a)] = true
	}
	wanted := map[string]string{}
	for _, a := range aliases {
		n := normal(a)
		switch {
		case utf8.RuneCountInString(a) > maxAliasRunes:
			return aliasError{ErrAlias, fmt.Sprintf("别名“%s…”过长，最多 %d 个字", string([]rune(a)[:10]), maxAliasRunes)}
		case n == "" || strings.Trim(n, "0123456789") == "":
			return aliasError{ErrAlias, fmt.Sprintf("别名“%s”只有数字或符号，无法据以辨认单位", a)}
		case !own[n]:
			wanted[n] = a
		}
	}
	known := map[string]int{} // how many other units bear it as their name
	for code := range b.after {
		if code == u.Code {
			continue
		}
		o, _ := b.at(code, date)
		if n := normal(o.Name); wanted[n] != "" {
			known[n]++
		}
		if o.Tree != u.Tree || o.Parent != u.Parent {
			continue
		}
		for _, name := range append([]string{o.Name}, o.Aliases...) {
			if a := wanted[normal(name)]; a != "" {
				return aliasError{ErrAlias, fmt.Sprintf("别名“%s”已是同级单位“%s”的名称，请换一个", a, o.Name)}
			}
		}
	}
	for n, count := range known {
		if count == 1 {
			return aliasError{ErrAlias, fmt.Sprintf("别名“%s”会与别的单位混淆，请换一个", wanted[n])}
		}
	}
	return nil
}
