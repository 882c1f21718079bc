// Package ledgers holds an example of every ledger that a community keeps, as messy as real ones, each with what must come
// of it; and the table of which mechanism of the source documents is kept in which ledger.
//
// Input: testdata/<number>-<ledger>/, a folder an example, which holds the file as the clerk would hand it in and beside it
// want.txt, worked out by hand. Output: tests only; and docs/coverage.md, which `go generate ./ingest/ledgers` writes and a
// test compares. Nothing calls the package: its tests bring the flow from file to fact together.
//
// want.txt is a txtar archive that begins with what is messy about the file. Its section load says, a line each: profile,
// the counts of rows, skipped (by reason), covers (shape, subject, unit, from, to), warn (code and number of rows), nowhere
// (words of the file that must not be found in the warehouse), option (org or crs, as given with the file), or refused,
// the sentence with which the file is turned away. Its section rejects lists row|column|value|reason. Each further section
// names a shape and columns of it: "record: org_code, text" is followed by a line for each fact, with the row of the file that
// states it before the columns.
package ledgers

//go:generate go test -count=1 -run ^TestCoverage$ . -update
