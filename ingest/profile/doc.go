// Package profile teaches the system a ledger: which headers recognise it, which column becomes which field,
// and how its texts, numbers and times are to be read.
//
// Input: profile files; the first rows of a ledger; its rows of cells. Output: a Binding, and values that are not yet
// mapped to code lists, hashed, masked or located; that is ingest's work. The package reads no files but the
// embedded ones, knows no unit and no code list but by name.
//
// # Profiles
//
// A profile is TOML (DESIGN §5 has the example); several settings may stand on a line, separated by semicolons,
// and keys in Chinese need no quotes. Parse refuses a profile with any mistake, naming its line. The keys:
//
//	name, title       what --profile takes; the Chinese display name
//	shape             record, activity, figure or place
//	header_row        0 = find it; its row; "none" = the columns are c1, c2, …
//	crs               of lon and lat; left out, it must be given with the file
//	key               columns that tell rows apart where there is no source_no; those the file lacks count as empty
//	numbers           "own": each unit counts its own source_no from 1; it is kept, and the key tells rows apart
//	covers, period    what a file delivers in full; where its period is stated: "title", "sheet", "file", "column:月份"
//	mask              fields to be masked beside title and text
//	[match]           headers that recognise the ledger; absent: headers of which it has none
//	[null]            values that mean nothing
//	[constants]       fields that are the same in every row
//	[synonyms]        受理日期 = ["登记日期"]: other spellings of a header, wherever the profile names it
//	[columns]         受理日期 = "何时来的": the one spelling that counts, "" = files lack the column; wins over names and synonyms
//	[subject]         hash: columns that tell persons apart
//	[attrs] [drop]    columns kept as attributes; columns known and not stored
//	[examples]        受理日期 = "2026-03-02": a plausible value; their order is that of the columns in a blank ledger
//	[fields]          field = "column", ["the first", "that exists"] or a table of these:
//	  column, required
//	  time, layouts, day_end, inclusive             for times, see Field.Time
//	  unit                                          for numbers, see Field.Number
//	  strip, pattern, template, group_map, map, other, pad, prefix    steps, in this order
//	  default                                       for what is empty, null, or no match of the pattern
//	  org = { from = ["column:网格", "title", "sheet", "file"] }      whose row it is, the finest unit first
//	[[emit]]          instead of [fields], for a row that states several facts: name, shape, when, constants, fields,
//	                  unpivot (columns, or { column, as, constants }) and into (default measure), for figures;
//	                  facts behind that of a place are about that place, unless they name one
//
// Two kinds of profile say less. One with extends = "居民诉求台账" reads that ledger with a site's own headers: it takes
// everything from there and may only add title, header_row, crs, match, null, synonyms, columns, attrs, drop and examples; Remap
// writes such a profile from what a person has chosen. One with refuse = "评分表在评定流程中录入，不作为台账导入。" knows a ledger by its
// [match] and [synonyms] and refuses it with that sentence.
//
// # Messy tables
//
// The header is sought among the first rows (FindHeader, Recognise): below title rows, in one row or in up to three that are
// joined (JoinHeader). What stands above it is read by TitleContext, what follows it row by row by Binding.Skip, which leaves out
// blank rows, totals (Totals reads them), footers, repeated headers, rows that number the columns or name their units, headings
// between rows and the example of a blank ledger. Merged cells may repeat their text everywhere. Personal tells by its header whether
// a column is about persons.
//
// Callers: ingest (recognising, binding, reading), ingest/workbook (blank ledgers), ingest/demo, reports/web (mapping).
package profile
