package profile

import (
	"slices"
	"strings"
)

// Place says which of the first rows of a file are its header: indexes into these rows, both included. A header of one
// row has First == Last; without a header both are -1.
type Place struct{ First, Last int }

// noHeader is the place of the header of a file that has none.
var noHeader = Place{-1, -1}

// Rows returns the header's rows of the rows it was found in.
func (p Place) Rows(head [][]string) [][]string {
	if p.First < 0 {
		return nil
	}
	return head[p.First : p.Last+1]
}

const (
	// levelMark stands between the levels of a joined header, the upper one first: 办理情况›办结时间. It folds to a slash, so
	// that a profile may write 办理情况/办结时间 as well.
	levelMark = "›"
	levelSign = '›'
	// maxLevels is how many rows a header has at most.
	maxLevels = 3
	// maxLabel is how long in bytes a cell of a header of several rows may be; what is longer is text.
	maxLabel = 90
)

// JoinHeader returns the header that one or more rows make up, one name a column. A single row is returned as it is. Of
// several, the uppermost first, an upper cell stands over the columns to its right that it was merged with: those that
// repeat it, as in workbooks, and those that are blank and have something below, as in text exports. The names of
// the levels are joined by ›; a lower cell that is blank or says the same as the one above adds nothing. Columns without
// any name give "", columns that end up with one name keep it.
//
// Bind then finds a column 办结时间 in 办理情况›办结时间: see aliases.
func JoinHeader(rows [][]string) []string {
	if len(rows) == 1 {
		return rows[0]
	}
	grid := spread(rows)
	out := make([]string, widest(rows))
	for col := range out {
		var levels []string
		for _, row := range grid {
			if s := row[col]; s != "" && (len(levels) == 0 || Fold(levels[len(levels)-1]) != Fold(s)) {
				levels = append(levels, s)
			}
		}
		out[col] = strings.Join(levels, levelMark)
	}
	return out
}

func widest(rows [][]string) (w int) {
	for _, r := range rows {
		w = max(w, len(r))
	}
	return w
}

// spread returns the cells of a header of several rows, cleaned, with merged upper cells written into every column
// they stand over.
func spread(rows [][]string) [][]string {
	w := widest(rows)
	grid := make([][]string, len(rows))
	for i, r := range rows {
		grid[i] = make([]string, w)
		for col, s := range r {
			grid[i][col] = label(s)
		}
	}
	below := func(row, col int) bool { // something else than the cell itself stands below it
		return slices.ContainsFunc(grid[row+1:], func(r []string) bool { return r[col] != "" && r[col] != grid[row][col] })
	}
	for i := range len(grid) - 1 {
		for col := 1; col < w; col++ {
			if grid[i][col] == "" && grid[i][col-1] != "" && below(i, col) && below(i, col-1) &&
				(i == 0 || grid[i-1][col] == grid[i-1][col-1]) {
				grid[i][col] = grid[i][col-1]
			}
		}
	}
	return grid
}

// label is the text of a header's cell on one line: what a line break separates is joined, between Latin words by a space.
func label(s string) string {
	s = CleanCell(s)
	if !strings.ContainsAny(s, "\r\n") {
		return s
	}
	var out strings.Builder
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if part = CleanCell(part); part == "" {
			continue
		}
		if b := out.String(); b != "" && b[len(b)-1] < 0x80 && part[0] < 0x80 {
			out.WriteByte(' ')
		}
		out.WriteString(part)
	}
	return out.String()
}

// stacked says whether rows look like one header of several rows: each of them has labels and nothing like a value, each
// upper one has a cell that stands over two columns or more which the next row tells apart, and whatever stands below
// an upper cell of a single column repeats it, is blank or is a label as well.
func stacked(rows [][]string) bool {
	for _, row := range rows {
		if !slices.ContainsFunc(row, func(s string) bool { return CleanCell(s) != "" }) {
			return false
		}
	}
	for _, row := range rows[1:] {
		for _, s := range row {
			if s = label(s); s != "" && !isLabel(s) {
				return false
			}
		}
	}
	grid := spread(rows)
	for i, row := range grid[:len(grid)-1] {
		if !splits(row, grid[i+1]) {
			return false
		}
	}
	return true
}

// splits says whether a cell of the upper row stands over neighbours that the lower row names differently.
func splits(upper, lower []string) bool {
	for col := 1; col < len(upper); col++ {
		if upper[col] != "" && upper[col] == upper[col-1] && lower[col-1] != "" && lower[col] != "" &&
			lower[col] != lower[col-1] && lower[col] != upper[col] && lower[col-1] != upper[col] {
			return true
		}
	}
	return false
}

// isLabel says whether a text may be a name in a header: it is short and neither number, time nor yes or no.
func isLabel(s string) bool {
	if len(s) > maxLabel {
		return false
	}
	if n, err := parseNumber(s); err == nil {
		return n.unit == "岁" || n.unit == "月" || n.unit == "年" // 60岁以上, 1月, 2023年 head columns
	}
	if _, ok := parseClock(s); ok {
		return false
	}
	if _, _, ok := ParsePeriod(s); ok {
		return false
	}
	if _, err := parseTime(s, nil, &anyYear); err == nil {
		return false
	}
	_, err := ParseBool(s)
	return err != nil
}

var anyYear = Clock{From: day(2000, 1, 1), To: day(2001, 1, 1)}

// aliases are what a column with a joined header may also be called, folded, the surest first: the levels without a mark (独居人数), then
// without the uppermost levels (办结时间), then without the lowermost (独居 for 独居›人数). All but the first
// count only where no other column may be called so.
func aliases(header string) []string {
	levels := strings.Split(header, levelMark)
	if len(levels) == 1 {
		return nil
	}
	var out []string
	add := func(part []string) {
		for _, s := range []string{Fold(strings.Join(part, "")), Fold(strings.Join(part, levelMark))} {
			if s != "" && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	for i := range levels {
		add(levels[i:])
	}
	for i := len(levels) - 1; i > 0; i-- {
		add(levels[:i])
	}
	return out
}
