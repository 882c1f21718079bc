package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// upload is a job of the programs' interface.
type upload struct {
	ID, State, Note, Error string
	Tables                 []struct {
		loaded
		Job int64
	}
}

// teach gives the site the plain ledger and an account whose token it returns.
func (p product) teach() (token string) {
	p.t.Helper()
	p.must("user", "add", "luru", "--role", "clerk", "--site")
	var issued struct{ Token string }
	p.must("user", "token", "luru", "--label", "数据交换", "--role", "clerk", "--days", "30", "--json").into(p.t, &issued)
	profiles := filepath.Join(p.dir, "profiles")
	if err := os.MkdirAll(profiles, 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(profiles, "plain.toml"), []byte(plainProfile+"[match]\nheaders = [\"no\", \"at\", \"text\"]\n"), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return issued.Token
}

// api asks the programs' interface of a service.
func (s *service) api(method, path, token string, body io.Reader) (status int, u upload) {
	s.t.Helper()
	base, _ := address(s.t, s.text())
	r, err := http.NewRequest(method, base+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&u); err != nil {
		s.t.Fatalf("%s: %v", answer.Status, err)
	}
	return answer.StatusCode, u
}

// A file that was accepted is loaded, once and whole, although the server is killed while it loads it.
func TestUploadOutlivesItsServer(t *testing.T) {
	const rows = 30_000
	p := product{t, t.TempDir()}
	token := p.teach()
	name, _ := ledger(t, t.TempDir(), "big", rows)
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := p.start("serve", "--addr", "127.0.0.1:0")
	status, u := s.api(http.MethodPost, "/api/v1/jobs?name=big.csv&profile=plain", token, file)
	if status != http.StatusAccepted || u.ID == "" {
		t.Fatalf("%d %+v", status, u)
	}
	waitFor(t, func() bool {
		_, u = s.api(http.MethodGet, "/api/v1/jobs/"+u.ID, token, nil)
		return u.State != "queued"
	})
	killedIn := u.State
	s.cmd.Process.Signal(syscall.SIGKILL)
	s.cmd.Wait()
	t.Logf("killed while it was %s", killedIn)

	again := p.start("serve", "--addr", "127.0.0.1:0")
	waitFor(t, func() bool {
		_, u = again.api(http.MethodGet, "/api/v1/jobs/"+u.ID, token, nil)
		return u.State == "done" || u.State == "failed"
	})
	if u.State != "done" || len(u.Tables) != 1 || u.Tables[0].Rows != rows || u.Tables[0].Accepted+u.Tables[0].Unchanged != rows {
		t.Fatalf("%+v", u)
	}
	var answer []struct{ Received int64 }
	p.must("query", "received", "--from", "2026-01-01", "--to", "2026-02-01", "--json").into(t, &answer)
	if len(answer) != 1 || answer[0].Received != rows {
		t.Errorf("received %v", answer)
	}
	p.must("verify")
}

// A service empties its inbox beside verbs that are handed over to it, writes down that it does, and ends in time.
func TestServiceEmptiesItsInbox(t *testing.T) {
	p := product{t, t.TempDir()}
	p.teach()
	s := p.start("serve", "--addr", "127.0.0.1:0")
	folder := filepath.Join(p.dir, "inbox", "12345")
	waitFor(t, func() bool { _, err := os.Stat(filepath.Dir(folder)); return err == nil })
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	name, _ := ledger(t, t.TempDir(), "in", 20)
	if err := os.Rename(name, filepath.Join(folder, "诉求.csv")); err != nil {
		text, read := os.ReadFile(name) // another file system
		if read != nil {
			t.Fatal(read)
		}
		if err := os.WriteFile(filepath.Join(folder, "诉求.csv"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	other, _ := ledger(t, t.TempDir(), "by-hand", 20)
	p.must("ingest", other, "--profile", "plain")
	done := filepath.Join(p.dir, "done", "12345")
	waitFor(t, func() bool { all, _ := os.ReadDir(done); return len(all) == 2 })
	if all, _ := os.ReadDir(folder); len(all) > 0 {
		t.Errorf("left: %v", all)
	}
	var answer []struct{ Received int64 }
	p.must("query", "received", "--from", "2026-01-01", "--to", "2026-02-01", "--json").into(t, &answer)
	if len(answer) != 1 || answer[0].Received != 40 {
		t.Errorf("received %v", answer)
	}
	s.end()
	lines, err := filepath.Glob(filepath.Join(p.dir, "audit", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	for _, name := range lines {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		log.Write(text)
	}
	if !strings.Contains(log.String(), `"收件箱"`) || strings.Contains(log.String(), "诉求.csv") {
		t.Error("the audit log does not say that the inbox was emptied, or names the file")
	}
}
