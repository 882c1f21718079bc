package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
)

// pass is what the guard found out about a request: who asks, and by which route.
type pass struct {
	caller *access.Caller // nil: nobody
	route  *route
}

type passKey struct{}

func passOf(ctx context.Context) pass {
	p, _ := ctx.Value(passKey{}).(pass)
	return p
}

// caller is who asks; nil for a stranger.
func (s *Server) caller(r *http.Request) *access.Caller { return passOf(r.Context()).caller }

// scope is the units whose numbers a request may be answered with: those for which its caller holds the right that its
// route asks for. Without the guard it is empty.
func (s *Server) scope(ctx context.Context) units.Scope {
	p := passOf(ctx)
	if p.route == nil {
		return units.Scope{}
	}
	return p.caller.Scope(p.route.right)
}

// What the guard refuses with.
var (
	errNobody = errors.New("请先登录")
	errRight  = errors.New("您的账号没有这项权限，如工作需要，请联系管理员")

	errProgram = errors.New("这个地址只供程序凭令牌使用，请在页面“数据”中上传")

	errMustChange = refuse("请先更换口令，再使用其他功能")
)

// guard stands before a route's handler. In this order: who asks, whether he holds the right, whether the units that the
// address names are his, how much he may send; and, once the answer begins, the audit log.
func (s *Server) guard(rt route) http.Handler {
	next := rt.serve(s)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := pass{caller: s.identify(r), route: &rt}
		r = r.WithContext(context.WithValue(r.Context(), passKey{}, p))
		s.limitBody(w, r, rt.body)
		if err := s.admit(r, p); err != nil {
			s.turnAway(w, r, err)
			return
		}
		if rt.event != access.Unrecorded {
			w = &recorded{ResponseWriter: w, write: func() error {
				return s.Audit.Write(p.caller.Actor(), rt.event, s.object(r), access.Done)
			}}
		}
		next.ServeHTTP(w, r)
	})
}

// admit says whether a request may reach its handler.
func (s *Server) admit(r *http.Request, p pass) error {
	switch {
	case p.route.right == access.Anyone:
		return nil
	case p.caller == nil:
		return errNobody
	case p.caller.MustChange && p.route.right != access.Self:
		return errMustChange
	case p.caller.Token != "" && p.route.right == access.Self: // a program has no pages of its own
		return errRight
	case !p.caller.May(p.route.right):
		return errRight
	case p.route.rule == byToken && p.caller.Token == "":
		return errProgram
	case p.route.rule == bySite && !p.caller.Scope(p.route.right).All:
		return errRight
	case p.route.rule == byUnit:
		return s.mine(r)
	}
	return nil
}

// mine checks the units that an address names. One of others is refused in the words for one that does not exist.
func (s *Server) mine(r *http.Request) error {
	dir, _, err := s.ground(r.Context())
	if err != nil {
		return err
	}
	for _, code := range append([]string{r.PathValue("org")}, r.URL.Query()["org"]...) {
		if code == "" {
			continue
		}
		if _, ok := dir.Unit(code); !ok {
			return unknownUnit(code)
		}
	}
	return nil
}

// turnAway answers a request that may not reach its handler.
func (s *Server) turnAway(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, errMustChange) && r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Redirect(w, r, "/account?done=mustchange", http.StatusSeeOther)
		return
	}
	if forPrograms(r) {
		s.turnProgramAway(w, r, err)
		return
	}
	if !errors.Is(err, errNobody) {
		if c := s.caller(r); r.URL.Path == "/" && !c.May(access.See) {
			http.Redirect(w, r, home(c), http.StatusSeeOther)
			return
		}
		s.fail(w, r, err)
		return
	}
	if r.Method != http.MethodGet || r.Header.Get("Authorization") != "" || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("WWW-Authenticate", `Bearer realm="gridstar"`)
		http.Error(w, sentence(err), http.StatusUnauthorized)
		return
	}
	to := "/signin"
	if here := r.URL.RequestURI(); here != "/" {
		to += "?" + url.Values{"next": {here}}.Encode()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// home is where somebody begins who does not see numbers.
func home(c *access.Caller) string {
	if c.May(access.Audit) {
		return "/audit"
	}
	return "/account"
}

// refused writes down that somebody who has an account was refused something. Where even that cannot be written the answer
// is the same.
func (s *Server) refused(r *http.Request, err error) {
	caller := s.caller(r)
	if caller == nil {
		return
	}
	var denied bool
	for _, kind := range []error{errRight, errProgram, analytics.ErrUnknownUnit, analytics.ErrScope, analytics.ErrWithheld} {
		denied = denied || errors.Is(err, kind)
	}
	if !denied {
		return
	}
	if err := s.Audit.Write(caller.Actor(), access.Refused, s.object(r), access.Denied); err != nil {
		s.Log.Error("a refusal could not be written down", "err", err)
	}
}

// objectParams are the parameters that an audit line quotes (known).
var objectParams = append([]string{"metric", "part", "kind", "per", "at", "from", "to", "page", "cycle", "show", "none"}, rowParams...)

// object names what a request is about: the route, and those parameters that say which part of the data.
func (s *Server) object(r *http.Request) string {
	var b strings.Builder
	b.WriteString(r.Pattern)
	note := func(key, value string) {
		if value != "" {
			b.WriteString(" " + key + "=" + s.known(r, key, value))
		}
	}
	note("org", r.PathValue("org"))
	for _, code := range r.URL.Query()["org"] {
		note("org", code)
	}
	for _, key := range []string{"name", "job", "upload"} {
		note(key, r.PathValue(key))
	}
	for _, key := range objectParams {
		note(key, r.URL.Query().Get(key))
	}
	return b.String()
}

// known is a value of a parameter as the log may quote it: a code of the site or the catalogue, a date, a number. All else
// is what somebody typed, and is "?".
func (s *Server) known(r *http.Request, key, value string) string {
	ok := false
	switch key {
	case "org": // wherever it lies: the auditor should see what was asked for
		if dir := s.register(r.Context()); dir != nil {
			_, ok = dir.Unit(value)
		}
	case "name": // of an account, or of a chart
		_, ok = s.Access.Account(value)
		ok = ok || slices.Contains(chartNames, value)
	case "upload":
		_, ok = s.Desk.Upload(value)
	case "channel", "status", "target_group", "resolved_level", "result":
		_, ok = s.Catalog.Lookup(key, value)
	case "metric":
		_, ok = s.Catalog.Metric(value)
	case "kind":
		_, ok = s.Catalog.Lookup(catalog.ListKind, value)
	case "show", "none":
		_, ok = s.Catalog.Level(value)
	case "part":
		ok = slices.Contains([]string{string(analytics.PartHit), string(analytics.PartMiss), string(analytics.PartFlagged), string(analytics.PartExcluded), partRadar, partPicture, partIndicators}, value)
	case "per":
		ok = slices.Contains([]string{"day", "week", "month", "quarter", "year", perRange}, value)
	case "category", "category2", "dept": // as a ledger has it: somebody's words
	default: // dates and numbers
		ok = len(value) <= len(time.DateOnly) && !strings.ContainsFunc(value, func(c rune) bool { return (c < '0' || c > '9') && !strings.ContainsRune("-QW", c) })
	}
	if !ok {
		return "?"
	}
	return value
}

// recorded is a ResponseWriter that writes the audit line before the first byte of an answer that is not an error. Where
// the line cannot be written nothing is answered.
type recorded struct {
	http.ResponseWriter
	write   func() error
	begun   bool
	refused bool
}

func (w *recorded) WriteHeader(status int) {
	if !w.begun {
		w.begun = true
		if status < 400 {
			w.refused = w.write() != nil
		}
		if w.refused {
			for _, key := range []string{"ETag", "Content-Disposition", "Content-Encoding", "Content-Length"} {
				w.Header().Del(key)
			}
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w.ResponseWriter, "审计日志暂时无法写入，为安全起见不提供这项内容，请告诉管理员检查磁盘。", http.StatusServiceUnavailable)
		}
	}
	if !w.refused {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *recorded) Write(b []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if w.refused {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController through.
func (w *recorded) Unwrap() http.ResponseWriter { return w.ResponseWriter }
