package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"gridstar/analytics/access"
)

type userTokenVerb struct {
	named
	Label string `required:"" help:"用途，如 大屏、数据交换。" placeholder:"TEXT"`
	Role  string `required:"" help:"角色，须是账号现有的。" placeholder:"ROLE"`
	Org   string `help:"范围：这个单位及其下级（编码或名称）；不写则为全站。" placeholder:"CODE"`
	Days  int    `required:"" help:"有效天数，最多 366。" placeholder:"N"`
	JSON  bool   `help:"以 JSON 输出。"`
}

func (*userTokenVerb) use() use { return useRead }

func (v *userTokenVerb) Run(ctx context.Context, e *env) error {
	store, err := e.accounts()
	if err != nil {
		return err
	}
	k, err := parseRole(v.Role)
	if err != nil {
		return err
	}
	if v.Days < 1 || v.Days > 366 {
		return usagef("--days 应为 1 至 366，不能是 %s", strconv.Itoa(v.Days))
	}
	n := access.NewToken{Label: strings.TrimSpace(v.Label), Role: k.Role, Until: e.now().AddDate(0, 0, v.Days)}
	if n.Org, err = e.reach(ctx, k, v.Org, v.Org == ""); err != nil {
		return err
	}
	secret, err := store.IssueToken(e.actor(), v.Name, n)
	if err != nil {
		return err
	}
	if v.JSON {
		return e.json(map[string]any{"account": v.Name, "token": secret, "until": moment(n.Until)})
	}
	_, err = fmt.Fprintf(e.Stdout, "令牌只显示这一次，请立即妥善保存（%s 前有效）：\n%s\n", n.Until.Format(minute), secret)
	return err
}

type userUntokenVerb struct {
	named
	ID string `arg:"" name:"令牌号" help:"要撤销的令牌，见 user list。"`
}

func (*userUntokenVerb) use() use { return useRead }

func (v *userUntokenVerb) Run(_ context.Context, e *env) error {
	store, err := e.accounts()
	if err != nil {
		return err
	}
	if err := store.RevokeToken(e.actor(), v.Name, v.ID); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.Stdout, "已撤销账号 %s 的令牌 %s。\n", v.Name, v.ID)
	return err
}
