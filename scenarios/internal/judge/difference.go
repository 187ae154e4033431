package judge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/scrapehook/scrapehook/internal/human"
)

// discrepancy is one difference between the rows wanted and the rows seen.
type discrepancy struct{ expected, actual string }

// differences listed of one effect; more of them say nothing new.
const differencesKept = 5

// rowKept bounds a row that is shown, in bytes.
const rowKept = 160

// difference compares rows as sets of JSON objects, in any order. Only the
// fields that the receiver stores at all are compared: it may rename, leave
// out and add. When it stores none under its name, nothing can be compared.
func difference(want [][]byte, got []json.RawMessage) []discrepancy {
	wanted, seen := objects(want), objects(got)
	fields := shared(wanted, seen)
	if len(fields) == 0 {
		return nil
	}
	missing := map[string]int{}
	for _, row := range wanted {
		missing[project(row, fields)]++
	}
	var found []discrepancy
	for _, row := range seen {
		key := project(row, fields)
		if missing[key]--; missing[key] < 0 {
			found = append(found, discrepancy{"only rows of the job, each once", "a row too many: " + human.Shorten(key, rowKept)})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		if missing[key] > 0 {
			found = append(found, discrepancy{"the row " + human.Shorten(key, rowKept), "not there"})
		}
	}
	if more := len(found) - differencesKept; more > 0 {
		found = append(found[:differencesKept], discrepancy{"no differences", fmt.Sprintf("%d more", more)})
	}
	return found
}

// foreign returns, for a person, the rows seen that are none of those wanted,
// as far as their fields can be compared. A row without any of the fields is
// foreign too.
func foreign(want [][]byte, got []json.RawMessage) []string {
	wanted, seen := objects(want), objects(got)
	fields := shared(wanted, seen)
	known := map[string]bool{}
	for _, row := range wanted {
		known[project(row, fields)] = true
	}
	var found []string
	for i, row := range seen {
		if (len(fields) == 0 || !known[project(row, fields)]) && len(found) < differencesKept {
			found = append(found, human.Shorten(string(got[i]), rowKept))
		}
	}
	return found
}

func objects[T ~[]byte](rows []T) []map[string]json.RawMessage {
	out := make([]map[string]json.RawMessage, len(rows))
	for i, row := range rows {
		_ = json.Unmarshal(row, &out[i]) // what is no object has no fields
	}
	return out
}

// shared are the fields of the wanted rows that some seen row has.
func shared(wanted, seen []map[string]json.RawMessage) []string {
	stored := map[string]bool{}
	for _, row := range seen {
		for field := range row {
			stored[field] = true
		}
	}
	fields := map[string]bool{}
	for _, row := range wanted {
		for field := range row {
			if stored[field] {
				fields[field] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(fields))
}

// project writes the given fields of a row in one way only.
func project(row map[string]json.RawMessage, fields []string) string {
	var b strings.Builder
	for _, field := range fields {
		value := "absent"
		if raw, ok := row[field]; ok {
			value = canonical(raw)
		}
		fmt.Fprintf(&b, "%s=%s ", field, value)
	}
	return strings.TrimSpace(b.String())
}

// canonical is a JSON value without the freedoms of escaping and white space.
func canonical(raw json.RawMessage) string {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return string(raw)
	}
	out, err := json.Marshal(value)
	if err != nil {
		return string(raw)
	}
	return string(out)
}
