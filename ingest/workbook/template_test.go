package workbook

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"testing/fstest"

	"gridstar/analytics/catalog"
	"gridstar/ingest/profile"
)

func templates(t *testing.T) map[string][]byte {
	t.Helper()
	cat, err := catalog.Load(fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	books := map[string][]byte{}
	for _, p := range all {
		if !Blank(p) {
			continue
		}
		var b, again bytes.Buffer
		for _, w := range []*bytes.Buffer{&b, &again} {
			if err := WriteTemplate(w, p, cat); err != nil {
				t.Fatalf("%s: %v", p.Name, err)
			}
		}
		if !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Errorf("%s: two runs differ", p.Name)
		}
		books[p.Name] = b.Bytes()
	}
	return books
}

// A blank ledger, its example row filled in, is recognised as the ledger it is, and every column is known.
func TestBlankLedgersAreRecognised(t *testing.T) {
	all, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	set := profile.NewSet(all...)
	for name, book := range templates(t) {
		head := cells(t, book, "xl/worksheets/sheet1.xml")
		if len(head) != 3 || head[2][0] != Example {
			t.Errorf("%s: %d rows: %q", name, len(head), head)
			continue
		}
		found, err := set.Recognise(head)
		if err != nil || found.Profile.Name != name || found.Place != (profile.Place{First: 1, Last: 1}) {
			t.Errorf("%s: recognised as %v in %v: %v", name, found.Profile, found.Place, err)
			continue
		}
		b, err := found.Profile.Bind(found.Header)
		if err != nil || len(b.Unmapped) > 0 || len(b.Repeated) > 0 {
			t.Errorf("%s: %v, unmapped %q, repeated %q", name, err, b.Unmapped, b.Repeated)
			continue
		}
		if b.Skip(head[2]) == "" {
			t.Errorf("%s: the example row is no example: %q", name, head[2])
		}
		title := profile.TitleContext(head, 1, "", "")
		if title.HasPeriod() || title.BadPeriod != "" {
			t.Errorf("%s: the blank title states %v to %v, %q", name, title.From, title.To, title.BadPeriod)
		}
		for i, h := range head[1] {
			if h != "序号" && head[2][i] == "" {
				t.Errorf("%s: no example for %s", name, h)
			}
		}
	}
}

func TestDropDownsOfABlankLedger(t *testing.T) {
	book := templates(t)["微心愿台账"]
	var sheet struct {
		Validations []struct {
			Range   string `xml:"sqref,attr"`
			Formula string `xml:"formula1"`
			Strict  string `xml:"showErrorMessage,attr"`
		} `xml:"dataValidations>dataValidation"`
	}
	if err := xml.Unmarshal(part(t, book, "xl/worksheets/sheet1.xml"), &sheet); err != nil {
		t.Fatal(err)
	}
	header := cells(t, book, "xl/worksheets/sheet1.xml")[1]
	found := false
	for _, v := range sheet.Validations {
		col := int(v.Range[0] - 'A')
		if strings.TrimPrefix(header[col], "*") != "心愿人类别" {
			continue
		}
		found = true
		if !strings.HasPrefix(v.Formula, "'下拉选项'!$") || v.Strict != "" && v.Strict != "0" {
			t.Errorf("%+v", v)
		}
	}
	if !found {
		t.Errorf("no list for 心愿人类别: %+v in %q", sheet.Validations, header)
	}
}
