package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/remote"
	"github.com/scrapehook/scrapehook/internal/commandline"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/internal/redact"
	"github.com/scrapehook/scrapehook/webhook"
)

// triggerFlags are the flags of trigger.
type triggerFlags struct {
	control, output string
	insecure, wait  bool
	sitemap         int64
	customID        string
	rows            int
	ending          remote.Ending
}

func newTriggerCmd() *cobra.Command {
	var f triggerFlags
	statuses := texts(webhook.EndStatuses)()
	cmd := &cobra.Command{
		Use:   "trigger STATUS",
		Short: "Make a job end in a running cloud, and show how its notification fares",
		Long: `Make a job in a cloud that runs, and end it at once as ` + human.Or(statuses...) + `. The
cloud is one of 'scrapehook cloud', or the one around a command of 'scrapehook exec'.

The job's id is printed, and how the first attempt to notify of it ended; with --wait,
each attempt until the notification is acknowledged or given up. Resends come when the
cloud's clock says so: --time-scale of the cloud, or its control API, hurry them up.

Exit codes: 0 acknowledged, 1 not acknowledged, 2 wrong usage or refused by the cloud,
3 no cloud answers there, 130 interrupted.`,
		Example: `  scrapehook trigger finished
  scrapehook trigger failed --rows 50 --failed-pages 9 --wait
  scrapehook exec --endpoint http://127.0.0.1:8080/webhook -- scrapehook trigger finished`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(statuses, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("rows") {
				f.ending.Rows = &f.rows
			}
			return f.run(cmd.Context(), args[0], cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.control, "control-url", "http://127.0.0.1:8085/_scrapehook/", "`URL` of the cloud's control API")
	flags.IntVar(&f.rows, "rows", 0, "rows of the job in all (default the cloud's --rows)")
	flags.IntVar(&f.ending.FailedPages, "failed-pages", 0, "pages that failed")
	flags.IntVar(&f.ending.EmptyPages, "empty-pages", 0, "pages without rows")
	flags.Int64Var(&f.sitemap, "sitemap-id", 0, "`id` of the job's sitemap (default a new one)")
	flags.StringVar(&f.customID, "custom-id", "", "custom_id of the job")
	flags.BoolVar(&f.wait, "wait", false, "wait until the notification is acknowledged or given up")
	flags.StringVar(&f.output, "output", "text", "text, or json: one document when all is done")
	flags.BoolVar(&f.insecure, "insecure", false, "accept any TLS certificate")
	return cmd
}

// run makes the job and watches its notifications.
func (f triggerFlags) run(ctx context.Context, status string, stdout io.Writer) error {
	if err := checkOutput(f.output); err != nil {
		return err
	}
	if f.ending.Status = webhook.Status(status); !f.ending.Status.Ended() {
		statuses := texts(webhook.EndStatuses)()
		return usageError("%q is not how a job ends: use %s%s", status, human.Or(statuses...), commandline.DidYouMean(status, statuses))
	}
	cloud, err := remote.New(f.control, f.insecure)
	if err != nil {
		return usageError("--control-url: %w", err)
	}
	endpoints, err := cloud.Endpoints(ctx)
	if err != nil {
		return triggerError(ctx, err)
	}
	job, err := cloud.Trigger(ctx, f.sitemap, f.customID, f.ending)
	if err != nil {
		return triggerError(ctx, err)
	}
	text := io.Discard
	if f.output == "text" {
		text = stdout
	}
	fmt.Fprintf(text, "job %d %s, %s\n", job.ID, job.Status, human.Count(job.Rows, "row"))
	if len(endpoints) == 0 {
		return usageError("job %d has ended, but nobody is notified: start the cloud with --endpoint, or set endpoints over its control API", job.ID)
	}
	enough := func(seen []remote.Attempt) bool { return !f.wait && len(seen) >= len(endpoints) }
	attempts, outcome, err := cloud.Watch(ctx, job.ID, enough, func(a remote.Attempt) { writeAttempt(text, a) })
	if err != nil {
		return triggerError(ctx, err)
	}
	if f.output == "json" {
		if attempts == nil {
			attempts = []remote.Attempt{}
		}
		if err := writeJSON(stdout, struct {
			Job      remote.Job       `json:"job"`
			Outcome  remote.Outcome   `json:"outcome"`
			Attempts []remote.Attempt `json:"attempts"`
		}{job, outcome, attempts}); err != nil {
			return err
		}
	}
	if outcome != remote.Acknowledged {
		return &exitError{code: exitBroken}
	}
	return nil
}

// writeAttempt writes a line of an attempt that has ended.
func writeAttempt(out io.Writer, a remote.Attempt) {
	how := a.Reason
	if a.HTTPStatus != 0 {
		how += fmt.Sprintf(" by a %d", a.HTTPStatus)
	} else if a.Error != "" {
		how += " (" + a.Error + ")"
	}
	next := ""
	switch {
	case a.Resend != nil:
		next = ", to be resent"
	case !a.Acked():
		next = ", given up"
	}
	fmt.Fprintf(out, "attempt %d to %s: %s in %s%s\n", a.Number, redact.URL(a.URL), how, human.Duration(a.Ended.Sub(a.Started)), next)
}

// triggerError gives a failed call its exit code, and says what to do.
func triggerError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return &exitError{code: exitInterrupted}
	case errors.Is(err, remote.ErrNoCloud):
		return harnessError("%w; start one with 'scrapehook cloud', or say where it is with --control-url", err)
	}
	return usageError("%w", err)
}
