package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// The file format of arrow is its stream format between two marks, with a list of the messages behind (Arrow Columnar
// Format 1.4, “IPC File Format”). So both are read as streams, message by message; of a file the second mark has to be there,
// or it is not whole.
const (
	arrowMark     = "ARROW1"
	arrowPadded   = 8 // the first mark is padded to so many bytes
	maxArrowMeta  = 16 << 20
	arrowContinue = 0xFFFFFFFF
)

func openArrow(f io.ReaderAt, size int64, name string, k kind, opt Options) (Source, error) {
	var at int64
	if k == kindArrow {
		end, err := arrowFooter(f, size)
		if err != nil {
			return nil, unusable(name, err)
		}
		at, size = arrowPadded, end
	}
	m := &arrowMessages{r: io.NewSectionReader(f, at, size-at), left: size - at}
	r, err := ipc.NewReaderFromMessageReader(m, ipc.WithAllocator(cappedMemory{memory.NewGoAllocator()}))
	if err != nil {
		return nil, unusable(name, err)
	}
	c, err := newColumns("arrow", name, r.Schema().Fields(), opt)
	if err != nil {
		return nil, err
	}
	c.slice = func() ([]arrow.Array, error) {
		for {
			if !r.Next() {
				if err := r.Err(); err != nil {
					return nil, err
				}
				return nil, io.EOF
			}
			cols := r.Record().Columns()
			if err := checkSlice(cols); err != nil {
				return nil, err
			}
			if int64(cols[0].Len()) != r.Record().NumRows() {
				return nil, fmt.Errorf("source: columns of %d rows in a batch of %d", cols[0].Len(), r.Record().NumRows())
			}
			if cols[0].Len() > 0 {
				return cols, nil
			}
		}
	}
	return c, nil
}

// arrowFooter returns where the stream inside a file ends at the latest: not every writer marks its end.
func arrowFooter(f io.ReaderAt, size int64) (int64, error) {
	end := make([]byte, 4+len(arrowMark)) // the footer's length and the mark
	if size < arrowPadded+int64(len(end)) {
		return 0, io.ErrUnexpectedEOF
	}
	if _, err := f.ReadAt(end, size-int64(len(end))); err != nil {
		return 0, err
	}
	footer := int64(binary.LittleEndian.Uint32(end))
	if string(end[4:]) != arrowMark || footer > size-arrowPadded-int64(len(end)) {
		return 0, errors.New("source: the arrow file is cut off")
	}
	return size - int64(len(end)) - footer, nil
}

// arrowMessages cuts a stream into messages. Arrow's own believes whatever lengths it meets.
type arrowMessages struct {
	r    io.Reader
	left int64 // bytes of the stream not read yet
}

func (m *arrowMessages) Retain()  {}
func (m *arrowMessages) Release() {}

func (m *arrowMessages) Message() (*ipc.Message, error) {
	var word [4]byte
	if m.left == 0 {
		return nil, io.EOF
	}
	if err := m.read(word[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(word[:])
	if n == arrowContinue { // older writers leave it out
		if err := m.read(word[:]); err != nil {
			return nil, err
		}
		n = binary.LittleEndian.Uint32(word[:])
	}
	if n == 0 {
		return nil, io.EOF
	}
	if n < 8 || n > maxArrowMeta || int64(n) > m.left {
		return nil, fmt.Errorf("source: an arrow message of %d bytes where %d are left", n, m.left)
	}
	meta := make([]byte, n)
	if err := m.read(meta); err != nil {
		return nil, err
	}
	// The length of the body stands in the message: it has to be one before that can be asked.
	length := ipc.NewMessage(memory.NewBufferBytes(meta), memory.NewBufferBytes(nil)).BodyLen()
	if length < 0 || length > m.left {
		return nil, fmt.Errorf("source: an arrow body of %d bytes where %d are left", length, m.left)
	}
	var body bytes.Buffer // grows with what is there
	if _, err := io.CopyN(&body, m.r, length); err != nil {
		return nil, fmt.Errorf("source: arrow body: %w", io.ErrUnexpectedEOF)
	}
	m.left -= length
	return ipc.NewMessage(memory.NewBufferBytes(meta), memory.NewBufferBytes(body.Bytes())), nil
}

func (m *arrowMessages) read(p []byte) error {
	if int64(len(p)) > m.left {
		return io.ErrUnexpectedEOF
	}
	n, err := io.ReadFull(m.r, p)
	m.left -= int64(n)
	if err != nil {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// cappedMemory refuses what a message claims to unpack to, where no honest one would.
type cappedMemory struct{ memory.Allocator }

// maxArrowBuffer is the greatest part of one column of one batch.
const maxArrowBuffer = readerMemory / 2

func (c cappedMemory) Allocate(size int) []byte {
	c.check(size)
	return c.Allocator.Allocate(size)
}

func (c cappedMemory) Reallocate(size int, b []byte) []byte {
	c.check(size)
	return c.Allocator.Reallocate(size, b)
}

func (cappedMemory) check(size int) {
	if size < 0 || size > maxArrowBuffer {
		panic(fmt.Errorf("source: an arrow buffer of %d bytes", size))
	}
}
