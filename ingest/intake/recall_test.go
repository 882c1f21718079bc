package intake

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gridstar/ingest"
)

func TestRecall(t *testing.T) {
	hers := Sender{Account: "her", Units: []string{"C11"}}
	mapped := Choice{Profile: "plain", Org: "C11", Columns: map[string]string{"日期": "哪天"}, MaxRejects: "50%"}
	d := &Desk{uploads: map[string]*Upload{
		"a": {ID: "a", Sender: hers, Choices: []Choice{mapped}, Outcomes: []Outcome{{Result: ingest.Result{Job: 7}}}},
		"b": {
			ID: "b", Sender: hers, Choices: []Choice{{Sheet: "一", Skip: true}, {Sheet: "二", Profile: "other"}},
			Outcomes: []Outcome{{Result: ingest.Result{Job: 8, Sheet: "二"}}},
		},
		"c": {ID: "c", Sender: hers, Outcomes: []Outcome{{Result: ingest.Result{Job: 9}}}}, // recognised: nothing was chosen
	}}
	again := mapped
	again.MaxRejects, again.Sheet = "", "x"
	for _, c := range []struct {
		name   string
		tables []ingest.Sight
		by     Sender
		want   []Choice
	}{
		{"hers", []ingest.Sight{{Sheet: "x", Returned: 7}}, hers, []Choice{again}},
		{"beside other tables", []ingest.Sight{{Sheet: "x", Returned: 7}, {Sheet: "y", Stray: true}, {Sheet: "z", Hidden: true}}, hers, []Choice{again, {Sheet: "y", Skip: true}}},
		{"one of several sheets", []ingest.Sight{{Returned: 8}}, hers, []Choice{{Profile: "other"}}},
		{"somebody of the whole site", []ingest.Sight{{Sheet: "x", Returned: 7}}, Sender{Account: "all"}, []Choice{again}},
		{"somebody else's", []ingest.Sight{{Sheet: "x", Returned: 7}}, Sender{Account: "other", Units: []string{"C11"}}, nil},
		{"nothing was chosen", []ingest.Sight{{Returned: 9}}, hers, nil},
		{"no such job", []ingest.Sight{{Returned: 99}}, hers, nil},
		{"no corrected rows", []ingest.Sight{{}}, hers, nil},
	} {
		if diff := cmp.Diff(c.want, d.Recall(ingest.Look{Tables: c.tables}, c.by)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}
