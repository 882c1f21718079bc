package api

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"gridstar/ingest"
	"gridstar/ingest/intake"
)

// Every field of an answer, and every word that programs decide by, is explained in docs/api.zh-CN.md.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile("../../docs/api.zh-CN.md")
	if err != nil {
		t.Fatal(err)
	}
	words := []string{
		string(ingest.NoIdentity), string(ingest.NoMainDate), string(ingest.BadTime), string(ingest.BadNumber), string(ingest.BadBool),
		string(ingest.AmbiguousUnit), string(ingest.Unreadable), string(ingest.ForeignUnit),
		string(ingest.ByPoint), string(ingest.ByPlace), string(ingest.ByCode), string(ingest.ByBoth), string(ingest.Conflict), string(ingest.Nowhere), string(ingest.Outside),
		string(intake.Queued), string(intake.Loading), string(intake.Done), string(intake.Failed), string(intake.Waiting), string(intake.Discarded),
		"name", "profile", "org", "crs", "encoding", "max_rejects",
	}
	seen := map[reflect.Type]bool{}
	var fields func(reflect.Type)
	fields = func(of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || seen[of] || of == reflect.TypeFor[ingest.Covered]() { // which says what coverage says
			return
		}
		seen[of] = true
		for f := range of.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name != "" {
				words = append(words, name)
			}
			if name != "" || f.Anonymous {
				fields(f.Type)
			}
		}
	}
	for _, answer := range []any{posted{}, job{}, Problem{}} {
		fields(reflect.TypeOf(answer))
	}
	if len(words) < 60 {
		t.Errorf("only %q", words)
	}
	for _, w := range words {
		if !strings.Contains(string(text), "`"+w+"`") && !strings.Contains(string(text), `"`+w+`"`) {
			t.Errorf("docs/api.zh-CN.md does not explain %s", w)
		}
	}
}
