package analytics

import (
	"bufio"
	"encoding/json"
	"io"
)

// JSON writes the answer as an array of objects, one per row (DESIGN §5): each dimension under the name asked, units
// with <dimension>_name beside it; for each metric m its value, m_n, m_d, m_note and m_covered, and with a
// comparison m_prev, m_change and m_change_note; where figures were reported in round terms (200余), m_approx says of each value whether
// it rests on such; of a Hidden number only the note is not null. Keys stand in the order of the query.
func (a *Answer) JSON(w io.Writer) error {
	out := &objects{w: bufio.NewWriter(w)}
	out.text("[")
	for i, row := range a.Rows {
		if i > 0 {
			out.text(",")
		}
		out.text("\n{")
		out.first = true
		for j, d := range a.Dims {
			out.member(d.Name, row.Keys[j].Value)
			if d.Unit {
				var name any
				if row.Keys[j].Value != nil {
					name = row.Keys[j].Name
				}
				out.member(d.Name+"_name", name)
			}
		}
		for j, m := range a.Columns {
			c := row.Cells[j]
			out.member(m.ID, c.Value)
			out.member(m.ID+"_n", c.shown(c.N))
			if c.HasD {
				out.member(m.ID+"_d", c.D)
			} else {
				out.member(m.ID+"_d", nil)
			}
			out.member(m.ID+"_note", c.Note.orNull())
			out.member(m.ID+"_covered", c.shown(c.Covered))
			if a.inexact(j) {
				out.member(m.ID+"_approx", c.Approx())
			}
			if a.Compare != NoCompare {
				out.member(m.ID+"_prev", c.Prev)
				out.member(m.ID+"_change", c.Change)
				out.member(m.ID+"_change_note", c.ChangeNote.orNull())
			}
		}
		out.text("}")
	}
	out.text("\n]\n")
	if out.err != nil {
		return out.err
	}
	return out.w.Flush()
}

func (n Note) orNull() any {
	if n == NoNote {
		return nil
	}
	return string(n)
}

// objects writes members one after the other; the first error stays.
type objects struct {
	w     *bufio.Writer
	first bool
	err   error
}

func (o *objects) text(s string) {
	if o.err == nil {
		_, o.err = o.w.WriteString(s)
	}
}

func (o *objects) member(key string, value any) {
	k, err := json.Marshal(key)
	if err == nil {
		var v []byte
		if v, err = json.Marshal(value); err == nil {
			if !o.first {
				o.text(",")
			}
			o.first = false
			o.text(string(k) + ":" + string(v))
		}
	}
	if o.err == nil {
		o.err = err
	}
}
