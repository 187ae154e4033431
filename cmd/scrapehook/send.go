package main

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/sending"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/webhook"
)

// sendFlags is what the user asks of `scrapehook send`.
type sendFlags struct {
	notification webhook.Notification
	status       string
	profile      string
	attempts     int
	resendDelay  time.Duration
	output       string
	headers      []string
	verbose      bool
	watch        []string
	trust        trustFlags
}

func newSendCmd() *cobra.Command {
	f := sendFlags{notification: webhook.Notification{JobID: 1234, SitemapID: 12, SitemapName: "my-sitemap"}}
	cmd := &cobra.Command{
		Use:   "send URL",
		Short: "Send one notification, resend it as the cloud would, and show each attempt",
		Long: `Send one notification to URL, resend it as the cloud would, and show each attempt.

The same --job-id again is, to the endpoint, a resend: give another one for another job.

Of each answer the first and the last lines of its body are shown, because a
handler that breaks often prints there why; -v shows its headers and all of it.

Exit codes: 0 acknowledged, 1 given up, 2 wrong usage, 3 no attempt reached the
endpoint, 130 interrupted.`,
		Example: `  scrapehook send http://127.0.0.1:8080/webhook
  scrapehook send http://127.0.0.1:8080/webhook --status failed --job-id 1235
  scrapehook send http://127.0.0.1:8080/webhook -v -H 'X-Token: s3cret'
  scrapehook send http://127.0.0.1:8080/webhook --watch handler.php
  scrapehook send http://127.0.0.1:8080/webhook --attempts 1 --output json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return watching(cmd.Context(), f.watch, true, cmd.ErrOrStderr(), func(ctx context.Context, number int) error {
				again := f
				if number > 0 {
					awaitListening(ctx, args[0])
				}
				if !cmd.Flags().Changed("job-id") {
					again.notification.JobID += int64(number) // the same again is a resend
				}
				return runSend(ctx, cmd, args[0], again)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.status, "status", string(webhook.Finished), "the job's status: one that the profile notifies")
	flags.Int64Var(&f.notification.JobID, "job-id", f.notification.JobID, "scrapingjob_id")
	flags.Int64Var(&f.notification.SitemapID, "sitemap-id", f.notification.SitemapID, "sitemap_id")
	flags.StringVar(&f.notification.SitemapName, "sitemap-name", f.notification.SitemapName, "sitemap_name")
	flags.StringVar(&f.notification.CustomID, "custom-id", "", "custom_id (profile 2022)")
	addProfileFlag(flags, &f.profile)
	flags.IntVar(&f.attempts, "attempts", 0, "attempts in all, 0 is no limit (default: the profile's)")
	flags.DurationVar(&f.resendDelay, "resend-delay", 0, "wait before each resend (default: the profile's)")
	flags.StringVar(&f.output, "output", "text", "text, or json: one document when all is done")
	flags.StringArrayVarP(&f.headers, "header", "H", nil, "`'Name: value'` of a header to add or to replace; may be given more than once")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "show the answers' headers, and all of their bodies")
	flags.StringArrayVar(&f.watch, "watch", nil, watchUsage+"; each time with another job id")
	f.trust.add(flags)
	return cmd
}

func runSend(ctx context.Context, cmd *cobra.Command, url string, f sendFlags) error {
	profile, err := f.rules(cmd)
	if err != nil {
		return err
	}
	if err := f.check(url, profile); err != nil {
		return err
	}
	transport, err := f.transport()
	if err != nil {
		return err
	}
	f.notification.Status = webhook.Status(f.status)
	view := sending.NewView(cmd.OutOrStdout(), cmd.ErrOrStderr(), f.output == "json", f.verbose, profile)
	view.Begin(url, f.notification)
	delivered, err := sending.Deliver(ctx, delivery.Config{Profile: profile, Transport: transport}, url, f.notification, view)
	if err != nil {
		return harnessError("sending: %w", err)
	}
	outcome := delivered.Outcome()
	if err := view.End(url, f.notification, delivered); err != nil {
		return harnessError("writing the result: %w", err)
	}
	return sendExit(outcome)
}

// transport sends what the flags add, to whom they trust.
func (f sendFlags) transport() (http.RoundTripper, error) {
	header, err := sending.ParseHeader(f.headers)
	if err != nil {
		return nil, usageError("--header %w", err)
	}
	transport := delivery.NewTransport()
	if transport.TLSClientConfig, err = f.trust.config(); err != nil {
		return nil, err
	}
	return sending.WithHeader(transport, header), nil
}

// rules returns the profile with what the user changed of it.
func (f sendFlags) rules(cmd *cobra.Command) (webhook.Profile, error) {
	profile, err := webhook.ProfileByName(f.profile)
	if err != nil {
		return profile, usageError("--profile: %w", err)
	}
	if cmd.Flags().Changed("attempts") {
		profile.MaxAttempts = f.attempts
	}
	if cmd.Flags().Changed("resend-delay") {
		profile.ResendDelays = []time.Duration{f.resendDelay}
	}
	return profile, nil
}

// check refuses what cannot be sent, or what the cloud would never send.
func (f sendFlags) check(url string, profile webhook.Profile) error {
	status := webhook.Status(f.status)
	switch {
	case !status.Known():
		return usageError("--status %q is not a status of a job: use %s", f.status, human.Or(profile.Notifying...))
	case !profile.Notifies(status):
		return usageError("--status %s: profile %s does not notify it, only %s", f.status, profile.Name, human.And(profile.Notifying...))
	case f.notification.JobID <= 0:
		return usageError("--job-id %d must be above 0", f.notification.JobID)
	case f.notification.SitemapID <= 0:
		return usageError("--sitemap-id %d must be above 0", f.notification.SitemapID)
	case f.notification.CustomID != "" && !profile.CustomID:
		return usageError("--custom-id: profile %s sends none (profile 2022 does)", profile.Name)
	case profile.MaxAttempts < 0:
		return usageError("--attempts %d must be 0 (no limit) or more", profile.MaxAttempts)
	case slices.Min(profile.ResendDelays) < 0:
		return usageError("--resend-delay %v must not be below 0", f.resendDelay)
	case f.output != "text" && f.output != "json":
		return usageError("--output %q: use text or json", f.output)
	}
	if err := delivery.CheckURL(url); err != nil {
		return usageError("%w", err)
	}
	return nil
}

// sendExit is the command's error: the view has said all there is to say.
func sendExit(o sending.Outcome) error {
	switch o {
	case sending.Acknowledged:
		return nil
	case sending.Unreachable:
		return &exitError{code: exitHarness}
	case sending.Interrupted:
		return &exitError{code: exitInterrupted}
	case sending.GivenUp:
	}
	return &exitError{code: exitBroken}
}
