// Package access knows who may do what: accounts with their roles and the units these hold for, sessions and API
// tokens, and the audit log that says who did it.
//
// Inputs: names, passwords, cookies and tokens as they come from a browser or the command line. Outputs: a Caller, which
// says what somebody may do (May) and gives the units.Scope that every query needs (Scope); and the log's entries.
// Nothing of it lies in the warehouse's database: accounts.json, sessions.json and the audit log are files of their own,
// so that people can sign in, and what they do is written down, also while the database is being mended.
//
// Deny by default: a right comes only from a live grant of a role that has it. An Audit line is on disk before what it
// tells of is done; where it cannot be written, the action fails.
//
// Callers: reports/web (sign-in, every request), cmd (the verbs user and verify).
package access
