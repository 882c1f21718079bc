package warehouse

import (
	"encoding/base64"
	"encoding/binary"
	"hash"
)

// Hasher makes identities and pseudonyms. See Warehouse.Hasher.
type Hasher struct {
	mac hash.Hash
	sum [32]byte
	buf []byte
}

// KeyLen is the length of a Key.
const KeyLen = 12

// Key hashes the parts to 12 characters (72 bits): short enough to be stored inline by DuckDB, wide enough that
// among 50 million rows two share one with a probability of about 3 in 10 million. Parts are length-prefixed, so
// that ("ab","c") and ("a","bc") differ.
func (h *Hasher) Key(parts ...string) string {
	h.mac.Reset()
	b := h.buf[:0]
	for _, p := range parts {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	h.buf = b
	h.mac.Write(b)
	sum := h.mac.Sum(h.sum[:0])
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}
