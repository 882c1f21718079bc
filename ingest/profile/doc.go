// Package profile teaches the system a ledger: which headers recognise it, which column becomes which field,
// and how its texts, numbers and times are to be read.
//
// A profile is a TOML file (format: DESIGN §5; docs of each key at the types of this package). The built-in ones are embedded
// from profiles/; a site adds or replaces some by files of its own. Parse refuses a profile with any mistake,
// naming its line. A profile is bound to the header of a file (Bind); the binding then reads row after row
// without looking up names: Field.Text, Field.Time, Field.Number and so on.
//
// Input: profile files; the first rows of a ledger; its rows of cells. Output: Binding, and values that are not yet mapped to code
// lists, hashed, masked or located; that is ingest's work. The package reads no files but the embedded ones,
// knows no unit and no code list.
//
// Callers: ingest (recognising, binding, reading), the verb templates (headers of blank ledgers).
package profile
