package xlsx

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// format is what a cell's style makes of a number.
type format struct{ date, clock bool }

// readFormats reads the formats of cells' styles.
func (b *workbook) readFormats(part string) ([]format, error) {
	var sheet struct {
		Custom []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Styles []struct {
			ID int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := b.decode(part, &sheet); err != nil {
		return nil, err
	}
	custom := make(map[int]format, len(sheet.Custom))
	for _, c := range sheet.Custom {
		custom[c.ID] = formatOf(c.Code)
	}
	formats := make([]format, len(sheet.Styles))
	for i, s := range sheet.Styles {
		own, ok := custom[s.ID]
		if !ok {
			own = builtIn(s.ID)
		}
		formats[i] = own
	}
	return formats, nil
}

// builtIn is a format that has no code in the file (ECMA-376 part 1, 18.8.30).
func builtIn(id int) format {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
		return format{date: true}
	case id == 22:
		return format{date: true, clock: true}
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id >= 45 && id <= 47, id == 55, id == 56:
		return format{clock: true}
	}
	return format{}
}

// formatOf tells dates by the letters of a format's code: d, y and m; h and s.
// An m beside h or s is of minutes.
func formatOf(code string) format {
	var f format
	letters := strings.ToLower(formatLetters(code))
	f.clock = strings.ContainsAny(letters, "hs")
	f.date = strings.ContainsAny(letters, "dy") || (strings.Contains(letters, "m") && !f.clock)
	return f
}

// formatLetters is a format's code without what only stands for itself: texts,
// colours and locales. Only the first of its sections counts.
func formatLetters(code string) string {
	var letters strings.Builder
	for i := 0; i < len(code) && code[i] != ';'; i++ {
		switch code[i] {
		case '"', '[':
			closing := byte('"')
			if code[i] == '[' {
				closing = ']'
			}
			n := strings.IndexByte(code[i+1:], closing)
			if n < 0 {
				return letters.String()
			}
			inside := strings.ToLower(code[i+1 : i+1+n])
			// [h] counts hours beyond a day.
			if closing == ']' && strings.Trim(inside, "hms") == "" {
				letters.WriteString(strings.ReplaceAll(inside, "m", "s")) // [m] counts minutes
			}
			i += n + 1
		case '\\', '_', '*':
			i++ // the next character stands for itself
		default:
			letters.WriteByte(code[i])
		}
	}
	return strings.ReplaceAll(strings.ToLower(letters.String()), "general", "")
}

// number is a number as text, in the given format.
func (b *workbook) number(text string, style int) string {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text // whatever it is, it is shown
	}
	if style >= 0 && style < len(b.formats) {
		if shown, ok := b.moment(value, b.formats[style]); ok {
			return shown
		}
	}
	// Spreadsheets keep 15 digits and write 17.
	digits, err := strconv.ParseFloat(strconv.FormatFloat(value, 'g', 15, 64), 64)
	if err != nil {
		return text
	}
	if size := math.Abs(digits); size != 0 && (size >= 1e21 || size < 1e-9) {
		return strconv.FormatFloat(digits, 'E', -1, 64)
	}
	return strconv.FormatFloat(digits, 'f', -1, 64)
}

// lastDay is 31 December 9999, the last date that spreadsheets have.
const lastDay = 2_958_465

// moment is a number of days as a date, a time, or both.
func (b *workbook) moment(days float64, f format) (string, bool) {
	if !f.date && !f.clock || days < 0 || days > lastDay+1 || math.IsNaN(days) {
		return "", false
	}
	day := math.Floor(days)
	seconds := math.Round((days - day) * 24 * 60 * 60)
	if !f.date {
		hours, rest := int(day)*24+int(seconds)/3600, int(seconds)%3600
		return pad(hours) + ":" + pad(rest/60) + ":" + pad(rest%60), true
	}
	epoch := time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case b.since1904:
		epoch = time.Date(1904, time.January, 1, 0, 0, 0, 0, time.UTC)
	case day == 60:
		return "", false // 29 February 1900, which only spreadsheets have
	case day < 60:
		epoch = epoch.AddDate(0, 0, 1)
	}
	at := epoch.AddDate(0, 0, int(day)).Add(time.Duration(seconds) * time.Second)
	if f.clock || seconds != 0 {
		return at.Format(time.DateTime), true
	}
	return at.Format(time.DateOnly), true
}

func pad(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}
