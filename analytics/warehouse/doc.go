// Package warehouse is the only place that talks to DuckDB.
//
// It owns the data directory's lock, the database file and its WAL, the migrations, the one Connector, and the
// way rows get in and out: a job is one transaction (Begin, Append, Settle, Publish) beside which small jobs
// pass; a View is one reader on one snapshot. Every published job is also written to a journal outside the
// database, because the engine has been measured to lose or corrupt rows silently (a shortened WAL, the commit
// after a failed commit, commits behind a torn WAL record): at start-up the two are compared, and Verify recomputes every job's digest.
//
// Inputs: the data directory, Arrow batches, SQL written by the packages above. Outputs: rows, Arrow batches, a
// data version. Callers: units, ingest and analytics; cmd opens and closes it. It knows no unit, profile or
// metric: only versioned tables with the columns job, row and since.
package warehouse
