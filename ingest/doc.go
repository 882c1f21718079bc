// Package ingest loads ledgers: one job per file, from cells to checked, masked, located rows in the warehouse.
//
// Inputs: an open file, a profile (or the headers that recognise one), the catalogue's code lists and deadlines,
// the units, layers and the register of places in force. Outputs: facts, coverage and rejects, all in one
// transaction; a Result with the counts. It owns the tables reject and coverage. Callers: the verb ingest, and
// whatever takes files later.
//
// A file runs through three goroutines: the source reads cells, the converter makes facts of them (emitter.go what a
// row may state, unit.go whose it is, locate.go where it is, identity.go which it is, coverage.go what the file
// covers), the job appends batches (load.go) and settles them against what was there (settle.go). Bad rows are data:
// they are refused one by one with typed reasons and the load goes on.
package ingest
