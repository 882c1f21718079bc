package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gridstar/analytics/access"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// holding is what a role is given for.
type holding struct {
	Org       string   `help:"范围：这个单位及其下级（编码或名称）。" placeholder:"CODE"`
	Site      bool     `help:"范围：全站。"`
	Stars     []string `help:"评价人负责的星，用逗号分开，如 GJ,PA。" placeholder:"STAR"`
	Petitions bool     `help:"可以查看信访内容。"`
	Care      bool     `help:"可以查看关爱名单。"`
	Until     string   `help:"有效至这一天（含），如 2026-12-31；不写则一直有效。" placeholder:"DATE"`
}

func (h *holding) given() bool {
	return h.Org != "" || h.Site || len(h.Stars) > 0 || h.Petitions || h.Care || h.Until != ""
}

// grant reads a grant as it was typed.
func (h *holding) grant(ctx context.Context, e *env, role string) (g access.Grant, err error) {
	k, err := parseRole(role)
	if err != nil {
		return g, err
	}
	g = access.Grant{Role: k.Role, Petitions: h.Petitions, Care: h.Care}
	if g.Org, err = e.reach(ctx, k, h.Org, h.Site); err != nil {
		return g, err
	}
	if g.Stars, err = e.stars(h.Stars); err != nil {
		return g, err
	}
	if h.Until != "" {
		day, err := time.Parse(time.DateOnly, h.Until)
		if err != nil {
			return g, usagef("--until 应写成 2026-12-31 的样式，不能是“%s”", h.Until)
		}
		g.Until = day.AddDate(0, 0, 1)
	}
	return g, nil
}

// parseRole knows roles by their id and by their Chinese name.
func parseRole(text string) (access.Kind, error) {
	var all []string
	for _, k := range access.Kinds {
		if text == string(k.Role) || text == k.Label {
			return k, nil
		}
		all = append(all, k.Label+"（"+string(k.Role)+"）")
	}
	return access.Kind{}, usagef("没有角色“%s”，可用的角色：%s", text, strings.Join(all, "、"))
}

// reach is the unit that a role is given for; "" is the whole site, which has to be said unless nothing else is possible.
func (e *env) reach(ctx context.Context, k access.Kind, org string, site bool) (code string, err error) {
	switch {
	case org != "" && (site || k.Site):
		return "", usagef("%s的范围是全站，不要同时写 --org", k.Label)
	case org == "" && !site && !k.Site:
		return "", usagef("请用 --org 写明%s的单位，或用 --site 写明全站", k.Label)
	case org == "":
		return "", nil
	}
	err = e.W.View(ctx, func(view *warehouse.View) (err error) {
		code, err = e.unit(ctx, view, org)
		return err
	})
	return code, err
}

// stars are the codes of stars named by code or name.
func (e *env) stars(texts []string) (codes []string, err error) {
	for _, text := range texts {
		var all []string
		found := ""
		for _, s := range e.Catalog.Rulebook().Stars {
			if strings.EqualFold(text, s.Code) || text == s.Name {
				found = s.Code
			}
			all = append(all, s.Code+"（"+s.Name+"）")
		}
		if found == "" {
			return nil, usagef("没有“%s”这颗星，可用的星：%s", text, strings.Join(all, "、"))
		}
		codes = append(codes, found)
	}
	slices.Sort(codes)
	return slices.Compact(codes), nil
}

type userGrantVerb struct {
	named
	Role string `arg:"" name:"角色" help:"如 街道领导、评价人，或其编号。"`
	holding
}

func (*userGrantVerb) use() use { return useRead }

func (v *userGrantVerb) Run(ctx context.Context, e *env) error {
	store, err := e.accounts()
	if err != nil {
		return err
	}
	g, err := v.grant(ctx, e, v.Role)
	if err != nil {
		return err
	}
	if err := store.Give(e.actor(), v.Name, g); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.Stdout, "已授权账号 %s：%s。本人须重新登录。\n", v.Name, grantText(g, e.directory(ctx), e.starName))
	return err
}

type userRevokeVerb struct {
	named
	Grant string `arg:"" name:"授权号" help:"要撤销的授权，见 user list。"`
}

func (*userRevokeVerb) use() use { return useRead }

func (v *userRevokeVerb) Run(_ context.Context, e *env) error {
	store, err := e.accounts()
	if err != nil {
		return err
	}
	if err := store.Take(e.actor(), v.Name, v.Grant); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.Stdout, "已撤销账号 %s 的授权 %s，其登录已全部退出。\n", v.Name, v.Grant)
	return err
}

// directory is for showing units by name; nil where the database cannot be read: codes will do.
func (e *env) directory(ctx context.Context) *units.Directory {
	var dir *units.Directory
	err := e.W.View(ctx, func(view *warehouse.View) (err error) {
		dir, err = e.Units.Directory(ctx, view, e.levels(), e.now())
		return err
	})
	if err != nil {
		return nil
	}
	return dir
}

func (e *env) starName(code string) string {
	for _, s := range e.Catalog.Rulebook().Stars {
		if s.Code == code {
			return s.Name
		}
	}
	return code
}

// grantText is a grant in words: 街道领导（红旗街道，信访内容，至 2026-12-31）.
func grantText(g access.Grant, dir *units.Directory, starName func(string) string) string {
	parts := []string{"全站"}
	if g.Org != "" {
		parts[0] = g.Org
		if dir != nil {
			parts[0] = dir.FullName(g.Org)
		}
	}
	for _, s := range g.Stars {
		parts = append(parts, starName(s))
	}
	if g.Petitions {
		parts = append(parts, "信访内容")
	}
	if g.Care {
		parts = append(parts, "关爱名单")
	}
	if !g.Until.IsZero() {
		parts = append(parts, "至 "+untilOf(g.Until))
	}
	return g.Role.Label() + "（" + strings.Join(parts, "，") + "）"
}
