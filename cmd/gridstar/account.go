package main

import (
	"context"
	"fmt"
	"time"

	"gridstar/analytics/access"
	"gridstar/analytics/units"
)

type userListVerb struct {
	JSON bool `help:"以 JSON 输出。"`
}

func (*userListVerb) use() use { return useRead }

type accountJSON struct {
	Name        string      `json:"name"`
	Display     string      `json:"display"`
	Disabled    bool        `json:"disabled"`
	HasPassword bool        `json:"has_password"`
	Grants      []grantJSON `json:"grants"`
	Tokens      []tokenJSON `json:"tokens"`
	Created     string      `json:"created"`
	SignedIn    *string     `json:"signed_in"` // last; null: never
}

type grantJSON struct {
	ID        string   `json:"id,omitempty"`
	Role      string   `json:"role"`
	Org       *string  `json:"org"` // null: the whole site
	Stars     []string `json:"stars"`
	Petitions bool     `json:"petitions"`
	Care      bool     `json:"care"`
	Until     *string  `json:"until"` // first moment at which it holds no more; null: no end
	Live      bool     `json:"live"`
}

type tokenJSON struct {
	ID    string    `json:"id"`
	Label string    `json:"label"`
	Grant grantJSON `json:"grant"`
	Used  *string   `json:"used"` // last; null: never
}

// moment is a naive time of the site's zone for scripts; null for none.
func moment(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.Format("2006-01-02T15:04:05")
	return &s
}

func showGrant(g access.Grant, now time.Time) grantJSON {
	out := grantJSON{g.ID, string(g.Role), nil, orEmpty(g.Stars), g.Petitions, g.Care, moment(g.Until), g.Live(now)}
	if g.Org != "" {
		out.Org = &g.Org
	}
	return out
}

func showAccount(a access.Account, now time.Time) accountJSON {
	out := accountJSON{a.Name, a.Display, a.Disabled, a.HasPassword, []grantJSON{}, []tokenJSON{}, *moment(a.Created), moment(a.SignedInAt)}
	for _, g := range a.Grants {
		out.Grants = append(out.Grants, showGrant(g, now))
	}
	for _, t := range a.Tokens {
		out.Tokens = append(out.Tokens, tokenJSON{t.ID, t.Label, showGrant(t.Grant, now), moment(t.UsedAt)})
	}
	return out
}

func (v *userListVerb) Run(ctx context.Context, e *env) error {
	store, err := e.accounts()
	if err != nil {
		return err
	}
	all, now := store.Accounts(), e.now()
	if v.JSON {
		list := []accountJSON{}
		for _, a := range all {
			list = append(list, showAccount(a, now))
		}
		return e.json(map[string]any{"total": len(list), "ready": store.Ready(), "accounts": list})
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(e.Stdout, "还没有账号。用 user add 开通，或运行 serve，按给出的链接设立管理员。")
		return err
	}
	return e.accountsTable(ctx, all, now)
}

func (e *env) accountsTable(ctx context.Context, all []access.Account, now time.Time) error {
	dir := e.directory(ctx)
	t, tokens := newTable("用户名", "显示名", "状态", "授权号", "授权", "最近登录"), newTable("令牌", "用户名", "用途", "权限", "最近使用")
	for _, a := range all {
		rows := e.grantRows(a, dir, now)
		for i, r := range rows {
			name, display, state, last := "", "", "", ""
			if i == 0 {
				name, display, state, last = a.Name, a.Display, accountState(a), lastText(a.SignedInAt)
			}
			t.row(name, display, state, r[0], r[1], last)
		}
		for _, k := range a.Tokens {
			tokens.row(k.ID, a.Name, k.Label, grantText(k.Grant, dir, e.starName)+ended(k.Grant, now), lastText(k.UsedAt))
		}
	}
	if err := t.write(e.Stdout); err != nil || len(tokens.rows) == 1 {
		return err
	}
	fmt.Fprintln(e.Stdout)
	return tokens.write(e.Stdout)
}

// grantRows is a line a grant: its number and its words.
func (e *env) grantRows(a access.Account, dir *units.Directory, now time.Time) (rows [][2]string) {
	for _, g := range a.Grants {
		rows = append(rows, [2]string{g.ID, grantText(g, dir, e.starName) + ended(g, now)})
	}
	if rows == nil {
		rows = [][2]string{{"", "没有授权"}}
	}
	return rows
}

func ended(g access.Grant, now time.Time) string {
	if g.Live(now) {
		return ""
	}
	return "，已到期"
}

func accountState(a access.Account) string {
	switch {
	case a.Disabled:
		return "停用"
	case !a.HasPassword:
		return "未设口令"
	}
	return "正常"
}

func lastText(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.Format(minute)
}
