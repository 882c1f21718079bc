package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// A secretVerb reads a secret from the first line of its standard input. It is asked for in the caller's process, because
// no other may touch the caller's terminal, and goes through a pipe: it never stands among the arguments.
type secretVerb interface {
	fromStdin() bool // the caller's standard input holds it
}

// askSecret puts a pipe with the secret in the place of a terminal.
func (e *env) askSecret(ctx context.Context, v verb) error {
	s, ok := v.(secretVerb)
	if !ok || s.fromStdin() {
		return nil
	}
	in, ok := e.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return errors.New("这里没有终端，不能输入口令；请在终端中运行，或加 --stdin 从标准输入读取一行")
	}
	first, err := e.askHidden(ctx, in, "新口令：")
	if err != nil {
		return err
	}
	again, err := e.askHidden(ctx, in, "再输入一次：")
	if err != nil {
		return err
	}
	if first != again {
		return errors.New("两次输入的口令不一致，没有改动，请重新运行")
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer w.Close()
	if _, err := io.WriteString(w, first+"\n"); err != nil { // a terminal's line (4 KiB) fits into a pipe (64 KiB)
		return err
	}
	e.Stdin = r
	return nil
}

// askHidden reads a line from a terminal that does not show it. Ctrl-C gives the terminal its echo back.
func (e *env) askHidden(ctx context.Context, in *os.File, prompt string) (string, error) {
	state, err := term.GetState(int(in.Fd()))
	if err != nil {
		return "", err
	}
	fmt.Fprint(e.Stderr, prompt)
	type line struct {
		text []byte
		err  error
	}
	typed := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(int(in.Fd()))
		typed <- line{text, err}
	}()
	select {
	case l := <-typed:
		fmt.Fprintln(e.Stderr)
		return string(l.text), l.err
	case <-ctx.Done():
		fmt.Fprintln(e.Stderr)
		return "", errors.Join(ctx.Err(), term.Restore(int(in.Fd()), state))
	}
}

// maxSecret is more than any password may have: a longer line is not read to its end.
const maxSecret = 1 << 10

// readSecret reads a line, byte by byte: what follows belongs to whoever reads next. The line's end is not part of it,
// everything else is.
func readSecret(r io.Reader) (string, error) {
	var b strings.Builder
	one := make([]byte, 1)
	for b.Len() <= maxSecret {
		n, err := r.Read(one)
		if n == 1 {
			if one[0] == '\n' {
				return strings.TrimSuffix(b.String(), "\r"), nil
			}
			b.WriteByte(one[0])
			continue
		}
		if errors.Is(err, io.EOF) {
			if b.Len() == 0 {
				return "", errors.New("标准输入是空的，没有读到口令")
			}
			return b.String(), nil
		}
		if err != nil {
			return "", fmt.Errorf("无法读取口令：%w", err)
		}
	}
	return b.String(), nil
}
