package geo

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// deepestKML bounds elements in one another; folders of real files lie five deep.
const deepestKML = 64

// readKML reads the placemarks of a KML file (OGC 12-007): their geometry, names,
// ExtendedData and the folders they lie in. Declarations of a document type are
// refused, so that nothing is expanded. It leaves CRS empty: the standard says WGS-84,
// but programs made in China export GCJ-02 just as well.
func (s Set) readKML(opt ReadSettings) (*Collection, error) {
	b := opt.budget()
	section, err := b.open(s.shapes)
	if err != nil {
		return nil, err
	}
	k := kmlReader{dec: xml.NewDecoder(bufio.NewReader(section)), b: b, c: &Collection{Name: s.Name, Format: KML, Encoding: utf8Encoding.name}}
	k.dec.Entity = xml.HTMLEntity // as in descriptions that were pasted from a page
	k.dec.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		e, ok := encodingByName(label)
		if !ok || e.charset == nil {
			return nil, refuse(ErrEncoding, "不认识 KML 写明的编码“%s”，请另存为 UTF-8 后重试。", shorten(label))
		}
		k.c.Encoding = e.name
		return e.charset.NewDecoder().Reader(in), nil
	}
	if err := k.read(); err != nil {
		return nil, err
	}
	k.c.Props = k.props.names
	return k.c, nil
}

type kmlReader struct {
	dec     *xml.Decoder
	b       *budget
	c       *Collection
	props   columns
	depth   int
	folders []string
	links   int // NetworkLinks, whose contents lie elsewhere
}

func (k *kmlReader) read() error {
	root := ""
	err := k.children(func(e xml.StartElement) error {
		if root == "" {
			root = e.Name.Local
		}
		return k.container(e)
	})
	switch {
	case err != nil:
		return err
	case root == "":
		return refuse(ErrKML, "文件不是 KML（没有内容），请检查所选文件。")
	case root != "kml" && root != "Document" && root != "Folder" && root != "Placemark":
		return refuse(ErrKML, "文件不是 KML（最外层是“%s”），请检查所选文件。", shorten(root))
	case len(k.c.Rows) == 0 && k.links > 0:
		return refuse(ErrKML, "KML 只含网络链接，没有图形，请打开后把图形另存为 KML。")
	}
	return nil
}

// children visits the elements up to the end of the present one; visit reads each to
// its end.
func (k *kmlReader) children(visit func(xml.StartElement) error) error {
	return k.content(visit, nil)
}

func (k *kmlReader) content(visit func(xml.StartElement) error, text *strings.Builder) error {
	for {
		tok, err := k.dec.Token()
		if err == io.EOF && k.depth == 0 {
			return nil
		}
		if err != nil {
			return k.syntax(err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if k.depth++; k.depth > deepestKML {
				return refuse(ErrKML, "KML 的元素嵌套过深，请重新导出。")
			}
			if err := visit(tok); err != nil {
				return err
			}
		case xml.EndElement:
			k.depth--
			return nil
		case xml.CharData:
			if text != nil {
				text.Write(tok)
			}
		case xml.Directive:
			return refuse(ErrKML, "KML 中有文档类型声明（DOCTYPE），不予读取，请重新导出。")
		}
	}
}

func (k *kmlReader) skip(xml.StartElement) error { return k.children(k.skip) }

// text returns the text of the present element without outer blanks.
func (k *kmlReader) text() (string, error) {
	var b strings.Builder
	err := k.content(k.skip, &b)
	return strings.TrimSpace(b.String()), err
}

// container reads the document, folders and placemarks, at any depth.
func (k *kmlReader) container(e xml.StartElement) error {
	switch e.Name.Local {
	case "Placemark":
		return k.placemark(e)
	case "NetworkLink":
		k.links++
		return k.skip(e)
	case "kml", "Document":
		return k.children(k.container)
	case "Folder":
		k.folders = append(k.folders, "")
		last := len(k.folders) - 1
		err := k.children(func(e xml.StartElement) (err error) {
			if e.Name.Local == "name" {
				k.folders[last], err = k.text()
				return err
			}
			return k.container(e)
		})
		k.folders = k.folders[:last]
		return err
	}
	return k.skip(e)
}

func (k *kmlReader) placemark(e xml.StartElement) error {
	row := Row{Number: len(k.c.Rows) + 1, ID: attribute(e, "id")}
	var parts []orb.Geometry
	err := k.children(func(e xml.StartElement) error {
		switch name := e.Name.Local; name {
		case "name", "description":
			text, err := k.text()
			if err != nil {
				return err
			}
			return k.put(&row, name, text)
		case "ExtendedData":
			return k.extendedData(&row)
		}
		g, err := k.geometry(row.Number, e)
		if g != nil {
			parts = append(parts, g)
		}
		return err
	})
	if err != nil {
		return err
	}
	if folder := strings.Trim(strings.Join(k.folders, "/"), "/"); folder != "" {
		if err := k.put(&row, "folder", folder); err != nil {
			return err
		}
	}
	row.Geometry = gathered(parts)
	k.c.Rows = append(k.c.Rows, row)
	return k.b.spend(rowBytes)
}

// put sets a property; a second one of the same name and another value gets a number.
func (k *kmlReader) put(row *Row, name, value string) error {
	base := name
	for n := 2; value != ""; n++ {
		i, ok := k.props.index[name]
		if old := row.Prop(i); !ok || old == "" || old == value {
			return k.props.set(row, name, value, k.b)
		}
		name = base + "_" + strconv.Itoa(n)
	}
	return nil
}

// extendedData reads Data with a value, SimpleData of a SchemaData, and elements of
// other vocabularies by their names.
func (k *kmlReader) extendedData(row *Row) error {
	return k.children(func(e xml.StartElement) error {
		name := attribute(e, "name")
		switch e.Name.Local {
		case "SchemaData":
			return k.extendedData(row)
		case "Data":
			return k.children(func(e xml.StartElement) error {
				if e.Name.Local != "value" {
					return k.skip(e)
				}
				value, err := k.text()
				if err != nil || name == "" {
					return err
				}
				return k.put(row, name, value)
			})
		}
		if name == "" {
			name = e.Name.Local
		}
		value, err := k.text()
		if err != nil {
			return err
		}
		return k.put(row, name, value)
	})
}

// geometry reads a geometry element, and skips any other with nil.
func (k *kmlReader) geometry(row int, e xml.StartElement) (orb.Geometry, error) {
	switch e.Name.Local {
	case "Point":
		points, err := k.coordinatesIn(row)
		if err != nil || len(points) == 0 {
			return nil, err
		}
		return points[0], nil
	case "LineString", "LinearRing":
		points, err := k.coordinatesIn(row)
		if err != nil || len(points) == 0 {
			return nil, err
		}
		return orb.LineString(points), nil
	case "Polygon":
		poly, err := k.polygon(row)
		if err != nil || len(poly) == 0 {
			return nil, err
		}
		return poly, nil
	case "MultiGeometry":
		var parts []orb.Geometry
		err := k.children(func(e xml.StartElement) error {
			g, err := k.geometry(row, e)
			if g != nil {
				parts = append(parts, g)
			}
			return err
		})
		return gathered(parts), err
	}
	return nil, k.skip(e)
}

// polygon puts the outer ring first, wherever it stands.
func (k *kmlReader) polygon(row int) (poly orb.Polygon, err error) {
	var outer, holes []orb.Ring
	err = k.children(func(e xml.StartElement) error {
		into := &holes
		switch e.Name.Local {
		case "outerBoundaryIs":
			into = &outer
		case "innerBoundaryIs":
		default:
			return k.skip(e)
		}
		return k.children(func(e xml.StartElement) error {
			if e.Name.Local != "LinearRing" {
				return k.skip(e)
			}
			points, err := k.coordinatesIn(row)
			if len(points) > 0 {
				*into = append(*into, points)
			}
			return err
		})
	})
	switch {
	case err != nil:
		return nil, err
	case len(outer) > 1:
		return nil, refuse(ErrKML, "第%d个地标的面有%d个外环，应只有一个，请重新导出。", row, len(outer))
	case len(outer) == 0 && len(holes) > 0:
		return nil, refuse(ErrKML, "第%d个地标的面没有外环，请重新导出。", row)
	}
	return append(outer, holes...), nil
}

// coordinatesIn reads the coordinates element within the present one.
func (k *kmlReader) coordinatesIn(row int) (points []orb.Point, err error) {
	err = k.children(func(e xml.StartElement) error {
		if e.Name.Local != "coordinates" {
			return k.skip(e)
		}
		text, err := k.text()
		if err != nil {
			return err
		}
		if err := k.b.spend(int64(pointBytes * (1 + strings.Count(text, ",")/2))); err != nil {
			return err
		}
		for tuple := range strings.FieldsSeq(text) {
			x, rest, _ := strings.Cut(tuple, ",")
			y, _, _ := strings.Cut(rest, ",") // a height follows
			lon, okX := parseNumber(x)
			lat, okY := parseNumber(y)
			if !okX || !okY {
				return refuse(ErrCoordinate, "第%d个地标的第%d点“%s”不是“经度、纬度”两个数，请重新导出。", row, len(points)+1, shorten(tuple))
			}
			points = append(points, orb.Point{lon, lat})
		}
		return nil
	})
	return points, err
}

// gathered makes one geometry of several.
func gathered(parts []orb.Geometry) orb.Geometry {
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0]
	}
	var mp orb.MultiPolygon
	for _, g := range parts {
		switch g := g.(type) {
		case orb.Polygon:
			mp = append(mp, g)
		case orb.MultiPolygon:
			mp = append(mp, g...)
		default:
			return orb.Collection(parts)
		}
	}
	return mp
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

func (k *kmlReader) syntax(err error) error {
	var own *Error
	var bad *xml.SyntaxError
	line, _ := k.dec.InputPos()
	switch {
	case errors.As(err, &own):
		return own
	case cutOff(err), errors.As(err, &bad) && bad.Msg == "unexpected EOF":
		return refuse(ErrKML, "KML 文件不完整（在第%d行中断），请重新导出或复制。", line)
	case errors.As(err, &bad):
		return refuse(ErrKML, "文件不是有效的 KML（第%d行附近不合 XML 语法），请检查所选文件。", line)
	case strings.HasPrefix(err.Error(), "xml: "): // version or encoding of the declaration
		return refuse(ErrKML, "文件不是有效的 KML（XML 声明有误），请另存为 UTF-8 后重试。")
	}
	return readFailure(err)
}
