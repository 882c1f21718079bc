package catalog

import "fmt"

// Limits is the [limits] table of config.toml: the greatest files that are taken, and how many rejected rows are, and how long
// files are kept.
type Limits struct {
	FileMiB     int `toml:"file_mib"`     // a file as it is given
	UnpackedMiB int `toml:"unpacked_mib"` // all that a packed file holds, unpacked
	Ratio       int `toml:"ratio"`        // unpacked to packed bytes
	Entries     int `toml:"entries"`      // files in an archive
	Rows        int `toml:"rows"`         // of a table
	Columns     int `toml:"columns"`      // of a table
	CellKiB     int `toml:"cell_kib"`     // a cell
	Seconds     int `toml:"seconds"`      // without a sign of life from the process that reads a file

	KeepDays int `toml:"keep_days"` // how long a file is kept as it was handed in, once it is done with or nobody publishes it

	RejectsPercent float64 `toml:"rejects_percent"` // of a table's rows; with more of them rejected nothing of it is published
}

func (l Limits) check() (key, text string) {
	for _, n := range []struct {
		key       string
		value     int
		low, high int
		what      string
	}{
		{"file_mib", l.FileMiB, 1, 1 << 16, "文件大小上限（MiB）"},
		{"unpacked_mib", l.UnpackedMiB, 1, 1 << 17, "解压后大小上限（MiB）"},
		{"ratio", l.Ratio, 2, 10_000, "压缩倍数上限"},
		{"entries", l.Entries, 1, 100_000, "压缩包内的文件数上限"},
		{"rows", l.Rows, 1, 1_000_000_000, "行数上限"},
		{"columns", l.Columns, 1, 16_384, "列数上限"},
		{"cell_kib", l.CellKiB, 1, 8192, "单元格大小上限（KiB）"},
		{"seconds", l.Seconds, 1, 600, "读取文件时等待的秒数"},
		{"keep_days", l.KeepDays, 1, 3660, "原件保留的天数"},
	} {
		if n.value < n.low || n.value > n.high {
			return n.key, fmt.Sprintf("%s应为 %d 至 %d", n.what, n.low, n.high)
		}
	}
	if !(l.RejectsPercent >= 0 && l.RejectsPercent <= 100) {
		return "rejects_percent", "退回行的上限（%）应为 0 至 100"
	}
	return "", ""
}
