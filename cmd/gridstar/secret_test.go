package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestReadSecret(t *testing.T) {
	for name, tt := range map[string]struct{ in, want, rest string }{
		"a line":                     {"correct horse\n", "correct horse", ""},
		"without its end":            {"correct horse", "correct horse", ""},
		"from Windows":               {"correct horse\r\n", "correct horse", ""},
		"spaces belong to it":        {"  a b \n", "  a b ", ""},
		"the next line stays":        {"one\ntwo\n", "one", "two\n"},
		"an empty line":              {"\n", "", ""},
		"Han characters":             {"长夜有灯火\n", "长夜有灯火", ""},
		"a long line is not read on": {strings.Repeat("x", 5000), strings.Repeat("x", maxSecret+1), strings.Repeat("x", 5000-maxSecret-1)},
	} {
		t.Run(name, func(t *testing.T) {
			r := strings.NewReader(tt.in)
			got, err := readSecret(r)
			rest, _ := io.ReadAll(r)
			if got != tt.want || err != nil || string(rest) != tt.rest {
				t.Errorf("%q, %v, rest %q", got, err, rest)
			}
		})
	}
	if _, err := readSecret(strings.NewReader("")); err == nil {
		t.Error("nothing at all is taken for a password")
	}
}

// terminal is a pseudo-terminal: what is written to master is typed, what is read from it is shown.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skip(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skip(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// typist answers the prompts of a product that runs on a terminal.
func typist(t *testing.T, master *os.File, answers ...string) (shown func() string) {
	t.Helper()
	var screen bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1024)
		for {
			n, err := master.Read(buf)
			screen.Write(buf[:n])
			if err != nil {
				return
			}
			if len(answers) > 0 && bytes.HasSuffix(screen.Bytes(), []byte("：")) {
				for echoes(master) {
					runtime.Gosched() // who types before the prompt is heard has himself to blame
				}
				master.WriteString(answers[0])
				answers = answers[1:]
			}
		}
	}()
	return func() string {
		<-done
		return screen.String()
	}
}

// echoes says whether a terminal shows what is typed.
func echoes(terminal *os.File) bool {
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	return err == nil && state.Lflag&unix.ECHO != 0
}

// On a terminal the password is asked for twice, in the caller's process, and not shown; also where a server does the work.
func TestAPasswordIsTypedUnseen(t *testing.T) {
	p := product{t, filepath.Join(t.TempDir(), "D")}
	p.must("user", "add", "wang")
	p.serve()
	const good = "wistful-Otter-ladder-38"
	for name, tt := range map[string]struct {
		answers []string
		code    int
		says    string
	}{
		"alike":           {[]string{good + "\n", good + "\n"}, exitDone, "已设置账号 wang 的口令"},
		"not alike":       {[]string{good + "\n", good + "9\n"}, exitFailed, "两次输入的口令不一致，没有改动"},
		"two empty lines": {[]string{"\n", "\n"}, exitFailed, "口令"},
		"Ctrl-C":          {[]string{"\x03"}, exitFailed, "已取消"},
	} {
		t.Run(name, func(t *testing.T) {
			master, slave := terminal(t)
			shown := typist(t, master, tt.answers...)
			c := p.command("user", "passwd", "wang")
			c.Stdin, c.Stdout, c.Stderr = slave, slave, slave
			c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			c.Wait() // the exit code is compared
			if !echoes(slave) {
				t.Error("the terminal does not show any more what is typed")
			}
			slave.Close()
			screen := shown()
			if code := c.ProcessState.ExitCode(); code != tt.code || !strings.Contains(screen, tt.says) {
				t.Errorf("exit %d, want %d: %s", code, tt.code, screen)
			}
			if strings.Contains(screen, "Otter") {
				t.Errorf("the password is shown: %s", screen)
			}
		})
	}
}
