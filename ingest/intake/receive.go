package intake

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix"
	"golang.org/x/text/unicode/norm"

	"gridstar/analytics/warehouse"
	"gridstar/ingest"
)

const (
	maxName   = 120      // runes of a name that is kept
	roomStep  = 16 << 20 // how often, in bytes, it is looked whether the disk still has room
	defaultMB = 4096     // greatest file where the site says nothing, as in source.Limits
)

// Receive takes a file in: its bytes are on disk when Receive returns. name is what it was called, by whoever sent it. The
// upload waits for somebody to look at it (Look) and to have it loaded (Publish).
//
// Errors wrap ErrLarge, ErrEmpty, ErrCutOff or warehouse.ErrDiskFull; nothing is kept then.
func (d *Desk) Receive(ctx context.Context, r io.Reader, name string, by Sender) (Upload, error) {
	return d.receive(ctx, r, name, Ledgers, by)
}

func (d *Desk) receive(ctx context.Context, r io.Reader, name string, kind Kind, by Sender) (_ Upload, err error) {
	u := &Upload{ID: strings.ToLower(rand.Text()[:16]), Kind: kind, Name: cleanName(name), Sender: by, Received: d.o.Now(), State: Waiting}
	if err := d.room(); err != nil {
		return Upload{}, err
	}
	folder := d.folder(u.ID)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return Upload{}, fmt.Errorf("无法保存上传的文件：%w", err)
	}
	defer func() {
		if err != nil {
			os.RemoveAll(folder)
		}
	}()
	if u.Size, u.Hash, err = d.store(ctx, d.file(u.ID), r, u.Name); err != nil {
		return Upload{}, err
	}
	if err := d.save(u); err != nil {
		return Upload{}, full(fmt.Errorf("无法保存上传的文件，请检查磁盘：%w", err))
	}
	if err := warehouse.SyncDir(d.dir.Uploads()); err != nil {
		return Upload{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.uploads[u.ID] = u
	return u.clone(), nil
}

// store writes what is read to a new file and to disk.
func (d *Desk) store(ctx context.Context, to string, r io.Reader, name string) (size int64, hash string, err error) {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, "", fmt.Errorf("无法保存上传的文件：%w", err)
	}
	defer f.Close()
	limit := d.MaxBytes()
	sum := sha256.New()
	in := &arriving{ctx: ctx, r: r}
	for {
		n, err := io.CopyN(io.MultiWriter(f, sum), in, roomStep)
		size += n
		if size > limit {
			return 0, "", refuse(ErrLarge, "文件“%s”超过单个文件 %d MiB 的上限，请拆分后分次上传；确需放宽时由管理员调整 config.toml 中 [limits] 的 file_mib", name, limit>>20)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && in.err != nil {
			return 0, "", refuse(ErrCutOff, "文件“%s”没有传完（已收到 %d 字节），没有保存，请重新上传", name, size)
		}
		if err != nil {
			return 0, "", full(fmt.Errorf("文件“%s”无法保存，请检查磁盘：%w", name, err))
		}
		if err := d.room(); err != nil {
			return 0, "", err
		}
	}
	if size == 0 {
		return 0, "", refuse(ErrEmpty, "文件“%s”是空的，请检查后重新上传", name)
	}
	if err := f.Sync(); err != nil {
		return 0, "", full(fmt.Errorf("文件“%s”无法保存，请检查磁盘：%w", name, err))
	}
	return size, hex.EncodeToString(sum.Sum(nil)), f.Close()
}

// MaxBytes is how many bytes a file may have.
func (d *Desk) MaxBytes() int64 {
	if d.o.Limits.FileBytes > 0 {
		return d.o.Limits.FileBytes
	}
	return defaultMB << 20
}

// room holds the floor of free space.
func (d *Desk) room() error {
	var s unix.Statfs_t
	if err := unix.Statfs(string(d.dir), &s); err != nil {
		return err
	}
	if s.Bavail*uint64(s.Bsize) < d.o.MinFree {
		return warehouse.ErrDiskFull
	}
	return nil
}

// full marks the error of a disk that was filled by somebody else meanwhile.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w（%w）", warehouse.ErrDiskFull, err)
	}
	return err
}

// arriving tells a sender that fails from a disk that does.
type arriving struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (a *arriving) Read(p []byte) (n int, err error) {
	if a.err = context.Cause(a.ctx); a.err != nil {
		return 0, a.err
	}
	n, err = a.r.Read(p)
	if err != nil && err != io.EOF {
		a.err = err
	}
	return n, err
}

// cleanName makes a name, which is whatever somebody typed, fit to be kept and shown: the last part of a path, without
// control characters and invisible ones, not too long, with its ending; numbers of persons are masked.
func cleanName(name string) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, name))
	name = strings.Trim(name, " .")
	if utf8.RuneCountInString(name) > maxName {
		ext := filepath.Ext(name)
		if utf8.RuneCountInString(ext) > 10 {
			ext = ""
		}
		stem := []rune(strings.TrimSuffix(name, ext))
		name = string(stem[:maxName-utf8.RuneCountInString(ext)]) + ext
	}
	name, _ = ingest.Mask(name)
	name = strings.Trim(name, " .") // it may have been cut behind one
	if name == "" {
		return "未命名"
	}
	return name
}

// scratchPrefix begins the names of temporary files where these must have one for a moment.
const scratchPrefix = ".scratch-"

// scratch makes a temporary file in the data directory that has no name any more.
func (d *Desk) scratch() (*os.File, error) {
	if err := os.MkdirAll(d.dir.Uploads(), 0o700); err != nil {
		return nil, err
	}
	fd, err := unix.Open(d.dir.Uploads(), unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err == nil {
		return os.NewFile(uintptr(fd), "scratch"), nil
	}
	f, err := os.CreateTemp(d.dir.Uploads(), scratchPrefix+"*") // not every file system has nameless files; Open removes what is left
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Memory keeps bytes in a file that is on no disk, for Load: what a program posts runs through the same code as files.
func Memory(b []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("gridstar-post", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "post")
	if _, err := f.Write(b); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
