package source

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// scalarOf writes a number, a truth value or a time; bare says whether JSON writes it without quotes.
func scalarOf(a arrow.Array, i int) (text string, bare bool) {
	switch a := a.(type) {
	case *array.Boolean:
		return strconv.FormatBool(a.Value(i)), true
	case *array.Int8:
		return strconv.FormatInt(int64(a.Value(i)), 10), true
	case *array.Int16:
		return strconv.FormatInt(int64(a.Value(i)), 10), true
	case *array.Int32:
		return strconv.FormatInt(int64(a.Value(i)), 10), true
	case *array.Int64:
		return strconv.FormatInt(a.Value(i), 10), true
	case *array.Uint8:
		return strconv.FormatUint(uint64(a.Value(i)), 10), true
	case *array.Uint16:
		return strconv.FormatUint(uint64(a.Value(i)), 10), true
	case *array.Uint32:
		return strconv.FormatUint(uint64(a.Value(i)), 10), true
	case *array.Uint64:
		return strconv.FormatUint(a.Value(i), 10), true
	case *array.Float16:
		return floatText(float64(a.Value(i).Float32()), 32)
	case *array.Float32:
		return floatText(float64(a.Value(i)), 32)
	case *array.Float64:
		return floatText(a.Value(i), 64)
	case *array.Decimal128:
		return a.Value(i).ToString(a.DataType().(*arrow.Decimal128Type).Scale), true
	case *array.Decimal256:
		return a.Value(i).ToString(a.DataType().(*arrow.Decimal256Type).Scale), true
	case *array.Date32:
		return a.Value(i).ToTime().Format(time.DateOnly), false
	case *array.Date64:
		return a.Value(i).ToTime().Format(time.DateOnly), false
	case *array.Time32:
		return a.Value(i).ToTime(a.DataType().(*arrow.Time32Type).Unit).Format(clock), false
	case *array.Time64:
		return a.Value(i).ToTime(a.DataType().(*arrow.Time64Type).Unit).Format(clock), false
	case *array.Timestamp:
		typ := a.DataType().(*arrow.TimestampType)
		text := a.Value(i).ToTime(typ.Unit).Format(time.DateOnly + " " + clock)
		if typ.TimeZone != "" {
			text += "Z"
		}
		return text, false
	}
	return a.ValueStr(i), false // durations and intervals, which ledgers do not hold
}

// clock is a time of day; a fraction of a second is written where there is one.
const clock = "15:04:05.999999999"

// floatText writes a number in the fewest digits that tell it from its neighbours, without exponent. What is no number,
// which data systems write for a missing one, is "".
func floatText(v float64, bits int) (string, bool) {
	if math.IsNaN(v) {
		return "", false
	}
	return strconv.FormatFloat(v, 'f', -1, bits), !math.IsInf(v, 0)
}

func isNested(a arrow.Array) bool {
	switch a.(type) {
	case array.ListLike, *array.Struct, array.Union:
		return true
	}
	return false
}

// appendJSON writes a value as compact JSON. It stops, and leaves what it wrote incomplete, soon after limit bytes: a list
// of references to one long text can stand for more than memory holds.
func appendJSON(dst []byte, a arrow.Array, i, limit int) []byte {
	if len(dst) > limit || a.IsNull(i) {
		return append(dst, "null"...)
	}
	switch a := a.(type) {
	case *array.Dictionary:
		return appendJSON(dst, a.Dictionary(), a.GetValueIndex(i), limit)
	case *array.RunEndEncoded:
		return appendJSON(dst, a.Values(), a.GetPhysicalIndex(i), limit)
	case array.ExtensionArray:
		return appendJSON(dst, a.Storage(), i, limit)
	case *array.Map:
		return appendMap(dst, a, i, limit)
	case array.ListLike:
		dst = append(dst, '[')
		from, to := a.ValueOffsets(i)
		for k := from; k < to && len(dst) <= limit; k++ {
			if k > from {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, a.ListValues(), int(k), limit)
		}
		return append(dst, ']')
	case *array.Struct:
		dst = append(dst, '{')
		for k, f := range a.DataType().(*arrow.StructType).Fields() {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendQuoted(dst, f.Name), ':')
			dst = appendJSON(dst, a.Field(k), i, limit)
		}
		return append(dst, '}')
	case *array.SparseUnion:
		return appendJSON(dst, a.Field(a.ChildID(i)), i, limit)
	case *array.DenseUnion:
		return appendJSON(dst, a.Field(a.ChildID(i)), int(a.ValueOffset(i)), limit)
	case *array.String, *array.LargeString, *array.StringView, *array.Binary, *array.LargeBinary, *array.BinaryView, *array.FixedSizeBinary:
		return appendQuoted(dst, cellOf(a, i, limit))
	}
	text, bare := scalarOf(a, i)
	if bare {
		return append(dst, text...)
	}
	if text == "" {
		return append(dst, "null"...)
	}
	return appendQuoted(dst, text)
}

// appendMap writes a map as an object, its keys as text.
func appendMap(dst []byte, a *array.Map, i, limit int) []byte {
	dst = append(dst, '{')
	from, to := a.ValueOffsets(i)
	for k := from; k < to && len(dst) <= limit; k++ {
		if k > from {
			dst = append(dst, ',')
		}
		dst = append(appendQuoted(dst, cellOf(a.Keys(), int(k), limit)), ':')
		dst = appendJSON(dst, a.Items(), int(k), limit)
	}
	return append(dst, '}')
}

func appendQuoted(dst []byte, s string) []byte {
	var b jsonText
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) != nil { // a string cannot fail
		return append(dst, `""`...)
	}
	return append(dst, b[:len(b)-1]...) // without the line end
}

type jsonText []byte

func (t *jsonText) Write(p []byte) (int, error) {
	*t = append(*t, p...)
	return len(p), nil
}
