// Package source reads ledgers: one file per format, each yielding batches of text cells with the file row
// they stand in. It knows nothing of profiles, units or the warehouse; it decides only what is a row and what
// is a cell.
//
// Input: a file, its size and its name (the name is used in messages, and its extension as a hint). Output: the files it
// holds where it is packed (Unpack), the tables of each (Tables), and of a table batches of cells, the encoding found, the
// rows that could not be read and why, how many damaged bytes were replaced, and what else the reader noticed (Open).
//
// Formats, known by content: csv and tsv (UTF-8 with or without BOM, GB18030, UTF-16; comma, semicolon or tab), JSON
// arrays, JSON lines and an object that wraps one array of records, workbooks (xlsx, xls, the XML of Excel 2003, HTML
// tables), parquet and arrow; packed as gzip, zstd or in a zip archive. Everything else is refused by name. A further format
// is a further implementation of Source and one line in Open or openForeign.
//
// A malformed row is data, not a failure: it comes as a BadRow with a typed reason and reading goes on. Nothing
// here trusts the file: size, cells, rows, columns, nesting and what it unpacks to are limited (Limits), and memory is bounded by
// those limits and never by the size of the file. Whatever unpacks, and whatever others' code reads, is read by a process of its
// own that is this same binary under another name (readerName): should it die, a file is refused and nothing else happens.
//
// Callers: ingest (every job), and through it the verbs ingest, units load and locate.
package source
