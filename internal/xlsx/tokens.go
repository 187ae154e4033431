package xlsx

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// tokens reads a part's XML element by element. No element may be longer, or
// stand deeper, than a workbook's can.
type tokens struct {
	*xml.Decoder
	allowance *allowance
	depth     int
}

// maxDepth is how deep a workbook's elements may stand.
const maxDepth = 64

func newTokens(in io.Reader) *tokens {
	a := &allowance{in: in}
	return &tokens{Decoder: xml.NewDecoder(a), allowance: a}
}

// allowance bounds how much is read for one token.
type allowance struct {
	in   io.Reader
	used int
}

func (a *allowance) Read(p []byte) (int, error) {
	if a.used > 2*maxText {
		return 0, fmt.Errorf("a text is longer than %d bytes", maxText)
	}
	n, err := a.in.Read(p[:min(len(p), maxText)])
	a.used += n
	return n, err
}

func (t *tokens) token() (xml.Token, error) {
	t.allowance.used = 0
	token, err := t.Token()
	switch token.(type) {
	case xml.StartElement:
		if t.depth++; t.depth > maxDepth {
			return nil, fmt.Errorf("its elements stand more than %d deep", maxDepth)
		}
	case xml.EndElement:
		t.depth--
	}
	return token, err
}

// start goes to the next element of a name, wherever it stands, and is [io.EOF]
// after the last.
func (t *tokens) start(name string) (xml.StartElement, error) {
	for {
		token, err := t.token()
		if err != nil {
			return xml.StartElement{}, err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == name {
			return start, nil
		}
	}
}

// child goes to the next element within the present one, or to its end.
func (t *tokens) child(of string) (start xml.StartElement, end bool, err error) {
	for {
		token, err := t.token()
		if err != nil {
			return start, false, unexpected(err, of)
		}
		switch token := token.(type) {
		case xml.StartElement:
			return token, false, nil
		case xml.EndElement:
			return start, true, nil
		}
	}
}

// skip goes to the end of the present element.
func (t *tokens) skip() error {
	for depth := t.depth; t.depth >= depth; {
		if _, err := t.token(); err != nil {
			return unexpected(err, "element")
		}
	}
	return nil
}

// text is the present element's text, up to its end.
func (t *tokens) text(of string) (string, error) {
	var text string
	for depth := t.depth; t.depth >= depth; {
		token, err := t.token()
		if err != nil {
			return "", unexpected(err, of)
		}
		if data, ok := token.(xml.CharData); ok && t.depth == depth {
			if text += string(data); len(text) > maxText {
				return "", fmt.Errorf("a text is longer than %d bytes", maxText)
			}
		}
	}
	return text, nil
}

// richText is the text of an is or si element: of its own t, or of the t in each
// of its runs. Readings for Japanese, rPh, are no part of it.
func (t *tokens) richText(of string) (string, error) {
	var text string
	for {
		child, end, err := t.child(of)
		if err != nil {
			return "", err
		}
		if end {
			return unescape(text), nil
		}
		part := ""
		switch child.Name.Local {
		case "t":
			part, err = t.text("t")
		case "r":
			part, err = t.run()
		default:
			err = t.skip()
		}
		if err != nil {
			return "", err
		}
		if text += part; len(text) > maxText {
			return "", fmt.Errorf("a text is longer than %d bytes", maxText)
		}
	}
}

// run is the text of a run, which has a format of its own.
func (t *tokens) run() (string, error) {
	var text string
	for {
		child, end, err := t.child("r")
		if err != nil || end {
			return text, err
		}
		if child.Name.Local == "t" {
			text, err = t.text("t")
		} else {
			err = t.skip()
		}
		if err != nil {
			return "", err
		}
	}
}

func unexpected(err error, in string) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("it ends within %s", in)
	}
	return err
}

// unescape undoes _xHHHH_, as which characters are written that XML can't hold.
func unescape(text string) string {
	at := strings.Index(text, "_x")
	if at < 0 {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		if text[i] != '_' || !escaped(text[i:]) {
			out = append(out, text[i])
			i++
			continue
		}
		var r rune
		for _, c := range []byte(text[i+2 : i+6]) {
			digit, _ := hexDigit(c)
			r = r<<4 | digit
		}
		out = utf8.AppendRune(out, r)
		i += 7
	}
	return string(out)
}
