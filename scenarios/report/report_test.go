package report_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/report"
)

// sample has one result of each verdict, and everything that a report may have.
func sample() scenarios.Report {
	r := scenarios.Report{
		Catalogue: 7, Version: "v1", Name: "http://127.0.0.1:1/hook", Endpoint: "http://127.0.0.1:1/hook",
		Profile: "2020", Seed: 42, Fast: true, Probes: []string{"file:rows.jsonl"}, Duration: 3400 * time.Millisecond,
		Began: time.Date(2026, 11, 23, 21, 2, 3, 4, time.UTC), Command: "scrapehook conform", APIURL: "http://127.0.0.1:2/api/v1/", Output: "listening\n", EffectTimeout: 30 * time.Second,
		Declared: scenarios.Declared{
			Token: "query:token", Run: "serve", Unsupported: map[string]string{"ACK-05": "no need"}, KnownFailing: map[string]string{"ACK-08": "ticket 7"},
		},
	}
	for i, v := range scenarios.Verdicts() {
		result := scenarios.Result{
			Requirement: scenarios.Requirement{
				ID: "ACK-0" + string(rune('1'+i)), Level: scenarios.Must, Title: "a <title>", Repair: "do & this",
			},
			Verdict: v, Duration: 12 * time.Millisecond, Waited: 2 * time.Millisecond, Output: "job 7 \x1b[31m<done>\n",
			Evidence: []scenarios.Evidence{{
				At: 1500 * time.Microsecond, Took: time.Millisecond, Kind: scenarios.OfRequest, Text: "POST \x00\x1b \"a\"",
				Wire: &scenarios.Wire{Request: scenarios.Message{Head: "POST / HTTP/1.1", Body: "a=b", Bytes: 10 << 20}, Curl: "curl 'http://127.0.0.1:1/hook'"},
			}, {At: -time.Millisecond, Kind: scenarios.OfAPI, Text: "GET"}},
		}
		if v != scenarios.Pass {
			result.Findings = []scenarios.Finding{{Verdict: v, Subject: "job 7", Expected: "20 rows", Actual: "40 rows <twice>"}}
		}
		r.Results = append(r.Results, result)
	}
	return r
}

// TestTextIsBounded: a requirement that is broken in many ways says some.
func TestTextIsBounded(t *testing.T) {
	t.Parallel()
	r := sample()
	for i := range r.Results {
		for range 8 {
			r.Results[i].Findings = append(r.Results[i].Findings, scenarios.Finding{Verdict: r.Results[i].Verdict, Subject: "another job"})
		}
	}
	var b strings.Builder
	if err := report.Text(&b, r, nil, report.Style{}); err != nil {
		t.Fatal(err)
	}
	// One has passed, and has no finding of its own.
	// Of one that is blocked, a line says by what.
	if got, more, last := strings.Count(b.String(), "another job"), strings.Count(b.String(), "and 6 more\n"), strings.Count(b.String(), "and 5 more\n"); got != 5*2+3 || more != 5 || last != 1 {
		t.Errorf("%d findings, %d and %d times more\n%s", got, more, last, b.String())
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := report.Text(&b, sample(), nil, report.Style{}); err != nil {
		t.Fatal(err)
	}
	const want = `endpoint  http://127.0.0.1:1/hook
profile   2020, fast
probes    file:rows.jsonl
run       serve
declared  token query:token, 1 not supported, 1 known failing
version   v1
date      2026-11-23 21:02:03 UTC
seed      42

1. It does not meet ACK-03: a <title>.
   seen in  ACK-03
   to do    do & this

ID        LEVEL   VERDICT     TIME   REQUIREMENT
ACK-01    MUST    pass        12 ms  a <title>
ACK-02    MUST    warn        12 ms  a <title>
          job 7
            expected  20 rows
            actual    40 rows <twice>
            repair    do & this
ACK-03    MUST    FAIL        12 ms  a <title>
          job 7
            expected  20 rows
            actual    40 rows <twice>
            repair    do & this
ACK-04    MUST    not seen    12 ms  a <title>
          job 7, expected: 20 rows; actual: 40 rows <twice>
ACK-05    MUST    left out    12 ms  a <title>
          job 7, expected: 20 rows; actual: 40 rows <twice>
ACK-06    MUST    blocked     12 ms  a <title>
          job 7: 40 rows <twice>
ACK-07    MUST    ERROR       12 ms  a <title>
          job 7
            expected  20 rows
            actual    40 rows <twice>

not conformant  (1 pass, 1 warn, 1 fail, 1 not seen, 1 left out, 1 blocked, 1 error of 7 requirements, in 3.4 s)
  It does not meet ACK-03: a <title>. 1 of 7 MUSTs is broken: with this receiver, notifications are resent in vain, or data is lost or doubled.
  ACK-04: 40 rows <twice>
  ACK-05: declared not to be supported
  ACK-03   a <title>
next: Repair ACK-03 first, then the others in their order, and run it again.
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestTextStyle(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := report.Text(&b, sample(), nil, report.Style{Color: true, Width: 60}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\x1b[1;31mFAIL    \x1b[0m") {
		t.Errorf("no colour in\n%q", b.String())
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := report.JSON(&b, sample(), nil); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Verdict, Version string
		Seed             int
		DurationMS       int            `json:"duration_ms"`
		Totals           map[string]int `json:"totals"`
		Requirements     []struct {
			ID       string
			Verdict  string
			Repair   string
			Findings []map[string]string
			Evidence []struct {
				AtMS float64 `json:"at_ms"`
				Kind string
				Text string
			}
		}
	}
	if err := json.Unmarshal([]byte(b.String()), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Verdict != "failed" || doc.Version != "v1" || doc.Seed != 42 || doc.DurationMS != 3400 || len(doc.Totals) != 7 || doc.Totals["fail"] != 1 {
		t.Errorf("head %+v", doc)
	}
	fail := doc.Requirements[2]
	if fail.Verdict != "fail" || fail.Repair == "" || fail.Findings[0]["actual"] != "40 rows <twice>" || fail.Evidence[0].AtMS != 1.5 {
		t.Errorf("a failure %+v", fail)
	}
	if pass := doc.Requirements[0]; pass.Findings == nil || pass.Repair != "" {
		t.Errorf("a pass %+v: findings are an empty array, and there is nothing to repair", pass)
	}
}

func TestJUnit(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := report.JUnit(&b, sample(), nil); err != nil {
		t.Fatal(err)
	}
	for decoder := xml.NewDecoder(strings.NewReader(b.String())); ; {
		if _, err := decoder.Token(); err != nil {
			if err.Error() != "EOF" {
				t.Fatalf("not well-formed: %v\n%s", err, b.String())
			}
			break
		}
	}
	for _, part := range []string{
		`tests="7" failures="1" errors="1" skipped="4"`, `<testsuite name="ACK"`, `classname="conform.ACK"`,
		`<failure message="job 7: expected 20 rows, actual 40 rows &lt;twice&gt;"`, "repair: do &amp; this",
		`<skipped message="warning, a SHOULD is broken: job 7`, `<property name="verdict" value="warn">`, `time="0.010"`,
		`<property name="unsupported.ACK-05" value="no need">`, "again, 0.002 s: curl &#39;http://127.0.0.1:1/hook&#39;",
	} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("no %s in\n%s", part, b.String())
		}
	}
}

// TestJUnitStaysSmall: a report of whatever size is one that CI systems take.
func TestJUnitStaysSmall(t *testing.T) {
	t.Parallel()
	r := sample()
	for i := range r.Results {
		r.Results[i].Output = strings.Repeat("é", 1<<20)
		r.Results[i].Findings = []scenarios.Finding{{Verdict: scenarios.Fail, Actual: strings.Repeat("x", 1<<20)}}
		r.Results[i].Evidence = slices.Repeat(r.Results[i].Evidence, 5000)
	}
	var b strings.Builder
	if err := report.JUnit(&b, r, nil); err != nil {
		t.Fatal(err)
	}
	if most := len(r.Results) * 100 << 10; b.Len() > most || !strings.Contains(b.String(), "bytes left out, see the JSON report") {
		t.Errorf("%d bytes, want no more than %d", b.Len(), most)
	}
}

// full is a disk that is.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestWriteErrorsAreToldOf(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"text":  report.Text(full{}, sample(), nil, report.Style{}),
		"JSON":  report.JSON(full{}, sample(), nil),
		"JUnit": report.JUnit(full{}, sample(), nil),
		"badge": report.Badge(full{}, sample(), nil),
		"HTML":  report.HTML(full{}, sample(), nil),
	} {
		if err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTextOfAStoppedRun: what is known is said, and of the rest how many there are.
func TestTextOfAStoppedRun(t *testing.T) {
	t.Parallel()
	r := sample()
	r.Interrupted = true
	for _, i := range []int{5, 6} {
		r.Results[i].Findings[0].Actual = "interrupted"
	}
	var b strings.Builder
	if err := report.Text(&b, r, nil, report.Style{Files: []string{"r.html"}}); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"2 requirements had not come to an end", "ACK-03    MUST    FAIL", "report: r.html"} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("no %q in\n%s", part, b.String())
		}
	}
	if strings.Contains(b.String(), "\nACK-06") || strings.Contains(b.String(), "\nACK-07") {
		t.Errorf("what did not come to an end has a block\n%s", b.String())
	}
}
