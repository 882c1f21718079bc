package warehouse

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"slices"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations are the steps in order; the schema version is their number.
var migrations = func() []string {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		panic(err)
	}
	slices.Sort(names)
	steps := make([]string, len(names))
	for i, name := range names {
		b, err := migrationFiles.ReadFile(name)
		if err != nil {
			panic(err)
		}
		steps[i] = string(b)
	}
	return steps
}()

// schemaVersion is 0 for a new file.
func schemaVersion(ctx context.Context, conn *sql.Conn) (int, error) {
	var n, version int
	err := conn.QueryRowContext(ctx, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'schema_version'").Scan(&n)
	if err != nil || n == 0 {
		return 0, err
	}
	err = conn.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM schema_version").Scan(&version)
	return version, err
}

// migrateStep runs the next step that the file lacks, in one transaction followed by a checkpoint; ran is false
// where there is none left. ErrNewer refuses a file with a greater version than this binary knows.
func migrateStep(ctx context.Context, conn *sql.Conn) (ran bool, err error) {
	version, err := schemaVersion(ctx, conn)
	if err != nil {
		return false, err
	}
	switch {
	case version == len(migrations):
		return false, nil
	case version > len(migrations):
		return false, ErrNewer
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	if version == 0 {
		if _, err := tx.ExecContext(ctx, "CREATE TABLE schema_version (version INTEGER NOT NULL)"); err != nil {
			return false, err
		}
	}
	if _, err := tx.ExecContext(ctx, migrations[version]); err != nil {
		return false, fmt.Errorf("migration %d: %w", version+1, err)
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO schema_version VALUES ($1)", version+1); err != nil {
		return false, err
	}
	if err := tx.Commit(); err != nil {
		return false, err
	}
	_, err = conn.ExecContext(ctx, "CHECKPOINT")
	return true, err
}
