package demo

import (
	"bytes"
	"fmt"
)

// polygon is one feature of a layer.
type polygon struct {
	code, name, parent string
	blocks             []rect
}

// writeLayers writes a GeoJSON file per area level, all cut from the same lattice. Rings are
// counter-clockwise and closed; positions are longitude, latitude in GCJ-02 to 1e-7 degrees.
func writeLayers(o *folder, d *district, s span, _ uint64) error {
	districtLayer := []polygon{{districtCode, districtName, "", blocks(d.grids)}}
	var streets, communities, grids []polygon
	for _, st := range d.streets {
		streets = append(streets, polygon{st.code, st.name, districtCode, blocks(st.grids())})
	}
	for _, c := range d.communities {
		communities = append(communities, polygon{c.code, c.name, c.street.code, blocks(c.grids)})
	}
	for _, g := range d.grids {
		grids = append(grids, polygon{g.code, g.name, g.community.code, []rect{g.block}})
	}
	for _, layer := range []struct {
		level, title string
		polygons     []polygon
	}{
		{"district", "区", districtLayer},
		{"street", "街道", streets},
		{"community", "社区", communities},
		{"grid", "网格", grids},
	} {
		f := File{
			Path: "图层/" + layer.title + ".geojson", Verb: []string{"grids", "load"}, Encoding: utf8Plain, Rows: len(layer.polygons),
			Flags: []string{
				"--level", layer.level, "--code", "code", "--name", "name", "--parent", "parent",
				"--crs", crs, "--valid-from", s.founded(),
			},
		}
		if layer.level == "district" {
			f.Flags = append(f.Flags[:6:6], f.Flags[8:]...) // the district has no parent
		}
		if err := o.add(f, geoJSON(d.lattice, layer.polygons)); err != nil {
			return err
		}
	}
	return nil
}

// geoJSON writes a feature a line. Codes and names hold no character that JSON escapes.
func geoJSON(l *lattice, polygons []polygon) []byte {
	var b bytes.Buffer
	b.WriteString("{\"type\":\"FeatureCollection\",\"features\":[")
	for k, p := range polygons {
		if k > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n{\"type\":\"Feature\",\"properties\":{\"code\":%q,\"name\":%q", p.code, p.name)
		if p.parent != "" {
			fmt.Fprintf(&b, ",\"parent\":%q", p.parent)
		}
		b.WriteString("},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[")
		ring := l.ring(p.blocks)
		for _, at := range append(ring, ring[0]) {
			fmt.Fprintf(&b, "[%s,%s],", decimal(at.lon), decimal(at.lat))
		}
		b.Truncate(b.Len() - 1)
		b.WriteString("]]}}")
	}
	b.WriteString("\n]}\n")
	return b.Bytes()
}

// decimal writes a positive coordinate in degrees, all seven digits.
func decimal(x int64) string { return fmt.Sprintf("%d.%07d", x/degree, x%degree) }
