package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// asGridstar makes the test binary behave as the product: tests that kill it or break its system calls start it so.
const asGridstar = "GRIDSTAR_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asGridstar) != "" {
		main()
	}
	testscript.Main(m, map[string]func(){"gridstar": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: false,
		Setup: func(env *testscript.Env) error {
			data, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "data"))
			if err != nil {
				return err
			}
			env.Setenv("DATA", data)
			env.Setenv("GRIDSTAR_DIR", "D")
			noise := bytes.Repeat([]byte{0x00, 0xff, 0x13, 0x37, 0x80}, 400) // no script can hold it
			return os.WriteFile(filepath.Join(env.WorkDir, "noise.csv"), noise, 0o600)
		},
		Condition: func(cond string) (bool, error) {
			if cond == "shared" { // real files that are not part of this repository
				_, err := os.Stat(filepath.Join("..", "..", "..", "shared", "data", "README.md"))
				return err == nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"field": field,
			"lines": lines,
			"exits": exits,
			"await": await,
			"atleast": func(ts *testscript.TestScript, neg bool, args []string) {
				if n := number(ts, args[0]); n < want(ts, args[1]) {
					ts.Fatalf("%s is %v, want at least %s", args[0], n, args[1])
				}
			},
			"sum": func(ts *testscript.TestScript, neg bool, args []string) {
				n := 0.0
				for _, path := range args[1:] {
					n += number(ts, path)
				}
				if n != want(ts, args[0]) {
					ts.Fatalf("%v add up to %v, want %s", args[1:], n, args[0])
				}
			},
			"total": total,
		},
	})
}

// field checks a value of the JSON last printed: field jobs.0.accepted 12.
func field(ts *testscript.TestScript, neg bool, args []string) {
	b, err := json.Marshal(at(ts, args[0]))
	ts.Check(err)
	if got := strings.Trim(string(b), `"`); (got == args[1]) == neg {
		ts.Fatalf("%s is %s, want %s", args[0], got, args[1])
	}
}

// at finds a value in the JSON last printed by a path of keys and positions.
func at(ts *testscript.TestScript, path string) (v any) {
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &v))
	for step := range strings.SplitSeq(path, ".") {
		switch here := v.(type) {
		case map[string]any:
			v = here[step]
		case []any:
			i := int(want(ts, step))
			if i >= len(here) {
				ts.Fatalf("%s: no element %s of %d", path, step, len(here))
			}
			v = here[i]
		default:
			ts.Fatalf("%s: nothing under %s", path, step)
		}
	}
	return v
}

// lines counts the lines of a folder's files that a pattern fits: lines D/audit '"event":"started"' 1.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	pattern := regexp.MustCompile(args[1])
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*"))
	ts.Check(err)
	n := 0
	for _, name := range files {
		for line := range strings.Lines(ts.ReadFile(name)) {
			if pattern.MatchString(line) {
				n++
			}
		}
	}
	if (float64(n) == want(ts, args[2])) == neg {
		ts.Fatalf("%d lines of %s fit %s, want %s", n, args[0], args[1], args[2])
	}
}

// number is at for numbers; a missing one is 0.
func number(ts *testscript.TestScript, path string) float64 {
	n, _ := at(ts, path).(float64)
	return n
}

func want(ts *testscript.TestScript, s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	ts.Check(err)
	return f
}

// total adds up a key over the array last printed: total received 1924.
func total(ts *testscript.TestScript, neg bool, args []string) {
	var rows []map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &rows))
	n := 0.0
	for _, r := range rows {
		f, _ := r[args[0]].(float64)
		n += f
	}
	if n != want(ts, args[1]) {
		ts.Fatalf("%s adds up to %v, want %s", args[0], n, args[1])
	}
}

// await waits until a server takes verbs.
func await(ts *testscript.TestScript, neg bool, args []string) {
	deadline := time.Now().Add(20 * time.Second)
	for !dials(ts.MkAbs("D")) {
		if time.Now().After(deadline) {
			ts.Fatalf("no server came up")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// exits runs the product and checks its exit code: exits 3 ingest file.csv.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code args…")
	}
	err := ts.Exec("gridstar", args[1:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// product is the test binary run as gridstar on one data directory.
type product struct {
	t   testing.TB
	dir string
}

func (p product) command(args ...string) *exec.Cmd {
	exe, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), asGridstar+"=1", "GRIDSTAR_DIR="+p.dir)
	return cmd
}

// output is what one run of the product said.
type output struct {
	code           int
	stdout, stderr string
}

func (p product) run(args ...string) output { return finish(p.t, p.command(args...)) }

func finish(t testing.TB, cmd *exec.Cmd) output {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return output{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// must runs the product and fails the test unless it exits with 0.
func (p product) must(args ...string) output {
	p.t.Helper()
	o := p.run(args...)
	if o.code != 0 {
		p.t.Fatalf("gridstar %s: exit %d\n%s%s", strings.Join(args, " "), o.code, o.stdout, o.stderr)
	}
	return o
}

// into decodes what was printed as JSON.
func (o output) into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(o.stdout), v); err != nil {
		t.Fatalf("%v in %q (stderr %q)", err, o.stdout, o.stderr)
	}
}
