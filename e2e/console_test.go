package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
)

// openConsole starts a cloud and opens its console in a browser.
func openConsole(t *testing.T, args ...string) (*tab, *cloudProcess) {
	t.Helper()
	b := openTab(t)
	cloud := startCloud(t, args...)
	b.origin = cloud.ConsoleURL
	b.visit(t, "")
	return b, cloud
}

// visit opens a page of the console, and looks whether it is whole.
func (b *tab) visit(t *testing.T, path string) {
	t.Helper()
	b.do(t, chromedp.Navigate(b.origin+path))
}

// says waits until the page shows a text.
func (b *tab) says(t *testing.T, text string) {
	t.Helper()
	waitFor(t, fmt.Sprintf("the page to say %q", text), func() bool {
		return strings.Contains(eval[string](t, b, `document.body?.innerText ?? ""`), text)
	})
}

// fill writes into a field, in place of what it has.
func (b *tab) fill(t *testing.T, id, text string) {
	t.Helper()
	b.do(t, chromedp.SetValue(chromedp.ID(id), text))
}

// press presses the first button that can be seen with that name.
func (b *tab) press(t *testing.T, name string) {
	t.Helper()
	pressed := eval[bool](t, b, fmt.Sprintf(`(() => {
		const button = [...document.querySelectorAll('button,a,summary')].find(e => e.checkVisibility() && (e.textContent.trim() === %q || e.ariaLabel === %[1]q));
		button?.click();
		return Boolean(button);
	})()`, name))
	if !pressed {
		t.Fatalf("there is no button %q on the page: %s", name, eval[string](t, b, "document.body.innerText"))
	}
}

// inspectScreen is inspect for pages that are not made to be printed.
func (b *tab) inspectScreen(t *testing.T, page string) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1920, 1024, 360} {
			b.look(t, width, "screen", scheme)
			for _, wrong := range eval[[]string](t, b, inspection) {
				t.Errorf("%s, %d wide, %s: %s", page, width, scheme, wrong)
			}
			b.shoot(t, fmt.Sprintf("%s-%d-%s", page, width, scheme))
		}
	}
	b.look(t, 1280, "screen", "light")
}

// shoot keeps a picture of the page for people to look at, where SCREENSHOTS
// names a folder.
func (b *tab) shoot(t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600); err != nil {
		t.Fatal(err)
	}
}

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
	b.inspectScreen(t, "faults")
}
