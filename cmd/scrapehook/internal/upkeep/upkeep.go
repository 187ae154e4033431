// Package upkeep shows what is left to do in a receiver's store, as text and as
// JSON documents.
package upkeep

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/scrapehook/scrapehook/receiver"
)

// Status is how much is left to do, as JSON.
type Status struct {
	Wanted  int64   `json:"imports_wanted"`
	Leased  int64   `json:"imports_leased"`
	Failing int64   `json:"imports_failing"`
	Lag     float64 `json:"import_lag_seconds"`
}

// StatusOf describes a backlog.
func StatusOf(b receiver.Backlog) Status {
	return Status{b.Wanted, b.Leased, b.Failing, b.Lag.Seconds()}
}

// WriteText writes s for people.
func (s Status) WriteText(to io.Writer) {
	oldest := "-"
	if s.Wanted > 0 {
		oldest = ago(time.Duration(s.Lag * float64(time.Second)))
	}
	fmt.Fprintf(to, "imports wanted   %d\n  worked on      %d\n  have failed    %d\noldest wanted    %s\n",
		s.Wanted, s.Leased, s.Failing, oldest)
}

func ago(d time.Duration) string { return d.Round(time.Second).String() + " ago" }

// Import is one import, as JSON.
type Import struct {
	JobID       int64            `json:"job_id"`
	State       State            `json:"state"`
	Next        time.Time        `json:"next"` // when it is due, when its lease ends, or when it was done
	WantedSince *time.Time       `json:"wanted_since,omitempty"`
	Attempts    int              `json:"failed_attempts"`
	LastError   string           `json:"last_error,omitempty"`
	Outcome     receiver.Outcome `json:"last_outcome,omitempty"`
}

// State is where an import stands.
type State string

// The states of an import.
const (
	Done    State = "done"
	Leased  State = "leased"  // it is being worked on
	Waiting State = "waiting" // for its next try
	Due     State = "due"
)

// ImportsOf describes imports as they stand at now.
func ImportsOf(list []receiver.ImportState, now time.Time) []Import {
	imports := make([]Import, 0, len(list)) // an empty list is not null
	for _, i := range list {
		d := Import{JobID: i.JobID, State: stateOf(i, now), Next: i.Next.UTC(),
			Attempts: i.Attempts, LastError: i.LastError, Outcome: i.Outcome}
		if i.Wanted {
			since := i.WantedSince.UTC()
			d.WantedSince = &since
		}
		imports = append(imports, d)
	}
	return imports
}

func stateOf(i receiver.ImportState, now time.Time) State {
	later := i.Next.After(now)
	switch {
	case !i.Wanted:
		return Done
	case i.Leased && later:
		return Leased
	case later:
		return Waiting
	}
	return Due
}

// WriteImports writes imports for people, as they stand at now.
func WriteImports(to io.Writer, imports []Import, now time.Time) {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "JOB\tSTATE\tWANTED\tFAILED\tLAST OUTCOME\tLAST ERROR")
	for _, i := range imports {
		state, wanted := string(i.State), "-"
		if i.State == Waiting {
			state = "tried again in " + i.Next.Sub(now).Round(time.Second).String()
		}
		if i.WantedSince != nil {
			wanted = ago(now.Sub(*i.WantedSince))
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%d\t%s\t%s\n", i.JobID, state, wanted, i.Attempts, orDash(string(i.Outcome)), orDash(i.LastError))
	}
	_ = table.Flush() // nobody is left to tell
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Retry is what became of a wish to import a job now, as JSON.
type Retry struct {
	JobID int64 `json:"job_id"`
	Due   bool  `json:"due"` // false: unknown here, or being worked on
}

// WriteRetries writes retries for people.
func WriteRetries(to io.Writer, retries []Retry) {
	for _, r := range retries {
		says := "due now"
		if !r.Due {
			says = "unknown here, or being worked on"
		}
		fmt.Fprintf(to, "job %d: %s\n", r.JobID, says)
	}
}

// RetryJobs has jobs imported now. all is false when one of them could not be had.
func RetryJobs(ctx context.Context, store receiver.Upkeep, jobs []int64) (retries []Retry, all bool, err error) {
	retries, all = make([]Retry, 0, len(jobs)), true
	for _, id := range jobs {
		ok, err := store.Hasten(ctx, id)
		if err != nil {
			return nil, false, err
		}
		all = all && ok
		retries = append(retries, Retry{JobID: id, Due: ok})
	}
	return retries, all, nil
}

// Missing is how many imports are done again because their rows were missing, as
// JSON.
type Missing struct {
	Due int `json:"due"`
}

// WriteText writes m for people.
func (m Missing) WriteText(to io.Writer) {
	fmt.Fprintf(to, "%d imports whose rows are missing: due now\n", m.Due)
}

// Check is what a check of a store has found, as JSON.
type Check struct {
	Whole    bool     `json:"whole"`
	Problems []string `json:"problems"`
}

// CheckOf describes what a check has found.
func CheckOf(problems []string) Check {
	return Check{len(problems) == 0, append([]string{}, problems...)}
}

// WriteText writes c for people.
func (c Check) WriteText(to io.Writer) {
	if c.Whole {
		fmt.Fprintln(to, "the store is whole")
	}
	for _, problem := range c.Problems {
		fmt.Fprintln(to, problem)
	}
}
