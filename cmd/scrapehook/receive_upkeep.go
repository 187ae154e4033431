package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/receiver"
)

// upkeepOutput is the form in which the commands of a store's upkeep answer.
type upkeepOutput struct{ form string }

func (o *upkeepOutput) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.form, "output", "text", "text, or json: one document")
}

func (o *upkeepOutput) check() error {
	if o.form != "text" && o.form != "json" {
		return usageError("--output %q: use text or json", o.form)
	}
	return nil
}

// write writes document if the form is JSON, and has text write otherwise.
func (o *upkeepOutput) write(to io.Writer, document any, text func()) error {
	if o.form != "json" {
		text()
		return nil
	}
	indented := json.NewEncoder(to)
	indented.SetIndent("", "  ")
	return indented.Encode(document)
}

// statusDocument is what status says, as JSON.
type statusDocument struct {
	Wanted  int64   `json:"imports_wanted"`
	Leased  int64   `json:"imports_leased"`
	Failing int64   `json:"imports_failing"`
	Lag     float64 `json:"import_lag_seconds"`
}

func newReceiveStatusCmd(store *string) *cobra.Command {
	var output upkeepOutput
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how much a receiver has left to do",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := output.check(); err != nil {
				return err
			}
			upkeep, done, err := openUpkeep(cmd.Context(), *store)
			if err != nil {
				return err
			}
			defer done()
			l, err := upkeep.Backlog(cmd.Context())
			if err != nil {
				return harnessError("%w", err)
			}
			return output.write(cmd.OutOrStdout(), statusDocument{l.Wanted, l.Leased, l.Failing, l.Lag.Seconds()}, func() {
				fmt.Fprintf(cmd.OutOrStdout(), "imports wanted   %d\n  worked on      %d\n  have failed    %d\noldest wanted    %s\n",
					l.Wanted, l.Leased, l.Failing, ago(l.Lag, l.Wanted > 0))
			})
		},
	}
	output.addTo(cmd)
	return cmd
}

func ago(d time.Duration, meant bool) string {
	if !meant {
		return "-"
	}
	return d.Round(time.Second).String() + " ago"
}

// importDocument is what list says of an import, as JSON.
type importDocument struct {
	JobID       int64            `json:"job_id"`
	State       string           `json:"state"` // done, leased, waiting or due
	Next        time.Time        `json:"next"`  // when it is due, when its lease ends, or when it was done
	WantedSince *time.Time       `json:"wanted_since,omitempty"`
	Attempts    int              `json:"failed_attempts"`
	LastError   string           `json:"last_error,omitempty"`
	Outcome     receiver.Outcome `json:"last_outcome,omitempty"`
}

func newReceiveListCmd(store *string) *cobra.Command {
	var all bool
	var limit int
	var output upkeepOutput
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the imports that a receiver has left to do",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 {
				return usageError("--limit %d: use one or more", limit)
			}
			if err := output.check(); err != nil {
				return err
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
			now := time.Now()
			return output.write(cmd.OutOrStdout(), importDocuments(list, now), func() { writeImports(cmd.OutOrStdout(), list, now) })
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "list those that are done too")
	cmd.Flags().IntVar(&limit, "limit", 100, "list at most so many")
	output.addTo(cmd)
	return cmd
}

func importDocuments(list []receiver.ImportState, now time.Time) []importDocument {
	documents := make([]importDocument, 0, len(list)) // an empty list is no null
	for _, i := range list {
		d := importDocument{JobID: i.JobID, State: stateOf(i, now), Next: i.Next.UTC(),
			Attempts: i.Attempts, LastError: i.LastError, Outcome: i.Outcome}
		if i.Wanted {
			since := i.WantedSince.UTC()
			d.WantedSince = &since
		}
		documents = append(documents, d)
	}
	return documents
}

func writeImports(to io.Writer, list []receiver.ImportState, now time.Time) {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "JOB\tSTATE\tWANTED\tFAILED\tLAST OUTCOME\tLAST ERROR")
	for _, i := range list {
		state := stateOf(i, now)
		if state == stateWaiting {
			state = "tried again in " + i.Next.Sub(now).Round(time.Second).String()
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%d\t%s\t%s\n", i.JobID, state,
			ago(now.Sub(i.WantedSince), i.Wanted), i.Attempts, orDash(string(i.Outcome)), orDash(i.LastError))
	}
	_ = table.Flush() // nobody is left to tell
}

// Where an import stands.
const (
	stateDone    = "done"
	stateLeased  = "leased" // it is being worked on
	stateWaiting = "waiting"
	stateDue     = "due"
)

func stateOf(i receiver.ImportState, now time.Time) string {
	later := i.Next.After(now)
	switch {
	case !i.Wanted:
		return stateDone
	case i.Leased && later:
		return stateLeased
	case later:
		return stateWaiting
	}
	return stateDue
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// retryDocument is what retry says of a job, as JSON.
type retryDocument struct {
	JobID int64 `json:"job_id"`
	Due   bool  `json:"due"` // false: unknown here, or being worked on
}

func newReceiveRetryCmd(store *string) *cobra.Command {
	var output upkeepOutput
	cmd := &cobra.Command{
		Use:   "retry JOB...",
		Short: "Have jobs imported now: those that wait, and those that are done once more",
		Long: `Have jobs imported now: those that wait for their next try, and those that are
done once more, which changes nothing unless the job has changed. The receiver
need not be stopped, and notices within a few seconds.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			jobs, err := parseJobs(args)
			if err != nil {
				return err
			}
			if err := output.check(); err != nil {
				return err
			}
			upkeep, done, err := openUpkeep(cmd.Context(), *store)
			if err != nil {
				return err
			}
			defer done()
			missed := false
			documents := make([]retryDocument, 0, len(jobs))
			for _, id := range jobs {
				ok, err := upkeep.Hasten(cmd.Context(), id)
				if err != nil {
					return harnessError("%w", err)
				}
				missed = missed || !ok
				documents = append(documents, retryDocument{id, ok})
			}
			if err := output.write(cmd.OutOrStdout(), documents, func() { writeRetries(cmd.OutOrStdout(), documents) }); err != nil {
				return err
			}
			if missed {
				return &exitError{code: exitBroken}
			}
			return nil
		},
	}
	output.addTo(cmd)
	return cmd
}

func parseJobs(args []string) ([]int64, error) {
	jobs := make([]int64, len(args))
	for i, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || id < 1 {
			return nil, usageError("%q is no job's id", arg)
		}
		jobs[i] = id
	}
	return jobs, nil
}

func writeRetries(to io.Writer, documents []retryDocument) {
	for _, d := range documents {
		says := "due now"
		if !d.Due {
			says = "unknown here, or being worked on"
		}
		fmt.Fprintf(to, "job %d: %s\n", d.JobID, says)
	}
}
