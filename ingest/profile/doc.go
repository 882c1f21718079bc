// Package profile teaches the system a ledger: which headers recognise it, which column becomes which field,
// and how its texts, numbers and times are to be read.
//
// Input: profile files; the first rows of a ledger; its rows of cells. Output: a Binding, and values that are not yet
// mapped to code lists, hashed, masked or located; that is ingest's work. The package reads no files but the
// embedded ones, knows no unit and no code list.
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
//	[match]           headers that recognise the ledger
//	[null]            values that mean nothing
//	[constants]       fields that are the same in every row
//	[synonyms]        受理日期 = ["登记日期"]: other spellings of a header, wherever the profile names it
//	[subject]         hash: columns that tell persons apart
//	[attrs] [drop]    columns kept as attributes; columns known and not stored
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
// Callers: ingest (recognising, binding, reading).
package profile
