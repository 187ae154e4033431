package api

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/scrapehook/scrapehook/internal/cloud"
)

// fields reads the members of a JSON object and notes each one that is wrong.
//
// The errors are in the words of Laravel, by whose form the vendor's known ones
// are: the field's name with spaces in the text, elements as start_urls.0. As
// there, an integer may come as a text of digits, and an empty text is none. Which
// rules the vendor has for each field is an assumption.
type fields struct {
	raw   map[string]json.RawMessage
	wrong cloud.ValidationError
}

// parseFields reads a body. If it is not an object, name is the field of the
// error and text its text.
func parseFields(body []byte, name, text string) (*fields, error) {
	f := &fields{}
	if json.Unmarshal(body, &f.raw) != nil || f.raw == nil {
		return nil, invalid(name, text)
	}
	return f, nil
}

// refuse notes an error; text is what follows the field's name.
func (f *fields) refuse(name, text string) {
	f.wrong.Add(name, "The "+spaced(name)+" "+text)
}

func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

// given is a member's value, if it is there and not null or empty.
func (f *fields) given(name string) (value json.RawMessage, ok bool) {
	value = f.raw[name]
	return value, len(value) > 0 && string(value) != "null" && string(value) != `""`
}

// required is given, or notes that it is missing.
func (f *fields) required(name string) (value json.RawMessage, ok bool) {
	value, ok = f.given(name)
	if !ok {
		f.refuse(name, "field is required.")
	}
	return value, ok
}

// integer is a required integer of at least least.
func (f *fields) integer(name string, least int64) int64 {
	value, ok := f.required(name)
	if !ok {
		return 0
	}
	text := string(value)
	if value[0] == '"' {
		if json.Unmarshal(value, &text) != nil {
			text = ""
		}
		text = strings.TrimSpace(text)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		f.refuse(name, "must be an integer.")
	case n < least:
		f.refuse(name, fmt.Sprintf("must be at least %d.", least))
	}
	return n
}

// milliseconds is a required time that fits into an int of any machine.
func (f *fields) milliseconds(name string) int {
	const most = 1<<31 - 1
	n := f.integer(name, 0)
	if n > most {
		f.refuse(name, fmt.Sprintf("may not be greater than %d.", most))
	}
	return int(min(n, most))
}

// choice is a required text, one of some.
func (f *fields) choice(name string, some ...string) string {
	value, ok := f.required(name)
	if !ok {
		return ""
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		for _, one := range some {
			if text == one {
				return text
			}
		}
	}
	f.wrong.Add(name, "The selected "+spaced(name)+" is invalid.")
	return ""
}

// optionalText is a text, empty if there is none.
func (f *fields) optionalText(name string) (text string) {
	if value, ok := f.given(name); ok && json.Unmarshal(value, &text) != nil {
		f.refuse(name, "must be a string.")
	}
	return text
}

// optionalTexts is a list of texts, nil if there is none.
func (f *fields) optionalTexts(name string) []string {
	value, ok := f.given(name)
	if !ok {
		return nil
	}
	var elements []json.RawMessage
	if json.Unmarshal(value, &elements) != nil {
		f.refuse(name, "must be an array.")
		return nil
	}
	list := make([]string, len(elements))
	for i, element := range elements {
		at := fmt.Sprintf("%s.%d", name, i)
		switch {
		case string(element) == "null" || string(element) == `""`:
			f.refuse(at, "field is required.")
		case json.Unmarshal(element, &list[i]) != nil:
			f.refuse(at, "must be a string.")
		}
	}
	return list
}

// proxy is an integer or a name. The simulated pages are reached without one; it
// is only checked.
func (f *fields) proxy(name string) (proxy cloud.Proxy) {
	if value, ok := f.given(name); ok && json.Unmarshal(value, &proxy) != nil {
		f.refuse(name, "must be an integer or a name.")
	}
	return proxy
}

// scraping reads what jobs and schedulers have in common.
func (f *fields) scraping(driver *string, pageLoadDelay, requestInterval *int) cloud.Proxy {
	*driver = f.choice("driver", "fast", "fulljs")
	*pageLoadDelay = f.milliseconds("page_load_delay")
	*requestInterval = f.milliseconds("request_interval")
	return f.proxy("proxy")
}
