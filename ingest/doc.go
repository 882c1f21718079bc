// Package ingest loads ledgers: one job per table of a file, from cells to checked, masked, located rows in the warehouse.
//
// Inputs: an open file, a profile (or the headers that recognise one), the catalogue's code lists and deadlines, the units,
// layers and the register of places in force. Outputs: facts, coverage and rejects, all in one transaction; a Result with
// the counts. It owns the tables reject, reject_row, reject_cleared, loaded and coverage. Callers: the verbs ingest, zero and
// rejects; package intake for uploads, the inbox and programs.
//
// A file is unpacked and taken apart into tables (file.go); Look says what would become of each (look.go, preview.go). A table
// runs through goroutines side by side: the source reads cells, converters make facts of them (personal.go hides persons
// before anything else sees a row, emitter.go what a row may state, unit.go whose it is, scope.go whether its loader may write
// it, locate.go where it is, identity.go which it is, checks.go what is doubtful about it, coverage.go what the file covers),
// the collector puts them into file order (collect.go), the job appends them (load.go) and settles them against what was
// there (settle.go). Bad rows are data: they are refused one by one with typed reasons, kept as they stood (reject.go), and
// the load goes on; corrected and loaded again they settle what was refused. Zero covers a period without rows.
package ingest
