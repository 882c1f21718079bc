package hostile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

// batch is the ledger as columns of text.
func batch() arrow.Record {
	var fields []arrow.Field
	for _, name := range strings.Split(header, ",") {
		fields = append(fields, arrow.Field{Name: name, Type: arrow.BinaryTypes.String})
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	for range 100 {
		for i, cell := range strings.Split(row, ",") {
			b.Field(i).(*array.StringBuilder).Append(cell)
		}
	}
	return b.NewRecord()
}

// seekable is a buffer that knows where its end is: all that a writer of Arrow files asks of Seek.
type seekable struct{ bytes.Buffer }

func (b *seekable) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence == io.SeekStart {
		return 0, errors.ErrUnsupported
	}
	return int64(b.Len()), nil
}

// columns are Parquet and Arrow files.
func columns(s *set) {
	rec := batch()
	defer rec.Release()
	var pq, stream bytes.Buffer
	var file seekable
	w, err := pqarrow.NewFileWriter(rec.Schema(), &pq, nil, pqarrow.DefaultWriterProps())
	must(err)
	must(w.Write(rec))
	must(w.Close())
	fw, err := ipc.NewFileWriter(&file, ipc.WithSchema(rec.Schema()))
	must(err)
	must(fw.Write(rec))
	must(fw.Close())
	sw := ipc.NewWriter(&stream, ipc.WithSchema(rec.Schema()))
	must(sw.Write(rec))
	must(sw.Close())

	s.add("magic.parquet", "only the first and last bytes", []byte("PAR1PAR1"))
	s.add("footer.parquet", "a footer longer than the file", join([]byte("PAR1"), make([]byte, 100), le32(1<<31-1), []byte("PAR1")))
	s.add("negative.parquet", "a footer of negative length", join([]byte("PAR1"), make([]byte, 100), le32(0xFFFFFFFF), []byte("PAR1")))
	s.add("nothing.parquet", "a footer of nothing", join([]byte("PAR1"), make([]byte, 100), le32(0), []byte("PAR1")))
	s.add("random.parquet", "a footer that is none", join([]byte("PAR1"), bytes.Repeat([]byte{0x15, 0xFF, 0x7F}, 100), le32(300), []byte("PAR1")))
	s.add("encrypted.parquet", "an encrypted file", join([]byte("PARE"), make([]byte, 100), le32(50), []byte("PARE")))
	s.add("cut.parquet", "cut in the middle", pq.Bytes()[:pq.Len()/2])
	s.add("magic.arrow", "only the first bytes", []byte("ARROW1\x00\x00"))
	s.add("footer.arrow", "a footer longer than the file", join([]byte("ARROW1\x00\x00"), make([]byte, 64), le32(1<<31-1), []byte("ARROW1")))
	s.add("length.arrow", "a message of 2 GiB", join([]byte("\xFF\xFF\xFF\xFF"), le32(1<<31-1), make([]byte, 64)))
	s.add("cut.arrow", "cut in the middle", file.Bytes()[:file.Len()/2])
	for i, b := range mutations(pq.Bytes(), 25, 9) {
		s.loads("mutant.parquet", fmt.Sprintf("variant %d of a sound file", i), b)
	}
	for i, b := range mutations(file.Bytes(), 15, 10) {
		s.loads("mutant.arrow", fmt.Sprintf("variant %d of a sound file", i), b)
	}
	for i, b := range mutations(stream.Bytes(), 10, 11) {
		s.loads("mutant.arrows", fmt.Sprintf("variant %d of a sound stream", i), b)
	}
}
