package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/internal/atomicfile"
	"github.com/scrapehook/scrapehook/internal/traffic/report"
)

// reportFlags say where reports go, and by what they are judged.
type reportFlags struct {
	output, html, slo string
}

func (f *reportFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.output, "output", "text", "the report: text or json")
	flags.StringVar(&f.html, "html", "", "`file` for the report as a page with charts")
	flags.StringVar(&f.slo, "slo", "", "what must hold, as in p99<500ms,delivered>=99.9%, or else the exit code is 1")
}

// reporter judges and writes reports.
type reporter struct {
	flags reportFlags
	slos  []report.SLO
}

func (f reportFlags) reporter() (*reporter, error) {
	if f.output != "text" && f.output != "json" {
		return nil, usageError("--output %q: use text or json", f.output)
	}
	if f.html != "" {
		if err := atomicfile.Check(f.html); err != nil { // before anything is sent
			return nil, usageError("--html: the report can't be written: %w", err)
		}
	}
	r := &reporter{flags: f}
	if f.slo != "" {
		var err error
		if r.slos, err = report.ParseSLOs(f.slo); err != nil {
			return nil, usageError("--slo: %w", err)
		}
	}
	return r, nil
}

// write judges the report and writes it wherever it is wanted.
func (r *reporter) write(stdout io.Writer, result *report.Report) error {
	for _, slo := range r.slos {
		result.SLO = append(result.SLO, slo.Judge(result))
	}
	var failed error
	if r.flags.html != "" {
		if err := atomicfile.Write(r.flags.html, atomicfile.Public, result.WriteHTML); err != nil {
			failed = fmt.Errorf("--html: %w", err)
		}
	}
	if err := r.print(stdout, result); err != nil {
		failed = errors.Join(failed, fmt.Errorf("writing the report: %w", err))
	}
	return failed
}

func (r *reporter) print(w io.Writer, result *report.Report) error {
	if r.flags.output == "text" {
		return result.WriteText(w)
	}
	return result.WriteJSON(w)
}

// exitOf is the exit code that follows from a report, which says why.
func exitOf(result *report.Report) error {
	switch {
	case result.Interrupted:
		return &exitError{code: exitInterrupted}
	case result.Unreached():
		return harnessError("no send reached the endpoint; is it running, and is the URL right?")
	}
	for _, s := range result.SLO {
		if !s.Met {
			return &exitError{code: exitBroken}
		}
	}
	return nil
}
