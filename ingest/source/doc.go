// Package source reads ledgers: one file per format, each yielding batches of text cells with the file row
// they stand in. It knows nothing of profiles, units or the warehouse; it decides only what is a row and what
// is a cell.
//
// Input: a file that can be read at any offset, its size and its name (the name is used in messages and, for
// json, to tell lines from arrays). Output: batches of cells, the encoding found, the rows that could not be read and why, and
// how many damaged bytes were replaced.
//
// Formats: csv and tsv (UTF-8 with or without BOM, GB18030; comma, semicolon or tab), JSON arrays, JSON lines
// and an object that wraps one array of records. Everything else is refused by name. A further format is a
// further implementation of Source and one line in Open.
//
// A malformed row is data, not a failure: it comes as a BadRow with a typed reason and reading goes on. Nothing
// here trusts the file: cells, rows, columns and nesting are limited, and memory is bounded by those limits
// and never by the size of the file.
//
// Callers: ingest (every job), and through it the verbs ingest, units load and locate.
package source
