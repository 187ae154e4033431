package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/catalogue"
	reports "github.com/scrapehook/scrapehook/scenarios/report"
)

// conformedPage judges a receiver and returns the report as a page and as data.
func conformedPage(t *testing.T, receiver, filter string, exit int) (url string, r pageReport) {
	t.Helper()
	dir := t.TempDir()
	o := scrapehookIn(t, dir, []string{"ROWS_FILE=" + filepath.Join(dir, "rows.jsonl")},
		"conform", "--fast", "--filter", filter, "--json", "r.json", "--html", "r.html",
		"--run", "exec "+serveBinary+" "+receiver, "--probe", "file:rows.jsonl", "http://"+freeAddress(t)+"/hook")
	if o.code != exit {
		t.Fatalf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	body, err := os.ReadFile(filepath.Join(dir, "r.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &r); err != nil {
		t.Fatal(err)
	}
	return "file://" + filepath.Join(dir, "r.html"), r
}

// pageReport is what the page must show of the report's JSON.
type pageReport struct {
	Requirements []struct {
		ID, Verdict, Repair string
		Findings            []struct{ Actual string }
		Evidence            []struct{ Wire *struct{ Curl string } }
	}
}

// ids are the requirements with one of the verdicts.
func (r pageReport) ids(verdicts ...string) []string {
	ids := []string{}
	for _, q := range r.Requirements {
		if slices.Contains(verdicts, q.Verdict) {
			ids = append(ids, q.ID)
		}
	}
	return ids
}

// shown are the requirements that the page's filters let through.
const shown = `[...document.querySelectorAll('details.req')].filter(d => d.checkVisibility()).map(d => d.dataset.id)`

func TestReportPageOfAConformantRun(t *testing.T) {
	t.Parallel()
	url, r := conformedPage(t, "correct", "ACK-01,ACK-02,DATA-01,FORM-01,DUR-02", 0)
	b := openTab(t)
	b.do(t, chromedp.Navigate(url))
	b.inspect(t)
	sameOnPage(t, b, r)
	if head := eval[string](t, b, "document.querySelector('h1').textContent"); head != "Passed" { // it is a selection
		t.Errorf("the page says %q", head)
	}
	if n := eval[int](t, b, "document.querySelectorAll('.card, .unjudged').length"); n != 0 {
		t.Errorf("%d cards, where there is nothing to repair", n)
	}
}

func TestReportPageOfAFailingRun(t *testing.T) {
	t.Parallel()
	url, r := conformedPage(t, "imports-again", "ACK-01,ACK-02,DATA-01,IDEM-01,IDEM-02,IDEM-05,SEC-02,FORM-04", 1)
	b := openTab(t)
	b.do(t, chromedp.Navigate(url))
	b.inspect(t)
	sameOnPage(t, b, r)
	repairsAreSeen(t, b, r)
	t.Run("filters", func(t *testing.T) { filtersWork(t, b, r) })
	t.Run("evidence", func(t *testing.T) { evidenceUnfolds(t, b, r) })
	t.Run("print", func(t *testing.T) { failuresArePrinted(t, b, r) })
	t.Run("no script", func(t *testing.T) { worksWithoutScript(t, b) })
}

// sameOnPage checks that the page has the verdicts of the JSON report.
func sameOnPage(t *testing.T, b *tab, r pageReport) {
	t.Helper()
	page := eval[map[string]string](t, b, `Object.fromEntries([...document.querySelectorAll('details.req')].map(d => [d.dataset.id, d.dataset.verdict]))`)
	data := map[string]string{}
	for _, q := range r.Requirements {
		data[q.ID] = q.Verdict
	}
	if !maps.Equal(page, data) {
		t.Errorf("the page has %v, the JSON report %v", page, data)
	}
	rows := eval[[]string](t, b, `[...document.querySelectorAll('.lanes li a')].map(a => a.hash.slice(1))`)
	for _, id := range rows {
		if data[id] == "" {
			t.Errorf("%s is drawn, and not in the report", id)
		}
	}
	if len(rows) == 0 {
		t.Error("nothing is drawn over time")
	}
}

// repairsAreSeen: without a click, the page says of each failure what came and
// how to repair it.
func repairsAreSeen(t *testing.T, b *tab, r pageReport) {
	t.Helper()
	text := eval[string](t, b, "document.body.innerText") // what can be seen
	for _, q := range r.Requirements {
		if q.Repair == "" {
			continue
		}
		if !strings.Contains(text, q.Repair) {
			t.Errorf("the page does not say how to repair %s", q.ID)
		}
		if !strings.Contains(text, q.Findings[0].Actual) {
			t.Errorf("the page does not say what %s came to: %s", q.ID, q.Findings[0].Actual)
		}
	}
}

func filtersWork(t *testing.T, b *tab, r pageReport) {
	t.Helper()
	shows := func(what string, ids []string, hash string) {
		t.Helper()
		if got := eval[[]string](t, b, shown); !slices.Equal(got, ids) {
			t.Errorf("%s: shown are %v, want %v", what, got, ids)
		}
		if got := eval[string](t, b, "location.hash"); got != hash {
			t.Errorf("%s: the address ends in %q, want %q", what, got, hash)
		}
	}
	chip := func(verdict string) chromedp.CSS {
		return chromedp.CSS(fmt.Sprintf(`input[name=verdict][value=%s] + span`, verdict))
	}
	all := eval[[]string](t, b, shown)
	b.do(t, chromedp.Click(chip("fail")))
	shows("fail", r.ids("fail"), "#verdict=fail")
	b.do(t, chromedp.Click(chip("pass")))
	shows("fail and pass", r.ids("fail", "pass"), "#verdict=pass&verdict=fail")
	b.do(t, chromedp.Reload())
	shows("after a reload", r.ids("fail", "pass"), "#verdict=pass&verdict=fail")
	b.do(t, chromedp.Click(chip("pass")), chromedp.SendKeys(chromedp.CSS("input[type=search]"), "IMPORTED 2"))
	shows("text as well", []string{"IDEM-01"}, "#verdict=fail&text=IMPORTED+2")
	b.do(t, chromedp.Click(chromedp.ID("clear")))
	shows("cleared", all, "")
	// By keyboard.
	b.do(t, chromedp.Focus(chromedp.CSS("input[name=verdict][value=fail]")), chromedp.KeyEvent(" "))
	shows("by keyboard", r.ids("fail"), "#verdict=fail")
	// A link to what is hidden shows it.
	b.do(t, chromedp.Click(chromedp.CSS(`.lanes a[href="#ACK-01"]`)))
	// The page learns of it by an event that may be on its way yet.
	waitFor(t, "a link to show what it leads to", func() bool { return slices.Equal(eval[[]string](t, b, shown), all) })
	shows("a link", all, "#ACK-01")
	if !eval[bool](t, b, "document.querySelector('details.req[data-id=ACK-01]').open") {
		t.Error("a link does not unfold what it leads to")
	}
	b.do(t, chromedp.Navigate("about:blank"), chromedp.NavigateBack())
	if !eval[bool](t, b, "document.querySelector('details.req[data-id=ACK-01]').open") {
		t.Error("a link that is opened anew does not unfold what it leads to")
	}
}

func evidenceUnfolds(t *testing.T, b *tab, r pageReport) {
	t.Helper()
	failed := r.ids("fail")[0]
	item := `details.req[data-id="` + failed + `"]`
	eval[any](t, b, `for (const d of document.querySelectorAll('details')) d.open = false`)
	b.do(t, chromedp.Click(chromedp.CSS(item+" > summary")), chromedp.Click(chromedp.CSS(item+" details.wire > summary")))
	sent := eval[string](t, b, `document.querySelector('`+item+` details.wire').innerText`)
	if !strings.Contains(sent, "POST /hook HTTP/1.1") || !strings.Contains(sent, "scrapingjob_id=") || !strings.Contains(sent, "HTTP/1.1 200 OK") {
		t.Errorf("unfolded is\n%s", sent)
	}
	curl := ""
	for _, q := range r.Requirements {
		for _, e := range q.Evidence {
			if q.ID == failed && curl == "" && e.Wire != nil {
				curl = e.Wire.Curl
			}
		}
	}
	// The clipboard of the machine is not the test's to change.
	eval[any](t, b, `Object.defineProperty(navigator, 'clipboard', {value: {writeText: async text => { window.copied = text }}})`)
	copyButton := item + " details.wire button.copy"
	b.do(t, chromedp.Click(chromedp.CSS(copyButton)))
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](`document.querySelector('`+copyButton+`').textContent === 'Copied'`)); err != nil {
		t.Fatalf("the button does not say that it has copied: %v", err)
	}
	if got := eval[string](t, b, "window.copied"); got != curl || curl == "" {
		t.Errorf("copied is %q, want %q", got, curl)
	}
}

// failuresArePrinted: on paper nothing can be unfolded, so the cards say it.
func failuresArePrinted(t *testing.T, b *tab, r pageReport) {
	t.Helper()
	eval[any](t, b, `for (const d of document.querySelectorAll('details')) d.open = false`)
	b.look(t, 700, "print", "light")
	defer b.look(t, 1280, "screen", "light")
	if eval[bool](t, b, "document.getElementById('filters').checkVisibility()") {
		t.Error("the filters are printed")
	}
	for _, id := range r.ids("fail", "warn") {
		if high := eval[float64](t, b, `document.getElementById('card-`+id+`').parentElement.getBoundingClientRect().height`); high < 100 {
			t.Errorf("what is wrong with %s is not printed", id)
		}
		if eval[bool](t, b, `document.querySelector('#`+id+` .timeline').checkVisibility()`) {
			t.Errorf("the evidence of %s is printed: it fills dozens of pages", id)
		}
	}
}

func worksWithoutScript(t *testing.T, b *tab) {
	t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	if err != nil {
		t.Fatal(err)
	}
	b.do(t, chromedp.Reload(),
		chromedp.Click(chromedp.CSS("details.req[data-id=DATA-01] > summary")), chromedp.Click(chromedp.CSS("input[value=dark] + span")))
	for what, expression := range map[string]string{
		"a link unfolds":                "document.querySelector('details.req[data-id=ACK-01]').open",
		"evidence unfolds":              "document.querySelector('#DATA-01 .timeline').checkVisibility()",
		"what needs a script is hidden": "!document.getElementById('filters').checkVisibility() && !document.querySelector('.copy').checkVisibility()",
		"the scheme can be chosen":      "getComputedStyle(document.body).backgroundColor !== 'rgb(250, 249, 246)'",
	} {
		if !eval[bool](t, b, expression) {
			t.Errorf("not so: %s", what)
		}
	}
}

// TestReportPageOfEverything lays out what a run seldom has at once: each
// verdict, texts that are long and hostile, a comparison, much output.
func TestReportPageOfEverything(t *testing.T) {
	t.Parallel()
	r := everything()
	before := r
	before.Results = slices.Clone(r.Results)
	for i := range before.Results {
		before.Results[i].Verdict = scenarios.Verdicts()[(i+3)%len(scenarios.Verdicts())]
	}
	compared := reports.Compare(reports.SummaryOf(before), reports.SummaryOf(r))
	path := filepath.Join(t.TempDir(), "r.html")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := reports.HTML(file, r, &compared); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	b := openTab(t)
	b.do(t, chromedp.Navigate("file://"+path))
	b.inspect(t)
	if title := eval[string](t, b, "document.title"); title == "owned" {
		t.Error("a receiver's script has run")
	}
}

// everything is a report with each verdict and with texts that try the page.
func everything() scenarios.Report {
	const evil = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script></title></style>`
	long := evil + strings.Repeat("longer-than-any-line", 40)
	r := scenarios.Report{
		Catalogue: len(catalogue.All()), Version: "v1.2.3", Command: "scrapehook conform " + long, Name: "http://127.0.0.1:1/" + long,
		Endpoint: "http://127.0.0.1:1/", Profile: "2020", Probes: []string{long}, Seed: 42, Output: strings.Repeat(long+"\n", 100),
		Began: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Duration: time.Minute,
		Declared: scenarios.Declared{Token: "query:token", Run: long, Unsupported: map[string]string{"DATA-10": long}},
	}
	for i, s := range catalogue.All() {
		result := scenarios.Result{
			Requirement: s.Requirement, Phase: s.Phase, Verdict: scenarios.Verdicts()[i%len(scenarios.Verdicts())],
			Began: time.Duration(i) * time.Second, Duration: 5 * time.Second, Output: long,
		}
		for j, kind := range []scenarios.Kind{scenarios.OfRequest, scenarios.OfAPI, scenarios.OfProbe, scenarios.OfProcess, scenarios.OfNote} {
			result.Evidence = append(result.Evidence, scenarios.Evidence{At: time.Duration(j) * time.Second, Took: time.Second, Kind: kind, Text: long})
		}
		result.Evidence[0].Wire = &scenarios.Wire{
			Request: scenarios.Message{Head: "POST / HTTP/1.1", Body: long, Bytes: 1 << 20},
			Answer:  scenarios.Message{Head: "HTTP/1.1 200 OK\nX: " + long, Body: evil, Bytes: int64(len(evil))}, Curl: "curl " + long,
		}
		for range 5 {
			result.Findings = append(result.Findings, scenarios.Finding{Verdict: result.Verdict, Subject: long, Expected: long, Actual: long})
		}
		r.Results = append(r.Results, result)
	}
	return r
}

// TestTrafficPage looks at the page of the traffic generator in the same way.
func TestTrafficPage(t *testing.T) {
	t.Parallel()
	answering := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer answering.Close()
	dir := t.TempDir()
	o := scrapehookIn(t, dir, nil, "traffic", "--rate", "50/s", "--duration", "1s", "--html", "r.html", answering.URL)
	if o.code != 0 {
		t.Fatalf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	b := openTab(t)
	b.do(t, chromedp.Navigate("file://"+filepath.Join(dir, "r.html")))
	b.inspect(t)
	if n := eval[int](t, b, "document.querySelectorAll('figure.chart').length"); n != 5 {
		t.Errorf("%d charts", n)
	}
}
