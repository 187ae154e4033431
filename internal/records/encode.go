package records

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendJSON appends a row as one JSON object without a line's end, as the
// vendor's downloads have it: in the order of the header, every value a string or
// null, slashes escaped as PHP's json_encode does.
func (l *Layout) AppendJSON(dst []byte, r *Row) []byte {
	for i, key := range l.keys {
		dst = append(dst, key...)
		text, ok := r.Cell(i)
		if !ok {
			dst = append(dst, "null"...)
			continue
		}
		dst = appendJSON(dst, text, l.raw)
	}
	return append(dst, '}')
}

const hexDigits = "0123456789abcdef"

// plain says which bytes stand for themselves in PHP's JSON.
var plain = func() (t [256]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\' && c != '/'
	}
	return t
}()

// appendJSON appends a JSON string as PHP's json_encode writes it: slashes are
// escaped, and so is everything beyond ASCII unless raw. Contract, section 2a, has
// the slashes; that the same call escapes the rest is PHP's default.
func appendJSON(dst, text []byte, raw bool) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(text); {
		c := text[i]
		if plain[c] {
			i++
			continue
		}
		dst = append(dst, text[from:i]...)
		if c < utf8.RuneSelf {
			dst = appendEscape(dst, c, true)
			i++
		} else {
			r, size := utf8.DecodeRune(text[i:])
			if raw {
				dst = utf8.AppendRune(dst, r) // U+FFFD for what is not UTF-8
			} else {
				dst = appendUnicode(dst, r)
			}
			i += size
		}
		from = i
	}
	return append(append(dst, text[from:]...), '"')
}

// appendScriptJSON appends a JSON string as JavaScript's JSON.stringify does.
func appendScriptJSON(dst, text []byte) []byte {
	dst = append(dst, '"')
	for _, c := range text {
		if c >= ' ' && c != '"' && c != '\\' {
			dst = append(dst, c)
			continue
		}
		dst = appendEscape(dst, c, false)
	}
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte, slash bool) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '/':
		if slash {
			dst = append(dst, '\\')
		}
		return append(dst, '/')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

func appendUnicode(dst []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		return appendUnit(appendUnit(dst, high), low)
	}
	return appendUnit(dst, r)
}

func appendUnit(dst []byte, r rune) []byte {
	return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

// CSVMark begins a download as CSV: the byte order mark of UTF-8.
const CSVMark = "\ufeff"

// AppendCSVHeader appends the first line of a download as CSV: the names as they
// are. Only a name that can't be is quoted, which the vendor's are never seen to
// be.
func AppendCSVHeader(dst []byte, names []string) []byte {
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		if bytes.ContainsAny([]byte(name), "\",\r\n") {
			dst = appendQuoted(dst, name)
			continue
		}
		dst = append(dst, name...)
	}
	return append(dst, '\r', '\n')
}

// AppendCSV appends a line of a download as CSV: every value is quoted, and a
// missing one is empty. Line ends inside values stay as they are.
func AppendCSV(dst []byte, values []string) []byte {
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, v)
	}
	return append(dst, '\r', '\n')
}

func appendQuoted[T string | []byte](dst []byte, text T) []byte {
	dst = append(dst, '"')
	for _, c := range []byte(text) {
		if c == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}
