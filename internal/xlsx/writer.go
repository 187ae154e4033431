package xlsx

import (
	"archive/zip"
	"compress/flate"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// The limits of a sheet, which spreadsheets share (Excel specifications and
// limits). A cell's characters are counted in UTF-16 code units.
const (
	MaxRows       = 1_048_576 // the header's row included
	MaxColumns    = 16_384
	MaxCharacters = 32_767
)

// Writer writes one table as a workbook. Nothing of it is held: a workbook of
// any length takes the same memory, and its first bytes come at once.
//
// Every value is a text, as Web Scraper's values are: 007 keeps its zeros, and
// =1+1 is no formula. An empty value is an empty cell. A text beyond
// [MaxCharacters] is cut there. Rows beyond [MaxRows] go on in further sheets,
// each of which has the header again. The same table gives the same bytes.
type Writer struct {
	zip    *zip.Writer
	sheet  io.Writer // the sheet that is being written
	sheets int
	rows   int // of that sheet, the header included
	header []string
	refs   []string // the columns' letters: A to XFD
	row    []byte
}

// NewWriter begins a workbook. A header of more than [MaxColumns] is an error
// before anything is written.
func NewWriter(out io.Writer, header []string) (*Writer, error) {
	if len(header) > MaxColumns {
		return nil, fmt.Errorf("writing a workbook: the table has %d columns, and a sheet holds %d", len(header), MaxColumns)
	}
	w := &Writer{zip: zip.NewWriter(out), header: header, refs: make([]string, len(header))}
	w.zip.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestSpeed)
	})
	for i := range w.refs {
		w.refs[i] = columnLetters(i)
	}
	// These two come first: that is how file types are told apart.
	for _, part := range []struct{ name, text string }{{contentTypesPart, contentTypes}, {"_rels/.rels", packageRels}} {
		if err := w.part(part.name, part.text); err != nil {
			return nil, err
		}
	}
	return w, w.nextSheet()
}

// Write writes a row. Values beyond the header's are an error.
func (w *Writer) Write(values []string) error {
	if len(values) > len(w.header) {
		return fmt.Errorf("writing a workbook: a row has %d values, and the header %d", len(values), len(w.header))
	}
	if w.rows == MaxRows {
		if _, err := io.WriteString(w.sheet, sheetEnd); err != nil {
			return wrapWrite(err)
		}
		if err := w.nextSheet(); err != nil {
			return err
		}
	}
	w.rows++
	row := w.row[:0]
	row = append(row, `<row r="`...)
	row = appendInt(row, w.rows)
	row = append(row, `">`...)
	for i, ref := range w.refs {
		value := ""
		if i < len(values) {
			value = values[i]
		}
		// The last column always has a cell: some readers make a row only as
		// wide as its cells.
		if value == "" && i < len(w.refs)-1 {
			continue
		}
		row = append(row, `<c r="`...)
		row = append(row, ref...)
		row = appendInt(row, w.rows)
		if value == "" {
			row = append(row, `"/>`...)
			continue
		}
		row = append(row, `" t="inlineStr"><is><t xml:space="preserve">`...)
		row = appendText(row, cut(value))
		row = append(row, `</t></is></c>`...)
	}
	row = append(row, `</row>`...)
	w.row = row
	_, err := w.sheet.Write(w.row)
	return wrapWrite(err)
}

// Close completes the workbook. It does not close what it is written to.
func (w *Writer) Close() error {
	if _, err := io.WriteString(w.sheet, sheetEnd); err != nil {
		return wrapWrite(err)
	}
	workbook, rels := workbookParts(w.sheets)
	for _, part := range []struct{ name, text string }{
		{"xl/workbook.xml", workbook}, {"xl/_rels/workbook.xml.rels", rels}, {"xl/styles.xml", styles},
	} {
		if err := w.part(part.name, part.text); err != nil {
			return err
		}
	}
	return wrapWrite(w.zip.Close())
}

// nextSheet begins a sheet and writes its header.
func (w *Writer) nextSheet() (err error) {
	w.sheets++
	w.rows = 0
	if w.sheet, err = w.zip.Create(sheetPart(w.sheets)); err != nil {
		return wrapWrite(err)
	}
	if _, err = io.WriteString(w.sheet, sheetBegin); err != nil {
		return wrapWrite(err)
	}
	return w.Write(w.header)
}

// part writes a small part as a whole.
func (w *Writer) part(name, text string) error {
	part, err := w.zip.Create(name)
	if err == nil {
		_, err = io.WriteString(part, text)
	}
	return wrapWrite(err)
}

func wrapWrite(err error) error {
	if err != nil {
		return fmt.Errorf("writing a workbook: %w", err)
	}
	return nil
}

// cut is what a cell holds of a value: whole characters, at most
// [MaxCharacters].
func cut(value string) string {
	if len(value) <= MaxCharacters {
		return value // no character has more units than bytes
	}
	units := 0
	for i, r := range value {
		n := utf16.RuneLen(r)
		if units+n > MaxCharacters {
			return value[:i]
		}
		units += n
	}
	return value
}

// appendText appends a value as the text of an XML element. What XML can't hold
// is written as _xHHHH_, and so is the underscore of a text that looks like that
// already (ECMA-376 part 1, 22.9.2.19). A carriage return is a reference, since
// XML would read it as a line feed. What is not UTF-8 becomes U+FFFD.
func appendText(dst []byte, text string) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(text[i:])
			if r == 0xFFFE || r == 0xFFFF {
				dst = appendEscape(dst, r)
			} else {
				dst = utf8.AppendRune(dst, r)
			}
			i += size
			continue
		}
		switch {
		case c == '&':
			dst = append(dst, "&amp;"...)
		case c == '<':
			dst = append(dst, "&lt;"...)
		case c == '>':
			dst = append(dst, "&gt;"...)
		case c == '\r':
			dst = append(dst, "&#13;"...)
		case c == '\t' || c == '\n':
			dst = append(dst, c)
		case c < ' ':
			dst = appendEscape(dst, rune(c))
		case c == '_' && escaped(text[i:]):
			dst = append(dst, "_x005F_"...)
		default:
			dst = append(dst, c)
		}
		i++
	}
	return dst
}

// escaped reports whether a text begins like a character that is written as
// _xHHHH_.
func escaped(text string) bool {
	if len(text) < 7 || text[1] != 'x' || text[6] != '_' {
		return false
	}
	for _, c := range []byte(text[2:6]) {
		if _, ok := hexDigit(c); !ok {
			return false
		}
	}
	return true
}

// hexDigit is the value of a hexadecimal digit.
func hexDigit(c byte) (value rune, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0'), true
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10, true
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10, true
	}
	return 0, false
}

func appendEscape(dst []byte, r rune) []byte {
	const hex = "0123456789ABCDEF"
	return append(dst, '_', 'x', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15], '_')
}
