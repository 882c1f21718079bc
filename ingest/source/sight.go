package source

import (
	"os"
	"time"
)

// sight is what a file looked like when reading began.
type sight struct {
	file    *os.File
	name    string
	size    int64
	changed time.Time
}

// see looks at a file before it is read, and refuses what is no file, is not size bytes long or is too long.
func see(f *os.File, size int64, name string, lim Limits) (*sight, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, unreadable(name, err)
	}
	if !info.Mode().IsRegular() {
		return nil, refuse(name, ErrUnreadable, "不是普通文件，无法导入，请指定台账文件本身。")
	}
	s := &sight{file: f, name: name, size: size, changed: info.ModTime()}
	if info.Size() != size {
		return nil, s.refuse()
	}
	return s, lim.checkFile(name, size)
}

// again refuses a file that was written to since.
func (s *sight) again() error {
	info, err := s.file.Stat()
	if err != nil {
		return unreadable(s.name, err)
	}
	if info.Size() != s.size || !info.ModTime().Equal(s.changed) {
		return s.refuse()
	}
	return nil
}

func (s *sight) refuse() error {
	return refuse(s.name, ErrChanged, "在读取过程中被改动，未导入，请等文件保存或传输完成后重新导入。")
}
