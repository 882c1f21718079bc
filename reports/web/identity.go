package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"gridstar/analytics/access"
)

// Proxies are the addresses of machines before this one that speak for their clients. Only they are believed about who
// asks (X-Forwarded-For) and whether by TLS (X-Forwarded-Proto).
type Proxies []netip.Prefix

func (p Proxies) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(addr.Unmap()) })
}

// client is the address that a request comes from: the peer's, or, behind trusted proxies, the last one they did not make.
func (p Proxies) client(r *http.Request) netip.Addr {
	at := peer(r)
	if !p.trusts(at) {
		return at
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		hop = strings.TrimSpace(hop)
		addr, err := netip.ParseAddr(hop)
		if with, bad := netip.ParseAddrPort(hop); err != nil && bad == nil { // some write the port too
			addr, err = with.Addr(), nil
		}
		if err != nil {
			break
		}
		if at = addr.Unmap(); !p.trusts(at) {
			break
		}
	}
	return at
}

// encrypted says whether the browser speaks TLS to us, or to a trusted proxy.
func (p Proxies) encrypted(r *http.Request) bool {
	return r.TLS != nil || p.trusts(peer(r)) && r.Header.Get("X-Forwarded-Proto") == "https"
}

// origin is what a client writes before a path to come here.
func (p Proxies) origin(r *http.Request) string {
	scheme := "http://"
	if p.encrypted(r) {
		scheme = "https://"
	}
	return scheme + r.Host
}

// direct says whether a request comes past the proxies, on a connection that nothing protects: whoever names proxies
// means everybody to come through them.
func (p Proxies) direct(r *http.Request) bool {
	return len(p) > 0 && r.TLS == nil && !p.trusts(peer(r)) && !peer(r).IsLoopback()
}

// peer is the other end of the connection.
func peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}

// Names of our cookies. Under TLS the prefix binds them to this host and to encrypted connections.
const (
	sessionCookie = "gs" // who is signed in
	deviceCookie  = "gd" // that somebody has signed in from this browser before
	securePrefix  = "__Host-"
)

func (s *Server) cookieName(r *http.Request, name string) string {
	if s.Proxies.encrypted(r) {
		return securePrefix + name
	}
	return name
}

func (s *Server) cookie(r *http.Request, name string) string {
	c, err := r.Cookie(s.cookieName(r, name))
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie gives a browser a cookie that scripts do not see; an empty value takes it away. age is in seconds; 0 is until
// the browser closes.
func (s *Server) setCookie(w http.ResponseWriter, r *http.Request, name, value string, age int) {
	c := &http.Cookie{
		Name: s.cookieName(r, name), Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: s.Proxies.encrypted(r), SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// identify says who asks: the owner of a session or of an API token; nil for nobody. A request that brings a token is
// judged by the token alone.
func (s *Server) identify(r *http.Request) *access.Caller {
	addr := s.Proxies.client(r).String()
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return nil
		}
		c, _ := s.Access.Bearer(token, addr)
		return c
	}
	token := s.cookie(r, sessionCookie)
	if token == "" {
		return nil
	}
	c, _ := s.Access.Caller(token, addr)
	return c
}

// visit is where a sign-in comes from.
func (s *Server) visit(r *http.Request) access.Visit {
	return access.Visit{Address: s.Proxies.client(r).String(), Device: s.cookie(r, deviceCookie), Agent: r.UserAgent()}
}

// loopbackHost says whether an address was written with a name of this machine itself.
func loopbackHost(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.Trim(name, "[]")
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}
