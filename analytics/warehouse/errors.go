package warehouse

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Sentinels that callers branch on. Their text is what a user reads.
var (
	// ErrLocked: another process owns the data directory.
	ErrLocked = errors.New("数据目录正被另一个格星进程使用")
	// ErrNewer: the file was written by a newer version of the product.
	ErrNewer = errors.New("数据库由更新版本的格星写成，请升级程序后再打开")
	// ErrBusy: other jobs hold the identity space longer than the caller would wait; nothing was done.
	ErrBusy = errors.New("同一台账正在载入，请稍后重试")
	// ErrDiskFull: free space is under the floor; reads go on.
	ErrDiskFull = errors.New("磁盘剩余空间不足，已停止写入，查询不受影响；请清理磁盘后重试")
	// ErrReopened: the engine had to be reopened while the job ran; nothing of the job was kept.
	ErrReopened = errors.New("数据库在作业期间重新打开，本次作业未写入任何数据，请重新执行")
	// ErrDead: the engine could not be reopened; the process must end.
	ErrDead = errors.New("数据库无法重新打开，服务即将退出，请检查磁盘后重新启动")
	// ErrClosed: the warehouse was closed.
	ErrClosed = errors.New("数据库已关闭")
)

// ReplacedError refuses an undo because later jobs replaced some of the job's rows.
type ReplacedError struct {
	Job int64
	By  []int64 // in ascending order
}

func (e *ReplacedError) Error() string {
	names := make([]string, len(e.By))
	for i, id := range e.By {
		names[i] = fmt.Sprint(id)
	}
	return fmt.Sprintf("作业 %d 写入的部分数据已被后来的作业 %s 替换，不能单独撤销；请先撤销后来的作业", e.Job, strings.Join(names, "、"))
}

func replacedError(job int64, by map[int64]bool) error {
	if len(by) == 0 {
		return nil
	}
	return &ReplacedError{Job: job, By: slices.Sorted(maps.Keys(by))}
}

// openError: the engine refuses the database file.
type openError struct {
	file  string
	cause error
}

func (e *openError) Error() string {
	return fmt.Sprintf("无法打开数据库文件 %s：文件已损坏，或磁盘、内存不足；请检查磁盘，必要时从备份恢复", e.file)
}

func (e *openError) Unwrap() error { return e.cause }

// isFatal says whether DuckDB considers the instance broken. After such an error nothing this instance answers
// may be trusted: it is closed and reopened.
func isFatal(err error) bool {
	if err == nil {
		return false
	}
	s := err.Error()
	for _, mark := range []string{"FATAL Error", "INTERNAL Error", "database has been invalidated"} {
		if strings.Contains(s, mark) {
			return true
		}
	}
	return false
}
