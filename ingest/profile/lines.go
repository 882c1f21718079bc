package profile

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A profile is TOML with one convenience: several settings may stand on one line, separated by semicolons, also behind a
// table header ([constants] a = "x"; b = "y"). normalise rewrites that to plain TOML and remembers on which line of the
// file every key stands, which the TOML library does not tell. Keys in Chinese need no quotes.
type normalised struct {
	toml     string
	lines    []int               // line of the file of each line of toml, from 0
	at       map[string]int      // path of a key → line of the file
	count    map[string]int      // elements of each array of tables so far
	children map[string][]string // path → the names directly below it, in the order of the file
	deep     int                 // line where values are nested deeper than any profile needs, 0 = nowhere
}

// path joins the names of a key; elements of arrays are numbered from 0.
func path(names ...string) string { return strings.Join(names, "\x00") }

// line returns the line of the key with that path, or of the nearest key it is in, or 0.
func (n *normalised) line(names ...string) int {
	for ; len(names) > 0; names = names[:len(names)-1] {
		if l, ok := n.at[path(names...)]; ok {
			return l
		}
	}
	return 0
}

// scanner walks over TOML without judging it: on anything unexpected it goes on to the next line, and the
// TOML library then reports what is wrong.
type scanner struct {
	src  string
	pos  int
	line int
	out  strings.Builder
	n    *normalised
}

func normalise(src string) *normalised {
	src = strings.ReplaceAll(strings.TrimPrefix(src, "\uFEFF"), "\r\n", "\n")
	src = strings.ReplaceAll(src, "\x00", "\x01") // peek says 0 at the end; TOML allows neither
	s := &scanner{src: src, line: 1, n: &normalised{lines: []int{1}, at: map[string]int{}, count: map[string]int{}, children: map[string][]string{}}}
	var table []string
	for s.pos < len(s.src) {
		s.blanks()
		switch c := s.peek(); {
		case c == 0:
		case c == '\n':
			s.take(1)
		case c == '#':
			s.comment()
		case c == ';':
			s.separator()
		case c == '[':
			table = s.header()
			s.blanks()
			if c := s.peek(); c != 0 && c != '\n' && c != '#' && c != ';' {
				s.newline()
			}
		default:
			names, ok := s.keyPath()
			if !ok {
				s.rest()
				continue
			}
			s.setting(append(table[:len(table):len(table)], names...))
			s.blanks()
			switch c := s.peek(); {
			case c == ';':
				s.separator()
			case c != 0 && c != '\n' && c != '#':
				s.rest()
			}
		}
	}
	s.n.toml = s.out.String()
	return s.n
}

// separator replaces a semicolon by a line end.
func (s *scanner) separator() {
	s.pos++
	s.newline()
}

func (s *scanner) newline() {
	s.out.WriteByte('\n')
	s.n.lines = append(s.n.lines, s.line)
}

func (s *scanner) peek() byte {
	if s.pos < len(s.src) {
		return s.src[s.pos]
	}
	return 0
}

// take copies n bytes, keeping count of lines.
func (s *scanner) take(n int) {
	n = min(n, len(s.src)-s.pos)
	for _, c := range []byte(s.src[s.pos : s.pos+n]) {
		s.out.WriteByte(c)
		if c == '\n' {
			s.line++
			s.n.lines = append(s.n.lines, s.line)
		}
	}
	s.pos += n
}

func (s *scanner) blanks() {
	for c := s.peek(); c == ' ' || c == '\t' || c == '\r'; c = s.peek() {
		s.take(1)
	}
}

func (s *scanner) comment() {
	for c := s.peek(); c != 0 && c != '\n'; c = s.peek() {
		s.take(1)
	}
}

// rest copies what is left of the line, in which something was not understood.
func (s *scanner) rest() {
	s.comment()
}

// space skips blanks, line ends and comments inside a value.
func (s *scanner) space() {
	for {
		s.blanks()
		switch s.peek() {
		case '\n':
			s.take(1)
		case '#':
			s.comment()
		default:
			return
		}
	}
}

// header reads [a.b] or [[a.b]] and returns the path of the table.
func (s *scanner) header() []string {
	line := s.line
	double := strings.HasPrefix(s.src[s.pos:], "[[")
	s.take(1)
	if double {
		s.take(1)
	}
	s.blanks()
	names, _ := s.keyPath()
	s.blanks()
	for s.peek() == ']' {
		s.take(1)
	}
	// Names below an array of tables go to its last element.
	var full []string
	for i, name := range names {
		full = append(full, name)
		p := path(full...)
		if double && i == len(names)-1 {
			s.n.count[p]++
		}
		if k := s.n.count[p]; k > 0 {
			full = append(full, strconv.Itoa(k-1))
		}
	}
	s.record(full, line)
	return full
}

// record remembers where a key stands, and for tables that are only mentioned (a.b = 1 mentions a) where they first are.
func (s *scanner) record(names []string, line int) {
	if len(names) > 2*maxNesting {
		s.n.deep = line
		return
	}
	for i := range names {
		p := path(names[:i+1]...)
		if _, ok := s.n.at[p]; !ok {
			s.n.at[p] = line
			parent := path(names[:i]...)
			s.n.children[parent] = append(s.n.children[parent], names[i])
		}
	}
}

// keyPath reads a dotted key.
func (s *scanner) keyPath() ([]string, bool) {
	var names []string
	for {
		s.blanks()
		start := s.pos
		switch c := s.peek(); c {
		case '"', '\'':
			s.quoted(c)
			text := s.src[start:s.pos]
			if len(text) < 2 {
				return names, false
			}
			name := text[1 : len(text)-1]
			if c == '"' {
				if u, err := strconv.Unquote(text); err == nil {
					name = u
				}
			}
			names = append(names, name)
		default:
			for c := s.peek(); c != 0 && !strings.ContainsRune(" \t\r\n=.[]{}#\"',;", rune(c)); c = s.peek() {
				s.pos++
			}
			if s.pos == start {
				return names, false
			}
			name := s.src[start:s.pos]
			names = append(names, name)
			if !isASCII(name) { // TOML wants 网格 = … quoted
				name = strconv.Quote(name)
			}
			s.out.WriteString(name)
		}
		s.blanks()
		if s.peek() != '.' {
			return names, true
		}
		s.take(1)
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// setting reads = and a value.
func (s *scanner) setting(names []string) {
	s.record(names, s.line)
	if s.peek() != '=' {
		s.rest()
		return
	}
	s.take(1)
	s.blanks()
	s.value(names, 0)
}

const maxNesting = 16

func (s *scanner) value(names []string, depth int) {
	if depth > maxNesting {
		s.n.deep = s.line
		s.rest()
		return
	}
	switch c := s.peek(); c {
	case '"', '\'':
		s.quoted(c)
	case '[':
		s.take(1)
		for i := 0; ; i++ {
			s.space()
			if c := s.peek(); c == ']' || c == 0 {
				s.take(1)
				return
			}
			before := s.pos
			element := append(names[:len(names):len(names)], strconv.Itoa(i))
			s.record(element, s.line)
			s.value(element, depth+1)
			s.space()
			if s.peek() == ',' {
				s.take(1)
			}
			if s.pos == before {
				return
			}
		}
	case '{':
		s.take(1)
		for {
			s.space()
			if c := s.peek(); c == '}' || c == 0 {
				s.take(1)
				return
			}
			before := s.pos
			inner, ok := s.keyPath()
			if ok {
				member := append(names[:len(names):len(names)], inner...)
				s.record(member, s.line)
				s.blanks()
				if s.peek() == '=' {
					s.take(1)
					s.blanks()
					s.value(member, depth+1)
				}
			}
			s.space()
			if s.peek() == ',' {
				s.take(1)
			}
			if s.pos == before {
				return
			}
		}
	default:
		for c := s.peek(); c != 0 && !strings.ContainsRune(",]}\n#;", rune(c)); c = s.peek() {
			s.take(1)
		}
	}
}

// quoted copies a string, which may have three quotes and several lines.
func (s *scanner) quoted(q byte) {
	if triple := strings.Repeat(string(q), 3); strings.HasPrefix(s.src[s.pos:], triple) {
		s.take(3)
		for s.peek() != 0 && !strings.HasPrefix(s.src[s.pos:], triple) {
			if q == '"' && s.peek() == '\\' {
				s.take(1)
			}
			s.take(1)
		}
		s.take(3)
		return
	}
	s.take(1)
	for c := s.peek(); c != 0 && c != q && c != '\n'; c = s.peek() {
		if q == '"' && c == '\\' {
			s.take(1)
		}
		s.take(1)
	}
	if s.peek() == q {
		s.take(1)
	}
}
