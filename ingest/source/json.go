package source

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// jsonFile reads records of a JSON file in two passes: the first collects the keys of all records, in the order of their first
// appearance, and refuses a damaged file before anything is loaded; the second yields the cells.
//
// A value becomes text so: strings as they are, numbers digit for digit, true and false as written, null as "",
// objects and arrays as compact JSON. A record lacking a key has "" there.
type jsonFile struct {
	records  *records
	opt      Options
	keys     []string
	index    map[string]int
	seen     []int64 // per key, the record that had it last
	record   int64   // how many records were taken apart so far
	damaged  int64
	nuls     int64
	finished bool
}

// isJSON goes by the extension, else by the first character.
func (t *text) isJSON() bool {
	switch extension(t.name) {
	case ".json", ".jsonl", ".ndjson", ".geojson":
		return true
	}
	c := t.first()
	return c == '{' || c == '['
}

func openJSON(t *text, opt Options) (Source, error) {
	layout, member, err := detectLayout(t)
	if err != nil {
		return nil, err
	}
	j := &jsonFile{records: &records{cur: cursor{text: t}, layout: layout, member: member}, opt: opt, index: map[string]int{}}
	if err := j.collectKeys(); err != nil {
		return nil, err
	}
	j.damaged, j.nuls = t.damaged, t.nuls
	return j, j.records.rewind()
}

func (j *jsonFile) Format() string   { return "json" }
func (j *jsonFile) Header() []string { return append([]string(nil), j.keys...) }
func (j *jsonFile) Encoding() string { return j.records.cur.text.enc.String() }
func (j *jsonFile) Damaged() int64   { return j.damaged }
func (j *jsonFile) NULs() int64      { return j.nuls }
func (j *jsonFile) Mixed() bool      { return j.records.cur.text.mixed }
func (j *jsonFile) Serial1904() bool { return false }
func (j *jsonFile) Notes() []string  { return nil }
func (j *jsonFile) Close() error     { j.records.cur.buf = ""; return nil }

// collectKeys is the first pass.
func (j *jsonFile) collectKeys() error {
	if err := j.records.rewind(); err != nil {
		return err
	}
	name := j.records.cur.text.name
	var good int64
	var firstBad BadRow
	for {
		raw, row, why, err := j.records.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if why == "" {
			why = j.take(raw, nil)
		}
		if why == "" {
			good++
			continue
		}
		if firstBad.Row == 0 {
			firstBad = BadRow{row, why}
		}
	}
	switch {
	case good == 0 && firstBad.Row > 0:
		return refuse(name, ErrUnreadable, "没有一条记录可以读取；第 %d 条：%s。", firstBad.Row, firstBad.Reason.Message())
	case len(j.keys) == 0:
		return refuse(name, ErrEmpty, "里没有记录，请检查后重新导出。")
	}
	return nil
}

// Next implements Source; it is the second pass.
func (j *jsonFile) Next() (*Batch, error) {
	if j.finished {
		return nil, io.EOF
	}
	b := &Batch{Width: len(j.keys)}
	for len(b.Rows) < j.opt.BatchRows && len(b.Bad) < j.opt.BatchRows && len(b.Cells) < maxBatchCells {
		raw, row, why, err := j.records.next()
		if errors.Is(err, io.EOF) {
			j.finished = true
			break
		}
		if err != nil {
			return nil, err
		}
		if why == "" {
			from := len(b.Cells)
			b.Cells = append(b.Cells, make([]string, b.Width)...)
			if why = j.take(raw, b.Cells[from:]); why == "" {
				b.Rows = append(b.Rows, row)
				continue
			}
			b.Cells = b.Cells[:from]
		}
		b.Bad = append(b.Bad, BadRow{row, why})
	}
	if len(b.Rows) == 0 && len(b.Bad) == 0 {
		return nil, io.EOF
	}
	return b, nil
}

// take takes one record apart: with cells it puts the values under their keys, without it learns new keys. A record that
// turns out to be bad leaves no keys behind.
func (j *jsonFile) take(raw string, cells []string) Reason {
	j.record++
	known := len(j.keys)
	why := members(raw, func(rawKey, rawValue string) Reason {
		key := unquote(rawKey)
		i, ok := j.index[key]
		if !ok {
			if i = len(j.keys); i == j.opt.Limits.Columns {
				return TooManyColumns
			}
			key = strings.Clone(key)
			j.keys, j.seen, j.index[key] = append(j.keys, key), append(j.seen, 0), i
		}
		if j.seen[i] == j.record {
			return DuplicateKey
		}
		j.seen[i] = j.record
		if len(rawValue) > j.opt.Limits.CellBytes {
			return CellTooLong
		}
		if i < len(cells) {
			cells[i] = cellText(rawValue)
		}
		return ""
	})
	if why != "" {
		for _, k := range j.keys[known:] {
			delete(j.index, k)
		}
		j.keys, j.seen = j.keys[:known], j.seen[:known]
	}
	return why
}

// layout is how records lie in a file.
type layout uint8

const (
	layoutLines   layout = iota // a record a line
	layoutArray                 // [ {…}, {…} ]
	layoutWrapped               // { "member": [ {…}, {…} ], … }
	layoutSingle                // { … }: one record
)

// detectLayout: an array is an array; an object is a wrapper where exactly one of its members is an array and that is empty or
// begins with a record; else, where its first line is a record and more follow, the file holds records line by line;
// else it is one record. By extension jsonl and ndjson are always lines.
func detectLayout(t *text) (layout, string, error) {
	switch ext := extension(t.name); {
	case ext == ".jsonl" || ext == ".ndjson":
		return layoutLines, "", nil
	case t.first() == '[':
		return layoutArray, "", nil
	}
	r := &records{cur: cursor{text: t}, layout: layoutLines}
	if err := r.rewind(); err != nil {
		return 0, "", err
	}
	if raw, _, why, err := r.next(); err == nil && why == "" && json.Valid([]byte(raw)) {
		if _, _, _, err := r.next(); err == nil {
			return layoutLines, "", nil
		}
	}
	return wrapperOf(r)
}

// wrapperOf looks through the members of the file's one object.
func wrapperOf(r *records) (layout, string, error) {
	name := r.cur.text.name
	if err := r.rewind(); err != nil {
		return 0, "", err
	}
	arrays := []string{}
	recordLike := true
	err := r.topMembers(func(key string) (bool, error) {
		c, err := r.cur.peek()
		if err != nil {
			return false, err
		}
		if c != '[' {
			raw, err := r.memberValue()
			if err == nil && key == "type" && cellText(raw) == "FeatureCollection" {
				err = refuse(name, ErrUnsupported, "是 GeoJSON 图层，不是台账；图层请用 grids load 导入。")
			}
			return true, err
		}
		arrays = append(arrays, key)
		r.inArray, r.first = true, true
		for n := 0; ; n++ {
			raw, _, _, err := r.element()
			if errors.Is(err, io.EOF) {
				return true, nil
			}
			if err != nil {
				return false, err
			}
			if n == 0 && !strings.HasPrefix(raw, "{") {
				recordLike = false
			}
		}
	})
	switch {
	case err != nil:
		return 0, "", err
	case len(arrays) == 1 && recordLike:
		return layoutWrapped, arrays[0], nil
	case len(arrays) > 1 && recordLike:
		return 0, "", refuse(name, ErrUnsupported, "含有多组记录（“%s”“%s”等），无法判断以哪一组为准，请每个文件只保留一组。", arrays[0], arrays[1])
	}
	return layoutSingle, "", nil
}
