package ingest

import (
	"context"
	"time"

	"gridstar/ingest/profile"
)

// Look is what a file holds, and what would become of it.
type Look struct{ Tables []Sight }

// Sight is what would become of one table.
type Sight struct {
	Part, Sheet      string
	Hidden           bool
	Format, Encoding string
	Profile          *profile.Profile    // given or recognised; nil where none or several fit
	Candidates       []profile.Candidate // what fits, best first
	Problem          string              // Chinese sentence why it cannot be loaded as it stands; "" = it can
	HeaderRow        int64               // file row of the header's last row; 0 none
	Title            string
	Unit             string // code
	From, To         time.Time
	Coverage         string
	Columns          []ColumnSight
	Preview          []PreviewRow
	Notes            []string
}

// ColumnSight is one column of the file.
type ColumnSight struct {
	Header    string
	Letter    string   // A, B …
	Samples   []string // up to 3, masked
	Canonical string   // the ledger's column it is read as; "" none
	Use       string   // field, key, attr, dropped, personal, unmapped, repeated
	Label     string   // Chinese: what it becomes
}

// PreviewRow is one of the first data rows as it would be stored.
type PreviewRow struct {
	Row      int64
	State    string // accepted, rejected, skipped
	Facts    []PreviewFact
	Problems []Reject
	Flags    []string
}

// PreviewFact is one fact that a row states.
type PreviewFact struct {
	Shape, Block, Label string
	Values              []PreviewValue
}

// PreviewValue is one field of a fact.
type PreviewValue struct{ Column, Label, Text string }

// Look reads a file's head and says what would become of it; nothing is written.
func (in *Ingester) Look(ctx context.Context, r Request, rows int) (Look, error) {
	return Look{}, nil
}
