package fault

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/scrapehook/scrapehook/webhook"
)

// FormEdit is how a form is made to differ. What is not edited stays as it is,
// byte for byte: forms that are wrong on purpose too.
type FormEdit struct {
	// Set changes or adds fields, Drop leaves fields out, Double has fields twice,
	// in this order.
	Set          map[string]string
	Drop, Double []string
}

// NoFieldError is a field that is to be dropped or doubled and is not there.
type NoFieldError struct {
	Edit  string // "drop" or "double"
	Field string
	There []string
}

func (e *NoFieldError) Error() string {
	return fmt.Sprintf("the form has no field %q; it has %s", e.Field, strings.Join(e.There, ", "))
}

// Apply returns the form that is made of another one. Its error is a
// [NoFieldError].
func (e FormEdit) Apply(form string) (string, error) {
	var fields []string
	if form != "" {
		fields = strings.Split(form, "&")
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
			return "", &NoFieldError{"drop", name, names(fields)}
		}
		fields = left
	}
	for _, name := range e.Double {
		at := slices.IndexFunc(fields, func(f string) bool { return named(f, name) })
		if at < 0 {
			return "", &NoFieldError{"double", name, names(fields)}
		}
		fields = slices.Insert(fields, at+1, fields[at])
	}
	return strings.Join(fields, "&"), nil
}

// named reports whether a field has that name.
func named(field, name string) bool {
	raw, _, _ := strings.Cut(field, "=")
	plain, err := url.QueryUnescape(raw)
	return err == nil && plain == name
}

func names(fields []string) []string {
	all := make([]string, len(fields))
	for i, f := range fields {
		all[i], _, _ = strings.Cut(f, "=")
	}
	return all
}

// MalformedForm returns a body that is not a notification; which kind follows from
// the job's id.
func MalformedForm(n webhook.Notification) string {
	number := strconv.FormatInt(n.JobID, 10)
	rest := "&status=finished&sitemap_id=" + strconv.FormatInt(n.SitemapID, 10) + "&sitemap_name=malformed"
	const id = webhook.FieldJobID + "="
	kinds := [...]string{
		rest[1:],                   // no id
		id + rest,                  // an empty one
		id + "0" + rest,            // one that no job has
		id + "-" + number + rest,   // a negative one
		id + "job" + rest,          // no number
		id + number,                // nothing but the id
		id + number + "%zz" + rest, // a broken escape
		id + number + "&status=" + rest[len("&status=finished"):], // no status
		`{"scrapingjob_id":` + number + `}`,                       // JSON under a form's name
		"",                                                        // nothing at all
	}
	return kinds[n.JobID%int64(len(kinds))]
}
