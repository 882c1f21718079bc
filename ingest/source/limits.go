package source

import (
	"fmt"
	"time"
)

// What no setting can raise. They bound memory, whatever the file or the configuration says.
const (
	MaxCellBytes   = 1 << 20 // the default of Limits.CellBytes; a longer cell is almost always an unclosed quote
	MaxRecordBytes = 8 << 20 // a row of a table, or one JSON record
	MaxColumns     = 16384   // what a spreadsheet holds
	MaxDepth       = 64      // nesting of a JSON record
)

const (
	defaultBatchRows = 16384
	defaultChunk     = 4 << 20 // bytes read at a time; a batch never spans two chunks
	maxBatchCells    = 1 << 20 // bounds a batch of very wide rows
)

// Limits are the greatest sizes a file may have; a zero field means its default. Reaching the limit on a cell or on
// the columns of one row spoils that row alone (a BadRow); reaching any other is an *Error wrapping ErrLimit that names
// the limit and its key in the section [limits] of config.toml.
type Limits struct {
	FileBytes     int64 // file_mib: a file as it is given; 4 GiB
	UnpackedBytes int64 // unpacked_mib: all that one packed file holds, unpacked; 8 GiB
	Ratio         int   // ratio: unpacked ÷ packed bytes, of what unpacks to more than 1 MiB; 200
	Entries       int   // entries: files in an archive; 2,000
	Rows          int64 // rows: rows of one table; 20,000,000
	Columns       int   // columns: 1,000; at most MaxColumns
	CellBytes     int   // cell_kib: bytes of one cell in UTF-8; 1 MiB, at most MaxRecordBytes
	Seconds       int   // seconds: how long a file that unpacks may keep us waiting without progress; 10
}

// ratioFloor is the unpacked size up to which any ratio is fine.
const ratioFloor = 1 << 20

func (l Limits) withDefaults() Limits {
	l.FileBytes = given(l.FileBytes, 4<<30)
	l.UnpackedBytes = given(l.UnpackedBytes, 8<<30)
	l.Ratio = given(l.Ratio, 200)
	l.Entries = given(l.Entries, 2000)
	l.Rows = given(l.Rows, 20_000_000)
	l.Columns = min(given(l.Columns, 1000), MaxColumns)
	l.CellBytes = min(given(l.CellBytes, MaxCellBytes), MaxRecordBytes)
	l.Seconds = given(l.Seconds, 10)
	return l
}

func given[T int | int64](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

// checkFile refuses a file that is too large as it is given.
func (l Limits) checkFile(name string, size int64) error {
	if size > l.FileBytes {
		return refuse(name, ErrLimit, "大小为 %s，超过单个文件 %s 的上限，请拆分后分次导入；确需放宽时由管理员调整 config.toml 中 [limits] 的 file_mib。",
			bytesText(size), bytesText(l.FileBytes))
	}
	return nil
}

// checkUnpacked refuses what unpacks to too much. packed and unpacked are bytes; archive says whether the sum of an
// archive is meant or one of its files.
func (l Limits) checkUnpacked(name string, packed, unpacked uint64) error {
	switch {
	case unpacked > uint64(l.UnpackedBytes):
		return refuse(name, ErrLimit, "解压后超过 %s 的上限，未处理；请拆分后分次导入，确需放宽时由管理员调整 config.toml 中 [limits] 的 unpacked_mib。",
			bytesText(l.UnpackedBytes))
	case unpacked > ratioFloor && unpacked/uint64(l.Ratio) > packed:
		return refuse(name, ErrLimit, "解压后是压缩前的 %d 倍以上，疑似压缩炸弹，未处理；确认文件无误时，请解压后导入其中的文件，或由管理员调整 config.toml 中 [limits] 的 ratio。",
			l.Ratio)
	}
	return nil
}

// checkRows refuses a table with too many rows; rows is how many were read so far.
func (l Limits) checkRows(name string, rows int64) error {
	if rows > l.Rows {
		return refuse(name, ErrLimit, "超过 %d 行的上限，请拆分后分次导入；确需放宽时由管理员调整 config.toml 中 [limits] 的 rows。", l.Rows)
	}
	return nil
}

// checkColumns refuses a table with too many columns, where the format says how many there are.
func (l Limits) checkColumns(name string, n int) error {
	if n > l.Columns {
		return refuse(name, ErrLimit, "有 %d 列，超过 %d 列的上限，请只保留需要的列后再导入；确需放宽时由管理员调整 config.toml 中 [limits] 的 columns。", n, l.Columns)
	}
	return nil
}

// patience is how long reading a file of size bytes may take in all, not counting the time its reader waits for us; work
// is how long it may compute. A megabyte packed may hold 200 unpacked, which even a slow machine parses in a few seconds, but
// a busy one may give it a fraction of a processor.
func (l Limits) patience(size int64) time.Duration {
	return time.Duration(l.Seconds)*time.Second + time.Duration(size>>20)*10*time.Second
}

func (l Limits) work(size int64) time.Duration {
	return time.Duration(l.Seconds)*time.Second + time.Duration(size>>20)*4*time.Second
}

// bytesText writes a size for people, in MiB or GiB, rounded up to a tenth so that what is over a limit also reads so.
func bytesText(n int64) string {
	unit, name := int64(1<<20), "MiB"
	if n >= 1<<30 {
		unit, name = 1<<30, "GiB"
	}
	whole, tenths := n/unit, (n%unit*10+unit-1)/unit
	if tenths == 10 {
		whole, tenths = whole+1, 0
	}
	if tenths == 0 {
		return fmt.Sprintf("%d %s", whole, name)
	}
	return fmt.Sprintf("%d.%d %s", whole, tenths, name)
}
