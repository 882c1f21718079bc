package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"time"

	"gridstar/analytics"
	"gridstar/reports/web"
)

type serveVerb struct {
	Addr string `help:"监听地址，设立账号之前只能是本机地址。" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
}

func (*serveVerb) access() access { return accessServe }

// Run serves the pages, keeps the warehouse open and runs the verbs that other processes hand over, until it is told
// to end.
func (v *serveVerb) Run(ctx context.Context, e *env) error {
	l, err := takeAddress(v.Addr)
	if err != nil {
		return err
	}
	return e.serve(ctx, l, false)
}

// takeAddress takes the address. Until there are accounts only this machine may come in: everybody else would be let in
// without a name.
func takeAddress(addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || port == "" {
		return nil, usagef("--addr 应写成 127.0.0.1:8080 的样式，不能是“%s”", addr)
	}
	if host != "localhost" {
		ip, err := netip.ParseAddr(host)
		if err != nil || !ip.IsLoopback() {
			return nil, fmt.Errorf("目前还没有账号，不能监听“%s”：这会让同一网络上的任何人看到数据；请用 127.0.0.1", addr)
		}
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("无法监听 %s：可能已有另一个服务占用了这个端口，请用 --addr 换一个，如 127.0.0.1:8081", addr)
	}
	return l, nil
}

// serve answers on l until ctx ends, then lets the requests under way finish. It closes l.
func (e *env) serve(ctx context.Context, l net.Listener, browse bool) error {
	defer l.Close()
	door, key := web.NewDoor()
	link := func(key string) string { return "http://" + l.Addr().String() + "/enter?key=" + key }
	door.Opened = func(next string) {
		fmt.Fprintf(e.Stderr, "链接已使用。如需在另一个浏览器打开，请用：%s\n", link(next))
	}
	pages, err := web.New(web.Options{
		Warehouse: e.W, Catalog: e.Catalog, Units: e.Units, Now: e.now, Version: version, Door: door,
		Engine: analytics.NewEngine(e.W, e.Catalog, analytics.EngineOptions{}),
		Log:    slog.New(slog.NewJSONHandler(e.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: pages, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, IdleTimeout: time.Minute,
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	fmt.Fprintf(e.Stderr, "格星服务已启动，数据目录 %s；按 Ctrl-C 结束。\n请用浏览器打开（只能使用一次）：%s\n", e.W.Dir(), link(key))
	if browse {
		openBrowser(link(key))
	}
	select {
	case err := <-ended:
		return fmt.Errorf("服务意外结束：%w", err)
	case <-ctx.Done():
	}
	fmt.Fprintln(e.Stderr, "格星服务正在结束。")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// openBrowser shows the link to whoever sits at this machine. Where there is no desktop nothing happens: the link is
// printed as well.
func openBrowser(link string) {
	name := map[string]string{"linux": "xdg-open", "darwin": "open"}[runtime.GOOS]
	if name == "" || !desktop() {
		return
	}
	cmd := exec.Command(name, link)
	if cmd.Start() == nil {
		go cmd.Wait() //nolint:errcheck // its outcome is nobody's business
	}
}

// desktop says whether somebody sits before a screen of this machine.
func desktop() bool {
	return runtime.GOOS == "darwin" || os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}
