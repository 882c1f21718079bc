package intake

import (
	"slices"
	"time"

	"gridstar/analytics/units"
	"gridstar/ingest"
)

// Upload is one file that was handed in. Times are naive, in the site's zone.
type Upload struct {
	ID       string    `json:"id"`
	Kind     Kind      `json:"kind,omitempty"`
	Name     string    `json:"name"` // as it was given: without folders, cleaned, masked
	Size     int64     `json:"size"` // bytes
	Hash     string    `json:"hash"` // SHA-256 of the file, hex
	Sender   Sender    `json:"sender"`
	Received time.Time `json:"received"`
	State    State     `json:"state"`

	Publisher Sender         `json:"publisher,omitzero"` // who had it loaded; what it may write is in his units
	Queued    time.Time      `json:"queued,omitzero"`
	Finished  time.Time      `json:"finished,omitzero"` // loaded, failed or discarded
	Tries     int            `json:"tries,omitempty"`   // loads that a killed process cut short
	Choices   []Choice       `json:"choices,omitempty"`
	Borders   *BordersChoice `json:"borders,omitempty"`  // of borders that are in
	Outcomes  []Outcome      `json:"outcomes,omitempty"` // one a table that was to be loaded, those first that an earlier publication loaded
	Error     string         `json:"error,omitempty"`    // sentence: why the file as a whole was not loaded
	Note      string         `json:"note,omitempty"`     // sentence: what else its sender should know
	Gone      bool           `json:"gone,omitempty"`     // the file has been deleted, this is what is left

	Done  int64 `json:"-"` // bytes of the load under way
	Total int64 `json:"-"`
}

// State is how far an upload has come.
type State string

const (
	Waiting   State = "waiting"   // 待核对: for somebody to look at it
	Queued    State = "queued"    // 排队
	Loading   State = "loading"   // 载入中
	Done      State = "done"      // 已入库: every table that was chosen
	Failed    State = "failed"    // 未入库: at least one table; the outcomes say which and why
	Discarded State = "discarded" // 已放弃
)

var stateLabels = map[State]string{
	Waiting: "待核对", Queued: "排队中", Loading: "载入中", Done: "已入库", Failed: "未入库", Discarded: "已放弃",
}

// Label is the state in Chinese.
func (s State) Label() string { return stateLabels[s] }

// Label is how far the upload has come, in Chinese.
func (u *Upload) Label() string {
	switch loaded := len(u.Loaded()) > 0; {
	case loaded && u.State == Failed:
		return "部分入库"
	case loaded && u.State == Discarded:
		return "部分入库，其余已放弃"
	}
	return u.State.Label()
}

// Loaded are the outcomes of the tables that are in.
func (u *Upload) Loaded() (in []Outcome) {
	for _, o := range u.Outcomes {
		if o.Error == "" {
			in = append(in, o)
		}
	}
	return in
}

// Ended says that nothing more will become of the upload by itself.
func (s State) Ended() bool { return s == Done || s == Failed || s == Discarded }

// Sender is who hands a file in or has it loaded.
type Sender struct {
	Account string   `json:"account"`
	Units   []string `json:"units"` // codes of those he may load for, with all below them; nil = the whole site
}

// Inbox is the Account of files that were put into D/inbox.
const Inbox = "收件箱"

// scope is what rows of a sender may be about; scoped is false for the whole site.
func (s Sender) scope() (scope units.Scope, scoped bool) {
	if s.Units == nil {
		return units.Everything(), false
	}
	return units.Only(s.Units...), true
}

// Choice is what was chosen for one table of a file: how it is read and whose it is. A single Choice without Part and Sheet
// is for all tables of the file.
type Choice struct {
	Part       string            `json:"part,omitempty"`        // name of the file inside an archive
	Sheet      string            `json:"sheet,omitempty"`       // of a workbook
	Profile    string            `json:"profile,omitempty"`     // name; "" = recognised by the header
	Org        string            `json:"org,omitempty"`         // code or name of the unit of rows that name none
	CRS        string            `json:"crs,omitempty"`         // of points; "" = the profile's
	Encoding   string            `json:"encoding,omitempty"`    // "" = detected
	Columns    map[string]string `json:"columns,omitempty"`     // the ledger's column → the file's; "" = the file has none
	Attrs      []string          `json:"attrs,omitempty"`       // the file's columns that are kept beside
	Drop       []string          `json:"drop,omitempty"`        // the file's columns that are not stored
	MaxRejects string            `json:"max_rejects,omitempty"` // rows or percent, as 20 or 5%; "" = the site's
	Skip       bool              `json:"skip,omitempty"`        // not loaded
}

// mapped says whether columns were assigned by hand.
func (c Choice) mapped() bool { return len(c.Columns)+len(c.Attrs)+len(c.Drop) > 0 }

// forAll says that choices hold for a whole file, table by table as they come.
func forAll(choices []Choice) bool {
	return len(choices) == 0 || len(choices) == 1 && choices[0].Part == "" && choices[0].Sheet == "" && !choices[0].Skip
}

// Outcome is what became of one table.
type Outcome struct {
	Result   ingest.Result `json:"result"`
	Coverage string        `json:"coverage,omitempty"` // clause: whose, what and which days it covers
	Error    string        `json:"error,omitempty"`    // sentence: why it was not loaded; "" = it was

	Rejects []ingest.RejectedRow `json:"rejects,omitempty"` // of a table that was refused for them: the first, see Desk.Refused
}

// clone is a copy that shares nothing that changes.
func (u *Upload) clone() Upload {
	c := *u
	c.Choices, c.Outcomes = slices.Clone(u.Choices), slices.Clone(u.Outcomes)
	return c
}
