// Package geo knows shapes and nothing else: which coordinate system a file is
// in, whether its polygons are sound, how to mend them, and which polygon holds
// a point. Officials decide honours by counts per grid, so a point on a shared
// border must belong to exactly one grid, on every machine, every time.
//
// Inputs are files of shapes (Sets, Set.Read: GeoJSON, Shapefile, KML, tables with WKT),
// which become units (Collection.Features) or things of a context layer
// (Collection.Things), stored WKB (UnmarshalWKB) and points.
// Outputs are Features in WGS-84, Findings of the audit (Audit), mended shapes
// (Repair), shapes with fewer vertices that keep the partition (Simplify, Pyramid),
// vector tiles of them (Tile), shapes for pictures (Thin) and positions in the caller's
// list (Index.Locate, BoxIndex). Levels are checked against each other (AuditNested).
// The package runs no SQL and no HTTP, opens no file, logs nothing
// and keeps no state.
//
// Conventions that hold everywhere in the package:
//
//   - A point is (longitude, latitude) in degrees, WGS-84, unless a CRS is named;
//     projected systems are (easting, northing) in metres.
//   - Edges are straight in the plane of longitude and latitude.
//   - Inside means the even–odd rule over all rings of a shape, half-open: a
//     border belongs to the shape on its right (east), a horizontal border to the
//     shape above it (north).
//   - Predicates (orient) are exact, so the same input gives the same answer on
//     every architecture; only areas, distances and new vertices are rounded.
//   - A shape lies on one side of the 180° meridian.
//
// Callers: analytics/units loads layers and builds the Index, ingest locates
// records with it, ingest/demo writes polygons, reports/chart and reports/web draw
// them.
package geo
