package intake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gridstar/analytics/warehouse"
	"gridstar/ingest"
)

// What is published is loaded, one after another, and what became of it is kept.
func TestPublish(t *testing.T) {
	s := newSite(t)
	first, second := s.receive("a.csv", ledger("a", "C11", 5), whole), s.receive("b.csv", ledger("b", "C21", 2)+"b-x,,没有时间,C21\n", whole)
	if err := s.desk.Publish(first.ID, nil, whole); err != nil {
		t.Fatal(err)
	}
	if err := s.desk.Publish(second.ID, []Choice{{MaxRejects: "50%"}}, Sender{Account: "录入二"}); err != nil {
		t.Fatal(err)
	}
	err := s.desk.Publish(first.ID, nil, Sender{Account: "录入二"})
	if !errors.Is(err, ErrState) || !strings.Contains(err.Error(), "录入一") {
		t.Errorf("a second person publishes it again: %v", err)
	}
	stop := s.run()
	defer stop()
	for id, want := range map[string]ingest.Result{
		first.ID: {Rows: 5, Accepted: 5}, second.ID: {Rows: 3, Accepted: 2, Rejected: 1},
	} {
		u := s.wait(id, Done)
		if len(u.Outcomes) != 1 || u.Error != "" || u.Finished.IsZero() {
			t.Fatalf("%+v", u)
		}
		r := u.Outcomes[0].Result
		if r.Rows != want.Rows || r.Accepted != want.Accepted || r.Rejected != want.Rejected || r.Job == 0 || r.Profile != "plain" {
			t.Errorf("%+v", r)
		}
	}
	if n := s.facts(); n != 7 {
		t.Errorf("%d matters", n)
	}
	if err := s.desk.Discard(first.ID); !errors.Is(err, ErrState) {
		t.Errorf("what is in can be discarded: %v", err)
	}
	s.reopen(Options{})
	if u, _ := s.desk.Upload(first.ID); u.State != Done || len(u.Outcomes) != 1 || u.Outcomes[0].Result.Accepted != 5 || !strings.Contains(u.Outcomes[0].Summary(), "入库 5 行") {
		t.Errorf("after a restart: %+v", u)
	}
}

// A file that cannot be loaded says why, and can be published again, differently.
func TestFailedIsPublishedAgain(t *testing.T) {
	s := newSite(t)
	u := s.receive("a.csv", strings.Replace(ledger("a", "C11", 3), "no,at,text", "编号,时间,内容", 1), whole)
	if err := s.desk.Publish(u.ID, nil, whole); err != nil {
		t.Fatal(err)
	}
	stop := s.run()
	defer stop()
	u = s.wait(u.ID, Failed)
	said := u.Error
	if len(u.Outcomes) > 0 {
		said = u.Outcomes[0].Error
	}
	if !strings.Contains(said, "无法识别") || !strings.HasSuffix(said, "。") || s.facts() != 0 {
		t.Errorf("%q, %d matters", said, s.facts())
	}
	c := Choice{Profile: "plain", Columns: map[string]string{"no": "编号", "at": "时间", "text": "内容"}}
	if err := s.desk.Publish(u.ID, []Choice{c}, whole); err != nil {
		t.Fatal(err)
	}
	if u = s.wait(u.ID, Done); s.facts() != 3 {
		t.Errorf("%+v, %d matters", u, s.facts())
	}
	// the ids are those of the ledger's own columns: the same rows under their usual headers change nothing
	again := s.receive("b.csv", ledger("a", "C11", 3), whole)
	if err := s.desk.Publish(again.ID, nil, whole); err != nil {
		t.Fatal(err)
	}
	if again = s.wait(again.ID, Done); again.Outcomes[0].Result.Unchanged != 3 || s.facts() != 3 {
		t.Errorf("%+v, %d matters", again.Outcomes[0].Result, s.facts())
	}
}

// A load that waits for others is cancelled at once, and the upload waits again.
func TestCancel(t *testing.T) {
	s := newSite(t)
	release := s.hold()
	defer release()
	u := s.receive("a.csv", ledger("a", "C11", 3), whole)
	if err := s.desk.Publish(u.ID, nil, whole); err != nil {
		t.Fatal(err)
	}
	if err := s.desk.Cancel(u.ID); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.desk.Upload(u.ID); got.State != Waiting {
		t.Errorf("taken out of the queue it is %s", got.State)
	}
	if err := s.desk.Publish(u.ID, nil, whole); err != nil {
		t.Fatal(err)
	}
	stop := s.run()
	defer stop()
	s.wait(u.ID, Loading)
	if err := s.desk.Discard(u.ID); !errors.Is(err, ErrState) {
		t.Errorf("a load under way can be discarded: %v", err)
	}
	if err := s.desk.Cancel(u.ID); err != nil {
		t.Fatal(err)
	}
	if got := s.wait(u.ID, Waiting); got.Note == "" || s.facts() != 0 {
		t.Errorf("%+v", got)
	}
	if err := s.desk.Cancel(u.ID); !errors.Is(err, ErrState) {
		t.Errorf("what waits can be cancelled: %v", err)
	}
}

// When the desk closes, a load that does not end in its time is abandoned, with nothing kept, and begins anew with the next.
func TestClosingAbandons(t *testing.T) {
	s := newSite(t)
	s.reopen(Options{Grace: time.Millisecond})
	release := s.hold()
	u := s.receive("a.csv", ledger("a", "C11", 3), whole)
	if err := s.desk.Publish(u.ID, nil, whole); err != nil {
		t.Fatal(err)
	}
	stop := s.run()
	s.wait(u.ID, Loading)
	stop()
	if got, _ := s.desk.Upload(u.ID); got.State != Queued || got.Tries != 0 || s.facts() != 0 {
		t.Errorf("%+v", got)
	}
	release()
	s.reopen(Options{})
	defer s.run()()
	if got := s.wait(u.ID, Done); got.Outcomes[0].Result.Accepted != 3 {
		t.Errorf("%+v", got)
	}
}

// A load that ends in time ends well although the desk is closing.
func TestClosingLetsFinish(t *testing.T) {
	s := newSite(t)
	release := s.hold()
	u := s.receive("a.csv", ledger("a", "C11", 3), whole)
	if err := s.desk.Publish(u.ID, nil, whole); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.desk.Run(ctx) }()
	s.wait(u.ID, Loading)
	cancel()
	release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got, _ := s.desk.Upload(u.ID); got.State != Done || s.facts() != 3 {
		t.Errorf("%+v", got)
	}
}

// A killed process leaves a load under way: the next queues it again, and gives up when that is killed too.
func TestCutShort(t *testing.T) {
	s := newSite(t)
	u := s.receive("a.csv", ledger("a", "C11", 3), whole)
	for _, want := range []State{Queued, Failed} {
		if err := s.desk.change(u.ID, func(u *Upload) error { u.State = Loading; return nil }); err != nil {
			t.Fatal(err)
		}
		s.reopen(Options{})
		got, _ := s.desk.Upload(u.ID)
		if got.State != want || got.Note+got.Error == "" {
			t.Errorf("%+v, want %s", got, want)
		}
	}
	if err := s.desk.Publish(u.ID, nil, whole); err != nil { // somebody has looked at it
		t.Fatal(err)
	}
	defer s.run()()
	if got := s.wait(u.ID, Done); got.Tries != 0 || got.Error != "" {
		t.Errorf("%+v", got)
	}
}

// Load passes beside a load of another ledger, and is told so in time when the ledger is the same.
func TestLoadWhileOthersLoad(t *testing.T) {
	s := newSite(t)
	s.reopen(Options{Patience: 10 * time.Millisecond})
	post := func() ([]ingest.Outcome, error) {
		f, err := Memory([]byte(`[{"no":"p-1","at":"2026-02-03 08:00:00","text":"路灯","org":"C11"}]`))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return s.desk.Load(t.Context(), f, "post.json", Choice{Profile: "plain"}, whole)
	}
	release := s.hold()
	all, err := post()
	for _, o := range all {
		err = errors.Join(err, o.Err)
	}
	if !errors.Is(err, warehouse.ErrBusy) {
		t.Errorf("%v, %v", all, err)
	}
	release()
	for _, want := range []ingest.Result{{Accepted: 1}, {Unchanged: 1}} {
		all, err := post()
		if err != nil || len(all) != 1 || all[0].Err != nil || all[0].Result.Accepted != want.Accepted || all[0].Result.Unchanged != want.Unchanged {
			t.Errorf("%+v, %v", all, err)
		}
	}
}

// A sender of one street cannot load for another; he need not say which one is his.
func TestSendersUnits(t *testing.T) {
	s := newSite(t)
	hers := Sender{Account: "录入一", Units: []string{"S1"}}
	for org, want := range map[string]error{"": nil, "S1": nil, "C11": nil, "朝阳社区": nil, "S2": ErrUnit, "建设社区": ErrUnit, "D": ErrUnit, "none": ErrUnit} {
		if err := s.desk.Check(t.Context(), Choice{Profile: "plain", Org: org}, hers); !errors.Is(err, want) {
			t.Errorf("%q: %v", org, err)
		}
	}
	one := Sender{Account: "录入二", Units: []string{"C11"}} // the full name, which the page fills in, begins with a unit that is not hers
	for org, want := range map[string]error{"朝阳社区": nil, "红旗街道朝阳社区": nil, "东风街道建设社区": ErrUnit, "红旗街道": ErrUnit} {
		if err := s.desk.Check(t.Context(), Choice{Profile: "plain", Org: org}, one); !errors.Is(err, want) {
			t.Errorf("for one community, %q: %v", org, err)
		}
	}
	r, err := s.desk.request(t.Context(), s.in, ingest.Request{}, Choice{}, hers)
	if err != nil || r.Org != "S1" || !r.Scoped || r.Scope.All {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err = s.desk.request(t.Context(), s.in, ingest.Request{}, Choice{}, Sender{Account: "x", Units: []string{}}); err != nil || !r.Scoped || !r.Scope.Empty() {
		t.Errorf("who has no unit: %+v, %v", r, err)
	}
	for _, c := range []Choice{{Profile: "没有"}, {CRS: "北京54"}, {MaxRejects: "many"}, {Columns: map[string]string{"no": "编号"}}} {
		if err := s.desk.Check(t.Context(), c, whole); !errors.Is(err, ErrChoice) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// A file that disappeared, and one that nobody asked for any more.
func TestGone(t *testing.T) {
	s := newSite(t)
	u := s.receive("a.csv", "x", whole)
	if err := os.Remove(filepath.Join(s.dir, "uploads", u.ID, "file")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.desk.Look(t.Context(), u.ID, nil, 5, u.Sender); !errors.Is(err, ErrState) {
		t.Errorf("looked at: %v", err)
	}
	if err := s.desk.Publish(u.ID, nil, whole); err != nil {
		t.Fatal(err)
	}
	defer s.run()()
	if got := s.wait(u.ID, Failed); got.Error == "" {
		t.Errorf("%+v", got)
	}
	for _, err := range []error{s.desk.Publish("none", nil, whole), s.desk.Discard("none"), s.desk.Cancel("none")} {
		if !errors.Is(err, ErrUnknown) {
			t.Error(err)
		}
	}
	if err := s.desk.Publish(u.ID, []Choice{{Skip: true}}, whole); !errors.Is(err, ErrChoice) {
		t.Errorf("nothing is chosen: %v", err)
	}
}

// A table that was refused for its rows keeps them, until its file goes.
func TestRefusedRowsAreKept(t *testing.T) {
	s := newSite(t)
	u := s.receive("a.csv", ledger("a", "C11", 2)+strings.Repeat("x,昨天,没有时间,C11\n", 150), whole)
	if err := s.desk.Publish(u.ID, []Choice{{MaxRejects: "10"}}, whole); err != nil {
		t.Fatal(err)
	}
	stop := s.run()
	u = s.wait(u.ID, Failed)
	stop()
	s.reopen(Options{})
	u, _ = s.desk.Upload(u.ID)
	rows, err := s.desk.Refused(u.ID, 0)
	if err != nil || len(rows) != 150 || rows[0].Row != 4 || len(u.Outcomes) != 1 || len(u.Outcomes[0].Rejects) != shownRefused || s.facts() != 0 {
		t.Errorf("%d rows, %v, %+v", len(rows), err, u)
	}
	if sheets := RejectSheets(rows); len(sheets) != 1 || len(sheets[0].Rows) != 150 || sheets[0].Rows[0].ID != "" {
		t.Errorf("%+v", sheets)
	}
	if rows, err := s.desk.Refused(u.ID, 1); err != nil || len(rows) > 0 {
		t.Errorf("of another table: %v, %v", rows, err)
	}
	if err := s.desk.Discard(u.ID); err != nil {
		t.Fatal(err)
	}
	if rows, err := s.desk.Refused(u.ID, 0); err != nil || len(rows) > 0 || len(s.names("uploads", u.ID)) != 1 {
		t.Errorf("after its file: %v, %v, %v", rows, err, s.names("uploads", u.ID))
	}
}

// Of a workbook one sheet is loaded and one is not: it says so, keeps what is in out of the next publication, and is done when the
// rest is in.
func TestPartlyLoaded(t *testing.T) {
	s := newSite(t)
	s.reopen(Options{MaxRejects: ingest.Limit{Set: true, Percent: 10}})
	bad := [][]string{{"no", "at", "text", "org"}, {"b-0", "2026-02-02 08:00:00", "漏水", "C11"}}
	for i := range 20 {
		bad = append(bad, []string{fmt.Sprint("b-", i+1), "某日", "楼道堆物", "C11"})
	}
	book := workbookOf(t, map[string][][]string{"一": {{"no", "at", "text", "org"}, {"a-1", "2026-02-01 08:00:00", "楼道灯不亮", "C11"}}, "二": bad})
	u := s.receive("a.xlsx", book, whole)
	if err := s.desk.Publish(u.ID, nil, whole); err != nil {
		t.Fatal(err)
	}
	stop := s.run()
	defer stop()
	u = s.wait(u.ID, Failed)
	if u.Label() != "部分入库" || len(u.Loaded()) != 1 || u.Loaded()[0].Result.Sheet != "一" || s.facts() != 1 {
		t.Fatalf("%s: %+v, %d matters", u.Label(), u.Outcomes, s.facts())
	}
	job := u.Loaded()[0].Result.Job
	for i := range 2 { // again in vain, then with more rows that may be refused
		c := Choice{Sheet: "二", Profile: "plain", MaxRejects: []string{"19", "20"}[i]}
		if err := s.desk.Publish(u.ID, []Choice{c}, whole); err != nil {
			t.Fatal(err)
		}
		u = s.wait(u.ID, []State{Failed, Done}[i])
		if len(u.Outcomes) != 2 || u.Outcomes[0].Result.Sheet != "一" || u.Outcomes[0].Result.Job != job || u.Outcomes[1].Result.Sheet != "二" {
			t.Fatalf("%s: %+v", u.State, u.Outcomes)
		}
		if rows, err := s.desk.Refused(u.ID, 1); err != nil || len(rows) != []int{20, 0}[i] {
			t.Errorf("%d rows are kept for correction: %v", len(rows), err)
		}
	}
	if u.Label() != "已入库" || s.facts() != 2 {
		t.Errorf("%s, %d matters", u.Label(), s.facts())
	}
}

// What was mended and published anew while a load waited for its turn is loaded as it is now, for who published it last.
func TestMendedWhileItWaitsForItsTurn(t *testing.T) {
	s := newSite(t)
	u := s.receive("a.csv", strings.Replace(ledger("a", "C11", 3), "no,at,text", "编号,at,text", 1), whole)
	if err := s.desk.Publish(u.ID, []Choice{{Profile: "plain", Columns: map[string]string{"no": "没有"}}}, whole); err != nil {
		t.Fatal(err)
	}
	first, _ := s.desk.Upload(u.ID) // what the queue took
	if err := s.desk.Cancel(u.ID); err != nil {
		t.Fatal(err)
	}
	by := Sender{Account: "录入二", Units: []string{"C11"}}
	if err := s.desk.Publish(u.ID, []Choice{{Profile: "plain", Columns: map[string]string{"no": "编号"}}}, by); err != nil {
		t.Fatal(err)
	}
	s.desk.process(t.Context(), first)
	if u, _ = s.desk.Upload(u.ID); u.State != Done || s.facts() != 3 || u.Publisher.Account != "录入二" {
		t.Errorf("%s by %s: %+v", u.State, u.Publisher.Account, u.Outcomes)
	}
}
