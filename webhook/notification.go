// Package webhook is the vocabulary of Web Scraper Cloud's webhook: the
// notification and its form encoding, the statuses of a job, and the dated
// profiles of the sender's rules. It holds no policy of a sender or a receiver
// and imports nothing but the standard library, because both sides share it.
package webhook

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The names of the form's fields (webhooks-2020; custom_id since 2020-07-27).
const (
	FieldJobID       = "scrapingjob_id"
	FieldStatus      = "status"
	FieldSitemapID   = "sitemap_id"
	FieldSitemapName = "sitemap_name"
	FieldCustomID    = "custom_id"
)

// ContentType is the media type of a notification ("POST FORM submit",
// webhooks-2020).
const ContentType = "application/x-www-form-urlencoded"

// Notification says that a scraping job has completed. Nothing in it tells a
// resend from a fresh notification: there is no delivery id, no time and no
// attempt number on the wire.
type Notification struct {
	JobID       int64
	Status      Status
	SitemapID   int64
	SitemapName string
	// CustomID is the caller's own id of the job; empty when it has none.
	CustomID string
}

// AppendForm appends n as application/x-www-form-urlencoded to dst, the fields
// in the order of the contract's example, and custom_id last when there is
// one. It allocates nothing beyond the growth of dst.
func (n Notification) AppendForm(dst []byte) []byte {
	dst = append(dst, FieldJobID+"="...)
	dst = strconv.AppendInt(dst, n.JobID, 10)
	dst = append(dst, "&"+FieldStatus+"="...)
	dst = appendEscaped(dst, string(n.Status))
	dst = append(dst, "&"+FieldSitemapID+"="...)
	dst = strconv.AppendInt(dst, n.SitemapID, 10)
	dst = append(dst, "&"+FieldSitemapName+"="...)
	dst = appendEscaped(dst, n.SitemapName)
	if n.CustomID != "" {
		dst = append(dst, "&"+FieldCustomID+"="...)
		dst = appendEscaped(dst, n.CustomID)
	}
	return dst
}

const upperHex = "0123456789ABCDEF"

// appendEscaped appends s as the application/x-www-form-urlencoded serializer
// of the URL standard writes it: letters, digits and *-._ as they are, a space
// as a plus, every other byte in percent form.
func appendEscaped(dst []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '*', c == '-', c == '.', c == '_':
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

// FieldError says which field of a form is no notification's, and why.
type FieldError struct {
	// Field is the form's field, or empty when the form as a whole is at fault.
	Field string
	// Value is what the form held, cut to 64 bytes.
	Value string
	// Reason completes the sentence "field F is …".
	Reason string
}

func (e *FieldError) Error() string {
	switch {
	case e.Field == "":
		return "the form is " + e.Reason
	case e.Value == "":
		return fmt.Sprintf("field %s is %s", e.Field, e.Reason)
	}
	return fmt.Sprintf("field %s is %s: %q", e.Field, e.Reason, e.Value)
}

func fieldError(field, value, reason string) error {
	const most = 64
	if len(value) > most {
		end := most
		for end > most-utf8.UTFMax && !utf8.RuneStart(value[end]) {
			end-- // no part of a character
		}
		value = value[:end] + "…"
	}
	return &FieldError{Field: field, Value: value, Reason: reason}
}

// ParseForm reads a notification from the body of a request. Unknown fields
// are ignored, because the vendor has added fields before; an unknown status
// is kept as it is, and [Status.Known] tells. The error is a [*FieldError].
//
// The ids must be positive decimal integers, and no field may have two values:
// which of them was meant can't be known. sitemap_name may be missing: no
// receiver needs it to import a job.
func ParseForm(body []byte) (Notification, error) {
	form, twice, err := parseFields(string(body))
	if err != nil {
		return Notification{}, fieldError("", "", "not urlencoded: "+err.Error())
	}
	if twice >= 0 {
		return Notification{}, fieldError(fieldNames[twice], form[twice], "there twice, with different values")
	}
	n := Notification{Status: Status(form[status]), SitemapName: form[sitemapName], CustomID: form[customID]}
	if n.JobID, err = parseID(FieldJobID, form[jobID]); err != nil {
		return Notification{}, err
	}
	if n.SitemapID, err = parseID(FieldSitemapID, form[sitemapID]); err != nil {
		return Notification{}, err
	}
	if n.Status == "" {
		return Notification{}, fieldError(FieldStatus, "", "missing or empty")
	}
	for _, f := range []struct{ name, value string }{
		{FieldStatus, string(n.Status)}, {FieldSitemapName, n.SitemapName}, {FieldCustomID, n.CustomID},
	} {
		if !utf8.ValidString(f.value) {
			return Notification{}, fieldError(f.name, f.value, "not valid UTF-8")
		}
	}
	return n, nil
}

// The fields that ParseForm looks for.
const (
	jobID = iota
	status
	sitemapID
	sitemapName
	customID
	fieldCount
)

var fieldNames = [fieldCount]string{FieldJobID, FieldStatus, FieldSitemapID, FieldSitemapName, FieldCustomID}

// parseFields reads the value of each field that it knows, and checks the others,
// just as [url.ParseQuery] does. twice is a field with two different values, -1 if
// there is none. That makes a map of lists of a form:
// half of what a receiver would do for a notification before it is kept.
func parseFields(form string) (values [fieldCount]string, twice int, err error) {
	twice = -1
	var found [fieldCount]bool
	for pair := range strings.SplitSeq(form, "&") {
		if strings.Contains(pair, ";") {
			return values, twice, errors.New("invalid semicolon separator in query")
		}
		name, value, _ := strings.Cut(pair, "=")
		if name, err = url.QueryUnescape(name); err != nil {
			return values, twice, err
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return values, twice, err
		}
		switch i := slices.Index(fieldNames[:], name); {
		case i < 0:
		case !found[i]:
			values[i], found[i] = value, true
		case values[i] != value:
			twice = i
		}
	}
	return values, twice, nil
}

func parseID(field, value string) (int64, error) {
	if value == "" {
		return 0, fieldError(field, "", "missing or empty")
	}
	id, err := strconv.ParseInt(value, 10, 64)
	if err != nil || id <= 0 || value[0] == '+' {
		return 0, fieldError(field, value, "not a positive integer")
	}
	return id, nil
}
