package geo

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"unicode/utf8"
)

// deepestProps is how deep objects among the properties are looked into.
const deepestProps = 4

// readProperties reads id and properties of a feature. Members of an object become
// properties named by their path; lists are passed over.
func (g *geojsonReader) readProperties(row *Row, members map[string]json.RawMessage) error {
	raw, ok := members["properties"]
	if !ok {
		row.note(NoProperties)
	}
	if !utf8.Valid(raw) || !utf8.Valid(members["id"]) { // encoding/json would silently put U+FFFD into the names
		return refuseEncoding()
	}
	if id := members["id"]; !isNull(id) {
		var err error
		if row.ID, err = scalarText(id); err != nil {
			g.c.cannotRead("id", row.Number)
			row.note(BadMember)
		}
	}
	if isNull(raw) {
		return nil
	}
	if raw[0] != '{' {
		return refuse(ErrNotGeoJSON, "第%d个要素的 properties 不是对象，请重新导出文件。", row.Number)
	}
	return g.flatten(row, "", raw, 0)
}

// flatten gives the row the members of an object, in their order. A property that has
// the very name of a path comes before what the path leads to.
func (g *geojsonReader) flatten(row *Row, prefix string, object json.RawMessage, depth int) error {
	dec := json.NewDecoder(bytes.NewReader(object))
	if _, err := dec.Token(); err != nil { // the opening brace
		return err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		name := prefix + key.(string)
		text, err := scalarText(value)
		switch i, known := g.props.index[name]; {
		case err != nil:
			g.c.cannotRead(name, row.Number)
			if value[0] == '{' && depth < deepestProps {
				if err := g.flatten(row, name+".", value, depth+1); err != nil {
					return err
				}
			}
		case depth > 0 && known && row.Prop(i) != "":
		default:
			if err := g.props.set(row, name, text, g.b); err != nil {
				return err
			}
		}
	}
	return nil
}

// cannotRead remembers the first row in which a property is neither text nor number.
func (c *Collection) cannotRead(name string, row int) {
	if _, ok := c.unread[name]; !ok && len(c.unread) < mostProps {
		c.unread[name] = row
	}
}

var errNotScalar = errors.New("geo: neither text nor number")

// scalarText gives a text without outer blanks, a number by its digits, true and false
// as such, null as "".
func scalarText(raw json.RawMessage) (string, error) {
	switch {
	case isNull(raw):
		return "", nil
	case raw[0] == '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return strings.TrimSpace(s), err
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return numberText(string(raw)), nil
	case raw[0] == 't' || raw[0] == 'f':
		return string(raw), nil
	}
	return "", errNotScalar
}

// numberText writes an integral number without point and exponent, exactly: a code
// such as 41150200400100000012 does not fit a float64. Others stay as written.
func numberText(s string) string {
	if !strings.ContainsAny(s, ".eE") {
		return s
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 && len(s)-i > len("e+99") {
		return s // an exponent of three digits is no code, but could be very long
	}
	if r, ok := new(big.Rat).SetString(s); ok && r.IsInt() {
		return r.Num().String()
	}
	return s
}
