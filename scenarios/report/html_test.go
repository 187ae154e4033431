package report_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/catalogue"
	"github.com/scrapehook/scrapehook/scenarios/report"
)

func asHTML(t *testing.T, r scenarios.Report) string {
	t.Helper()
	var b strings.Builder
	if err := report.HTML(&b, r, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHTMLNamesEveryVerdict(t *testing.T) {
	t.Parallel()
	r := sample()
	r.Version, r.Command = "v1", "scrapehook conform --seed 42"
	page := asHTML(t, r)
	for _, result := range sample().Results {
		item := fmt.Sprintf(`data-id="%s" data-verdict="%s" data-level="MUST" data-group="ACK"`, result.ID, result.Verdict)
		if strings.Count(page, item) != 1 {
			t.Errorf("%s is there %d times", item, strings.Count(page, item))
		}
	}
	for _, part := range []string{"Not conformant", "1 of 7 MUSTs is broken", `Repair <a href="#card-ACK-03">ACK-03</a> first`, "40 rows &lt;twice&gt;", "do &amp; this", "scrapehook conform --seed 42", "v1"} {
		if !strings.Contains(page, part) {
			t.Errorf("no %q in the page", part)
		}
	}
}

func TestHTMLSaysWhatItMeans(t *testing.T) {
	t.Parallel()
	one := func(v scenarios.Verdict, known string) scenarios.Report {
		return scenarios.Report{Catalogue: 48, Results: []scenarios.Result{{
			Requirement: scenarios.Requirement{ID: "ACK-01", Level: scenarios.Must}, Verdict: v, Known: known,
		}}}
	}
	whole := scenarios.Report{Catalogue: len(catalogue.All())}
	for _, s := range catalogue.All() {
		whole.Results = append(whole.Results, scenarios.Result{Requirement: s.Requirement, Verdict: scenarios.Pass, Duration: time.Second})
	}
	for name, tc := range map[string]struct {
		report scenarios.Report
		says   []string
	}{
		"all is met":     {whole, []string{"Conformant", "requirements are met", "in your CI"}},
		"a part is met":  {one(scenarios.Pass, ""), []string{"Passed", "1 of 48 requirements are met", "47 of 48 requirements: not selected"}},
		"a warning":      {one(scenarios.Warn, ""), []string{"1 SHOULD is not met"}},
		"unseen":         {one(scenarios.NotObservable, ""), []string{"Partial", "1 MUST was not seen", "--probe"}},
		"broken":         {one(scenarios.Fail, ""), []string{"Not conformant", `Repair <a href="#card-ACK-01">ACK-01</a>, and run it again`}},
		"known, but met": {one(scenarios.Pass, "ticket 7"), []string{"1 requirement is on the list", "Take off the list"}},
		"harness":        {one(scenarios.Errored, ""), []string{"Not judged", "says nothing about the endpoint"}},
		"nothing":        {scenarios.Report{}, []string{"Not judged"}},
	} {
		page := asHTML(t, tc.report)
		for _, part := range tc.says {
			if !strings.Contains(page, part) {
				t.Errorf("%s: the page does not say %q", name, part)
			}
		}
		if strings.Contains(page, "NaN") || strings.Contains(page, "Inf%") || strings.Contains(page, "<no value>") || strings.Contains(page, "ZgotmplZ") {
			t.Errorf("%s: a value is missing", name)
		}
	}
}

// TestHTMLFoldsWhatHasOneCause: what could not be judged is all there, and does
// not fill the page.
func TestHTMLFoldsWhatHasOneCause(t *testing.T) {
	t.Parallel()
	for n, folded := range map[int]string{1: "", 7: "", 8: "<summary>2 more</summary>", 40: "<summary>34 more</summary>"} {
		r := scenarios.Report{}
		for _, s := range catalogue.All()[:n] {
			r.Results = append(r.Results, scenarios.Result{Requirement: s.Requirement, Verdict: scenarios.Blocked,
				Findings: []scenarios.Finding{{Verdict: scenarios.Blocked, Subject: "prerequisite X", Expected: "pass", Actual: "fail"}}})
		}
		page := asHTML(t, r)
		if got := strings.Count(page, "prerequisite X, expected: pass; actual: fail"); got != n || !strings.Contains(page, folded) || folded == "" && strings.Contains(page, "more</summary>") {
			t.Errorf("%d: %d are there; want %q", n, got, folded)
		}
	}
}

// TestHTMLFoldsWhatWasNotPlayed: a part compared with a whole run lacks much.
func TestHTMLFoldsWhatWasNotPlayed(t *testing.T) {
	t.Parallel()
	for n, folded := range map[int]bool{10: false, 11: true, 40: true} {
		var whole report.Summary
		for _, s := range catalogue.All()[:n] {
			whole.Judged = append(whole.Judged, report.Judged{ID: s.ID, Level: s.Level, Title: s.Title, Verdict: scenarios.Pass})
		}
		compared := report.Compare(whole, report.Summary{})
		var page strings.Builder
		if err := report.HTML(&page, scenarios.Report{}, &compared); err != nil {
			t.Fatal(err)
		}
		_, changes, _ := strings.Cut(page.String(), `<h2 id="changed">`)
		changes, _, _ = strings.Cut(changes, "</section>")
		if strings.Count(changes, "<li>") != n || strings.Contains(changes, fmt.Sprintf("<summary>%d requirements</summary>", n)) != folded {
			t.Errorf("%d: folded is not %v in\n%s", n, folded, changes)
		}
	}
}

// TestHTMLIsEscaped: everything that a receiver or a user can say is text.
func TestHTMLIsEscaped(t *testing.T) {
	t.Parallel()
	const evil = `"'><script>alert(1)</script><img src=http://127.0.0.1/x onerror=alert(1)>`
	r := scenarios.Report{
		Name: evil, Endpoint: evil + "/", Profile: evil, Probes: []string{evil}, APIURL: evil, Output: evil,
		Results: []scenarios.Result{{
			Requirement: scenarios.Requirement{ID: "ACK-01", Level: scenarios.Must, Title: evil}, Verdict: scenarios.Fail,
			Findings: []scenarios.Finding{{Verdict: scenarios.Fail, Subject: evil, Expected: evil, Actual: evil}},
			Evidence: []scenarios.Evidence{{Kind: scenarios.OfRequest, Text: evil, Wire: &scenarios.Wire{
				Request: scenarios.Message{Head: evil, Body: evil}, Answer: scenarios.Message{Head: evil, Body: evil}, Curl: evil,
			}}},
			Duration: time.Second, Known: evil,
		}},
	}
	page := asHTML(t, r)
	if strings.Count(page, "<script") != 1 || strings.Contains(page, "<img") {
		t.Errorf("not escaped:\n%s", page)
	}
	for _, m := range regexp.MustCompile(`(?:src|href|action)="?([^"\s>]*)`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "#") && !strings.HasPrefix(m[1], report.DocsURL) && !strings.HasPrefix(m[1], "data:image/") && !strings.Contains(m[0], "127.0.0.1/x") {
			t.Errorf("the page asks for %s", m[0])
		}
	}
}

// TestHTMLIsBounded: whatever a receiver answers, the page can be opened.
func TestHTMLIsBounded(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("é", 32<<10)
	message := scenarios.Message{Head: "HTTP/1.1 200 OK", Body: large, Bytes: 1 << 30}
	r := scenarios.Report{Output: strings.Repeat(large, 100)}
	for _, s := range catalogue.All() {
		result := scenarios.Result{Requirement: s.Requirement, Verdict: scenarios.Fail, Duration: time.Minute}
		for i := range 500 {
			result.Evidence = append(result.Evidence, scenarios.Evidence{
				At: time.Duration(i) * time.Millisecond, Kind: scenarios.OfRequest, Text: large, Wire: &scenarios.Wire{Request: message, Answer: message, Curl: large},
			})
			result.Findings = append(result.Findings, scenarios.Finding{Verdict: scenarios.Fail, Subject: "job", Expected: large, Actual: large})
		}
		r.Results = append(r.Results, result)
	}
	page := asHTML(t, r)
	if len(page) > 8<<20 {
		t.Errorf("the page has %d MiB", len(page)>>20)
	}
	if !strings.Contains(page, "left out") || !strings.Contains(page, "cut here") {
		t.Error("it does not say that anything is left out")
	}
}
