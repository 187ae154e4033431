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
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "merge REPORT.json...",
		Short: "Merge the JSON reports of a plan's shards into one",
		Long: `Merge the JSON reports of a plan's shards into one, exactly: counts are added and
histograms merged. A shard whose report is not given is counted as dropped.

Exit codes: 0 done, 1 an SLO is missed, 2 the reports can't be merged, 3 the
shards reached no endpoint, 130 one of them was interrupted.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTrafficMerge(cmd.OutOrStdout(), args, f)
		},
	}
	f.add(cmd)
	return cmd
}

func runTrafficMerge(stdout io.Writer, paths []string, f reportFlags) error {
	reporter, err := f.reporter()
	if err != nil {
		return err
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
	if err := reporter.write(stdout, &merged); err != nil {
		return harnessError("%w", err)
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
