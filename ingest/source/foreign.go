package source

import (
	"io"
	"strings"
)

// openForeign opens a table of a format that only a reader process may touch.
func openForeign(f io.ReaderAt, size int64, name string, opt Options) (Source, error) {
	k, err := kindOf(f, size, name)
	if err != nil {
		return nil, err
	}
	switch k {
	case kindZip:
		if err := checkWorkbook(f, size, name, opt.Limits); err != nil {
			return nil, err
		}
		return openXLSX(f, size, name, opt)
	case kindCompound:
		return openXLS(f, size, name, opt)
	case kindParquet:
		return openParquet(f, size, name, opt)
	case kindArrow, kindArrowStream:
		return openArrow(f, size, name, k, opt)
	}
	return nil, refuse(name, ErrUnsupported, "是%s，%s", kindNames[k], unpack)
}

// foreignTables lists the sheets of a workbook.
func foreignTables(f io.ReaderAt, size int64, name string, opt Options) ([]Table, error) {
	k, err := kindOf(f, size, name)
	if err != nil {
		return nil, err
	}
	if k == kindCompound {
		return xlsTables(f, size, name, opt)
	}
	if err := checkWorkbook(f, size, name, opt.Limits); err != nil {
		return nil, err
	}
	return xlsxTables(f, size, name, opt)
}

// documents are what a zip archive is that has a part in such a folder.
var documents = []struct{ folder, what, do string }{
	{"word/", " Word 文档", notATable},
	{"ppt/", "演示文稿", notATable},
	{"visio/", " Visio 文档", notATable},
	{"Object ", " OpenDocument 文档", saveAs},
}

// checkWorkbook refuses zip archives that are no workbooks, by their names.
func checkWorkbook(f io.ReaderAt, size int64, name string, lim Limits) error {
	entries, err := readZip(f, size, name, lim)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if part := strings.ToLower(strings.TrimPrefix(e.name, "/")); strings.HasPrefix(part, "xl/") {
			return nil
		}
	}
	for _, e := range entries {
		for _, d := range documents {
			if strings.HasPrefix(e.name, d.folder) {
				return refuse(name, ErrUnsupported, "是%s，%s", d.what, d.do)
			}
		}
		if e.name == "content.xml" {
			return refuse(name, ErrUnsupported, "是 OpenDocument 文档（ods），%s", saveAs)
		}
	}
	return refuse(name, ErrUnsupported, "是 zip 压缩包，%s", unpack)
}
