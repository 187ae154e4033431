package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/simulator"
	"github.com/scrapehook/scrapehook/simulator/api"
	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// cloudFlags are the flags of cloud.
type cloudFlags struct {
	listen, token    string
	endpoints        []string
	profile, outcome string
	output           string
	seed             uint64
	jobTime          time.Duration
	rows             int
	allowRemote      bool
}

func newCloudCmd() *cobra.Command {
	var f cloudFlags
	cmd := &cobra.Command{
		Use:   "cloud",
		Short: "Run a simulated Web Scraper Cloud: its API, its jobs and its notifications",
		Long: `Run a simulated Web Scraper Cloud. Sitemaps and scraping jobs are created over
its API, as at the vendor's. Each job ends by itself after --job-time, is
notified to every --endpoint, and its rows can be downloaded. Everything is held
in memory and gone at the stop.

The API's URL and token are printed to stdout, calls and attempts are logged to
stderr.

Exit codes: 0 stopped by SIGINT or SIGTERM, 2 wrong usage, 3 the address cannot
be opened.`,
		Example: `  scrapehook cloud --endpoint http://127.0.0.1:8080/webhook?token=s3cret
  scrapehook cloud --job-time 1s --rows 100000 --outcome finished=90,failed=10`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("seed") {
				f.seed = uint64(rand.Uint32N(1 << 31)) //nolint:gosec // to be repeatable, not secret
			}
			return runCloud(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8085", "`address` of the API; port 0 picks one")
	flags.BoolVar(&f.allowRemote, "allow-remote", false, "let --listen be an address that other machines reach")
	flags.StringArrayVar(&f.endpoints, "endpoint", nil, "`URL` to notify; several may be given")
	flags.StringVar(&f.token, "token", "scrapehook", "`token` that calls of the API must bear")
	flags.Uint64Var(&f.seed, "seed", 0, "decides ids, rows and outcomes (default random, and printed)")
	flags.StringVar(&f.profile, "profile", webhook.Profile2020().Name, "the sender's rules: 2020 or 2022")
	flags.DurationVar(&f.jobTime, "job-time", 5*time.Second, "how long a job takes")
	flags.IntVar(&f.rows, "rows", 100, "rows of a job; one that fails or is stopped has half of them")
	flags.StringVar(&f.outcome, "outcome", "finished=1", "`shares` of how jobs end: of finished, failed, stopped and shelved")
	flags.StringVar(&f.output, "output", "text", "text, or json: where the API is, as one line of JSON")
	return cmd
}

// runCloud runs the simulator until ctx ends, which is what users stop a server
// by and therefore no failure.
func runCloud(ctx context.Context, f cloudFlags, stdout, stderr io.Writer) error {
	cfg, err := f.config()
	if err != nil {
		return err
	}
	log := &cloudLog{out: stderr, now: time.Now}
	cfg.OnCall, cfg.OnAttempt, cfg.OnError = log.call, log.attempt, log.failure
	sim, err := simulator.New(ctx, cfg)
	if errors.Is(err, simulator.ErrListen) {
		return harnessError("%w", err)
	}
	if err != nil {
		return usageError("%w", err)
	}
	if err := f.announce(sim.BaseURL(), stdout); err != nil {
		_ = sim.Close() // nothing was served
		return harnessError("writing where the API is: %w", err)
	}
	if err := sim.Run(ctx); err != nil {
		return harnessError("%w", err)
	}
	log.stopped(sim.Unended(), sim.Sender.Pending())
	return nil
}

// config is what the flags ask for.
func (f cloudFlags) config() (simulator.Config, error) {
	profile, err := webhook.ProfileByName(f.profile)
	if err != nil {
		return simulator.Config{}, usageError("--profile: %w", err)
	}
	outcomes, err := simulator.ParseMix(f.outcome)
	if err != nil {
		return simulator.Config{}, usageError("--outcome: %w", err)
	}
	if f.output != "text" && f.output != "json" {
		return simulator.Config{}, usageError("--output %q: use text or json", f.output)
	}
	return simulator.Config{
		Listen: f.listen, AllowRemote: f.allowRemote, Token: f.token, Endpoints: f.endpoints,
		Seed: f.seed, Profile: profile, JobTime: f.jobTime, Rows: f.rows, Outcomes: outcomes,
	}, nil
}

// announce tells where the API is.
func (f cloudFlags) announce(url string, stdout io.Writer) error {
	if f.output == "json" {
		return json.NewEncoder(stdout).Encode(struct {
			APIURL    string   `json:"api_url"`
			Token     string   `json:"token"`
			Seed      uint64   `json:"seed"`
			Profile   string   `json:"profile"`
			Endpoints []string `json:"endpoints"`
		}{url, f.token, f.seed, f.profile, append([]string{}, f.endpoints...)})
	}
	_, err := fmt.Fprintf(stdout, "API    %s\ntoken  %s\nseed   %d\n", url, f.token, f.seed)
	if err == nil && len(f.endpoints) == 0 {
		_, err = fmt.Fprintln(stdout, "nobody is notified: give an --endpoint")
	}
	return err
}

// cloudLog writes what the cloud does, a line each.
type cloudLog struct {
	now func() time.Time

	mu  sync.Mutex
	out io.Writer
}

func (l *cloudLog) line(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.out, "%s "+format+"\n", append([]any{l.now().Format("15:04:05.000")}, args...)...)
}

func (l *cloudLog) call(c api.Call) {
	if c.Ended.IsZero() {
		return
	}
	cut := ""
	if !c.Complete {
		cut = ", cut off"
	}
	l.line("call %s %s: %d, %d bytes in %v%s", c.Method, c.Path, c.Status, c.Bytes, shortly(c.Ended.Sub(c.Began)), cut)
}

func (l *cloudLog) attempt(a delivery.Attempt) {
	n := a.Notification
	what := string(a.Reason)
	if a.Status != 0 {
		what = fmt.Sprintf("%s by a %d", what, a.Status)
	}
	if a.Err != "" {
		what += " (" + a.Err + ")"
	}
	next := ""
	switch {
	case !a.Resend.IsZero():
		next = fmt.Sprintf(", resend in %v", shortly(a.Resend.Sub(a.Ended)))
	case a.Reason != delivery.Acked && a.Reason != delivery.Canceled:
		next = ", given up"
	}
	l.line("job %d %s, attempt %d to %s: %s in %v%s", n.JobID, n.Status, a.Number, a.URL, what, shortly(a.Ended.Sub(a.Started)), next)
}

func (l *cloudLog) failure(err error) { l.line("error: %v", err) }

// stopped says what the stop left undone.
func (l *cloudLog) stopped(unended int, pending []delivery.Pending) {
	for _, p := range pending {
		l.line("pending: job %d %s, attempt %d to %s", p.Notification.JobID, p.Notification.Status, p.Attempt, p.URL)
	}
	l.line("stopped: %d jobs had not ended, %d notifications were pending", unended, len(pending))
}

// shortly keeps of a duration what a person reads.
func shortly(d time.Duration) time.Duration {
	if d >= time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(100 * time.Microsecond)
}
