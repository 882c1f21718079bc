package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"

	"gridstar/reports/web"
)

// maxConnections is how many connections may be open at once: some hundred browsers with six each. Further ones wait.
const maxConnections = 2000

// takeAddress takes the address that a server will answer at.
func takeAddress(addr string) (net.Listener, error) {
	if _, port, err := net.SplitHostPort(addr); err != nil || port == "" {
		return nil, usagef("--addr 应写成 127.0.0.1:8080 的样式，不能是“%s”", addr)
	}
	l, err := net.Listen("tcp", addr)
	var name *net.DNSError
	switch {
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.As(err, &name):
		return nil, fmt.Errorf("无法监听 %s：本机没有这个地址，请用 --addr 写本机的地址，或写 :8080 监听所有地址", addr)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("无法监听 %s：没有权限使用这个端口，请用 --addr 换一个 1024 以上的端口，如 :8443", addr)
	case err != nil:
		return nil, fmt.Errorf("无法监听 %s：可能已有另一个服务占用了这个端口，请用 --addr 换一个，如 127.0.0.1:8081", addr)
	}
	return l, nil
}

// loopback says whether only this machine can reach a listener.
func loopback(l net.Listener) bool {
	a, ok := l.Addr().(*net.TCPAddr)
	return ok && a.IP.IsLoopback()
}

// here is the address under which browsers find a listener: the host as it was written, else one of this machine's.
func here(l net.Listener, addr, scheme string) string {
	host, _, _ := net.SplitHostPort(addr)
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = ownAddress()
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return scheme + "://" + net.JoinHostPort(host, port)
}

// ownAddress is this machine's first IPv4 address that others can reach.
func ownAddress() string {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return "127.0.0.1"
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			return n.IP.String()
		}
	}
	return "127.0.0.1"
}

// parseBase reads the address that users know the service by, without its last slash.
func parseBase(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", usagef("--base-url 应写成 https://gx.example.cn 的样式，不能是“%s”", text)
	}
	return u.Scheme + "://" + u.Host, nil
}

// parseProxies reads addresses and networks.
func parseProxies(texts []string) (all web.Proxies, err error) {
	for _, text := range texts {
		n, err := netip.ParsePrefix(text)
		if err != nil {
			addr, err := netip.ParseAddr(text)
			if err != nil {
				return nil, usagef("--trusted-proxy 应写成 10.0.0.5 或 10.0.0.0/24 的样式，不能是“%s”", text)
			}
			n = netip.PrefixFrom(addr, addr.BitLen())
		}
		if n.Bits() == 0 {
			return nil, usagef("--trusted-proxy 不能信任所有地址（“%s”），请只写代理服务器的地址", text)
		}
		all = append(all, n)
	}
	return all, nil
}

// capped is a listener with a bounded number of open connections.
type capped struct {
	net.Listener
	slots chan struct{}
	done  chan struct{} // closed with the listener
	once  sync.Once
}

func capListener(l net.Listener, n int) *capped {
	return &capped{Listener: l, slots: make(chan struct{}, n), done: make(chan struct{})}
}

func (l *capped) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.done:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &cappedConn{Conn: c, free: sync.OnceFunc(func() { <-l.slots })}, nil
}

func (l *capped) Close() error {
	l.once.Do(func() { close(l.done) })
	return l.Listener.Close()
}

type cappedConn struct {
	net.Conn
	free func()
}

func (c *cappedConn) Close() error {
	defer c.free()
	return c.Conn.Close()
}
