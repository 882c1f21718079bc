// Package units knows which unit is meant: the two trees of units (area: 区 > 街道 > 社区 > 网格 > 楼栋, party:
// 街道党工委 > 社区党组织 > …), their aliases, what a party organisation covers, and the polygons of a level.
//
// It is the only writer of the tables org, org_alias, org_cover, layer and context. Inputs: the rows of a table of units
// (LoadTable), the features of a layer (LoadLayer). Outputs: a Directory (an immutable snapshot that resolves
// names to units), a Layer (an index that locates points), a Tree (what lies above every unit, and the official order:
// what metric queries are planned with), and Scope, the units a caller may see. Directory.Within and Tree.Within leave
// the units that a scope reaches, as if there were no others.
//
// Callers: ingest resolves and locates with a Directory and a Layer, analytics plans with a Tree, access hands out
// a Scope, cmd wires the verbs units, grids and locate. Polygons come from geo and rows from ingest/source by way of
// cmd: this package opens no file.
//
// A unit is versioned by [valid_from, valid_to). Facts are counted under the tree as it is on one date: of every
// code exactly one version is in force, the one that holds on that date, else the last that has ended, else the
// first that has not begun. So no code ever loses its facts because a version ended.
package units
