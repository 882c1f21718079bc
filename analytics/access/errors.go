package access

import "errors"

// Kinds of refusals. What is returned is one Chinese sentence for the user that wraps one of them, or ErrLog.
var (
	ErrSignIn         = errors.New("sign-in refused") // whatever the reason: the sentence is the same
	ErrBusy           = errors.New("too many sign-ins at once")
	ErrPassword       = errors.New("password not acceptable")
	ErrName           = errors.New("name not acceptable")
	ErrTaken          = errors.New("name taken")
	ErrUnknownAccount = errors.New("no such account")
	ErrGrant          = errors.New("grant not acceptable")
	ErrLast           = errors.New("last administrator")
	ErrReady          = errors.New("there is an administrator")
	ErrLink           = errors.New("link does not open")
	ErrSession        = errors.New("no such session")
	ErrToken          = errors.New("token not acceptable")
	ErrFile           = errors.New("file of accounts damaged")
)

// Mistakes are those that whoever filled in a form can mend.
var Mistakes = []error{
	ErrSignIn, ErrPassword, ErrName, ErrTaken, ErrUnknownAccount, ErrGrant, ErrLast, ErrReady, ErrSession, ErrToken,
}

// refusal is a sentence for the user and its kind.
type refusal struct {
	kind error
	text string
}

func (e refusal) Error() string { return e.text }
func (e refusal) Unwrap() error { return e.kind }

var (
	errSignIn  = refusal{ErrSignIn, "用户名或口令不正确，或因多次输错已暂停登录；请核对后再试，或过一会儿再试"}
	errBusy    = refusal{ErrBusy, "正在登录的人较多，请稍等几秒再试"}
	errLink    = refusal{ErrLink, "链接已经用过、已过期或不完整"}
	errUnknown = refusal{ErrUnknownAccount, "没有这个账号，请核对用户名"}
	errViewing = refusal{ErrGrant, "以他人身份查看时不能更改任何内容，请先结束查看"}
	errWatched = refusal{ErrGrant, "审计员的账号只能在服务器本机用命令设立和改动（gridstar user …），网页上的管理员不能"}
	errOwn     = refusal{ErrGrant, "不能更改自己的权限或停用自己，请由另一位管理员操作"}
)
