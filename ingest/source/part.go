package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Part is one readable file: what was given, or what it holds packed.
type Part struct {
	Name string // of what was given, or of the file inside, decoded and without folders
	File *os.File
	Size int64 // bytes

	packed bool // File was made by Unpack
}

// Close closes only what Unpack made.
func (p Part) Close() error {
	if !p.packed {
		return nil
	}
	return p.File.Close()
}

// Unpack gives the files inside a .gz, .zst or .zip, known by content and not by name, in the order in which they are
// listed there, each in a temporary file made by scratch (which should have no name any more); a file that is not packed
// gives itself. Names are unique. A packed file inside a packed file is refused by name. On an error nothing stays open.
//
// Unpacking happens in a process of its own; this one only writes what comes out, and counts it.
//
// Errors are *Error and wrap ErrEmpty, ErrUnsupported, ErrLimit, ErrChanged, ErrUnreadable or what scratch and the disk
// said; or the cause of ctx.
func Unpack(ctx context.Context, f *os.File, size int64, name string, scratch func() (*os.File, error), lim Limits) (parts []Part, err error) {
	lim = lim.withDefaults()
	seen, err := see(f, size, name, lim)
	if err != nil {
		return nil, err
	}
	head := make([]byte, min(size, 4))
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, unreadable(name, err)
	}
	whole := []Part{{Name: name, File: f, Size: size}}
	if packing(head) == "" {
		return whole, nil
	}
	c, err := startReader(ctx, f, request{Task: taskUnpack, Name: name, Size: size, Options: Options{Limits: lim}})
	if err != nil {
		return nil, err
	}
	defer c.close()
	u := &unpacking{child: c, scratch: scratch, budget: budget{name: name, lim: lim, packed: uint64(size)}}
	defer func() {
		if err != nil {
			for _, p := range u.parts {
				p.Close()
			}
			parts = nil
		}
	}()
	for {
		kind, body, err := c.next(func(int64) {})
		if err != nil {
			return nil, err
		}
		switch {
		case kind == frameWhole && len(u.parts) == 0:
			return whole, nil
		case kind == framePart:
			err = u.begin(body)
		case kind == frameData && len(u.parts) > 0:
			err = u.write(body)
		case kind == frameDone && len(u.parts) > 0:
			return u.parts, seen.again()
		default:
			err = c.died(fmt.Errorf("%w: %q", errFrame, kind))
		}
		if err != nil {
			return nil, err
		}
	}
}

// unpacking is the parent's side of an Unpack under way.
type unpacking struct {
	child   *child
	scratch func() (*os.File, error)
	budget  budget
	parts   []Part
}

func (u *unpacking) begin(body []byte) error {
	p := payload{b: body}
	name := p.text()
	if p.end() != nil || name == "" || len(u.parts) == u.budget.lim.Entries {
		return u.child.died(errFrame)
	}
	f, err := u.scratch()
	if err != nil {
		return u.cannotWrite(err)
	}
	u.parts = append(u.parts, Part{Name: name, File: f, packed: true})
	return nil
}

func (u *unpacking) write(body []byte) error {
	u.budget.unpacked += uint64(len(body))
	if err := u.budget.check(); err != nil {
		return err
	}
	p := &u.parts[len(u.parts)-1]
	if err := u.budget.lim.checkFile(p.Name, p.Size+int64(len(body))); err != nil { // it could be unpacked, but not be opened
		return err
	}
	n, err := p.File.WriteAt(body, p.Size)
	p.Size += int64(n)
	if err != nil {
		return u.cannotWrite(err)
	}
	return nil
}

func (u *unpacking) cannotWrite(err error) error {
	text := "无法解压，临时目录不能写入，请管理员检查数据目录后重试。"
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		text = "无法解压，磁盘空间不足，请管理员清理磁盘后重试。"
	}
	return &Error{Name: u.budget.name, Text: "文件“" + u.budget.name + "”" + text, Err: errors.Join(ErrUnreadable, err)}
}
