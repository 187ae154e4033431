package tap

import (
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/webhook"
)

// fields are those that every notification has, in the contract's order.
var fields = []string{webhook.FieldJobID, webhook.FieldStatus, webhook.FieldSitemapID, webhook.FieldSitemapName}

// Compare says how a request differs from what a sender of the profile sends, in
// sentences without an end; none is as the contract says.
func Compare(profile webhook.Profile, method, contentType string, form []byte) []string {
	var found []string
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if method != http.MethodPost {
		say("the method is %s, and the contract says POST", method)
	}
	if kind, parameters, err := mime.ParseMediaType(contentType); err != nil || kind != webhook.ContentType {
		say("the content type is %s, and the contract says %s", quoted(contentType), webhook.ContentType)
		return found // its fields can't be told
	} else if charset := parameters["charset"]; charset != "" && charset != "utf-8" && charset != "UTF-8" {
		say("the charset is %s, and the contract says UTF-8", quoted(charset))
	}
	values, err := url.ParseQuery(string(form))
	if err != nil {
		say("the form can't be read in full: %v", err)
	}
	for _, name := range fields {
		switch all := values[name]; {
		case len(all) == 0:
			say("the field %s is missing", name)
		case len(all) > 1:
			say("the field %s is there %d times", name, len(all))
		}
	}
	found = append(found, compareValues(profile, values)...)
	const most = 20 // a form may have as many as it likes
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case len(found) >= most:
			return append(found, "and more")
		case slices.Contains(fields, name) || name == webhook.FieldCustomID && profile.CustomID:
		case name == webhook.FieldCustomID:
			say("the sender now sends the field custom_id, which profile %s does not know (profile 2022 does)", profile.Name)
		default:
			say("the sender now sends the field %s, which profile %s does not know", quoted(name), profile.Name)
		}
	}
	return found
}

// compareValues looks at the values of the fields that are there.
func compareValues(profile webhook.Profile, values url.Values) (found []string) {
	for _, name := range []string{webhook.FieldJobID, webhook.FieldSitemapID} {
		if id, err := strconv.ParseInt(values.Get(name), 10, 64); values.Has(name) && (err != nil || id <= 0) {
			found = append(found, fmt.Sprintf("%s is %s, and the contract says a whole number above 0", name, quoted(values.Get(name))))
		}
	}
	status := webhook.Status(values.Get(webhook.FieldStatus))
	switch {
	case !values.Has(webhook.FieldStatus):
	case !status.Known():
		found = append(found, fmt.Sprintf("the status %s is not one that the contract knows: %s", quoted(string(status)), human.Or(webhook.Statuses()...)))
	case !profile.Notifies(status):
		found = append(found, fmt.Sprintf("the status %s is sent, and profile %s notifies only %s", status, profile.Name, human.And(profile.Notifying...)))
	}
	if name := values.Get(webhook.FieldSitemapName); !utf8.ValidString(name) {
		found = append(found, fmt.Sprintf("sitemap_name is %s, which is not UTF-8", quoted(name)))
	}
	return found
}

// quoted is text of the sender's as it can be shown: short, and without what
// could steer a terminal.
func quoted(s string) string {
	const most = 60
	return strconv.Quote(human.Shorten(s, most))
}
