package console

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/clock"
	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/delivery/history"
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/simulator/internal/dispatch"
	"github.com/scrapehook/scrapehook/webhook"
)

// endpointStub answers test notifications by a function.
type endpointStub func(delivery.Request) delivery.Attempt

func (endpointStub) Head(r delivery.Request) ([]byte, error) {
	return (&delivery.Client{Profile: webhook.Profile2020()}).Head(r)
}

func (s endpointStub) Do(_ context.Context, r delivery.Request) delivery.Attempt { return s(r) }

// bench is a console of a cloud of its own.
type bench struct {
	t       *testing.T
	cloud   *cloud.Cloud
	sender  *delivery.Sender
	history *history.History
	handler http.Handler
}

// answered is an attempt with an answer.
func answered(r delivery.Request, status int, body string) delivery.Attempt {
	began := time.Now()
	a := delivery.Attempt{
		URL: r.URL, Number: 1, Started: began, Connected: began.Add(time.Millisecond), Sent: began.Add(2 * time.Millisecond),
		FirstByte: began.Add(5 * time.Millisecond), HeadEnded: began.Add(6 * time.Millisecond), Ended: began.Add(9 * time.Millisecond),
		Status: status, Header: http.Header{"Server": {"test"}}, Body: []byte(body), BodyBytes: int64(len(body)),
	}
	a.Conclude(webhook.Profile2020(), delivery.End{})
	return a
}

func newBench(t *testing.T, endpoint endpointStub) *bench {
	t.Helper()
	c, err := cloud.New(cloud.Config{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	now, err := clock.New(clock.Start(1), nil)
	if err != nil {
		t.Fatal(err)
	}
	sender, err := delivery.New(delivery.Config{Profile: webhook.Profile2020()})
	if err != nil {
		t.Fatal(err)
	}
	past, profile := history.New(0, 0), webhook.Profile2020()
	return &bench{t, c, sender, past, New(Config{
		Profile: profile, Cloud: c, Client: endpoint, Token: "t0ken", Clock: now, Sender: sender, History: past, Faults: fault.NewPlan(1), SenderFaults: fault.NewSenderPlan(1),
		Dispatcher: dispatch.Dispatcher{Profile: profile, Sender: sender, History: past},
	})}
}

// get reads a page, which must be there.
func (b *bench) get(path string) string {
	b.t.Helper()
	status, _, body := b.call(http.MethodGet, path, nil)
	if status != http.StatusOK {
		b.t.Fatalf("GET %s: %d %s", path, status, body)
	}
	return body
}

// call performs a call and returns its answer.
func (b *bench) call(method, path string, form url.Values) (status int, location, body string) {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, "http://127.0.0.1:8085"+path, strings.NewReader(form.Encode()))
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Result().Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return w.Code, w.Header().Get("Location"), string(text)
}

// submit posts a form, which must lead to a page, and returns where that is.
func (b *bench) submit(path string, form url.Values) string {
	b.t.Helper()
	status, location, body := b.call(http.MethodPost, path, form)
	if status != http.StatusSeeOther {
		b.t.Fatalf("POST %s: %d %s", path, status, body)
	}
	return location
}

func TestEndpointsAreAddedChangedAndRemoved(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	if page := b.get("/console/"); !strings.Contains(page, "Where is your handler?") {
		t.Error("nothing leads from an empty console to an endpoint")
	}
	b.submit("/console/endpoints", url.Values{"url": {" http://127.0.0.1:1/a?x=1 "}, "token": {"s3 cret"}})
	b.submit("/console/endpoints", url.Values{"url": {"http://127.0.0.1:1/b"}})
	want := []string{"http://127.0.0.1:1/a?x=1&token=s3+cret", "http://127.0.0.1:1/b"}
	if got := b.cloud.Endpoints(); !slices.Equal(got, want) {
		t.Fatalf("endpoints are %q, want %q", got, want)
	}
	if page := b.get("/console/"); strings.Contains(page, "s3") {
		t.Error("the list shows a secret")
	}
	edited := "/console/endpoints/" + endpointKey(want[0])
	if page := b.get(edited); !strings.Contains(page, "token=s3&#43;cret") {
		t.Errorf("the address is not there to be edited: %s", page)
	}
	b.submit(edited, url.Values{"url": {"https://localhost/c"}})
	b.submit("/console/endpoints/"+endpointKey(want[1])+"/remove", nil)
	if got := b.cloud.Endpoints(); !slices.Equal(got, []string{"https://localhost/c"}) {
		t.Errorf("endpoints are %q", got)
	}
	if status, _, _ := b.call(http.MethodPost, edited, url.Values{"url": {"http://localhost/d"}}); status != http.StatusNotFound {
		t.Errorf("an endpoint that is gone can be edited: %d", status)
	}
}

func TestWrongFieldsSayWhy(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	if err := b.cloud.SetEndpoints([]string{"http://127.0.0.1:1/a"}); err != nil {
		t.Fatal(err)
	}
	key := endpointKey("http://127.0.0.1:1/a")
	for name, tc := range map[string]struct {
		path string
		form url.Values
		says string
	}{
		"no address":       {"endpoints", url.Values{}, "Write the address"},
		"no scheme":        {"endpoints", url.Values{"url": {"localhost/x"}}, "neither an http://"},
		"no host":          {"endpoints", url.Values{"url": {"http:///x"}}, "names no host"},
		"twice":            {"endpoints", url.Values{"url": {"http://127.0.0.1:1/a"}}, "an endpoint already"},
		"two tokens":       {"endpoints", url.Values{"url": {"http://h/?token=a"}, "token": {"b"}}, "has a token already"},
		"edited":           {"endpoints/" + key, url.Values{"url": {"x"}}, "neither an http://"},
		"test, no job":     {"test", url.Values{"endpoint": {key}, "status": {"finished"}}, "whole number above 0"},
		"test, job 0":      {"test", url.Values{"endpoint": {key}, "status": {"finished"}, "job": {"0"}}, "whole number above 0"},
		"test, nowhere":    {"test", url.Values{"endpoint": {"x"}, "status": {"finished"}, "job": {"1"}}, "does not exist any more"},
		"test, statusless": {"test", url.Values{"endpoint": {key}, "job": {"1"}}, "Choose a status"},
	} {
		status, _, body := b.call(http.MethodPost, "/console/"+tc.path, tc.form)
		if status != http.StatusUnprocessableEntity || !strings.Contains(body, tc.says) {
			t.Errorf("%s: %d, and not %q in %s", name, status, tc.says, body)
		}
	}
	if got := b.cloud.Endpoints(); len(got) != 1 {
		t.Errorf("endpoints are %q", got)
	}
}

func TestTestNotificationShowsItsAnswer(t *testing.T) {
	t.Parallel()
	const evil = "<img src=x onerror=alert(1)>\x1b[31mred\x1b[0m\x07 \u202e"
	status := http.StatusInternalServerError
	var sent []string
	b := newBench(t, func(r delivery.Request) delivery.Attempt {
		sent = append(sent, string(r.Body))
		return answered(r, status, evil)
	})
	b.submit("/console/endpoints", url.Values{"url": {"http://127.0.0.1:1/a?token=s3cret"}})
	form := url.Values{"endpoint": {endpointKey("http://127.0.0.1:1/a?token=s3cret")}, "status": {"failed"}, "job": {"77"}, "name": {"<b>&"}}
	at := b.submit("/console/test", form)
	path, anchor, _ := strings.Cut(at, "#")
	page := b.get(path)
	for _, want := range []string{
		"Not acknowledged: answered 500 Internal Server Error", "The vendor would resend it in 30 s, and gives up after attempt 3.",
		"&lt;img src=x onerror=alert(1)&gt;red\u2407 \u2370", `value="77"`, `value="&lt;b&gt;&amp;"`, "Server",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	if strings.Contains(page, "<img") || strings.Contains(page, "\x1b") || anchor != "answer" {
		t.Errorf("the answer is not harmless, or not led to: %s", at)
	}
	if len(sent) != 1 || sent[0] != "scrapingjob_id=77&status=failed&sitemap_id=12&sitemap_name=%3Cb%3E%26" {
		t.Errorf("sent was %q", sent)
	}
	b.get(path) // a reload sends nothing
	if status = http.StatusNoContent; len(sent) != 1 {
		t.Error("a reload has sent it again")
	}
	path, _, _ = strings.Cut(b.submit("/console/test", form), "#")
	if page := b.get(path); !strings.Contains(page, ">Acknowledged<") {
		t.Errorf("a 204 is not acknowledged: %s", page)
	}
}

func TestEveryAnswerHasThePolicy(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for _, path := range []string{"/", "/console", "/console/", "/console/x", "/console/asset/console.js", "/console/asset/nothing"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+path, http.NoBody)
		r.RemoteAddr = "127.0.0.1:1"
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, r)
		policy := w.Header().Get("Content-Security-Policy")
		if !Serves(path) || !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is %q", path, policy)
		}
	}
}

func TestForeignPagesAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for name, disguise := range map[string]func(*http.Request){
		"another origin":  func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"a rebound name":  func(r *http.Request) { r.Host = "evil.example" },
		"another machine": func(r *http.Request) { r.RemoteAddr = "192.0.2.1:1" },
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/console/endpoints", strings.NewReader("url=http://evil.example/"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = "127.0.0.1:1"
		disguise(r)
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden || len(b.cloud.Endpoints()) != 0 {
			t.Errorf("%s: %d, endpoints %q", name, w.Code, b.cloud.Endpoints())
		}
	}
}
