package rows

import (
	"bytes"
	"encoding/json"
	"strings"
)

// row is a row's values by their path.
type row struct {
	raw    string
	values map[string]value
}

func (r row) shown(index int) Row { return Row{index, r.raw} }

// value returns the value at a path, absent if there is none.
func (r row) value(path string) value { return r.values[path] }

// value is a scalar. Its zero value is absent.
type value struct {
	kind kind
	text string // of a string what it says, of a number its digits
}

type kind byte

const (
	absent kind = iota
	null
	text
	number
	boolean
	list
)

// shown is the value as JSON, for a person.
func (v value) shown() string {
	switch v.kind {
	case absent:
		return "absent"
	case null:
		return "null"
	case text:
		return quoted(v.text)
	case number, boolean, list:
	}
	return v.text
}

func quoted(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(s) != nil {
		return s
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// isEmpty reports whether the value says nothing. Null, an empty text and a
// missing field are one: a CSV download can't tell them apart, and many
// databases don't.
func (v value) isEmpty() bool {
	return v.kind == absent || v.kind == null || v.kind == text && v.text == ""
}

func parse[T ~[]byte](raw []T) []row {
	out := make([]row, len(raw))
	for i, r := range raw {
		out[i] = row{string(r), map[string]value{}}
		flatten(out[i].values, "", r, 0)
	}
	return out
}

// nesting bounds how deep objects are looked into.
const nesting = 4

// flatten collects the scalars of an object by their paths. A text that holds
// an object, as databases without a JSON type store it, is looked into as well.
func flatten(into map[string]value, path string, raw []byte, depth int) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return
	}
	switch raw[0] {
	case '{':
		var fields map[string]json.RawMessage
		if depth == nesting || json.Unmarshal(raw, &fields) != nil {
			break
		}
		for name, field := range fields {
			flatten(into, join(path, name), field, depth+1)
		}
		return
	case '[':
		into[path] = value{list, compact(raw)}
		return
	case '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			break
		}
		if strings.HasPrefix(s, "{") && json.Valid([]byte(s)) {
			flatten(into, path, []byte(s), depth+1)
		}
		into[path] = value{text, s}
		return
	case 'n':
		into[path] = value{null, ""}
		return
	case 't', 'f':
		into[path] = value{boolean, string(raw)}
		return
	default:
		into[path] = value{number, string(raw)}
		return
	}
	into[path] = value{text, string(raw)}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func compact(raw []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

// lastName is the name of the field at a path.
func lastName(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// plain is a name without the freedoms that languages and databases take:
// web-scraper-order, web_scraper_order and webScraperOrder are one.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' || r == '.' || r == '$' {
			return -1
		}
		return r
	}, strings.ToLower(name))
}
