package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/scrapehook/scrapehook/internal/atomicfile"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/term"
	"github.com/scrapehook/scrapehook/internal/traffic/record"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/report"
)

// sink is one form of the report and where it goes.
type sink struct {
	flag   string
	path   string
	stdout io.Writer
	render func(io.Writer, scenarios.Report, *report.Comparison) error
}

// sinks returns where the report goes: its text to stdout, or to stderr when
// another form takes that. Files are tried before the run, so that
// a path that can't be written is known before anything is judged.
func (f conformFlags) sinks(stdout, stderr io.Writer) ([]sink, error) {
	forms := []sink{
		{"--json", f.jsonFile, stdout, report.JSON},
		{"--junit", f.junit, stdout, report.JUnit},
		{"--html", f.html, stdout, report.HTML},
		{"--badge", f.badge, stdout, report.Badge},
		{"--markdown", f.markdown, stdout, report.Markdown},
	}
	switch f.output {
	case "json":
		forms = append(forms, sink{"--output", "-", stdout, report.JSON})
	case "markdown":
		forms = append(forms, sink{"--output", "-", stdout, report.Markdown})
	}
	text := stdout
	var sinks []sink
	by := map[string]string{} // the flag that a path is taken by
	for _, s := range forms {
		if s.path == "" {
			continue
		}
		if s.path == "-" {
			if text == stderr {
				return nil, usageError("only one form of the report can have stdout: give the others a file in place of -")
			}
			text = stderr
		} else if err := s.try(by); err != nil {
			return nil, err
		}
		sinks = append(sinks, s)
	}
	asText := func(w io.Writer, r scenarios.Report, c *report.Comparison) error {
		style := styleOf(text)
		for _, s := range sinks {
			if s.path != "-" {
				style.Files = append(style.Files, s.path)
			}
		}
		return report.Text(w, r, c, style)
	}
	return append([]sink{{stdout: text, render: asText}}, sinks...), nil
}

// try finds out whether the sink's file can be written, and is no other form's.
func (s sink) try(by map[string]string) error {
	path := filepath.Clean(s.path)
	if other := by[path]; other != "" && path != os.DevNull {
		return usageError("%s and %s name the same file, %s", other, s.flag, s.path)
	}
	by[path] = s.flag
	if err := atomicfile.Check(s.path); err != nil {
		return usageError("%s: the report can't be written: %w", s.flag, err)
	}
	return nil
}

// writeAll writes every form that can be written.
func writeAll(sinks []sink, r scenarios.Report, c *report.Comparison) error {
	var failed error
	for _, s := range sinks {
		failed = errors.Join(failed, s.write(r, c))
	}
	return failed
}

func (s sink) write(r scenarios.Report, c *report.Comparison) error {
	if s.path == "" || s.path == "-" {
		return s.render(s.stdout, r, c)
	}
	err := atomicfile.Write(s.path, atomicfile.Public, func(w io.Writer) error { return s.render(w, r, c) })
	if err != nil {
		return fmt.Errorf("%s: writing the report: %w", s.flag, err)
	}
	return nil
}

// listRequirements prints the catalogue, or the selected part of it.
func listRequirements(w io.Writer, selected []scenarios.Scenario, output string) error {
	if output == "json" {
		type entry struct {
			ID        string          `json:"id"`
			Level     scenarios.Level `json:"level"`
			Title     string          `json:"title"`
			Source    string          `json:"source"`
			Sent      string          `json:"sent"`
			Observed  string          `json:"observed"`
			NeedsRun  bool            `json:"needs_run"`
			NeedsView bool            `json:"needs_probe"`
		}
		list := []entry{}
		for _, s := range selected {
			list = append(list, entry{
				s.ID, s.Level, s.Title, fmt.Sprintf("%s: %q", s.Source.Document, s.Source.Quote),
				s.Sent, s.Observed, s.Phase == scenarios.Kill, s.Effect,
			})
		}
		out := json.NewEncoder(w)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(list)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tLEVEL\tNEEDS\tREQUIREMENT")
	for _, s := range selected {
		needs := cmp.Or(strings.Join(s.Requires(), ", "), "-")
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", s.ID, s.Level, needs, s.Title)
	}
	return table.Flush()
}

// beginRecord has what is sent recorded, if that is asked for: the forms, which
// are what can be sent again. end completes the record.
func (f conformFlags) beginRecord(cfg *scenarios.Config) (end func() error, err error) {
	if f.record == "" {
		return func() error { return nil }, nil
	}
	recorder, err := record.Create(f.record, []string{cfg.Endpoint}, cfg.Profile.Name)
	if err != nil {
		return nil, err
	}
	cfg.Sent = func(job int64, r delivery.Request, a delivery.Attempt) {
		if r.Method == "" && r.ContentType == "" {
			recorder.AddAttempt(job, a, r.Body)
		}
	}
	return recorder.Close, nil
}

// comparing reads the earlier report, if there is one to compare with, and
// returns what compares a later one with it. It does so before the run, because
// the run may overwrite it.
func (f conformFlags) comparing() (func(scenarios.Report) *report.Comparison, error) {
	if f.compare == "" {
		return func(scenarios.Report) *report.Comparison { return nil }, nil
	}
	before, err := report.ReadSummary(f.compare)
	if err != nil {
		return nil, usageError("--compare: %w", err)
	}
	return func(r scenarios.Report) *report.Comparison {
		c := report.Compare(before, report.SummaryOf(r))
		return &c
	}, nil
}

// styleOf is how text for w should look.
func styleOf(w io.Writer) report.Style {
	columns, _ := term.Size(w)
	return report.Style{Color: term.Color(w), Width: columns}
}
