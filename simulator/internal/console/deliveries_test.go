package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

const hostile = "<img src=x onerror=alert(1)>\x1b[31mred\x1b[0m"

// failed notes a delivery whose attempts were answered so, and which waits for
// another one.
func (b *bench) failed(number uint64, bodies ...string) {
	b.t.Helper()
	p := delivery.Pending{Delivery: number, URL: "http://127.0.0.1:1/a?token=s3cret", Notification: webhook.Notification{JobID: 77, Status: webhook.Finished, SitemapID: 1, SitemapName: hostile}}
	for i, body := range bodies {
		p.Attempt = i + 1
		b.history.Pending(p, true)
		form := p.Notification.AppendForm(nil)
		a := answered(delivery.Request{URL: p.URL, Body: form}, http.StatusInternalServerError, body)
		a.Delivery, a.Number, a.Notification, a.Request = number, i+1, p.Notification, delivery.Request{URL: p.URL, Body: form}
		a.Resend = time.Now().Add(time.Hour)
		b.history.Ended(a)
	}
}

func TestDeliveriesAreFiltered(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	if page := b.get("/console/deliveries"); !strings.Contains(page, "Nothing was sent yet") {
		t.Error("an empty page leads nowhere")
	}
	for i := range uint64(250) {
		b.failed(i+1, fmt.Sprintf("answer-%d.", i+1))
	}
	rows := func(query string) int {
		t.Helper()
		page := b.get("/console/deliveries?" + query)
		if strings.Contains(page, "<img") || strings.Contains(page, "s3cret") || strings.Contains(page, "\x1b") {
			t.Errorf("?%s shows what it must not", query)
		}
		return strings.Count(page, `<tr id="delivery-`)
	}
	for query, want := range map[string]int{
		"": 100, "before=151": 100, "before=51": 50, "job=77": 100, "job=78": 0, "status=failed": 0, "outcome=rejected": 100,
		"outcome=acked": 0, "outcome=nonsense": 100, "text=answer-7.": 1,
	} {
		if got := rows(query); got != want {
			t.Errorf("?%s: %d rows, want %d", query, got, want)
		}
	}
	if status, _, page := b.call(http.MethodGet, "/console/deliveries?job=x", nil); status != http.StatusUnprocessableEntity || !strings.Contains(page, "whole number above 0") {
		t.Errorf("a wrong job: %d", status)
	}
}

func TestDeliveryIsShownWhole(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.failed(5, "same\nold line", hostile, "same\nnew line")
	page := b.get("/console/deliveries/5")
	for _, want := range []string{
		"Attempt 3: 500 Internal Server Error", "Attempt 1:", "POST /a?token=s3cret HTTP/1.1", "scrapingjob_id=77",
		"curl -i &#39;http://127.0.0.1:1/a?token=s3cret&#39;", "&#43; new line", "− &lt;img src=x onerror=alert(1)&gt;red", "Not acknowledged: answered 500",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	if strings.Contains(page, "<img") || strings.Contains(page, "\x1b") {
		t.Error("the page is not harmless")
	}
	if status, _, _ := b.call(http.MethodGet, "/console/deliveries/6", nil); status != http.StatusNotFound {
		t.Errorf("a delivery that is not there: %d", status)
	}
}

func TestDeliveryIsEditedAndSent(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.failed(5, "x")
	edit := url.Values{"form": {"scrapingjob_id=78\r\n\r\nstatus=odd\r\nstatus=odd\r\n"}, "url": {"http://127.0.0.1:2/"}, "copies": {"3"}, "delay": {"1m"}}
	b.submit("/console/deliveries/5/edit", edit)
	pending := b.sender.Pending()
	if len(pending) != 3 || pending[0].Form != "scrapingjob_id=78&status=odd&status=odd" || pending[0].URL != "http://127.0.0.1:2/" || time.Until(pending[0].Due) < 50*time.Second {
		t.Fatalf("pending are %+v", pending)
	}
	for name, form := range map[string]url.Values{
		"copies": {"copies": {"101"}, "form": {"a=b"}, "url": {"http://h/"}}, "delay": {"delay": {"soon"}, "form": {"a=b"}, "url": {"http://h/"}}, "url": {"url": {"h"}, "form": {"a=b"}},
	} {
		status, _, page := b.call(http.MethodPost, "/console/deliveries/5/edit", form)
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, fmt.Sprintf(`aria-invalid="true" aria-describedby="%s-error"`, name)) {
			t.Errorf("a wrong %s: %d", name, status)
		}
	}
	b.submit("/console/deliveries/5/resend", nil)
	if n := len(b.sender.Pending()); n != 4 {
		t.Errorf("%d are pending after a resend", n)
	}
	if status, _, _ := b.call(http.MethodPost, "/console/deliveries/99/resend", nil); status != http.StatusNotFound {
		t.Errorf("a delivery that is not there was resent: %d", status)
	}
}

func TestDifference(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, after, want string }{
		"same":     {"a b", "a b", " a b"},
		"changed":  {"a b c", "a x c", " a-b+x c"},
		"added":    {"a", "a b", " a+b"},
		"gone":     {"a b", "b", "-a b"},
		"all else": {"a", "b", "-a+b"},
	} {
		var got strings.Builder
		for _, l := range difference(strings.Fields(tc.before), strings.Fields(tc.after)) {
			got.WriteString(map[string]string{"same": " ", "gone": "-", "new": "+"}[l.Kind] + l.Text)
		}
		if got.String() != tc.want {
			t.Errorf("%s: %q, want %q", name, got.String(), tc.want)
		}
	}
	long := slices.Repeat([]string{"x"}, 100_000)
	if n := len(difference(long, long)); n > 600 {
		t.Errorf("%d lines of long texts", n)
	}
}

func TestFaultsAreAddedAndRemoved(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.submit("/console/faults", url.Values{"kind": {"stall"}, "route": {"GET scraping-job/{id}/json"}, "percent": {"25"}, "delay": {"15s"}})
	page := b.get("/console/faults")
	if !strings.Contains(page, "a stall of 15s") || !strings.Contains(page, "25% of calls of GET scraping-job/{id}/json") {
		t.Errorf("the page does not say what is in force: %s", page)
	}
	for name, form := range map[string]url.Values{
		"percent": {"percent": {"101"}}, "nth": {"nth": {"0"}}, "job": {"job": {"x"}}, "delay": {"delay": {"15"}}, "after": {"after": {"-1"}}, "retry": {"retry_after": {"x"}},
	} {
		form.Set("kind", "stall")
		status, _, page := b.call(http.MethodPost, "/console/faults", form)
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, fmt.Sprintf(`aria-invalid="true" aria-describedby="%s-error"`, name)) {
			t.Errorf("a wrong %s: %d", name, status)
		}
	}
	if status, _, _ := b.call(http.MethodPost, "/console/faults", url.Values{"kind": {"nonsense"}}); status != http.StatusUnprocessableEntity {
		t.Errorf("a kind that is none: %d", status)
	}
	b.submit("/console/faults/1/remove", nil)
	if page := b.get("/console/faults"); !strings.Contains(page, "None: every call") {
		t.Error("it is not removed")
	}
}

func TestFaultsOfTheSenderAreAddedAndRemoved(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.submit("/console/sender-faults", url.Values{"kind": {"duplicate"}, "copies": {"3"}, "percent": {"10"}, "status": {"failed"}})
	page := b.get("/console/faults")
	for _, want := range []string{"duplicate, 3 copies", "10% of notifications of status failed; struck 0 of 0 so far"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for name, form := range map[string]url.Values{
		"share": {"percent": {"x"}}, "next": {"next": {"-1"}}, "copies": {"copies": {"101"}}, "delay": {"delay": {"1"}}, "after": {"after": {"5"}},
	} {
		form.Set("kind", "duplicate")
		status, _, page := b.call(http.MethodPost, "/console/sender-faults", form)
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, fmt.Sprintf(`aria-invalid="true" aria-describedby="s-%s-error"`, name)) {
			t.Errorf("a wrong %s: %d", name, status)
		}
	}
	b.submit("/console/sender-faults/1/remove", nil)
	if page := b.get("/console/faults"); !strings.Contains(page, "None: every call") {
		t.Error("it is not removed")
	}
}
