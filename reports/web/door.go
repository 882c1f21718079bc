package web

import (
	"crypto/rand"
	"crypto/sha256"
	"net"
	"net/http"
	"sync"
	"time"
)

// Door lets in who holds the one-time link that the program printed when it started. Other people of the same
// machine can reach the port, but do not have the link. Accounts will take its place.
type Door struct {
	mu       sync.Mutex
	key      [sha256.Size]byte // of the link that still opens
	sessions map[[sha256.Size]byte]time.Time

	// Opened is called after a link was used, with the next one: each opens once. May be nil.
	Opened func(key string)
	now    func() time.Time
}

// sessionLife is how long a browser stays in without a visit.
const sessionLife = 12 * time.Hour

const sessionCookie = "gs"

// NewDoor makes a door and the key of its first link, "/enter?key=…".
func NewDoor() (*Door, string) {
	d := &Door{sessions: map[[sha256.Size]byte]time.Time{}, now: time.Now}
	return d, d.cut()
}

// cut makes a new key; the one before opens no more.
func (d *Door) cut() string {
	key := rand.Text()
	d.key = sha256.Sum256([]byte(key))
	return key
}

// enter takes a key and gives the value of the session's cookie; ok is false for a wrong or used key.
func (d *Door) enter(key string) (session string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if sha256.Sum256([]byte(key)) != d.key { // hashes: comparing them tells nothing about the key
		return "", false
	}
	next := d.cut()
	session = rand.Text()
	d.sessions[sha256.Sum256([]byte(session))] = d.now()
	if d.Opened != nil {
		d.Opened(next)
	}
	return session, true
}

// inside says whether a cookie belongs to somebody who came in, and keeps the session alive.
func (d *Door) inside(session string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	h, now := sha256.Sum256([]byte(session)), d.now()
	last, ok := d.sessions[h]
	if ok && now.Sub(last) > sessionLife {
		delete(d.sessions, h)
		ok = false
	}
	if ok {
		d.sessions[h] = now
	}
	return ok
}

// enter is the address of the one-time link. Only this machine itself may use it.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) error {
	if s.Door == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	session, ok := "", false
	if ip != nil && ip.IsLoopback() && r.Method == http.MethodGet { // looking ahead with HEAD must not use the link up
		session, ok = s.Door.enter(r.FormValue("key"))
	}
	if !ok {
		if s.insider(r) {
			http.Redirect(w, r, "/", http.StatusSeeOther) // a link opened twice
			return nil
		}
		return s.closed(w, r)
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: session, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// insider says whether a request comes from somebody who came through the door.
func (s *Server) insider(r *http.Request) bool {
	if s.Door == nil {
		return true
	}
	c, err := r.Cookie(sessionCookie)
	return err == nil && s.Door.inside(c.Value)
}

func (s *Server) behindDoor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.insider(r) {
			if err := s.closed(w, r); err != nil {
				s.fail(w, r, err)
			}
			return
		}
		next.ServeHTTP(w, r)
	})
}

// closed tells a stranger how to come in, and nothing else.
func (s *Server) closed(w http.ResponseWriter, r *http.Request) error {
	s.render(w, r, http.StatusForbidden, "door", doorPage{Frame{Title: "请用链接进入", Tab: "door"}})
	return nil
}

// doorPage is door.tmpl.
type doorPage struct{ Frame }
