package main

import (
	"context"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/storage"
	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/upkeep"
)

// answer is what a command of a store's upkeep says, and whether all is well.
type answer struct {
	document any // as JSON
	text     func(io.Writer)
	ok       bool
}

// upkeepCmd completes a command that opens a store and answers something about it.
func upkeepCmd(store *string, cmd *cobra.Command, ask func(context.Context, *storage.Desk) (answer, error)) *cobra.Command {
	var form string
	cmd.Flags().StringVar(&form, "output", "text", "text, or json: one document")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if form != "text" && form != "json" {
			return usageError("--output %q: use text or json", form)
		}
		if err := checkStore(*store); err != nil {
			return err
		}
		desk, err := storage.OpenDesk(cmd.Context(), *store)
		if err != nil {
			return openError(err)
		}
		defer desk.Close()
		a, err := ask(cmd.Context(), desk)
		if err != nil {
			return harnessError("%w", err)
		}
		if form == "text" {
			a.text(cmd.OutOrStdout())
		} else {
			indented := json.NewEncoder(cmd.OutOrStdout())
			indented.SetIndent("", "  ")
			if err := indented.Encode(a.document); err != nil {
				return err
			}
		}
		if !a.ok {
			return &exitError{code: exitBroken}
		}
		return nil
	}
	return cmd
}

func newReceiveStatusCmd(store *string) *cobra.Command {
	return upkeepCmd(store, &cobra.Command{
		Use:   "status",
		Short: "Show how much a receiver has left to do",
		Example: `  scrapehook receive status --store receiver.db
  scrapehook receive status --store receiver.db --output json`,
		Args: cobra.NoArgs,
	}, func(ctx context.Context, desk *storage.Desk) (answer, error) {
		backlog, err := desk.Backlog(ctx)
		status := upkeep.StatusOf(backlog)
		return answer{status, status.WriteText, true}, err
	})
}

func newReceiveListCmd(store *string) *cobra.Command {
	var all bool
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the imports that a receiver has left to do",
		Example: `  scrapehook receive list --store receiver.db
  scrapehook receive list --store receiver.db --all --limit 1000`,
		Args: cobra.NoArgs,
		PreRunE: func(*cobra.Command, []string) error {
			if limit < 1 {
				return usageError("--limit %d: use one or more", limit)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "list those that are done too")
	cmd.Flags().IntVar(&limit, "limit", 100, "list at most so many")
	return upkeepCmd(store, cmd, func(ctx context.Context, desk *storage.Desk) (answer, error) {
		list, err := desk.Imports(ctx, all, limit)
		now := time.Now()
		imports := upkeep.ImportsOf(list, now)
		return answer{imports, func(to io.Writer) { upkeep.WriteImports(to, imports, now) }, true}, err
	})
}

func newReceiveRetryCmd(store *string) *cobra.Command {
	var missing bool
	var jobs []int64
	cmd := &cobra.Command{
		Use:   "retry JOB... | --missing",
		Short: "Have jobs imported now: those that wait, and those that are done once more",
		Long: `Have jobs imported now: those that wait for their next try, and those that are
done once more, which changes nothing unless the job has changed. The receiver
need not be stopped, and notices within a few seconds.

With --missing, have those imported again that are recorded as done and whose
rows are not there, because they were deleted, replaced or restored from an
older backup. What the cloud has no more ends as missing (see list --all).`,
		Example: `  scrapehook receive retry 1042886093 --store receiver.db
  scrapehook receive retry --missing --store receiver.db`,
		PreRunE: func(_ *cobra.Command, args []string) (err error) {
			if jobs, err = parseJobs(args); err == nil && (len(jobs) > 0) == missing {
				err = usageError("name jobs, or use --missing")
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&missing, "missing", false, "those that are recorded as done and whose rows are not there")
	return upkeepCmd(store, cmd, func(ctx context.Context, desk *storage.Desk) (answer, error) {
		if missing {
			n, err := desk.RetryMissing(ctx)
			return answer{upkeep.Missing{Due: n}, upkeep.Missing{Due: n}.WriteText, true}, err
		}
		retries, all, err := upkeep.RetryJobs(ctx, desk, jobs)
		return answer{retries, func(to io.Writer) { upkeep.WriteRetries(to, retries) }, all}, err
	})
}

func newReceiveCheckCmd(store *string) *cobra.Command {
	return upkeepCmd(store, &cobra.Command{
		Use:   "check",
		Short: "Check a store whole: damage, missing imports, missing rows",
		Long: `Check a store whole, which takes as long as reading it: whether its files are
damaged, whether the rows of every import that is recorded as done are there, and
as many as were imported. The receiver need not be stopped.

Exit codes: 0 nothing is wrong, 1 something is, 3 the store can't be read.`,
		Example: `  scrapehook receive check --store receiver.db`,
		Args:    cobra.NoArgs,
	}, func(ctx context.Context, desk *storage.Desk) (answer, error) {
		problems, err := desk.Check(ctx)
		check := upkeep.CheckOf(problems)
		return answer{check, check.WriteText, check.Whole}, err
	})
}

func parseJobs(args []string) ([]int64, error) {
	jobs := make([]int64, len(args))
	for i, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || id < 1 {
			return nil, usageError("%q is not a job id", arg)
		}
		jobs[i] = id
	}
	return jobs, nil
}
