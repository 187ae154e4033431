package sitemaps

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Object is the key under which the API names faults of a sitemap as a whole;
// those of a part are below it, as in sitemap_object.startUrl (contract, section
// 2a).
const Object = "sitemap_object"

// maxFaults is how many faults of one sitemap are told.
const maxFaults = 100

// Error names every field of a request that is wrong, with what is wrong about
// it.
type Error struct {
	Fields map[string][]string
	count  int
}

// Error is one line for one fault, and a line for each where there are more.
func (e *Error) Error() string {
	var faults []string
	for _, field := range slices.Sorted(maps.Keys(e.Fields)) {
		for _, text := range e.Fields[field] {
			faults = append(faults, field+": "+text)
		}
	}
	if len(faults) == 1 {
		return faults[0]
	}
	return fmt.Sprintf("%d faults:\n  %s", len(faults), strings.Join(faults, "\n  "))
}

// Add notes what is wrong about field. Beyond a hundred faults it notes only that
// there are more.
func (e *Error) Add(field, text string) {
	if e.Fields == nil {
		e.Fields = make(map[string][]string)
	}
	switch e.count++; {
	case e.count <= maxFaults:
		e.Fields[field] = append(e.Fields[field], text)
	case e.count == maxFaults+1:
		e.Fields[Object] = append(e.Fields[Object], "There are more faults than these.")
	}
}

// Err is e, or nil when nothing was added to it.
func (e *Error) Err() error {
	if len(e.Fields) == 0 {
		return nil
	}
	return e
}

// shown is a text of the user's in an error: quoted, and not longer than a line.
func shown(text string) string {
	const most = 80
	if len(text) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	return fmt.Sprintf("%q", text)
}

func sentence(text string) string { return strings.TrimSuffix(text, ".") + "." }
