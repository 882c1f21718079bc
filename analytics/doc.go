// Package analytics answers metric queries: a typed Query and a scope of units become one SQL statement with bound
// arguments, whose rows become an Answer. No other code of the product computes a number from facts.
//
// Inputs: a snapshot of the warehouse, the catalogue (what a metric is) and the units (where a row belongs).
// Output: an Answer: dimensions, columns and rows in official order, with numerator, denominator, note, coverage
// and comparison of every number, and its writers for JSON, CSV and a table.
//
// Callers: cmd (the verb query), reports and its charts, stars. All of them pass the caller's units.Scope, and there is
// no way around it: a query is planned against a register that holds the units of the scope and no others, so that a
// foreign unit is not found, named, suggested or owed anything, and the builder joins the facts to these. What is answered
// is what a warehouse with nothing but the rows of the scope would answer (scope_test.go).
//
// Every number opens to the rows behind it: a RowQuery (rows.go) is planned as its Query is and lists, by the conditions
// of the same builder, what was counted: facts, cells of schedules, units or reported figures. explain.go says in words
// how a metric counts.
//
// How a query is answered: it is planned (plan.go) against the register (register.go: the units with all that lies
// above each, and what was stated to be delivered) → one statement (build.go): home, the units of the asked levels above
// every unit that counts (home.go) → one scan per shape and basis, with all metrics as filtered aggregates (scan.go), and
// the other types beside it (stock.go, figure.go, due.go) → the spine: every unit of the level × every bucket of time ×
// every value of other dimensions that occurs → one row per cell of the spine. A statement holds nothing that the query
// does not ask: planning costs the database more than running. Values, notes and changes are worked out cell by cell from
// the integers the statement returns (value.go), coverage from the register (cover.go), and so are what schedules ask of every
// unit alike (held.go) and registered attributes (registered.go), which need no fact.
//
// Small numbers of people in care are hidden in the rows of an answer (small.go), by a picture of the whole site
// (small_picture.go) of blocks of units (small_blocks.go). Queries about nobody in care are not touched.
//
// Engine (engine.go) answers many callers at once, behind a gate and a cache. publish.go and rank.go say how numbers are
// shown and ranked, in one place for pages, charts and documents.
package analytics
