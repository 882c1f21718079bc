package chart

// Point is one labelled number.
type Point struct {
	Code  string // what a click leads to, usually a unit code; the page reads it from the data item; may be empty
	Label string // as shown; cut where it does not fit

	// Value is in the chart's unit (93.4 for 93.4 %). nil is a gap: nothing is drawn, Note says why.
	Value *float64
	Text  string // the value as published, with its sign: 98.6%; "" shows no number

	// Note is the reason of a gap (样本不足, 缺数据, 不适用) or, beside a value, a reservation (部分覆盖, 截至当前): such a
	// value is drawn paler.
	Note   string
	Detail string // a further line of the tooltip: 2,301 / 2,464
}

// Mark is a level to compare with: 目标.
type Mark struct {
	Value float64 // in the chart's unit
	Text  string  // 目标 95%
}

// drawable is the mark, or nil where there is none that can be drawn.
func (m *Mark) drawable() *Mark {
	if m == nil {
		return nil
	}
	if _, ok := finite(&m.Value); !ok {
		return nil
	}
	return m
}

// Tone says what a colour means, in words of the page; words or places say it too, never the colour alone.
type Tone int

const (
	Plain     Tone = iota
	Good           // 前五, 已解决
	Attention      // 需关注, 办理中
	Overdue        // 超期
)

func (t Tone) color() string {
	switch t {
	case Good:
		return good
	case Attention:
		return watch
	case Overdue:
		return overdue
	}
	return second
}

// datum is a data item of a series. Zero fields are left out, but a number 0 is a number.
type datum struct {
	Name      string   `json:"name,omitempty"`
	Value     any      `json:"value"` // nil is a gap
	Code      string   `json:"code,omitempty"`
	ItemStyle node     `json:"itemStyle,omitempty"`
	Symbol    string   `json:"symbol,omitempty"`
	Selected  bool     `json:"selected,omitempty"`
	Label     node     `json:"label,omitempty"`
	Tooltip   *tooltip `json:"tooltip,omitempty"`
}

// tooltip of one data item: ready text. The template parser finds nothing in it to replace (see plain).
type tooltip struct {
	Formatter string `json:"formatter,omitempty"`
	Trigger   string `json:"trigger,omitempty"`
}

// shown is the label of a data item. ECharts would write the bare number in place of an empty text.
func shown(text string) node {
	if text == "" {
		return node{"show": false}
	}
	return node{"show": true, "formatter": text}
}

func (p Point) value() any {
	if v, ok := finite(p.Value); ok {
		return v
	}
	return nil
}

// words is the number or the reason why there is none.
func (p Point) words() string {
	_, ok := finite(p.Value)
	switch {
	case ok:
		return display(p.Text, 20)
	case p.Note == "":
		return wordNoData
	}
	return display(p.Note, 20)
}

// valueWords are words with the reservation: 93.4%（部分覆盖）.
func (p Point) valueWords() string {
	words := p.words()
	if _, ok := finite(p.Value); ok && p.Note != "" {
		words += "（" + display(p.Note, 20) + "）"
	}
	return words
}

// with joins the value's words and what stands behind them in the style after, and counts their columns.
func (p Point) with(after string) (text string, width int) {
	text, after = p.valueWords(), display(after, 16)
	if after == "" {
		return text, columns(text)
	}
	return text + "{after|  " + after + "}", columns(text) + 2 + columns(after)
}

// tip is the tooltip of a point that stands alone.
func (p Point) tip() *tooltip {
	return tip(display(p.Label, 40), p.valueWords(), display(p.Detail, 60))
}
