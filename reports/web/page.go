package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed tmpl
var templateFiles embed.FS

// Frame is what every page has around its own content.
type Frame struct {
	Title   string
	Site    string
	Tab     string // id of the current tab; "" for none
	Crumbs  []Crumb
	AsOf    string // 数据截至 …; "" where the page has no data
	Lost    string // jobs that disappeared from the warehouse, a warning on every page
	Notices []string
	Program string
	Charts  bool // the page draws charts
}

// Crumb is one step of the way from the top to the unit shown. The last one has no address.
type Crumb struct {
	Text string
	URL  string
}

// frame is the Frame of a page.
func (s *Server) frame(title, tab string) Frame {
	f := Frame{Title: title, Site: s.Catalog.Site.Name, Tab: tab, Program: s.Version}
	if s.Warehouse != nil {
		if lost := s.Warehouse.Lost(); len(lost) > 0 {
			f.Lost = fmt.Sprintf("有 %d 个作业的数据在仓库中找不到，数字可能不全，请管理员运行 gridstar verify 核对。", len(lost))
		}
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

// render writes a page. It is written to memory first: a mistake in a template must not end as half a page.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var b bytes.Buffer
	if err := s.templates[name].Execute(&b, data); err != nil {
		s.Log.Error("template failed", "template", name, "err", err)
		http.Error(w, "页面暂时无法显示，请把时间和网址告诉管理员。", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	send(w, r, status, b.Bytes())
}
