// Package hostile makes files that are meant to harm a reader of ledgers: archives that lie about their sizes or unpack
// to a thousandfold, workbooks with cells where none can be, damaged columns, endless nesting. Tests give them to the
// readers one by one and to a running server.
//
// Input: nothing; the files are made anew, the same bytes each time. Output: their names, their bytes, and what is wrong
// with each. Where a file has a ledger in it, it is one that the built-in profiles know: a reader that overlooks what
// is wrong would load it.
//
// Callers: tests only.
package hostile
