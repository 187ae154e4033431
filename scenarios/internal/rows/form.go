package rows

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Form is how the values of a column are stored.
type Form string

// The forms. All but Text are the work of a typed table, and compared by what
// the values mean.
const (
	Text    Form = "text"
	Number  Form = "number"
	Boolean Form = "boolean"
	Date    Form = "date"
	// Code: each value is stored as another one of its own, as yes and no are
	// for "In stock" and "Out of stock".
	Code Form = "code"
)

// empty is the canonical form of null, of an empty text, and of nothing.
const empty = ""

// canonical is a value in the one form in which equal values of the column are
// equal.
func (c Column) canonical(v value) string {
	if v.isEmpty() {
		return empty
	}
	if c.Form == Code {
		if code, ok := c.codes[v.asText()]; ok {
			return "code " + code
		}
		return "code " + v.asText()
	}
	if s, ok := c.Form.read(v); ok {
		return string(c.Form) + " " + s
	}
	// A form that does not fit this value leaves it as it is.
	return "as it is " + v.asText()
}

// asText is a value as a text column would hold it: a list as JSON text is the
// text that the download has.
func (v value) asText() string {
	if v.kind == text && strings.HasPrefix(v.text, "[") {
		return compact([]byte(v.text))
	}
	return v.text
}

// read returns what a value means in a form, false if it means nothing in it.
func (f Form) read(v value) (string, bool) {
	switch f {
	case Number:
		return readNumber(v)
	case Boolean:
		return readBoolean(v)
	case Date:
		return readDate(v)
	case Text:
		return v.asText(), true
	case Code: // read by the column
	}
	return "", false
}

// figures is a number within a text: a currency or a unit may surround it.
var figures = regexp.MustCompile(`[-+]?\d[\d.,' ]*(?:[eE][-+]?\d+)?`)

// unitAtMost bounds the characters of a currency or a unit beside a number: "US$",
// "CHF", "km/h". With more, it is a text that has a number in it.
const unitAtMost = 4

// unitBeside returns what a text has beside a number, without spaces.
func unitBeside(text, number string) string {
	return strings.Join(strings.Fields(strings.Replace(text, number, " ", 1)), "")
}

// bareNumber reports whether a value is a number as a typed column shows it:
// nothing is beside it, or the symbol of a currency.
func bareNumber(v value) bool {
	if v.kind != text {
		return v.kind == number
	}
	found := figures.FindString(v.text)
	return found != "" && !strings.ContainsFunc(unitBeside(v.text, found), func(r rune) bool { return !unicode.Is(unicode.Sc, r) })
}

// readNumber reads a number, also one with a currency or a unit beside it, and
// with separators of thousands. Whole numbers are exact; others are as exact as
// the narrowest type of common databases.
func readNumber(v value) (string, bool) {
	s := v.text
	if v.kind == boolean || v.kind == list {
		return "", false
	}
	if v.kind == text {
		found := figures.FindAllString(s, 2)
		if len(found) != 1 || utf8.RuneCountInString(unitBeside(s, found[0])) > unitAtMost {
			return "", false
		}
		s = decimal(strings.TrimSpace(found[0]))
	}
	if i, ok := new(big.Int).SetString(strings.TrimPrefix(s, "+"), 10); ok {
		return i.String(), true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return "", false
	}
	if f == float64(int64(f)) && f < 1e15 && f > -1e15 {
		return strconv.FormatInt(int64(f), 10), true
	}
	return strconv.FormatFloat(float64(float32(f)), 'g', -1, 32), true
}

// decimal removes separators of thousands and makes the decimal mark a point.
func decimal(s string) string {
	s = strings.NewReplacer(" ", "", "'", "").Replace(s)
	comma, point := strings.LastIndexByte(s, ','), strings.LastIndexByte(s, '.')
	switch {
	case comma < 0 && strings.Count(s, ".") > 1:
		return strings.ReplaceAll(s, ".", "")
	case comma < 0:
		return s
	case point > comma, point < 0 && (strings.Count(s, ",") > 1 || len(s)-comma == 4):
		return strings.ReplaceAll(s, ",", "")
	}
	return strings.Replace(strings.ReplaceAll(s, ".", ""), ",", ".", 1)
}

func readBoolean(v value) (string, bool) {
	if v.kind == list {
		return "", false
	}
	switch strings.ToLower(v.text) {
	case "true", "t", "yes", "y", "on", "1":
		return "true", true
	case "false", "f", "no", "n", "off", "0":
		return "false", true
	}
	return "", false
}

// dateLayouts are the ways in which downloads and databases write dates.
var dateLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999-07", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02",
	"02.01.2006", "2.1.2006", "01/02/2006", "1/2/2006", "2006/01/02", "Jan 2, 2006", "January 2, 2006",
	"2 Jan 2006", "2 January 2006", time.RFC1123Z, time.RFC1123,
}

func readDate(v value) (string, bool) {
	if v.kind != text {
		return "", false
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, strings.TrimSpace(v.text)); err == nil {
			return t.UTC().Format("2006-01-02T15:04:05.999999999"), true
		}
	}
	return "", false
}
