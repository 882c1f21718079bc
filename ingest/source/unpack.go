package source

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow is how far back a zstd file may refer, and so what unpacking it costs in memory: what `zstd --long` writes.
const maxWindow = 128 << 20

// unpackTo calls emit for each file inside a packed one, in their order, with its name and its bytes; reading these may
// return an *Error. packed is false where the file is not packed, or is a document that is a zip archive by accident of its
// format, such as a workbook. Every limit is checked before and again while bytes are read.
func unpackTo(f io.ReaderAt, size int64, name string, lim Limits, emit func(name string, r io.Reader) error) (packed bool, err error) {
	head := make([]byte, min(size, 4))
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return false, unreadable(name, err)
	}
	budget := &budget{name: name, lim: lim, packed: uint64(size)}
	switch packing(head) {
	case "gzip":
		r, err := gzip.NewReader(bufio.NewReaderSize(io.NewSectionReader(f, 0, size), 256<<10))
		if err != nil {
			return true, notUnpacked(name, err)
		}
		return true, emit(innerName(name, ".gz", r.Name), newContent(r, name, budget))
	case "zstd":
		r, err := zstd.NewReader(io.NewSectionReader(f, 0, size), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return true, notUnpacked(name, err)
		}
		defer r.Close()
		return true, emit(innerName(name, ".zst", ""), newContent(r, name, budget))
	case "zip":
		entries, err := readZip(f, size, name, lim)
		if err != nil {
			return true, err
		}
		if isDocument(entries) {
			return false, nil
		}
		if entries, err = checkZip(f, size, name, entries, lim); err != nil {
			return true, err
		}
		for i, inner := range partNames(entries) {
			if err := emit(inner, newContent(entries[i].open(f), name+"/"+inner, budget)); err != nil {
				return true, err
			}
		}
		return true, nil
	}
	return false, nil
}

// packing names the packing that a file's first bytes speak of, of those that are unpacked here; "" = none.
func packing(head []byte) string {
	for magic, name := range map[string]string{"\x1F\x8B": "gzip", "\x28\xB5\x2F\xFD": "zstd", "PK\x03\x04": "zip", "PK\x05\x06": "zip"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return name
		}
	}
	return ""
}

// isDocument says whether a zip archive is one document: a workbook, a text or slides of any office.
func isDocument(entries []zipEntry) bool {
	for _, e := range entries {
		name := strings.TrimPrefix(e.name, "/")
		if strings.EqualFold(name, contentTypes) || name == "xl/workbook.xml" || name == "mimetype" && e.method == zipStored && e.unpacked < 200 {
			return true
		}
	}
	return false
}

// contentTypes is the part that every OOXML document has.
const contentTypes = "[Content_Types].xml"

// innerName is the name of the one file inside: that of the packed one without its extension, else what it says itself.
func innerName(name, ext, stated string) string {
	if n := len(name) - len(ext); n > 0 && strings.EqualFold(name[n:], ext) {
		return name[:n]
	}
	if stated = zipName(stated, "", false); stated != "" && !strings.ContainsFunc(stated, func(r rune) bool { return r < ' ' }) {
		if base := stated[strings.LastIndexByte(stated, '/')+1:]; base != "" {
			return base
		}
	}
	return name
}

// budget counts the bytes of all that a file holds against the limits.
type budget struct {
	name             string
	lim              Limits
	packed, unpacked uint64
}

func (b *budget) check() error { return b.lim.checkUnpacked(b.name, b.packed, b.unpacked) }

// content is what one file inside holds, within the budget. Damage becomes an *Error, and so does a file that is packed again.
type content struct {
	r       io.Reader
	name    string
	budget  *budget
	started bool
	zipped  bool   // it is a zip archive: to be told from a workbook by a name that stands somewhere in it
	window  []byte // the end of what was read, while that name was not met
}

func newContent(r io.Reader, name string, b *budget) io.Reader {
	c := &content{name: name, budget: b}
	c.r = bufio.NewReaderSize(r, 64<<10)
	return c
}

func (c *content) Read(p []byte) (int, error) {
	if !c.started {
		c.started = true
		head, _ := c.r.(*bufio.Reader).Peek(512)
		if err := c.refusePacked(head); err != nil {
			return 0, err
		}
	}
	n, err := c.r.Read(p)
	c.budget.unpacked += uint64(n)
	if limit := c.budget.check(); limit != nil {
		return 0, limit
	}
	if c.zipped {
		c.window = append(c.window, p[:n]...)
		if bytes.Contains(c.window, []byte(contentTypes)) || bytes.Contains(c.window, []byte("mimetypeapplication/vnd.oasis.")) {
			c.zipped = false
		}
		c.window = c.window[max(0, len(c.window)-64):]
	}
	switch {
	case err == nil:
		return n, nil
	case !errors.Is(err, io.EOF):
		return n, notUnpacked(c.budget.name, err)
	case c.zipped:
		return n, c.nested("zip 压缩包")
	}
	return n, err
}

func (c *content) refusePacked(head []byte) error {
	switch packing(head) {
	case "gzip":
		return c.nested("gzip 压缩文件")
	case "zstd":
		return c.nested("zstd 压缩文件")
	case "zip":
		c.zipped = true
	}
	if len(head) > 262 && bytes.HasPrefix(head[257:], []byte("ustar")) {
		return c.nested("tar 打包文件")
	}
	for _, m := range magic {
		if m.do == unpack && begins(head, m.prefix) {
			return c.nested(strings.TrimSpace(m.what))
		}
	}
	return nil
}

func (c *content) nested(what string) error {
	return refuse(c.name, ErrUnsupported, "是压缩文件里的 %s，请先解压，再导入其中的文件。", what)
}

// notUnpacked is a file that is damaged as an archive, or as the archive that a workbook is.
func notUnpacked(name string, err error) *Error {
	text := "已损坏，无法解压，请重新压缩，或解压后导入其中的文件。"
	switch extension(name) {
	case ".xlsx", ".xlsm", ".xltx", ".et":
		text = "已损坏，无法读取，请用 Excel 或 WPS 打开后另存，再重新导入。"
	}
	return &Error{Name: name, Text: "文件“" + name + "”" + text, Err: errors.Join(ErrUnreadable, err)}
}
