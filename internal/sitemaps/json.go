package sitemaps

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// compactJSON returns JSON without white space and with its slashes unescaped,
// otherwise as it was (contract, section 2a). An error says where text is not
// JSON.
func compactJSON(text []byte) ([]byte, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("it is longer than %d bytes", MaxBytes)
	}
	if bytes.HasPrefix(text, []byte("\ufeff")) {
		return nil, errors.New("line 1, column 1: it begins with a byte order mark")
	}
	if err := checkDepth(text); err != nil {
		return nil, err
	}
	var raw json.RawMessage
	err := json.Unmarshal(text, &raw) // unlike json.Compact it tells the offset of a fault
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		// The offset counts the bytes that were read, the wrong one included; at
		// the end of the text there is none.
		at := int(syntax.Offset) - 1
		if at < 0 || at >= len(text) || syntax.Error() == "unexpected end of JSON input" {
			at = len(text)
		}
		return nil, fmt.Errorf("%s: %w", place(text, at), err)
	case err != nil:
		return nil, err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil {
		return nil, err
	}
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return nil, fmt.Errorf("%s: the byte 0x%02x is not UTF-8", place(text, at), text[at])
		}
		at += size
	}
	return unescapeSlashes(compact.Bytes()), nil
}

// place is where offset at is, in words: lines and columns count from 1, columns
// in characters.
func place(text []byte, at int) string {
	before := text[:at]
	line := bytes.Count(before, []byte("\n")) + 1
	if i := bytes.LastIndexByte(before, '\n'); i >= 0 {
		before = before[i+1:]
	}
	return fmt.Sprintf("line %d, column %d", line, utf8.RuneCount(before)+1)
}

// checkDepth refuses JSON that is nested too deep, before anything recurses into
// it.
func checkDepth(text []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return fmt.Errorf("%s: it is nested more than %d levels deep", place(text, i), maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// unescapeSlashes turns \/ into / in place.
func unescapeSlashes(valid []byte) []byte {
	if !bytes.Contains(valid, []byte(`\/`)) {
		return valid
	}
	out := valid[:0]
	for i := 0; i < len(valid); i++ {
		if valid[i] != '\\' { // in valid JSON a backslash is always followed by a byte
			out = append(out, valid[i])
			continue
		}
		if i++; valid[i] != '/' {
			out = append(out, '\\')
		}
		out = append(out, valid[i])
	}
	return out
}

// member is one member of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// members returns the members of a JSON object in their order.
func members(raw []byte) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if token, err := dec.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	var all []member
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		m := member{name: fmt.Sprint(token)}
		if err := dec.Decode(&m.value); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

var errTooMany = errors.New("must not have more than")

// elements returns the elements of a JSON array, which may be so many. The error
// completes "The field …".
func elements(raw []byte, most int) ([]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if token, err := dec.Token(); err != nil || token != json.Delim('[') {
		return nil, errors.New("must be a list")
	}
	var all []json.RawMessage
	for dec.More() {
		if len(all) == most {
			return nil, fmt.Errorf("%w %d entries", errTooMany, most)
		}
		var one json.RawMessage
		if err := dec.Decode(&one); err != nil {
			return nil, fmt.Errorf("can't be read: %w", err)
		}
		all = append(all, one)
	}
	return all, nil
}
