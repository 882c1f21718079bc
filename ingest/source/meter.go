package source

import (
	"io"
	"sync"
	"sync/atomic"
)

// meterBlock is how finely a meter looks.
const meterBlock = 64 << 10

// meter counts how much of a file has been read. It counts blocks that were touched, each once: some formats begin
// with a look at the end of the file or read parts of it twice, so neither the farthest byte nor the sum tells how far reading is.
type meter struct {
	file io.ReaderAt
	size int64
	note func(read int64) // told of every block; nil = nobody wants to know
	to   *atomic.Int64    // as Options.Read

	mu      sync.Mutex
	touched []uint64 // a bit per block
	blocks  int64    // that are touched
}

func newMeter(f io.ReaderAt, size int64) *meter {
	return &meter{file: f, size: size, touched: make([]uint64, size/meterBlock/64+1)}
}

func (m *meter) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.file.ReadAt(p, off)
	if n > 0 && m.touch(off/meterBlock, (off+int64(n)-1)/meterBlock) {
		read := m.Read()
		if m.to != nil {
			m.to.Store(read)
		}
		if m.note != nil {
			m.note(read)
		}
	}
	return n, err
}

// touch marks blocks and says whether one of them is new.
func (m *meter) touch(first, last int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.blocks
	for b := first; b <= last && b/64 < int64(len(m.touched)); b++ {
		if bit := uint64(1) << (b % 64); m.touched[b/64]&bit == 0 {
			m.touched[b/64] |= bit
			m.blocks++
		}
	}
	return m.blocks > before
}

// Read returns how many bytes of the file were read, to within a block; the whole file once every block was touched.
func (m *meter) Read() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return min(m.blocks*meterBlock, m.size)
}
