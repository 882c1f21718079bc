package source

import "strings"

// needMore is what parse answers when the record does not end in the text at hand. It never leaves the package.
const needMore Reason = "need_more"

// record is how a table is cut into records and cells.
type record struct {
	comma   byte
	newline byte // '\n' (CRLF included) or '\r'
	cell    int  // bytes a cell may have
	columns int  // cells a record may have
}

// parse reads the record at s[pos:] and appends its cells. final: s ends where the file ends. It returns the
// place behind the record, and "" or the reason why there is no record: needMore, or what is wrong with it; then the place is how
// far it had to read to know. The answer depends on the bytes from pos on, never on how much of the file s
// holds beyond what decides it.
func (r record) parse(cells []string, s string, pos int, final bool) (out []string, next int, why Reason) {
	w := s[pos:]
	short := needMore // the answer where w ends too early
	if len(w) > MaxRecordBytes {
		w, short, final = w[:MaxRecordBytes], RecordTooLong, false
	}
	end := indexByte(w, r.newline)
	if end < 0 && !final {
		return cells, pos + len(w), short
	}
	if end < 0 {
		end = len(w)
	}
	line := r.trimCR(w[:end])
	if strings.IndexByte(line, '"') >= 0 {
		return r.parseQuoted(cells, w, pos, end, final, short)
	}
	start := len(cells)
	for {
		i := indexByte(line, r.comma)
		cell := line
		if i >= 0 {
			cell = line[:i]
		}
		if len(cell) > r.cell {
			return cells, pos + end, CellTooLong
		}
		cells = append(cells, cell)
		if i < 0 {
			return cells, pos + min(end+1, len(w)), ""
		}
		if len(cells)-start == r.columns {
			return cells, pos + end, TooManyColumns
		}
		line = line[i+1:]
	}
}

// parseQuoted is parse for a record that has a quote in its first line. w starts at the record, end is the first line's end.
func (r record) parseQuoted(cells []string, w string, pos, end int, final bool, short Reason) (out []string, next int, why Reason) {
	start := len(cells)
	p := 0
	for {
		var cell string
		var stop int // the byte behind the cell: comma, line end or len(w)
		if p < len(w) && w[p] == '"' {
			q, why := r.closingQuote(w, p, final, short)
			if why != "" {
				return cells, pos + q, why
			}
			cell = w[p+1 : q]
			if strings.Contains(cell, `""`) {
				cell = strings.ReplaceAll(cell, `""`, `"`)
			}
			stop = q + 1
			for stop < len(w) && (w[stop] == ' ' || w[stop] == '\t') && w[stop] != r.comma {
				stop++
			}
			if stop < len(w) && w[stop] == '\r' && r.newline == '\n' && (stop+1 < len(w) || final) {
				if stop+1 < len(w) && w[stop+1] != '\n' {
					return cells, pos + stop, StrayQuote
				}
				stop++
			}
			switch {
			case stop < len(w) && w[stop] == '\r' && r.newline == '\n', stop == len(w) && !final:
				return cells, pos + stop, short
			case stop < len(w) && w[stop] != r.comma && w[stop] != r.newline:
				return cells, pos + stop, StrayQuote
			}
		} else {
			if p > end {
				i := indexByte(w[p:], r.newline)
				switch {
				case i >= 0:
					end = p + i
				case final:
					end = len(w)
				default:
					return cells, pos + len(w), short
				}
			}
			stop = end
			if i := indexByte(w[p:end], r.comma); i >= 0 {
				stop = p + i
			}
			cell = w[p:stop]
			if stop == end {
				cell = r.trimCR(cell)
			}
			if len(cell) > r.cell {
				return cells, pos + stop, CellTooLong
			}
		}
		cells = append(cells, cell)
		if stop == len(w) || w[stop] == r.newline {
			return cells, pos + min(stop+1, len(w)), ""
		}
		if len(cells)-start == r.columns {
			return cells, pos + stop, TooManyColumns
		}
		p = stop + 1
	}
}

// closingQuote returns where the quote opened at w[p] is closed, or how far it read to find that it is not.
func (r record) closingQuote(w string, p int, final bool, short Reason) (int, Reason) {
	limit := min(len(w), p+1+r.cell+1)
	for q := p + 1; ; q += 2 {
		i := -1
		if q < limit {
			i = strings.IndexByte(w[q:limit], '"')
		}
		switch {
		case i >= 0:
			q += i
		case limit-(p+1) > r.cell:
			return limit, CellTooLong
		case final:
			return len(w), OpenQuote
		default:
			return len(w), short
		}
		if q+1 == len(w) && !final {
			return len(w), short
		}
		if q+1 == len(w) || w[q+1] != '"' {
			return q, ""
		}
	}
}

func (r record) trimCR(s string) string {
	if r.newline == '\n' && len(s) > 0 && s[len(s)-1] == '\r' {
		return s[:len(s)-1]
	}
	return s
}

func indexByte(s string, c byte) int { return strings.IndexByte(s, c) }

// detectNewline finds out whether lines end in CR alone, as old spreadsheets wrote them.
func detectNewline(sample string) byte {
	if strings.IndexByte(sample, '\r') < 0 {
		return '\n'
	}
	quoted, cr := false, false
	for i := range len(sample) {
		switch sample[i] {
		case '"':
			quoted = !quoted
		case '\n':
			if !quoted {
				return '\n'
			}
		case '\r':
			cr = cr || !quoted
		}
	}
	if cr {
		return '\r'
	}
	return '\n'
}

// detectDelimiter takes the delimiter under which the first records agree best on the most columns, comma in doubt.
func (r record) detectDelimiter(sample string, final bool) byte {
	const records = 50
	best, bestScore := byte(','), 0
	var cells []string
	for _, comma := range []byte{',', ';', '\t'} {
		r.comma = comma
		widths := map[int]int{}
		pos := 0
		for n := 0; n < records && pos < len(sample); n++ {
			out, next, why := r.parse(cells[:0], sample, pos, final)
			if why == needMore {
				break
			}
			if why != "" {
				if next = indexByte(sample[pos:], r.newline); next < 0 {
					break
				}
				pos += next + 1
				continue
			}
			cells = out
			widths[len(cells)]++
			pos = next
		}
		for width, n := range widths {
			if score := n * (width - 1); score > bestScore {
				best, bestScore = comma, score
			}
		}
	}
	return best
}
