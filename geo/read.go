package geo

import "io"

// Part is one file as given: a GeoJSON or KML file, one of the files of a
// Shapefile, a table with WKT. Data must stay readable until Read returns.
type Part struct {
	Name string // with its path in an archive, "/" between folders
	Data io.ReaderAt
	Size int64 // bytes
}

// Format of a Set.
type Format string

const (
	GeoJSON   Format = "geojson"
	Shapefile Format = "shapefile"
	KML       Format = "kml"
	WKT       Format = "wkt" // a table with a column of WKT, or nothing but WKT
)

// Set is what is read together: a .shp with its .dbf, .prj and .cpg, else one file.
type Set struct {
	Name   string // of the file that holds the shapes
	Format Format

	shapes        Part
	dbf, prj, cpg *Part // of a Shapefile; nil where missing
}

// Read reads a set. Nothing is converted and nobody has said yet what the properties
// mean: see Features, Things and Shares. Refused, as an *Error, are files that are
// damaged or beyond the bounds of the settings, texts that are in no known encoding,
// and declared systems that are not supported, by their names.
func (s Set) Read(opt ReadSettings) (*Collection, error) {
	switch s.Format {
	case GeoJSON:
		b := opt.budget()
		in, err := b.open(s.shapes)
		if err != nil {
			return nil, err
		}
		c, err := readGeoJSON(in, b)
		if err != nil {
			return nil, err
		}
		c.Name = s.Name
		return c, nil
	case Shapefile:
		return s.readShapefile(opt)
	case KML:
		return s.readKML(opt)
	case WKT:
		return s.readWKT(opt)
	}
	return nil, refuse(ErrFormat, "不能读取格式“%s”。", s.Format)
}
