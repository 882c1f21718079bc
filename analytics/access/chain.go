package access

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Entry is one line of the audit log: who did what, when, from where, and how it went.
type Entry struct {
	Seq      int64     // counts from 1, without gaps
	At       time.Time // naive time of the site's zone
	Account  string    // sign-in name; CommandLine for verbs; "" for somebody who has not signed in
	ViewedBy string    // the administrator who looked with this account's eyes
	Address  string
	Event    Event
	Object   string // what it was about: a route with codes, an account, a job; no words of a person
	Outcome  Outcome
	Count    int // 0: once; else how many refusals like this are written as one
}

// Head is the last line of the chain; the zero Head is that of an empty one.
type Head struct {
	Seq  int64
	Hash string // 64 hex digits
}

// line is an Entry as it stands in a file. The order of the fields is that of the text, which the hash is over.
type line struct {
	Seq      int64   `json:"seq"`
	At       string  `json:"at"`
	Account  string  `json:"account,omitempty"`
	ViewedBy string  `json:"viewed_by,omitempty"`
	Address  string  `json:"address,omitempty"`
	Event    Event   `json:"event"`
	Object   string  `json:"object,omitempty"`
	Outcome  Outcome `json:"outcome"`
	Count    int     `json:"count,omitempty"`
	Prev     string  `json:"prev,omitempty"` // the hash before, in the first line of a file
}

const lineTime = "2006-01-02T15:04:05.000"

// The hash ends a line: {…,"hash":"64 hex digits"}.
const (
	hashKey  = `,"hash":"`
	hashTail = len(hashKey) + 2*sha256.Size + len(`"}`)
)

// link is HMAC-SHA-256(key, hash before ‖ 0 ‖ the line without its hash), in hex.
func link(key []byte, prev string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(prev))
	mac.Write([]byte{0})
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// encode writes an entry as the line after prev, with its newline. first says that it begins a file.
func encode(key []byte, prev string, e Entry, first bool) (text []byte, hash string, err error) {
	l := line{e.Seq, e.At.Format(lineTime), e.Account, e.ViewedBy, e.Address, e.Event, e.Object, e.Outcome, e.Count, ""}
	if first {
		l.Prev = prev
	}
	body, err := json.Marshal(l)
	if err != nil {
		return nil, "", err
	}
	hash = link(key, prev, body)
	text = append(body[:len(body)-1:len(body)-1], hashKey+hash+"\"}\n"...)
	return text, hash, nil
}

var errLine = errors.New("not a line of the audit log")

// endHash is the hash that a line without its newline ends in; "" where it does not.
func endHash(text []byte) string {
	at := len(text) - hashTail
	if at < 1 || !bytes.HasPrefix(text[at:], []byte(hashKey)) || !bytes.HasSuffix(text, []byte(`"}`)) {
		return ""
	}
	return string(text[at+len(hashKey) : len(text)-2])
}

// decode reads a line without its newline. body is what the hash is over.
func decode(text []byte) (e Entry, l line, body []byte, hash string, err error) {
	if hash = endHash(text); hash == "" {
		return e, l, nil, "", errLine
	}
	body = append(bytes.Clone(text[:len(text)-hashTail]), '}')
	if json.Unmarshal(body, &l) != nil || l.Seq < 1 || l.Seq == math.MaxInt64 {
		return e, l, nil, "", errLine
	}
	when, err := time.Parse(lineTime, l.At)
	if err != nil {
		return e, l, nil, "", errLine
	}
	return Entry{l.Seq, when, l.Account, l.ViewedBy, l.Address, l.Event, l.Object, l.Outcome, l.Count}, l, body, hash, nil
}

// maxField bounds a text of a line, in bytes.
const maxField = 200

// clean takes out of a text what must not stand in the log, whoever put it there: control characters, excess length, and,
// as a last guard, what looks like a phone number, an ID number or an e-mail address.
func clean(text string) string {
	text = text[:min(len(text), 16*maxField)] // whatever a stranger sends: what is masked may be longer than what is left
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
	text = mails.ReplaceAllString(text, "***")
	text = digits.ReplaceAllStringFunc(text, func(n string) string {
		if mobile.MatchString(n) || isID(n) {
			return "***"
		}
		return n
	})
	if len(text) > maxField {
		cut := maxField
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	return text
}

var (
	mails  = regexp.MustCompile(`[0-9A-Za-z._%+-]+@[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+`)
	digits = regexp.MustCompile(`[0-9]{11,}[Xx]?`)
	mobile = regexp.MustCompile(`^(86)?1[3-9][0-9]{9}$`)
)

// isID says whether 18 characters are a citizen's number (GB 11643): a birthday in the seventh to fourteenth digit and the
// check character of ISO 7064 MOD 11-2. Codes of units, which can be as long, have no birthday.
func isID(n string) bool {
	if len(n) != 18 {
		return false
	}
	if _, err := time.Parse("20060102", n[6:14]); err != nil || n[6:8] != "19" && n[6:8] != "20" {
		return false
	}
	sum := 0
	for i := range 17 {
		d, err := strconv.Atoi(n[i : i+1])
		if err != nil {
			return false
		}
		weight := 1
		for range 17 - i {
			weight = weight * 2 % 11
		}
		sum += d * weight
	}
	return "10X98765432"[sum%11] == strings.ToUpper(n)[17]
}
