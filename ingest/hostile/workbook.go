package hostile

import (
	"bytes"
	"fmt"
	"strings"
)

const (
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`
	sheetOpen = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`
)

// parts of a sound workbook with one sheet; build replaces some of them.
func parts() map[string]string {
	return map[string]string{
		"[Content_Types].xml":        xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
		"_rels/.rels":                xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            xmlHead + `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   sheet(inlineRow(1, header) + inlineRow(2, row)),
	}
}

// order in which the parts stand in the archive.
var order = []string{
	"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml",
}

// book is a workbook with some parts replaced; an empty text leaves the part out.
func book(replace map[string]string) []byte {
	all := parts()
	for name, body := range replace {
		all[name] = body
	}
	var entries []entry
	for _, name := range order {
		if body := all[name]; body != "" {
			entries = append(entries, entry{name: name, body: text(body)})
		}
		delete(all, name)
	}
	for i := range 3000 { // further sheets, in their order
		name := fmt.Sprintf("xl/worksheets/sheet%d.xml", i)
		if body := all[name]; body != "" {
			entries = append(entries, entry{name: name, body: text(body)})
		}
	}
	return zipped(entries...)
}

// sheet is the XML of a sheet with these rows.
func sheet(rows string) string {
	return xmlHead + sheetOpen + "<sheetData>" + rows + "</sheetData></worksheet>"
}

func column(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

func inlineRow(n int, cells string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<row r="%d">`, n)
	for i, c := range strings.Split(cells, ",") {
		fmt.Fprintf(&b, `<c r="%s%d" t="inlineStr"><is><t>%s</t></is></c>`, column(i), n, c)
	}
	b.WriteString("</row>")
	return b.String()
}

// workbooks are xlsx files.
func workbooks(s *set) {
	one := func(name, why string, rows string) {
		s.add(name+".xlsx", why, book(map[string]string{"xl/worksheets/sheet1.xml": sheet(inlineRow(1, header) + rows)}))
	}
	some := func(name, why string, rows string) {
		one(name, why, rows)
		s.files[len(s.files)-1].Loads = true
	}
	part := func(name, why, part, body string) { s.add(name+".xlsx", why, book(map[string]string{part: body})) }

	part("doctype", "a DOCTYPE", "xl/worksheets/sheet1.xml", `<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY a "x">]>`+strings.TrimPrefix(sheet(inlineRow(1, header)+inlineRow(2, strings.Replace(row, "独居", "&a;", 1))), xmlHead))
	laughs := `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY l0 "lol">`
	for i := range 12 {
		laughs += fmt.Sprintf(`<!ENTITY l%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&l%d;", i), 10))
	}
	part("laughs", "entities that grow tenfold twelve times", "xl/sharedStrings.xml", laughs+"]><sst><si><t>&l12;</t></si></sst>")
	part("external", "an external entity", "xl/workbook.xml", `<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><workbook><sheets><sheet name="&x;" sheetId="1"/></sheets></workbook>`)
	part("deep", "ten thousand levels of elements", "xl/worksheets/sheet1.xml", sheet(strings.Repeat("<a>", 10_000)+strings.Repeat("</a>", 10_000)))
	part("deep-open", "a million elements that never end", "xl/worksheets/sheet1.xml", xmlHead+sheetOpen+strings.Repeat("<a>", 1_000_000))
	part("attributes", "a hundred thousand attributes", "xl/worksheets/sheet1.xml", xmlHead+"<worksheet "+manyAttributes(100_000)+"/>")
	part("name", "a tag of 8 MiB", "xl/worksheets/sheet1.xml", xmlHead+"<"+strings.Repeat("a", 8<<20)+"/>")
	for _, r := range []string{"2147483647", "-1", "0", "1048577", "99999999999999999999", "x", ""} {
		some("row", fmt.Sprintf("a row numbered %q", r), `<row r="`+r+`"><c t="inlineStr"><is><t>2026-03-02</t></is></c></row>`)
	}
	for _, at := range []string{"ZZZZ9", "A99999999999", "A0", "2A", "", "XFE2", "A-1", "Ａ2"} {
		some("cell", fmt.Sprintf("a cell at %q", at), `<row r="2"><c r="`+at+`" t="inlineStr"><is><t>2026-03-02</t></is></c></row>`)
	}
	some("reversed", "cells from right to left", `<row r="2"><c r="H2"><v>1</v></c><c r="B2"><v>2</v></c><c r="A2"><v>46083</v></c></row>`)
	some("rows-reversed", "rows from bottom to top", inlineRow(9, row)+inlineRow(3, row)+inlineRow(3, row))
	some("shared", "a shared text that does not exist", `<row r="2"><c r="A2" t="s"><v>99999999</v></c><c r="B2" t="s"><v>-1</v></c><c r="C2" t="s"><v>1e9</v></c></row>`)
	some("style", "a style that does not exist", `<row r="2"><c r="A2" s="4294967295"><v>46083</v></c></row>`)
	some("numbers", "numbers that are none", `<row r="2"><c r="A2"><v>1e999</v></c><c r="B2"><v>NaN</v></c><c r="C2"><v>0x10</v></c><c r="D2"><v>1e308</v></c></row>`)
	some("formulas", "formulas without results", `<row r="2"><c r="A2"><f>TODAY()</f></c><c r="D2" t="str"><f>HYPERLINK("http://example.com")</f></c></row>`)
	some("types", "types of cells that do not exist", `<row r="2"><c r="A2" t="bomb"><v>1</v></c><c r="B2" t="b"><v>maybe</v></c><c r="C2" t="e"><v>#BOOM!</v></c></row>`)
	one("dimension", "claims 16,384 columns and a million rows", "")
	s.files[len(s.files)-1].Data = book(map[string]string{"xl/worksheets/sheet1.xml": xmlHead + sheetOpen + `<dimension ref="A1:XFD1048576"/><sheetData></sheetData></worksheet>`})
	part("merge", "everything merged into one cell", "xl/worksheets/sheet1.xml", xmlHead+sheetOpen+"<sheetData></sheetData>"+`<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>`)
	merges := strings.Repeat(`<mergeCell ref="A1:XFD1048576"/><mergeCell ref="B2:A1"/><mergeCell ref="ZZZZZ1:A99999999999"/>`, 50_000)
	part("merges", "a hundred and fifty thousand merged ranges over one another", "xl/worksheets/sheet1.xml", xmlHead+sheetOpen+"<sheetData>"+inlineRow(1, header)+"</sheetData><mergeCells>"+merges+"</mergeCells></worksheet>")
	part("truncated-xml", "a sheet that ends in a tag", "xl/worksheets/sheet1.xml", strings.TrimSuffix(sheet(inlineRow(1, header)+inlineRow(2, row)), "></sheetData></worksheet>"))
	part("utf16", "a sheet in another encoding than it says", "xl/worksheets/sheet1.xml", "\xFF\xFE<\x00?\x00x\x00m\x00l\x00")
	part("invalid", "bytes that are no text", "xl/worksheets/sheet1.xml", sheet(inlineRow(1, header)+inlineRow(2, strings.Replace(row, "独居", "\xC3\x28\xA0\xA1", 1))))
	s.files[len(s.files)-1].Loads = true
	part("no-workbook", "no list of sheets", "xl/workbook.xml", "")
	part("no-sheet", "the sheet is missing", "xl/worksheets/sheet1.xml", "")
	part("no-sheets", "a list of no sheets", "xl/workbook.xml", xmlHead+`<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets/></workbook>`)
	part("no-types", "no list of content types", "[Content_Types].xml", "")
	s.files[len(s.files)-1].Loads = true
	part("outside", "a sheet outside the archive", "xl/_rels/workbook.xml.rels", strings.Replace(parts()["xl/_rels/workbook.xml.rels"], "worksheets/sheet1.xml", "../../../../etc/passwd", 1))
	part("web", "a sheet on the internet", "xl/_rels/workbook.xml.rels", strings.Replace(parts()["xl/_rels/workbook.xml.rels"], `Target="worksheets/sheet1.xml"`, `Target="http://example.com/sheet1.xml" TargetMode="External"`, 1))
	part("itself", "the list of sheets as a sheet", "xl/_rels/workbook.xml.rels", strings.Replace(parts()["xl/_rels/workbook.xml.rels"], "worksheets/sheet1.xml", "workbook.xml", 1))
	part("count", "claims four thousand million shared texts", "xl/sharedStrings.xml", xmlHead+`<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="4294967295" uniqueCount="4294967295"><si><t>x</t></si></sst>`)
	s.files[len(s.files)-1].Loads = true // what it holds is sound
	part("formats", "a number format of 1 MiB", "xl/styles.xml", xmlHead+`<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts><numFmt numFmtId="200" formatCode="`+strings.Repeat("[h]", 350_000)+`"/></numFmts><cellXfs><xf numFmtId="200"/></cellXfs></styleSheet>`)
	s.files[len(s.files)-1].Loads = true
	blank := sheet("")
	hidden := strings.Replace(parts()["xl/workbook.xml"], `name="Sheet1"`, `name="Sheet1" state="veryHidden"`, 1)
	part("hidden", "only a hidden sheet", "xl/workbook.xml", hidden)
	part("blank", "an empty sheet", "xl/worksheets/sheet1.xml", blank)
	manySheets(s)
	bombs(s)
	sound := book(nil)
	s.add("encrypted.xlsx", "protected by a password", compound("EncryptedPackage", make([]byte, 5000)))
	s.add("zip64.xlsx", "a part that claims 2^63 bytes", zip64("xl/workbook.xml", "x", 1<<63))
	s.add("cut.xlsx", "cut in the middle", sound[:len(sound)/2])
	s.add("binary.xlsb", "a binary workbook", zipped(entry{name: "[Content_Types].xml", body: text(strings.ReplaceAll(parts()["[Content_Types].xml"], "spreadsheetml.sheet.main+xml", "ms-excel.sheet.binary.macroEnabled.main"))}, entry{name: "xl/workbook.bin", body: text("\x83\x01\x00")}))
	s.add("document.xlsx", "a text document", zipped(entry{name: "[Content_Types].xml", body: text(xmlHead + "<Types/>")}, entry{name: "word/document.xml", body: text(xmlHead + "<document/>")}))
	for i, b := range mutations(sound, 20, 4) {
		s.loads("mutant.xlsx", fmt.Sprintf("variant %d of a sound workbook", i), b)
	}
	for i, xml := range mutations([]byte(parts()["xl/worksheets/sheet1.xml"]), 20, 5) {
		s.loads("mutant-sheet.xlsx", fmt.Sprintf("variant %d of a sound sheet", i), book(map[string]string{"xl/worksheets/sheet1.xml": string(bytes.ToValidUTF8(xml, nil))}))
	}
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `a%d="" `, i)
	}
	return b.String()
}

func manySheets(s *set) {
	const n = 2500
	var sheets, rels strings.Builder
	replace := map[string]string{}
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&sheets, `<sheet name="S%d" sheetId="%d" r:id="rId%d"/>`, i, i, i)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet%d.xml"/>`, i, i)
		replace[fmt.Sprintf("xl/worksheets/sheet%d.xml", i)] = sheet("")
	}
	replace["xl/workbook.xml"] = xmlHead + `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>` + sheets.String() + `</sheets></workbook>`
	replace["xl/_rels/workbook.xml.rels"] = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + rels.String() + `</Relationships>`
	s.add("sheets.xlsx", "two and a half thousand empty sheets", book(replace))
}

// bombs are workbooks of which one part unpacks to much more than it should.
func bombs(s *set) {
	for _, b := range []struct{ name, why, start string }{
		{"xl/sharedStrings.xml", "shared texts of 700 MiB", xmlHead + `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>`},
		{"xl/worksheets/sheet1.xml", "a cell of 1 GiB", xmlHead + sheetOpen + `<sheetData>` + inlineRow(1, header) + `<row r="2"><c r="A2" t="inlineStr"><is><t>`},
		{"xl/styles.xml", "styles of 700 MiB", xmlHead + `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts><numFmt numFmtId="164" formatCode="`},
	} {
		size := 700
		if strings.Contains(b.why, "1 GiB") {
			size = 1024
		}
		var entries []entry
		for _, name := range order {
			if body := parts()[name]; body != "" && name != b.name {
				entries = append(entries, entry{name: name, body: text(body)})
			}
		}
		s.add("bomb.xlsx", b.why, zipped(append(entries, bomb(b.name, b.start, size))...))
	}
}
