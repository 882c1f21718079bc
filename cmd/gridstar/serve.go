package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/ingest/intake"
	"gridstar/reports/web"
)

type serveVerb struct {
	Addr         string   `help:"监听地址；写成 :8080 则监听本机的所有地址。" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Cert         string   `help:"TLS 证书文件（PEM，含中间证书）；更换文件后自动生效。" placeholder:"F"`
	Key          string   `help:"TLS 私钥文件（PEM）。" placeholder:"F"`
	TrustedProxy []string `help:"前面的反向代理的地址，只相信它们转达的来源地址；可有多个。" placeholder:"CIDR"`
	BaseURL      string   `name:"base-url" help:"用户访问格星的网址，如 https://gx.example.cn，用在一次性链接中；不写则按监听地址。" placeholder:"URL"`
}

func (*serveVerb) use() use { return useServe }

func (v *serveVerb) Validate() error {
	if (v.Cert == "") != (v.Key == "") {
		return errors.New("选项 --cert 与 --key 须同时写明")
	}
	return nil
}

// Run serves the pages, keeps the warehouse open and runs the verbs that other processes hand over, until it is told
// to end.
func (v *serveVerb) Run(ctx context.Context, e *env) error {
	s, err := v.site(e)
	if err != nil {
		return err
	}
	return e.serve(ctx, s)
}

// site is where a service answers and who may come in.
type site struct {
	listener net.Listener
	cert     *certificate // nil: not encrypted
	proxies  web.Proxies
	base     string // address for browsers
	visitor  string // the account that a one-time link signs in as without a password, and a browser of this machine with it; "" for none
}

func (v *serveVerb) site(e *env) (s site, err error) {
	scheme := "http"
	if s.proxies, err = parseProxies(v.TrustedProxy); err != nil {
		return s, err
	}
	if v.Cert != "" {
		scheme = "https"
		if s.cert, err = openCertificate(v.Cert, v.Key, time.Now, func(text string) { fmt.Fprintln(e.Stderr, text) }); err != nil {
			return s, err
		}
	}
	if v.BaseURL != "" {
		if s.base, err = parseBase(v.BaseURL); err != nil {
			return s, err
		}
	}
	if s.listener, err = takeAddress(v.Addr); err != nil {
		return s, err
	}
	if s.base == "" {
		s.base = here(s.listener, v.Addr, scheme)
	}
	return s, nil
}

// anchorEvery is how often the journal is told where the audit log ends.
const anchorEvery = 5 * time.Minute

// serve answers until ctx ends, then lets the requests under way finish. It closes the listener.
func (e *env) serve(ctx context.Context, s site) error {
	defer s.listener.Close()
	e.base.Store(&s.base) // verbs that are handed over from now on know where the service is
	log := slog.New(slog.NewJSONHandler(e.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	desk, err := e.desk(log)
	if err != nil {
		return err
	}
	server, err := e.server(ctx, s, desk, log)
	if err != nil {
		return err
	}
	if err := e.recordStart(ctx); err != nil { // sign-ins will be refused, but who is signed in can still look
		fmt.Fprintln(e.Stderr, "注意："+sentence(err))
	}
	logged("anchoring the audit log", e.W.Anchor(ctx))
	if err := e.greet(s); err != nil {
		return err
	}
	ended := make(chan error, 1)
	working, stop := context.WithCancel(ctx)
	defer stop()
	wait := e.work(working, desk)
	go func() {
		l := capListener(s.listener, maxConnections)
		if s.cert != nil {
			ended <- server.ServeTLS(l, "", "")
		} else {
			ended <- server.Serve(l)
		}
	}()
	err = e.attend(ctx, ended)
	fmt.Fprintln(e.Stderr, "格星服务正在结束。")
	stop()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if down := server.Shutdown(grace); !errors.Is(down, context.DeadlineExceeded) {
		err = errors.Join(err, down)
	}
	wait()
	logged("writing down the end", e.record(access.Ended, "", access.Done))
	return err
}

// attend waits for the service's end, or for the order to end it.
func (e *env) attend(ctx context.Context, ended <-chan error) error {
	tick := time.NewTicker(anchorEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return fmt.Errorf("服务意外结束：%w", err)
		case <-ctx.Done():
			return nil
		case <-tick.C:
			logged("anchoring the audit log", e.W.Anchor(ctx))
		}
	}
}

func (e *env) server(ctx context.Context, s site, desk *intake.Desk, log *slog.Logger) (*http.Server, error) {
	store, err := e.accounts()
	if err != nil {
		return nil, err
	}
	o := web.Options{
		Warehouse: e.W, Catalog: e.Catalog, Units: e.Units, Now: e.now, Version: version,
		Engine: analytics.NewEngine(e.W, e.Catalog, analytics.EngineOptions{}),
		Access: store, Audit: e.Audit, Desk: desk, Proxies: s.proxies, Log: log,
	}
	if s.visitor != "" {
		o.Entered = func() {
			if l, err := store.Entrance(s.visitor); err == nil {
				fmt.Fprintf(e.Stderr, "链接已使用。如需在另一个浏览器打开，请用：%s\n", e.link(l.Key))
			}
		}
	}
	pages, err := web.New(o)
	if err != nil {
		return nil, err
	}
	server := &http.Server{
		Handler: pages, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, IdleTimeout: time.Minute,
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	if s.cert != nil {
		server.TLSConfig = s.cert.config()
	}
	return server, nil
}

// greet tells whoever started the service how to get in.
func (e *env) greet(s site) error {
	fmt.Fprintf(e.Stderr, "格星服务已启动，数据目录 %s；按 Ctrl-C 结束。\n", e.W.Dir())
	if s.cert == nil && !loopback(s.listener) && len(s.proxies) == 0 {
		fmt.Fprintln(e.Stderr, "注意：没有启用 TLS，口令和数据在网络上不加密，可能被截获；请用 --cert 和 --key 启用，或放在启用 TLS 的反向代理之后并用 --trusted-proxy 写明它的地址。")
	}
	store, err := e.accounts()
	if err != nil {
		return err
	}
	switch {
	case s.visitor != "":
		l, err := store.Entrance(s.visitor)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.Stderr, "请用浏览器打开（只能使用一次）：%s\n", e.link(l.Key))
		openBrowser(e.link(l.Key))
	case !store.Ready():
		l, err := e.setupLink(store)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.Stderr, "还没有管理员。请用浏览器打开这个链接设立管理员（%s 前有效，只能使用一次；过期后可运行 user setup 再取）：%s\n", l.Until.Format(minute), e.link(l.Key))
	default:
		fmt.Fprintf(e.Stderr, "请用浏览器打开：%s\n", s.base)
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
