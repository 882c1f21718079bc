package analytics

import (
	"testing"
	"testing/fstest"

	"gridstar/analytics/catalog"
)

// siteFS holds a site's files by name.
type siteFS map[string]string

func (s siteFS) load(t testing.TB) *catalog.Catalog {
	t.Helper()
	files := fstest.MapFS{}
	for name, text := range s {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	cat, err := catalog.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}
