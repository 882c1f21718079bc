package source

import (
	"bytes"
	"errors"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	xmlBuffer   = 64 << 10
	xmlMaxToken = 1 << 20 // bytes of one tag, or of one CDATA section
	xmlMaxDepth = 256
)

type xmlKind uint8

const (
	xmlStart xmlKind = iota + 1
	xmlEnd           // also behind the start of an empty element
	xmlText          // a piece of text; one text may come in several
)

// xmlReader cuts XML into tags and text, a buffer at a time. It is what workbooks need of XML and no more: elements are known by
// their local names, a document type is refused (there are no entities but the five of XML), tags must nest,
// depth and the length of a tag are limited. encoding/xml does the same work at a fifth of the speed, which 100,000
// rows feel.
//
// Its errors are of type damage, or come from the file below.
type xmlReader struct {
	kind xmlKind
	name []byte // of the tag, without prefix; valid until the next call of next
	at   int    // how many elements are open, this one included

	src   io.Reader
	buf   []byte
	pos   int
	end   bool   // buf holds the end of the document
	attrs []byte // what is left of the attributes of the tag
	raw   []byte // the text
	cdata bool
	empty bool   // the tag just returned is closed by itself
	names []byte // of the open elements
	opens []int  // where in names each begins
	fault error  // sticks

	damaged, nuls int64
}

func newXMLReader(src io.Reader) *xmlReader {
	x := &xmlReader{src: src, buf: make([]byte, 0, xmlBuffer)}
	x.fill()
	switch {
	case bytes.HasPrefix(x.buf, []byte("\xFE\xFF")), bytes.HasPrefix(x.buf, []byte("\xFF\xFE")):
		decoder := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
		x.src = transform.NewReader(io.MultiReader(bytes.NewReader(bytes.Clone(x.buf)), x.src), decoder)
		x.buf, x.end = x.buf[:0], false
		x.fill()
	case bytes.HasPrefix(x.buf, []byte("\uFEFF")):
		x.pos = 3
	}
	return x
}

// fill reads on until the buffer is full, behind what is not used yet. A full buffer grows.
func (x *xmlReader) fill() {
	if x.end || x.fault != nil {
		return
	}
	if x.pos > 0 {
		x.buf = x.buf[:copy(x.buf, x.buf[x.pos:])]
		x.pos = 0
	}
	if len(x.buf) == cap(x.buf) {
		x.buf = append(make([]byte, 0, 2*cap(x.buf)), x.buf...)
	}
	for len(x.buf) < cap(x.buf) && !x.end && x.fault == nil {
		n, err := x.src.Read(x.buf[len(x.buf):cap(x.buf)])
		x.buf = x.buf[:len(x.buf)+n]
		if errors.Is(err, io.EOF) {
			x.end = true
		} else if err != nil {
			x.fault = err
		}
	}
}

// next moves to the next tag or piece of text inside the root element. io.EOF means that the document is complete.
func (x *xmlReader) next() error {
	if x.empty {
		x.empty = false
		return x.close()
	}
	if x.kind == xmlEnd && x.fault == nil {
		x.names = x.names[:x.opens[len(x.opens)-1]]
		x.opens = x.opens[:len(x.opens)-1]
		x.at--
		x.kind = xmlText
	}
	for x.fault == nil {
		if x.pos == len(x.buf) {
			if x.end {
				if x.at > 0 || x.kind == 0 {
					return x.fail("XML 内容不完整")
				}
				x.fault = io.EOF
				return x.fault
			}
			x.fill()
			continue
		}
		if x.buf[x.pos] != '<' {
			if x.text(); x.at > 0 {
				x.kind = xmlText
				return x.fault
			}
			if len(trimBlank(x.raw)) > 0 {
				return x.fail("XML 根元素之外有文字")
			}
			continue
		}
		rest := x.need(9)
		switch {
		case len(rest) < 2:
			return x.fail("XML 内容不完整")
		case rest[1] == '/':
			return x.endTag()
		case rest[1] == '?':
			x.skip("?>")
		case bytes.HasPrefix(rest, []byte("<!--")):
			x.pos += 4 // <!--> is not a whole comment
			x.skip("-->")
		case bytes.HasPrefix(rest, []byte("<![CDATA[")) && x.at > 0:
			return x.section()
		case rest[1] == '!':
			return x.fail("XML 中有文档类型声明（DOCTYPE）")
		default:
			return x.startTag()
		}
	}
	return x.fault
}

func (x *xmlReader) fail(text string) error {
	if x.fault == nil {
		x.fault = damage(text)
	}
	return x.fault
}

// need returns what is left of the buffer, at least n bytes unless the document ends before.
func (x *xmlReader) need(n int) []byte {
	for len(x.buf)-x.pos < n && !x.end && x.fault == nil {
		x.fill()
	}
	return x.buf[x.pos:]
}

// skip moves behind the next mark.
func (x *xmlReader) skip(mark string) {
	for x.fault == nil {
		if i := bytes.Index(x.buf[x.pos:], []byte(mark)); i >= 0 {
			x.pos += i + len(mark)
			return
		}
		if x.end {
			x.fail("XML 内容不完整")
			return
		}
		x.pos = max(x.pos, len(x.buf)-len(mark)+1)
		x.fill()
	}
}

// text takes the text up to the next tag, or as much of it as the buffer holds. It is not cut inside a character, an
// entity or a line end.
func (x *xmlReader) text() {
	x.cdata = false
	for x.fault == nil {
		w := x.buf[x.pos:]
		if i := bytes.IndexByte(w, '<'); i >= 0 {
			w = w[:i]
		} else if !x.end && len(w) < xmlBuffer/2 {
			x.fill()
			continue
		} else if !x.end {
			w = w[:len(w)-cutRune(w)]
			if i := bytes.LastIndexByte(w[max(0, len(w)-12):], '&'); i >= 0 {
				w = w[:max(0, len(w)-12)+i]
			}
			w = bytes.TrimRight(w, "\r")
			if len(w) == 0 { // nothing but line ends
				w = x.buf[x.pos:]
			}
		}
		x.raw = w
		x.pos += len(w)
		return
	}
}

// section takes a CDATA section.
func (x *xmlReader) section() error {
	const open, shut = "<![CDATA[", "]]>"
	for x.fault == nil {
		w := x.buf[x.pos+len(open):]
		if i := bytes.Index(w, []byte(shut)); i >= 0 {
			x.raw, x.cdata, x.kind = w[:i], true, xmlText
			x.pos += len(open) + i + len(shut)
			return nil
		}
		if x.end || len(w) > xmlMaxToken {
			return x.fail("XML 内容不完整")
		}
		x.fill()
	}
	return x.fault
}

// tag returns the tag at pos without its brackets and moves behind it.
func (x *xmlReader) tag() []byte {
	i, quote := 1, byte(0)
	for x.fault == nil {
		for w := x.buf[x.pos:]; i < len(w); i++ {
			switch c := w[i]; {
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '<':
				x.fail("XML 标记不完整")
				return nil
			case c == '>':
				x.pos += i + 1
				return w[1:i]
			}
		}
		if x.end || i > xmlMaxToken {
			x.fail("XML 标记不完整或过长")
			return nil
		}
		x.fill()
	}
	return nil
}

func (x *xmlReader) startTag() error {
	tag := x.tag()
	if n := len(tag); n > 0 && tag[n-1] == '/' {
		tag, x.empty = tag[:n-1], true
	}
	i := 0
	for i < len(tag) && tag[i] > ' ' {
		i++
	}
	if x.fault != nil || i == 0 || x.at == 0 && x.kind != 0 {
		return x.fail("XML 标记有误")
	}
	if x.at == xmlMaxDepth {
		return x.fail("XML 嵌套过深")
	}
	x.opens = append(x.opens, len(x.names))
	x.names = append(x.names, tag[:i]...)
	x.at++
	x.kind, x.name, x.attrs = xmlStart, local(tag[:i]), tag[i:]
	return nil
}

func (x *xmlReader) endTag() error {
	tag := x.tag()
	if x.fault != nil {
		return x.fault
	}
	if x.at == 0 || !bytes.Equal(trimBlank(tag[1:]), x.names[x.opens[len(x.opens)-1]:]) {
		return x.fail("XML 标记没有配对")
	}
	return x.close()
}

// close returns the end of the innermost element. Its name stays until the next call of next.
func (x *xmlReader) close() error {
	x.kind, x.name, x.attrs = xmlEnd, local(x.names[x.opens[len(x.opens)-1]:]), nil
	return x.fault
}

// trimBlank is bytes.TrimSpace for what XML calls white space.
func trimBlank(b []byte) []byte {
	for len(b) > 0 && b[0] <= ' ' {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] <= ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// local takes the prefix off a name.
func local(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

// is says whether the tag is the start of an element of that local name.
func (x *xmlReader) is(name string) bool { return x.kind == xmlStart && string(x.name) == name }

// elementName returns the local name of the innermost open element.
func (x *xmlReader) elementName() []byte {
	if len(x.opens) == 0 {
		return nil
	}
	return local(x.names[x.opens[len(x.opens)-1]:])
}

// ends says whether the tag is the end of an element of that local name.
func (x *xmlReader) ends(name string) bool { return x.kind == xmlEnd && string(x.name) == name }

// attr takes the next attribute of a start tag: its local name and its value as it is written, see unescape. What is no attribute makes
// the following next fail.
func (x *xmlReader) attr() (name, value []byte, ok bool) {
	a := trimBlank(x.attrs)
	if len(a) == 0 {
		return nil, nil, false
	}
	i := bytes.IndexByte(a, '=')
	if i <= 0 {
		x.fail("XML 属性有误")
		return nil, nil, false
	}
	name = trimBlank(a[:i])
	a = trimBlank(a[i+1:])
	if len(a) < 2 || a[0] != '"' && a[0] != '\'' {
		x.fail("XML 属性有误")
		return nil, nil, false
	}
	n := bytes.IndexByte(a[1:], a[0])
	if n < 0 {
		x.fail("XML 属性有误")
		return nil, nil, false
	}
	x.attrs = a[n+2:]
	return local(name), a[1 : n+1], true
}

// attributes calls what for every attribute of a start tag, with its local name and its value.
func (x *xmlReader) attributes(what func(name, value string)) {
	for {
		name, value, ok := x.attr()
		if !ok {
			return
		}
		what(string(name), string(x.unescape(nil, value)))
	}
}
