package catalog

import "strings"

// plain rewrites the convenience that our files share with ledger profiles to plain TOML: several settings may stand on
// one line, separated by semicolons, also behind a table header ([site] name = "x"; week_start = 1). lines[i] is the
// line of the file, from 1, of line i of the result.
func plain(src string) (text string, lines []int) {
	src = strings.ReplaceAll(strings.TrimPrefix(src, "\uFEFF"), "\r\n", "\n")
	var b strings.Builder
	line, depth, open := 1, 0, ""
	lines = []int{1}
	fresh := true // nothing but blanks since the last separator
	breakLine := func() {
		b.WriteByte('\n')
		lines = append(lines, line)
		fresh = true
	}
	for i := 0; i < len(src); i++ {
		c, rest := src[i], src[i:]
		switch {
		case c == '\n':
			line++
			breakLine()
			if len(open) == 1 {
				open = ""
			}
			fresh = open == "" && depth == 0
			continue
		case open != "":
			switch {
			case c == '\\' && open[0] == '"' && i+1 < len(src) && src[i+1] != '\n':
				b.WriteByte(c)
				i++
				c = src[i]
			case strings.HasPrefix(rest, open):
				b.WriteString(open[1:])
				i += len(open) - 1
				open = ""
			}
		case strings.HasPrefix(rest, `"""`), strings.HasPrefix(rest, "'''"):
			open = rest[:3]
			b.WriteString(open[1:])
			i += 2
			fresh = false
		case c == '"', c == '\'':
			open, fresh = rest[:1], false
		case c == '#':
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			b.WriteString(rest[:end])
			i += end - 1
			continue
		case c == ';' && depth == 0:
			breakLine()
			continue
		case c == '[' && fresh && depth == 0:
			end := headerEnd(rest)
			b.WriteString(rest[:end])
			i += end - 1
			if after := strings.TrimLeft(src[i+1:], " \t"); after != "" && !strings.ContainsRune("\n#;", rune(after[0])) {
				breakLine()
			}
			continue
		case c == '[', c == '{':
			depth++
		case c == ']', c == '}':
			depth = max(0, depth-1)
		case c != ' ' && c != '\t':
			fresh = false
		}
		b.WriteByte(c)
	}
	return b.String(), lines
}

// headerEnd is the length of a table header [a.b] or [[a.b]], or of the rest of the line if it is not closed.
func headerEnd(s string) int {
	closing := "]"
	if strings.HasPrefix(s, "[[") {
		closing = "]]"
	}
	var quote byte
	for i := 1; i < len(s) && s[i] != '\n'; i++ {
		switch {
		case quote != 0:
			if s[i] == quote {
				quote = 0
			}
		case s[i] == '"' || s[i] == '\'':
			quote = s[i]
		case strings.HasPrefix(s[i:], closing):
			return i + len(closing)
		}
	}
	if end := strings.IndexByte(s, '\n'); end >= 0 {
		return end
	}
	return len(s)
}
