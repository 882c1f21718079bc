package hostile

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
)

// File is one hostile file.
type File struct {
	Name  string // with the extension a browser would give it
	Why   string // what is wrong with it
	Data  []byte
	Loads bool // not all of it is wrong: a reader may take what is sound, so long as it says what it left out
}

// Files makes all of them, about two hundred. They hold some 60 MiB together.
func Files() []File {
	var s set
	for _, family := range []func(*set){
		archives, packed, workbooks, oldWorkbooks, texts, records, pages, columns, strangers,
	} {
		family(&s)
	}
	return s.files
}

type set struct{ files []File }

func (s *set) add(name, why string, data []byte) {
	s.files = append(s.files, File{Name: fmt.Sprintf("%03d-%s", len(s.files)+1, name), Why: why, Data: data})
}

// loads is add for a file of which a part is sound.
func (s *set) loads(name, why string, data []byte) {
	s.add(name, why, data)
	s.files[len(s.files)-1].Loads = true
}

// The ledger that many of the files hold.
var (
	header = strings.Join([]string{"征集日期", "心愿人类别", "网格", "心愿内容", "认领单位", "认领日期", "实现日期", "完成情况"}, ",")
	row    = strings.Join([]string{"2026-03-02", "独居", "第一网格", "想要一盏小夜灯", "区供电所", "2026-03-05", "2026-03-09", "已实现"}, ",")
	ledger = header + "\n" + row + "\n"
)

// mutations gives n variants of a sound file, each with a few bytes changed, cut or doubled.
func mutations(sound []byte, n int, seed uint64) [][]byte {
	r := rand.New(rand.NewPCG(seed, 7))
	var out [][]byte
	for range n {
		b := bytes.Clone(sound)
		for range 1 + r.IntN(4) {
			at := r.IntN(len(b))
			switch r.IntN(4) {
			case 0:
				b[at] ^= 1 << r.IntN(8)
			case 1:
				b[at] = []byte{0, 0xFF, 0x7F, 0x80}[r.IntN(4)]
			case 2:
				b = b[:max(at, 16)]
			default:
				end := min(len(b), at+r.IntN(64))
				b = append(b[:end:end], b[at:]...)
			}
		}
		out = append(out, b)
	}
	return out
}
