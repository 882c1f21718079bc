package analytics

import (
	"bufio"
	"io"
	"strings"

	"golang.org/x/text/width"
)

// WriteGrid prints rows in columns of equal display width, two blanks between them; Han characters count two. Every
// row has len(right) cells; right says which columns stand to the right: those of numbers.
func WriteGrid(w io.Writer, grid [][]string, right []bool) error {
	out := bufio.NewWriter(w)
	widths := make([]int, len(right))
	for _, row := range grid {
		for i, s := range row {
			widths[i] = max(widths[i], displayWidth(clean(s)))
		}
	}
	for _, row := range grid {
		var line strings.Builder
		for i, s := range row {
			s = clean(s) // what a ledger says must not steer the terminal
			pad := strings.Repeat(" ", widths[i]-displayWidth(s))
			if i > 0 {
				line.WriteString("  ")
			}
			if right[i] {
				line.WriteString(pad + s)
			} else {
				line.WriteString(s + pad)
			}
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return out.Flush() // a bufio.Writer keeps its first error
}

// displayWidth is the number of terminal columns: two for wide characters.
func displayWidth(s string) int {
	n := 0
	for _, r := range s {
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}
