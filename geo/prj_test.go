package geo

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	esriWGS84    = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`
	esriCGCS2000 = `GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`
	ogcCGCS2000  = `GEOGCS["China Geodetic Coordinate System 2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101,AUTHORITY["EPSG","1024"]],AUTHORITY["EPSG","1043"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4490"]]`
	nad83        = `GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`
)

// zonePRJ is a Gauss–Krüger zone as ESRI writes it.
func zonePRJ(name, base string, meridian, falseEasting, scale float64) string {
	return fmt.Sprintf(`PROJCS["%s",%s,PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",%.1f],PARAMETER["False_Northing",0.0],`+
		`PARAMETER["Central_Meridian",%.1f],PARAMETER["Scale_Factor",%v],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`,
		name, base, falseEasting, meridian, scale)
}

func TestPRJ(t *testing.T) {
	ogcZone := `PROJCS["CGCS2000 / 3-degree Gauss-Kruger CM 114E",` + ogcCGCS2000 + `,PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],
		PARAMETER["central_meridian",114],PARAMETER["scale_factor",1],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Northing",NORTH],AXIS["Easting",EAST],AUTHORITY["EPSG","4547"]]`
	for _, tt := range []struct {
		name, text string
		want       CRS
	}{
		{"empty", "", ""},
		{"blank and byte order mark", "\ufeff \r\n", ""},
		{"WGS-84 of ESRI", esriWGS84, WGS84},
		{"WGS-84 of OGC with line breaks", "\ufeffGEOGCS [ \"WGS 84\",\r\n DATUM(\"WGS_1984\", SPHEROID[\"WGS 84\",6378137,298.257223563]),\n PRIMEM[\"Greenwich\",0], UNIT[\"degree\",0.01745329251994328]]\n", WGS84},
		{"CGCS2000 of ESRI", esriCGCS2000, CGCS2000},
		{"CGCS2000 of OGC", ogcCGCS2000, CGCS2000},
		{"three degrees with the zone's number", zonePRJ("CGCS2000_3_Degree_GK_Zone_38", esriCGCS2000, 114, 38500000, 1), "EPSG:4526"},
		{"three degrees by meridian", zonePRJ("CGCS2000_3_Degree_GK_CM_114E", esriCGCS2000, 114, 500000, 1), "EPSG:4547"},
		{"three degrees by meridian, OGC", ogcZone, "EPSG:4547"},
		{"six degrees with the zone's number", zonePRJ("CGCS2000_GK_Zone_20", esriCGCS2000, 117, 20500000, 1), "EPSG:4498"},
		{"six degrees by meridian", zonePRJ("CGCS2000_GK_CM_117E", esriCGCS2000, 117, 500000, 1), "EPSG:4509"},
		{"three degrees on a meridian of six-degree zones", zonePRJ("CGCS2000_3_Degree_GK_CM_117E", esriCGCS2000, 117, 500000, 1), "EPSG:4548"},
		{"first and last", zonePRJ("CGCS2000_3_Degree_GK_CM_135E", esriCGCS2000, 135, 500000, 1), "EPSG:4554"},
		{"the name lies, the parameters count", zonePRJ("CGCS2000_3_Degree_GK_CM_120E", esriCGCS2000, 114, 500000, 1), "EPSG:4547"},
		{"Web Mercator of ESRI", `PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",` + esriWGS84 + `,PROJECTION["Mercator_Auxiliary_Sphere"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",0.0],PARAMETER["Standard_Parallel_1",0.0],PARAMETER["Auxiliary_Sphere_Type",0.0],UNIT["Meter",1.0]]`, WebMercator},
		{"Web Mercator of GDAL", `PROJCS["WGS 84 / Pseudo-Mercator",` + esriWGS84 + `,PROJECTION["Mercator_1SP"],PARAMETER["central_meridian",0],PARAMETER["scale_factor",1],PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1],EXTENSION["PROJ4","+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0"]]`, WebMercator},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := parsePRJ([]byte(tt.text)); err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

// Each zone of the register is recognised from its parameters, and its own name is
// kept even where two zones share a meridian.
func TestEveryZoneIsRecognisedByItsParameters(t *testing.T) {
	for crs, z := range gaussKrugerZones {
		name := "CGCS2000_GK"
		if crs >= "EPSG:4513" {
			name = "CGCS2000_3_Degree_GK"
		}
		if got, err := parsePRJ([]byte(zonePRJ(name, ogcCGCS2000, z.meridian, z.falseEasting, 1))); err != nil || got != crs {
			t.Errorf("%s: got %s, %v", crs, got, err)
		}
	}
}

func TestPRJRefusesByName(t *testing.T) {
	beijing := `GEOGCS["GCS_Beijing_1954",DATUM["D_Beijing_1954",SPHEROID["Krasovsky_1940",6378245.0,298.3]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`
	xian := `GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980",SPHEROID["Xian_1980",6378140.0,298.257]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`
	for _, tt := range []struct{ name, text, says string }{
		{"Beijing 54 in degrees", beijing, "“GCS_Beijing_1954”（1954年北京坐标系）"},
		{"Beijing 54 zone", zonePRJ("Beijing_1954_3_Degree_GK_CM_114E", beijing, 114, 500000, 1), "“Beijing_1954_3_Degree_GK_CM_114E”（1954年北京坐标系）"},
		{"Xian 80 zone", zonePRJ("Xian_1980_3_Degree_GK_Zone_38", xian, 114, 38500000, 1), "1980西安坐标系"},
		{"NAD83, whose ellipsoid is that of CGCS2000", nad83, "GCS_North_American_1983"},
		{"NAD83 zone", zonePRJ("NAD83_TM", nad83, 114, 500000, 1), "NAD83_TM"},
		{"UTM", zonePRJ("WGS_1984_UTM_Zone_49N", esriWGS84, 111, 500000, 0.9996), "“WGS_1984_UTM_Zone_49N”，不在支持之列，请先转换：ogr2ogr"},
		{"own meridian", zonePRJ("Wuhan_Local", esriCGCS2000, 114.333, 500000, 1), "Wuhan_Local"},
		{"own false easting", zonePRJ("Wuhan_Local", esriCGCS2000, 114, 800000, 1), "Wuhan_Local"},
		{"US feet", strings.Replace(zonePRJ("Feet", esriCGCS2000, 114, 500000, 1), `UNIT["Meter",1.0]`, `UNIT["US survey foot",0.304800609601219]`, 1), "单位为 US survey foot"},
		{"Mercator on the ellipsoid", `PROJCS["World_Mercator",` + esriWGS84 + `,PROJECTION["Mercator"],PARAMETER["Central_Meridian",0.0],UNIT["Meter",1.0]]`, "World_Mercator"},
		{"prime meridian of Paris", strings.Replace(esriWGS84, `"Greenwich",0.0`, `"Paris",2.337229166666667`, 1), "GCS_WGS_1984"},
		{"grads", strings.Replace(esriWGS84, `"Degree",0.0174532925199433`, `"Grad",0.01570796326794897`, 1), "单位为 Grad"},
		{"the ellipsoid is not that of the datum", strings.Replace(esriWGS84, "298.257223563", "298.3", 1), "GCS_WGS_1984"},
		{"WKT of the second version", `GEOGCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563]]]`, "“WGS 84”"},
		{"local system", `LOCAL_CS["工程坐标系",UNIT["Meter",1.0]]`, "工程坐标系"},
		{"not closed", `GEOGCS["GCS_WGS_1984"`, "无法识别 .prj"},
		{"something behind", esriWGS84 + "x", "无法识别 .prj"},
		{"Proj.4", "+proj=longlat +datum=WGS84", "无法识别 .prj"},
		{"too deep", strings.Repeat("A[", 1000) + strings.Repeat("]", 1000), "无法识别 .prj"},
		{"too long", `GEOGCS["` + strings.Repeat("x", 1<<17) + `"]`, "无法识别 .prj"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			crs, err := parsePRJ([]byte(tt.text))
			if crs != "" || !errors.Is(err, ErrUnsupportedCRS) || !strings.Contains(err.Error(), tt.says) || !strings.HasSuffix(err.Error(), "。") {
				t.Errorf("got %q, %v; want a sentence that says %q", crs, err, tt.says)
			}
		})
	}
}

func FuzzPRJ(f *testing.F) {
	f.Add([]byte(esriWGS84))
	f.Add([]byte(zonePRJ("x", ogcCGCS2000, 114, 38500000, 1)))
	f.Add([]byte(`PROJCS["x",GEOGCS[],PROJECTION["Mercator"],PARAMETER["a"],UNIT["",NaN]]`))
	f.Add([]byte("GEOGCS[\"\xff\xfe\",DATUM(1,2],UNIT[]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		crs, err := parsePRJ(text)
		if err != nil {
			if !errors.Is(err, ErrUnsupportedCRS) || !utf8.ValidString(err.Error()) {
				t.Errorf("%q", err)
			}
			return
		}
		if again, err := ParseCRS(string(crs)); crs != "" && (err != nil || again != crs) {
			t.Errorf("%q is no system: %v", crs, err)
		}
	})
}
