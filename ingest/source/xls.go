package source

import (
	"io"
)

// openXLS opens a workbook of Excel 97–2003 (BIFF8) or of Excel 5 and 95 (BIFF5, which some systems still export). The
// whole stream of records is held in memory, at most 128 MiB; a sheet of that time has 65,536 rows.
func openXLS(f io.ReaderAt, size int64, name string, opt Options) (Source, error) {
	opt = opt.withDefaults()
	b, err := openBIFF(f, size, name, opt.Limits)
	if err != nil {
		return nil, broken(name, err)
	}
	i, err := chooseSheet(name, opt.Table, b.tables(), b.isEmpty)
	if err != nil {
		return nil, err
	}
	g, err := b.openSheet(i, opt)
	if err != nil {
		return nil, broken(name, err)
	}
	return g, nil
}

// xlsTables lists the sheets that are not empty.
func xlsTables(f io.ReaderAt, size int64, name string, opt Options) ([]Table, error) {
	b, err := openBIFF(f, size, name, opt.withDefaults().Limits)
	if err != nil {
		return nil, broken(name, err)
	}
	return fullSheets(name, b.tables(), b.isEmpty)
}

// otherDocuments are what a compound file is that has a stream of that name.
var otherDocuments = []struct{ stream, what string }{
	{"WordDocument", " Word 文档（doc）"},
	{"PowerPoint Document", "演示文稿（ppt）"},
	{"VisioDocument", " Visio 文档"},
	{"__properties_version1.0", "邮件（msg）"},
}

// workbookStream returns the records of a workbook. Whatever else a compound file may be is refused by name.
func workbookStream(f io.ReaderAt, size int64, name string) ([]byte, error) {
	c, err := openCompound(f, size)
	if err != nil {
		return nil, err
	}
	if c.find("EncryptedPackage") != nil {
		return nil, refuse(name, ErrUnsupported, "%s", hasPassword)
	}
	for _, stream := range []string{"Workbook", "Book"} { // of BIFF8 and of BIFF5; a file for both has both
		if e := c.find(stream); e != nil {
			if e.size > maxStream {
				return nil, refuse(name, ErrLimit, "超过旧版工作簿 128 MiB 的上限，请用 Excel 或 WPS 打开后另存为“Excel 工作簿（xlsx）”再导入。")
			}
			return c.stream(e)
		}
	}
	for _, d := range otherDocuments {
		if c.find(d.stream) != nil {
			return nil, refuse(name, ErrUnsupported, "是%s，%s", d.what, notATable)
		}
	}
	return nil, refuse(name, ErrUnsupported, "不是 Excel 工作簿，请确认选对了文件，或用 Excel、WPS 打开后另存为“Excel 工作簿（xlsx）”再导入。")
}
