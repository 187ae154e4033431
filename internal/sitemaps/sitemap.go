// Package sitemaps reads sitemaps as the vendor's extension writes and imports
// them: it says what is wrong with one, which columns its records have and which
// pages its jobs start at. It makes no records; package records does.
//
// What the extension does is in the contract, section 2a. docs/sitemaps.md says
// where the vendor's behaviour is not known.
package sitemaps

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Limits of a sitemap.
const (
	MaxBytes     = 16 << 20 // a sitemap with ten thousand long start URLs fits
	MaxSelectors = 10_000
	MaxPages     = 10_000 // start URLs, ranges spelled out
	maxDepth     = 32     // of nested JSON; what the extension writes has six
)

// Sitemap is a valid sitemap. It never changes.
type Sitemap struct {
	Name string
	// JSON is the sitemap as the API gives it back: compact, the order of its keys
	// kept, slashes unescaped, otherwise as it was sent.
	JSON string
	// StartURLs are as they were sent; a single string is a list of one.
	StartURLs []string
	// Pages are the start URLs with their ranges spelled out.
	Pages     *Pages
	Selectors []Selector
}

// Parse reads a sitemap. What is wrong with it is an [*Error] that names all
// faults at once.
func Parse(text []byte) (*Sitemap, error) {
	compact, err := compactJSON(text)
	if err != nil {
		var wrong Error
		wrong.Add(Object, sentence("The sitemap object is not valid JSON: "+err.Error()))
		return nil, &wrong
	}
	return parse(compact, false)
}

// ParseKept reads a sitemap that was accepted before, or one of our own under any
// name: the name is not judged.
func ParseKept(text []byte) (*Sitemap, error) { return parse(text, true) }

// JSONAs is the sitemap's JSON under another name.
func (s *Sitemap) JSONAs(name string) string {
	all, err := members([]byte(s.JSON))
	if err != nil {
		return s.JSON // it was parsed before, so this can't be
	}
	parts := make([]string, 0, len(all))
	for _, m := range all {
		value := string(m.value)
		if m.name == "_id" {
			value = quote(name)
		}
		parts = append(parts, quote(m.name)+":"+value)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// quote is a JSON string without escapes that JSON does not need.
func quote(text string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// ReadFile reads the sitemap in a file.
func ReadFile(path string) (*Sitemap, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a sitemap: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(file, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading a sitemap: %w", err)
	}
	parsed, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("reading a sitemap: %s: %w", path, err)
	}
	return parsed, nil
}

// parse reads a sitemap from compact JSON.
func parse(compact []byte, anyName bool) (*Sitemap, error) {
	var wrong Error
	top, err := members(compact)
	if err != nil {
		wrong.Add(Object, "The sitemap object must be a JSON object.")
		return nil, &wrong
	}
	s := &Sitemap{JSON: string(compact)}
	fields := map[string]json.RawMessage{}
	for _, m := range top {
		switch m.name {
		case "_id", "startUrl", "selectors", "websiteStateSetup", "hashHistory":
			fields[m.name] = m.value
		default:
			wrong.Add(Object, fmt.Sprintf("The sitemap object has a suspicious attribute: %s.", shown(m.name)))
		}
	}
	s.readName(fields["_id"], anyName, &wrong)
	s.readStartURLs(fields["startUrl"], &wrong)
	s.readSelectors(fields["selectors"], &wrong)
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Sitemap) readName(raw json.RawMessage, anyName bool, wrong *Error) {
	const field = Object + "._id"
	switch {
	case absent(raw):
		wrong.Add(field, required(field))
	case json.Unmarshal(raw, &s.Name) != nil:
		wrong.Add(field, fmt.Sprintf("The %s must be a string.", field))
	case !anyName && !validName(s.Name):
		wrong.Add(field, fmt.Sprintf("The %s %s is not a sitemap name: use 3 to 100 of a-z, A-Z, 0-9, _, (, ), + and -.", field, shown(s.Name)))
	}
}

func (s *Sitemap) readStartURLs(raw json.RawMessage, wrong *Error) {
	const field = Object + ".startUrl"
	if absent(raw) {
		wrong.Add(field, required(field))
		return
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		s.StartURLs = []string{one}
	} else if _, err := elements(raw, MaxPages); errors.Is(err, errTooMany) {
		wrong.Add(field, fmt.Sprintf("The %s has more than %d start URLs.", field, MaxPages))
		return
	} else if json.Unmarshal(raw, &s.StartURLs) != nil {
		wrong.Add(field, fmt.Sprintf("The %s must be a list of URLs.", field))
		return
	}
	if len(s.StartURLs) == 0 {
		wrong.Add(field, required(field))
		return
	}
	var err error
	if s.Pages, err = NewPages(s.StartURLs); err != nil {
		var faults pageErrors
		if !errors.As(err, &faults) {
			faults = pageErrors{{-1, err.Error()}}
		}
		for _, f := range faults {
			if f.index < 0 {
				wrong.Add(field, fmt.Sprintf("The %s has %s.", field, f.text))
				continue
			}
			at := fmt.Sprintf("%s.%d", field, f.index)
			wrong.Add(field, fmt.Sprintf("The %s %s.", at, f.text))
		}
	}
}

func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

func required(field string) string { return "The " + field + " field is required." }

// validName reports whether the extension allows a sitemap's name: since 2022
// letters of either case, before that also $ and / after a small letter. Both
// kinds are in use (contract, section 1).
func validName(name string) bool {
	if len(name) < 3 || len(name) > 100 {
		return false
	}
	newer, older := true, name[0] >= 'a' && name[0] <= 'z'
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
		case c == '_' || c == '(' || c == ')' || c == '+' || c == '-':
		case c >= 'A' && c <= 'Z':
			older = false
		case c == '$' || c == '/':
			newer = false
		default:
			return false
		}
	}
	return newer || older
}
