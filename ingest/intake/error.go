package intake

import (
	"errors"
	"fmt"
)

// Kinds of refusals. What is returned is one Chinese sentence for the user, without full stop, that wraps one of them, or an
// error of the packages below.
var (
	ErrUnknown = errors.New("no such upload")
	ErrState   = errors.New("upload is in another state")
	ErrLarge   = errors.New("file too large")
	ErrEmpty   = errors.New("file is empty")
	ErrCutOff  = errors.New("file did not arrive whole")
	ErrChoice  = errors.New("choice not acceptable")
	ErrUnit    = errors.New("no such unit among the sender's")
	ErrProfile = errors.New("profile not acceptable")
)

// Mistakes are those that whoever sends a file or fills in a form can mend.
var Mistakes = []error{ErrState, ErrLarge, ErrEmpty, ErrCutOff, ErrChoice, ErrUnit, ErrProfile}

// refusal is a sentence for the user and its kind.
type refusal struct {
	kind error
	text string
}

func (e refusal) Error() string { return e.text }
func (e refusal) Unwrap() error { return e.kind }

func refuse(kind error, format string, args ...any) error {
	return refusal{kind, fmt.Sprintf(format, args...)}
}

var (
	errUnknown = refusal{ErrUnknown, "没有这份上传的文件，可能已被放弃或超过保存期，请刷新页面"}
	errGone    = refusal{ErrState, "这份文件已超过保存期，内容已删除，请重新上传"}
)
