package dispatch

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/scrapehook/scrapehook/internal/delivery/history"
)

// form returns the form that is sent instead of the older one. What is not edited
// stays as it is, byte for byte: forms that are wrong on purpose too.
func (e Edit) form(older string) (string, error) {
	if e.Form != nil {
		older = *e.Form
	}
	var fields []string
	if older != "" {
		fields = strings.Split(older, "&")
	}
	for _, name := range slices.Sorted(maps.Keys(e.Set)) {
		field, done := url.QueryEscape(name)+"="+url.QueryEscape(e.Set[name]), false
		for i := range fields {
			if named(fields[i], name) {
				fields[i], done = field, true
			}
		}
		if !done {
			fields = append(fields, field)
		}
	}
	for _, name := range e.Drop {
		left := slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return named(f, name) })
		if len(left) == len(fields) {
			return "", &history.FieldError{Field: "drop", Reason: noField(name, fields)}
		}
		fields = left
	}
	for _, name := range e.Double {
		at := slices.IndexFunc(fields, func(f string) bool { return named(f, name) })
		if at < 0 {
			return "", &history.FieldError{Field: "double", Reason: noField(name, fields)}
		}
		fields = slices.Insert(fields, at+1, fields[at])
	}
	form := strings.Join(fields, "&")
	if len(form) > MaxForm {
		return "", &history.FieldError{Field: "form", Reason: fmt.Sprintf("%d bytes are more than %d", len(form), MaxForm)}
	}
	return form, nil
}

// named reports whether a field has that name.
func named(field, name string) bool {
	raw, _, _ := strings.Cut(field, "=")
	plain, err := url.QueryUnescape(raw)
	return err == nil && plain == name
}

func noField(name string, fields []string) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i], _, _ = strings.Cut(f, "=")
	}
	return fmt.Sprintf("the form has no field %q; it has %s", name, strings.Join(names, ", "))
}
