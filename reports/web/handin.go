package web

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode"

	"gridstar/analytics/access"
	"gridstar/analytics/units"
	"gridstar/ingest/intake"
)

// sender is the caller as somebody who hands files in: what he may load is about the units for which he may load.
func (s *Server) sender(r *http.Request) intake.Sender {
	by := intake.Sender{Account: s.caller(r).Account}
	if reach := s.scope(r.Context()).Reach; !reach.All {
		by.Units = append([]string{}, reach.Units...)
	}
	return by
}

// within says whether what somebody handed in is a caller's business: it was handed in for units that are all among his.
// dir holds the caller's units.
func within(by, other intake.Sender, dir *units.Directory) bool {
	if by.Units == nil {
		return true
	}
	for _, code := range other.Units {
		if _, ok := dir.Unit(code); !ok {
			return false
		}
	}
	return len(other.Units) > 0
}

// handles says whether a caller may see and work on an upload.
func handles(by intake.Sender, u intake.Upload, dir *units.Directory) bool {
	return within(by, u.Sender, dir) && (u.Publisher.Account == "" || within(by, u.Publisher, dir))
}

// uploadOf is the upload that an address names. One that is not the caller's business is refused as one that is not there.
func (s *Server) uploadOf(r *http.Request) (intake.Upload, *units.Directory, error) {
	dir, _, err := s.ground(r.Context())
	if err != nil {
		return intake.Upload{}, nil, err
	}
	u, ok := s.Desk.Upload(r.PathValue("upload"))
	if !ok || u.Kind != intake.Ledgers || !handles(s.sender(r), u, dir) {
		return u, dir, errNotFound
	}
	return u, dir, nil
}

// uploadPath is where an upload is shown.
func uploadPath(id string) string { return "/data/" + id }

// changing writes down what a caller is about to change, does it, and writes down when nothing came of it: the log may say
// more than happened, never less.
func (s *Server) changing(r *http.Request, event access.Event, object string, do func() error) error {
	by := s.caller(r).Actor()
	if err := s.Audit.Write(by, event, object, access.Done); err != nil {
		return err
	}
	err := do()
	if err != nil {
		if log := s.Audit.Write(by, event, object, access.Failed); log != nil {
			s.Log.Error("a failure could not be written down", "err", log)
		}
	}
	return err
}

// told is what a page says of an error in reading or loading: these are sentences for whoever has the file, and all else
// is logged.
func (s *Server) told(r *http.Request, err error) string {
	if strings.ContainsFunc(err.Error(), func(c rune) bool { return unicode.Is(unicode.Han, c) }) {
		return onPage.Replace(sentence(errors.New(strings.Join(strings.Fields(err.Error()), " "))))
	}
	s.Log.Error("a file could not be dealt with", "pattern", r.Pattern, "err", err)
	return "程序内部出错，没有写入任何数据，请把时间和文件名告诉管理员。"
}

// filesAtOnce is how many files one form may send.
const filesAtOnce = 20

// received is what a script is told of files it has sent.
type received struct {
	Uploads []string `json:"uploads,omitempty"` // addresses of their pages
	Error   string   `json:"error,omitempty"`
}

// handIn takes files in: each part of the form that is called file. What arrived before a mistake stays.
func (s *Server) handIn(w http.ResponseWriter, r *http.Request) error {
	got, err := s.receive(r)
	script := strings.Contains(r.Header.Get("Accept"), "application/json")
	switch {
	case err != nil && spoken(err):
		if script {
			return sendJSONAs(w, r, statusOf(err), received{got, sentence(err)})
		}
		return s.showData(w, r, statusOf(err), said{Error: sentence(err)}, nil)
	case err != nil:
		return err
	case script:
		return sendJSON(w, r, received{Uploads: got})
	case len(got) == 1:
		http.Redirect(w, r, got[0], http.StatusSeeOther)
	default:
		return s.done(w, r, "/data", "received")
	}
	return nil
}

// receive keeps the files of a form, and gives the addresses of their pages.
func (s *Server) receive(r *http.Request) (pages []string, err error) {
	form, err := r.MultipartReader()
	if err != nil {
		return nil, errForm
	}
	by := s.sender(r)
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return pages, broken(err)
		}
		if part.FormName() != "file" {
			return pages, errForm
		}
		if part.FileName() == "" { // a form without script, sent without a file
			continue
		}
		if len(pages) == filesAtOnce {
			return pages, refuse("一次最多上传 %d 个文件，其余的没有上传，请分次上传", filesAtOnce)
		}
		u, err := s.Desk.Receive(r.Context(), part, part.FileName(), by)
		if err != nil {
			return pages, err
		}
		if err := s.Audit.Write(s.caller(r).Actor(), access.Imported, r.Pattern+" upload="+u.ID, access.Done); err != nil {
			return pages, errors.Join(err, s.Desk.Discard(u.ID))
		}
		pages = append(pages, uploadPath(u.ID))
	}
	if len(pages) == 0 {
		return nil, refuse("没有选择文件，请先选择一份台账文件")
	}
	return pages, nil
}

// broken is the error of a form that ended before its end.
func broken(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return errLarge
	}
	return errForm
}
