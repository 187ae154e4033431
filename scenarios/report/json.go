// Package report writes the outcome of a conformance run: for terminals, for
// programs and for CI systems. All forms say the same.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
)

// schemaVersion is that of docs/conform-report.schema.json. Within a version,
// fields are only added.
const schemaVersion = 2

// document is the JSON form of a report. Durations are milliseconds.
type document struct {
	Schema int `json:"schema"`
	Summary
	learned
	Conclusion   conclusion                `json:"conclusion"`
	Interrupted  bool                      `json:"interrupted"`
	Name         string                    `json:"name"`
	Command      string                    `json:"command,omitempty"`
	DurationMS   int64                     `json:"duration_ms"`
	Probes       []string                  `json:"probes"`
	Declared     declared                  `json:"declared"`
	API          string                    `json:"api_url"`
	Waits        waits                     `json:"waits_ms"`
	Totals       map[scenarios.Verdict]int `json:"totals"`
	PhasesMS     map[string]int64          `json:"phases_ms"`
	Requirements []requirement             `json:"requirements"`
	Output       string                    `json:"receiver_output,omitempty"`
	Compared     *Comparison               `json:"compared,omitempty"`
}

// conclusion is what the verdict means.
type conclusion struct {
	Headline    string   `json:"headline"`
	Meaning     string   `json:"meaning"`
	NotLookedAt []string `json:"not_looked_at"`
	Next        string   `json:"next"`
	Repairs     []string `json:"repairs"`
	Badge       string   `json:"badge"`
	ExitCode    int      `json:"exit_code"`
	Catalogue   int      `json:"catalogue"`
}

func conclusionOf(r scenarios.Report) conclusion {
	c := r.Conclude()
	return conclusion{
		c.Headline, c.Meaning, array(c.NotLookedAt), c.Next, array(c.Repairs), c.Badge, c.ExitCode, r.Catalogue,
	}
}

type declared struct {
	Token        string            `json:"token,omitempty"`
	Unsupported  map[string]string `json:"unsupported"`
	KnownFailing map[string]string `json:"known_failing"`
	Run          string            `json:"run,omitempty"`
	StartCommand string            `json:"start_cmd,omitempty"`
	KillCommand  string            `json:"kill_cmd,omitempty"`
}

type waits struct {
	Effect int64 `json:"effect_timeout"`
	Retry  int64 `json:"retry_timeout"`
	Quiet  int64 `json:"quiet"`
}

type requirement struct {
	Judged
	Phase      string     `json:"phase"`
	Source     source     `json:"source"`
	BeganMS    float64    `json:"began_ms"`
	DurationMS int64      `json:"duration_ms"`
	WaitedMS   int64      `json:"waited_ms"`
	Findings   []finding  `json:"findings"`
	Repair     string     `json:"repair,omitempty"`
	Evidence   []evidence `json:"evidence"`
	Output     string     `json:"receiver_output,omitempty"`
}

type source struct {
	Quote    string `json:"quote"`
	Document string `json:"document"`
	URL      string `json:"url,omitempty"`
}

type finding struct {
	Verdict  scenarios.Verdict `json:"verdict"`
	Subject  string            `json:"subject"`
	Expected string            `json:"expected"`
	Actual   string            `json:"actual"`
	Damage   scenarios.Damage  `json:"damage,omitempty"`
	WantRow  string            `json:"want_row,omitempty"`
	GotRow   string            `json:"got_row,omitempty"`
}

type evidence struct {
	AtMS   float64        `json:"at_ms"`
	TookMS float64        `json:"took_ms"`
	Kind   scenarios.Kind `json:"kind"`
	Text   string         `json:"text"`
	Wire   *wire          `json:"wire,omitempty"`
}

type wire struct {
	Request message `json:"request"`
	Answer  message `json:"answer"`
	Curl    string  `json:"curl,omitempty"`
}

type message struct {
	Head  string `json:"head"`
	Body  string `json:"body"`
	Bytes int64  `json:"body_bytes"`
}

// JSON writes the report as one JSON document, with what changed since an
// earlier one; nil when nothing was compared.
func JSON(w io.Writer, r scenarios.Report, compared *Comparison) error {
	d := document{
		Schema: schemaVersion, Summary: SummaryOf(r), learned: learnedOf(r), Conclusion: conclusionOf(r), Interrupted: r.Interrupted, Name: r.Name, Command: r.Command,
		DurationMS: r.Duration.Milliseconds(), Probes: array(r.Probes),
		Declared: declared(r.Declared), API: r.APIURL,
		Waits:  waits{r.EffectTimeout.Milliseconds(), r.RetryTimeout.Milliseconds(), r.Quiet.Milliseconds()},
		Totals: map[scenarios.Verdict]int{}, PhasesMS: map[string]int64{}, Requirements: []requirement{},
		Output: r.Output, Compared: compared,
	}
	d.Declared.Unsupported, d.Declared.KnownFailing = orEmpty(r.Declared.Unsupported), orEmpty(r.Declared.KnownFailing)
	for phase, took := range r.Phases {
		d.PhasesMS[phase.String()] = took.Milliseconds()
	}
	totals := r.Totals()
	for _, v := range scenarios.Verdicts() {
		d.Totals[v] = totals[v] // every verdict is there, also with 0
	}
	for _, result := range r.Results {
		d.Requirements = append(d.Requirements, requirementOf(result))
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(d); err != nil {
		return fmt.Errorf("writing the report as JSON: %w", err)
	}
	return nil
}

func requirementOf(result scenarios.Result) requirement {
	q := requirement{
		Judged: judgedOf(result), Phase: result.Phase.String(), Source: source{result.Source.Quote, result.Source.Document, citationURL(result.Source)},
		BeganMS: milliseconds(result.Began), DurationMS: result.Duration.Milliseconds(), WaitedMS: result.Waited.Milliseconds(),
		Findings: []finding{}, Evidence: []evidence{}, Output: result.Output,
	}
	if result.Repairable() {
		q.Repair = result.Repair
	}
	for _, f := range result.Findings {
		q.Findings = append(q.Findings, finding(f))
	}
	for _, e := range result.Evidence {
		q.Evidence = append(q.Evidence, evidenceOf(e))
	}
	return q
}

func evidenceOf(e scenarios.Evidence) evidence {
	out := evidence{AtMS: milliseconds(e.At), TookMS: milliseconds(e.Took), Kind: e.Kind, Text: e.Text}
	if e.Wire != nil {
		out.Wire = &wire{message(e.Wire.Request), message(e.Wire.Answer), e.Wire.Curl}
	}
	return out
}

// milliseconds keeps the microseconds.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// orEmpty makes an object of no map, rather than null.
func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
