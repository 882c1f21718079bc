package demo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// Names of the two communities that have a story, for tests and for the guided tour.
const (
	Slipping  = "光复社区"
	Improving = "和平社区"
)

// ErrUntil is returned when Options.Until is outside 2000 to 2099.
var ErrUntil = errors.New("示范数据的截止日期无效")

// Options choose one of the possible districts.
type Options struct {
	Seed  uint64    // any value, also 0
	Until time.Time // the data end the evening before this day; only year, month and day are read
}

// Manifest lists what Write wrote, in the order in which the files must be loaded, and the counts a test
// can hold the loaded warehouse against.
type Manifest struct {
	From, Until time.Time // matters and wishes were received within [From, Until); both are midnights
	CRS         string    // coordinate system of every polygon and point: gcj02
	Files       []File

	Streets, Communities, Grids          int
	Households, Population               int // of the district: the sums over its grids
	Committees, Branches, EstateBranches int
	Cells, PartyHouseholds               int
	Matters                              int // data rows of 居民诉求台账, flawed ones included
	Merchants                            int // rows of Matters to accept with 诉求类别 经商兴业 (kind SH)
	Wishes                               int // data rows of 微心愿台账
}

// Rows counts the data rows of all files of a ledger, flawed ones included.
func (m Manifest) Rows(ledger string) int {
	n := 0
	for _, f := range m.Files {
		if f.Ledger == ledger {
			n += f.Rows
		}
	}
	return n
}

// File is one written file and the verb that loads it.
type File struct {
	Path   string   // below the directory, with slashes
	Verb   []string // {"units","load"}, {"grids","load"} or {"ingest"}
	Flags  []string // the flags that Verb needs for this file
	Ledger string   // name of the built-in profile that fits; empty unless Verb is ingest

	Encoding string // utf-8, utf-8-bom, gb18030; zip (of csv in GB18030), xlsx, html
	Rows     int    // data rows (units, polygons): without titles and header
	Header   int    // row of the header, 1-based as a spreadsheet counts; 0 in a GeoJSON file
	Flaws    []Flaw // rows flawed on purpose, by row
	Private  int    // rows to accept whose 诉求内容 holds one synthetic phone or identity number or e-mail address
	Inside   int    // rows to accept whose point lies in the grid they name
	Outside  int    // rows to accept whose point lies in another grid of the same community
}

// Args returns the command line of the verb for a demo written to dir, without the program's name.
func (f File) Args(dir string) []string {
	args := append([]string{}, f.Verb...)
	args = append(args, filepath.Join(dir, filepath.FromSlash(f.Path)))
	return append(args, f.Flags...)
}

// Rejected counts the rows of the file that a loader must refuse.
func (f File) Rejected() int {
	n := 0
	for _, flaw := range f.Flaws {
		if flaw.Kind.Rejected() {
			n++
		}
	}
	return n
}

// Flaw is one row flawed on purpose.
type Flaw struct {
	Row  int // 1-based as a spreadsheet counts, titles and header included
	Kind FlawKind
}

// FlawKind says what is wrong with a row. A row has at most one flaw.
type FlawKind string

// The kinds of flaws. The first four must be rejected, the others kept with a warning.
const (
	DateUnreadable   FlawKind = "received date unreadable"
	DateMissing      FlawKind = "received date missing"
	CloseUnreadable  FlawKind = "closing time unreadable"
	GridAmbiguous    FlawKind = "grid name fits several communities"
	GridUnknown      FlawKind = "grid unknown"
	ClosedBefore     FlawKind = "closed before received"
	CategoryUnlisted FlawKind = "category not in the code list"
)

// Rejected tells whether a row with this flaw must be refused rather than kept with a warning.
func (k FlawKind) Rejected() bool {
	switch k {
	case DateUnreadable, DateMissing, CloseUnreadable, GridAmbiguous:
		return true
	}
	return false
}

// Write writes the files of the district into dir, which is created if need be, and returns their
// manifest. Files of the same names are replaced; other files in dir are left alone. A file appears under
// its name only when it is complete. Errors: ErrUntil, those of the file system, and ctx.Err() when ctx
// ends, which is looked at between files.
func Write(ctx context.Context, dir string, opt Options) (Manifest, error) {
	sp, err := newSpan(opt.Until)
	if err != nil {
		return Manifest{}, err
	}
	d := newDistrict(opt.Seed)
	m := Manifest{
		From: sp.from, Until: sp.until, CRS: crs,
		Streets: len(d.streets), Communities: len(d.communities), Grids: len(d.grids),
		Households: d.households(), Population: d.population(),
	}
	out := &folder{ctx: ctx, dir: dir, manifest: &m}
	for _, part := range []func(*folder, *district, span, uint64) error{
		writeUnits, writeLayers, writeProfiles, writePublished, writeMatters, writeWishes, writeWhistles, writePatrols,
		writeActivities, writeMeetings, writeBranchMeetings, writeErrands, writeDisputes, writeMotions,
		writeCoBuild, writeMonthlyReports, writeRegisters, writeMerchants, writeCare, writeLetters, writeJobs,
		writeStuck, writeRosters,
	} {
		if err := part(out, d, sp, opt.Seed); err != nil {
			return Manifest{}, fmt.Errorf("写入示范数据失败：%w", err)
		}
	}
	if err := out.sync(); err != nil {
		return Manifest{}, fmt.Errorf("写入示范数据失败：%w", err)
	}
	return m, nil
}
