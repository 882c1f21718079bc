package main

import (
	"context"
	"fmt"
)

type userSessionsVerb struct {
	named
	JSON bool `help:"以 JSON 输出。"`
}

func (*userSessionsVerb) use() use { return useRead }

type sessionJSON struct {
	ID      string `json:"id"`
	Address string `json:"address"`
	Agent   string `json:"agent"`
	Begun   string `json:"begun"`
	Seen    string `json:"seen"`
}

func (v *userSessionsVerb) Run(_ context.Context, e *env) error {
	store, err := e.accounts()
	if err != nil {
		return err
	}
	if _, ok := store.Account(v.Name); !ok {
		return fmt.Errorf("没有这个账号，请用 user list 核对“%s”", v.Name)
	}
	all := store.Sessions(v.Name)
	if v.JSON {
		list := []sessionJSON{}
		for _, s := range all {
			list = append(list, sessionJSON{s.ID, s.Address, s.Agent, *moment(s.Begun), *moment(s.Seen)})
		}
		return e.json(map[string]any{"total": len(list), "sessions": list})
	}
	if len(all) == 0 {
		_, err := fmt.Fprintf(e.Stdout, "账号 %s 现在没有登录。\n", v.Name)
		return err
	}
	t := newTable("登录", "地址", "开始", "最近活动", "浏览器")
	for _, s := range all {
		t.row(s.ID, s.Address, s.Begun.Format(minute), s.Seen.Format(minute), s.Agent)
	}
	return t.write(e.Stdout)
}
