package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// certEvery is how often, at most, a handshake looks whether the certificate's files have changed.
const certEvery = 3 * time.Second

// certificate is the server's own certificate with its key, read from two files and read again when they change, so that
// a renewed one needs no restart. Where the new one cannot be used the old one goes on serving.
type certificate struct {
	certFile, keyFile string
	now               func() time.Time
	say               func(sentence string) // to the operator

	mu     sync.Mutex
	pair   *tls.Certificate
	stamps [2]stamp // of the files as they were last read, well or badly
	looked time.Time
}

// stamp tells one content of a file from another; the zero stamp is of a file that is not there.
type stamp struct {
	size     int64
	modified time.Time
}

func openCertificate(certFile, keyFile string, now func() time.Time, say func(string)) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, now: now, say: say, looked: now()}
	c.stamps = c.look()
	return c, c.read()
}

// get is a tls.Config's GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= certEvery {
		c.looked = now
		if stamps := c.look(); stamps != c.stamps {
			c.stamps = stamps
			if err := c.read(); err != nil {
				c.say("新的证书不能使用，继续使用原来的证书：" + sentence(err))
			} else {
				c.say("已换用新的证书，有效期至 " + c.pair.Leaf.NotAfter.Local().Format(time.DateOnly) + "。")
			}
		}
	}
	return c.pair, nil
}

func (c *certificate) look() (s [2]stamp) {
	for i, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			s[i] = stamp{info.Size(), info.ModTime()}
		}
	}
	return s
}

// read replaces the pair by what the files hold.
func (c *certificate) read() error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	var path *fs.PathError
	switch {
	case errors.As(err, &path) && errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("找不到文件“%s”，请核对 --cert 和 --key", path.Path)
	case errors.As(err, &path):
		return fmt.Errorf("无法读取文件“%s”：%w", path.Path, path.Err)
	case err != nil:
		return fmt.Errorf("证书“%s”与私钥“%s”不能使用，请核对两者是否配对、是否为 PEM 格式（%w）", filepath.Base(c.certFile), filepath.Base(c.keyFile), err)
	}
	if c.now().After(pair.Leaf.NotAfter) {
		c.say("注意：证书已于 " + pair.Leaf.NotAfter.Local().Format(time.DateOnly) + " 过期，浏览器会拒绝访问，请尽快更换。")
	}
	c.pair = &pair
	return nil
}

// config is for a server that speaks TLS 1.2 or later and, where the browser can, HTTP/2.
func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
}
