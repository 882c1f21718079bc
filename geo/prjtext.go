package geo

import "strings"

// Bounds of a description of a coordinate system; real ones have 500 to 1,500 bytes
// and five levels.
const (
	longestCRSText = 1 << 16
	deepestCRSNode = 16
)

// parseCRSText reads KEYWORD["name", number, KEYWORD[…], …], with either kind of
// bracket. Anything after it is an error.
func parseCRSText(s string) (crsNode, bool) {
	if len(s) > longestCRSText {
		return crsNode{}, false
	}
	p := crsText{s}
	n, ok := p.node(0)
	return n, ok && p.skip() == 0
}

type crsText struct{ rest string }

// skip passes blanks and returns the next byte, 0 at the end.
func (p *crsText) skip() byte {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	if p.rest == "" {
		return 0
	}
	return p.rest[0]
}

// word takes letters, digits and what numbers are written with.
func (p *crsText) word() string {
	n := 0
	for n < len(p.rest) && !strings.ContainsRune(" \t\r\n[](),\"", rune(p.rest[n])) {
		n++
	}
	w := p.rest[:n]
	p.rest = p.rest[n:]
	return w
}

func (p *crsText) node(depth int) (crsNode, bool) {
	p.skip()
	n := crsNode{keyword: strings.ToUpper(p.word())}
	if open := p.skip(); depth == deepestCRSNode || n.keyword == "" || open != '[' && open != '(' {
		return n, false
	}
	for {
		p.rest = p.rest[1:] // "[" or ","
		if !p.element(&n, depth) {
			return n, false
		}
		switch p.skip() {
		case ',':
		case ']', ')':
			p.rest = p.rest[1:]
			return n, true
		default:
			return n, false
		}
	}
}

// element reads a text, a number, a bare word or a node.
func (p *crsText) element(n *crsNode, depth int) bool {
	if p.skip() == '"' {
		text, rest, closed := strings.Cut(p.rest[1:], `"`)
		n.values, p.rest = append(n.values, text), rest
		return closed
	}
	before := p.rest
	word := p.word()
	if next := p.skip(); next == '[' || next == '(' {
		p.rest = before
		child, ok := p.node(depth + 1)
		n.nodes = append(n.nodes, child)
		return ok
	}
	n.values = append(n.values, word)
	return word != ""
}
