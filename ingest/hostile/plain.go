package hostile

import (
	"bytes"
	"fmt"
	"strings"
)

// texts are csv files.
func texts(s *set) {
	s.add("line.csv", "a line of 32 MiB", []byte(ledger+strings.Repeat("x", 32<<20)))
	s.files[len(s.files)-1].Loads = true // the rows before it
	s.add("one-line.csv", "one line of 32 MiB", []byte(strings.Repeat("x", 32<<20)))
	s.loads("quote.csv", "a quote that is never closed", []byte(header+"\n\""+strings.Repeat(row+"\n", 1000)))
	s.add("quotes.csv", "nothing but quotes", []byte(strings.Repeat(`"`, 1<<20)))
	s.loads("nul.csv", "NUL characters all over", []byte(strings.ReplaceAll(ledger, "独居", "独\x00\x00居")))
	s.add("nuls.csv", "nothing but NUL characters", make([]byte, 1<<20))
	s.loads("gb18030.csv", "bytes that are no GB18030", append([]byte(ledger), "\xFF\xFF\x81\x30\x81\xFF,\x80\n"...))
	s.loads("boms.csv", "byte order marks in the middle", []byte("\uFEFF"+strings.ReplaceAll(ledger, ",", "\uFEFF,\uFEFF")))
	s.add("bom.csv", "only a byte order mark", []byte("\uFEFF"))
	s.add("columns.csv", "fifty thousand columns", []byte(strings.Repeat("列,", 50_000)+"\n"+strings.Repeat("1,", 50_000)))
	s.add("separators.csv", "nothing but separators", []byte(strings.Repeat(strings.Repeat(",", 100)+"\n", 10_000)))
	s.add("utf16-odd.csv", "half a character of UTF-16 at the end", []byte("\xFF\xFEa\x00b\x00c"))
	s.add("utf16-lone.csv", "halves of characters alone", []byte("\xFF\xFE\x00\xD8\x00\xD8\x00\xDCa\x00"))
	s.add("utf32.csv", "UTF-32", []byte("\xFF\xFE\x00\x00a\x00\x00\x00"))
	s.add("returns.csv", "nothing but carriage returns", bytes.Repeat([]byte("\r"), 1<<20))
	s.loads("formula.csv", "cells that are formulas", []byte(header+"\n"+strings.Replace(row, "想要", `=cmd|' /C calc'!A0`, 1)+"\n"))
	s.loads("date.csv", "dates out of this world", []byte(header+"\n"+strings.Replace(row, "2026-03-02", "99999999999999-01-01", 1)+"\n"+strings.Replace(row, "2026-03-02", strings.Repeat("9", 100_000), 1)))
	s.loads("units.csv", "a unit whose name is a book", []byte(header+"\n"+strings.Replace(row, "第一网格", strings.Repeat("第一", 100_000)+"网格", 1)))
	for i, b := range mutations([]byte(ledger), 6, 8) {
		s.loads("mutant.csv", fmt.Sprintf("variant %d of a sound ledger", i), b)
	}
}

// records are json files.
func records(s *set) {
	s.add("deep.json", "a hundred thousand brackets", []byte(strings.Repeat("[", 100_000)))
	s.add("deep-object.json", "objects in objects", []byte(strings.Repeat(`{"a":`, 100_000)))
	s.add("numbers.json", "a million numbers", []byte("["+strings.Repeat("1,", 1_000_000)+"1]"))
	s.add("open.json", "an array that never ends", []byte(`[{"征集日期":"2026-03-02"`))
	s.add("string.json", "a single text", []byte(`"`+strings.Repeat("a", 10<<20)+`"`))
	s.add("number.json", "a number of ten million digits", []byte(`[{"征集日期":`+strings.Repeat("9", 10_000_000)+`}]`))
	s.add("keys.json", "a record of a hundred thousand keys", []byte("[{"+manyKeys(100_000)+"}]"))
	s.add("twice.json", "a key twice", []byte(`[{"征集日期":"2026-03-02","征集日期":"2026-03-03","心愿内容":"x"}]`))
	s.add("surrogate.json", "half a character", []byte(`[{"\ud800":"\udc00"}]`))
	s.add("nan.json", "what is no JSON", []byte(`[{"征集日期":NaN}]`))
	s.add("lines.jsonl", "lines that are no records", []byte(strings.Repeat("{\n", 100_000)))
	s.add("empty.json", "no record", []byte("[]"))
	s.add("geo.json", "coordinates beyond all numbers", []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[1e999,0],[0,1],[1,1],[1e999,0]]]},"properties":{}}]}`))
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"k%d":1`, i)
	}
	return b.String()
}

// pages are web pages and XML under the names of workbooks.
func pages(s *set) {
	cells := strings.ReplaceAll(header, ",", "</td><td>")
	s.add("no-table.xls", "a page without a table", []byte("<html><body><p>请登录</p></body></html>"))
	s.add("deep.xls", "a hundred thousand tables in one another", []byte("<html>"+strings.Repeat("<table><tr><td>", 100_000)))
	s.add("span.xls", "a cell over two thousand million rows and columns", []byte(`<table><tr><td rowspan="2147483647" colspan="2147483647">a</td></tr>`+strings.Repeat("<tr><td>b</td></tr>", 1000)+"</table>"))
	s.add("span-columns.xls", "each cell over a thousand columns", []byte("<table>"+strings.Repeat("<tr>"+strings.Repeat(`<td colspan="1000">a</td>`, 1000)+"</tr>", 10)+"</table>"))
	s.loads("open.xls", "tags that never end", []byte("<table><tr><td>"+cells+"</td></tr><tr><td>"+strings.ReplaceAll(row, ",", "<td>")+"<td"))
	s.loads("script.xls", "a script in a cell", []byte("<table><tr><td>"+cells+"</td></tr><tr><td>"+strings.Replace(strings.ReplaceAll(row, ",", "</td><td>"), "想要", "<script>alert(1)</script>想要", 1)+"</td></tr></table>"))
	s.add("xml.xls", "an XML of its own kind", []byte(xmlHead+"<data><row a='1'/></data>"))
	s.add("entities.xls", "a spreadsheet of XML with entities", []byte(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table><Row><Cell><Data>&b;</Data></Cell></Row></Table></Worksheet></Workbook>`))
}

// strangers are files of other kinds.
func strangers(s *set) {
	s.add("document.pdf", "a PDF", []byte("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n<<>>\nendobj\n"))
	s.add("archive.7z", "another archive", append([]byte("7z\xBC\xAF\x27\x1C"), make([]byte, 100)...))
	s.add("archive.rar", "another archive", append([]byte("Rar!\x1A\x07\x01\x00"), make([]byte, 100)...))
	s.add("picture.csv", "a picture under another name", append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), bytes.Repeat([]byte{0, 1, 2, 3, 0xFE}, 500)...))
	s.add("program.xlsx", "a program under another name", append([]byte("\x7FELF\x02\x01\x01"), bytes.Repeat([]byte{0, 1, 2, 3, 0xFE}, 500)...))
	s.add("database.csv", "a database", append([]byte("SQLite format 3\x00"), make([]byte, 4096)...))
	s.add("records.avro", "Avro", append([]byte("Obj\x01"), make([]byte, 100)...))
	s.add("empty.csv", "nothing at all", nil)
	s.add("blank.csv", "only blanks", bytes.Repeat([]byte(" \n"), 10_000))
	s.add("text.rtf", "a text document", []byte(`{\rtf1\ansi 台账}`))
}
