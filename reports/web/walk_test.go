package web_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/access"
	"gridstar/analytics/units"
	"gridstar/reports/web"
)

// The letters of walk.roles.
var walkers = map[string]access.Role{
	"L": access.DistrictLeader, "S": access.StreetLeader, "B": access.Secretary, "E": access.Evaluator, "K": access.Clerk,
	"A": access.Auditor, "M": access.Administrator,
}

// walk says by hand, and not from the table of routes, who may use each of them and how it is called. In addresses {unit}
// is the code of a unit, {community} that of one for which there is a scorecard. units says that the address names one.
var walk = map[string]struct {
	roles string // letters of walkers; * whoever is signed in, - everybody
	url   string
	units bool
	form  url.Values
	want  int // of those who may; 0 is 200
}{
	"GET /{$}":                  {roles: "LSBEKM", url: "/?org={unit}&per=month&at=2026-10", units: true},
	"GET /map":                  {roles: "LSBEKM", url: "/map?org={unit}&per=month&at=2026-10&show=grid", units: true},
	"GET /basemap/{z}/{x}/{y}":  {roles: "LSBEKM", url: "/basemap/3/1/2", want: 404}, // none is set
	"GET /map/bins":             {roles: "LSBEKM", url: "/map/bins?metric=received&size=200&org={unit}&per=month&at=2026-10", units: true},
	"GET /map/points":           {roles: "LSBEKM", url: "/map/points?metric=received&org={unit}&per=month&at=2026-10", units: true},
	"GET /map/months":           {roles: "LSBEKM", url: "/map/months?show=grid&org={unit}&per=month&at=2026-10", units: true},
	"GET /map/draw":             {roles: "KM", url: "/map/draw?org={unit}", units: true},
	"POST /map/draw/replay":     {roles: "KM", url: "/map/draw/replay?org={unit}", units: true, form: url.Values{"draft": {"{}"}}, want: 422},
	"POST /map/draw/save":       {roles: "KM", url: "/map/draw/save?org={unit}", units: true, form: url.Values{"draft": {"{}"}, "from": {""}}, want: 422},
	"GET /map/context/{layer}":  {roles: "LSBEKM", url: "/map/context/道路", want: 404}, // none is loaded
	"GET /map/reach":            {roles: "LSBEKM", url: "/map/reach?org={unit}&per=month&at=2026-10", units: true},
	"GET /map/unit":             {roles: "LSBEKM", url: "/map/unit?org={unit}&per=month&at=2026-10", units: true},
	"GET /stars":                {roles: "LSBEKM", url: "/stars?cycle=2026&org={unit}", units: true},
	"GET /stars/{org}":          {roles: "LSBEKM", url: "/stars/{community}?cycle=2026", units: true},
	"GET /search":               {roles: "LSBEKM", url: "/search?q=社区"},
	"GET /records":              {roles: "LSBEKM", url: "/records?metric=received&org={unit}&per=year&at=2026", units: true},
	"GET /start":                {roles: "M", url: "/start"},
	"GET /chart/{name}":         {roles: "LSBEKM", url: "/chart/ranking?org={unit}&per=year&at=2026", units: true},
	"GET /outline/{level}":      {roles: "LSBEKM", url: "/outline/grid?org={unit}", units: true},
	"GET /honours":              {roles: "LSBEKM", url: "/honours?org={unit}&per=year&at=2026", units: true},
	"GET /files/records":        {roles: "LSB", url: "/files/records?metric=received&org={unit}&per=month&at=2026-10", units: true},
	"GET /files/chart/{name}":   {roles: "LSB", url: "/files/chart/ranking?org={unit}&per=year&at=2026", units: true},
	"GET /files/picture/{name}": {roles: "LSB", url: "/files/picture/ranking?org={unit}&per=year&at=2026", units: true},
	"GET /files/stars":          {roles: "LSB", url: "/files/stars?cycle=2026&org={unit}", units: true},
	"GET /files/stars/{org}":    {roles: "LSB", url: "/files/stars/{community}?cycle=2026&part=indicators", units: true},

	"GET /signin":       {roles: "-", url: "/signin"},
	"POST /signin":      {roles: "-", url: "/signin", form: url.Values{"name": {"nobody"}, "password": {"wrong"}}, want: 403},
	"GET /enter":        {roles: "-", url: "/enter?key=none", want: 403},
	"POST /enter":       {roles: "-", url: "/enter", form: url.Values{"key": {"none"}}, want: 403},
	"POST /signout":     {roles: "*", url: "/signout", want: 303},
	"POST /viewing/end": {roles: "*", url: "/viewing/end", want: 303},

	"GET /account":                     {roles: "*", url: "/account"},
	"POST /account/password":           {roles: "*", url: "/account/password", form: url.Values{"old": {"wrong"}, "new": {"x"}, "again": {"x"}}, want: 422},
	"POST /account/sessions/end":       {roles: "*", url: "/account/sessions/end", want: 303},
	"POST /account/sessions/{id}/end":  {roles: "*", url: "/account/sessions/none/end", want: 404},
	"GET /admin":                       {roles: "M", url: "/admin"},
	"POST /admin":                      {roles: "M", url: "/admin", form: url.Values{"name": {"x"}}, want: 422},
	"GET /admin/accounts/{name}":       {roles: "M", url: "/admin/accounts/walk-A"},
	"POST /admin/accounts/{name}/view": {roles: "M", url: "/admin/accounts/walk-A/view", want: 422},

	"POST /admin/accounts/{name}/rename":            {roles: "M", url: "/admin/accounts/walk-A/rename", form: url.Values{"display": {""}}, want: 422},
	"POST /admin/accounts/{name}/disable":           {roles: "M", url: "/admin/accounts/nobody/disable", want: 404},
	"POST /admin/accounts/{name}/enable":            {roles: "M", url: "/admin/accounts/nobody/enable", want: 404},
	"POST /admin/accounts/{name}/link":              {roles: "M", url: "/admin/accounts/nobody/link", want: 404},
	"POST /admin/accounts/{name}/grants":            {roles: "M", url: "/admin/accounts/walk-A/grants", form: url.Values{"role": {"king"}}, want: 422},
	"POST /admin/accounts/{name}/grants/{id}/end":   {roles: "M", url: "/admin/accounts/walk-A/grants/99/end", want: 422},
	"POST /admin/accounts/{name}/sessions/end":      {roles: "M", url: "/admin/accounts/nobody/sessions/end", want: 404},
	"POST /admin/accounts/{name}/sessions/{id}/end": {roles: "M", url: "/admin/accounts/walk-A/sessions/none/end", want: 422},
	"POST /admin/accounts/{name}/tokens":            {roles: "M", url: "/admin/accounts/walk-A/tokens", form: url.Values{"label": {""}}, want: 422},
	"POST /admin/accounts/{name}/tokens/{id}/end":   {roles: "M", url: "/admin/accounts/walk-A/tokens/none/end", want: 422},

	"GET /data":                   {roles: "KM", url: "/data"},
	"POST /data":                  {roles: "KM", url: "/data", want: 400}, // no form with files
	"GET /data/progress":          {roles: "KM", url: "/data/progress"},
	"POST /data/zero":             {roles: "KM", url: "/data/zero", form: url.Values{"ledger": {""}, "unit": {"x"}}, want: 422},
	"GET /data/aliases":           {roles: "KM", url: "/data/aliases"},
	"POST /data/aliases":          {roles: "KM", url: "/data/aliases", form: url.Values{"unit": {"77"}, "was": {""}, "aliases": {"x"}}, want: 404},
	"GET /data/jobs/{job}":        {roles: "KM", url: "/data/jobs/999999", want: 404}, // whose business a job is: data_test.go
	"GET /data/jobs/{job}/undo":   {roles: "KM", url: "/data/jobs/999999/undo", want: 404},
	"POST /data/jobs/{job}/undo":  {roles: "KM", url: "/data/jobs/999999/undo", want: 404},
	"GET /data/{upload}":          {roles: "KM", url: "/data/none", want: 404},
	"POST /data/{upload}/look":    {roles: "KM", url: "/data/none/look", want: 404},
	"POST /data/{upload}/publish": {roles: "KM", url: "/data/none/publish", want: 404},
	"POST /data/{upload}/ledger":  {roles: "M", url: "/data/none/ledger", want: 404},
	"POST /data/{upload}/discard": {roles: "KM", url: "/data/none/discard", want: 404},
	"POST /data/{upload}/cancel":  {roles: "KM", url: "/data/none/cancel", want: 404},
	"GET /data/borders":           {roles: "M", url: "/data/borders?level=grid"},
	"POST /data/borders":          {roles: "M", url: "/data/borders", want: 400}, // no form with files
	"GET /data/borders/{upload}":  {roles: "M", url: "/data/borders/none", want: 404},

	"GET /data/borders/{upload}/shapes":   {roles: "M", url: "/data/borders/none/shapes", want: 404},
	"POST /data/borders/{upload}/publish": {roles: "M", url: "/data/borders/none/publish", want: 404},
	"POST /data/borders/{upload}/discard": {roles: "M", url: "/data/borders/none/discard", want: 404},
	"GET /files/borders/{level}":          {roles: "LSB", url: "/files/borders/grid"},

	"GET /files/rejects/{job}":    {roles: "KM", url: "/files/rejects/999999", want: 404},
	"GET /files/refused/{upload}": {roles: "KM", url: "/files/refused/none?table=0", want: 404},
	"GET /files/blanks":           {roles: "KM", url: "/files/blanks"},
	"GET /files/blanks/{ledger}":  {roles: "KM", url: "/files/blanks/" + url.PathEscape("居民诉求台账")},

	"POST /api/v1/records":  {url: "/api/v1/records"}, // by token only, see program_test.go
	"POST /api/v1/jobs":     {url: "/api/v1/jobs?name=x.csv"},
	"GET /api/v1/jobs/{id}": {url: "/api/v1/jobs/none"},

	"GET /tiles/{file}":              {roles: "LSBEKM", url: "/tiles/grid.json?metric=received&from=2026-01-01&to=2026-02-01"},
	"GET /tiles/{layer}/{z}/{x}/{y}": {roles: "LSBEKM", url: "/tiles/grid/10/863/415.mvt"}, // the whole district
	"GET /ogc":                       {roles: "LSBEKM", url: "/ogc"},
	"GET /ogc/api":                   {roles: "LSBEKM", url: "/ogc/api"},
	"GET /ogc/conformance":           {roles: "LSBEKM", url: "/ogc/conformance"},
	"GET /ogc/collections":           {roles: "LSBEKM", url: "/ogc/collections"},

	"GET /ogc/collections/{collection}":                 {roles: "LSBEKM", url: "/ogc/collections/grid"},
	"GET /ogc/collections/{collection}/items":           {roles: "LSBEKM", url: "/ogc/collections/grid/items?limit=1000"}, // matters: package api
	"GET /ogc/collections/{collection}/items/{feature}": {roles: "LSBEKM", url: "/ogc/collections/grid/items/none", want: 404},

	"GET /audit":         {roles: "A", url: "/audit"},
	"POST /audit/verify": {roles: "A", url: "/audit/verify"},
	"GET /files/audit":   {roles: "A", url: "/files/audit"},

	"GET /assets/": {roles: "-", url: "/assets/licenses.txt"},
	"GET /static/": {roles: "-", url: "/static/none", want: 404},
	"GET /healthz": {roles: "-", url: "/healthz"},
}

// A walker is an account of one role, and what it has to do with units: its own, and those of others.
type walker struct {
	name    string
	letter  string
	token   string
	own     units.Unit
	foreign units.Unit
	card    [2]string      // scored unit of its own, and of others
	markers *regexp.Regexp // what only others have: names and codes
}

// ask sends a request as a browser would that has followed a link of this site.
func ask(h http.Handler, method, address, token string, form url.Values) *httptest.ResponseRecorder {
	var r *http.Request
	if form != nil || method == http.MethodPost {
		r = httptest.NewRequest(method, "http://localhost"+address, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		r = httptest.NewRequest(method, "http://localhost"+address, nil)
	}
	r.Header.Set("Accept", "text/html")
	if token != "" {
		r.AddCookie(&http.Cookie{Name: "gs", Value: token})
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// under is a unit of a level in the nth street of the district.
func under(t *testing.T, d *units.Directory, level string, street int) units.Unit {
	t.Helper()
	top := d.AtLevel("street")[street]
	for _, u := range d.AtLevel(level) {
		if d.Contains(top.Code, u.Code) {
			return u
		}
	}
	t.Fatalf("no %s in %s", level, top.Name)
	return units.Unit{}
}

// walkersOf are one account of each role. Those that hold for a unit hold for one in the first street; what is foreign
// lies in the second.
func walkersOf(t *testing.T, s *site) []walker {
	d := s.directory(t)
	var all []walker
	for letter, role := range walkers {
		g := access.Grant{Role: role}
		w := walker{name: "walk-" + letter, letter: letter, own: d.Children("")[0]}
		switch letter {
		case "S", "E", "K":
			w.own = d.AtLevel("street")[0]
		case "B":
			w.own = under(t, d, "community", 0)
		}
		if strings.Contains("SEKB", letter) {
			g.Org = w.own.Code
			w.foreign = under(t, d, "community", 1)
			w.card[1] = under(t, d, "branch", 1).Code
			w.markers = foreignMarkers(d, w.own.Code)
		}
		w.card[0] = cardIn(t, d, w.own.Code)
		if letter == "E" {
			g.Stars = []string{"GJ"}
		}
		w.token = s.as(t, w.name, g)
		all = append(all, w)
	}
	return all
}

// cardIn is a scored unit in a unit.
func cardIn(t *testing.T, d *units.Directory, code string) string {
	t.Helper()
	for _, u := range d.AtLevel("branch") {
		if d.Contains(code, u.Code) {
			return u.Code
		}
	}
	t.Fatalf("no branch in %s", code)
	return ""
}

// foreignMarkers matches the code of every unit outside a unit, and every name that only units outside have.
func foreignMarkers(d *units.Directory, own string) *regexp.Regexp {
	mine := map[string]bool{}
	for _, u := range d.Units() {
		if d.Contains(own, u.Code) || d.Contains(u.Code, own) {
			mine[u.Name], mine[u.Code] = true, true
		}
	}
	var all []string
	for _, u := range d.Units() {
		for _, marker := range []string{u.Code, u.Name} {
			if !mine[marker] && !slices.ContainsFunc(slices.Collect(maps.Keys(mine)), func(m string) bool { return strings.Contains(m, marker) }) {
				all = append(all, regexp.QuoteMeta(marker))
			}
		}
	}
	return regexp.MustCompile(strings.Join(all, "|"))
}

// Every route is walked by every role, by nobody and with a stranger's units. Whoever may not gets nothing; whoever may
// gets nothing of others; and a unit of others looks like one that does not exist.
func TestWalk(t *testing.T) {
	s := district(t)
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	table := web.Routes()
	for _, pattern := range table {
		if _, ok := walk[pattern]; !ok {
			t.Errorf("the walk does not know the route %s", pattern)
		}
	}
	for pattern := range walk {
		if !slices.Contains(table, pattern) {
			t.Errorf("there is no route %s", pattern)
		}
	}
	all := walkersOf(t, s)
	for _, pattern := range slices.Sorted(maps.Keys(walk)) {
		c := walk[pattern]
		method, _, _ := strings.Cut(pattern, " ")
		at := func(unit, card string) string {
			return strings.NewReplacer("{unit}", unit, "{community}", card).Replace(c.url)
		}
		if c.want == 0 {
			c.want = http.StatusOK
		}
		w := ask(h, method, at("D", "D"), "", c.form)
		switch {
		case c.roles == "-":
			if w.Code != c.want {
				t.Errorf("%s: nobody gets %d, want %d", pattern, w.Code, c.want)
			}
		case method == http.MethodGet && !regexp.MustCompile(` /(api|ogc|tiles)\b`).MatchString(pattern): // a program is not led to a form
			if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/signin") {
				t.Errorf("%s: nobody gets %d %s", pattern, w.Code, to)
			}
		case w.Code != http.StatusUnauthorized:
			t.Errorf("%s: nobody gets %d", pattern, w.Code)
		}
		for _, who := range all {
			token := who.token
			if strings.HasPrefix(pattern, "POST ") { // some end the session
				token = s.signIn(t, who.name)
			}
			name := pattern + " by " + who.name
			w := ask(h, method, at(who.own.Code, who.card[0]), token, c.form)
			may := c.roles == "*" || c.roles == "-" || strings.Contains(c.roles, who.letter)
			switch {
			case !may && pattern == "GET /{$}" && w.Code == http.StatusSeeOther && w.Header().Get("Location") == "/audit":
			case !may && w.Code != http.StatusForbidden:
				t.Errorf("%s: %d, want a refusal", name, w.Code)
			case may && pattern == "GET /enter" && w.Code == http.StatusSeeOther: // he is in already
			case may && w.Code != c.want:
				t.Errorf("%s: %d, want %d: %.200s", name, w.Code, c.want, w.Body)
			case may && who.markers != nil && who.markers.MatchString(w.Body.String()):
				t.Errorf("%s shows %q of others", name, who.markers.FindString(w.Body.String()))
			}
			if !c.units || !may || who.markers == nil {
				continue
			}
			foreign, absent := who.foreign.Code, strings.Repeat("7", len(who.foreign.Code))
			card, none := who.card[1], strings.Repeat("7", len(who.card[1]))
			got := ask(h, method, at(foreign, card), token, c.form)
			same := ask(h, method, at(absent, none), token, c.form)
			if got.Code != http.StatusNotFound || same.Code != http.StatusNotFound {
				t.Errorf("%s: a unit of others %d, one that does not exist %d", name, got.Code, same.Code)
			}
			if a, b := blanked(got.Body.String(), card, foreign), blanked(same.Body.String(), none, absent); a != b {
				t.Errorf("%s tells a unit of others from one that does not exist:\n%s\n%s", name, a, b)
			}
		}
	}
}

// Whoever asks for a unit of others, by whichever route, is written down with that unit.
func TestWalkIsWrittenDown(t *testing.T) {
	s := district(t)
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	d := s.directory(t)
	foreign, card := under(t, d, "community", 1).Code, under(t, d, "branch", 1).Code
	asked := 0
	for _, pattern := range slices.Sorted(maps.Keys(walk)) {
		c := walk[pattern]
		if !c.units {
			continue
		}
		name := fmt.Sprintf("curious%d", asked/15) // more refusals of one person within a minute are only counted
		asked++
		token := s.as(t, name, access.Grant{Role: access.StreetLeader, Org: d.AtLevel("street")[0].Code})
		method, _, _ := strings.Cut(pattern, " ")
		ask(h, method, strings.NewReplacer("{unit}", foreign, "{community}", card).Replace(c.url), token, c.form)
		page, err := s.audit.Find(t.Context(), access.Filter{Account: name, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		e := page.Entries[0]
		if e.Event != access.Refused || e.Outcome != access.Denied || !strings.HasPrefix(e.Object, pattern+" ") || !strings.Contains(e.Object, "org="+foreign) && !strings.Contains(e.Object, "org="+card) {
			t.Errorf("%s: the log says %+v", pattern, e)
		}
	}
}

// blanked is a body without what the address itself said.
func blanked(body string, codes ...string) string {
	for _, c := range codes {
		body = strings.ReplaceAll(body, c, "CODE")
		body = strings.ReplaceAll(body, c[:min(len(c), 20)], "CODE")
	}
	return body
}

// Whatever else an address can say, nothing of others is in the answer: every chart, level, metric and list of rows.
func TestNothingOfOthers(t *testing.T) {
	s := district(t)
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	var addresses []string
	for _, name := range []string{"map", "ranking", "trend", "parts", "funnel", "flow"} {
		for _, level := range []string{"street", "community", "grid"} {
			addresses = append(addresses, "/chart/"+name+"?per=year&at=2026&show="+level, "/files/chart/"+name+"?per=year&at=2026&show="+level)
		}
	}
	for _, level := range []string{"district", "street", "community", "grid", "committee", "branch"} {
		addresses = append(addresses, "/outline/"+level, "/outline/"+level+"?tiles=1")
	}
	seen := map[string]bool{}
	for _, m := range s.Catalog.Metrics() { // one of each type and shape: whose rows are listed follows from these
		if kind := string(m.Type) + m.Shape; !seen[kind] {
			seen[kind] = true
			addresses = append(addresses, "/records?per=year&at=2026&metric="+m.ID)
		}
	}
	addresses = append(addresses, "/", "/?per=year&at=2025", "/?per=month&at=2026-02&show=grid", "/stars", "/stars?sort=total&desc=1", "/files/stars?cycle=2026", "/search",
		"/records?per=year&at=2026&none=grid", "/files/records?metric=patrol_rate&per=month&at=2026-10&part=miss", "/records?per=year&at=2026&sort=org")
	d := s.directory(t)
	for _, q := range []string{"社区", "网格", "街道", "党", under(t, d, "community", 1).Name, under(t, d, "community", 1).Code[:6], "1", ""} {
		addresses = append(addresses, "/search?q="+url.QueryEscape(q))
	}
	met := 0
	for _, who := range walkersOf(t, s) {
		if who.letter != "S" && who.letter != "B" {
			continue
		}
		for _, address := range addresses {
			w := ask(h, http.MethodGet, address, who.token, nil)
			body := w.Body.String()
			if q, err := url.Parse(address); err == nil && q.Query().Get("q") != "" {
				body = strings.ReplaceAll(body, q.Query().Get("q"), "") // what was typed stands in the field
			}
			if w.Code == http.StatusOK {
				met++
			}
			if w.Code >= 500 {
				t.Errorf("%s by %s: %d %.200s", address, who.name, w.Code, body)
			}
			if got := who.markers.FindString(body); got != "" {
				at := strings.Index(body, got)
				t.Errorf("%s by %s shows %q of others: %q", address, who.name, got, body[max(0, at-80):min(len(body), at+80)])
			}
		}
	}
	if met < 100 {
		t.Errorf("only %d answers were looked at", met)
	}
}

// Two callers take turns at one address: neither gets the other's page, not from the cache and not as "not modified".
func TestEveryCallerHasAPageOfHisOwn(t *testing.T) {
	s := district(t)
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	d := s.directory(t)
	tokens := []string{}
	for i := range 2 {
		u := d.AtLevel("street")[i]
		tokens = append(tokens, s.as(t, fmt.Sprint("turn-", i), access.Grant{Role: access.StreetLeader, Org: u.Code}))
	}
	var tags, bodies [2]string
	for range 3 {
		for i, token := range tokens {
			w := ask(h, http.MethodGet, "/?per=month&at=2026-10", token, nil)
			tag := w.Header().Get("ETag")
			if w.Code != http.StatusOK || tag == "" || !strings.Contains(w.Body.String(), d.AtLevel("street")[i].Name) {
				t.Fatalf("%d: %d, tag %s", i, w.Code, tag)
			}
			if bodies[i] != "" && (bodies[i] != w.Body.String() || tags[i] != tag) {
				t.Errorf("%d: the page changed", i)
			}
			tags[i], bodies[i] = tag, w.Body.String()
		}
	}
	if tags[0] == tags[1] || bodies[0] == bodies[1] {
		t.Error("two callers got one page")
	}
	r := httptest.NewRequest(http.MethodGet, "http://localhost/?per=month&at=2026-10", nil)
	r.AddCookie(&http.Cookie{Name: "gs", Value: tokens[1]})
	r.Header.Set("If-None-Match", tags[0])
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Errorf("another caller's tag gives %d", w.Code)
	}
}

// A right that is taken away is gone with the next request, and so is one that has run out.
func TestRightsEndAtOnce(t *testing.T) {
	s := district(t)
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	by := access.Actor{Account: access.CommandLine}
	const name = "leaving"
	s.account(t, name, access.Grant{Role: access.DistrictLeader})
	for what, end := range map[string]func() error{
		"revoked": func() error {
			a, _ := s.access.Account(name)
			return s.access.Take(by, name, a.Grants[0].ID)
		},
		"disabled":   func() error { return s.access.Disable(by, name) },
		"signed out": func() error { return s.access.SignOutAll(by, name) },
	} {
		if err := s.access.Enable(by, name); err != nil && what != "" {
			_ = err // it was not disabled
		}
		if a, _ := s.access.Account(name); len(a.Grants) == 0 {
			if err := s.access.Give(by, name, access.Grant{Role: access.DistrictLeader, Until: morning.Add(time.Hour)}); err != nil {
				t.Fatal(err)
			}
		}
		token := s.signIn(t, name)
		if w := ask(h, http.MethodGet, "/stars?cycle=2026", token, nil); w.Code != http.StatusOK {
			t.Fatalf("%s: %d before", what, w.Code)
		}
		if err := end(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if w := ask(h, http.MethodGet, "/stars?cycle=2026", token, nil); w.Code == http.StatusOK {
			t.Errorf("%s: the page is still shown", what)
		}
	}
}

// What a street leader is told of her street is what the district is told of it.
func TestOneStreetOneNumber(t *testing.T) {
	s := district(t)
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	street := s.directory(t).AtLevel("street")[0]
	hers := s.as(t, "walk-S", access.Grant{Role: access.StreetLeader, Org: street.Code})
	for _, name := range []string{"ranking", "trend", "parts", "funnel", "map"} {
		for _, period := range []string{"per=year&at=2026", "per=month&at=2026-10"} {
			whole := ask(h, http.MethodGet, "/files/chart/"+name+"?org="+street.Code+"&"+period, s.leader(t), nil)
			own := ask(h, http.MethodGet, "/files/chart/"+name+"?"+period, hers, nil)
			if whole.Code != http.StatusOK || whole.Body.String() != own.Body.String() {
				t.Errorf("%s %s: %d\n%s\n%d\n%s", name, period, whole.Code, whole.Body, own.Code, own.Body)
			}
		}
	}
}

// Petitions are not listed for who may not read them, by whatever filter they are asked for; the list says how many it
// leaves out, and the number stays.
func TestPetitionsAreNotListed(t *testing.T) {
	s := district(t)
	h, err := s.pages()
	if err != nil {
		t.Fatal(err)
	}
	street := s.directory(t).AtLevel("street")[0]
	without := s.as(t, "walk-S", access.Grant{Role: access.StreetLeader, Org: street.Code})
	with := s.as(t, "walk-petitions", access.Grant{Role: access.StreetLeader, Org: street.Code, Petitions: true, Care: true})
	const list = "?metric=received&per=year&at=2026&channel=信访"
	open, shut := ask(h, http.MethodGet, "/files/records"+list, with, nil).Body.String(), ask(h, http.MethodGet, "/files/records"+list, without, nil).Body.String()
	if n := strings.Count(open, "\n") - 1; n < 3 || strings.Contains(shut, "信访") || strings.Count(shut, "\n") != 1 {
		t.Errorf("%d petitions with the right, without it:\n%.600s", n, shut)
	}
	body := ask(h, http.MethodGet, "/records"+list, without, nil).Body.String()
	if !strings.Contains(body, "件信访事项依权限不列出") {
		t.Error("the page does not say what it leaves out")
	}
	page := ask(h, http.MethodGet, "/records?metric=received&per=year&at=2026", without, nil).Body.String()
	if strings.Contains(page, "对象类别</") || !strings.Contains(ask(h, http.MethodGet, "/records?metric=received&per=year&at=2026", with, nil).Body.String(), "对象类别</") {
		t.Error("the column of target groups")
	}
}
