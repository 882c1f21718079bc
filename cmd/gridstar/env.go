package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode"

	"gridstar/analytics/catalog"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// env is what a verb runs in: its own process's files, or those another process handed over.
type env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	W       *warehouse.Warehouse
	Catalog *catalog.Catalog
	Units   *units.Cache
	books

	uid int    // of whoever runs the verb
	dir string // as the caller named it; for verbs that need no directory but look at its catalogue

	files map[string]*os.File // opened inputs by the name the user gave
	out   *os.File            // the temporary file behind the verb's output, if it has one
	outTo string
}

// openFiles opens what the verb names, in the caller's process and with the caller's rights.
func (e *env) openFiles(v verb) error {
	f, ok := v.(fileVerb)
	if !ok {
		return nil
	}
	for _, name := range f.inputs() {
		if _, open := e.files[name]; open {
			continue
		}
		file, err := openInput(name)
		if err != nil {
			return err
		}
		e.files[name] = file
	}
	if name := f.output(); name != "" {
		return e.openOutput(name)
	}
	return nil
}

func openInput(name string) (*os.File, error) {
	info, err := os.Stat(name) // before opening: a pipe would wait for its writer
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("找不到文件“%s”，请核对路径", name)
	case err != nil:
		return nil, fmt.Errorf("无法访问文件“%s”：%w", name, err)
	case info.IsDir():
		return nil, fmt.Errorf("“%s”是文件夹，请指定其中的文件", name)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("“%s”不是普通文件，请先存成文件再载入", name)
	}
	file, err := os.Open(name)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("没有读取文件“%s”的权限", name)
	case err != nil:
		return nil, fmt.Errorf("无法打开文件“%s”：%w", name, err)
	}
	return file, nil
}

func (e *env) openOutput(name string) error {
	file, err := os.OpenFile(name+".tmp", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("无法写入文件“%s”：所在的文件夹不存在", name)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("无法写入文件“%s”：没有权限", name)
	case err != nil:
		return fmt.Errorf("无法写入文件“%s”：%w", name, err)
	}
	e.out, e.outTo = file, name
	return nil
}

// settle ends the caller's side of a verb: its output file takes its name only if the verb succeeded.
func (e *env) settle(code int) int {
	if e.out == nil {
		return code
	}
	err := error(nil)
	if code == exitDone || code == exitRejected {
		err = errors.Join(e.out.Sync(), os.Rename(e.out.Name(), e.outTo), warehouse.SyncDir(filepath.Dir(e.outTo)))
	} else {
		os.Remove(e.out.Name())
	}
	if err != nil {
		return e.exit(fmt.Errorf("无法写入文件“%s”：%w", e.outTo, err))
	}
	return code
}

func (e *env) closeFiles() {
	for _, f := range e.files {
		f.Close()
	}
	if e.out != nil {
		e.out.Close()
	}
}

// input gives an opened file by the name the user typed.
func (e *env) input(name string) (*os.File, error) {
	f, ok := e.files[name]
	if !ok {
		return nil, fmt.Errorf("file %q was not opened", name)
	}
	return f, nil
}

// exit prints an error as one sentence and gives the exit code.
func (e *env) exit(err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errRejected):
		return exitRejected
	case errors.Is(err, errReported):
		return exitFailed
	case errors.Is(err, syscall.EPIPE): // who reads the output has seen enough: score 2026 | head -1
		return exitFailed
	}
	fmt.Fprintln(e.Stderr, sentence(err))
	switch {
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, warehouse.ErrDead):
		return exitRestart
	}
	return exitFailed
}

// sentence is what the user reads of an error: the error itself where it speaks Chinese, else a frame around it.
func sentence(err error) string {
	if errors.Is(err, context.Canceled) {
		return "已取消，未写入任何数据。"
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	if !strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		text = "程序内部出错，未写入任何数据，请把这句话告诉管理员：" + text
	}
	if strings.HasSuffix(text, "。") || strings.HasSuffix(text, "？") {
		return text
	}
	return text + "。"
}
