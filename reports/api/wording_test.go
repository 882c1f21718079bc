package api

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Sentences about files that name a flag of the command line are said otherwise to programs: whoever writes a new one is
// told here.
func TestFlagsAreNotNamedInAnswers(t *testing.T) {
	literal := regexp.MustCompile("\"(?:[^\"\\\\\n]|\\\\.)*\\p{Han}(?:[^\"\\\\\n]|\\\\.)*\"")
	flag := regexp.MustCompile(`--[a-z]`)
	met := 0
	for _, dir := range []string{"../../ingest", "../../ingest/profile", "../../ingest/source", "../../ingest/intake"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(err, dir)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, said := range literal.FindAllString(string(text), -1) {
				if !flag.MatchString(said) {
					continue
				}
				met++
				if got := inAnswer.Replace(said); flag.MatchString(got) {
					t.Errorf("%s: an answer would say %s", name, got)
				}
			}
		}
	}
	if met < 5 {
		t.Errorf("only %d sentences were found", met)
	}
}
