package main

import (
	"context"
	"fmt"
)

type serveVerb struct{}

func (*serveVerb) access() access { return accessServe }

// Run keeps the warehouse open and runs the verbs that other processes hand over, until it is told to end.
func (v *serveVerb) Run(ctx context.Context, e *env) error {
	fmt.Fprintf(e.Stderr, "格星服务已启动，数据目录 %s；按 Ctrl-C 结束。\n", e.W.Dir())
	<-ctx.Done()
	fmt.Fprintln(e.Stderr, "格星服务正在结束。")
	return nil
}
