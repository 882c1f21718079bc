package warehouse

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Entry is one line of the journal: a job that was acknowledged, the acceptance of lost ones, or neither and only the
// head of the audit chain.
type Entry struct {
	Seq    int64  `json:"seq,omitempty"` // data version
	Job    int64  `json:"job,omitempty"`
	Rows   int64  `json:"rows"`             // copies written with since = Job
	Digest string `json:"digest,omitempty"` // 16 hex digits: xor over the copies' hashes
	List   int    `json:"list,omitempty"`   // column list of the digest
	Verb   string `json:"verb,omitempty"`
	File   string `json:"file,omitempty"`
	Key    string `json:"key,omitempty"` // fingerprint of the secret the ids were made with
	At     string `json:"at"`
	Audit  string `json:"audit,omitempty"` // head of the audit chain: seq:hash

	Accepted []int64 `json:"accepted_loss,omitempty"` // jobs whose loss the administrator accepted
}

// journal is the append-only list of acknowledged jobs. A line counts once it ends in a newline.
type journal struct {
	file    *os.File
	size    int64
	entries []Entry
	torn    bool // bytes of a failed line may lie behind size
	now     func() time.Time
	key     string // fingerprint that new lines carry

	mu   sync.Mutex                      // guards head
	head func() (seq int64, hash string) // of the audit chain; nil: there is none
}

// audit is the head of the audit chain as a line carries it; "" where there is none.
func (j *journal) audit() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.head == nil {
		return ""
	}
	seq, hash := j.head()
	if seq == 0 {
		return ""
	}
	return fmt.Sprintf("%d:%s", seq, hash)
}

// openJournal reads the journal and drops a torn last line: it was never acknowledged.
// A damaged line before the last is an error, because jobs after it could not be compared.
func openJournal(name string, now func() time.Time) (*journal, error) {
	_, statErr := os.Stat(name)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("无法打开作业日志：%w", err)
	}
	j := &journal{file: f, now: now}
	if err := j.load(); err != nil {
		f.Close()
		return nil, err
	}
	if errors.Is(statErr, fs.ErrNotExist) {
		if err := SyncDir(filepath.Dir(name)); err != nil {
			f.Close()
			return nil, fmt.Errorf("无法保存作业日志：%w", err)
		}
	}
	return j, nil
}

func (j *journal) load() error {
	r := bufio.NewReader(j.file)
	for line := 1; ; line++ {
		b, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			if len(b) == 0 {
				return nil
			}
			return j.cut() // torn: written, never acknowledged
		}
		if err != nil {
			return fmt.Errorf("无法读取作业日志：%w", err)
		}
		var e Entry
		if err := json.Unmarshal(bytes.TrimSpace(b), &e); err != nil {
			return fmt.Errorf("作业日志第 %d 行已损坏，请从备份恢复 journal.jsonl", line)
		}
		j.entries = append(j.entries, e)
		j.size += int64(len(b))
	}
}

// cut removes what lies behind the last acknowledged line.
func (j *journal) cut() error {
	j.torn = true
	if err := errors.Join(j.file.Truncate(j.size), j.file.Sync()); err != nil {
		return fmt.Errorf("无法整理作业日志：%w", err)
	}
	j.torn = false
	return nil
}

// line is the entry as it goes to disk, now.
func (j *journal) line(e Entry) (Entry, []byte, error) {
	e.Key, e.At, e.Audit = j.key, j.now().Format(time.DateTime), j.audit()
	b, err := json.Marshal(e)
	return e, append(b, '\n'), err
}

// reserve takes the disk space for a line before the job is committed, so that a full disk refuses the job instead
// of leaving it committed and not acknowledged. Where the file system cannot, the line takes its chance.
func (j *journal) reserve(e Entry) error {
	_, b, err := j.line(e)
	if err != nil {
		return err
	}
	err = unix.Fallocate(int(j.file.Fd()), unix.FALLOC_FL_KEEP_SIZE, j.size, int64(len(b)))
	switch {
	case err == nil, errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
		return nil
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return fmt.Errorf("%w（%w）", ErrDiskFull, err)
	}
	return fmt.Errorf("无法为作业日志预留空间，本次作业未写入任何数据，请检查磁盘后重试：%w", err)
}

// append writes one line and forces it to disk. On an error nothing counts: what was written of the line is
// taken back, or, where even that fails, before the next line or by the next open.
func (j *journal) append(e Entry) error {
	if j.torn {
		if err := j.cut(); err != nil {
			return err
		}
	}
	e, b, err := j.line(e)
	if err != nil {
		return err
	}
	_, err = j.file.WriteAt(b, j.size)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("无法写入作业日志：%w", err), j.cut())
	}
	j.size += int64(len(b))
	j.entries = append(j.entries, e)
	return nil
}

// highest is the greatest data version and job id ever acknowledged.
func (j *journal) highest() (seq, job int64) {
	for _, e := range j.entries {
		seq, job = max(seq, e.Seq), max(job, e.Job)
	}
	return seq, job
}

// byJob returns the acknowledged jobs, without those whose loss was accepted.
func (j *journal) byJob() map[int64]Entry {
	m := make(map[int64]Entry, len(j.entries))
	for _, e := range j.entries {
		if e.Job != 0 {
			m[e.Job] = e
		}
		for _, id := range e.Accepted {
			delete(m, id)
		}
	}
	return m
}

// madeWith is the fingerprint of the secret behind the jobs, "" where there are none.
func (j *journal) madeWith() (key string) {
	for _, e := range j.entries {
		if e.Key != "" {
			key = e.Key
		}
	}
	return key
}

func (j *journal) close() error { return j.file.Close() }
