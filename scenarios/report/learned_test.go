package report_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/report"
)

// misconfigured is a run that found a mistake of the setup.
func misconfigured() scenarios.Report {
	r := sample()
	r.Setup = &scenarios.Setup{Problem: "The endpoint answers 401 <Unauthorized>.", Next: "Say which secret with --token."}
	for i := range r.Results {
		r.Results[i] = scenarios.Result{
			Requirement: r.Results[i].Requirement, Verdict: scenarios.Blocked,
			Findings: []scenarios.Finding{{Verdict: scenarios.Blocked, Subject: "the setup", Expected: "in order", Actual: r.Setup.Problem}},
		}
	}
	return r
}

// died is a run whose receiver ended twice.
func died() scenarios.Report {
	r := sample()
	r.Deaths = []scenarios.Death{
		{At: time.Second, How: "exit status 1", Requests: []string{`"the <first>" (ACK-01)`}, Scenarios: []string{"ACK-01"}, Output: "panic: <nil>\n", Restarted: true},
		{At: 2 * time.Second, How: "killed"},
	}
	r.Forms = []string{"price is stored as a number: 7 for 7.00"}
	r.SlowestImport, r.SlowestRetry = 1500*time.Millisecond, 4*time.Second
	return r
}

// TestJSONSaysWhatWasLearned: causes, deaths and the setup are data as well.
func TestJSONSaysWhatWasLearned(t *testing.T) {
	t.Parallel()
	type learned struct {
		Setup  *struct{ Problem, Next string }
		Causes []struct {
			Sentence, Next, Output string
			IDs                    []string
		}
		Deaths []struct {
			AtMS      int `json:"at_ms"`
			How       string
			Restarted bool
		}
		Forms           []string
		SlowestImportMS int `json:"slowest_import_ms"`
	}
	read := func(r scenarios.Report) (l learned) {
		var b strings.Builder
		if err := report.JSON(&b, r, nil); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(b.String()), &l); err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := read(died())
	if len(l.Deaths) != 2 || l.Deaths[0].AtMS != 1000 || !l.Deaths[0].Restarted || l.Deaths[1].Restarted {
		t.Errorf("deaths %+v", l.Deaths)
	}
	if len(l.Causes) != 2 || !slices.Equal(l.Causes[0].IDs, []string{"ACK-01"}) || l.Causes[0].Output == "" || l.Causes[1].Next == "" {
		t.Errorf("causes %+v", l.Causes)
	}
	if len(l.Forms) != 1 || l.SlowestImportMS != 1500 || l.Setup != nil {
		t.Errorf("learned %+v", l)
	}
	if l := read(misconfigured()); l.Setup == nil || l.Setup.Next != "Say which secret with --token." || l.Causes == nil || len(l.Causes) > 0 {
		t.Errorf("a mistake of the setup: %+v", l)
	}
}

// TestJUnitTellsOfTheSetupOnce: it is one error, and no failure.
func TestJUnitTellsOfTheSetupOnce(t *testing.T) {
	t.Parallel()
	text := junit(t, misconfigured())
	for _, part := range []string{
		`tests="8" failures="0" errors="1" skipped="7"`, `<testsuite name="SETUP" tests="1"`,
		`<error message="The endpoint answers 401 &lt;Unauthorized&gt;." type="setup">`, "next: Say which secret",
		`<skipped message="the setup: The endpoint answers 401`,
	} {
		if !strings.Contains(text, part) {
			t.Errorf("no %s in\n%s", part, text)
		}
	}
}

// TestJUnitTellsOfDeaths: each is a failure of its own, with its last lines.
func TestJUnitTellsOfDeaths(t *testing.T) {
	t.Parallel()
	text := junit(t, died())
	for _, part := range []string{
		`<testsuite name="PROCESS" tests="2" failures="2"`, `type="death"`,
		`ended by itself (exit status 1) while it answered`, `<system-err>panic: &lt;nil&gt;`, "it was not started again",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("no %s in\n%s", part, text)
		}
	}
}

func junit(t *testing.T, r scenarios.Report) string {
	t.Helper()
	var b strings.Builder
	if err := report.JUnit(&b, r, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestBadgeOfTheSetup: a mistake of the setup is no count of requirements.
func TestBadgeOfTheSetup(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := report.Badge(&b, misconfigured(), nil); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "<title>scrapehook: check the setup</title>") {
		t.Errorf("got\n%s", b.String())
	}
}

// TestHTMLOfTheSetup: a mistake of the setup is said with what was seen of it,
// and not once more for each requirement.
func TestHTMLOfTheSetup(t *testing.T) {
	t.Parallel()
	r := misconfigured()
	r.Looks = []scenarios.Look{{Name: "answer to the first notification", Seen: "401 <after> 3 ms", Wrong: true}, {Name: "token of these calls", Seen: "right"}}
	page := asHTML(t, r)
	for _, part := range []string{"The endpoint answers 401 &lt;Unauthorized&gt;.", "What was seen of the setup", "401 &lt;after&gt; 3 ms", `<b>token of these calls</b>: right`} {
		if !strings.Contains(page, part) {
			t.Errorf("no %q in the page", part)
		}
	}
	if strings.Contains(page, "blocked</li>") || strings.Contains(page, `<details class="req`) {
		t.Error("the requirements are listed, of which nothing is known")
	}
}

// TestHTMLOfCauses: what follows from a cause stands below it, once.
func TestHTMLOfCauses(t *testing.T) {
	t.Parallel()
	r := sample()
	r.Results[2].Findings[0].WantRow, r.Results[2].Findings[0].GotRow = `{"price":"7.00","title":"a <b>"}`, `{"title":"a <b>","price":7}`
	page := asHTML(t, r)
	_, causes, _ := strings.Cut(page, `<ol class="causes">`)
	causes, rest, _ := strings.Cut(causes, "</ol></section>")
	if strings.Count(causes, `id="card-ACK-03"`) != 1 || strings.Contains(rest, `id="card-ACK-03"`) || !strings.Contains(rest, `id="card-ACK-02"`) {
		t.Error("a failure is not with its cause, or a warning is")
	}
	for _, part := range []string{`<tr class="differs"><th scope="row">price</th><td>7.00</td><td>7<`, `<tr><th scope="row">title</th><td>a &lt;b&gt;</td><td>a &lt;b&gt;</td></tr>`} {
		if !strings.Contains(causes, part) {
			t.Errorf("no %s in\n%s", part, causes)
		}
	}
}
