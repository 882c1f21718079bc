package profile

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// keyColumn is a column of the key. Its cells are written in one way, so that saving a ledger anew with other date
// formats, widths or spaces, or tidying its punctuation, changes no identity. Only spelling counts, never a register:
// who a row is must not depend on which units are loaded.
type keyColumn struct {
	Column
	date *Field // the field that reads this column as a time
	hour bool   // the column holds a clock time
}

func (b *Binding) keyColumn(c Column) keyColumn {
	k := keyColumn{Column: c}
	for i := range b.Emits {
		for j := range b.Emits[i].Fields {
			f := &b.Emits[i].Fields[j]
			if f.Type != Time || !c.Bound() {
				continue
			}
			if f.Column.at == c.at {
				k.date = f
			}
			k.hour = k.hour || f.clock.at == c.at
		}
	}
	return k
}

// AppendKey appends the cells of the key columns, each ended by U+001F, and says whether any of them is
// filled. Times are written in one layout, midnight in a clock column as nothing; of texts the width (NFKC), white
// space, closing punctuation, the grouping of a telephone number and the spelling of a grid's number (第一网格, 01网格)
// make no difference. The bytes may hold personal data: hash them (HMAC with the site's secret) and forget them.
func (b *Binding) AppendKey(dst []byte, row []string, c *Clock) ([]byte, bool) {
	filled := false
	for i := range b.key {
		k := &b.key[i]
		s := b.Cell(row, k.Column)
		filled = filled || s != ""
		dst = append(k.append(dst, s, c), 0x1F)
	}
	return dst, filled
}

func (k *keyColumn) append(dst []byte, s string, c *Clock) []byte {
	if s == "" {
		return dst
	}
	if k.date != nil {
		if m, err := parseTime(s, k.date.spec.layouts, c); err == nil {
			return m.t.AppendFormat(dst, "2006-01-02T15:04:05")
		}
	}
	if k.hour {
		if sec, ok := clockStart(s); ok {
			if sec == 0 {
				return dst
			}
			return time.Unix(int64(sec), 0).UTC().AppendFormat(dst, "15:04:05")
		}
	}
	return appendFolded(dst, s)
}

// closing is what may stand behind a text or be missing there, in NFKC.
const closing = "。.;,!"

var (
	phoneMarks = regexp.MustCompile(`^\+?[\d()./\-–—]+$`)
	phoneForm  = regexp.MustCompile(`^(?:(?:00)?86)?(1[3-9]\d{9}|0[1-9]\d{8,10})$`)
	gridName   = regexp.MustCompile(`第?([0-9]+|[〇零一二两三四五六七八九十百]{1,6})号?网格$`)
)

// appendFolded appends a text in the spelling that AppendKey promises.
func appendFolded(dst []byte, s string) []byte {
	from := len(dst)
	if isASCII(s) {
		dst = append(dst, s...)
	} else { // a reader gives no other bytes; norm leaves what stands behind one that is no character as it is
		dst = norm.NFKC.AppendString(dst, strings.ToValidUTF8(s, "\uFFFD"))
	}
	to := from
	for at := from; at < len(dst); {
		if c := dst[at]; c > ' ' && c < utf8.RuneSelf { // most cells need no decoding
			dst[to] = c
			to, at = to+1, at+1
			continue
		}
		if at+3 <= len(dst) && solidStart(dst[at]) && dst[at+1]&0xC0 == 0x80 && dst[at+2]&0xC0 == 0x80 { // Han characters
			to += copy(dst[to:], dst[at:at+3])
			at += 3
			continue
		}
		r, size := utf8.DecodeRune(dst[at:])
		if !isBlank(r) {
			to += copy(dst[to:], dst[at:at+size])
		}
		at += size
	}
	text := bytes.TrimRight(dst[from:to], closing)
	if len(text) == 0 {
		text = dst[from:to] // nothing but punctuation
	}
	dst = dst[:from+len(text)]
	switch {
	case len(text) >= 10 && len(text) <= 24 && text[0] <= '9' && phoneMarks.Match(text):
		digits := bytes.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, text)
		if m := phoneForm.FindSubmatch(digits); m != nil {
			return append(dst[:from], m[1]...)
		}
	case bytes.HasSuffix(text, []byte("网格")):
		m := gridName.FindSubmatchIndex(text)
		if m == nil {
			break
		}
		if n, ok := gridNumber(string(text[m[2]:m[3]])); ok {
			return append(strconv.AppendInt(dst[:from+m[0]], int64(n), 10), "网格"...)
		}
	}
	return dst
}

// gridNumber reads 1, 01, 一 and 十二.
func gridNumber(s string) (int, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return n, true
	}
	n, rest, ok := chineseNumber(s)
	return int(n), ok && strings.TrimSpace(rest) == ""
}
