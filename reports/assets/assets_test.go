package assets

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// requireBuilt skips a test of the files in dist/ where they are not built; where changes are judged they must be.
func requireBuilt(t *testing.T) {
	t.Helper()
	if Built() {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("dist/ is empty: make assets")
	}
	t.Skip("dist/ is empty: make assets")
}

func TestWithoutBuildWeSaySo(t *testing.T) {
	b, err := open(fstest.MapFS{"dist/.keep": {}, "dist/echarts.min.js": {}}) // a build that broke off
	if b != nil || !errors.Is(err, ErrNotBuilt) {
		t.Fatalf("got %v, %v", b, err)
	}
	res := ask(handler(b, err), "GET", Prefix+ECharts)
	if got := body(t, res); res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(got, "make build") {
		t.Errorf("status %d: %s", res.StatusCode, got)
	}
}

func TestEveryNamedFileIsServed(t *testing.T) {
	requireBuilt(t)
	if err := Check(); err != nil {
		t.Fatal(err)
	}
	for name, contentType := range map[string]string{
		ECharts:       "text/javascript; charset=utf-8",
		OpenLayers:    "text/javascript; charset=utf-8",
		OpenLayersCSS: "text/css; charset=utf-8",
		FontRegular:   "font/ttf",
		FontBold:      "font/ttf",
		Licenses:      "text/plain; charset=utf-8",
	} {
		address, err := Path(name)
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`^/assets/[0-9a-f]{8}/` + regexp.QuoteMeta(name) + `$`).MatchString(address) {
			t.Errorf("address %s", address)
		}
		content, err := Read(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range []string{address, Prefix + name} {
			res := ask(Handler(), "GET", target)
			if got := res.Header.Get("Content-Type"); res.StatusCode != 200 || got != contentType {
				t.Errorf("%s: status %d, type %q", target, res.StatusCode, got)
			}
			if body(t, res) != string(content) {
				t.Errorf("%s: not what Read returns", target)
			}
		}
	}
	if _, err := Path("jquery.js"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("unknown name: %v", err)
	}
}

func TestCompressedFormsUnpackToTheirFiles(t *testing.T) {
	requireBuilt(t)
	for _, name := range []string{ECharts, OpenLayers, OpenLayersCSS, Licenses} {
		plain, err := Read(name)
		if err != nil {
			t.Fatal(err)
		}
		address, err := Path(name)
		if err != nil {
			t.Fatal(err)
		}
		packed := body(t, ask(Handler(), "GET", address, "Accept-Encoding", "gzip"))
		z, err := gzip.NewReader(strings.NewReader(packed))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s.gz is of another file (%v)", name, err)
		}
		res := ask(Handler(), "GET", address, "Accept-Encoding", "br")
		if got := body(t, res); res.Header.Get("Content-Encoding") != "br" || len(got) >= len(packed) {
			t.Errorf("%s: %d bytes by br, %d by gzip", name, len(got), len(packed))
		}
	}
}

func TestEChartsIsAsPublished(t *testing.T) {
	requireBuilt(t)
	ours, err := Read(ECharts)
	if err != nil {
		t.Fatal(err)
	}
	published, err := os.ReadFile("node_modules/echarts/dist/echarts.min.js")
	if os.IsNotExist(err) {
		t.Skip("node_modules is not there: make assets")
	}
	if err != nil || !bytes.Equal(ours, published) {
		t.Errorf("embedded: %d bytes, published: %d bytes (%v)", len(ours), len(published), err)
	}
}

func TestLicensesOfWhatIsEmbedded(t *testing.T) {
	requireBuilt(t)
	data, err := Read(Licenses)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, want := range []string{
		"echarts 5.6.0: NOTICE", "The Apache Software Foundation", // ECharts asks for its NOTICE
		"zrender ", "Baidu",
		"ol 10.11.0: ", "OpenLayers Contributors",
		"noto-sans-sc 0.4.3: LICENSE_FONT", "SIL OPEN FONT LICENSE",
		"rbush ", "pbf ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	for _, not := range []string{"Mozilla Public License", "GNU GENERAL PUBLIC", "GNU LESSER", "GNU AFFERO", "axe-core"} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(not)) {
			t.Errorf("%q is not to be passed on", not)
		}
	}
}

// TestLockFile: a fresh clone gets the same bytes, whichever mirror its npm is told to use.
func TestLockFile(t *testing.T) {
	var lock struct {
		Packages map[string]struct {
			Resolved, Integrity string
			Dev                 bool
			Dependencies        map[string]string
			DevDependencies     map[string]string
		}
	}
	data, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &lock); err != nil {
		t.Fatal(err)
	}
	if len(lock.Packages) < 10 {
		t.Fatalf("%d packages", len(lock.Packages))
	}
	for name, p := range lock.Packages {
		if name == "" {
			for dep, version := range p.Dependencies {
				if strings.Trim(version, "0123456789.") != "" {
					t.Errorf("%s: %s is not an exact version", dep, version)
				}
			}
			continue
		}
		if !strings.HasPrefix(p.Resolved, "https://registry.npmjs.org/") || !strings.HasPrefix(p.Integrity, "sha512-") {
			t.Errorf("%s: resolved %q, integrity %q", name, p.Resolved, p.Integrity)
		}
	}
	if axe := lock.Packages["node_modules/axe-core"]; !axe.Dev {
		t.Error("axe-core (MPL-2.0) is for tests only")
	}
}
