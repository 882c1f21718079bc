package catalog

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// What is plain TOML already keeps its meaning, and every line knows where it came from.
func FuzzPlain(f *testing.F) {
	for _, data := range DefaultFiles() {
		f.Add(string(data))
	}
	for _, s := range []string{
		"[a] b = 1; c = \"x;y\" # z; w\n[[d]] e = [1,\n2]; f = { g = ';' }", "a = \"\"\"\n[b];\\\"\"\"\"\"\nc = '''\n;'''", "[\"a]b\".c]\nd = 1", "[[", ";;", "\uFEFFa=1\r\nb=2", "a = \"\\\"; b\"",
		"x = [[1], [2]]\ny = 3", "a = \"unclosed\n[b]\nc = 1; d = 2",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		text, lines := plain(src)
		if len(lines) != strings.Count(text, "\n")+1 || !slices.IsSorted(lines) || lines[len(lines)-1] > strings.Count(src, "\n")+1 {
			t.Fatalf("%q: lines %v of %q", src, lines, text)
		}
		var before, after map[string]any
		if _, err := toml.Decode(src, &before); err == nil {
			if _, err := toml.Decode(text, &after); err != nil || !reflect.DeepEqual(before, after) {
				t.Errorf("%q became %q: %v", src, text, err)
			}
		}
		var d definitions
		file := &file{name: "x", text: text, lines: lines}
		if err := file.decode(&d, definitionTypes{}); err == nil {
			_ = file.strict() // only that it ends
		}
	})
}
