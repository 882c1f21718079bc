package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gridstar/analytics"
	"gridstar/analytics/catalog"
)

// recordsPage is records.tmpl.
type recordsPage struct {
	Frame
	Heading string
	Period  Period
	Empty   string

	Metric  string
	Metrics []metricGroup
	Flags   []kindChoice // by which rows can be filtered; nil where they cannot
	Keep    []hidden     // what the form that chooses a metric keeps
	Parts   []partChoice
	Filters []choice // each with the address without it
	Basis   basis
	Label   string

	Head   []sortHead
	Rows   []recordRow
	Total  int64
	First  int64
	Last   int64
	Prev   string
	Next   string
	CSV    string
	Back   string // the overview of the same unit and period
	Number string // the number that the rows explain
	Part   string // what of it is listed, where it is a part
}

type metricGroup struct {
	Label   string
	Metrics []kindChoice
}

type partChoice struct {
	choice
	N string
}

// sortHead is the head of a column: URL sorts by it, Sort is ascending or descending while it does.
type sortHead struct {
	Label string
	URL   string
	Sort  string
	Num   bool
}

type recordRow struct {
	Cells []recordCell
}

// recordCell is one value. Unit cells link to the unit.
type recordCell struct {
	Label string // of its column, where a narrow screen shows the row as a list
	Text  string
	Class string // num, wide; text for a long one
	URL   string
}

const rowsPerPage = 50

// rowParams are the dimensions of codes that an address can filter rows by.
var rowParams = []string{"channel", "category", "category2", "status", "dept", "target_group", "resolved_level", "result"}

// rowQuery reads what an address asks for; it is the query of the number that the rows are behind.
func (s *Server) rowQuery(r *http.Request, st state) (analytics.RowQuery, error) {
	v := r.URL.Query()
	q := analytics.RowQuery{Query: s.base(r, st), Part: analytics.Part(v.Get("part")), Sort: v.Get("sort"), Desc: v.Get("desc") == "1", Limit: rowsPerPage}
	id := v.Get("metric")
	if id == "" {
		id = "received"
	}
	q.Metrics = []string{id}
	for _, dim := range rowParams {
		if v.Has(dim) {
			q.Where = append(q.Where, analytics.Filter{Dim: dim, Values: []string{v.Get(dim)}})
		}
	}
	if flag := v.Get("flag"); flag != "" {
		q.Where = append(q.Where, analytics.Filter{Dim: "flag", Values: []string{flag}})
	}
	if level := v.Get("none"); level != "" {
		q.Where = append(q.Where, analytics.Filter{Dim: "org:" + level, Values: []string{""}})
	}
	if page := v.Get("page"); page != "" {
		n, err := strconv.Atoi(page)
		if err != nil || n < 1 || n > 1_000_000 {
			return q, refuse("没有第“%s”页，请从第一页看起", brief(page))
		}
		q.Offset = (n - 1) * rowsPerPage
	}
	if v := v.Get("now"); v != "" {
		t, err := time.Parse("2006-01-02T15:04:05", v)
		if err != nil {
			return q, refuse("统计时点“%s”无法识别，应写成 2026-10-01T08:00:00 的样式", brief(v))
		}
		q.Now = t
	}
	return q, nil
}

// flaggable says whether the rows behind a metric can be filtered by what loading doubted about them.
func flaggable(m *catalog.Metric) bool {
	return m.Shape == catalog.ShapeRecord || m.Shape == catalog.ShapeActivity
}

// records lists the rows behind a number.
func (s *Server) records(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	st, err := s.state(r)
	if err != nil {
		return err
	}
	q, err := s.rowQuery(r, st)
	if err != nil {
		return err
	}
	m, ok := s.Catalog.Metric(q.Metrics[0])
	if !ok {
		return refuse("没有编号为“%s”的指标，请从总览中点开数字", brief(q.Metrics[0]))
	}
	if st.Kind != "" && !counts(s.Catalog, m.ID) {
		q.Where = slices.DeleteFunc(q.Where, func(f analytics.Filter) bool { return f.Dim == catalog.ListKind })
		st.Kind = ""
		st.notices = append(st.notices, "“"+m.Label+"”不分事项类型，已显示全部")
	}
	if !flaggable(m) {
		q.Where = slices.DeleteFunc(q.Where, func(f analytics.Filter) bool { return f.Dim == "flag" })
	}
	if asFile(r) {
		return s.recordsCSV(w, r, st, q, m)
	}
	p := &recordsPage{Frame: s.frame(r, st.name()+" "+m.Label+"明细", "records"), Period: st.Period, Label: m.Label}
	p.Notices, p.Heading = st.notices, st.Period.Label()+" "+m.Label+"明细"
	p.Crumbs = st.crumbs("/records")
	p.Back = st.link("/")
	here := st.values()
	for _, key := range append([]string{"metric", "part", "sort", "desc", "none", "now"}, rowParams...) {
		if v := r.URL.Query(); v.Has(key) {
			here.Set(key, v.Get(key))
		}
	}
	here.Set("metric", m.ID)
	s.recordChoices(p, q, here)
	if p.Empty = st.emptiness(s.Now()); p.Empty != "" {
		s.render(w, r, http.StatusOK, "records", p)
		return nil
	}
	number := q.Query
	number.Where = slices.DeleteFunc(slices.Clone(q.Where), func(f analytics.Filter) bool { return f.Values[0] == "" && strings.HasPrefix(f.Dim, "org:") })
	var page *analytics.RowPage
	var whole *analytics.Answer
	for range 3 { // a job may be published between the two: then they are asked again
		if page, err = s.Engine.Behind(ctx, q); err != nil {
			return err
		}
		answers, err := s.Engine.Ask(ctx, number)
		if err != nil {
			return err
		}
		if whole = answers[0]; whole.Version == page.Version {
			break
		}
	}
	c := whole.Rows[0].Cells[0]
	p.Number = analytics.Published(m, c)
	switch {
	case c.Value != nil && m.Unit == "%":
		p.Number += "%"
	case c.Value != nil:
		p.Number += " " + m.Unit
	}
	switch base := analytics.PublishedBase(m, c); {
	case c.Value == nil || base == "":
	case m.Type == catalog.Weighted || m.Type == catalog.Quantile:
		p.Number += "（样本 " + base + "）"
	default:
		p.Number += "（" + base + "）"
	}
	if len(number.Where) < len(q.Where) {
		p.Number = "" // the answer is about all units, the rows about those without one
	}
	p.Basis = s.basis(m, analytics.PublishedBase(m, c), whole)
	p.AsOf = asOf(page.Version, st.extent.To)
	p.Total = page.Total
	sums := c.HasD && len(page.Parts) > 0 && float64(page.Parts[0].N+page.HeldBack) != c.D // it adds up what rows state: rows are not its units
	for _, part := range page.Parts {
		if sums && part.Metric == "" && part.Part != analytics.PartBase {
			continue
		}
		if sums && part.Part == analytics.PartBase && part.Metric == "" {
			part.Label = "所依据的各行"
		}
		if part.Metric != "" {
			p.Parts = append(p.Parts, partChoice{choice{part.Label, address("/records", here, "metric", part.Metric, "part", "", "sort", "", "desc", ""), false}, ""})
			continue
		}
		if part.Part == q.Part && q.Part != analytics.PartBase {
			p.Part = part.Label
		}
		p.Parts = append(p.Parts, partChoice{choice{part.Label, address("/records", here, "part", string(part.Part), "sort", "", "desc", ""), part.Part == q.Part}, count(part.N)})
	}
	p.Notices = append(p.Notices, page.Notes...)
	if q.Scope.Care.Empty() { // a column of nothing but “依权限不显示” says nothing
		leaveOut(page, catalog.ListTargetGroup)
	}
	for _, col := range page.Columns {
		h := sortHead{Label: col.Label, Num: col.Kind == analytics.NumberColumn}
		if col.Sortable {
			desc := ""
			if q.Sort == col.ID {
				h.Sort = "ascending"
				if q.Desc {
					h.Sort = "descending"
				} else {
					desc = "1"
				}
			}
			h.URL = address("/records", here, "sort", col.ID, "desc", desc)
		}
		p.Head = append(p.Head, h)
	}
	for _, row := range page.Rows {
		line := recordRow{Cells: make([]recordCell, len(row.Cells))}
		for i, v := range row.Cells {
			line.Cells[i] = recordText(page.Columns[i], v)
			if k, ok := v.(analytics.Key); ok && page.Columns[i].Kind == analytics.UnitColumn && k.Value != nil {
				line.Cells[i].URL = st.at(fmt.Sprint(k.Value)).link("/")
			}
		}
		p.Rows = append(p.Rows, line)
	}
	p.First, p.Last = int64(q.Offset)+1, int64(q.Offset+len(page.Rows))
	current := q.Offset/rowsPerPage + 1
	if current > 1 {
		p.Prev = address("/records", here, "page", strconv.Itoa(current-1))
	}
	if p.Last < page.Total {
		p.Next = address("/records", here, "page", strconv.Itoa(current+1))
	}
	p.CSV = st.file("/files/records", here)
	s.render(w, r, http.StatusOK, "records", p)
	return nil
}

// leaveOut takes a column out of a page of rows.
func leaveOut(page *analytics.RowPage, id string) {
	at := slices.IndexFunc(page.Columns, func(c analytics.RowColumn) bool { return c.ID == id })
	if at < 0 {
		return
	}
	page.Columns = slices.Delete(page.Columns, at, at+1)
	for i := range page.Rows {
		page.Rows[i].Cells = slices.Delete(page.Rows[i].Cells, at, at+1)
	}
}

// metricGroups are all metrics by what they count.
func (s *Server) metricGroups(current string) (all []metricGroup) {
	group := map[string]int{}
	shapes := map[string]string{
		catalog.ShapeRecord: "事项", catalog.ShapeActivity: "活动", catalog.ShapeFigure: "上报数", catalog.ShapePlace: "登记", catalog.ShapeOrg: "登记",
	}
	for _, m := range s.Catalog.Metrics() {
		label := shapes[m.Shape]
		if label == "" {
			label = "综合"
		}
		i, ok := group[label]
		if !ok {
			i = len(all)
			group[label] = i
			all = append(all, metricGroup{Label: label})
		}
		all[i].Metrics = append(all[i].Metrics, kindChoice{m.ID, m.Label, m.ID == current})
	}
	return all
}

// recordChoices are the metrics that have rows, and the filters with the way back from each.
func (s *Server) recordChoices(p *recordsPage, q analytics.RowQuery, here map[string][]string) {
	p.Metrics = s.metricGroups(q.Metrics[0])
	for _, key := range []string{"org", "per", "at", "from", "to", "kind"} {
		if v := here[key]; len(v) > 0 {
			p.Keep = append(p.Keep, hidden{key, v[0]})
		}
	}
	p.Metric = q.Metrics[0]
	flags, words := analytics.Flags()
	if m, ok := s.Catalog.Metric(q.Metrics[0]); ok && flaggable(m) {
		for i, id := range flags {
			on := slices.ContainsFunc(q.Where, func(f analytics.Filter) bool { return f.Dim == "flag" && f.Values[0] == id })
			p.Flags = append(p.Flags, kindChoice{id, words[i], on})
		}
	}
	ids, labels := analytics.Dimensions(s.Catalog)
	for _, f := range q.Where {
		key, name := f.Dim, f.Dim
		if i := slices.Index(ids, f.Dim); i >= 0 {
			name = labels[i]
		}
		text := f.Values[0]
		if list := s.Catalog.List(f.Dim); list != nil {
			text = list.LabelOf(text)
		}
		if i := slices.Index(flags, text); f.Dim == "flag" && i >= 0 {
			name, text = "标记", words[i]
		}
		switch {
		case strings.HasPrefix(f.Dim, "org:"):
			key, text = "none", "未确定"
		case text == "":
			text = "未填写"
		}
		p.Filters = append(p.Filters, choice{name + "：" + brief(text), address("/records", here, key, ""), false})
	}
}

// longCode is how many characters of a code or a name a line takes.
const longCode = 24

// recordText writes one cell.
func recordText(col analytics.RowColumn, v any) recordCell {
	c := recordCell{Label: col.Label, Class: map[string]string{analytics.NumberColumn: "num", analytics.TextColumn: "wide"}[col.Kind]}
	switch v := v.(type) {
	case nil:
	case time.Time:
		c.Text = v.Format("2006-01-02 15:04")
		if col.Kind == analytics.DateColumn {
			c.Text = v.Format(time.DateOnly)
		}
	case float64:
		c.Text = strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(v, 'f', 2, 64), "0"), ".")
	case bool:
		c.Text = map[bool]string{true: "是", false: "否"}[v]
	case analytics.Key:
		c.Text = v.Name
	default:
		c.Text = fmt.Sprint(v)
	}
	switch {
	case c.Class == "wide" && len(c.Text) > 60:
		c.Class = "wide text"
	case c.Class == "" && utf8.RuneCountInString(c.Text) > longCode:
		c.Class = "wide" // it would push the other columns off the screen
	}
	return c
}

// recordsCSV sends all rows, not one page of them.
func (s *Server) recordsCSV(w http.ResponseWriter, r *http.Request, st state, q analytics.RowQuery, m *catalog.Metric) error {
	q.Offset, q.Limit = 0, 0
	name := st.name() + st.Period.Label() + m.Label + "明细.csv"
	started := &lateHeader{ResponseWriter: w, start: func() { download(w, "text/csv; charset=utf-8", name) }}
	err := s.Engine.WriteRows(r.Context(), q, started)
	if err != nil && started.begun {
		panic(http.ErrAbortHandler) // half a file must not look like a whole one
	}
	return err
}

// lateHeader sets the headers of a download when its first byte comes, so that a refusal can still be a page.
type lateHeader struct {
	http.ResponseWriter
	start func()
	begun bool
}

func (l *lateHeader) Write(b []byte) (int, error) {
	if !l.begun {
		l.begun = true
		l.start()
	}
	return l.ResponseWriter.Write(b)
}

// download says that what follows is a file.
func download(w http.ResponseWriter, kind, name string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}

// sendJSON writes a value for a script.
func sendJSON(w http.ResponseWriter, r *http.Request, v any) error {
	return sendJSONAs(w, r, http.StatusOK, v)
}

func sendJSONAs(w http.ResponseWriter, r *http.Request, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return errors.Join(errors.New("encoding the answer"), err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	send(w, r, status, b)
	return nil
}
