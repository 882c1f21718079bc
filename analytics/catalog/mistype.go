package catalog

import (
	"reflect"
	"strings"
)

// mistyped finds the first key, in alphabetical order, whose TOML value does not fit the Go type it is decoded into;
// nil if all fit. The TOML library reports such a mistake without saying where it is.
func mistyped(value any, t reflect.Type) []string {
	fits := func(ok bool) []string {
		if ok {
			return nil
		}
		return []string{}
	}
	if t == decimalType {
		_, ok := decimalText(value)
		return fits(ok)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return mistyped(value, t.Elem())
	case reflect.String:
		_, ok := value.(string)
		return fits(ok)
	case reflect.Int:
		_, ok := value.(int64)
		return fits(ok)
	case reflect.Float64:
		_, isInt := value.(int64)
		_, isFloat := value.(float64)
		return fits(isInt || isFloat)
	case reflect.Bool:
		_, ok := value.(bool)
		return fits(ok)
	case reflect.Slice:
		if v := reflect.ValueOf(value); v.Kind() == reflect.Slice {
			for i := range v.Len() {
				if key := mistyped(v.Index(i).Interface(), t.Elem()); key != nil {
					return key
				}
			}
			return nil
		}
		return []string{}
	}
	table, ok := value.(map[string]any)
	if !ok {
		return []string{}
	}
	for _, k := range sortedKeys(table) {
		want := t
		if t.Kind() == reflect.Map {
			want = t.Elem()
		} else if want = fieldType(t, k); want == nil {
			continue // an unknown key, which strict reports
		}
		if key := mistyped(table[k], want); key != nil {
			return append([]string{k}, key...)
		}
	}
	return nil
}

func fieldType(t reflect.Type, key string) reflect.Type {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.IsExported() && strings.EqualFold(f.Tag.Get("toml"), key) {
			return f.Type
		}
		if f.Anonymous {
			if inner := fieldType(f.Type, key); inner != nil {
				return inner
			}
		}
	}
	return nil
}
