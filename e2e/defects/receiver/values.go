package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// change is where values are changed by mistake.
func (c *cloud) change(r record) record {
	var fix func(string) any
	switch {
	case c.is("values-trimmed"):
		fix = func(v string) any { return strings.TrimSpace(v) }
	case c.is("numbers-guessed"):
		fix = func(v string) any {
			if n, err := strconv.ParseFloat(v, 64); err == nil {
				return n
			}
			return v
		}
	case c.is("ascii-only"):
		fix = func(v string) any {
			return strings.Map(func(r rune) rune {
				if r > 127 {
					return '?'
				}
				return r
			}, v)
		}
	case c.is("three-byte-characters"): // MySQL's utf8: the value ends where the fourth byte is needed
		fix = func(v string) any {
			if i := strings.IndexFunc(v, func(r rune) bool { return r > 0xffff }); i >= 0 {
				return v[:i]
			}
			return v
		}
	case c.is("values-escaped"):
		fix = func(v string) any { return html.EscapeString(v) }
	case c.is("line-ends-made-spaces"):
		fix = func(v string) any {
			return strings.Join(strings.FieldsFunc(v, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
		}
	case c.is("backslashes-removed"):
		fix = func(v string) any { return strings.ReplaceAll(v, `\`, "") }
	}
	if fix == nil && !c.is("null-as-text") && !c.as("nested", "typed", "renamed", "few-columns", "more-columns") {
		return r
	}
	object := map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader(r))
	decoder.UseNumber()
	if decoder.Decode(&object) != nil {
		return r
	}
	for name, value := range object {
		switch text := value.(type) {
		case string:
			if fix != nil {
				object[name] = fix(text)
			}
		case nil:
			if c.is("null-as-text") {
				object[name] = "None"
			}
		}
	}
	body, err := json.Marshal(c.layout(object))
	if err != nil {
		return r
	}
	return body
}

// layout is a row as the table of a variant has it.
func (c *cloud) layout(row map[string]any) map[string]any {
	switch {
	case c.as("nested"):
		return map[string]any{"source": "cloud", "record": row}
	case c.as("typed"):
		if price, is := row["price"].(string); is {
			if number, err := strconv.ParseFloat(price, 64); err == nil {
				row["price"] = number
			}
		}
		if stock, is := row["in_stock"].(string); is && (stock == "true" || stock == "false") {
			row["in_stock"] = stock == "true"
		}
	case c.as("renamed"):
		for from, to := range map[string]string{"title": "name", "price": "amount", "sku": "article_number", "url": "link", "web-scraper-order": "row_key"} {
			if value, there := row[from]; there {
				row[to] = value
				delete(row, from)
			}
		}
	case c.as("few-columns"):
		for name := range row {
			if name != "title" && name != "price" && name != "sku" {
				delete(row, name)
			}
		}
	case c.as("more-columns"):
		row["imported_at"] = time.Now().UTC().Format(time.RFC3339Nano)
		row["shop"] = "the main one"
		row["rating"] = nil
	}
	return row
}

// wholeFile takes the whole file for one JSON value.
func wholeFile(body io.Reader) (records []record, err error) {
	all, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, nil
	}
	var one record
	if err := json.Unmarshal(all, &one); err != nil {
		return nil, err
	}
	return []record{one}, nil
}

// pieces takes what arrives for whole lines, or whole characters, or has one
// buffer for all downloads.
func (c *cloud) pieces(body io.Reader) (records []record, err error) {
	piece := make([]byte, 32<<10)
	var text []byte
	for {
		n, err := body.Read(piece)
		c.mu.Lock()
		switch {
		case c.is("shared-buffer"):
			c.rest = append(c.rest, piece[:n]...)
			for {
				line, rest, found := bytes.Cut(c.rest, []byte("\n"))
				if !found {
					break
				}
				if object(line) {
					records = append(records, bytes.Clone(line))
				}
				c.rest = bytes.Clone(rest)
			}
		case c.is("pieces-decoded-alone"):
			text = append(text, strings.ToValidUTF8(string(piece[:n]), string(utf8.RuneError))...)
		default:
			for line := range bytes.SplitSeq(piece[:n], []byte("\n")) {
				if object(line) {
					records = append(records, bytes.Clone(line))
				}
			}
		}
		c.mu.Unlock()
		if err == io.EOF {
			break
		}
		if err != nil {
			return records, err
		}
	}
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		if len(line) > 0 {
			records = append(records, bytes.Clone(line))
		}
	}
	return records, nil
}

// object says whether a line is a JSON object.
func object(line []byte) bool { return bytes.HasPrefix(line, []byte("{")) && json.Valid(line) }

// otherLineEnds splits as Python's splitlines does.
func otherLineEnds(body io.Reader) io.Reader {
	all, err := io.ReadAll(body)
	if err != nil {
		return io.MultiReader(bytes.NewReader(all), failing{err})
	}
	return strings.NewReader(strings.NewReplacer("\u2028", "\n", "\u2029", "\n", "\u0085", "\n", "\v", "\n", "\f", "\n").Replace(string(all)))
}

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

// csv downloads the CSV file, and takes each line for a row and each comma for
// the end of a value.
func (c *cloud) csv(ctx context.Context, id int64) (records []record, err error) {
	answer, err := c.call(ctx, http.MethodGet, fmt.Sprint("scraping-job/", id, "/csv"), nil)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, tryAgainError{reason: err.Error()}
	}
	lines := strings.Split(strings.TrimPrefix(strings.TrimSpace(string(all)), "\ufeff"), "\n")
	columns := strings.Split(strings.TrimSpace(lines[0]), ",")
	for _, line := range lines[1:] {
		object := map[string]string{}
		for i, value := range strings.Split(strings.TrimSpace(line), ",") {
			if i < len(columns) {
				object[columns[i]] = strings.Trim(value, `"`)
			}
		}
		body, err := json.Marshal(object)
		if err != nil {
			return nil, err
		}
		records = append(records, body)
	}
	return records, nil
}

// cutValues cuts texts after so many characters, as a column does.
func cutValues(r record, most int) record {
	object := map[string]any{}
	if json.Unmarshal(r, &object) != nil {
		return r
	}
	for name, value := range object {
		if text, is := value.(string); is && len([]rune(text)) > most {
			object[name] = string([]rune(text)[:most])
		}
	}
	body, _ := json.Marshal(object)
	return body
}
