package ingest

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gridstar/ingest/profile"
	"gridstar/ingest/source"
)

// Row checks (DOMAIN §3, data quality). What a row alone shows is found by the converter, what other rows of the file
// show by the collector: DQ06 and DQ09 stand at the later occurrences, in file order.

const (
	copiedTimes = 5 // DQ09: the fifth row with one text is flagged, and all behind it
	copiedRunes = 8 // shorter texts are phrases that many rows share: 路灯不亮
	// maxRemembered bounds what a file's rows are compared with: behind so many different ones no new ones are added.
	maxRemembered = 1 << 19
	// maxSummed is the last file row whose numbers are added up to check totals: files with more are exports, not forms.
	maxSummed = 200_000

	rateTolerance = 0.5 // percentage points that a stated rate may differ from the one worked out (DOMAIN §4.3 no. 16)
)

// seed makes the hashes of texts that are compared within a file. They are never kept.
var seed = maphash.MakeSeed()

// twins are the hashes by which a fact is compared with others of the file; 0 is none.
type twins struct {
	whole uint64 // day, unit, kind and text: two such rows are one matter noted twice
	text  uint64
}

// twins hashes what the fact says. Of records, the matter; of figures, what they are about and when, whatever they say of it: two would
// be added up. Two patrols of a day may well be alike.
func (e *emitter) twins() (t twins) {
	if e.measure >= 0 {
		return twins{whole: max(maphash.Bytes(seed, e.appendAbout(nil)), 1)}
	}
	if e.kind < 0 || !e.fact[e.text].set && !e.fact[e.title].set {
		return t
	}
	var h maphash.Hash
	h.SetSeed(seed)
	for _, col := range []int{e.orgCode, e.kind, e.title, e.text} {
		h.WriteString(e.fact[col].s)
		h.WriteByte(0x1F)
	}
	maphash.WriteComparable(&h, e.fact[e.received].i/(24*3600*1e6))
	t.whole = max(h.Sum64(), 1)
	if s := e.fact[e.text].s; len(s) >= utf8.UTFMax*copiedRunes || utf8.RuneCountInString(s) >= copiedRunes {
		t.text = max(maphash.String(seed, s), 1)
	}
	return t
}

// compare flags the facts of a row that repeat others of the file.
func (k *collector) compare(facts []stated, row int64) {
	for i := range facts {
		f := &facts[i]
		if f.twins.whole != 0 && k.seen.add(f.twins.whole, maxRemembered) > 0 {
			f.flags |= DuplicateRow.bit()
		}
		if f.twins.text != 0 && k.texts.add(f.twins.text, maxRemembered) >= copiedTimes-1 {
			f.flags |= CopiedText.bit()
		}
		for _, flag := range []Flag{DuplicateRow, CopiedText} {
			if f.flags&flag.bit() != 0 {
				k.warnings.flag(flag, row, "")
			}
		}
	}
}

// closed is the status of a matter that is done (codes.toml).
const closed = "已办结"

// completeness flags a closed matter without the time or the result that closed it, where the ledger has such columns.
func (c *converter) completeness(e *emitter, p *pass) {
	has := c.closing
	done := e.fact[e.status].s == closed
	if done && has.closedAt && !e.fact[e.closed].set || (done || e.fact[e.closed].set) && has.result && !e.fact[e.result].set && !e.fact[e.resolved].set {
		p.doubt(IncompleteClosing, "")
	}
}

// closing says which columns about the end of a matter a ledger has.
type closing struct{ closedAt, result bool }

// statedRate compares a collection rate that stands in the row with the one that its sums give.
func (c *converter) statedRate(e *emitter, p *pass) {
	if c.rate < 0 || c.rate >= len(p.cells) || p.rated || !e.fact[e.numerator].set || !e.fact[e.denominator].set || e.fact[e.denominator].f == 0 {
		return
	}
	p.rated = true // of several rates of a row the first is the one that the column states
	text := p.cells[c.rate]
	if c.binding.Null(text) {
		return
	}
	v, q, err := profile.ParseNumber(text)
	if err != nil || q != profile.Exact {
		return
	}
	if !strings.ContainsAny(text, "%％") && v <= 1 {
		v *= 100
	}
	if got := 100 * e.fact[e.numerator].f / e.fact[e.denominator].f; math.Abs(got-v) > rateTolerance+1e-9 {
		p.doubt(Contradiction, fmt.Sprintf("%s写 %s，按两数计算为 %s%%", c.binding.Header[c.rate], quotable(text), short(got)))
	}
}

// rateColumn finds the column that states a collection rate; -1 where there is none.
func rateColumn(b *profile.Binding) int {
	return slices.IndexFunc(b.Header, func(h string) bool { return strings.HasPrefix(profile.Fold(h), "收缴率") })
}

// unmerge empties the cells of numbers that only repeat the first of a merged range: one number that spans several rows is
// not theirs to be added up.
func (c *converter) unmerge(b *source.Batch, skip int) {
	for _, at := range b.Merged {
		i, col := at/b.Width, at%b.Width
		if i < skip || !c.numeric[col] || b.Cells[at] == "" || c.binding.Skip(b.Row(i)) != "" {
			continue
		}
		c.warnings.add("merged", "数字写在合并的单元格里，只计入第一行", b.Rows[i], c.binding.Header[col])
		b.Cells[at] = ""
	}
}

// numericColumns are the columns that are read as numbers.
func numericColumns(b *profile.Binding) map[int]bool {
	out := map[int]bool{}
	for _, e := range b.Emits {
		for _, f := range e.Fields {
			if i := f.Column.Index(); i >= 0 && (f.Type == profile.Int || f.Type == profile.Number) {
				out[i] = true
			}
		}
	}
	return out
}

// sums are what columns add up to, by the column's index. A column with a number that is not exact has none.
type sums map[int]sum

type sum struct {
	value  float64
	unsure bool
}

func (s sums) add(all []profile.TotalCell) {
	for _, c := range all {
		x := s[c.Column]
		x.value += c.Value
		x.unsure = x.unsure || c.Qualifier != profile.Exact
		s[c.Column] = x
	}
}

func (s sums) merge(next sums) {
	for col, n := range next {
		x := s[col]
		x.value += n.value
		x.unsure = x.unsure || n.unsure
		s[col] = x
	}
}

// totalled is a row of totals with the sums of the rows since the one before.
type totalled struct {
	row   int64
	total profile.Total
	above sums
}

// amounts adds the numbers of a row to those of the rows above.
func (c *converter) amounts(cells []string, row int64) {
	if row <= maxSummed {
		c.part.summed.add(c.binding.Amounts(cells))
	}
}

// totals notes a row of totals.
func (c *converter) totals(cells []string, row int64) {
	if t, ok := c.binding.Totals(cells); ok && row <= maxSummed {
		c.part.totalled = append(c.part.totalled, totalled{row, t, c.part.summed})
		c.part.summed = sums{}
	}
}

// reconcile compares the rows of totals with what stands above them. A row that could not be read leaves the
// sums below it unsure.
func (k *collector) reconcile(p *part) {
	for _, r := range p.rejects {
		if r.Reason == Unreadable && (k.unread == 0 || r.Row < k.unread) {
			k.unread = r.Row
		}
	}
	for _, t := range p.totalled {
		k.since.merge(t.above)
		k.whole.merge(t.above)
		against := k.whole
		switch t.total.Of {
		case profile.TotalPart:
			against = k.since
		case profile.TotalRunning:
			against = nil
		}
		for _, cell := range t.total.Cells {
			got, ok := against[cell.Column]
			if !ok || got.unsure || k.unread != 0 && k.unread < t.row || cell.Qualifier != profile.Exact {
				continue
			}
			// Stated totals are often rounded to the digits that are shown.
			if diff := math.Abs(got.value - cell.Value); diff > 0.0051+1e-9*math.Abs(got.value) {
				k.warnings.add(string(Contradiction), contradictionText, t.row,
					fmt.Sprintf("%s写 %s，明细相加为 %s", cell.Header, short(cell.Value), short(got.value)))
			}
		}
		k.since = sums{}
	}
	k.since.merge(p.summed)
	k.whole.merge(p.summed)
}

const contradictionText = "合计或比率与明细不符，按明细入库"

// short writes a number without a long tail.
func short(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }

// dropped says which columns about persons had cells, in a fixed order: 反映人 12 处.
func dropped(personal map[string]int64) []string {
	var out []string
	for _, column := range slices.SortedFunc(maps.Keys(personal), func(a, b string) int { return cmp.Or(cmp.Compare(personal[b], personal[a]), cmp.Compare(a, b)) }) {
		out = append(out, fmt.Sprintf("%s %d 处", column, personal[column]))
	}
	return out
}

// PersonalText says in Chinese which columns about persons were left out; "" where there was none.
func (r Result) PersonalText() string { return strings.Join(dropped(r.Personal), "，") }
