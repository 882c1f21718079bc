package geo

import "fmt"

// What ArcGIS writes and every program reads (OGC 01-009).
const (
	prjWGS84    = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`
	prjCGCS2000 = `GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`

	prjWebMercator = `PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",` + prjWGS84 + `,PROJECTION["Mercator_Auxiliary_Sphere"],` +
		`PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",0.0],PARAMETER["Standard_Parallel_1",0.0],` +
		`PARAMETER["Auxiliary_Sphere_Type",0.0],UNIT["Meter",1.0]]`
)

// prj is the text of a .prj file; "" for GCJ-02 and BD-09, which have none.
func (c CRS) prj() string {
	switch c {
	case WGS84:
		return prjWGS84
	case CGCS2000:
		return prjCGCS2000
	case WebMercator:
		return prjWebMercator
	}
	z, ok := gaussKrugerZones[c]
	if !ok {
		return ""
	}
	return fmt.Sprintf(`PROJCS["%s",%s,PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",%.1f],PARAMETER["False_Northing",0.0],`+
		`PARAMETER["Central_Meridian",%.1f],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`,
		z.esriName(c), prjCGCS2000, z.falseEasting, z.meridian)
}

// esriName tells three-degree zones from six-degree ones with the same parameters, such as
// CGCS2000_3_Degree_GK_Zone_38, CGCS2000_GK_CM_117E.
func (z zone) esriName(c CRS) string {
	name := "CGCS2000_GK"
	if c >= "EPSG:4513" {
		name = "CGCS2000_3_Degree_GK"
	}
	if number := int(z.falseEasting / 1e6); number > 0 {
		return fmt.Sprintf("%s_Zone_%d", name, number)
	}
	return fmt.Sprintf("%s_CM_%.0fE", name, z.meridian)
}
