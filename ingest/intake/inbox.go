package intake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"gridstar/analytics/warehouse"
	"gridstar/ingest"
	"gridstar/ingest/source"
)

// inbox empties D/inbox: the files in it and in its folders, each folder with settings of its own (inbox.toml). A file is
// taken once it looks the same at two looks in a row and nobody has it open for writing, as far as the system can tell.
// Its files are reached through the inbox as a root, so that no link in it leads to anything else.
type inbox struct {
	d     *Desk
	root  *os.Root           // D
	box   *os.Root           // D/inbox; the paths below are in it
	seen  map[string]sight   // files at the last look
	stuck map[string]leaving // files that are done with and could not be put away yet
}

// sight is what a file looks like from outside.
type sight struct {
	size  int64
	mtime time.Time
	inode uint64
}

// Names of the folders in D.
const (
	inboxFolder  = "inbox"
	doneFolder   = "done"
	failedFolder = "failed"
	settingsFile = "inbox.toml"
)

// unfinished are endings under which programs write what is to be renamed when it is whole.
var unfinished = []string{".tmp", ".part", ".partial", ".crdownload", ".filepart", ".swp"}

func (d *Desk) openInbox() (*inbox, error) {
	root, err := os.OpenRoot(string(d.dir))
	if err != nil {
		return nil, fmt.Errorf("无法打开数据目录：%w", err)
	}
	for _, name := range []string{inboxFolder, doneFolder, failedFolder} {
		if err := root.MkdirAll(name, 0o700); err != nil {
			root.Close()
			return nil, fmt.Errorf("无法建立文件夹“%s”：%w", name, err)
		}
	}
	box, err := os.OpenRoot(d.dir.Inbox())
	if err != nil {
		root.Close()
		return nil, fmt.Errorf("无法打开收件文件夹：%w", err)
	}
	return &inbox{d: d, root: root, box: box, seen: map[string]sight{}, stuck: map[string]leaving{}}, nil
}

func (in *inbox) close() {
	in.box.Close()
	in.root.Close()
}

// Notices are sentences about the inbox for whoever looks after it: what lies there and cannot be taken.
func (d *Desk) Notices() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []string
	for _, text := range d.notices {
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

// notice keeps one sentence about a path, and logs it when it is new; "" takes it back.
func (in *inbox) notice(name, text string, err error) {
	d := in.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if text == "" {
		delete(d.notices, name)
		return
	}
	if d.notices[name] != text {
		d.notices[name] = text
		d.o.Log.Warn("something in the inbox was left where it is", "err", err) // names are whatever somebody chose
	}
}

// look goes through the inbox once.
func (in *inbox) look(ctx context.Context) {
	next := map[string]sight{}
	told := map[string]bool{}
	for _, name := range in.files(told) {
		if ctx.Err() != nil {
			return
		}
		info, err := in.box.Lstat(name)
		if err != nil { // taken away meanwhile
			continue
		}
		now := sightOf(info)
		switch why := odd(info); {
		case in.stuck[name].seen == now:
			told[name] = !in.retry(name)
		case why != "":
			told[name] = !in.putAway(name, leaving{to: failedFolder, report: why})
		case in.seen[name] != now:
			next[name] = now
		default:
			if !in.take(ctx, name, info) {
				next[name] = now
				told[name] = true
			}
		}
	}
	in.seen = next
	in.d.mu.Lock()
	defer in.d.mu.Unlock()
	for name := range in.d.notices {
		if !told[name] {
			delete(in.d.notices, name)
		}
	}
}

// files are the paths in the inbox that are to be looked at, in order. told gets those that a notice is about.
func (in *inbox) files(told map[string]bool) []string {
	var all []string
	var read func(folder string, deep int)
	read = func(folder string, deep int) {
		f, err := in.box.Open(folder)
		if err != nil {
			in.notice(folder, "收件文件夹“"+shown(folder)+"”无法读取，请检查权限。", err)
			told[folder] = true
			return
		}
		defer f.Close()
		entries, err := f.ReadDir(-1)
		if err != nil {
			in.notice(folder, "收件文件夹“"+shown(folder)+"”无法读取，请检查磁盘。", err)
			told[folder] = true
			return
		}
		for _, e := range entries {
			name := path.Join(folder, e.Name())
			switch {
			case strings.HasPrefix(e.Name(), "."), strings.HasPrefix(e.Name(), "~$"), e.Name() == settingsFile, half(e.Name()):
			case e.IsDir() && deep == 0:
				read(name, 1)
			case e.IsDir():
				in.notice(name, "收件文件夹中的“"+shown(name)+"”是下一级文件夹，其中的文件不会载入，请移到上一级。", fs.ErrInvalid)
				told[name] = true
			default:
				all = append(all, name)
			}
		}
	}
	read(".", 0)
	slices.Sort(all)
	return all
}

// half says whether a name is that of a file which is still being written.
func half(name string) bool {
	return slices.Contains(unfinished, strings.ToLower(path.Ext(name)))
}

// odd says why something is no file to be loaded; "" where it is one. What is refused is moved by its name only and never
// opened.
func odd(info fs.FileInfo) string {
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		return "这是一个符号链接，不是文件，没有读取；请把文件本身放进收件文件夹。"
	case !mode.IsRegular():
		return "这不是普通文件（可能是管道、设备或套接字），没有读取；请把文件本身放进收件文件夹。"
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Nlink > 1 {
		return "这个文件另有别的名字（硬链接），没有读取；请复制一份放进收件文件夹。"
	}
	return ""
}

func sightOf(info fs.FileInfo) sight {
	s := sight{size: info.Size(), mtime: info.ModTime()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		s.inode = st.Ino
	}
	return s
}

// take loads one file and puts it away. It says false where the file stays to be looked at again.
func (in *inbox) take(ctx context.Context, name string, info fs.FileInfo) bool {
	f, err := in.box.OpenFile(name, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		in.notice(name, "收件文件夹中的“"+shown(name)+"”无法读取，请检查权限。", err)
		return false
	}
	defer f.Close()
	if now, err := f.Stat(); err != nil || !os.SameFile(info, now) || sightOf(now) != sightOf(info) || odd(now) != "" {
		return false // another file since we looked
	}
	if beingWritten(f) {
		return false
	}
	choice, err := in.settings(path.Dir(name))
	if err != nil {
		in.notice(name, "收件文件夹中的“"+shown(name)+"”没有载入："+sentence(err), err)
		return false
	}
	done, ok := in.d.takeTurn(ctx)
	if !ok {
		return false
	}
	defer done()
	load, cancel := in.d.lasting(ctx)
	defer cancel(nil)
	by := Sender{Account: Inbox}
	if in.d.o.Audit != nil {
		if err := in.d.o.Audit(auditWords(choice)); err != nil {
			in.notice(name, "收件文件夹中的“"+shown(name)+"”没有载入：审计日志暂时无法写入，请检查磁盘。", err)
			return false
		}
	}
	outcomes, err := in.load(load, f, cleanName(path.Base(name)), choice, by)
	if err := passing(load, outcomes, err); err != nil {
		in.notice(name, "收件文件夹中的“"+shown(name)+"”暂时没有载入："+sentence(err), err)
		return false
	}
	if now, stat := f.Stat(); stat != nil || sightOf(now) != sightOf(info) {
		return false // it has changed while it was read: the new content will be loaded too
	}
	l := leaving{to: failedFolder, report: reportOf(name, in.d.o.Now(), outcomes, err), rejects: in.rejects(load, outcomes)}
	if finished(outcomesOf(outcomes), err) {
		l.to = doneFolder
	}
	return in.putAway(name, l)
}

func (in *inbox) load(ctx context.Context, f *os.File, name string, c Choice, by Sender) (_ []ingest.Outcome, err error) {
	defer in.d.caught(&err, Inbox)
	return in.d.load(ctx, order{file: f, name: name, choices: []Choice{c}, by: by})
}

// passing is what kept a file from being loaded that is none of its own faults: it stays and is loaded later.
func passing(ctx context.Context, all []ingest.Outcome, err error) error {
	for _, o := range all {
		err = errors.Join(err, o.Err)
	}
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case interrupted(nil, err):
		return warehouse.ErrReopened
	case errors.Is(err, warehouse.ErrDiskFull):
		return warehouse.ErrDiskFull
	case errors.Is(err, source.ErrChanged): // somebody went on writing
		return err
	}
	return nil
}

// beingWritten says whether somebody has a file open for writing. A read lease is given only where nobody has; where the
// file system knows no leases, or the file is not ours, two equal looks have to do.
func beingWritten(f *os.File) bool {
	raw, err := f.SyscallConn()
	if err != nil {
		return false
	}
	busy := false
	_ = raw.Control(func(fd uintptr) {
		_, err := unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_RDLCK)
		busy = errors.Is(err, unix.EAGAIN)
		if err == nil {
			_, _ = unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_UNLCK)
		}
	})
	return busy
}

// auditWords say what a load from the inbox is about. Names of files and folders are whatever somebody chose.
func auditWords(c Choice) string {
	words := "inbox"
	if c.Profile != "" {
		words += " profile=" + code(c.Profile)
	}
	if c.Org != "" {
		words += " org=" + code(c.Org)
	}
	return words
}

// code is a word as the audit log may quote it.
func code(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) || len(s) > 100 {
		return "?"
	}
	return s
}

// shown is a path of the inbox as a sentence may quote it.
func shown(name string) string {
	if name == "." {
		return inboxFolder
	}
	folder, base := path.Split(name)
	if folder == "" {
		return cleanName(base)
	}
	return cleanName(strings.TrimSuffix(folder, "/")) + "/" + cleanName(base)
}
