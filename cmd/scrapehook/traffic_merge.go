package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/simulator/traffic"
)

// maxReport is how large a report may be that is read, in bytes.
const maxReport = 64 << 20

func newTrafficMergeCmd() *cobra.Command {
	var output, slo string
	cmd := &cobra.Command{
		Use:   "merge REPORT.json...",
		Short: "Merge the JSON reports of a plan's shards into one",
		Long: `Merge the JSON reports of a plan's shards into one, exactly: counts are added and
histograms merged. A shard whose report is not given is counted as dropped.

Exit codes: 0 done, 1 an SLO is missed, 2 the reports can't be merged, 3 the
shards reached no endpoint, 130 one of them was interrupted.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTrafficMerge(cmd.OutOrStdout(), args, output, slo)
		},
	}
	cmd.Flags().StringVar(&output, "output", "text", "the report: text or json")
	cmd.Flags().StringVar(&slo, "slo", "", "what must hold, as for scrapehook traffic")
	return cmd
}

func runTrafficMerge(w io.Writer, paths []string, output, slo string) error {
	if output != "text" && output != "json" {
		return usageError("--output %q: use text or json", output)
	}
	var slos []traffic.SLO
	if slo != "" {
		var err error
		if slos, err = traffic.ParseSLOs(slo); err != nil {
			return usageError("--slo: %w", err)
		}
	}
	var reports []traffic.Report
	for _, path := range paths {
		report, err := readReport(path)
		if err != nil {
			return usageError("reading a report: %w", err)
		}
		reports = append(reports, report)
	}
	merged, err := traffic.Merge(reports)
	if err != nil {
		return usageError("merging: %w", err)
	}
	for _, s := range slos {
		merged.SLO = append(merged.SLO, s.Judge(&merged))
	}
	if err := writeReport(w, output, &merged); err != nil {
		return harnessError("writing the report: %w", err)
	}
	return exitOf(&merged)
}

func readReport(path string) (traffic.Report, error) {
	file, err := os.Open(path)
	if err != nil {
		return traffic.Report{}, err
	}
	defer func() { _ = file.Close() }() // it is only read
	text, err := io.ReadAll(io.LimitReader(file, maxReport+1))
	if err != nil {
		return traffic.Report{}, err
	}
	if len(text) > maxReport {
		return traffic.Report{}, fmt.Errorf("%s is larger than %d bytes", path, maxReport)
	}
	var report traffic.Report
	if err := json.Unmarshal(text, &report); err != nil {
		return traffic.Report{}, fmt.Errorf("%s: %w", path, err)
	}
	return report, nil
}
