package source

import (
	"io"
	"path"
	"strings"
)

// workbook is an opened xlsx or xlsm file: a zip archive of XML parts (ECMA-376, transitional or strict), of which four
// kinds matter: the list of sheets, the shared strings, the styles, the sheets.
type workbook struct {
	file   io.ReaderAt
	size   int64
	name   string
	limits Limits

	parts   map[string]*zipEntry // by lower-case path
	sheets  []bookSheet
	is1904  bool
	strings []string    // the texts that cells refer to by number
	formats []numFormat // by the style that cells refer to by number
	damaged int64
	nuls    int64
}

type bookSheet struct {
	Table
	part string
}

// relation is a link of one part to another.
type relation struct{ kind, target string }

func openWorkbook(f io.ReaderAt, size int64, name string, limits Limits) (*workbook, error) {
	w := &workbook{file: f, size: size, name: name, limits: limits, parts: map[string]*zipEntry{}}
	entries, err := readZip(f, size, name, limits)
	if err != nil {
		return nil, err
	}
	var packed, unpacked uint64
	for i := range entries {
		e := &entries[i]
		if packed, unpacked = packed+e.packed, unpacked+e.unpacked; unpacked < e.unpacked {
			return nil, broken(name, errZip)
		}
		at := partPath("", e.name)
		if w.parts[at] != nil {
			return nil, broken(name, damagef("其中有两个“%s”", at))
		}
		w.parts[at] = e
	}
	if err := limits.checkUnpacked(name, uint64(size), unpacked); err != nil {
		return nil, err
	}
	if err := w.read(); err != nil {
		return nil, broken(name, err)
	}
	return w, nil
}

// partPath makes a path of target, as written in the part base, the way parts are looked up: names of parts ignore
// case, and some writers use backslashes or leave the leading slash away.
func partPath(base, target string) string {
	target = strings.ReplaceAll(target, `\`, "/")
	if !strings.HasPrefix(target, "/") {
		target = path.Join("/", path.Dir(base), target)
	}
	return strings.ToLower(strings.TrimPrefix(path.Clean(target), "/"))
}

// open returns the XML of a part.
func (w *workbook) open(part string) (*xmlReader, error) {
	e := w.parts[part]
	switch {
	case e == nil:
		return nil, damagef("其中缺少“%s”", part)
	case e.flags&zipEncrypted != 0 || e.method == zipAES:
		return nil, refuse(w.name, ErrUnsupported, "%s", hasPassword)
	case e.method != zipStored && e.method != zipDeflated:
		return nil, damagef("其中的“%s”用了不认识的压缩方法", part)
	}
	if err := w.limits.checkUnpacked(w.name, e.packed, e.unpacked); err != nil {
		return nil, err
	}
	if err := e.locate(w.file, w.size); err != nil {
		return nil, err
	}
	return newXMLReader(e.open(w.file)), nil
}

// read finds the parts and reads all but the sheets.
func (w *workbook) read() error {
	main, err := w.mainPart()
	if err != nil {
		return err
	}
	links, err := w.relations(main)
	if err != nil {
		return err
	}
	if err := w.readMain(main, links); err != nil {
		return err
	}
	for _, r := range links {
		switch {
		case w.parts[r.target] == nil: // nothing is lost unless cells refer to it
		case r.kind == "sharedStrings":
			err = w.readStrings(r.target)
		case r.kind == "styles":
			err = w.readStyles(r.target)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mainPart finds the part that lists the sheets.
func (w *workbook) mainPart() (string, error) {
	main := "xl/workbook.xml"
	if w.parts["_rels/.rels"] != nil {
		links, err := w.relations("")
		if err != nil {
			return "", err
		}
		for _, r := range links {
			if r.kind == "officeDocument" {
				main = r.target
			}
		}
	}
	if strings.HasSuffix(main, ".bin") || w.parts[main] == nil && w.parts["xl/workbook.bin"] != nil {
		return "", refuse(w.name, ErrUnsupported, "是二进制 Excel 工作簿（xlsb），暂不支持，请用 Excel 打开后另存为“Excel 工作簿（xlsx）”再导入。")
	}
	if w.parts[main] == nil {
		return "", damage("其中没有工作簿")
	}
	return main, nil
}

// relations reads the links of a part, by their identifiers; those of the whole package for "". A part without any has none.
func (w *workbook) relations(part string) (map[string]relation, error) {
	dir, base := path.Split(part)
	at := dir + "_rels/" + base + ".rels"
	out := map[string]relation{}
	if w.parts[at] == nil {
		return out, nil
	}
	x, err := w.open(at)
	if err != nil {
		return nil, err
	}
	err = x.each(func() error {
		if x.at != 2 || !x.is("Relationship") {
			return nil
		}
		var id, mode string
		var r relation
		x.attributes(func(name, value string) {
			switch name {
			case "Id":
				id = value
			case "Type": // the last word is the same in both namespaces
				r.kind = value[strings.LastIndexByte(value, '/')+1:]
			case "Target":
				r.target = partPath(part, value)
			case "TargetMode":
				mode = value
			}
		})
		if len(out) == maxSheets {
			return damage("其中的关系过多")
		}
		if mode != "External" {
			out[id] = r
		}
		return nil
	})
	return out, err
}

// maxSheets bounds the sheets of a workbook, and the links of a part.
const maxSheets = 10_000

// readMain reads the list of sheets. Sheets that are a chart, a dialog or macros of Excel 4 have no rows to read.
func (w *workbook) readMain(part string, links map[string]relation) error {
	x, err := w.open(part)
	if err != nil {
		return err
	}
	return x.each(func() error {
		switch {
		case x.at == 2 && x.is("workbookPr"):
			x.attributes(func(name, value string) {
				if name == "date1904" {
					w.is1904 = value == "1" || value == "true" || value == "on"
				}
			})
		case x.at == 3 && x.is("sheet"):
			var s bookSheet
			var id string
			x.attributes(func(name, value string) {
				switch name {
				case "name":
					s.Name = value
				case "state":
					s.Hidden = value == "hidden" || value == "veryHidden"
				case "id":
					id = value
				}
			})
			if len(w.sheets) == maxSheets {
				return damage("工作表过多")
			}
			switch r := links[id]; {
			case r.kind == "worksheet":
				s.part = r.target
				w.sheets = append(w.sheets, s)
			case r.kind == "":
				return damagef("找不到工作表“%s”", s.Name)
			}
		}
		return nil
	})
}

// each calls what at every tag and every piece of text, to the end of the document.
func (x *xmlReader) each(what func() error) error {
	for {
		err := x.next()
		if err == io.EOF { //nolint:errorlint // ours, never wrapped
			return nil
		}
		if err == nil {
			err = what()
		}
		if err == nil {
			err = x.fault
		}
		if err != nil {
			return err
		}
	}
}

// readStyles reads what each style makes of a number.
func (w *workbook) readStyles(part string) error {
	x, err := w.open(part)
	if err != nil {
		return err
	}
	custom := map[int]numFormat{}
	cells := false
	return x.each(func() error {
		switch {
		case x.at == 2 && x.kind == xmlStart:
			cells = x.is("cellXfs")
		case x.at == 3 && x.is("numFmt"):
			id, code := -1, ""
			x.attributes(func(name, value string) {
				switch name {
				case "numFmtId":
					id = parseID(value)
				case "formatCode":
					code = value
				}
			})
			if len(custom) == maxStyles {
				return damage("数字格式过多")
			}
			custom[id] = parseFormat(code)
		case x.at == 3 && cells && x.is("xf"):
			id := 0
			x.attributes(func(name, value string) {
				if name == "numFmtId" {
					id = parseID(value)
				}
			})
			if len(w.formats) == maxStyles {
				return damage("单元格样式过多")
			}
			format, ok := custom[id] // some writers define the built-in ones anew
			if !ok {
				format = builtinFormats[id]
			}
			w.formats = append(w.formats, format)
		}
		return nil
	})
}

// maxStyles is more than the 65,490 cell styles that Excel allows.
const maxStyles = 1 << 17

// parseID reads a small number; -1 if it is none.
func parseID(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' || n > 1<<24 {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	if s == "" {
		return -1
	}
	return n
}
