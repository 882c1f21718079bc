package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/reports/assets"
)

//go:embed tmpl
var templateFiles embed.FS

// Frame is what every page has around its own content.
type Frame struct {
	Title   string
	Site    string
	Tab     string // id of the current tab; "" for none, strangers for a page without navigation
	Tabs    []tab  // those that the caller may open
	User    string // who is signed in
	Find    bool   // he may look for units
	As      string // whose eyes an administrator looks with; "" for his own
	Crumbs  []Crumb
	AsOf    string // 数据截至 …; "" where the page has no data
	Lost    string // jobs that disappeared from the warehouse, a warning on every page
	Notices []string
	Program string
	Charts  bool   // the page draws charts
	Maps    bool   // the page draws the map
	Start   string // where the caller begins to load: the first steps, or the page for files; "" where he may not
}

// Crumb is one step of the way from the top to the unit shown. The last one has no address.
type Crumb struct {
	Text string
	URL  string
}

// strangers is the Tab of a page for whoever has not signed in: nothing but the page itself.
const strangers = "strangers"

// frame is the Frame of a page for whoever asks for it.
func (s *Server) frame(r *http.Request, title, tab string) Frame {
	f := Frame{Title: title, Site: s.Catalog.Site.Name, Tab: tab, Program: s.Version}
	if c := s.caller(r); c != nil {
		f.Tabs, f.User, f.Find = tabsOf(c), c.Name, c.May(access.See)
		switch {
		case c.May(access.Manage):
			f.Start = "/start"
		case c.May(access.Enter):
			f.Start = "/data"
		}
		if c.ViewedBy != "" {
			f.User, f.As = c.ViewedBy, c.Name
			if a, ok := s.Access.Account(c.ViewedBy); ok {
				f.User = a.Display
			}
		}
	}
	if lost := s.Warehouse.Lost(); len(lost) > 0 {
		f.Lost = fmt.Sprintf("有 %d 个作业的数据在仓库中找不到，数字可能不全，请管理员运行 gridstar verify 核对。", len(lost))
	}
	return f
}

// parseTemplates reads one set per page: layout.tmpl and parts.tmpl with the page's own file.
func parseTemplates(funcs template.FuncMap) (map[string]*template.Template, error) {
	names, err := fs.Glob(templateFiles, "tmpl/*.tmpl")
	if err != nil {
		return nil, err
	}
	all := map[string]*template.Template{}
	for _, name := range names {
		id := strings.TrimSuffix(path.Base(name), ".tmpl")
		if id == "layout" || id == "parts" {
			continue
		}
		t, err := template.New("layout.tmpl").Funcs(funcs).Option("missingkey=error").
			ParseFS(templateFiles, "tmpl/layout.tmpl", "tmpl/parts.tmpl", name)
		if err != nil {
			return nil, err
		}
		all[id] = t
	}
	return all, nil
}

// kept makes the handler of a page that follows from the data version, the catalogue, the caller and what he holds, the
// address and the time to five minutes. The page is made once and kept, and a browser that has it is told so.
func kept(name string, show func(*Server, *http.Request) (any, error)) func(*Server) http.Handler {
	return page(func(s *Server, w http.ResponseWriter, r *http.Request) error {
		now := s.Now().Truncate(analytics.NowStep).Format("200601021504")
		sum := sha256.Sum256([]byte(strings.Join([]string{s.build, name, s.caller(r).Key(), now, s.frame(r, "", "").Lost, r.URL.RequestURI()}, "\x00")))
		version, key := s.Engine.Version(), "page "+hex.EncodeToString(sum[:])
		if etag(w, r, fmt.Sprintf("%d-%.8s-%.24s", version, s.Catalog.Hash(), hex.EncodeToString(sum[:]))) {
			return nil
		}
		body, err := analytics.Keep(r.Context(), s.Engine, version, key, func(ctx context.Context) (assets.Body, int64, error) {
			data, err := show(s, r.WithContext(ctx))
			if err != nil {
				return assets.Body{}, 0, err
			}
			page, err := s.execute(name, data)
			body := assets.NewBody(page)
			return body, body.Size(), err
		})
		if err != nil {
			w.Header().Del("ETag")
			w.Header().Set("Cache-Control", "no-store")
			return err
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		write(w, r, http.StatusOK, body.For(w, r))
		return nil
	})
}

// execute fills a template. It is written to memory first: a mistake in a template must not end as half a page.
func (s *Server) execute(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := s.templates[name].Execute(&b, data); err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	return b.Bytes(), nil
}

// render writes a page.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	body, err := s.execute(name, data)
	if err != nil {
		s.Log.Error("page failed", "err", err)
		http.Error(w, "页面暂时无法显示，请把时间和网址告诉管理员。", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	send(w, r, status, body)
}

// send writes a body that is made for this request. All headers but those of its coding are set already.
func send(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	write(w, r, status, assets.Compress(w, r, body))
}

// write ends a response.
func write(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the browser has gone if this fails
	}
}
