package intake

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"gridstar/ingest"
)

// handed gives files one after another, as a form does.
func handed(files ...[2]string) func() (Sent, error) {
	return func() (Sent, error) {
		if len(files) == 0 {
			return Sent{}, io.EOF
		}
		f := files[0]
		files = files[1:]
		return Sent{Name: f[0], Data: strings.NewReader(f[1])}, nil
	}
}

// One file is kept as it is; several become one archive, the same each time, called after the one with the shapes.
func TestReceiveBorders(t *testing.T) {
	s := newSite(t)
	by := Sender{Account: "录入一"}
	single, err := s.desk.ReceiveBorders(t.Context(), handed([2]string{"格.geojson", "{}"}), by)
	if err != nil || single.Kind != BordersOf || single.Name != "格.geojson" || single.Size != 2 || single.State != Waiting {
		t.Fatalf("%+v, %v", single, err)
	}
	// printf '{}' | sha256sum
	if single.Hash != "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" {
		t.Errorf("hash %s", single.Hash)
	}
	files := [][2]string{{"网格.dbf", "d"}, {"网格.SHP", "shapes"}, {"网格.prj", "p"}}
	var hashes []string
	for range 2 {
		u, err := s.desk.ReceiveBorders(t.Context(), handed(files...), by)
		if err != nil || u.Name != "网格.zip" {
			t.Fatalf("%+v, %v", u, err)
		}
		z, err := zip.OpenReader(s.desk.file(u.ID))
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			if err != nil || f.Name != files[i][0] || string(b) != files[i][1] {
				t.Errorf("%s: %q, %v", f.Name, b, err)
			}
		}
		if len(z.File) != len(files) {
			t.Errorf("%d files", len(z.File))
		}
		z.Close()
		hashes = append(hashes, u.Hash)
	}
	if hashes[0] != hashes[1] {
		t.Error("the same files have two hashes")
	}
}

// What cannot be taken in is refused, and nothing of it is kept.
func TestReceiveBordersRefuses(t *testing.T) {
	s := newSite(t)
	many := make([][2]string, bordersFiles+1)
	for i := range many {
		many[i] = [2]string{"a.shp", "x"}
	}
	for what, c := range map[string]struct {
		files [][2]string
		want  error
	}{
		"none":              {nil, ErrEmpty},
		"an empty one":      {[][2]string{{"a.shp", "x"}, {"a.dbf", ""}}, ErrEmpty},
		"too many":          {many, ErrLarge},
		"a packed one more": {[][2]string{{"a.shp", "x"}, {"b.zip", "PK\x03\x04"}}, ErrChoice},
	} {
		if _, err := s.desk.ReceiveBorders(t.Context(), handed(c.files...), Sender{Account: "录入一"}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if all := s.desk.Uploads(nil); len(all) != 0 {
		t.Errorf("%d uploads are kept", len(all))
	}
	entries, err := os.ReadDir(s.desk.dir.Uploads())
	if err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

// Borders are loaded by PublishBorders alone and once: a load that fails leaves them waiting, a second one is refused, a restart in the
// middle asks for another go.
func TestPublishBorders(t *testing.T) {
	s := newSite(t)
	by := Sender{Account: "录入一"}
	u, err := s.desk.ReceiveBorders(t.Context(), handed([2]string{"格.geojson", "{}"}), by)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.desk.Publish(u.ID, nil, by); !errors.Is(err, ErrUnknown) {
		t.Errorf("as a ledger: %v", err)
	}
	if _, err := s.desk.Look(t.Context(), u.ID, nil, 5, by); !errors.Is(err, ErrUnknown) {
		t.Errorf("looked at as a ledger: %v", err)
	}
	broken := errors.New("broken")
	choice := BordersChoice{Level: "grid", Code: "编码"}
	if _, err := s.desk.PublishBorders(t.Context(), u.ID, choice, by, func(context.Context) (ingest.Result, []string, error) {
		return ingest.Result{}, nil, broken
	}); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if now, _ := s.desk.Upload(u.ID); now.State != Waiting || now.Publisher.Account != "" || now.Borders != nil {
		t.Errorf("after a failure: %+v", now)
	}
	_, err = s.desk.PublishBorders(t.Context(), u.ID, choice, by, func(ctx context.Context) (ingest.Result, []string, error) {
		_, again := s.desk.PublishBorders(ctx, u.ID, choice, by, nil)
		if !errors.Is(again, ErrState) {
			t.Errorf("while it is being loaded: %v", again)
		}
		if err := s.desk.Discard(u.ID); !errors.Is(err, ErrState) {
			t.Errorf("given up while it is being loaded: %v", err)
		}
		return ingest.Result{Job: 7}, []string{"一处"}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.reopen(Options{})
	now, _ := s.desk.Upload(u.ID)
	if now.State != Done || len(now.Outcomes) != 1 || now.Outcomes[0].Result.Job != 7 || now.Borders == nil || now.Borders.Level != "grid" || len(now.Borders.Mended) != 1 {
		t.Errorf("%+v", now)
	}
	if _, err := s.desk.PublishBorders(t.Context(), u.ID, choice, by, nil); !errors.Is(err, ErrState) {
		t.Errorf("a second time: %v", err)
	}
	if err := s.desk.change(u.ID, func(u *Upload) error { u.State, u.Outcomes = Loading, nil; return nil }); err != nil {
		t.Fatal(err)
	}
	s.reopen(Options{})
	if now, _ := s.desk.Upload(u.ID); now.State != Waiting || !strings.Contains(now.Note, "再次载入") {
		t.Errorf("after a restart: %s %q", now.State, now.Note)
	}
}
