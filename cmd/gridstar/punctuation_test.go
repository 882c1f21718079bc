package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// User text follows GB/T 15834: between Han characters punctuation is full-width.

const halfWidth = ",;:()?!"

// misused is one half-width mark that stands directly between two Han characters.
type misused struct {
	line int    // 1-based, within the text
	text string // the mark with its neighbours
}

func halfWidthBetweenHan(text string) []misused {
	var out []misused
	rs := []rune(text)
	line := 1
	for i, r := range rs {
		if r == '\n' {
			line++
		}
		if i > 0 && i+1 < len(rs) && strings.ContainsRune(halfWidth, r) && unicode.Is(unicode.Han, rs[i-1]) && unicode.Is(unicode.Han, rs[i+1]) {
			out = append(out, misused{line, string(rs[i-1 : i+2])})
		}
	}
	return out
}

// misusedInGo looks at the string literals of a Go file; lines are those of the file.
func misusedInGo(name string, src []byte) ([]misused, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var out []misused
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && isRegexp(call) {
			return false // a pattern is no user text: 年?度
		}
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(lit.Value)
		if err != nil {
			return true // the parser has checked it
		}
		at := fset.Position(lit.Pos()).Line
		raw := strings.HasPrefix(lit.Value, "`")
		for _, m := range halfWidthBetweenHan(text) {
			if raw {
				m.line += at - 1
			} else { // a \n in it begins no line of the file
				m.line = at
			}
			out = append(out, m)
		}
		return true
	})
	return out, nil
}

// isRegexp says whether a call compiles a pattern.
func isRegexp(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	return ok && pkg.Name == "regexp"
}

// listsOfSpellings matches what a TOML file recognises in ledgers as they are written, which nobody is shown.
var listsOfSpellings = regexp.MustCompile(`(?s)\bsynonyms\s*=\s*\[[^\]]*\]`)

// misusedInTOML looks at a TOML file without its lists of spellings and its comments.
func misusedInTOML(src []byte) []misused {
	src = listsOfSpellings.ReplaceAllFunc(src, func(list []byte) []byte { return bytes.Repeat([]byte("\n"), bytes.Count(list, []byte("\n"))) })
	lines := bytes.Split(src, []byte("\n"))
	for i, l := range lines {
		if bytes.HasPrefix(bytes.TrimSpace(l), []byte("#")) {
			lines[i] = nil
		}
	}
	return halfWidthBetweenHan(string(bytes.Join(lines, []byte("\n"))))
}

// TestPunctuation reads every file of the repository that may hold user text. Test files are no user text.
func TestPunctuation(t *testing.T) {
	files := map[string]int{}
	err := filepath.WalkDir(repoRoot, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if name != repoRoot && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules" || base == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		ext := filepath.Ext(base)
		if strings.HasSuffix(base, "_test.go") || ext != ".go" && ext != ".toml" && ext != ".tmpl" {
			return nil
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		files[ext]++
		var found []misused
		switch ext {
		case ".go":
			if found, err = misusedInGo(name, src); err != nil {
				return err
			}
		case ".toml":
			found = misusedInTOML(src)
		case ".tmpl":
			found = halfWidthBetweenHan(string(src))
		}
		rel, err := filepath.Rel(repoRoot, name)
		if err != nil {
			return err
		}
		for _, m := range found {
			t.Errorf("%s:%d: half-width punctuation between Han characters: %s (GB/T 15834 wants ，；：（）？！)", filepath.ToSlash(rel), m.line, m.text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files[".go"] == 0 || files[".toml"] == 0 {
		t.Errorf("looked at %v: the walk does not reach the repository", files)
	}
}

func TestMisusedPunctuation(t *testing.T) {
	type found = []string
	show := func(ms []misused) found {
		out := found{}
		for _, m := range ms {
			out = append(out, fmt.Sprintf("%d %s", m.line, m.text))
		}
		return out
	}
	inText := map[string]struct {
		text string
		want found
	}{
		"each mark":                          {"甲,乙;丙:丁(戊)己?庚!辛", found{"1 甲,乙", "1 乙;丙", "1 丙:丁", "1 丁(戊", "1 戊)己", "1 己?庚", "1 庚!辛"}},
		"full-width marks":                   {"甲，乙；丙：丁（戊）己？庚！辛", found{}},
		"beside a letter, a digit, a space":  {"共3,5行 (见A)级: 甲", found{}},
		"at the ends":                        {",甲)", found{}},
		"the line is counted":                {"甲\n乙,丙\n\n丁:戊", found{"2 乙,丙", "4 丁:戊"}},
		"a character beyond the basic plane": {"𠮷,甲", found{"1 𠮷,甲"}},
	}
	for situation, tt := range inText {
		t.Run(situation, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, show(halfWidthBetweenHan(tt.text))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("Go: literals, no comments, no patterns; the file's lines", func(t *testing.T) {
		src := "package p\n\n// 甲,乙\nvar a = \"丙:丁\\n戊,己\"\n\nvar b = `\n庚(辛`\n\nvar c = regexp.MustCompile(`年?度`)\n"
		got, err := misusedInGo("p.go", []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(found{"4 丙:丁", "4 戊,己", "7 庚(辛"}, show(got)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("TOML: not comments, not spellings that are only recognised", func(t *testing.T) {
		src := "# 甲,乙\nlabel = \"丙,丁\"\ncode = [\n  { code = \"戊\", synonyms = [\"己(庚)\",\n  \"辛:壬\"] },\n]\nexplain = \"癸!子\"\n"
		if diff := cmp.Diff(found{"2 丙,丁", "7 癸!子"}, show(misusedInTOML([]byte(src)))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
