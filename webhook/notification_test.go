package webhook_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/webhook"
)

// The golden forms are written by hand from the contract's example and the URL
// standard's serializer. They are the only judge of the codec that both sides
// share, so they must never be made by it.
var golden = []struct {
	name string
	n    webhook.Notification
	form string
}{
	{
		"the contract's example",
		webhook.Notification{JobID: 1234, Status: webhook.Finished, SitemapID: 12, SitemapName: "my-sitemap"},
		"scrapingjob_id=1234&status=finished&sitemap_id=12&sitemap_name=my-sitemap",
	},
	{
		"failed",
		webhook.Notification{JobID: 1, Status: webhook.Failed, SitemapID: 1, SitemapName: "a1"},
		"scrapingjob_id=1&status=failed&sitemap_id=1&sitemap_name=a1",
	},
	{
		"stopped",
		webhook.Notification{JobID: 2, Status: webhook.Stopped, SitemapID: 1, SitemapName: "a1"},
		"scrapingjob_id=2&status=stopped&sitemap_id=1&sitemap_name=a1",
	},
	{
		"shelved",
		webhook.Notification{JobID: 3, Status: webhook.Shelved, SitemapID: 1, SitemapName: "a1"},
		"scrapingjob_id=3&status=shelved&sitemap_id=1&sitemap_name=a1",
	},
	{
		"what the vendor allows in a name",
		webhook.Notification{JobID: 2147483655, Status: webhook.Finished, SitemapID: 9007199254740993, SitemapName: "shop_$(a)+b-c/d1"},
		"scrapingjob_id=2147483655&status=finished&sitemap_id=9007199254740993&sitemap_name=shop_%24%28a%29%2Bb-c%2Fd1",
	},
	{
		"any text in a name",
		webhook.Notification{JobID: 5, Status: webhook.Finished, SitemapID: 1, SitemapName: "a b&c=d%e~*ü😀"},
		"scrapingjob_id=5&status=finished&sitemap_id=1&sitemap_name=a+b%26c%3Dd%25e%7E*%C3%BC%F0%9F%98%80",
	},
	{
		"custom id",
		webhook.Notification{JobID: 6, Status: webhook.Finished, SitemapID: 1, SitemapName: "a1", CustomID: "order 7/8"},
		"scrapingjob_id=6&status=finished&sitemap_id=1&sitemap_name=a1&custom_id=order+7%2F8",
	},
}

func TestGoldenForms(t *testing.T) {
	t.Parallel()
	for _, g := range golden {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			if got := string(g.n.AppendForm([]byte("kept "))); got != "kept "+g.form {
				t.Errorf("encoded\n %s, want\n kept %s", got, g.form)
			}
			got, err := webhook.ParseForm([]byte(g.form))
			if err != nil || got != g.n {
				t.Errorf("parsed %+v, %v, want %+v", got, err, g.n)
			}
		})
	}
}

func TestProfileForm(t *testing.T) {
	t.Parallel()
	n := webhook.Notification{JobID: 6, Status: webhook.Finished, SitemapID: 1, SitemapName: "a1", CustomID: "c"}
	const plain = "scrapingjob_id=6&status=finished&sitemap_id=1&sitemap_name=a1"
	if got := string(webhook.Profile2020().AppendForm(nil, n)); got != plain {
		t.Errorf("2020 sends %s", got)
	}
	if got := string(webhook.Profile2022().AppendForm(nil, n)); got != plain+"&custom_id=c" {
		t.Errorf("2022 sends %s", got)
	}
}

func TestParseForm(t *testing.T) {
	t.Parallel()
	const rest = "&status=finished&sitemap_id=12&sitemap_name=x"
	for _, tc := range []struct {
		name, body string
		field      string // of the error; "-" for none
	}{
		{"fields in any order", "sitemap_name=x&sitemap_id=12&status=finished&scrapingjob_id=1", "-"},
		{"unknown fields", "scrapingjob_id=1&attempt=2" + rest, "-"},
		{"unknown status", "scrapingjob_id=1&status=archived&sitemap_id=12", "-"},
		{"no sitemap name", "scrapingjob_id=1&status=finished&sitemap_id=12", "-"},
		{"leading zeros", "scrapingjob_id=0001" + rest, "-"},
		{"escaped digits", "scrapingjob_id=%31" + rest, "-"},
		{"empty body", "", "scrapingjob_id"},
		{"id missing", rest[1:], "scrapingjob_id"},
		{"id empty", "scrapingjob_id=" + rest, "scrapingjob_id"},
		{"id zero", "scrapingjob_id=0" + rest, "scrapingjob_id"},
		{"id negative", "scrapingjob_id=-1" + rest, "scrapingjob_id"},
		{"id with a plus", "scrapingjob_id=%2B1" + rest, "scrapingjob_id"},
		{"id not a number", "scrapingjob_id=one" + rest, "scrapingjob_id"},
		{"id a fraction", "scrapingjob_id=1.0" + rest, "scrapingjob_id"},
		{"id beyond 64 bits", "scrapingjob_id=9223372036854775808" + rest, "scrapingjob_id"},
		{"sitemap id missing", "scrapingjob_id=1&status=finished&sitemap_name=x", "sitemap_id"},
		{"status missing", "scrapingjob_id=1&sitemap_id=12&sitemap_name=x", "status"},
		{"malformed escape", "scrapingjob_id=1&status=%zz&sitemap_id=12", ""},
		{"semicolon", "scrapingjob_id=1;status=finished&sitemap_id=12", ""},
		{"name no UTF-8", "scrapingjob_id=1&status=finished&sitemap_id=12&sitemap_name=%ff", "sitemap_name"},
		{"two ids", "scrapingjob_id=1&scrapingjob_id=2" + rest, "scrapingjob_id"},
		{"two statuses", "scrapingjob_id=1&status=failed" + rest, "status"},
		{"the same id twice", "scrapingjob_id=1&scrapingjob_id=1" + rest, "-"},
		{"two ids, and malformed", "scrapingjob_id=1&scrapingjob_id=2&x=%zz" + rest, ""},
		{"JSON", `{"scrapingjob_id":1}`, "scrapingjob_id"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := webhook.ParseForm([]byte(tc.body))
			if tc.field == "-" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			var fe *webhook.FieldError
			if !errors.As(err, &fe) {
				t.Fatalf("error %v, want a FieldError", err)
			}
			if fe.Field != tc.field {
				t.Errorf("blames field %q (%v), want %q", fe.Field, err, tc.field)
			}
		})
	}
}

func TestFieldErrorIsCut(t *testing.T) {
	t.Parallel()
	_, err := webhook.ParseForm([]byte("scrapingjob_id=" + strings.Repeat("x", 1<<16)))
	if err == nil || len(err.Error()) > 200 {
		t.Fatalf("error of %d bytes, want a short one", len(err.Error()))
	}
	// The 64th byte is inside a character.
	_, err = webhook.ParseForm([]byte("scrapingjob_id=" + strings.Repeat("x", 63) + "ü"))
	var fe *webhook.FieldError
	if !errors.As(err, &fe) || fe.Value != strings.Repeat("x", 63)+"…" {
		t.Errorf("cut to %q", err)
	}
}

// FuzzParseForm checks that a form is read as the standard library would, and
// that whatever is accepted survives the way back: the same notification, and a
// form that is stable from then on.
func FuzzParseForm(f *testing.F) {
	for _, g := range golden {
		f.Add([]byte(g.form))
	}
	f.Add([]byte("scrapingjob_id=1&scrapingjob_id=2&status=%00&sitemap_id=3&custom_id=+"))
	f.Add([]byte("status=&status=finished&&%73tatus=x&sitemap_id=3&scrapingjob_id=1;"))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := webhook.ParseForm(body)
		form, broken := url.ParseQuery(string(body))
		if err != nil {
			var fe *webhook.FieldError
			if !errors.As(err, &fe) {
				t.Fatalf("error %T, want a FieldError", err)
			}
			if (broken != nil) != (fe.Field == "") {
				t.Fatalf("%v, and the standard library says %v", err, broken)
			}
			return
		}
		want := [...]string{form.Get(webhook.FieldStatus), form.Get(webhook.FieldSitemapName), form.Get(webhook.FieldCustomID)}
		if broken != nil || want != [...]string{string(n.Status), n.SitemapName, n.CustomID} {
			t.Fatalf("accepted %+v, and the standard library says %v, %v", n, form, broken)
		}
		if n.JobID <= 0 || n.SitemapID <= 0 || n.Status == "" {
			t.Fatalf("accepted %+v", n)
		}
		back := n.AppendForm(nil)
		again, err := webhook.ParseForm(back)
		if err != nil || again != n {
			t.Fatalf("%+v became %+v, %v by way of %s", n, again, err, back)
		}
	})
}

func TestAppendFormAllocatesNothing(t *testing.T) {
	n := golden[len(golden)-1].n
	buf := make([]byte, 0, 512)
	if allocs := testing.AllocsPerRun(100, func() { buf = n.AppendForm(buf[:0]) }); allocs != 0 {
		t.Errorf("%v allocations, want none", allocs)
	}
}

func BenchmarkAppendForm(b *testing.B) {
	n := golden[0].n
	buf := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buf = n.AppendForm(buf[:0])
	}
}
