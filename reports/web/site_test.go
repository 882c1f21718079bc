package web_test

import (
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
	"gridstar/geo"
	"gridstar/ingest"
	"gridstar/ingest/demo"
	"gridstar/ingest/intake"
	"gridstar/ingest/profile"
	"gridstar/ingest/source"
	"gridstar/reports/assets"
	"gridstar/reports/web"
)

// The district's data end in the evening of 31 October 2026; all tests look at it the morning after.
var (
	until   = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	morning = until.Add(8 * time.Hour)
)

// site is a data directory that is served on a loopback port.
type site struct {
	*ingest.Ingester
	lease  *warehouse.Lease
	server *httptest.Server
	log    *logs
	access *access.Store
	audit  *access.Log
	desk   *intake.Desk

	mu     sync.Mutex
	tokens map[string]string // of the sessions that tests share, by account
}

// logs keeps what the server complains about.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// openSite opens an empty data directory and serves it as the verb serve does.
func openSite(ctx context.Context, dir string) (s *site, err error) {
	if err := assets.Check(); err != nil {
		return nil, err
	}
	now := func() time.Time { return morning }
	cat, err := catalog.Load(os.DirFS(dir))
	if err != nil {
		return nil, err
	}
	builtin, err := profile.Builtin()
	if err != nil {
		return nil, err
	}
	s = &site{log: &logs{}}
	if s.lease, err = warehouse.Acquire(warehouse.Dir(dir)); err != nil {
		return nil, err
	}
	log := s.logger()
	w, err := warehouse.Open(ctx, s.lease, warehouse.Options{Now: now, Log: log, MinFree: 1})
	if err != nil {
		s.lease.Release()
		return nil, err
	}
	w.OnPublish(units.KeepTree)
	s.Ingester = &ingest.Ingester{
		Warehouse: w, Catalog: cat, Profiles: profile.NewSet(builtin...), Levels: units.Levels(cat.Levels), Units: &units.Cache{}, Now: now,
	}
	if s.audit, err = access.OpenLog(warehouse.Dir(dir), access.LogOptions{Now: now, Key: w.Derive("audit"), Log: log}); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if s.access, err = access.OpenStore(warehouse.Dir(dir), access.Options{
		Now: now, Log: s.audit, Key: w.Derive("access"), Settings: cat.Access, Site: cat.Site.Name,
	}); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if s.desk, err = intake.Open(intake.Options{
		Dir: dir, Now: now, Log: log, MinFree: 1, Ingester: func() (*ingest.Ingester, error) { return s.Ingester, nil },
	}); err != nil {
		return nil, errors.Join(err, s.close())
	}
	handler, err := s.pages()
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.server = httptest.NewServer(handler)
	return s, nil
}

// pages makes a server with an engine that has answered nothing yet.
func (s *site) pages() (*web.Server, error) { return s.behind() }

// behind makes a server behind proxies.
func (s *site) behind(proxies ...netip.Prefix) (*web.Server, error) {
	return web.New(web.Options{
		Warehouse: s.Warehouse, Catalog: s.Catalog, Units: s.Units, Now: s.Now, Version: "test", Access: s.access, Audit: s.audit, Desk: s.desk, Proxies: proxies, Log: s.logger(),
		Engine: analytics.NewEngine(s.Warehouse, s.Catalog, analytics.EngineOptions{}),
	})
}

func (s *site) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// everything is what most tests hold: numbers, rows and files of the whole site, and the first steps.
var everything = []access.Grant{{Role: access.DistrictLeader, Petitions: true, Care: true}, {Role: access.Administrator}}

// account makes an account where there is none of this name.
func (s *site) account(t testing.TB, name string, grants ...access.Grant) {
	t.Helper()
	if _, ok := s.access.Account(name); ok {
		return
	}
	if err := s.access.Add(access.Actor{Account: access.CommandLine}, access.NewAccount{Name: name, Display: name, Grants: grants}); err != nil {
		t.Fatal(err)
	}
}

// as is the session cookie of an account that holds the grants; it is made when it is first asked for.
func (s *site) as(t testing.TB, name string, grants ...access.Grant) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if token, ok := s.tokens[name]; ok {
		if _, opens := s.access.Caller(token, ""); opens {
			return token
		}
	}
	s.account(t, name, grants...)
	token := s.signIn(t, name)
	if s.tokens == nil {
		s.tokens = map[string]string{}
	}
	s.tokens[name] = token
	return token
}

// signIn begins a session of an account, without its password.
func (s *site) signIn(t testing.TB, name string) string {
	t.Helper()
	link, err := s.access.Entrance(name)
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.access.Enter(t.Context(), link.Key, access.Visit{Address: "127.0.0.1", Agent: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return in.Token
}

// leader is the session of somebody who holds everything.
func (s *site) leader(t testing.TB) string { return s.as(t, "leader", everything...) }

func (s *site) close() error {
	if s.server != nil {
		s.server.CloseClientConnections()
		s.server.Close()
	}
	var err error
	if s.access != nil {
		err = s.access.Close()
	}
	if s.audit != nil {
		err = errors.Join(err, s.audit.Close())
	}
	err = errors.Join(err, s.Warehouse.Close())
	s.lease.Release()
	return err
}

// load does what the verb in args does: units load, grids load or ingest, with the flags the demo's manifest uses.
func (s *site) load(ctx context.Context, args ...string) error {
	verb, args := args[0], args[1:]
	if verb != "ingest" {
		verb, args = verb+" "+args[0], args[1:]
	}
	path, args := args[0], args[1:]
	o := struct{ tree, level, code, name, parent, crs, from, org string }{}
	flags := flag.NewFlagSet(verb, flag.ContinueOnError)
	for name, to := range map[string]*string{
		"tree": &o.tree, "level": &o.level, "code": &o.code, "name": &o.name, "parent": &o.parent, "crs": &o.crs, "valid-from": &o.from, "org": &o.org,
	} {
		flags.StringVar(to, name, "", "")
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	name := filepath.Base(path)
	sum, err := ingest.FileHash(ctx, f, info.Size())
	if err != nil {
		return err
	}
	switch verb {
	case "units load":
		rows, err := table(f, info.Size(), name)
		if err != nil {
			return err
		}
		_, err = units.LoadTable(ctx, s.Warehouse, rows, units.TableOptions{Tree: o.tree, Levels: s.Levels, Now: morning, File: name, Hash: sum})
		return err
	case "grids load":
		var from time.Time
		if o.from != "" {
			if from, err = time.Parse(time.DateOnly, o.from); err != nil {
				return err
			}
		}
		features, err := geo.ReadGeoJSON(f, geo.ReadOptions{CodeProp: o.code, NameProp: o.name, ParentProp: o.parent, CRS: geo.CRS(o.crs)})
		if err != nil {
			return err
		}
		_, err = units.LoadLayer(ctx, s.Warehouse, features, units.LayerOptions{
			Level: o.level, Levels: s.Levels, CRS: geo.CRS(o.crs), ValidFrom: from, Now: morning, Source: name, Hash: sum,
		})
		return err
	case "ingest":
		all, err := s.LoadFile(ctx, ingest.Request{File: f, Name: name, Org: o.org, CRS: geo.CRS(o.crs)})
		for _, one := range all {
			err = errors.Join(err, one.Err)
		}
		return err
	}
	return fmt.Errorf("unknown verb %q", verb)
}

// table reads a whole small table.
func table(f *os.File, size int64, name string) (rows [][]string, err error) {
	src, err := source.Open(f, size, name, source.Options{})
	if err != nil {
		return nil, err
	}
	defer src.Close()
	for {
		b, err := src.Next()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		for i := range b.Len() {
			rows = append(rows, b.Row(i))
		}
	}
}

// loadTable writes rows to a file and loads it by the verb.
func (s *site) loadTable(ctx context.Context, path string, rows [][]string, verb ...string) error {
	w, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := s.load(ctx, append(verb, path)...); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return nil
}

// view runs fn on a snapshot.
func (s *site) view(t testing.TB, fn func(*warehouse.View) error) {
	t.Helper()
	if err := s.Warehouse.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// ask answers a query as the verb query does: by itself, without engine and cache.
func (s *site) ask(t testing.TB, q analytics.Query) *analytics.Answer {
	t.Helper()
	q.Now, q.Scope = morning, units.Everything()
	var a *analytics.Answer
	s.view(t, func(v *warehouse.View) (err error) {
		a, err = analytics.Run(t.Context(), v, s.Catalog, q)
		return err
	})
	return a
}

// directory is the units as they are that morning.
func (s *site) directory(t testing.TB) *units.Directory {
	t.Helper()
	var d *units.Directory
	s.view(t, func(v *warehouse.View) (err error) {
		d, err = s.Units.Directory(t.Context(), v, s.Levels, units.Date(morning))
		return err
	})
	return d
}

// sites are those that the tests share, each made when the first test asks for it.
var sites struct {
	sync.Mutex
	made []*shared
}

type shared struct {
	*site
	dir string
	err error
}

func (x *shared) close() error {
	var err error
	if x.site != nil {
		err = x.site.close()
	}
	return errors.Join(err, os.RemoveAll(x.dir))
}

// share gives a function that makes a site once, fills it, and lends it to every test that asks. config is its
// config.toml; fill gets an empty folder to write files in.
func share(config string, fill func(context.Context, *site, string) error) func(testing.TB) *site {
	var made *shared
	return func(t testing.TB) *site {
		t.Helper()
		sites.Lock()
		defer sites.Unlock()
		if made == nil {
			made = &shared{}
			sites.made = append(sites.made, made)
			ctx := context.Background() // the site outlives the test
			made.err = func() (err error) {
				if made.dir, err = os.MkdirTemp("", "gridstar-web-"); err != nil {
					return err
				}
				files := filepath.Join(made.dir, "demo")
				if err := os.Mkdir(files, 0o700); err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(made.dir, "config.toml"), []byte(config), 0o600); err != nil {
					return err
				}
				if made.site, err = openSite(ctx, made.dir); err != nil {
					return err
				}
				return fill(ctx, made.site, files)
			}()
		}
		if made.err != nil {
			t.Fatal(made.err)
		}
		return made.site
	}
}

// district is the whole synthetic district, loaded as the verb demo loads it.
var district = share("", func(ctx context.Context, s *site, dir string) error {
	m, err := demo.Write(ctx, dir, demo.Options{Seed: 1, Until: until})
	if err != nil {
		return err
	}
	for _, f := range m.Files {
		if err := s.load(ctx, f.Args(dir)...); err != nil {
			return fmt.Errorf("%s: %w", f.Path, err)
		}
	}
	return nil
})

// bare is a site without anything in it.
var bare = share("", func(context.Context, *site, string) error { return nil })

// register is a site that has its units and no ledger.
var register = share("", func(ctx context.Context, s *site, dir string) error {
	m, err := demo.Write(ctx, dir, demo.Options{Seed: 1, Until: until})
	if err != nil {
		return err
	}
	for _, f := range m.Files {
		if f.Verb[0] == "units" {
			if err := s.load(ctx, f.Args(dir)...); err != nil {
				return err
			}
		}
	}
	return nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	err := closeBrowser()
	for _, x := range sites.made {
		err = errors.Join(err, x.close())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}
