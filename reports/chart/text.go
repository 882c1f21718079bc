package chart

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// plain makes a text safe wherever ECharts draws or parses it: {b} is a template, {a|b} rich text, so braces become
// their full-width forms; line breaks and other controls become blanks, marks that reverse the reading direction go.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '{':
			return '｛'
		case r == '}':
			return '｝'
		case unicode.Is(unicode.Bidi_Control, r), r == unicode.ReplacementChar:
			return -1
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		}
		return r
	}, text)
}

// display is plain text cut to max columns, a Han character taking two. A cut text ends in …
func display(text string, max int) string {
	text = strings.TrimSpace(plain(limit(text, 8*max)))
	if columns(text) <= max {
		return text
	}
	var kept, used int
	for i, r := range text {
		w := column(r)
		if used+w > max-column('…') && !joins(r) {
			break
		}
		used += w
		kept = i + len(string(r))
	}
	return strings.TrimRight(text[:kept], " \u200d") + "…"
}

// plainLines is plain text with its line breaks.
func plainLines(text string) string {
	lines := strings.Split(limit(text, 200), "\n")
	for i, l := range lines {
		lines[i] = display(l, 20)
	}
	return strings.Join(lines, "\n")
}

// limit keeps a text of megabytes from being walked: whole runes within n bytes, plus one so that a cut shows.
func limit(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + "…"
}

// columns is the width of a text in half em, as column counts.
func columns(text string) int {
	n := 0
	for _, r := range text {
		n += column(r)
	}
	return n
}

func column(r rune) int {
	if joins(r) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth, width.EastAsianAmbiguous:
		return 2
	}
	return 1
}

// joins says whether a rune belongs to the one before it: combining marks, variation selectors, joiners, skin tones.
func joins(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me) || r == '\u200d' || r >= 0x1F3FB && r <= 0x1F3FF
}

// tip joins the non-empty lines of a tooltip. Without any there is no tooltip: an empty template would make ECharts
// write one of its own.
func tip(lines ...string) *tooltip {
	var kept []string
	for _, l := range lines {
		if l != "" {
			kept = append(kept, l)
		}
	}
	if kept == nil {
		return &tooltip{Trigger: "none"}
	}
	return &tooltip{Formatter: strings.Join(kept, "\n")}
}
