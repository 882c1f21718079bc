package web

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gridstar/geo"
	"gridstar/ingest"
	"gridstar/ingest/intake"
	"gridstar/ingest/profile"
)

// tableForm is what a form says about one table of a file.
type tableForm struct {
	intake.Choice
	Was   string // the ledger and encoding for which the columns were assigned: they count only while these stay
	Coded string
	Name  string         // of a ledger of the site that is to be
	Picks map[int]string // by position of the column
}

// What can become of a column, as a form says it.
const (
	readAs    = "=" // and the ledger's column behind it
	keepIt    = "+" // kept beside the fields
	notStored = "-" // not stored
)

// tableField matches the names of a form's fields: t0-profile is the ledger of the first table, t0-c3 its fourth column.
var tableField = regexp.MustCompile(`^(?:save|t(0|[1-9]\d{0,2})-(part|sheet|profile|was|org|crs|encoding|coded|max|skip|name|c(0|[1-9]\d{0,3})))$`)

// readTables reads the form about the tables of an upload, and for which of them its assignment is to be kept (-1: none).
// With a mistake that can be mended the forms come back as well.
func (s *Server) readTables(r *http.Request, u intake.Upload) (forms []tableForm, save int, err error) {
	fields, err := readFields(r, tableField.MatchString)
	if err != nil {
		return nil, -1, err
	}
	save = -1
	if text, ok := fields["save"]; ok {
		if save, err = strconv.Atoi(text); err != nil {
			return nil, -1, errForm
		}
	}
	byTable := map[int]*tableForm{}
	for name, value := range fields {
		m := tableField.FindStringSubmatch(name)
		if m[1] == "" {
			continue
		}
		n, _ := strconv.Atoi(m[1])
		f := byTable[n]
		if f == nil {
			f = &tableForm{Picks: map[int]string{}}
			byTable[n] = f
		}
		if m[3] != "" {
			at, _ := strconv.Atoi(m[3])
			f.Picks[at] = value
			continue
		}
		switch to := (map[string]*string{
			"part": &f.Part, "sheet": &f.Sheet, "profile": &f.Profile, "was": &f.Was, "org": &f.Org, "crs": &f.CRS,
			"encoding": &f.Encoding, "coded": &f.Coded, "max": &f.MaxRejects, "name": &f.Name,
		})[m[2]]; to {
		case nil:
			f.Skip = value != ""
		default:
			*to = strings.TrimSpace(value)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(byTable)) {
		if n != len(forms) { // one is missing
			return nil, -1, errForm
		}
		forms = append(forms, *byTable[n])
	}
	if len(forms) == 0 {
		return nil, -1, errForm
	}
	return forms, save, s.assign(r, u, forms)
}

// assign turns what was picked for the columns into what the ledgers are told.
func (s *Server) assign(r *http.Request, u intake.Upload, forms []tableForm) error {
	current := func(f tableForm) bool {
		return f.Profile == f.Was && f.Encoding == f.Coded && len(f.Picks) > 0 && !f.Skip
	}
	if !slices.ContainsFunc(forms, current) {
		return nil
	}
	plain := slices.Clone(forms)
	look, err := s.Desk.Look(r.Context(), u.ID, choicesOf(plain), 0, s.sender(r))
	if err != nil {
		return err
	}
	for i := range forms {
		f := &forms[i]
		if !current(*f) {
			continue
		}
		at := slices.IndexFunc(look.Tables, func(t ingest.Sight) bool { return !t.Hidden && t.Part == f.Part && t.Sheet == f.Sheet })
		if at < 0 {
			return errForm
		}
		if look.Tables[at].Profile == nil {
			continue
		}
		if f.Columns, f.Attrs, f.Drop, err = assigned(look.Tables[at].Columns, f.Picks); err != nil {
			return err
		}
	}
	return nil
}

// fixed says that there is nothing to choose about a column.
func fixed(c ingest.ColumnSight) bool {
	return c.Use == "personal" || c.Use == "repeated" || profile.Fold(c.Header) == ""
}

// pickOf is what a form says of a column that is left as it is.
func pickOf(c ingest.ColumnSight) string {
	switch {
	case c.Use == "attr":
		return keepIt
	case c.Canonical != "" && (c.Use == "field" || c.Use == "key"):
		return readAs + c.Canonical
	}
	return notStored
}

// assigned says how a profile has to be changed so that it reads columns as picked: columns has, for columns of the ledger,
// the file's header or "" for none; attrs and drop are headers of the file. What is picked as it is anyway says nothing.
func assigned(sight []ingest.ColumnSight, picks map[int]string) (columns map[string]string, attrs, drop []string, err error) {
	columns = map[string]string{}
	taken := map[string]int{} // by the ledger's column, the file's
	var released []string
	for i, c := range sight {
		was := pickOf(c)
		pick, ok := picks[i]
		if !ok || fixed(c) {
			pick = was
		}
		as, read := strings.CutPrefix(pick, readAs)
		switch {
		case read && as == "", !read && pick != keepIt && pick != notStored:
			return nil, nil, nil, errForm
		case read:
			if first, twice := taken[as]; twice {
				return nil, nil, nil, refuse("%s 列“%s”和 %s 列“%s”都对应了“%s”，一列只能对应一次，请改正后重新预览",
					sight[first].Letter, clip(sight[first].Header, 20), c.Letter, clip(c.Header, 20), clip(as, 20))
			}
			taken[as] = i
		}
		if pick == was {
			continue
		}
		if before, ok := strings.CutPrefix(was, readAs); ok {
			released = append(released, before)
		}
		switch {
		case read:
			columns[as] = c.Header
		case pick == keepIt:
			attrs = append(attrs, c.Header)
		default:
			drop = append(drop, c.Header)
		}
	}
	for _, as := range released {
		if _, ok := taken[as]; !ok {
			columns[as] = ""
		}
	}
	return columns, attrs, drop, nil
}

// choicesOf are the choices that forms make.
func choicesOf(forms []tableForm) []intake.Choice {
	var all []intake.Choice
	for _, f := range forms {
		all = append(all, f.Choice)
	}
	return all
}

// formsOf are the forms of choices that were made before.
func formsOf(choices []intake.Choice) []tableForm {
	var all []tableForm
	for _, c := range choices {
		all = append(all, tableForm{Choice: c})
	}
	return all
}

// encodings are those a text can be read in.
var encodings = []kindChoice{{Label: "自动识别"}, {Code: "utf-8", Label: "UTF-8"}, {Code: "gb18030", Label: "GB18030（GBK）"}, {Code: "utf-16le", Label: "UTF-16LE"}, {Code: "utf-16be", Label: "UTF-16BE"}}

// references are the systems in which points can be given.
var references = []kindChoice{
	{Label: "按台账模板"},
	{Code: string(geo.WGS84), Label: "WGS-84（手机、GPS）"},
	{Code: string(geo.CGCS2000), Label: "CGCS2000（天地图）"},
	{Code: string(geo.GCJ02), Label: "GCJ-02（高德、腾讯）"},
	{Code: string(geo.BD09), Label: "BD-09（百度）"},
}

// choose marks the current one of some choices.
func choose(all []kindChoice, code string) []kindChoice {
	all = slices.Clone(all)
	for i := range all {
		all[i].Current = all[i].Code == code
	}
	return all
}
