package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/geo"
	"gridstar/ingest/intake"
)

// bordersFilePage is bordersfile.tmpl: one file of borders, what it would become, and what is wrong with it.
type bordersFilePage struct {
	Frame
	Said    said
	Path    string
	State   stateWord
	Facts   []fact
	Error   string
	Note    string
	Gone    bool
	Open    bool // it can still be loaded or given up
	Choice  intake.BordersChoice
	Levels  []kindChoice
	Systems []systemGroup
	Codes   []kindChoice // encodings
	Props   []propChoice
	Shares  []shareLine
	Of      int // points tried
	Sight   *bordersSight
	Changes []fact
	Mended  []string // by the load
	Job     string
	Undone  int64 // the job that took it back
}

// systemGroup is coordinate systems to choose from.
type systemGroup struct {
	Label   string
	Choices []kindChoice
}

// propChoice is a property of the file, and for which of the three questions it is chosen.
type propChoice struct {
	Name               string
	Code, Title, Upper bool
}

// shareLine is how many points of records lie in the shapes if they are read in a system.
type shareLine struct {
	Label string
	Text  string
	Share string // percent, for the bar
}

// bordersSystems are those that coordinates of files may be in: as they are called, then the projections of CGCS2000 by zone.
var bordersSystems = []systemGroup{
	{"经纬度", []kindChoice{
		{Code: string(geo.WGS84), Label: "WGS-84（GPS、OpenStreetMap）"},
		{Code: string(geo.CGCS2000), Label: "CGCS2000（测绘部门、天地图）"},
		{Code: string(geo.GCJ02), Label: "GCJ-02（高德、腾讯）"},
		{Code: string(geo.BD09), Label: "BD-09（百度）"},
	}},
	{"投影坐标（米）", append([]kindChoice{{Code: string(geo.WebMercator), Label: "Web 墨卡托（网页地图）"}}, zones()...)},
}

// zones are EPSG:4491 to 4554, the Gauss–Krüger projections of CGCS2000 (EPSG registry): 6° zones 13 to 23 with and without the
// zone's number before the easting, then 3° zones 25 to 45 in the same way.
func zones() (all []kindChoice) {
	for _, z := range []struct {
		epsg, first, last, width, offset int
		numbered                         bool
	}{{4513, 25, 45, 3, 0, true}, {4534, 25, 45, 3, 0, false}, {4491, 13, 23, 6, -3, true}, {4502, 13, 23, 6, -3, false}} {
		for n := z.first; n <= z.last; n++ {
			words := "坐标前无带号"
			if z.numbered {
				words = "坐标前有带号"
			}
			all = append(all, kindChoice{
				Code:  fmt.Sprintf("EPSG:%d", z.epsg+n-z.first),
				Label: fmt.Sprintf("CGCS2000 %d 度带第 %d 带，中央经线 %d 度，%s（EPSG:%d）", z.width, n, n*z.width+z.offset, words, z.epsg+n-z.first),
			})
		}
	}
	return all
}

// systemName is what a system is called.
func systemName(crs geo.CRS) string {
	for _, g := range bordersSystems {
		for _, c := range g.Choices {
			if c.Code == string(crs) {
				return c.Label
			}
		}
	}
	return string(crs)
}

// usual are names under which files give codes and names: proposed, and free to be changed.
var usual = struct{ code, name []string }{
	code: []string{"code", "adcode", "编码", "代码", "网格编码", "单位编码", "行政区划代码", "grid_code", "gridcode", "bm", "dm"},
	name: []string{"name", "名称", "网格名称", "单位名称", "mc", "xzqmc"},
}

// propose is the first property of a file that is usually called so.
func propose(props, names []string) string {
	for _, n := range names {
		for _, p := range props {
			if strings.EqualFold(p, n) {
				return p
			}
		}
	}
	return ""
}

// bordersUpload shows a file of borders as chosen in the address.
func (s *Server) bordersUpload(w http.ResponseWriter, r *http.Request) error {
	u, err := s.bordersOf(r)
	if err != nil {
		return err
	}
	c, err := s.bordersChoice(r.URL.Query().Get)
	if spoken(err) {
		return s.showBordersFile(w, r, mistaken(err), u, intake.BordersChoice{}, said{Error: sentence(err)})
	}
	if err != nil {
		return err
	}
	first := saidOf(r)
	if r.URL.Query().Has("level") && (c.Level == "" || c.Code == "") {
		first.Error = "请选择层级和编码所在的属性，再检查。"
	}
	return s.showBordersFile(w, r, http.StatusOK, u, c, first)
}

// bordersShapes sends the shapes of a file of borders as they are, for the map of its page.
func (s *Server) bordersShapes(w http.ResponseWriter, r *http.Request) error {
	u, err := s.bordersOf(r)
	if err != nil {
		return err
	}
	c, err := s.bordersChoice(r.URL.Query().Get)
	if err != nil {
		return err
	}
	sight, err := s.seeBorders(r.Context(), u, c)
	if err != nil {
		return err
	}
	if sight.body == nil {
		return errNotFound
	}
	w.Header().Set("Content-Type", "application/geo+json")
	send(w, r, http.StatusOK, sight.body)
	return nil
}

// showBordersFile shows the page of a file of borders.
func (s *Server) showBordersFile(w http.ResponseWriter, r *http.Request, status int, u intake.Upload, c intake.BordersChoice, first said) error {
	p := &bordersFilePage{
		Frame: s.frame(r, u.Name, "data"), Said: first, Path: bordersPath(u.ID), State: uploadState(u), Note: u.Note, Gone: u.Gone, Choice: c,
		Open: u.State == intake.Waiting && !u.Gone,
	}
	p.Crumbs = []Crumb{{"数据", "/data"}, {"边界", "/data/borders"}, {u.Name, ""}}
	p.Facts = []fact{{"大小", sizeWords(u.Size)}, {"上传", u.Sender.Account + "，" + moment(u.Received, "")}, {"校验值", "SHA-256 " + u.Hash}}
	if u.State == intake.Done && u.Borders != nil {
		if err := s.loadedBorders(r, p, u); err != nil {
			return err
		}
	}
	if p.Open {
		if err := s.lookAtBorders(r, p, u, c); err != nil {
			return err
		}
	}
	s.render(w, r, status, "bordersfile", p)
	return nil
}

// loadedBorders says what became of a file that is in.
func (s *Server) loadedBorders(r *http.Request, p *bordersFilePage, u intake.Upload) error {
	l, _ := s.Catalog.Level(u.Borders.Level)
	crs := "文件写明的坐标系"
	if u.Borders.CRS != "" {
		crs = systemName(geo.CRS(u.Borders.CRS))
	}
	p.Facts = append(p.Facts, fact{"载入", u.Publisher.Account + "，" + moment(u.Finished, "")}, fact{"层级", l.Label}, fact{"坐标系", crs})
	if u.Borders.ValidFrom != "" {
		p.Facts = append(p.Facts, fact{"启用日期", u.Borders.ValidFrom})
	}
	p.Mended = slices.Clone(u.Borders.Mended)
	for i := range p.Mended {
		p.Mended[i] = bordersText(p.Mended[i])
	}
	published, err := s.published(r.Context())
	if err != nil {
		return err
	}
	for _, o := range u.Loaded() {
		p.Job = jobPath(o.Result.Job)
		p.Facts = append(p.Facts, fact{"图形", fmt.Sprintf("共 %s 个，写入 %s 个，未变 %s 个", count(o.Result.Rows), count(o.Result.Accepted), count(o.Result.Unchanged))})
		for _, j := range published.jobs {
			if j.ID == o.Result.Job {
				p.State, p.Undone = jobState(j, 0), j.UndoneBy
			}
		}
	}
	return nil
}

// lookAtBorders fills in what was seen of a file that waits.
func (s *Server) lookAtBorders(r *http.Request, p *bordersFilePage, u intake.Upload, c intake.BordersChoice) error {
	sight, err := s.seeBorders(r.Context(), u, c)
	if err != nil {
		if r.Context().Err() != nil {
			return err
		}
		p.Error = s.bordersTold(r, err)
		return nil
	}
	if c.Level == "" && c.Code == "" {
		c.Code, c.Name = propose(sight.Props, usual.code), propose(sight.Props, usual.name)
	}
	if sight.Problem != nil {
		p.Error = s.bordersTold(r, sight.Problem)
	}
	p.Choice, p.Sight, p.Maps = c, sight, sight.Map != nil
	for _, l := range s.Catalog.Levels {
		if l.Tree == catalog.Area {
			p.Levels = append(p.Levels, kindChoice{l.ID, l.Label, l.ID == c.Level})
		}
	}
	p.Codes = choose(encodings, c.Encoding)
	current := c.CRS
	if current == "" {
		current = string(sight.CRS) // the file says it
	}
	for _, g := range bordersSystems {
		p.Systems = append(p.Systems, systemGroup{g.Label, choose(g.Choices, current)})
	}
	for _, name := range sight.Props {
		p.Props = append(p.Props, propChoice{name, name == c.Code, name == c.Name, name == c.Parent})
	}
	p.Facts = append(p.Facts, fact{"格式", strings.TrimSpace(formatNames[sight.Format] + " " + strings.ToUpper(sight.Encoding))}, fact{"要素", count(sight.Rows) + " 个"})
	if sight.CRS != "" {
		p.Facts = append(p.Facts, fact{"文件写明的坐标系", systemName(sight.CRS)})
	}
	for _, x := range sight.Shares {
		p.Of = x.Of
		share := fmt.Sprintf("%.1f", 100*float64(x.Inside)/float64(max(x.Of, 1)))
		p.Shares = append(p.Shares, shareLine{systemName(x.CRS), share + "%", share})
	}
	p.Changes = sight.changes()
	return nil
}

// formatNames are what formats of shapes are called.
var formatNames = map[geo.Format]string{geo.GeoJSON: "GeoJSON", geo.Shapefile: "Shapefile", geo.KML: "KML", geo.WKT: "WKT"}

// changes says how units and shapes would meet.
func (x *bordersSight) changes() (all []fact) {
	if x.Report == nil {
		return nil
	}
	return slices.DeleteFunc(x.changesOf(x.Report), func(f fact) bool { return f.Text == "" })
}

func (x *bordersSight) changesOf(l *units.LayerReport) []fact {
	text := func(codes []string) string {
		if len(codes) == 0 {
			return ""
		}
		return x.some(codes)
	}
	all := []fact{
		{"新登记单位", text(l.Created)},
		{"其中没有上级、数据不会汇总", text(x.Homeless)},
		{"停用原边界的单位", text(l.Ended)},
		{"仍没有边界的单位", text(l.WithoutShape)},
		{"没有对应单位的边界", text(l.WithoutUnit)},
		{"与新边界重叠、仍在使用的旧边界", text(l.Overlapped)},
	}
	if n := len(l.Empty); n > 0 {
		all = append(all, fact{"没有面、将跳过的要素", count(n) + " 个"})
	}
	return all
}
