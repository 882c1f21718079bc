package catalog

import (
	"errors"
	"fmt"
	"reflect"
	"sort"
	"strings"

	"github.com/BurntSushi/toml"
)

// ErrCatalog is wrapped by every mistake in the catalogue's files.
var ErrCatalog = errors.New("配置文件有误")

// FileError is one mistake in a file of the catalogue. Its text is one Chinese sentence that names file and line.
type FileError struct {
	File string
	Line int // 0 where the mistake has no line
	Text string
}

func (e *FileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("配置文件 %s 有误：%s", e.File, e.Text)
	}
	return fmt.Sprintf("配置文件 %s 第 %d 行有误：%s", e.File, e.Line, e.Text)
}

func (e *FileError) Unwrap() error { return ErrCatalog }

// file is one TOML file under way.
type file struct {
	name  string
	text  string // plain TOML
	lines []int  // the file's line of each line of text
	meta  toml.MetaData
}

// line is the file's line of a line of the plain text; both from 1, 0 for none.
func (f *file) line(n int) int {
	if n < 1 || n > len(f.lines) {
		return 0
	}
	return f.lines[n-1]
}

// at makes an error at the line where a key stands.
func (f *file) at(text string, key ...string) error {
	return &FileError{File: f.name, Line: f.line(keyLine(f.text, key)), Text: text}
}

// decode reads the file into v and turns toml's errors into ours. types is a value of the types its keys must have.
func (f *file) decode(v, types any) error {
	var tree map[string]any
	if _, err := toml.Decode(f.text, &tree); err != nil {
		return f.explain(err)
	}
	if key := mistyped(tree, reflect.TypeOf(types)); key != nil {
		return f.at("值的类型不对（"+toml.Key(key).String()+"）", key...)
	}
	var err error
	f.meta, err = toml.Decode(f.text, v)
	return f.explain(err)
}

// over decodes a part that was left for later over what dst already holds.
func (f *file) over(p toml.Primitive, dst any) error {
	return f.explain(f.meta.PrimitiveDecode(p, dst))
}

func (f *file) explain(err error) error {
	if err == nil {
		return nil
	}
	var pe toml.ParseError
	if !errors.As(err, &pe) {
		return &FileError{File: f.name, Text: "值的类型不对"}
	}
	text := "不符合 TOML 语法"
	switch {
	case strings.Contains(pe.Message, "out of range"):
		text = "数值过大"
	case strings.Contains(pe.Message, "already been defined"), strings.Contains(pe.Message, "uplicate"):
		text = "重复定义"
	case strings.Contains(pe.Message, "UTF-8"):
		text = "不是 UTF-8 编码"
	}
	if pe.LastKey != "" {
		text += "（" + pe.LastKey + "）"
	}
	return &FileError{File: f.name, Line: f.line(pe.Position.Line), Text: text}
}

// strict refuses keys nobody reads: a misspelt key would otherwise be ignored in silence.
func (f *file) strict() error {
	if unknown := f.meta.Undecoded(); len(unknown) > 0 {
		return f.at("不认识的键“"+unknown[0].String()+"”", unknown[0]...)
	}
	return nil
}

// keyLine finds the line (from 1) on which a key is written, or the nearest of its upper keys; 0 if there is none.
// toml's own positions are not exported. Keys of an array of tables are found in the first table that has them.
func keyLine(data string, key []string) int {
	var table []string
	best, depth := 0, 0
	note := func(line int, path []string) {
		n := 0
		for n < len(path) && n < len(key) && path[n] == key[n] {
			n++
		}
		if (n == len(path) || n == len(key)) && n > depth {
			best, depth = line, n
		}
	}
	open := "" // delimiter of a multi-line string we are inside
	brackets := 0
	for i, line := range strings.Split(data, "\n") {
		rest := strings.TrimSpace(line)
		fresh := open == "" && brackets == 0
		if fresh {
			if strings.HasPrefix(rest, "[") {
				table = splitKey(strings.Trim(strings.SplitN(rest, "#", 2)[0], "[] \t"))
				note(i+1, table)
				continue
			}
			if k, _, ok := strings.Cut(rest, "="); ok && !strings.HasPrefix(rest, "#") {
				note(i+1, append(append([]string{}, table...), splitKey(k)...))
			}
		}
		open, brackets = scanLine(line, open, brackets)
	}
	return best
}

// scanLine follows strings and brackets through a line.
func scanLine(line, open string, brackets int) (string, int) {
	for i := 0; i < len(line); i++ {
		rest := line[i:]
		if open != "" {
			switch {
			case line[i] == '\\' && open[0] == '"':
				i++
			case strings.HasPrefix(rest, open):
				i += len(open) - 1
				open = ""
			}
			continue
		}
		switch {
		case strings.HasPrefix(rest, `"""`), strings.HasPrefix(rest, "'''"):
			open = rest[:3]
			i += 2
		case line[i] == '"', line[i] == '\'':
			open = rest[:1]
		case line[i] == '#':
			return open, brackets
		case line[i] == '[':
			brackets++
		case line[i] == ']':
			brackets--
		}
	}
	if len(open) == 1 {
		open = "" // an ordinary string ends with its line; the parser has complained already
	}
	return open, max(brackets, 0)
}

// splitKey cuts a dotted key; quoted parts may hold dots.
func splitKey(s string) []string {
	var parts []string
	var b strings.Builder
	var quote rune
	for _, r := range strings.TrimSpace(s) {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			b.WriteRune(r)
		case r == '"' || r == '\'':
			quote = r
		case r == '.':
			parts = append(parts, strings.TrimSpace(b.String()))
			b.Reset()
		default:
			b.WriteRune(r)
		}
	}
	return append(parts, strings.TrimSpace(b.String()))
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
