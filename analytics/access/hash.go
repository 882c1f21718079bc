package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
)

// argon are the parameters of argon2id: OWASP's m = 47,104 KiB, t = 1, p = 1.
type argon struct {
	memoryKiB uint32
	passes    uint32
	lanes     uint8
}

var owasp = argon{47104, 1, 1}

const (
	saltBytes = 16
	keyBytes  = 32

	hashQueue = 8 // sign-ins that wait for their turn; the next one is told to come back
)

// hasher turns passwords into what is kept of them (PHC strings), a few at a time: one hash takes 46 MiB.
type hasher struct {
	argon
	slots   chan struct{}
	waiting atomic.Int32
	calls   atomic.Int64
	dummy   string // of no password: what an unknown name is compared with
}

func newHasher(a argon) *hasher {
	h := &hasher{argon: a, slots: make(chan struct{}, min(2, runtime.NumCPU()))}
	h.dummy = a.phc(make([]byte, saltBytes), make([]byte, keyBytes))
	return h
}

// phc writes a hash in the PHC string format.
func (a argon) phc(salt, key []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, a.memoryKiB, a.passes, a.lanes, b64(salt), b64(key))
}

// turn waits for a place to hash in, behind a short queue.
func (h *hasher) turn(ctx context.Context) (done func(), err error) {
	if h.waiting.Add(1) > hashQueue+int32(cap(h.slots)) {
		h.waiting.Add(-1)
		return nil, errBusy
	}
	select {
	case h.slots <- struct{}{}:
		h.calls.Add(1)
		return func() { <-h.slots; h.waiting.Add(-1) }, nil
	case <-ctx.Done():
		h.waiting.Add(-1)
		return nil, context.Cause(ctx)
	}
}

// hash is what is kept of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	return h.phc(salt, argon2.IDKey([]byte(password), salt, h.passes, h.memoryKiB, h.lanes, keyBytes)), nil
}

// check says whether a password is the one that was kept; old, that it was kept with other parameters.
func (h *hasher) check(ctx context.Context, kept, password string) (ok, old bool, err error) {
	a, salt, key, err := parsePHC(kept)
	if err != nil {
		return false, false, err
	}
	done, err := h.turn(ctx)
	if err != nil {
		return false, false, err
	}
	defer done()
	got := argon2.IDKey([]byte(password), salt, a.passes, a.memoryKiB, a.lanes, uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1, a != h.argon, nil
}

// parsePHC reads a PHC string that is written just as phc does. It bounds the parameters: a file that was tampered with must
// not take the memory.
func parsePHC(text string) (a argon, salt, key []byte, err error) {
	bad := fmt.Errorf("%w: password hash", ErrFile)
	parts := strings.Split(text, "$")
	var version int
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return a, nil, nil, bad
	}
	if n, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &a.memoryKiB, &a.passes, &a.lanes); n != 4 || err != nil {
		return a, nil, nil, bad
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || version != argon2.Version || len(salt) < 8 || len(salt) > 64 || len(key) < 16 || len(key) > 64 ||
		a.phc(salt, key) != text || a.memoryKiB < 8 || a.memoryKiB > 1<<20 || a.passes < 1 || a.passes > 16 || a.lanes < 1 || a.lanes > 16 {
		return a, nil, nil, bad
	}
	return a, salt, key, nil
}
