package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
)

// junitKept bounds each text of a case, in bytes: CI systems refuse files of
// some tens of megabytes.
const junitKept = 16 << 10

// The JUnit format, as the CI systems that matter read it; testdata/junit.xsd
// says the same.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`

	took time.Duration
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class      string          `xml:"classname,attr"`
	Name       string          `xml:"name,attr"`
	Time       string          `xml:"time,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Failure    *junitOutcome   `xml:"failure"`
	Error      *junitOutcome   `xml:"error"`
	Skipped    *junitOutcome   `xml:"skipped"`
	Output     string          `xml:"system-out,omitempty"`
	Errors     string          `xml:"system-err,omitempty"`
}

type junitOutcome struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes the report as JUnit XML, a suite for each group of
// requirements. A broken SHOULD is a skipped case whose message begins with
// "warning": JUnit knows nothing between, and what a passed case has to say is
// shown by no CI system. What was not observed or was blocked is skipped as
// well. The verdict itself is a property of each case. What is wrong beside
// the requirements is a case of its own, in suites of their own: a mistake of
// the setup is an error, and each end of the receiver's process a failure.
func JUnit(w io.Writer, r scenarios.Report, _ *Comparison) error {
	doc := junitSuites{Name: printable("scrapehook conform " + r.Name), Time: seconds(r.Duration), Suites: besides(r)}
	for _, result := range r.Results {
		group := result.Group()
		if n := len(doc.Suites); n == 0 || doc.Suites[n-1].Name != group {
			doc.Suites = append(doc.Suites, newSuite(r, group))
		}
		doc.Suites[len(doc.Suites)-1].add(result)
	}
	for i := range doc.Suites {
		s := &doc.Suites[i]
		doc.Tests += s.Tests
		doc.Failures += s.Failures
		doc.Errors += s.Errors
		doc.Skipped += s.Skipped
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("writing the report as JUnit: %w", err)
	}
	out := xml.NewEncoder(w)
	out.Indent("", "  ")
	if err := out.Encode(doc); err != nil {
		return fmt.Errorf("writing the report as JUnit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func newSuite(r scenarios.Report, name string) junitSuite {
	return junitSuite{Name: name, Timestamp: r.Began.UTC().Format("2006-01-02T15:04:05"), Properties: junitProperties(r)}
}

// junitProperties are the facts of the run. The format has a place for them in
// each suite only.
func junitProperties(r scenarios.Report) []junitProperty {
	d := r.Declared
	c := r.Conclude()
	all := []junitProperty{
		{"verdict", string(c.Verdict)}, {"meaning", c.Meaning}, {"next", c.Next}, {"not_looked_at", strings.Join(c.NotLookedAt, "; ")}, {"endpoint", r.Endpoint}, {"name", r.Name}, {"command", r.Command}, {"profile", r.Profile}, {"seed", fmt.Sprint(r.Seed)},
		{"fast", fmt.Sprint(r.Fast)}, {"version", r.Version}, {"probes", strings.Join(r.Probes, ", ")}, {"api_url", r.APIURL},
		{"token", d.Token}, {"run", d.Run}, {"start_cmd", d.StartCommand}, {"kill_cmd", d.KillCommand},
	}
	for _, phase := range scenarios.Phases() {
		if took, ok := r.Phases[phase]; ok {
			all = append(all, junitProperty{"phase." + phase.String(), seconds(took)})
		}
	}
	for what, byID := range map[string]map[string]string{"unsupported.": d.Unsupported, "known_failing.": d.KnownFailing} {
		for _, id := range slices.Sorted(maps.Keys(byID)) {
			all = append(all, junitProperty{what + id, byID[id]})
		}
	}
	all = slices.DeleteFunc(all, func(p junitProperty) bool { return p.Value == "" })
	for i := range all {
		all[i].Value = printable(all[i].Value)
	}
	slices.SortStableFunc(all[1:], func(a, b junitProperty) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// add adds the case of one requirement. Its time is its own: what it waited for
// others is no part of it.
func (s *junitSuite) add(r scenarios.Result) {
	own := r.Duration - r.Waited
	c := junitCase{
		Class: "conform." + s.Name, Name: printable(fmt.Sprintf("%s %s: %s", r.ID, r.Level, r.Title)), Time: seconds(own),
		Properties: []junitProperty{{"verdict", string(r.Verdict)}, {"level", string(r.Level)}, {"phase", r.Phase.String()}},
		Output:     kept(timeline(r)),
	}
	if r.Verdict != scenarios.Pass {
		c.Errors = kept(r.Output)
	}
	c.judge(r)
	s.count(c)
	s.took += own
	s.Time = seconds(s.took)
}

// count takes a case up.
func (s *junitSuite) count(c junitCase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

// judge sets the outcome that JUnit has for the verdict.
func (c *junitCase) judge(r scenarios.Result) {
	outcome := &junitOutcome{Message: string(r.Verdict), Type: string(r.Verdict), Text: kept(r.Explain())}
	if len(r.Findings) > 0 {
		f := r.Findings[0]
		outcome.Message = kept(fmt.Sprintf("%s: expected %s, actual %s", f.Subject, f.Expected, f.Actual))
		if r.Verdict == scenarios.Blocked {
			outcome.Message = kept(f.Subject + ": " + f.Actual)
		}
	}
	if r.Known != "" {
		outcome.Text = "known: " + kept(r.Known) + "\n" + outcome.Text
		switch { // known failures don't fail the build; one that passes does
		case r.Decides():
			c.Failure = outcome
			return
		case r.Verdict == scenarios.Fail:
			c.Skipped = outcome
			return
		}
	}
	switch r.Verdict {
	case scenarios.Pass:
	case scenarios.Fail:
		c.Failure = outcome
	case scenarios.Errored:
		c.Error = outcome
	case scenarios.Warn:
		outcome.Message = "warning, a SHOULD is broken: " + outcome.Message
		c.Skipped = outcome
	case scenarios.NotObservable, scenarios.NotSupported, scenarios.Blocked:
		c.Skipped = outcome
	}
}

// timeline is the evidence as text; where something is to be repaired, with the
// commands that send the requests again.
func timeline(r scenarios.Result) string {
	if !r.Repairable() {
		return r.Timeline()
	}
	var b strings.Builder
	b.WriteString(r.Timeline())
	for _, e := range r.Evidence {
		if e.Wire != nil && e.Wire.Curl != "" {
			fmt.Fprintf(&b, "\nagain, %.3f s: %s\n", e.At.Seconds(), e.Wire.Curl)
		}
	}
	return b.String()
}

// kept is printable text, cut to what a CI system takes.
func kept(s string) string {
	s = printable(s)
	if len(s) <= junitKept {
		return s
	}
	cut := strings.ToValidUTF8(s[:junitKept], "")
	return fmt.Sprintf("%s\n… %d bytes left out, see the JSON report …\n", cut, len(s)-len(cut))
}

// printable replaces what XML can't carry.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
