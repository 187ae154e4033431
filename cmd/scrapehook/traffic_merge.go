package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/internal/traffic/report"
)

func newTrafficMergeCmd() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "merge REPORT.json...",
		Short: "Merge the JSON reports of a plan's shards into one",
		Long: `Merge the JSON reports of a plan's shards into one, exactly: counts are added and
histograms merged. A shard whose report is not given is counted as dropped.

Exit codes: 0 done, 1 an SLO is missed, 2 the reports can't be merged, 3 the
shards reached no endpoint, 130 one of them was interrupted.`,
		Example: `  scrapehook traffic merge shard-1.json shard-2.json --html whole.html`,
		Args:    cobra.MinimumNArgs(1),
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
	var reports []report.Report
	for _, path := range paths {
		result, err := readReport(path)
		if err != nil {
			return usageError("reading a report: %w", err)
		}
		reports = append(reports, result)
	}
	merged, err := report.Merge(reports)
	if err != nil {
		return usageError("merging: %w", err)
	}
	if err := reporter.write(stdout, &merged); err != nil {
		return harnessError("%w", err)
	}
	return exitOf(&merged)
}

func readReport(path string) (report.Report, error) {
	file, err := os.Open(path)
	if err != nil {
		return report.Report{}, err
	}
	defer func() { _ = file.Close() }() // it is only read
	result, err := report.Read(file)
	if err != nil {
		return result, fmt.Errorf("%s: %w", path, err)
	}
	return result, nil
}
