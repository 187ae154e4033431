package tap_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/tap"
	"github.com/scrapehook/scrapehook/webhook"
)

const form = "scrapingjob_id=1234&status=finished&sitemap_id=12&sitemap_name=my-sitemap"

func TestCompare(t *testing.T) {
	t.Parallel()
	const formType = webhook.ContentType
	for _, tc := range []struct {
		name, profile, method, contentType, form string
		want                                     []string // the beginnings
	}{
		{"as it says", "2020", "POST", formType, form, nil},
		{"with a charset", "2020", "POST", formType + "; charset=UTF-8", form, nil},
		{"a custom id", "2022", "POST", formType, form + "&custom_id=a", nil},
		{"a custom id that is too new", "2020", "POST", formType, form + "&custom_id=a", []string{"the sender now sends the field custom_id, which profile 2020 does not know (profile 2022 does)"}},
		{"a new field", "2022", "POST", formType, form + "&attempt=1", []string{`the sender now sends the field "attempt", which profile 2022 does not know`}},
		{"a field that steers", "2022", "POST", formType, form + "&%1b=1", []string{`the sender now sends the field "\x1b", which`}},
		{"a field less", "2020", "POST", formType, strings.Replace(form, "&status=finished", "", 1), []string{"the field status is missing"}},
		{"a field twice", "2020", "POST", formType, form + "&status=failed", []string{"the field status is there 2 times"}},
		{"JSON", "2020", "POST", "application/json", `{"a":1}`, []string{`the content type is "application/json", and the contract says ` + formType}},
		{"no content type", "2020", "POST", "", form, []string{`the content type is "", and`}},
		{"another charset", "2020", "POST", formType + ";charset=latin1", form, []string{`the charset is "latin1"`}},
		{"a GET", "2020", "GET", formType, form, []string{"the method is GET, and the contract says POST"}},
		{"an unknown status", "2020", "POST", formType, strings.Replace(form, "finished", "archived", 1), []string{`the status "archived" is not one that the contract knows`}},
		{"a status that is not notified", "2020", "POST", formType, strings.Replace(form, "finished", "started", 1), []string{"the status started is sent, and profile 2020 notifies only"}},
		{"a status that is no more", "2022", "POST", formType, strings.Replace(form, "finished", "shelved", 1), []string{"the status shelved is sent, and profile 2022 notifies only"}},
		{"an id in words", "2020", "POST", formType, strings.Replace(form, "1234", "abc", 1), []string{`scrapingjob_id is "abc", and the contract says a whole number above 0`}},
		{"an id of 0", "2020", "POST", formType, strings.Replace(form, "id=12&", "id=0&", 1), []string{`sitemap_id is "0"`}},
		{"a name in Latin-1", "2020", "POST", formType, form + "%e4", []string{`sitemap_name is "my-sitemap\xe4", which is not UTF-8`}},
		{"broken escapes", "2020", "POST", formType, form + "&a=%zz", []string{"the form can't be read in full"}},
		{"nothing", "2020", "POST", formType, "", []string{"the field scrapingjob_id is missing", "the field status is missing", "the field sitemap_id is missing", "the field sitemap_name is missing"}},
	} {
		profile, err := webhook.ProfileByName(tc.profile)
		if err != nil {
			t.Fatal(err)
		}
		got := tap.Compare(profile, tc.method, tc.contentType, []byte(tc.form))
		if !slices.EqualFunc(got, tc.want, strings.HasPrefix) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	many := tap.Compare(webhook.Profile2020(), http.MethodPost, formType, []byte(form+strings.Repeat("&x", 1)+manyFields(1000)))
	if len(many) > 25 {
		t.Errorf("%d differences are told", len(many))
	}
}

func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("&f" + strings.Repeat("x", i))
	}
	return b.String()
}
