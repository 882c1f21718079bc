// Package workbook writes Excel workbooks for the people who keep ledgers: blank ledgers to fill in, and refused rows to
// correct. What it writes, package source reads back.
//
// Inputs: profiles with their columns, the catalogue's code lists, refused rows. Outputs: xlsx bytes; the same input gives
// the same bytes. Only this package imports excelize, and only to write: reading foreign workbooks is left to
// ingest/source, whose reader is bounded.
//
// Every cell is written as text, a number as a number, never as a formula.
//
// Callers: cmd/gridstar (verbs templates and rejects), reports/web (downloads), ingest/intake (beside failed files).
package workbook
