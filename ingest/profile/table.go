package profile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// reader reads the settings of one profile file and keeps the first mistake, by line.
type reader struct {
	file string
	n    *normalised
	err  *Error
}

// decode parses the TOML; the mistake it may find is the reader's.
func decode(data []byte, file string) (*reader, *table) {
	r := &reader{file: file, n: normalise(string(data))}
	if r.n.deep > 0 {
		r.err = mistake(file, r.n.deep, "嵌套过深")
		return r, nil
	}
	var m map[string]any
	_, err := toml.Decode(r.n.toml, &m)
	if err != nil {
		line, text := 0, "写法有误，请检查引号、括号和等号是否完整"
		var p toml.ParseError
		if errors.As(err, &p) {
			if i := p.Position.Line - 1; i >= 0 && i < len(r.n.lines) {
				line = r.n.lines[i]
			}
			if strings.Contains(p.Message, "already") || strings.Contains(p.Message, "duplicate") {
				text = fmt.Sprintf("设置“%s”重复", p.LastKey)
			}
		}
		r.err = mistake(file, line, "%s", text)
		return r, nil
	}
	return r, &table{r: r, m: m, used: map[string]bool{}}
}

// fail records a mistake at the line of a key, if it is the first in the file.
func (r *reader) fail(at []string, format string, args ...any) {
	r.failLine(r.n.line(at...), format, args...)
}

func (r *reader) failLine(line int, format string, args ...any) {
	if r.err == nil || line > 0 && line < r.err.Line {
		r.err = mistake(r.file, line, format, args...)
	}
}

// table is a TOML table; what nobody asks for is unknown.
type table struct {
	r    *reader
	at   []string
	m    map[string]any
	used map[string]bool
}

func (t *table) path(key string) []string { return append(t.at[:len(t.at):len(t.at)], key) }

func (t *table) line(key string) int { return t.r.n.line(t.path(key)...) }

func (t *table) get(key string) (any, bool) {
	t.used[key] = true
	v, ok := t.m[key]
	return v, ok
}

func (t *table) has(key string) bool { _, ok := t.m[key]; return ok }

func (t *table) wrong(key, want string) { t.r.fail(t.path(key), "“%s”应为%s", key, want) }

// str reads a text; "" where there is none.
func (t *table) str(key string) string {
	v, ok := t.get(key)
	if !ok {
		return ""
	}
	s, ok := v.(string)
	if !ok {
		t.wrong(key, "文字，请加引号")
	}
	return s
}

// strs reads a text or a list of texts.
func (t *table) strs(key string) []string {
	v, ok := t.get(key)
	if !ok {
		return nil
	}
	return t.strsOf(key, v)
}

func (t *table) strsOf(key string, v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		out := make([]string, 0, len(v))
		for i, e := range v {
			s, ok := e.(string)
			if !ok {
				t.r.fail(append(t.path(key), strconv.Itoa(i)), "“%s”的每一项应为文字，请加引号", key)
				return nil
			}
			out = append(out, s)
		}
		return out
	}
	t.wrong(key, "文字或文字列表")
	return nil
}

// names is strs for column headers, which must not be empty.
func (t *table) names(key string) []string {
	out := t.strs(key)
	if slices.ContainsFunc(out, func(s string) bool { return Fold(s) == "" }) {
		t.r.fail(t.path(key), "“%s”中有空的列名", key)
	}
	return out
}

func (t *table) flag(key string) bool {
	v, ok := t.get(key)
	if !ok {
		return false
	}
	b, ok := v.(bool)
	if !ok {
		t.wrong(key, " true 或 false")
	}
	return b
}

func (t *table) whole(key string, lo, hi int64) int {
	v, ok := t.get(key)
	if !ok {
		return 0
	}
	n, ok := v.(int64)
	if !ok || n < lo || n > hi {
		t.wrong(key, fmt.Sprintf(" %d 到 %d 的整数", lo, hi))
		return 0
	}
	return int(n)
}

// sub returns the table under a key; a missing one is empty.
func (t *table) sub(key string) *table {
	s := &table{r: t.r, at: t.path(key), used: map[string]bool{}}
	v, ok := t.get(key)
	if !ok {
		return s
	}
	m, ok := v.(map[string]any)
	if !ok {
		t.wrong(key, "一组设置")
	}
	s.m = m
	return s
}

// texts returns the members of the table under a key as texts: constants and maps.
func (t *table) texts(key string) map[string]string {
	s := t.sub(key)
	if len(s.m) == 0 {
		return nil
	}
	out := map[string]string{}
	for _, k := range s.keys() {
		v, ok := s.text(k)
		if !ok {
			s.wrong(k, "文字")
			continue
		}
		out[k] = v
	}
	return out
}

// text reads a text, a number or true and false as a text.
func (t *table) text(key string) (string, bool) {
	v, _ := t.get(key)
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}

// keys returns the keys in the order of the file.
func (t *table) keys() []string {
	order := map[string]int{}
	for i, k := range t.r.n.children[path(t.at...)] {
		order[k] = i
	}
	keys := make([]string, 0, len(t.m))
	for k := range t.m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if d := order[a] - order[b]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return keys
}

// done reports keys that nobody asked for.
func (t *table) done(allowed string) {
	for _, k := range t.keys() {
		if !t.used[k] {
			t.r.fail(t.path(k), "不认识的设置“%s”，可用的有：%s", k, allowed)
		}
	}
}
