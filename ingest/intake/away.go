package intake

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// Files that lie beside one that was put away.
const (
	reportEnding  = ".说明.txt"
	rejectsEnding = ".退回.xlsx"
)

// maxStem is how many bytes of a file's own name are kept, so that what stands around it still fits into the 255 that a
// file system allows.
const maxStem = 180

// leaving is a file that is done with: where it goes, and what is written beside it.
type leaving struct {
	to      string // D/done or D/failed
	report  string
	rejects func(io.Writer) error // nil: there are none

	seen  sight     // what the file looked like
	tried time.Time // when it was last tried to put it away
}

// retryAfter is how long a file that could not be put away rests before that is tried again.
const retryAfter = time.Minute

// putAway moves a file out of the inbox into D/done or D/failed, in a folder of the name it lay in, under a name that says
// when and is nobody else's; the report, and rejects where there are any, are written beside it first. It says whether the
// file is gone: what cannot be moved stays, is named in a notice, and is not loaded again unless it changes.
func (in *inbox) putAway(name string, l leaving) bool {
	info, err := in.box.Lstat(name)
	if err != nil {
		return true
	}
	if err := in.move(name, l.to, l.report, l.rejects); err != nil {
		l.seen, l.tried = sightOf(info), in.d.o.Now()
		in.stuck[name] = l
		in.notice(name, fmt.Sprintf("收件文件夹中的“%s”已处理，但无法移到 %s 中，请检查权限和磁盘。", shown(name), l.to), err)
		return false
	}
	delete(in.stuck, name)
	return true
}

// retry puts a file away that could not be put away before, once it has rested.
func (in *inbox) retry(name string) bool {
	l := in.stuck[name]
	return in.d.o.Now().Sub(l.tried) >= retryAfter && in.putAway(name, l)
}

func (in *inbox) move(name, to, report string, rejects func(io.Writer) error) error {
	folder := path.Join(to, path.Dir(name))
	if err := in.root.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	target, err := in.free(folder, path.Base(name), in.d.o.Now())
	if err != nil {
		return err
	}
	if rejects != nil {
		if err := in.write(target+rejectsEnding, rejects); err != nil {
			return err
		}
	}
	err = in.write(target+reportEnding, func(w io.Writer) error {
		_, err := io.WriteString(w, "\uFEFF"+strings.ReplaceAll(report, "\n", "\r\n")) // as Notepad wants it
		return err
	})
	if err != nil {
		return err
	}
	from, err := in.box.Open(path.Dir(name))
	if err != nil {
		return err
	}
	defer from.Close()
	into, err := in.root.Open(folder)
	if err != nil {
		return err
	}
	defer into.Close()
	err = unix.Renameat(int(from.Fd()), path.Base(name), int(into.Fd()), path.Base(target)) // a link is moved, not followed
	if errors.Is(err, unix.EXDEV) {
		err = in.carry(name, target)
	}
	return errors.Join(err, syncFolder(into), syncFolder(from))
}

// moment is how the names of files that were put away begin.
const moment = "20060102-150405"

// free finds a name in a folder that nobody has: the moment, then the file's own name, cut where it is long.
func (in *inbox) free(folder, base string, now time.Time) (string, error) {
	ext := path.Ext(base)
	if len(ext) > 20 {
		ext = ""
	}
	stem := strings.TrimSuffix(base, ext)
	for len(stem) > maxStem {
		_, n := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-n]
	}
	for n := range 1000 {
		mark := now.Format(moment)
		if n > 0 {
			mark += fmt.Sprintf("-%d", n)
		}
		target := path.Join(folder, mark+" "+stem+ext)
		if _, err := in.root.Lstat(target); errors.Is(err, fs.ErrNotExist) {
			return target, nil
		} else if err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("no free name in %s", folder)
}

// write makes a file whole or not at all.
func (in *inbox) write(name string, content func(io.Writer) error) (err error) {
	tmp := path.Join(path.Dir(name), ".tmp-"+path.Base(name))
	if len(path.Base(tmp)) > 255 {
		tmp = path.Join(path.Dir(name), ".tmp-note")
	}
	f, err := in.root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			in.root.Remove(tmp)
		}
	}()
	if err = errors.Join(content(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	return in.root.Rename(tmp, name)
}

// carry moves a file out of an inbox that is a file system of its own.
func (in *inbox) carry(name, target string) error {
	info, err := in.box.Lstat(name)
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() { // nothing else is worth a copy
		f, err := in.box.OpenFile(name, os.O_RDONLY|unix.O_NOFOLLOW, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := in.write(target, func(w io.Writer) error { _, err := io.Copy(w, f); return err }); err != nil {
			return err
		}
	}
	return in.box.Remove(name)
}

// sweep deletes what was put away long enough ago: ledgers as offices keep them name people. What does not begin with the moment
// it was put away is not ours and stays.
func (in *inbox) sweep() {
	for _, folder := range []string{doneFolder, failedFolder} {
		err := fs.WalkDir(in.root.FS(), folder, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			base := e.Name()
			put, err := time.Parse(moment, base[:min(len(base), len(moment))])
			if err != nil || in.d.o.Now().Sub(put) < in.d.o.Keep {
				return nil
			}
			return in.root.Remove(name)
		})
		if err != nil {
			in.d.o.Log.Error("files that were put away could not be removed", "folder", folder, "err", err)
		}
	}
}

// syncFolder forces a folder to disk. Network file systems may not know that.
func syncFolder(f *os.File) error {
	if err := f.Sync(); err != nil && !errors.Is(err, unix.EINVAL) {
		return err
	}
	return nil
}
