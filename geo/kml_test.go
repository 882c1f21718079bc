package geo

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func readKMLText(text string) (*Collection, error) {
	return Set{Name: "a.kml", Format: KML, shapes: part("a.kml", text)}.Read(ReadSettings{})
}

func placemark(content string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>` + content + `</Placemark></Document></kml>`
}

const kmlRing = `<LinearRing><coordinates>114,30,0 115,30,0 115,31,0 114,30,0</coordinates></LinearRing>`

func TestKMLGeometry(t *testing.T) {
	ring := orb.Ring{{114, 30}, {115, 30}, {115, 31}, {114, 30}}
	line := `<LineString><tessellate>1</tessellate><coordinates>
		114,30
		115,31.5,20 </coordinates></LineString>`
	polygon := `<Polygon><extrude>0</extrude><outerBoundaryIs>` + kmlRing + `</outerBoundaryIs></Polygon>`
	for _, tt := range []struct {
		name, content string
		want          orb.Geometry
	}{
		{"none", ``, nil},
		{"polygon", polygon, orb.Polygon{ring}},
		{"hole that stands first", `<Polygon><innerBoundaryIs><LinearRing><coordinates>1,1 2,2 2,1 1,1</coordinates></LinearRing></innerBoundaryIs><outerBoundaryIs>` + kmlRing + `</outerBoundaryIs></Polygon>`, orb.Polygon{ring, {{1, 1}, {2, 2}, {2, 1}, {1, 1}}}},
		{"two holes in one element", `<Polygon><outerBoundaryIs>` + kmlRing + `</outerBoundaryIs><innerBoundaryIs>` + kmlRing + kmlRing + `</innerBoundaryIs></Polygon>`, orb.Polygon{ring, ring, ring}},
		{"polygons in one another's MultiGeometry", `<MultiGeometry>` + polygon + `<MultiGeometry>` + polygon + polygon + `</MultiGeometry></MultiGeometry>`, orb.MultiPolygon{{ring}, {ring}, {ring}}},
		{"polygon and point", `<MultiGeometry>` + polygon + `<Point><coordinates>114.5,30.5</coordinates></Point></MultiGeometry>`, orb.Collection{orb.Polygon{ring}, orb.Point{114.5, 30.5}}},
		{"line", line, orb.LineString{{114, 30}, {115, 31.5}}},
		{"ring alone", kmlRing, orb.LineString(ring)},
		{"point", `<Point><altitudeMode>clampToGround</altitudeMode><coordinates>114.5,30.5,0</coordinates></Point>`, orb.Point{114.5, 30.5}},
		{"no coordinates", `<Polygon><outerBoundaryIs><LinearRing><coordinates> </coordinates></LinearRing></outerBoundaryIs></Polygon>`, nil},
		{"a model", `<Model><Location><longitude>1</longitude></Location></Model>`, nil},
		{"coordinates in pieces", `<Point><coordinates>114.<!-- x -->5,<![CDATA[30.5]]></coordinates></Point>`, orb.Point{114.5, 30.5}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := readKMLText(placemark(tt.content))
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Rows) != 1 || !reflect.DeepEqual(c.Rows[0].Geometry, tt.want) || c.CRS != "" {
				t.Errorf("got %+v, want %v", c, tt.want)
			}
		})
	}
}

func TestKMLProperties(t *testing.T) {
	c, err := readKMLText("\ufeff" + `<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:g="urn:x"><Document><name>网格</name><Style id="s"/>
		<Schema name="s" id="s"><SimpleField name="code"/></Schema>
		<Folder><name>信阳市</name><Folder><name>浉河区</name>
			<Placemark id="p1"><name> 第一网格 </name><description><![CDATA[<b>甲</b>]]></description>
				<ExtendedData><SchemaData schemaUrl="#s"><SimpleData name="code">41150200400100000012</SimpleData><SimpleData name="empty"></SimpleData></SchemaData></ExtendedData></Placemark>
		</Folder>
		<Placemark><name>第二网格&nbsp;</name><ExtendedData><Data name="code"><displayName>编码</displayName><value>02</value></Data><Data name="name"><value>别名</value></Data><g:level>3</g:level></ExtendedData></Placemark>
		</Folder>
		<Placemark><name>第三网格</name></Placemark></Document></kml>`)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"name", "description", "code", "folder", "name_2", "level"}; !slices.Equal(c.Props, want) {
		t.Fatalf("properties %q, want %q", c.Props, want)
	}
	for i, want := range [][]string{
		{"第一网格", "<b>甲</b>", "41150200400100000012", "信阳市/浉河区", "", ""},
		{"第二网格", "", "02", "信阳市", "别名", "3"},
		{"第三网格", "", "", "", "", ""},
	} {
		var got []string
		for k := range c.Props {
			got = append(got, c.Rows[i].Prop(k))
		}
		if !slices.Equal(got, want) || c.Rows[i].Number != i+1 {
			t.Errorf("row %d: %q, want %q", i+1, got, want)
		}
	}
	if c.Rows[0].ID != "p1" {
		t.Errorf("id %q", c.Rows[0].ID)
	}
}

func TestKMLInGBK(t *testing.T) {
	text, err := simplifiedchinese.GBK.NewEncoder().String(strings.Replace(placemark(`<name>浦东新区</name>`), "UTF-8", "GB2312", 1))
	if err != nil {
		t.Fatal(err)
	}
	c, err := readKMLText(text)
	if err != nil || c.Encoding != "gb18030" || c.Rows[0].Prop(0) != "浦东新区" {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestKMLRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		reason     error
		says       string
	}{
		{"empty", "", ErrKML, "没有内容"},
		{"another vocabulary", `<gpx version="1.1"/>`, ErrKML, "“gpx”"},
		{"document type", `<!DOCTYPE kml [<!ENTITY a "aaaa">]><kml><Placemark><name>&a;</name></Placemark></kml>`, ErrKML, "DOCTYPE"},
		{"entity that nobody declared", placemark(`<name>&a;</name>`), ErrKML, "XML 语法"},
		{"cut off", placemark(`<name>a`)[:120], ErrKML, "不完整"},
		{"elements that do not match", `<kml><Document></kml>`, ErrKML, "XML 语法"},
		{"10,000 levels", strings.Repeat("<Folder>", 10_000), ErrKML, "嵌套过深"},
		{"10,000 levels of unknown elements", "<kml>" + strings.Repeat("<a>", 10_000), ErrKML, "嵌套过深"},
		{"only a link", `<kml><NetworkLink><Link><href>http://x</href></Link></NetworkLink></kml>`, ErrKML, "网络链接"},
		{"unknown encoding", `<?xml version="1.0" encoding="klingon"?><kml/>`, ErrEncoding, "klingon"},
		{"blank behind the comma", placemark(`<Point><coordinates>114, 30</coordinates></Point>`), ErrCoordinate, "第1个地标的第1点“114,”"},
		{"a word", placemark(`<LineString><coordinates>114,30 115,north</coordinates></LineString>`), ErrCoordinate, "第1个地标的第2点"},
		{"not a number", placemark(`<Point><coordinates>NaN,30</coordinates></Point>`), ErrCoordinate, "第1个地标"},
		{"hexadecimal", placemark(`<Point><coordinates>0x1p4,30</coordinates></Point>`), ErrCoordinate, "第1个地标"},
		{"two outer rings", placemark(`<Polygon><outerBoundaryIs>` + kmlRing + kmlRing + `</outerBoundaryIs></Polygon>`), ErrKML, "2个外环"},
		{"only a hole", placemark(`<Polygon><innerBoundaryIs>` + kmlRing + `</innerBoundaryIs></Polygon>`), ErrKML, "没有外环"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := readKMLText(tt.text)
			if !errors.Is(err, tt.reason) || !strings.Contains(err.Error(), tt.says) || !strings.HasSuffix(err.Error(), "。") {
				t.Errorf("got %v, %v; want %v that says %q", c, err, tt.reason, tt.says)
			}
		})
	}
}

func FuzzKML(f *testing.F) {
	f.Add([]byte(placemark(`<name>a</name><Polygon><outerBoundaryIs>` + kmlRing + `</outerBoundaryIs></Polygon><ExtendedData><Data name="code"><value>1</value></Data></ExtendedData>`)))
	f.Add([]byte(placemark(`<MultiGeometry><Point><coordinates>1,2</coordinates></Point><LineString><coordinates>1,2 3,4</coordinates></LineString></MultiGeometry>`)))
	f.Add([]byte(`<kml><Folder><name>a</name><Placemark id="x"><ExtendedData><SchemaData><SimpleData name="b">c</SimpleData></SchemaData></ExtendedData></Placemark></Folder></kml>`))
	f.Add([]byte("<?xml version='1.0' encoding='gbk'?><kml><Placemark><name>\xb1\xa6</name></Placemark></kml>"))
	f.Add([]byte(`<!DOCTYPE x><kml/>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Set{Name: "a.kml", Format: KML, shapes: part("a.kml", string(data))}.Read(ReadSettings{MaxBytes: 1 << 24})
		requireSound(t, c, err)
	})
}
