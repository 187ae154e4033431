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

// document is the JSON form of a report. Durations are whole milliseconds.
type document struct {
	Verdict      scenarios.Overall         `json:"verdict"`
	Interrupted  bool                      `json:"interrupted"`
	Version      string                    `json:"version"`
	Profile      string                    `json:"profile"`
	Endpoint     string                    `json:"endpoint"`
	Seed         uint64                    `json:"seed"`
	Fast         bool                      `json:"fast"`
	Began        time.Time                 `json:"began"`
	DurationMS   int64                     `json:"duration_ms"`
	Probes       []string                  `json:"probes"`
	Totals       map[scenarios.Verdict]int `json:"totals"`
	LanesMS      map[string]int64          `json:"lanes_ms"`
	Requirements []requirement             `json:"requirements"`
	Output       string                    `json:"receiver_output,omitempty"`
}

type requirement struct {
	ID         string            `json:"id"`
	Level      scenarios.Level   `json:"level"`
	Verdict    scenarios.Verdict `json:"verdict"`
	Title      string            `json:"title"`
	Known      string            `json:"known_failing,omitempty"`
	DurationMS int64             `json:"duration_ms"`
	Findings   []finding         `json:"findings"`
	Repair     string            `json:"repair,omitempty"`
	Evidence   []evidence        `json:"evidence"`
}

type finding struct {
	Verdict  scenarios.Verdict `json:"verdict"`
	Subject  string            `json:"subject"`
	Expected string            `json:"expected"`
	Actual   string            `json:"actual"`
}

type evidence struct {
	AtMS float64 `json:"at_ms"`
	Kind string  `json:"kind"`
	Text string  `json:"text"`
}

// JSON writes the report as one JSON document. version is that of the tool.
func JSON(w io.Writer, r scenarios.Report, version string) error {
	d := document{
		Verdict: r.Verdict, Interrupted: r.Interrupted, Version: version,
		Profile: r.Profile, Endpoint: r.Endpoint, Seed: r.Seed, Fast: r.Fast,
		Began: r.Began.UTC(), DurationMS: r.Duration.Milliseconds(),
		Probes: append([]string{}, r.Probes...), Totals: map[scenarios.Verdict]int{},
		LanesMS: map[string]int64{}, Requirements: []requirement{}, Output: r.Output,
	}
	for lane, took := range r.Lanes {
		d.LanesMS[lane.String()] = took.Milliseconds()
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
		ID: result.ID, Level: result.Level, Verdict: result.Verdict, Title: result.Title, Known: result.Known,
		DurationMS: result.Duration.Milliseconds(), Findings: []finding{}, Evidence: []evidence{},
	}
	if result.Repairable() {
		q.Repair = result.Repair
	}
	for _, f := range result.Findings {
		q.Findings = append(q.Findings, finding(f))
	}
	for _, e := range result.Evidence {
		q.Evidence = append(q.Evidence, evidence{float64(e.At.Microseconds()) / 1000, string(e.Kind), e.Text})
	}
	return q
}
