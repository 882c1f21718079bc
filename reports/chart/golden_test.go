package chart

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/*.json anew")

var frames = map[Frame]string{Card: "card", Picture: "picture"}

func TestGolden(t *testing.T) {
	for _, sample := range samples {
		for frame, suffix := range frames {
			name := sample.name + "_" + suffix
			t.Run(name, func(t *testing.T) {
				option, err := sample.build(frame)
				if err != nil {
					t.Fatal(err)
				}
				got := indented(t, option)
				file := filepath.Join("testdata", name+".json")
				if *update {
					if err := os.WriteFile(file, got, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), string(got)); diff != "" {
					t.Errorf("option changed (-golden +now); look at the drawing, then run with -update:\n%s", diff)
				}
			})
		}
	}
}

func indented(t *testing.T, o Option) []byte {
	t.Helper()
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, data, "", "  "); err != nil {
		t.Fatal(err)
	}
	out.WriteByte('\n')
	return out.Bytes()
}
