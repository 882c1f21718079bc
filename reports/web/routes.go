package web

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"gridstar/analytics/access"
	"gridstar/reports/api"
	"gridstar/reports/assets"
)

// route is one address of the site, with all that stands between a request and its handler. No field may be empty: the
// server does not start with a route that does not say who may use it (checkRoutes).
type route struct {
	pattern string       // method and path
	right   access.Right // what the caller must hold
	rule    rule         // what of the site the route is about
	event   access.Event // what the audit log says when it was used
	body    int64        // greatest body in bytes; noBody for none
	serve   func(*Server) http.Handler
}

// rule says what of the site a route is about, and thereby what the guard checks besides the right.
type rule string

const (
	about   rule = "none"  // nothing of the site
	own     rule = "own"   // the caller's own account
	byToken rule = "token" // what a program hands in: its caller needs an API token, a session is not enough; the handler checks its units
	byUnit  rule = "unit"  // units: those that the address names must be in the caller's scope, and all that is answered is
	bySite  rule = "site"  // the site as a whole: the caller's right must hold for all of it
)

// Greatest bodies.
const (
	noBody      int64 = -1
	formBody    int64 = 16 << 10
	tablesBody  int64 = 2 << 20 // what becomes of each column of a file's tables
	recordsBody int64 = 16 << 20
	fileBody    int64 = 1 << 62 // a file to load: Desk.MaxBytes
)

// routes is the whole site. The mux is built from it and from nothing else.
var routes = []route{
	// pages
	{"GET /{$}", access.See, byUnit, access.Unrecorded, noBody, kept("overview", (*Server).overview)},
	{"GET /map", access.See, byUnit, access.Unrecorded, noBody, kept("map", (*Server).mapView)},
	{"GET /stars", access.See, byUnit, access.Unrecorded, noBody, page((*Server).stars)},
	{"GET /stars/{org}", access.See, byUnit, access.Unrecorded, noBody, page((*Server).scorecard)},
	{"GET /search", access.See, byUnit, access.Unrecorded, noBody, page((*Server).search)},
	{"GET /records", access.Open, byUnit, access.Viewed, noBody, page((*Server).records)},
	{"GET /start", access.Manage, bySite, access.Unrecorded, noBody, page((*Server).start)},

	// data: files handed in, what becomes of them; what changes something the handlers write down before they do it
	{"GET /data", access.Enter, byUnit, access.Unrecorded, noBody, page((*Server).data)},
	{"POST /data", access.Enter, byUnit, access.Unrecorded, fileBody, page((*Server).handIn)},
	{"GET /data/progress", access.Enter, byUnit, access.Unrecorded, noBody, page((*Server).dataProgress)},
	{"POST /data/zero", access.Enter, byUnit, access.Unrecorded, formBody, page((*Server).zero)},
	{"GET /data/aliases", access.Enter, byUnit, access.Unrecorded, noBody, page((*Server).aliases)},
	{"POST /data/aliases", access.Enter, byUnit, access.Unrecorded, formBody, page((*Server).setAliases)},
	{"GET /data/jobs/{job}", access.Enter, byUnit, access.Viewed, noBody, page((*Server).job)},
	{"GET /data/jobs/{job}/undo", access.Enter, byUnit, access.Unrecorded, noBody, page((*Server).undoForm)},
	{"POST /data/jobs/{job}/undo", access.Enter, byUnit, access.Unrecorded, formBody, page((*Server).undo)},
	{"GET /data/{upload}", access.Enter, byUnit, access.Viewed, noBody, page((*Server).upload)},
	{"POST /data/{upload}/look", access.Enter, byUnit, access.Viewed, tablesBody, page((*Server).lookAgain)},
	{"POST /data/{upload}/publish", access.Enter, byUnit, access.Unrecorded, tablesBody, page((*Server).publish)},
	{"POST /data/{upload}/ledger", access.Enter, bySite, access.Unrecorded, tablesBody, page((*Server).saveLedger)},
	{"POST /data/{upload}/discard", access.Enter, byUnit, access.Unrecorded, tablesBody, page((*Server).discard)},
	{"GET /data/borders", access.Enter, bySite, access.Unrecorded, noBody, page((*Server).borders)},
	{"POST /data/borders", access.Enter, bySite, access.Unrecorded, fileBody, page((*Server).handInBorders)},
	{"GET /data/borders/{upload}", access.Enter, bySite, access.Viewed, noBody, page((*Server).bordersUpload)},
	{"GET /data/borders/{upload}/shapes", access.Enter, bySite, access.Unrecorded, noBody, page((*Server).bordersShapes)},
	{"POST /data/borders/{upload}/publish", access.Enter, bySite, access.Unrecorded, formBody, page((*Server).publishBorders)},
	{"POST /data/borders/{upload}/discard", access.Enter, bySite, access.Unrecorded, formBody, page((*Server).discardBorders)},
	{"POST /data/{upload}/cancel", access.Enter, byUnit, access.Unrecorded, tablesBody, page((*Server).cancel)},

	// what pages load
	{"GET /chart/{name}", access.See, byUnit, access.Unrecorded, noBody, page((*Server).chart)},
	{"GET /outline/{level}", access.See, byUnit, access.Unrecorded, noBody, page((*Server).outline)},
	{"GET /basemap/{z}/{x}/{y}", access.See, byUnit, access.Unrecorded, noBody, page((*Server).basemapTile)},
	{"GET /map/bins", access.See, byUnit, access.Unrecorded, noBody, page((*Server).mapBins)},
	{"GET /map/points", access.Open, byUnit, access.Viewed, noBody, page((*Server).mapPoints)},
	{"GET /map/months", access.See, byUnit, access.Unrecorded, noBody, page((*Server).mapMonths)},
	{"GET /map/context/{layer}", access.See, byUnit, access.Unrecorded, noBody, page((*Server).mapContext)},
	{"GET /map/reach", access.See, byUnit, access.Unrecorded, noBody, page((*Server).mapReach)},
	{"GET /map/unit", access.See, byUnit, access.Unrecorded, noBody, page((*Server).mapUnitCard)},
	{"GET /map/draw", access.Enter, byUnit, access.Unrecorded, noBody, page((*Server).draw)},
	{"POST /map/draw/replay", access.Enter, byUnit, access.Unrecorded, tablesBody, page((*Server).drawReplay)},
	{"POST /map/draw/save", access.Enter, byUnit, access.Unrecorded, tablesBody, page((*Server).drawSave)},
	{"GET /honours", access.See, byUnit, access.Unrecorded, noBody, page((*Server).honours)},

	// files to take away: the same handlers as the pages (asFile)
	{"GET /files/records", access.Export, byUnit, access.Exported, noBody, page((*Server).records)},
	{"GET /files/chart/{name}", access.Export, byUnit, access.Exported, noBody, page((*Server).chart)},
	{"GET /files/picture/{name}", access.Export, byUnit, access.Exported, noBody, page((*Server).chart)},
	{"GET /files/borders/{level}", access.Export, byUnit, access.Exported, noBody, page((*Server).bordersFile)},
	{"GET /files/stars", access.Export, byUnit, access.Exported, noBody, page((*Server).stars)},
	{"GET /files/stars/{org}", access.Export, byUnit, access.Exported, noBody, page((*Server).scorecard)},

	// files for who keeps ledgers
	{"GET /files/rejects/{job}", access.Enter, byUnit, access.Exported, noBody, page((*Server).rejectsFile)},
	{"GET /files/refused/{upload}", access.Enter, byUnit, access.Exported, noBody, page((*Server).refusedFile)},
	{"GET /files/blanks", access.Enter, byUnit, access.Unrecorded, noBody, page((*Server).allBlanks)},
	{"GET /files/blanks/{ledger}", access.Enter, byUnit, access.Unrecorded, noBody, page((*Server).blank)},

	// what programs hand in; the handlers write it down before they do it
	{"POST /api/v1/records", access.Enter, byToken, access.Unrecorded, recordsBody, program((*api.API).Records)},
	{"POST /api/v1/jobs", access.Enter, byToken, access.Unrecorded, fileBody, program((*api.API).Submit)},
	{"GET /api/v1/jobs/{id}", access.Enter, byToken, access.Unrecorded, noBody, program((*api.API).Job)},

	// maps for programs, and for our own map
	{"GET /tiles/{file}", access.See, byUnit, access.Unrecorded, noBody, program((*api.API).TileJSON)},
	{"GET /tiles/{layer}/{z}/{x}/{y}", access.See, byUnit, access.Unrecorded, noBody, program((*api.API).Tile)},
	{"GET /ogc", access.See, byUnit, access.Unrecorded, noBody, program((*api.API).Landing)},
	{"GET /ogc/api", access.See, byUnit, access.Unrecorded, noBody, program((*api.API).Definition)},
	{"GET /ogc/conformance", access.See, byUnit, access.Unrecorded, noBody, program((*api.API).Conformance)},
	{"GET /ogc/collections", access.See, byUnit, access.Unrecorded, noBody, program((*api.API).Collections)},
	{"GET /ogc/collections/{collection}", access.See, byUnit, access.Unrecorded, noBody, program((*api.API).Collection)},
	{"GET /ogc/collections/{collection}/items", access.See, byUnit, access.Unrecorded, noBody, program((*api.API).Items)},
	{"GET /ogc/collections/{collection}/items/{feature}", access.See, byUnit, access.Unrecorded, noBody, program((*api.API).Item)},

	// coming and going; what is done here the store writes down itself
	{"GET /signin", access.Anyone, about, access.Unrecorded, noBody, page((*Server).signInForm)},
	{"POST /signin", access.Anyone, about, access.Unrecorded, formBody, page((*Server).signIn)},
	{"GET /enter", access.Anyone, about, access.Unrecorded, noBody, page((*Server).enterForm)},
	{"POST /enter", access.Anyone, about, access.Unrecorded, formBody, page((*Server).enter)},
	{"POST /signout", access.Self, own, access.Unrecorded, formBody, page((*Server).signOut)},
	{"POST /viewing/end", access.Self, own, access.Unrecorded, formBody, page((*Server).stopViewing)},

	// one's own account
	{"GET /account", access.Self, own, access.Unrecorded, noBody, page((*Server).account)},
	{"POST /account/password", access.Self, own, access.Unrecorded, formBody, page((*Server).changePassword)},
	{"POST /account/sessions/end", access.Self, own, access.Unrecorded, formBody, page((*Server).endOwnSessions)},
	{"POST /account/sessions/{id}/end", access.Self, own, access.Unrecorded, formBody, page((*Server).endOwnSession)},

	// accounts; what is done to them the store writes down itself
	{"GET /admin", access.Manage, bySite, access.Unrecorded, noBody, page((*Server).accounts)},
	{"POST /admin", access.Manage, bySite, access.Unrecorded, formBody, page((*Server).addAccount)},
	{"GET /admin/accounts/{name}", access.Manage, bySite, access.Unrecorded, noBody, page((*Server).person)},
	{"POST /admin/accounts/{name}/rename", access.Manage, bySite, access.Unrecorded, formBody, onPerson("renamed", renamePerson, "display")},
	{"POST /admin/accounts/{name}/disable", access.Manage, bySite, access.Unrecorded, formBody, onPerson("disabled", disablePerson)},
	{"POST /admin/accounts/{name}/enable", access.Manage, bySite, access.Unrecorded, formBody, onPerson("enabled", enablePerson)},
	{"POST /admin/accounts/{name}/link", access.Manage, bySite, access.Unrecorded, formBody, page((*Server).givePersonLink)},
	{"POST /admin/accounts/{name}/grants", access.Manage, bySite, access.Unrecorded, formBody, page((*Server).giveGrant)},
	{"POST /admin/accounts/{name}/grants/{id}/end", access.Manage, bySite, access.Unrecorded, formBody, onPerson("taken", takeGrant)},
	{"POST /admin/accounts/{name}/sessions/end", access.Manage, bySite, access.Unrecorded, formBody, onPerson("sessions", endPersonSessions)},
	{"POST /admin/accounts/{name}/sessions/{id}/end", access.Manage, bySite, access.Unrecorded, formBody, onPerson("session", endPersonSession)},
	{"POST /admin/accounts/{name}/tokens", access.Manage, bySite, access.Unrecorded, formBody, page((*Server).issueToken)},
	{"POST /admin/accounts/{name}/tokens/{id}/end", access.Manage, bySite, access.Unrecorded, formBody, onPerson("revoked", revokeToken)},
	{"POST /admin/accounts/{name}/view", access.Manage, bySite, access.Unrecorded, formBody, page((*Server).viewAs)},

	// the audit log
	{"GET /audit", access.Audit, bySite, access.Audited, noBody, page((*Server).audit)},
	{"POST /audit/verify", access.Audit, bySite, access.Audited, formBody, page((*Server).verifyAudit)},
	{"GET /files/audit", access.Audit, bySite, access.Audited, noBody, page((*Server).auditCSV)},

	// what everybody may load
	{"GET /assets/", access.Anyone, about, access.Unrecorded, noBody, func(*Server) http.Handler { return assets.Handler() }},
	{"GET /static/", access.Anyone, about, access.Unrecorded, noBody, func(s *Server) http.Handler { return s.own }},
	{"GET /healthz", access.Anyone, about, access.Unrecorded, noBody, page((*Server).health)},
}

// checkRoutes refuses a table in which a route leaves something open.
func checkRoutes(all []route) error {
	for _, rt := range all {
		v := reflect.ValueOf(rt)
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				return fmt.Errorf("route %q does not say its %s", rt.pattern, v.Type().Field(i).Name)
			}
		}
		if (rt.rule == about) != (rt.right == access.Anyone) || (rt.rule == own) != (rt.right == access.Self) {
			return fmt.Errorf("route %q: rule %s does not go with right %s", rt.pattern, rt.rule, rt.right)
		}
		if reads := strings.HasPrefix(rt.pattern, "GET "); reads != (rt.body == noBody) {
			return fmt.Errorf("route %q: body of %d bytes", rt.pattern, rt.body)
		}
	}
	return nil
}

// handle answers a request or gives an error for the edge.
type handle func(*Server, http.ResponseWriter, *http.Request) error

func page(h handle) func(*Server) http.Handler {
	return func(s *Server) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !readable(r) {
				s.fail(w, r, refuse("网址中有无法识别的文字，请从总览进入"))
				return
			}
			if err := h(s, w, r); err != nil {
				s.fail(w, r, err)
			}
		})
	}
}

// asFile says whether a handler is asked for a file and not for a page.
func asFile(r *http.Request) bool { return strings.HasPrefix(r.Pattern, "GET /files/") }

// mux builds the site. What the table does not have is answered here too, so that a stranger cannot tell an address that
// does not exist from one he may not see.
func (s *Server) mux(all []route) (http.Handler, error) {
	if err := checkRoutes(all); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, rt := range all {
		mux.Handle(rt.pattern, s.guard(rt))
	}
	nowhere := s.guard(route{right: access.Self, rule: own, event: access.Unrecorded, body: noBody, serve: page(func(*Server, http.ResponseWriter, *http.Request) error {
		return errNotFound
	})})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		if methods := allowed(h, r); methods != "" && s.identify(r) != nil {
			w.Header().Set("Allow", methods)
			if forPrograms(r) {
				api.Refuse(w, http.StatusMethodNotAllowed, "这个地址不接受这种请求。")
				return
			}
			http.Error(w, "这个地址不接受这种请求。", http.StatusMethodNotAllowed)
			return
		}
		nowhere.ServeHTTP(w, r)
	}), nil
}

// allowed are the methods of a path that exists for others than the request's; "" where it does not exist.
func allowed(h http.Handler, r *http.Request) string {
	probe := blank{http.Header{}}
	h.ServeHTTP(probe, r)
	return probe.header.Get("Allow")
}

// blank is a ResponseWriter that keeps the headers only.
type blank struct{ header http.Header }

func (b blank) Header() http.Header         { return b.header }
func (b blank) Write(p []byte) (int, error) { return len(p), nil }
func (b blank) WriteHeader(int)             {}
