package source

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// outline writes what a reader of XML sees, one line a tag: its depth, its name, its attributes; text where it stands.
func outline(x *xmlReader) (string, error) {
	var b strings.Builder
	err := x.each(func() error {
		switch x.kind {
		case xmlStart:
			fmt.Fprintf(&b, "\n%d<%s", x.at, x.name)
			x.attributes(func(name, value string) { fmt.Fprintf(&b, " %s=%q", name, value) })
			b.WriteString(">")
		case xmlEnd:
			fmt.Fprintf(&b, "\n%d</%s>", x.at, x.name)
		case xmlText:
			b.Write(x.appendText(nil))
		}
		return nil
	})
	return b.String(), err
}

// standardOutline is outline by encoding/xml.
func standardOutline(data []byte) (string, error) {
	var b strings.Builder
	d := xml.NewDecoder(bytes.NewReader(data))
	at, roots := 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if at == 0 {
				roots++
			}
			at++
			fmt.Fprintf(&b, "\n%d<%s", at, token.Name.Local)
			for _, a := range token.Attr {
				fmt.Fprintf(&b, " %s=%q", a.Name.Local, a.Value)
			}
			b.WriteString(">")
		case xml.EndElement:
			fmt.Fprintf(&b, "\n%d</%s>", at, token.Name.Local)
			at--
		case xml.CharData:
			if at > 0 {
				b.Write(token)
			}
		}
		if roots > 1 {
			return "", errors.New("two roots")
		}
	}
}

var xmlSeeds = []string{
	`<a/>`,
	`<?xml version="1.0" encoding="UTF-8"?><!-- c --><x:a y:b="1" c='"2"'>t<b/>u</x:a>`,
	"<a>\r\n<b c='&lt;&#10;&#x4E2D;'>路灯 &amp; 井盖\r</b><![CDATA[<&amp;]]></a>\n",
	`<a b = "1"  c="2" ><?pi ?><!--<b>--></a >`,
	`<a><b></a></b>`, `<a`, `<a>&nbsp;</a>`, `<a b=c/>`, `<!DOCTYPE a><a/>`, `<a/><b/>`, ``, `<a>]]></a>`, "<a>\x00\xff</a>", `<a><![CDATA[`, `<!-->--><a/>`, `</a>`, `<a b="<"/>`,
}

// What our reader takes, encoding/xml takes too and sees the same in; cut into whatever pieces.
func FuzzXML(f *testing.F) {
	for _, s := range xmlSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := outline(newXMLReader(bytes.NewReader(data)))
		again, errAgain := outline(newXMLReader(iotest.OneByteReader(bytes.NewReader(data))))
		if got != again || (err == nil) != (errAgain == nil) {
			t.Fatalf("at once %q (%v), byte by byte %q (%v)", got, err, again, errAgain)
		}
		var d damage
		if err != nil && !errors.As(err, &d) {
			t.Fatalf("%v", err)
		}
		want, wantErr := standardOutline(data)
		if err != nil || wantErr != nil {
			return // each is stricter in something: names, namespaces, characters; document types, depth
		}
		if got != want {
			t.Fatalf("%q, encoding/xml %q", got, want)
		}
	})
}

func TestXMLAgainstTheStandard(t *testing.T) {
	taken := 0
	for _, s := range xmlSeeds {
		got, err := outline(newXMLReader(strings.NewReader(s)))
		want, wantErr := standardOutline([]byte(s))
		if err != nil {
			continue
		}
		taken++
		if wantErr == nil && got != want {
			t.Errorf("%q: %q, encoding/xml %q", s, got, want)
		}
	}
	if taken < 4 {
		t.Errorf("only %d of the documents were taken", taken)
	}
}

// A text longer than the buffer comes in pieces that are cut in no character, entity or line end.
func TestXMLLongText(t *testing.T) {
	for _, unit := range []string{"x", "路", "𠮷", "&amp;", "&#x4E2D;", "\r\n", "a\r\n路&lt;"} {
		for shift := range 5 {
			text := strings.Repeat("-", shift) + strings.Repeat(unit, 100_000)
			got, err := outline(newXMLReader(strings.NewReader("<a>" + text + "</a>")))
			want, wantErr := standardOutline([]byte("<a>" + text + "</a>"))
			if err != nil || wantErr != nil {
				t.Fatal(err, wantErr)
			}
			if got != want {
				t.Fatalf("%q, shifted by %d: %d bytes, want %d", unit, shift, len(got), len(want))
			}
		}
	}
}

// A tag or a CDATA section longer than the buffer is read whole.
func TestXMLLongTag(t *testing.T) {
	value := strings.Repeat("路", 100_000)
	got, err := outline(newXMLReader(strings.NewReader(`<a b="` + value + `"><![CDATA[` + value + `]]></a>`)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fmt.Sprintf("\n1<a b=%q>%s\n1</a>", value, value), got); diff != "" {
		t.Error(diff[:200])
	}
}

func TestXMLDamagedText(t *testing.T) {
	x := newXMLReader(strings.NewReader("<a>\xff路\xe8\xb7<b/>\x00&#0;&#xD800;&#x110000;\r</a>"))
	got, err := outline(x)
	if err != nil {
		t.Fatal(err)
	}
	if want := "\n1<a>\uFFFD路\uFFFD\uFFFD\n2<b>\n2</b>\uFFFD\uFFFD\n\n1</a>"; got != want || x.damaged != 5 || x.nuls != 2 {
		t.Errorf("%q, %d damaged, %d NUL", got, x.damaged, x.nuls)
	}
}

// When the file below fails, that is what is said, not that the XML ends early.
func TestXMLFileThatFails(t *testing.T) {
	gone := errors.New("disk gone")
	_, err := outline(newXMLReader(io.MultiReader(strings.NewReader("<a><b>"), iotest.ErrReader(gone))))
	if !errors.Is(err, gone) {
		t.Error(err)
	}
}
