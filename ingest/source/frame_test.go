package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// sendAndTake sends batches through the pipe's format and returns what arrives.
func sendAndTake(t testing.TB, batches ...*Batch) []*Batch {
	t.Helper()
	var pipe bytes.Buffer
	w := &frameWriter{w: &pipe}
	for _, b := range batches {
		if err := w.sendBatch(b, 7); err != nil {
			t.Fatal(err)
		}
	}
	var out []*Batch
	r, take := frameReader{r: &pipe}, batchReader{}
	for {
		kind, body, err := r.next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil || kind != frameBatch {
			t.Fatalf("%q: %v", kind, err)
		}
		b, read, err := take.take(body)
		if err != nil {
			t.Fatal(err)
		}
		if read != 7 {
			t.Fatalf("progress %d, want 7", read)
		}
		out = append(out, b)
	}
}

// flat lists what batches say, one line a row.
func flat(batches []*Batch) []string {
	var out []string
	for _, b := range batches {
		merged := map[int]bool{}
		for _, m := range b.Merged {
			merged[m] = true
		}
		bad := b.Bad
		for i := range b.Len() {
			for len(bad) > 0 && bad[0].Row < b.Rows[i] {
				out, bad = append(out, fmt.Sprint(bad[0])), bad[1:]
			}
			line := fmt.Sprint(b.Rows[i])
			for k, c := range b.Row(i) {
				line += fmt.Sprintf("|%s", c)
				if merged[i*b.Width+k] {
					line += "<"
				}
			}
			out = append(out, line)
		}
		for _, r := range bad {
			out = append(out, fmt.Sprint(r))
		}
	}
	return out
}

func TestBatchesCrossThePipe(t *testing.T) {
	long := strings.Repeat("长", MaxRecordBytes/6) // half a record
	for _, c := range []struct {
		name    string
		batches []*Batch
		frames  int
	}{
		{"one row", []*Batch{{Rows: []int64{1}, Width: 2, Cells: []string{"甲", ""}}}, 1},
		{"bad rows alone", []*Batch{{Width: 3, Bad: []BadRow{{4, OpenQuote}, {9, TooDeep}}}}, 1},
		{"bad rows between good ones", []*Batch{{Rows: []int64{2, 5}, Width: 1, Cells: []string{"a", "b"}, Bad: []BadRow{{1, StrayQuote}, {3, BadJSON}, {7, CellTooLong}}}}, 1},
		{"merged cells", []*Batch{{Rows: []int64{1, 2}, Width: 2, Cells: []string{"a", "b", "a", "c"}, Merged: []int{2}}}, 1},
		{"rows past each other", []*Batch{{Rows: []int64{1, 700000}, Width: 1, Cells: []string{"a", "b"}}, {Rows: []int64{700001}, Width: 3, Cells: []string{"a", "b", "c"}}}, 2},
		{"long rows, a frame each", []*Batch{{Rows: []int64{1, 2, 3}, Width: 1, Cells: []string{long, long, long}, Merged: []int{1, 2}}}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := flat(c.batches)
			got := sendAndTake(t, c.batches...)
			if diff := cmp.Diff(want, flat(got)); diff != "" {
				t.Error(diff)
			}
			if len(got) != c.frames {
				t.Errorf("%d frames, want %d", len(got), c.frames)
			}
		})
	}
}

// A row too long for any frame is a bad row, wherever it stands.
func TestRowTooLongForThePipe(t *testing.T) {
	big := strings.Repeat("x", MaxRecordBytes)
	b := &Batch{
		Rows: []int64{1, 2, 3, 5}, Width: 2, Merged: []int{2, 3, 6},
		Cells: []string{"a", "b", big, "y", "c", "d", "e", "f"},
		Bad:   []BadRow{{4, OpenQuote}},
	}
	want := []string{"1|a|b", "{2 record_too_long}", "3|c|d", "{4 open_quote}", "5|e<|f"}
	if diff := cmp.Diff(want, flat(sendAndTake(t, b))); diff != "" {
		t.Error(diff)
	}
}

func TestRandomBatchesCrossThePipe(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var batches []*Batch
		row := int64(0)
		for range 1 + rnd.IntN(4) {
			b := &Batch{Width: 1 + rnd.IntN(5)}
			for range rnd.IntN(40) {
				row += 1 + int64(rnd.IntN(3))
				if rnd.IntN(5) == 0 {
					b.Bad = append(b.Bad, BadRow{row, reasons[rnd.IntN(len(reasons))]})
					continue
				}
				b.Rows = append(b.Rows, row)
				for range b.Width {
					if rnd.IntN(6) == 0 {
						b.Merged = append(b.Merged, len(b.Cells))
					}
					b.Cells = append(b.Cells, strings.Repeat("文a", rnd.IntN(4)))
				}
			}
			batches = append(batches, b)
		}
		if diff := cmp.Diff(flat(batches), flat(sendAndTake(t, batches...))); diff != "" {
			t.Fatalf("seed %d:\n%s", seed, diff)
		}
	}
}

func TestEveryReasonCrossesThePipe(t *testing.T) {
	if len(reasons) != len(reasonText) {
		t.Errorf("%d reasons cross, there are %d", len(reasons), len(reasonText))
	}
	for _, r := range reasons {
		if r.Message() == "" {
			t.Errorf("reason %q has no message", r)
		}
	}
}

// What no honest reader sends is refused.
func TestForgedFrames(t *testing.T) {
	piece := func(b *Batch, merged ...int) []byte {
		var pipe bytes.Buffer
		if err := (&frameWriter{w: &pipe}).sendPiece(b, merged, 0, 0); err != nil {
			t.Fatal(err)
		}
		return pipe.Bytes()[5:]
	}
	good := piece(&Batch{Rows: []int64{3}, Width: 1, Cells: []string{"甲"}})
	for _, c := range []struct {
		name string
		body []byte
	}{
		{"nothing", nil},
		{"cut off", good[:len(good)-1]},
		{"something behind", append(bytes.Clone(good), 'x')},
		{"no rows", piece(&Batch{Width: 1})},
		{"rows without columns", piece(&Batch{Rows: []int64{3}})},
		{"row zero", piece(&Batch{Rows: []int64{0}, Width: 1, Cells: []string{"a"}})},
		{"a row twice", piece(&Batch{Rows: []int64{3, 3}, Width: 1, Cells: []string{"a", "b"}})},
		{"a row good and bad", piece(&Batch{Rows: []int64{3}, Width: 1, Cells: []string{"a"}, Bad: []BadRow{{3, OpenQuote}}})},
		{"a row below zero", piece(&Batch{Rows: []int64{-1}, Width: 1, Cells: []string{"a"}})},
		{"an unknown reason", piece(&Batch{Bad: []BadRow{{3, "forged"}}})},
		{"not UTF-8", piece(&Batch{Rows: []int64{3}, Width: 1, Cells: []string{"\xff"}})},
		{"a character in two cells", piece(&Batch{Rows: []int64{3}, Width: 2, Cells: []string{"\xE7", "\x94\xB2"}})},
		{"NUL", piece(&Batch{Rows: []int64{3}, Width: 1, Cells: []string{"a\x00"}})},
		{"a merged cell that is not there", piece(&Batch{Rows: []int64{3}, Width: 1, Cells: []string{"a"}}, 1)},
		{"merged cells in the wrong order", piece(&Batch{Rows: []int64{3}, Width: 2, Cells: []string{"a", "b"}}, 1, 1)},
		{"more cells than bytes", []byte{0, 255, 255, 3, 255, 127, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if b, _, err := (&batchReader{}).take(c.body); !errors.Is(err, errFrame) {
				t.Errorf("%v, %v", b, err)
			}
		})
	}
	r := &batchReader{}
	if _, _, err := r.take(good); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.take(good); !errors.Is(err, errFrame) {
		t.Errorf("the same rows in the next frame: %v", err)
	}
}

func TestForgedSentences(t *testing.T) {
	for _, c := range []struct {
		text string
		ok   bool
	}{
		{"文件“a.xlsx”是空的。", true},
		{"文件“a.xlsx”是空的", false},
		{"第一行\n第二行。", false},
		{"\x1b[31m红。", false},
		{strings.Repeat("长", 2000) + "。", false},
		{"\xff。", false},
	} {
		e, err := takeError(putError(nil, &Error{Text: c.text, Err: ErrLimit}), "a.xlsx")
		if (err == nil) != c.ok {
			t.Errorf("%.40q: %v", c.text, err)
		}
		if c.ok && (!errors.Is(e, ErrLimit) || e.Text != c.text || e.Name != "a.xlsx") {
			t.Errorf("%+v", e)
		}
	}
}

func TestFrameOfTooManyBytes(t *testing.T) {
	r := frameReader{r: strings.NewReader("B\xff\xff\xff\xff")}
	if _, _, err := r.next(); !errors.Is(err, errFrame) {
		t.Error(err)
	}
	if cap(r.buf) != 0 {
		t.Errorf("%d bytes were made", cap(r.buf))
	}
	r = frameReader{r: strings.NewReader("B\x10\x00\x00\x00half")}
	if _, _, err := r.next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// FuzzFrames: whatever comes through the pipe, what is taken for a batch is one.
func FuzzFrames(f *testing.F) {
	var pipe bytes.Buffer
	w := &frameWriter{w: &pipe}
	for _, send := range []func() error{
		func() error {
			return w.sendBatch(&Batch{Rows: []int64{1, 4}, Width: 2, Cells: []string{"序号", "b", "", "路灯"}, Bad: []BadRow{{2, TooDeep}}, Merged: []int{1, 3}}, 9)
		},
		func() error { return w.send(opening{"xlsx", []string{"a"}, "UTF-8", true}.put(w.begin(frameHead))) },
		func() error {
			return w.send(closing{"UTF-8", 1, 2, true, []string{"有公式"}}.put(w.begin(frameEnd)))
		},
		func() error { return w.send(putTables(w.begin(frameTables), []Table{{"表1", true}})) },
		func() error { return w.send(putError(w.begin(frameError), refuse("a", ErrEmpty, "是空的。"))) },
	} {
		pipe.Reset()
		if err := send(); err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.Clone(pipe.Bytes()))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, take := frameReader{r: bytes.NewReader(data)}, batchReader{}
		last := int64(0)
		for {
			_, body, err := r.next()
			if err != nil {
				break
			}
			_, _ = takeOpening(body)
			_, _ = takeClosing(body)
			_, _ = takeTables(body)
			if e, err := takeError(body, "x"); err == nil && !utf8.ValidString(e.Text) {
				t.Fatalf("%q", e.Text)
			}
			b, _, err := take.take(body)
			if err != nil {
				break
			}
			checkBatch(t, b, &last)
		}
	})
}

// checkBatch checks what the doc of Batch promises; last is the last row of the batches before.
func checkBatch(t testing.TB, b *Batch, last *int64) {
	t.Helper()
	if len(b.Rows) == 0 && len(b.Bad) == 0 {
		t.Fatal("an empty batch")
	}
	if len(b.Cells) != len(b.Rows)*b.Width {
		t.Fatalf("%d rows of %d cells hold %d cells", len(b.Rows), b.Width, len(b.Cells))
	}
	for i, j := 0, 0; i < len(b.Rows) || j < len(b.Bad); {
		var row int64
		if j == len(b.Bad) || i < len(b.Rows) && b.Rows[i] < b.Bad[j].Row {
			row = b.Rows[i]
			i++
		} else {
			if b.Bad[j].Reason.Message() == "" {
				t.Fatalf("reason %q has no message", b.Bad[j].Reason)
			}
			row = b.Bad[j].Row
			j++
		}
		if row <= *last {
			t.Fatalf("row %d comes after row %d", row, *last)
		}
		*last = row
	}
	for i, m := range b.Merged {
		if m < 0 || m >= len(b.Cells) || i > 0 && m <= b.Merged[i-1] {
			t.Fatalf("merged %v of %d cells", b.Merged, len(b.Cells))
		}
	}
	for _, c := range b.Cells {
		if !utf8.ValidString(c) || strings.IndexByte(c, 0) >= 0 {
			t.Fatalf("cell %q", c)
		}
	}
}
