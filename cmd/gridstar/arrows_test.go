package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The arrows of DESIGN §1: which package may import which. "X/..." is X and all below it, "..." is all. Standard
// and third-party packages that are not everybody's business are in outside.

const modulePath = "gridstar"

// arrows has one row per package of the module: what it may import of the module. Its own test files are held to it
// too; an external test (package x_test) is none of the package's code and may bring the flow together.
var arrows = map[string][]string{
	"geo":                 {},
	"analytics/warehouse": {},
	"analytics/catalog":   {},
	"analytics/units":     {"geo", "analytics/warehouse", "analytics/catalog"},
	"analytics/access":    {"analytics/warehouse", "analytics/catalog", "analytics/units"},
	"analytics":           {"analytics/catalog", "analytics/warehouse", "analytics/units", "analytics/access"},
	"analytics/stars":     {"analytics/..."},
	"ingest/source":       {},
	"ingest/profile":      {"analytics/catalog"},
	"ingest":              {"ingest/...", "geo", "analytics/warehouse", "analytics/catalog", "analytics/units"},
	"ingest/ledgers":      {},
	"ingest/demo":         {"geo", "ingest/profile", "ingest/workbook"},
	"ingest/workbook":     {"analytics/catalog", "ingest/profile"},
	"ingest/hostile":      {},
	"ingest/intake":       {"ingest", "ingest/...", "geo", "analytics/warehouse", "analytics/catalog", "analytics/units"},
	"reports/assets":      {},
	"reports/chart":       {"analytics", "analytics/catalog", "analytics/units", "geo"},
	"reports/render":      {"reports/assets"},
	"reports":             {"analytics", "analytics/stars", "reports/chart", "reports/render"},
	"reports/api":         {"geo", "analytics/...", "ingest/...", "reports", "reports/assets", "reports/chart", "reports/render"},
	"reports/web":         {"geo", "analytics/...", "ingest/...", "reports/..."},
	"cmd/gridstar":        {"..."},
}

// outside has one row per third-party module, and per standard package that only some may touch: who may import
// it (in) and whose tests may besides (tests).
var outside = map[string]struct{ in, tests []string }{
	"github.com/marcboeker/go-duckdb":      {in: []string{"analytics/warehouse"}},
	"github.com/go-echarts/go-echarts":     {in: []string{"reports/chart"}},
	"github.com/xuri/excelize":             {in: []string{"reports/render", "ingest/workbook"}},
	"github.com/apache/arrow/go/v17":       {in: []string{"analytics/...", "ingest", "ingest/source", "ingest/hostile", "cmd/gridstar"}},
	"github.com/klauspost/compress":        {in: []string{"ingest/source", "ingest/hostile"}},
	"golang.org/x/net":                     {in: []string{"ingest/source"}, tests: []string{"reports/web"}},
	"github.com/paulmach/orb":              {in: []string{"geo", "analytics/units", "ingest", "ingest/demo", "reports/...", "cmd/gridstar"}},
	"github.com/BurntSushi/toml":           {in: []string{"analytics/catalog", "ingest/profile", "ingest/intake"}},
	"github.com/alecthomas/kong":           {in: []string{"cmd/gridstar"}},
	"golang.org/x/sys":                     {in: []string{"analytics/warehouse", "ingest/source", "ingest/intake", "reports/api", "cmd/gridstar"}, tests: []string{"analytics/access"}},
	"golang.org/x/crypto":                  {in: []string{"analytics/access"}},
	"golang.org/x/term":                    {in: []string{"cmd/gridstar"}},
	"github.com/ccojocar/zxcvbn-go":        {in: []string{"analytics/access"}},
	"golang.org/x/text":                    {in: []string{"..."}},
	"github.com/chromedp":                  {tests: []string{"reports/web"}},
	"github.com/jba/templatecheck":         {tests: []string{"reports/web"}},
	"github.com/google/go-cmp":             {tests: []string{"..."}},
	"github.com/rogpeppe/go-internal":      {tests: []string{"..."}},
	"github.com/peterstace/simplefeatures": {tests: []string{"..."}},

	"database/sql": {in: []string{"analytics/...", "ingest", "cmd/gridstar"}},
	"net/http":     {in: []string{"reports/...", "cmd/gridstar"}},
}

// noFolder are names that say nothing of what a package is about.
var noFolder = []string{"internal", "pkg", "util", "model"}

// topLevel are the visible folders of the repository.
var topLevel = []string{"cmd", "ingest", "analytics", "geo", "reports", "docs"}

// listed is a package as `go list -json` describes it.
type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func TestArrows(t *testing.T) {
	for _, v := range arrowViolations(listPackages(t)) {
		t.Error(v)
	}
	entries, err := os.ReadDir(repoRoot)
	if err != nil {
		t.Fatal(err)
	}
	ignore, err := os.ReadFile(filepath.Join(repoRoot, ".gitignore"))
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, e := range entries {
		if e.IsDir() {
			folders = append(folders, e.Name())
		}
	}
	for _, f := range strayFolders(folders, string(ignore)) {
		t.Errorf("folder %s/ at the top: the top-level folders are final (DESIGN §1): %s", f, strings.Join(topLevel, " "))
	}
}

// repoRoot as seen from this package's folder, where its tests run.
const repoRoot = "../.."

func listPackages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir, cmd.Stderr = repoRoot, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
	if len(pkgs) < 2 {
		t.Fatalf("go list found %d packages", len(pkgs))
	}
	return pkgs
}

// arrowViolations is one sentence per import that the tables do not allow, in the order of the packages.
func arrowViolations(pkgs []listed) []string {
	var out []string
	for _, p := range pkgs {
		name := strings.TrimPrefix(p.ImportPath, modulePath+"/")
		for dir := range strings.SplitSeq(name, "/") {
			if slices.Contains(noFolder, dir) {
				out = append(out, fmt.Sprintf("%s: no folder is called %s (DESIGN §1); name it after what it owns", name, dir))
			}
		}
		if _, ok := arrows[name]; !ok {
			out = append(out, fmt.Sprintf("%s: not a package of DESIGN §1; the table arrows of this test has no row for it", name))
			continue
		}
		for _, imp := range p.Imports {
			out = append(out, arrowViolation(name, imp, false)...)
		}
		for _, imp := range slices.Concat(p.TestImports, slices.DeleteFunc(slices.Clone(p.XTestImports), ours)) {
			if !slices.Contains(p.Imports, imp) { // said once
				out = append(out, arrowViolation(name, imp, true)...)
			}
		}
	}
	return out
}

// ours says whether an import is of this module.
func ours(imp string) bool { return strings.HasPrefix(imp, modulePath+"/") }

// arrowViolation is at most one sentence: what is wrong with this import.
func arrowViolation(from, imp string, test bool) []string {
	who := from
	if test {
		who = "a test of " + from
	}
	if own, ok := strings.CutPrefix(imp, modulePath+"/"); ok {
		if own == from || matches(arrows[from], own) {
			return nil
		}
		return []string{fmt.Sprintf("%s imports %s: %s may import %s (DESIGN §1)", who, own, from, orNothing(arrows[from]))}
	}
	for p := imp; p != "."; p = path.Dir(p) {
		rule, ok := outside[strings.TrimSuffix(p, "/v2")]
		if !ok {
			continue
		}
		allowed := rule.in
		if test {
			allowed = slices.Concat(rule.in, rule.tests)
		}
		if matches(allowed, from) {
			return nil
		}
		return []string{fmt.Sprintf("%s imports %s: only %s may", who, imp, orNothing(allowed))}
	}
	if strings.Contains(strings.Split(imp, "/")[0], ".") {
		return []string{fmt.Sprintf("%s imports %s: a dependency without a row in the table outside of this test and a line of reason in docs/design.md", who, imp)}
	}
	return nil // the standard library
}

// matches says whether a package is named by one of the patterns.
func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		below, wide := strings.CutSuffix(p, "...")
		below = strings.TrimSuffix(below, "/")
		return p == name || wide && (below == "" || name == below || strings.HasPrefix(name, below+"/"))
	})
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// strayFolders are the visible folders that DESIGN §1 does not name and .gitignore does not ignore.
func strayFolders(folders []string, gitignore string) []string {
	ignored := strings.Fields(gitignore)
	return slices.DeleteFunc(slices.Clone(folders), func(f string) bool {
		return strings.HasPrefix(f, ".") || slices.Contains(topLevel, f) || slices.Contains(ignored, "/"+f+"/")
	})
}

func TestArrowViolations(t *testing.T) {
	one := func(p string, imports ...string) listed {
		return listed{ImportPath: modulePath + "/" + p, Imports: imports}
	}
	tests := map[string]struct {
		pkg  listed
		want []string
	}{
		"what the table allows":          {one("analytics/units", "fmt", "gridstar/geo", "golang.org/x/text/width"), nil},
		"all below a pattern":            {one("ingest", "gridstar/ingest/source", "gridstar/ingest/profile"), nil},
		"the command imports everything": {one("cmd/gridstar", "gridstar/reports/web", "gridstar/ingest/demo", "net/http"), nil},
		"a package against the flow": {
			one("geo", "gridstar/analytics/units"),
			[]string{"geo imports analytics/units: geo may import nothing (DESIGN §1)"},
		},
		"a sub-package that is not named": {
			one("ingest/demo", "gridstar/ingest/source"),
			[]string{"ingest/demo imports ingest/source: ingest/demo may import geo, ingest/profile, ingest/workbook (DESIGN §1)"},
		},
		"a pattern does not reach a longer name": {
			one("analytics/stars", "gridstar/analyticsextra"),
			[]string{"analytics/stars imports analyticsextra: analytics/stars may import analytics/... (DESIGN §1)"},
		},
		"DuckDB beside the warehouse": {
			one("analytics", "github.com/marcboeker/go-duckdb"),
			[]string{"analytics imports github.com/marcboeker/go-duckdb: only analytics/warehouse may"},
		},
		"go-echarts outside of chart, by major version and sub-package": {
			one("reports/web", "github.com/go-echarts/go-echarts/v2/charts"),
			[]string{"reports/web imports github.com/go-echarts/go-echarts/v2/charts: only reports/chart may"},
		},
		"SQL in geo": {
			one("geo", "database/sql/driver"),
			[]string{"geo imports database/sql/driver: only analytics/..., ingest, cmd/gridstar may"},
		},
		"a test-only module outside of a test": {
			one("geo", "github.com/peterstace/simplefeatures/geom"),
			[]string{"geo imports github.com/peterstace/simplefeatures/geom: only nothing may"},
		},
		"a test-only module in a test": {
			listed{ImportPath: "gridstar/geo", TestImports: []string{"github.com/peterstace/simplefeatures/geom"}}, nil,
		},
		"a test against the flow": {
			listed{ImportPath: "gridstar/geo", TestImports: []string{"gridstar/geo", "gridstar/ingest"}},
			[]string{"a test of geo imports ingest: geo may import nothing (DESIGN §1)"},
		},
		"an external test brings the flow together": {
			listed{ImportPath: "gridstar/analytics/warehouse", XTestImports: []string{"gridstar/ingest", "gridstar/analytics"}}, nil,
		},
		"an external test beside the warehouse's driver": {
			listed{ImportPath: "gridstar/analytics", XTestImports: []string{"github.com/marcboeker/go-duckdb"}},
			[]string{"a test of analytics imports github.com/marcboeker/go-duckdb: only analytics/warehouse may"},
		},
		"a dependency nobody has argued for": {
			one("geo", "example.com/leftpad"),
			[]string{"geo imports example.com/leftpad: a dependency without a row in the table outside of this test and a line of reason in docs/design.md"},
		},
		"a package without a row": {
			one("analytics/misc"),
			[]string{"analytics/misc: not a package of DESIGN §1; the table arrows of this test has no row for it"},
		},
		"a folder that says nothing": {
			one("geo/internal/wkb"),
			[]string{
				"geo/internal/wkb: no folder is called internal (DESIGN §1); name it after what it owns",
				"geo/internal/wkb: not a package of DESIGN §1; the table arrows of this test has no row for it",
			},
		},
	}
	for situation, tt := range tests {
		t.Run(situation, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, arrowViolations([]listed{tt.pkg})); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStrayFolders(t *testing.T) {
	got := strayFolders([]string{".git", "bin", "cmd", "docs", "scripts", "geo"}, "/bin/\n*.test\n")
	if diff := cmp.Diff([]string{"scripts"}, got); diff != "" {
		t.Errorf("stray folders (-want +got):\n%s", diff)
	}
}
