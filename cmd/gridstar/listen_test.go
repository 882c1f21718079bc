package main

import (
	"errors"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseBase(t *testing.T) {
	for text, want := range map[string]string{
		"https://gx.example.cn":       "https://gx.example.cn",
		"https://gx.example.cn/":      "https://gx.example.cn",
		"http://10.0.0.5:8080":        "http://10.0.0.5:8080",
		"https://[2001:db8::1]:8443/": "https://[2001:db8::1]:8443",
		"gx.example.cn":               "",
		"//gx.example.cn":             "",
		"ftp://gx.example.cn":         "",
		"https://":                    "",
		"https://gx.example.cn/sub":   "", // pages link to the root
		"https://gx.example.cn?a=1":   "",
		"https://gx.example.cn#a":     "",
		"https://a:b@gx.example.cn":   "",
		"javascript:alert(1)":         "",
	} {
		got, err := parseBase(text)
		if got != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, errUsage) {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestParseProxies(t *testing.T) {
	for name, tt := range map[string]struct {
		texts []string
		want  []string // nil: refused
	}{
		"none":               {nil, []string{}},
		"an address":         {[]string{"10.0.0.5"}, []string{"10.0.0.5/32"}},
		"an IPv6 address":    {[]string{"2001:db8::1"}, []string{"2001:db8::1/128"}},
		"networks":           {[]string{"10.0.0.0/24", "fd00::/8"}, []string{"10.0.0.0/24", "fd00::/8"}},
		"everybody":          {[]string{"10.0.0.5", "0.0.0.0/0"}, nil},
		"everybody, by IPv6": {[]string{"::/0"}, nil},
		"a name":             {[]string{"proxy.example.cn"}, nil},
		"nothing":            {[]string{""}, nil},
	} {
		got, err := parseProxies(tt.texts)
		texts := []string{}
		for _, n := range got {
			texts = append(texts, n.String())
		}
		switch {
		case tt.want == nil && !errors.Is(err, errUsage):
			t.Errorf("%s: %v, %v", name, got, err)
		case tt.want != nil && (err != nil || !cmp.Equal(texts, tt.want)):
			t.Errorf("%s: %v, %v; want %v", name, texts, err, tt.want)
		}
	}
}

func TestTheAddressInLinks(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]string{
		"127.0.0.1:0":      "http://127.0.0.1:" + port,
		"localhost:0":      "http://localhost:" + port,
		"gx.example.cn:80": "http://gx.example.cn:" + port,
		"[::1]:0":          "http://[::1]:" + port,
		":0":               "http://" + ownAddress() + ":" + port,
		"0.0.0.0:0":        "http://" + ownAddress() + ":" + port,
		"[::]:0":           "http://" + ownAddress() + ":" + port,
	} {
		if got := here(l, addr, "http"); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
	if ip := net.ParseIP(ownAddress()); ip == nil || ip.IsUnspecified() {
		t.Errorf("own address %q", ownAddress())
	}
}

// Above the bound a connection waits until another one ends; the listener's end wakes whoever waits.
func TestConnectionsAreCapped(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := capListener(inner, 2)
	type accepted struct {
		net.Conn
		error
	}
	got := make(chan accepted)
	go func() {
		for {
			c, err := l.Accept()
			got <- accepted{c, err}
			if err != nil {
				return
			}
		}
	}()
	var server []net.Conn
	for range 3 {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	for range 2 {
		a := <-got
		if a.error != nil {
			t.Fatal(a.error)
		}
		server = append(server, a.Conn)
	}
	waitFor(t, func() bool { return len(l.slots) == 2 })
	select {
	case <-got:
		t.Fatal("a third connection beside two")
	default:
	}
	server[0].Close()
	server[0].Close() // twice is once
	a := <-got
	if a.error != nil {
		t.Fatal(a.error)
	}
	waitFor(t, func() bool { return len(l.slots) == 2 })
	l.Close()
	if a := <-got; !errors.Is(a.error, net.ErrClosed) {
		t.Errorf("after the end: %v", a.error)
	}
	server[1].Close()
}
