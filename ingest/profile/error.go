package profile

import (
	"errors"
	"fmt"
)

// What can be wrong. Every error of this package that a user sees is an *Error or a *ValueError and wraps one of these.
var (
	ErrProfile   = errors.New("profile: mistake in a profile")
	ErrUnknown   = errors.New("profile: no profile fits")
	ErrAmbiguous = errors.New("profile: several profiles fit")
	ErrColumns   = errors.New("profile: columns missing")
	ErrRefused   = errors.New("profile: ledgers of this kind are not loaded")
	ErrValue     = errors.New("profile: unreadable value")
)

// Error is a profile or a file that is refused. Text is one Chinese sentence, complete with file and line.
type Error struct {
	File string // the profile's file; "" where the ledger is at fault
	Line int    // 1-based line in it; 0 where no line is at fault
	Text string
	Err  error // one of the sentinels

	Candidates []Candidate // for ErrAmbiguous those that fit, for ErrUnknown the nearest, best first
}

func (e *Error) Error() string { return e.Text }

func (e *Error) Unwrap() error { return e.Err }

// mistake is an error at a line of a profile file.
func mistake(file string, line int, format string, args ...any) *Error {
	where := fmt.Sprintf("台账模板“%s”第 %d 行：", file, line)
	if line <= 0 {
		where = fmt.Sprintf("台账模板“%s”：", file)
	}
	return &Error{File: file, Line: line, Text: where + fmt.Sprintf(format, args...) + "。", Err: ErrProfile}
}

// ValueError is a cell that cannot be read. Value is the cell as written; it may hold personal data and must
// not reach a log.
type ValueError struct {
	Value string
	Text  string // Chinese clause without full stop: what is wrong and what is expected
}

func (e *ValueError) Error() string { return e.Text }

func (e *ValueError) Unwrap() error { return ErrValue }
