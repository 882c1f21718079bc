package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"gridstar/analytics/access"
)

type userVerb struct {
	Add     userAddVerb     `cmd:"" help:"开通账号，给出设置口令的一次性链接。"`
	List    userListVerb    `cmd:"" help:"列出账号及其权限。"`
	Setup   userSetupVerb   `cmd:"" help:"还没有管理员时，给出设立管理员的一次性链接（格星服务须在运行）。"`
	Link    userLinkVerb    `cmd:"" help:"给出重新设置口令的一次性链接。"`
	Passwd  userPasswdVerb  `cmd:"" help:"设置口令，本人下次登录时须更换。"`
	Grant   userGrantVerb   `cmd:"" help:"授权：角色和范围。"`
	Revoke  userRevokeVerb  `cmd:"" help:"撤销一项授权。"`
	Disable userDisableVerb `cmd:"" help:"停用账号，立即生效。"`
	Enable  userEnableVerb  `cmd:"" help:"恢复停用的账号。"`

	Sessions userSessionsVerb `cmd:"" help:"列出账号的登录。"`
	Signout  userSignoutVerb  `cmd:"" help:"退出账号的全部登录。"`
	Token    userTokenVerb    `cmd:"" help:"为程序发 API 令牌，只显示一次。"`
	Untoken  userUntokenVerb  `cmd:"" help:"撤销 API 令牌。"`
}

// named is the account that a verb is about.
type named struct {
	Name string `arg:"" name:"用户名" help:"登录用的名称，不分大小写。"`
}

// enterPath is where one-time links lead.
const enterPath = "/enter?key="

// link is the address that a one-time key opens at. Whoever types it needs the service's address, which only a service
// that runs knows.
func (e *env) link(key string) string {
	path := enterPath + url.QueryEscape(key)
	if base := e.base.Load(); base != nil {
		return *base + path
	}
	return "<服务地址>" + path
}

// linkJSON is a one-time link for scripts.
type linkJSON struct {
	Account string `json:"account,omitempty"`
	Link    string `json:"link"`
	Until   string `json:"until"`
}

const minute = "2006-01-02 15:04"

// printLink gives the link to whoever will hand it on.
func (e *env) printLink(what string, l access.Link, asJSON bool) error {
	if asJSON {
		return e.json(linkJSON{l.Account, e.link(l.Key), l.Until.Format("2006-01-02T15:04:05")})
	}
	_, err := fmt.Fprintf(e.Stdout, "%s（%s 前有效，只能使用一次）：\n%s\n", what, l.Until.Format(minute), e.link(l.Key))
	return err
}

const handOn = "请把下面的链接交给本人，在浏览器中打开后设置口令"

type userAddVerb struct {
	named
	Display string `help:"页面上显示的姓名或职务；不写则与用户名相同。" placeholder:"TEXT"`
	Role    string `help:"角色，如 街道领导、评价人，或其编号；不写则暂不授权。" placeholder:"ROLE"`
	holding
	JSON bool `help:"以 JSON 输出。"`
}

func (*userAddVerb) use() use { return useWrite }

func (v *userAddVerb) Run(ctx context.Context, e *env) error {
	store, err := e.accounts()
	if err != nil {
		return err
	}
	n := access.NewAccount{Name: v.Name, Display: v.Display}
	if n.Display == "" {
		n.Display = v.Name
	}
	switch {
	case v.Role != "":
		g, err := v.grant(ctx, e, v.Role)
		if err != nil {
			return err
		}
		n.Grants = []access.Grant{g}
	case v.given():
		return usagef("请用 --role 写明角色")
	}
	if err := store.Add(e.actor(), n); err != nil {
		return err
	}
	l, err := store.Invite(e.actor(), v.Name)
	if err != nil {
		return fmt.Errorf("账号已开通，但没有得到链接，请运行 user link %s：%w", v.Name, err)
	}
	if !v.JSON {
		fmt.Fprintf(e.Stdout, "已开通账号 %s。", v.Name)
		if len(n.Grants) == 0 {
			fmt.Fprintf(e.Stdout, "还没有授权，请运行 user grant %s。", v.Name)
		}
		fmt.Fprintln(e.Stdout)
	}
	return e.printLink(handOn, l, v.JSON)
}

// setupLink gives out the link for the first administrator; access.ErrReady where there is one.
func (e *env) setupLink(store *access.Store) (access.Link, error) {
	if !store.Ready() {
		if err := e.record(access.Password, "给出设立管理员的链接", access.Done); err != nil {
			return access.Link{}, err
		}
	}
	return store.Setup()
}

type userSetupVerb struct {
	JSON bool `help:"以 JSON 输出。"`
}

func (*userSetupVerb) use() use { return useRead }

func (v *userSetupVerb) Run(_ context.Context, e *env) error {
	store, err := e.accounts()
	if err != nil {
		return err
	}
	if e.base.Load() == nil && !store.Ready() {
		return errors.New("格星服务没有运行；请运行 serve，启动时会给出设立管理员的链接")
	}
	l, err := e.setupLink(store)
	if err != nil {
		return err
	}
	return e.printLink("请在浏览器中打开这个链接，设立管理员", l, v.JSON)
}

type userLinkVerb struct {
	named
	JSON bool `help:"以 JSON 输出。"`
}

func (*userLinkVerb) use() use { return useRead }

func (v *userLinkVerb) Run(_ context.Context, e *env) error {
	store, err := e.accounts()
	if err != nil {
		return err
	}
	l, err := store.Invite(e.actor(), v.Name)
	if err != nil {
		return err
	}
	return e.printLink(handOn, l, v.JSON)
}

type userPasswdVerb struct {
	named
	Stdin bool `help:"从标准输入读取一行作为口令。"`
}

func (*userPasswdVerb) use() use          { return useRead }
func (v *userPasswdVerb) fromStdin() bool { return v.Stdin }

func (v *userPasswdVerb) Run(ctx context.Context, e *env) error {
	store, err := e.accounts()
	if err != nil {
		return err
	}
	password, err := readSecret(e.Stdin)
	if err != nil {
		return err
	}
	if err := store.SetPassword(ctx, e.actor(), v.Name, password); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.Stdout, "已设置账号 %s 的口令，其登录已全部退出；本人下次登录时须更换。\n", v.Name)
	return err
}

type userDisableVerb struct{ named }

func (*userDisableVerb) use() use { return useRead }

func (v *userDisableVerb) Run(_ context.Context, e *env) error {
	return e.change((*access.Store).Disable, v.Name, "已停用账号 %s，其登录已全部退出，令牌不再有效。")
}

type userEnableVerb struct{ named }

func (*userEnableVerb) use() use { return useRead }

func (v *userEnableVerb) Run(_ context.Context, e *env) error {
	return e.change((*access.Store).Enable, v.Name, "已恢复账号 %s。")
}

type userSignoutVerb struct{ named }

func (*userSignoutVerb) use() use { return useRead }

func (v *userSignoutVerb) Run(_ context.Context, e *env) error {
	return e.change((*access.Store).SignOutAll, v.Name, "账号 %s 的登录已全部退出。")
}

// change does something to an account and says so.
func (e *env) change(do func(*access.Store, access.Actor, string) error, name, done string) error {
	store, err := e.accounts()
	if err != nil {
		return err
	}
	if err := do(store, e.actor(), name); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.Stdout, done+"\n", name)
	return err
}
