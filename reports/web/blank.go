package web

import (
	"archive/zip"
	"net/http"
	"net/url"
	"slices"

	"gridstar/ingest/profile"
	"gridstar/ingest/workbook"
)

// blanks are the blank ledgers that can be downloaded, in the order of the profiles.
func blanks(set *profile.Set) (all []choice) {
	for _, p := range set.All() {
		if workbook.Blank(p) {
			all = append(all, choice{Text: p.Title, URL: "/files/blanks/" + url.PathEscape(p.Name)})
		}
	}
	return all
}

// blank sends a blank ledger.
func (s *Server) blank(w http.ResponseWriter, r *http.Request) error {
	set, err := s.Desk.Profiles()
	if err != nil {
		return err
	}
	p, ok := set.ByName(r.PathValue("ledger"))
	if !ok || !workbook.Blank(p) {
		return errNotFound
	}
	download(w, workbookType, workbook.TemplateName(p))
	return workbook.WriteTemplate(w, p, s.Catalog)
}

// allBlanks sends all of them, packed.
func (s *Server) allBlanks(w http.ResponseWriter, _ *http.Request) error {
	set, err := s.Desk.Profiles()
	if err != nil {
		return err
	}
	download(w, "application/zip", "台账空白模板.zip")
	z := zip.NewWriter(w)
	for _, p := range slices.DeleteFunc(set.All(), func(p *profile.Profile) bool { return !workbook.Blank(p) }) {
		f, err := z.CreateHeader(&zip.FileHeader{Name: workbook.TemplateName(p), Method: zip.Store}) // a workbook is packed already
		if err == nil {
			err = workbook.WriteTemplate(f, p, s.Catalog)
		}
		if err != nil {
			panic(http.ErrAbortHandler) // half a file must not look like a whole one
		}
	}
	return z.Close()
}
