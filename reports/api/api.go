package api

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/ingest/intake"
)

// API answers programs. It is safe for concurrent use.
type API struct {
	Desk    *intake.Desk
	Audit   *access.Log
	Log     *slog.Logger
	Engine  *analytics.Engine
	Catalog *catalog.Catalog
	Units   *units.Cache
	Now     func() time.Time           // a naive time of the site's zone
	Origin  func(*http.Request) string // where a request was sent to: https://host, for the links of an answer
}

// sender is who hands something in: what he may load for is what his token's grant says.
func sender(c *access.Caller) intake.Sender {
	s := intake.Sender{Account: c.Account}
	if reach := c.Scope(access.Enter).Reach; !reach.All {
		s.Units = append([]string{}, reach.Units...)
	}
	return s
}

// params reads the parameters of an address. One that is not expected, or comes twice, is an error: nothing may get past
// a check under another name.
func params(r *http.Request, names ...string) (map[string]string, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "网址中的参数无法识别，请按 UTF-8 编码")
	}
	got := map[string]string{}
	for key, values := range query {
		switch {
		case !slices.Contains(names, key):
			return nil, refuse(http.StatusBadRequest, "没有这个参数，可用的有：%s", join(names))
		case len(values) != 1:
			return nil, refuse(http.StatusBadRequest, "参数 %s 只能写一次", key)
		case !utf8.ValidString(values[0]):
			return nil, refuse(http.StatusBadRequest, "参数 %s 的内容无法识别，请按 UTF-8 编码", key)
		}
		got[key] = values[0]
	}
	return got, nil
}

func join(names []string) string {
	text := ""
	for i, n := range names {
		if i > 0 {
			text += "、"
		}
		text += n
	}
	return text
}

// record writes down what a program is about to change, before it is changed.
func (a *API) record(r *http.Request, c *access.Caller, got map[string]string, o access.Outcome) error {
	return a.Audit.Write(c.Actor(), access.Imported, object(r, got), o)
}

// object names what a request is about.
func object(r *http.Request, got map[string]string) string {
	text := r.Pattern
	for _, key := range []string{"profile", "org"} {
		if v := got[key]; v != "" {
			text += " " + key + "=" + code(v)
		}
	}
	return text
}

// code is a word as the audit log may quote it.
func code(s string) string {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' && r != '.' {
			return "?"
		}
	}
	if len(s) > 60 {
		return "?"
	}
	return s
}

func han(s string) bool {
	for _, r := range s {
		if unicode.Is(unicode.Han, r) {
			return true
		}
	}
	return false
}

// typed is an answer of another type than application/json.
type typed struct {
	kind  string
	value any
}

func answer(w http.ResponseWriter, status int, v any) error {
	kind := "application/json; charset=utf-8"
	if t, ok := v.(typed); ok {
		kind, v = t.kind, t.value
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // nobody may be there any more
	return nil
}
