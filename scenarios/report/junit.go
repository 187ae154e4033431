package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
)

// The JUnit format, as the CI systems that matter read it.
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
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitOutcome `xml:"failure"`
	Error   *junitOutcome `xml:"error"`
	Skipped *junitOutcome `xml:"skipped"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitOutcome struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes the report as JUnit XML, a suite for each group of
// requirements. A broken SHOULD is a passed case whose output carries the
// warning, since JUnit knows nothing between; what was not observed or was
// blocked is skipped, with the reason.
func JUnit(w io.Writer, r scenarios.Report, _ *Comparison) error {
	doc := junitSuites{Name: "scrapehook conform " + r.Name, Time: seconds(r.Duration)}
	for _, result := range r.Results {
		group, _, _ := strings.Cut(result.ID, "-")
		if n := len(doc.Suites); n == 0 || doc.Suites[n-1].Name != group {
			doc.Suites = append(doc.Suites, junitSuite{
				Name: group, Timestamp: r.Began.UTC().Format("2006-01-02T15:04:05"),
				Properties: []junitProperty{
					{"verdict", string(r.Verdict)}, {"endpoint", r.Endpoint},
					{"profile", r.Profile}, {"seed", fmt.Sprint(r.Seed)},
				},
			})
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

func (s *junitSuite) add(r scenarios.Result) {
	c := junitCase{
		Class: "conform." + s.Name, Name: fmt.Sprintf("%s %s: %s", r.ID, r.Level, r.Title),
		Time: seconds(r.Duration), Output: printable(r.Timeline()),
	}
	outcome := &junitOutcome{Message: string(r.Verdict), Type: string(r.Verdict), Text: printable(r.Explain())}
	if len(r.Findings) > 0 {
		f := r.Findings[0]
		outcome.Message = printable(fmt.Sprintf("%s: expected %s, actual %s", f.Subject, f.Expected, f.Actual))
	}
	s.Tests++
	verdict := r.Verdict
	if r.Known != "" {
		outcome.Text = "known: " + printable(r.Known) + "\n" + outcome.Text
		switch verdict { // known failures don't fail the build; one that passes does
		case scenarios.Pass:
			verdict = scenarios.Fail
		case scenarios.Fail:
			verdict = scenarios.Blocked
		default:
		}
	}
	switch verdict {
	case scenarios.Pass:
	case scenarios.Warn:
		c.Output = "warning (a SHOULD is broken)\n" + outcome.Text + "\n" + c.Output
	case scenarios.Fail:
		c.Failure = outcome
		s.Failures++
	case scenarios.Errored:
		c.Error = outcome
		s.Errors++
	case scenarios.NotObservable, scenarios.NotSupported, scenarios.Blocked:
		c.Skipped = outcome
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
	s.took += r.Duration
	s.Time = seconds(s.took)
}

// printable drops what XML can't carry.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
