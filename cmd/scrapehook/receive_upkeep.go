package main

import (
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/receiver"
)

func newReceiveStatusCmd(store *string) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show how much a receiver has left to do",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			upkeep, done, err := openUpkeep(cmd.Context(), *store)
			if err != nil {
				return err
			}
			defer done()
			l, err := upkeep.Backlog(cmd.Context())
			if err != nil {
				return harnessError("%w", err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "imports wanted   %d\n  worked on      %d\n  have failed    %d\noldest wanted    %s\n",
				l.Wanted, l.Leased, l.Failing, ago(l.Lag, l.Wanted > 0))
			return nil
		},
	}
}

func ago(d time.Duration, meant bool) string {
	if !meant {
		return "-"
	}
	return d.Round(time.Second).String() + " ago"
}

func newReceiveListCmd(store *string) *cobra.Command {
	var all bool
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the imports that a receiver has left to do",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 {
				return usageError("--limit %d: use one or more", limit)
			}
			upkeep, done, err := openUpkeep(cmd.Context(), *store)
			if err != nil {
				return err
			}
			defer done()
			list, err := upkeep.Imports(cmd.Context(), all, limit)
			if err != nil {
				return harnessError("%w", err)
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "JOB\tSTATE\tWANTED\tFAILED\tLAST OUTCOME\tLAST ERROR")
			for _, i := range list {
				fmt.Fprintf(table, "%d\t%s\t%s\t%d\t%s\t%s\n", i.JobID, stateOf(i, time.Now()),
					ago(time.Since(i.WantedSince), i.Wanted), i.Attempts, orDash(string(i.Outcome)), orDash(i.LastError))
			}
			return table.Flush()
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "list those that are done too")
	cmd.Flags().IntVar(&limit, "limit", 100, "list at most so many")
	return cmd
}

// stateOf says in a few words where an import stands.
func stateOf(i receiver.ImportState, now time.Time) string {
	wait := i.Next.Sub(now)
	switch {
	case !i.Wanted:
		return "done"
	case i.Leased && wait > 0:
		return "worked on"
	case wait > 0:
		return "tried again in " + wait.Round(time.Second).String()
	}
	return "due"
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func newReceiveRetryCmd(store *string) *cobra.Command {
	return &cobra.Command{
		Use:   "retry JOB...",
		Short: "Have jobs imported now: those that wait, and those that are done once more",
		Long: `Have jobs imported now: those that wait for their next try, and those that are
done once more, which changes nothing unless the job has changed. The receiver
need not be stopped, and notices within a few seconds.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			jobs := make([]int64, len(args))
			for i, arg := range args {
				id, err := strconv.ParseInt(arg, 10, 64)
				if err != nil || id < 1 {
					return usageError("%q is no job's id", arg)
				}
				jobs[i] = id
			}
			upkeep, done, err := openUpkeep(cmd.Context(), *store)
			if err != nil {
				return err
			}
			defer done()
			missed := false
			for _, id := range jobs {
				ok, err := upkeep.Hasten(cmd.Context(), id)
				if err != nil {
					return harnessError("%w", err)
				}
				says := "due now"
				if !ok {
					missed, says = true, "unknown here, or being worked on"
				}
				fmt.Fprintf(cmd.OutOrStdout(), "job %d: %s\n", id, says)
			}
			if missed {
				return &exitError{code: exitBroken}
			}
			return nil
		},
	}
}
