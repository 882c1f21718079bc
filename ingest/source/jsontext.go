package source

import (
	"bytes"
	"encoding/json"
	"strings"
)

// members calls visit with the raw key and the raw value of each member of a record, in order. It returns the reason why raw is no
// record, or the first that visit returns.
func members(raw string, visit func(key, value string) Reason) Reason {
	if depth(raw) > MaxDepth {
		return TooDeep
	}
	if !json.Valid([]byte(raw)) {
		return BadJSON
	}
	if raw[0] != '{' {
		return NotObject
	}
	// What follows may rely on raw being valid JSON.
	s := skipBlank(raw[1:])
	for s[0] != '}' {
		n := stringEnd(s)
		key := s[:n]
		s = skipBlank(skipBlank(s[n:])[1:]) // the colon
		n = valueEnd(s, true)
		if why := visit(key, s[:n]); why != "" {
			return why
		}
		s = skipBlank(s[n:])
		if s[0] == ',' {
			s = skipBlank(s[1:])
		}
	}
	return ""
}

func skipBlank(s string) string { return strings.TrimLeft(s, " \t\r\n") }

// depth returns how deeply objects and arrays are nested in raw.
func depth(raw string) int {
	deepest, now := 0, 0
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			n := stringEnd(raw[i:])
			if n < 0 {
				return deepest
			}
			i += n - 1
		case '{', '[':
			now++
			deepest = max(deepest, now)
		case '}', ']':
			now--
		}
	}
	return deepest
}

// cellText turns a valid JSON value into the text of a cell.
func cellText(raw string) string {
	switch raw[0] {
	case '"':
		return unquote(raw)
	case '{', '[':
		var b bytes.Buffer
		if json.Compact(&b, []byte(raw)) != nil {
			return raw
		}
		return b.String()
	}
	if raw == "null" {
		return ""
	}
	return raw
}

// unquote returns the text of a JSON string, without NUL; a half surrogate becomes U+FFFD.
func unquote(raw string) string {
	if strings.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	var s string
	if json.Unmarshal([]byte(raw), &s) != nil {
		return raw
	}
	return strings.ReplaceAll(s, "\x00", "")
}
