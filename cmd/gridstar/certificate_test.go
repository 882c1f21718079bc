package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// issue writes a self-signed certificate of 127.0.0.1 with its key, and says the files changed at a time of their own:
// two within one tick of the file system's clock would look alike.
func issue(t testing.TB, dir string, serial int64, until, written time.Time) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "gridstar test"}, NotBefore: until.AddDate(0, -1, 0), NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), written)
	write(t, keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), written)
	return certFile, keyFile
}

func write(t testing.TB, name string, text []byte, at time.Time) {
	t.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(name, at, at); err != nil {
		t.Fatal(err)
	}
}

// renewal is a server with a certificate whose clock the test moves.
type renewal struct {
	t    *testing.T
	dir  string
	addr string

	mu   sync.Mutex
	now  time.Time
	said []string
}

func newRenewal(t *testing.T) *renewal {
	r := &renewal{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	certFile, keyFile := r.issue(1)
	c, err := openCertificate(certFile, keyFile, r.clock, r.say)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", c.config())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	r.addr = l.Addr().String()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.(*tls.Conn).Handshake() // an error is the client's to see
			conn.Close()
		}
	}()
	return r
}

func (r *renewal) issue(serial int64) (certFile, keyFile string) {
	return issue(r.t, r.dir, serial, r.clock().AddDate(0, 0, 20), r.clock())
}

func (r *renewal) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *renewal) say(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = append(r.said, text)
}

func (r *renewal) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

// serves checks which certificate a handshake shows.
func (r *renewal) serves(serial int64) {
	r.t.Helper()
	conn, err := tls.Dial("tcp", r.addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		r.t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(); got != serial {
		r.t.Errorf("certificate %d is served, want %d", got, serial)
	}
}

// heard checks how many sentences were said, and what the last one is.
func (r *renewal) heard(n int, last string) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.said) != n || n > 0 && !strings.Contains(r.said[n-1], last) {
		r.t.Errorf("said %q, want %d sentences, the last with %q", r.said, n, last)
	}
}

func TestARenewedCertificateIsServed(t *testing.T) {
	r := newRenewal(t)
	r.serves(1)
	r.pass(time.Second)
	r.issue(2)
	r.serves(1) // looked at a second ago
	r.pass(certEvery)
	r.serves(2)
	r.heard(1, "已换用新的证书，有效期至 2026-12-1")
	r.pass(certEvery)
	r.serves(2)
	r.heard(1, "")
}

func TestABrokenNewCertificateLeavesTheOldOne(t *testing.T) {
	r := newRenewal(t)
	r.pass(time.Minute)
	write(t, filepath.Join(r.dir, "cert.pem"), []byte("no certificate"), r.clock())
	r.serves(1)
	r.heard(1, "新的证书不能使用，继续使用原来的证书：证书“cert.pem”与私钥“key.pem”不能使用")
	r.pass(time.Minute)
	r.serves(1)
	r.heard(1, "") // once, not at every look
	if err := os.Remove(filepath.Join(r.dir, "key.pem")); err != nil {
		t.Fatal(err)
	}
	r.pass(time.Minute)
	r.serves(1)
	r.heard(2, "继续使用原来的证书")
	r.issue(3)
	r.pass(time.Minute)
	r.serves(3)
	r.heard(3, "已换用新的证书")
}

// A certificate and a key that are replaced one after the other do not fit each other in between.
func TestACertificateIsReplacedBeforeItsKey(t *testing.T) {
	r := newRenewal(t)
	old, err := os.ReadFile(filepath.Join(r.dir, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	before := r.clock()
	r.pass(time.Minute)
	_, keyFile := r.issue(2)
	fresh, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	write(t, keyFile, old, before)
	r.serves(1)
	r.heard(1, "是否配对")
	write(t, keyFile, fresh, r.clock())
	r.pass(time.Minute)
	r.serves(2)
}

func TestAnExpiredCertificateIsSaid(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	certFile, keyFile := issue(t, t.TempDir(), 1, now.AddDate(0, 0, -2), now)
	var said []string
	if _, err := openCertificate(certFile, keyFile, func() time.Time { return now }, func(s string) { said = append(said, s) }); err != nil {
		t.Fatal(err)
	}
	if len(said) != 1 || !strings.Contains(said[0], "证书已于 2026-11-21 过期") {
		t.Errorf("said %q", said)
	}
}

func TestOldVersionsOfTLSAreRefused(t *testing.T) {
	r := newRenewal(t)
	for _, tt := range []struct {
		name    string
		version uint16
		ok      bool
	}{{"1.0", tls.VersionTLS10, false}, {"1.1", tls.VersionTLS11, false}, {"1.2", tls.VersionTLS12, true}, {"1.3", tls.VersionTLS13, true}} {
		conn, err := tls.Dial("tcp", r.addr, &tls.Config{InsecureSkipVerify: true, MinVersion: tt.version, MaxVersion: tt.version})
		if err == nil {
			conn.Close()
		}
		if (err == nil) != tt.ok {
			t.Errorf("TLS %s: %v", tt.name, err)
		}
	}
}
