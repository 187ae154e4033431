package e2e_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const traceback = `Traceback (most recent call last):
  File "/srv/app.py", line 12, in webhook
    job = int(request.form["scrapingjob_id"])
          ~~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^
KeyError: 'scrapingjob_id'
`

// TestConsoleFromNothingToAcknowledged walks the story of a first endpoint.
func TestConsoleFromNothingToAcknowledged(t *testing.T) {
	t.Parallel()
	var repaired atomic.Bool
	handler := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("token") != "s3cret" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if !repaired.Load() {
			http.Error(w, traceback, http.StatusInternalServerError)
		}
	}))
	defer handler.Close()
	b, _ := openConsole(t, "--seed", "1")
	b.says(t, "Where is your handler?")
	b.inspectScreen(t, "begin")

	b.fill(t, "url", "127.0.0.1/hook")
	b.press(t, "Add the endpoint")
	b.says(t, "is neither an http:// nor an https:// URL")
	if got := eval[string](t, b, "document.activeElement.id + ' ' + document.activeElement.value"); got != "url 127.0.0.1/hook" {
		t.Errorf("the keyboard is at %q, and not at the field that is wrong", got)
	}
	b.inspectScreen(t, "wrong")
	b.fill(t, "url", handler.URL+"/hook")
	b.fill(t, "token", "s3cret")
	b.press(t, "Add the endpoint")
	b.says(t, "The endpoint was added")
	if text := eval[string](t, b, "document.body.innerText"); strings.Contains(text, "s3cret") {
		t.Errorf("the page shows the secret: %s", text)
	}
	b.inspectScreen(t, "endpoints")

	b.press(t, "Send test notification")
	b.says(t, "Not acknowledged: answered 500")
	b.says(t, "KeyError: 'scrapingjob_id'")
	b.says(t, "would resend it in 30 s")
	b.inspectScreen(t, "failed")
	repaired.Store(true)
	b.press(t, "Send test notification")
	b.says(t, "Acknowledged")
	b.inspectScreen(t, "acknowledged")
}

// TestConsoleJobs makes jobs by the form, and stops, continues, ends and deletes
// them while the page stays.
func TestConsoleJobs(t *testing.T) {
	t.Parallel()
	b, cloud := openConsole(t, "--seed", "1", "--job-time", "1h")
	b.visit(t, "console/jobs")
	b.says(t, "There is no job yet")
	b.inspectScreen(t, "no-jobs")
	b.fill(t, "count", "x")
	b.press(t, "Make")
	b.says(t, "Write a whole number from 1 to 1000")
	b.fill(t, "count", "3")
	b.press(t, "Make")
	b.says(t, "The jobs were made")
	const rows = `document.querySelectorAll('#jobs tr').length`
	if n := eval[int](t, b, rows); n != 3 {
		t.Errorf("%d jobs", n)
	}
	var made struct{ ID int64 }
	if err := cloud.do(t, "POST", cloud.ControlURL+"jobs", "{}", &made); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "a job of the API to come to the page by itself", func() bool { return eval[int](t, b, rows) == 4 })
	id := fmt.Sprint(made.ID)
	eval[any](t, b, `window.stayed = true`)
	status := func(want string) {
		t.Helper()
		waitFor(t, "the job to be "+want, func() bool {
			return eval[string](t, b, `document.querySelector('#job-`+id+` .status')?.textContent ?? ""`) == want
		})
	}
	b.press(t, "Stop job "+id)
	status("stopped")
	b.inspectScreen(t, "jobs")
	b.press(t, "Delete job "+id)
	waitFor(t, "the job to go", func() bool { return eval[int](t, b, rows) == 3 })
	if !eval[bool](t, b, `window.stayed === true`) {
		t.Error("the page was left")
	}

	b.do(t, chromedp.Click(chromedp.CSS("#jobs tr a")))
	b.says(t, "There are no rows yet")
	b.press(t, "End it now")
	b.do(t, chromedp.SetValue(chromedp.ID("status"), "failed"))
	b.fill(t, "rows", "40")
	b.press(t, "End the job")
	b.says(t, "The job has ended")
	b.inspectScreen(t, "job")
	b.press(t, "End it now")
	b.press(t, "End the job")
	b.says(t, "no such step in a job's life")

	b.visit(t, "console/clock")
	b.says(t, "What happens next")
	b.press(t, "Pause")
	b.says(t, "The clock is paused")
	b.inspectScreen(t, "clock")
}

// TestConsoleFollowsADelivery walks the rest of the story: a job ends, its
// notification fails, the traceback is read, the handler is repaired, and the
// resend is acknowledged. Then one is edited and sent.
func TestConsoleFollowsADelivery(t *testing.T) {
	t.Parallel()
	var repaired atomic.Bool
	forms := make(chan string, 100)
	handler := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		forms <- string(body)
		if !repaired.Load() {
			http.Error(w, traceback+"\x1b[31m<img src=x onerror=\"document.title='owned'\">", http.StatusInternalServerError)
		}
	}))
	defer handler.Close()
	b, cloud := openConsole(t, "--seed", "1", "--endpoint", handler.URL+"/hook?token=s3cret", "--job-time", "1h")
	b.visit(t, "console/deliveries")
	b.says(t, "Nothing was sent yet")
	var made struct{ ID int64 }
	if err := cloud.do(t, "POST", cloud.ControlURL+"jobs", "{}", &made); err != nil {
		t.Fatal(err)
	}
	if err := cloud.do(t, "POST", fmt.Sprintf("%sjobs/%d/end", cloud.ControlURL, made.ID), "{}", nil); err != nil {
		t.Fatal(err)
	}
	b.says(t, "500 Internal Server Error")
	countdown := func() string {
		return eval[string](t, b, `document.querySelector('#deliveries time.due')?.textContent ?? ""`)
	}
	waitFor(t, "the countdown to tick", func() bool { return countdown() == "in 28 s" })
	b.inspectScreen(t, "deliveries")

	b.do(t, chromedp.Click(chromedp.CSS("#deliveries tr a")))
	b.says(t, "KeyError: 'scrapingjob_id'")
	b.inspectScreen(t, "delivery")
	repaired.Store(true)
	b.press(t, "Resend now")
	b.says(t, "Acknowledged")
	b.says(t, "Attempt 2: 200 OK")
	eval[any](t, b, `for (const d of document.querySelectorAll('details')) d.open = true`)
	b.inspectScreen(t, "delivered")
	for range 2 {
		<-forms
	}
	form := eval[string](t, b, `document.getElementById('form').value`)
	b.fill(t, "form", strings.Replace(form, "status=finished", "status=odd", 1))
	b.press(t, "Send")
	b.says(t, "made of delivery")
	if got := <-forms; !strings.Contains(got, "status=odd") {
		t.Errorf("sent was %q", got)
	}
	if title := eval[string](t, b, "document.title"); title == "owned" {
		t.Error("an endpoint's script has run")
	}

	b.visit(t, "console/faults")
	b.press(t, "Add")
	b.says(t, "The fault is in force")
	b.do(t, chromedp.SetValue(chromedp.ID("s-kind"), "unknown-status"))
	b.press(t, "Add to the sender")
	b.says(t, "unknown-status")
	b.inspectScreen(t, "faults")
	b.visit(t, "console/deliveries/1")
	b.press(t, "Send again")
	b.says(t, "with the fault unknown-status")
	if got := <-forms; !strings.Contains(got, "status=paused") {
		t.Errorf("with a fault of the sender %q was sent", got)
	}
}

// TestConsoleIsHarmless shows what endpoints and users may have on each page:
// markup, what steers terminals, much of it, and no text at all.
func TestConsoleIsHarmless(t *testing.T) {
	t.Parallel()
	const evil = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`
	handler := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Evil", evil)
		w.WriteHeader(http.StatusInternalServerError)
		switch r.URL.Path {
		case "/long":
			_, _ = io.WriteString(w, strings.Repeat(evil+"\x1b[31m", 10<<20/len(evil)))
		case "/binary":
			_, _ = w.Write(bytes.Repeat([]byte{0, 1, 2, 255}, 1<<20))
		}
	}))
	defer handler.Close()
	b, cloud := openConsole(t, "--seed", "1", "--endpoint", handler.URL+"/long", "--endpoint", handler.URL+"/binary?x="+url.QueryEscape(evil), "--job-time", "1h")
	var made struct{ ID int64 }
	if err := cloud.do(t, "POST", cloud.ControlURL+"sitemaps", `{"name":`+strconv.Quote(evil)+`}`, &made); err != nil {
		t.Fatal(err)
	}
	if err := cloud.do(t, "POST", cloud.ControlURL+"jobs", fmt.Sprintf(`{"sitemap_id":%d,"custom_id":%q}`, made.ID, evil), &made); err != nil {
		t.Fatal(err)
	}
	if err := cloud.do(t, "POST", fmt.Sprintf("%sjobs/%d/end", cloud.ControlURL, made.ID), "{}", nil); err != nil {
		t.Fatal(err)
	}
	b.visit(t, "console/deliveries")
	waitFor(t, "both deliveries to be answered", func() bool {
		return eval[int](t, b, `[...document.querySelectorAll('#deliveries tr')].filter(r => r.textContent.includes('500')).length`) == 2
	})
	for _, page := range []string{"", "jobs", fmt.Sprintf("jobs/%d", made.ID), "deliveries", "deliveries/1", "deliveries/2", "faults", "clock"} {
		b.visit(t, "console/"+page)
		eval[any](t, b, `for (const d of document.querySelectorAll('details')) d.open = true`)
		b.inspectScreen(t, "evil-"+strings.ReplaceAll(page, "/", "-"))
		if n := eval[int](t, b, `document.querySelectorAll('img').length`); n != 0 || eval[string](t, b, "document.title") == "owned" {
			t.Errorf("%s: %d images of an endpoint's", page, n)
		}
	}
	b.visit(t, "console/")
	b.press(t, "Send test notification")
	b.says(t, "The first 65536 bytes of ")
	b.inspectScreen(t, "evil-test")
}

// TestConsoleWithoutScript: what can be read and submitted with a script can be
// without.
func TestConsoleWithoutScript(t *testing.T) {
	t.Parallel()
	handler := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer handler.Close()
	b, _ := openConsole(t, "--seed", "1", "--job-time", "1h")
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	submit := func(button string, says string) {
		t.Helper()
		b.do(t, chromedp.Click(chromedp.CSS(button)))
		b.says(t, says)
	}
	b.visit(t, "console/")
	b.fill(t, "url", handler.URL)
	submit("main form .primary", "The endpoint was added")
	submit(`form[action="/console/test"] .primary`, "Acknowledged")
	b.visit(t, "console/jobs")
	submit(`form[action="/console/jobs"] .primary`, "The jobs were made")
	submit(`#jobs button[formaction$="/stop"]`, "stopped 1")
	b.visit(t, "console/deliveries")
	b.says(t, "200 OK")
	b.visit(t, "console/clock")
	submit(`button[value=pause]`, "The clock is paused")
}

// TestConsoleSurvivesARestart: a page that has lost the cloud says so, and goes
// on by itself when it is back.
func TestConsoleSurvivesARestart(t *testing.T) {
	t.Parallel()
	address, state := freeAddress(t), filepath.Join(t.TempDir(), "cloud.db")
	b := openTab(t)
	b.restarts = true
	args := []string{"--listen", address, "--state", state, "--job-time", "1h"}
	cloud := startCloud(t, args...)
	b.origin = cloud.ConsoleURL
	b.visit(t, "console/jobs")
	b.press(t, "Make")
	b.says(t, "1 to 1 of 1")
	cloud.kill()
	b.says(t, "The connection to the cloud is lost")
	cloud = startCloud(t, args...)
	if err := cloud.do(t, "POST", cloud.ControlURL+"jobs", "{}", nil); err != nil {
		t.Fatal(err)
	}
	b.says(t, "1 to 2 of 2")
	waitFor(t, "the notice to go", func() bool { return eval[bool](t, b, "document.getElementById('notice').hidden") })
}
