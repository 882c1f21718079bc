package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// terminal says whether stderr is a terminal: then progress is one line that is written over.
func (e *env) terminal() bool {
	f, ok := e.Stderr.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// status shows what is being done on a terminal; the empty text takes the line away. Elsewhere nothing is
// printed: plain lines are for what takes long (progress).
func (e *env) status(format string, args ...any) {
	if e.terminal() {
		fmt.Fprintf(e.Stderr, "\r\033[K"+format, args...)
	}
}

// progress shows how far a file has come: a bar on a terminal, a plain line every ten seconds elsewhere.
func (e *env) progress(name string) func(done, total int64) {
	const barWidth = 30
	every := 200 * time.Millisecond
	if !e.terminal() {
		every = 10 * time.Second
	}
	next := time.Now().Add(every)
	return func(done, total int64) {
		if done >= total {
			e.status("")
			return
		}
		if time.Now().Before(next) || total == 0 {
			return
		}
		next = time.Now().Add(every)
		share := float64(done) / float64(total)
		if !e.terminal() {
			fmt.Fprintf(e.Stderr, "%s：已读取 %.0f%%\n", name, 100*share)
			return
		}
		n := int(share * barWidth)
		e.status("%s [%s%s] %.0f%%", name, strings.Repeat("█", n), strings.Repeat("·", barWidth-n), 100*share)
	}
}
