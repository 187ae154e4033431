package records

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Field is one member of a record.
type Field struct {
	Name string
	// Value is as a table shows it: a string's text, nothing for null, and for
	// anything else its JSON.
	Value string
	Kind  FieldKind
}

// FieldKind says what a field is in JSON.
type FieldKind int

// The kinds of fields.
const (
	String FieldKind = iota
	Null
	Other // a number, true, false, an array or an object
)

// ReadRow reads a record from JSON, in its own order.
func ReadRow(row []byte) ([]Field, error) {
	if fields, ok := readFlat(row); ok {
		return fields, nil
	}
	return readAny(row)
}

// AppendFields appends a record as one JSON object without a line's end, as the
// vendor's downloads have it, see [Layout.AppendJSON]. With raw, characters beyond
// ASCII are as they are.
func AppendFields(dst []byte, fields []Field, raw bool) []byte {
	dst = append(dst, '{')
	for i, field := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSON(dst, []byte(field.Name), raw), ':')
		switch field.Kind {
		case Null:
			dst = append(dst, "null"...)
		case Other:
			dst = append(dst, field.Value...)
		case String:
			dst = appendJSON(dst, []byte(field.Value), raw)
		}
	}
	return append(dst, '}')
}

func readAny(row []byte) ([]Field, error) {
	dec := json.NewDecoder(bytes.NewReader(row))
	fields, err := readObject(dec)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("has more than one JSON object")
	}
	return fields, nil
}

// readObject reads the next object.
func readObject(dec *json.Decoder) ([]Field, error) {
	start, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if start != json.Delim('{') {
		return nil, errors.New("is not a JSON object")
	}
	var fields []Field
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, err
		}
		field := Field{Name: fmt.Sprint(name)}
		switch {
		case string(raw) == "null":
			field.Kind = Null
		case raw[0] == '"':
			if err := json.Unmarshal(raw, &field.Value); err != nil {
				return nil, err
			}
		default:
			var compact bytes.Buffer
			if err := json.Compact(&compact, raw); err != nil {
				return nil, err
			}
			field.Kind, field.Value = Other, compact.String()
		}
		fields = append(fields, field)
	}
	_, err = dec.Token()
	return fields, err
}

// readFlat reads what nearly every record is, and encoding/json takes many times
// as long for: strings and nulls by strings, without a space between them, and no
// escapes but those of slashes and quotes. Anything else is not ok.
func readFlat(row []byte) (fields []Field, ok bool) {
	if len(row) < 2 || row[0] != '{' {
		return nil, false
	}
	for at := 1; ; at++ {
		var f Field
		if f.Name, at, ok = readString(row, at); !ok || at >= len(row) || row[at] != ':' {
			return nil, false
		}
		if at++; bytes.HasPrefix(row[at:], []byte("null")) {
			f.Kind = Null
			at += len("null")
		} else if f.Value, at, ok = readString(row, at); !ok {
			return nil, false
		}
		fields = append(fields, f)
		switch {
		case at >= len(row):
			return nil, false
		case row[at] == '}':
			return fields, at == len(row)-1
		case row[at] != ',':
			return nil, false
		}
	}
}

// readString reads the JSON string at an offset, and returns where it ends.
func readString(row []byte, at int) (text string, end int, ok bool) {
	if at >= len(row) || row[at] != '"' {
		return "", at, false
	}
	from := at + 1
	var unescaped []byte
	for i := from; i < len(row); i++ {
		switch c := row[i]; {
		case c == '"':
			raw := row[from:i]
			if unescaped != nil {
				raw = append(unescaped, raw...)
			}
			return string(raw), i + 1, utf8.Valid(raw)
		case c < ' ':
			return "", at, false
		case c == '\\':
			if i+1 >= len(row) || row[i+1] != '/' && row[i+1] != '"' && row[i+1] != '\\' {
				return "", at, false
			}
			unescaped = append(append(unescaped, row[from:i]...), row[i+1])
			i++
			from = i + 1
		}
	}
	return "", at, false
}
