// Package catalog holds what a site defines instead of programming: metrics, measures, code lists, schedules of
// what must take place, levels, the working-day calendar and deadlines. It is TOML: embedded defaults, overridden
// by D/config.toml and D/catalog/*.toml, checked completely when it is loaded.
//
// Inputs: the embedded files and the site's. Output: an immutable Catalog. Nothing here opens the warehouse.
//
// Callers: analytics turns metrics into SQL; ingest asks for code values (Lookup) and deadlines (Due); units and
// ingest/profile ask for levels and measures; reports show labels and explanations.
//
// A metric's expression is parsed by this package's own grammar and written out again from the syntax tree, so no
// text of a site's file ever reaches the database as it stands (expr.go).
package catalog
