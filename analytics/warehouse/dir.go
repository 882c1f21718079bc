package warehouse

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Dir is the data directory. Its files are named here and nowhere else.
type Dir string

func (d Dir) path(name string) string { return filepath.Join(string(d), name) }

// Database is the DuckDB file; its WAL lies beside it.
func (d Dir) Database() string { return d.path("warehouse.duckdb") }

// WAL is DuckDB's write-ahead log.
func (d Dir) WAL() string { return d.Database() + ".wal" }

// spill is where DuckDB puts what exceeds its memory; a killed process leaves it.
func (d Dir) spill() string { return d.Database() + ".tmp" }

// keptWAL is the WAL's second name while a start is under way.
func (d Dir) keptWAL() string { return d.WAL() + ".kept" }

// Journal is the list of acknowledged jobs, outside DuckDB on purpose.
func (d Dir) Journal() string { return d.path("journal.jsonl") }

// Audit is the folder of the audit log, one file a month.
func (d Dir) Audit() string { return d.path("audit") }

// Accounts holds the accounts with their roles.
func (d Dir) Accounts() string { return d.path("accounts.json") }

// Sessions holds who is signed in.
func (d Dir) Sessions() string { return d.path("sessions.json") }

// Lock is the file whose flock says which process owns the directory.
func (d Dir) Lock() string { return d.path("lock") }

// Socket is where the owner takes verbs handed over by other processes.
func (d Dir) Socket() string { return d.path("server.sock") }

// Config is the site's settings.
func (d Dir) Config() string { return d.path("config.toml") }

// Catalog holds the site's overrides of metrics and code lists.
func (d Dir) Catalog() string { return d.path("catalog") }

// Profiles holds the site's ledger profiles.
func (d Dir) Profiles() string { return d.path("profiles") }

// Demo holds the files of the synthetic 示范区.
func (d Dir) Demo() string { return d.path("demo") }

// Uploads holds the files that were handed in over the network, one folder each.
func (d Dir) Uploads() string { return d.path("uploads") }

// Inbox is where other systems put files to be loaded; what became of them lies in Done or Failed.
func (d Dir) Inbox() string { return d.path("inbox") }

// Done holds the files of the inbox that were loaded.
func (d Dir) Done() string { return d.path("done") }

// Failed holds the files of the inbox that were not.
func (d Dir) Failed() string { return d.path("failed") }

// Lease is the flock on a data directory. The directory has one owner at a time.
type Lease struct {
	dir  Dir
	file *os.File
}

// Acquire creates the directory where it is missing and takes its lock without waiting.
// ErrLocked means that another process, or another Lease in this process, holds it.
func Acquire(dir Dir) (*Lease, error) {
	if err := os.MkdirAll(string(dir), 0o700); err != nil {
		return nil, fmt.Errorf("无法建立数据目录 %s：%w", dir, err)
	}
	f, err := os.OpenFile(dir.Lock(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("无法打开数据目录 %s 的锁文件：%w", dir, err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		return nil, fmt.Errorf("无法锁定数据目录 %s：%w", dir, err)
	}
	return &Lease{dir: dir, file: f}, nil
}

// Dir is the directory held.
func (l *Lease) Dir() Dir { return l.dir }

// Release gives the directory up.
func (l *Lease) Release() error { return l.file.Close() }

// secret returns the directory's key for identity hashes. A new directory gets one; used says that the directory
// holds jobs already: then the key that their ids were made with must be there, because with another one every file
// would be loaded a second time.
func (d Dir) secret(used bool) ([]byte, error) {
	name := d.path("secret")
	b, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && used:
		return nil, fmt.Errorf("数据目录缺少密钥文件 %s，没有它就认不出已入库的记录，请从备份恢复该文件", name)
	case errors.Is(err, fs.ErrNotExist):
		return d.newSecret()
	case err != nil:
		return nil, fmt.Errorf("无法读取密钥文件：%w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("密钥文件 %s 已损坏，请从备份恢复该文件", name)
	}
	return key, nil
}

func (d Dir) newSecret() ([]byte, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	err := WriteFile(d.path("secret"), 0o600, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, hex.EncodeToString(key))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("无法写入密钥文件：%w", err)
	}
	return key, nil
}

// fingerprint tells keys apart without giving anything of them away.
func fingerprint(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("fingerprint"))
	return hex.EncodeToString(mac.Sum(nil)[:4])
}

// WriteFile writes a file whole or not at all: temporary name, fsync, rename, fsync of the folder.
func WriteFile(name string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	tmp, err := os.OpenFile(name+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
		}
	}()
	if err = write(tmp); err != nil {
		tmp.Close()
		return err
	}
	if err = tmp.Sync(); err != nil {
		tmp.Close()
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	if err = os.Rename(tmp.Name(), name); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(name))
}

// SyncDir forces a folder to disk: a file that was made or renamed in it is there only then.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// freeBytes is the space an unprivileged process may still use on the directory's file system.
func (d Dir) freeBytes() (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(string(d), &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}
