package source

import (
	"errors"
	"fmt"
)

// What can be wrong with a whole file. Every error of this package that concerns the user is an *Error wrapping one.
var (
	ErrEmpty       = errors.New("source: nothing to read")
	ErrUnsupported = errors.New("source: unsupported format")
	ErrBinary      = errors.New("source: not a text file")
	ErrOption      = errors.New("source: bad option")
	ErrUnreadable  = errors.New("source: cannot be read")
	ErrLimit       = errors.New("source: over a limit")
	ErrChanged     = errors.New("source: changed while it was read")
)

// Error is a file that is refused. Text is one Chinese sentence: what happened, and what to do.
type Error struct {
	Name string // the file's name as given to Open
	Text string
	Err  error // one of the sentinels, or what the file system said
}

func (e *Error) Error() string { return e.Text }

func (e *Error) Unwrap() error { return e.Err }

func refuse(name string, err error, format string, args ...any) *Error {
	return &Error{Name: name, Text: "文件“" + name + "”" + fmt.Sprintf(format, args...), Err: err}
}

// Reason says why a row could not be read. The values are stable: they are stored with the rejected row.
type Reason string

const (
	StrayQuote     Reason = "stray_quote"      // text after a closing quote
	OpenQuote      Reason = "open_quote"       // a quote that is never closed
	CellTooLong    Reason = "cell_too_long"    // more than Limits.CellBytes
	RecordTooLong  Reason = "record_too_long"  // more than MaxRecordBytes
	TooManyColumns Reason = "too_many_columns" // more than Limits.Columns
	BadJSON        Reason = "bad_json"         // not JSON
	NotObject      Reason = "not_object"       // JSON, but not a record {…}
	DuplicateKey   Reason = "duplicate_key"    // one key twice in a record: which one counts would be a guess
	TooDeep        Reason = "too_deep"         // nested deeper than MaxDepth
)

var reasonText = map[Reason]string{
	StrayQuote:     "双引号之后还有多余内容，请检查该行的引号是否成对",
	OpenQuote:      "双引号没有配对，请检查该行的引号",
	CellTooLong:    "单元格内容超过允许的长度（config.toml 中 [limits] 的 cell_kib，未设置时为 1024），多半是双引号没有配对，请检查该行",
	RecordTooLong:  "这一行超过 8 MiB，请检查换行或引号是否完整",
	TooManyColumns: "这一行超过允许的列数（config.toml 中 [limits] 的 columns，未设置时为 1000），请检查分隔符或只保留需要的列",
	BadJSON:        "不是合法的 JSON，请检查该条记录",
	NotObject:      "不是一条记录，应为花括号括起的键值",
	DuplicateKey:   "同一个键出现两次，无法判断以哪个为准，请检查该条记录",
	TooDeep:        "嵌套超过 64 层，请检查该条记录",
}

// Message returns the reason as a Chinese clause without a full stop, fit to stand behind “第 12 行：”.
func (r Reason) Message() string { return reasonText[r] }

// BadRow is a row that could not be read; reading went on behind it.
type BadRow struct {
	Row    int64 // as in Batch.Rows
	Reason Reason
}
