package source

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// reasons are the reasons that cross the pipe, by their place here.
var reasons = []Reason{StrayQuote, OpenQuote, CellTooLong, RecordTooLong, TooManyColumns, BadJSON, NotObject, DuplicateKey, TooDeep}

// sendBatch sends a batch in frames of about frameTarget bytes, so that neither side holds much at a time. A row that is
// too long for any frame becomes a bad row.
func (w *frameWriter) sendBatch(b *Batch, read int64) error {
	var bad []BadRow
	row, badRow, merged := 0, 0, 0
	for row < b.Len() || badRow < len(b.Bad) {
		from, size := row, 0
		bad = bad[:0]
		for row < b.Len() && row-from < maxFrameRows && size < frameTarget {
			n := 2 * b.Width // their lengths
			for _, c := range b.Row(row) {
				n += len(c)
			}
			if n > MaxRecordBytes {
				if row > from {
					break // it opens the next frame
				}
				bad = append(bad, BadRow{b.Rows[row], RecordTooLong})
				row++
				from = row
				for merged < len(b.Merged) && b.Merged[merged] < row*b.Width {
					merged++
				}
				break
			}
			size += n
			row++
		}
		until := int64(maxRowNumber)
		if row < b.Len() {
			until = b.Rows[row]
		}
		for badRow < len(b.Bad) && b.Bad[badRow].Row < until && len(bad) < maxFrameRows {
			bad = append(bad, b.Bad[badRow])
			badRow++
		}
		slices.SortFunc(bad, func(x, y BadRow) int { return int(x.Row - y.Row) })
		m := merged
		for m < len(b.Merged) && b.Merged[m] < row*b.Width {
			m++
		}
		part := &Batch{Rows: b.Rows[from:row], Width: b.Width, Cells: b.Cells[from*b.Width : row*b.Width], Bad: bad}
		if err := w.sendPiece(part, b.Merged[merged:m], from*b.Width, read); err != nil {
			return err
		}
		merged = m
	}
	return nil
}

// sendPiece sends one frame; merged are the indexes of its merged cells plus shift.
func (w *frameWriter) sendPiece(b *Batch, merged []int, shift int, read int64) error {
	f := w.begin(frameBatch)
	f = putUint(f, uint64(read))
	f = putUint(f, uint64(len(b.Rows)))
	f = putUint(f, uint64(b.Width))
	f = putUint(f, uint64(len(b.Bad)))
	f = putUint(f, uint64(len(merged)))
	last := int64(0)
	for _, r := range b.Rows {
		f = putUint(f, uint64(r-last))
		last = r
	}
	last = 0
	for _, r := range b.Bad {
		f = putUint(f, uint64(r.Row-last))
		f = putUint(f, uint64(slices.Index(reasons, r.Reason)))
		last = r.Row
	}
	at := shift
	for _, m := range merged {
		f = putUint(f, uint64(m-at))
		at = m
	}
	for _, c := range b.Cells {
		f = putUint(f, uint64(len(c)))
	}
	for _, c := range b.Cells {
		f = append(f, c...)
	}
	return w.send(f)
}

// batchReader turns batch frames into batches. It refuses what no honest reader sends: rows that do not ascend from frame
// to frame, cells that are not valid UTF-8 or do not fill the payload, merged cells that are not there.
type batchReader struct {
	row int64 // the last one, good or bad
}

func (r *batchReader) take(frame []byte) (b *Batch, read int64, err error) {
	p := payload{b: frame}
	read = int64(p.number(1 << 62))
	rows := int(p.number(maxFrameRows))
	b = &Batch{Width: int(p.number(MaxColumns))}
	bad := int(p.number(maxFrameRows))
	merged := int(p.number(1 << 30))
	cells := rows * b.Width
	if p.bad || rows+bad == 0 || rows > 0 && b.Width == 0 || cells > maxBatchCells+MaxColumns || rows+2*bad+merged+cells > len(p.b) || merged > cells {
		return nil, 0, errFrame
	}
	b.Rows = make([]int64, rows)
	last := int64(0)
	for i := range b.Rows {
		last += int64(p.number(maxRowNumber))
		b.Rows[i] = last
	}
	b.Bad = make([]BadRow, bad)
	last = 0
	for i := range b.Bad {
		last += int64(p.number(maxRowNumber))
		b.Bad[i] = BadRow{last, reasons[p.number(uint64(len(reasons)-1))]}
	}
	if err := r.ascending(b); err != nil {
		return nil, 0, err
	}
	if merged > 0 {
		b.Merged = make([]int, merged)
		at := 0
		for i := range b.Merged {
			d := int(p.number(uint64(cells)))
			if at += d; at >= cells || d == 0 && i > 0 {
				return nil, 0, errFrame
			}
			b.Merged[i] = at
		}
	}
	return b, read, b.takeCells(&p, cells)
}

// ascending checks that good and bad rows taken together ascend, from the last frame's on.
func (r *batchReader) ascending(b *Batch) error {
	i, j := 0, 0
	for i < len(b.Rows) || j < len(b.Bad) {
		var row int64
		if j == len(b.Bad) || i < len(b.Rows) && b.Rows[i] < b.Bad[j].Row {
			row = b.Rows[i]
			i++
		} else {
			row = b.Bad[j].Row
			j++
		}
		if row <= r.row || row > maxRowNumber {
			return errFrame
		}
		r.row = row
	}
	return nil
}

// takeCells reads the lengths of the cells and cuts them out of one string.
func (b *Batch) takeCells(p *payload, cells int) error {
	lengths := p.b
	total := uint64(0)
	for range cells {
		total += p.number(MaxRecordBytes)
		if p.bad || total > maxFrame {
			return errFrame
		}
	}
	if uint64(len(p.b)) != total || p.bad {
		return errFrame
	}
	text := string(p.b)
	if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		return errFrame
	}
	b.Cells = make([]string, cells)
	q := payload{b: lengths}
	at := 0
	for i := range b.Cells {
		n := int(q.number(MaxRecordBytes))
		if n > 0 && !utf8.RuneStart(text[at]) { // valid as a whole, so valid if no cell begins inside a character
			return errFrame
		}
		b.Cells[i] = text[at : at+n]
		at += n
	}
	return nil
}
