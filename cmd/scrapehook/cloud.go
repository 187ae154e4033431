package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/cloudlog"
	"github.com/scrapehook/scrapehook/internal/api"
	"github.com/scrapehook/scrapehook/internal/certs"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/draw"
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/internal/traffic/record"
	"github.com/scrapehook/scrapehook/simulator"
	"github.com/scrapehook/scrapehook/webhook"
)

// cloudFlags are the flags of cloud.
type cloudFlags struct {
	listen, token    string
	endpoints        []string
	profile, outcome string
	output, record   string
	seed             uint64
	jobTime          time.Duration
	rows             int
	maxAttempts      int
	concurrency      int
	maxPending       int
	allowRemote      bool

	allowRemoteControl bool
	allowHosts         []string
	timeScale          float64
	rateLimit          string
	pages, faults      []string
	senderFaults       []string
	own                ownFlags
	trust              trustFlags
	state              string
	tls                bool
	tlsCA              string
	anySeed, asksRows  bool
	anyScale           bool
}

func newCloudCmd() *cobra.Command {
	var f cloudFlags
	cmd := &cobra.Command{
		Use:   "cloud",
		Short: "Run a simulated Web Scraper Cloud: its API, its jobs and its notifications",
		Long: `Run a simulated Web Scraper Cloud. Sitemaps and scraping jobs are created over
its API, as at the vendor's. Each job ends by itself after --job-time, is
notified to every --endpoint, and its rows can be downloaded. Everything is held
in memory and gone at the stop, unless --state names a file to keep it in; only
its owner can read that file, because endpoints' URLs bear tokens.

Each endpoint has attempts (--concurrency) and room (--max-pending) of its own, so
that one that hangs slows no other. What there is no room for waits in an outbox.

Time, data and failure are in your hands: by flags, and while it runs by the
control API below /_scrapehook/, which docs/control-api.md describes.

The API's URL and token are printed to stdout, calls and attempts are logged to
stderr.

While the disk of --state is full, everything waits, and goes on when there is room.

Exit codes: 0 stopped by SIGINT or SIGTERM, 2 wrong usage, 3 the address or the
state file cannot be opened.`,
		Example: `  scrapehook cloud --endpoint http://127.0.0.1:8080/webhook?token=s3cret
  scrapehook cloud --job-time 1s --rows 100000 --outcome finished=90,failed=10
  scrapehook cloud --pages empty=5% --pages 'failed=/page/[0-9]*7$'
  scrapehook cloud --fault 'too-many-requests,route=GET scraping-job/{id}/json,nth=1,retry_after=3s'
  scrapehook cloud --state cloud.db --time-scale 60
  scrapehook cloud --tls --listen 127.0.0.1:443`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.draw(cmd.Flags())
			return runCloud(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	f.add(flags, "127.0.0.1:8085", "scrapehook")
	flags.StringVar(&f.output, "output", "text", "text, or json: where the API is, as one line of JSON")
	return cmd
}

// add adds what every command that runs a cloud has, with the defaults of its
// address and token.
func (f *cloudFlags) add(flags *pflag.FlagSet, listen, token string) {
	flags.StringVar(&f.listen, "listen", listen, "`address` of the API; port 0 picks one")
	flags.BoolVar(&f.allowRemote, "allow-remote", false, "let --listen be an address that other machines reach")
	flags.StringArrayVar(&f.endpoints, "endpoint", nil, "`URL` to notify; several may be given")
	flags.StringVar(&f.token, "token", token, "`token` that calls of the API must bear")
	flags.Uint64Var(&f.seed, "seed", 0, "decides ids, rows and outcomes (default random, and printed)")
	addProfileFlag(flags, &f.profile)
	flags.IntVar(&f.maxAttempts, "max-attempts", webhook.Profile2020().MaxAttempts, "attempts to notify in all, 0 is without limit")
	flags.IntVar(&f.concurrency, "concurrency", delivery.DefaultConcurrency, "attempts under way at once to each endpoint")
	flags.IntVar(&f.maxPending, "max-pending", delivery.DefaultMaxPending, "notifications to each endpoint that are under way or wait for a resend; others wait in the outbox")
	flags.DurationVar(&f.jobTime, "job-time", 5*time.Second, "how long a job takes, give or take a quarter")
	flags.Float64Var(&f.timeScale, "time-scale", 1, "simulated `seconds` in a real one: of jobs, schedules and resend delays, never of an attempt's 10 s")
	flags.IntVar(&f.rows, "rows", 100, "rows of a job; one that fails or is stopped has half of them")
	flags.StringVar(&f.outcome, "outcome", "finished=1", "`weights` of how jobs end: of "+human.And(webhook.EndStatuses()...))
	flags.StringArrayVar(&f.pages, "pages", nil, "`rule` for how start pages turn out: empty, failed or full, = and a share like 5% or a pattern of URLs; several may be given")
	flags.StringArrayVar(&f.faults, "fault", nil, fmt.Sprintf("`rule` for what goes wrong with the API, like stall,route=account,nth=1,delay=15s; of the kinds\n%v; several may be given", fault.All()))
	flags.StringArrayVar(&f.senderFaults, "sender-fault", nil, fmt.Sprintf("`rule` for what goes wrong with notifications, like duplicate,share=0.1,copies=2; of the kinds\n%v; several may be given", fault.SenderKinds()))
	flags.StringVar(&f.rateLimit, "rate-limit", "", "`calls/time` that the API allows, like the vendor's 200/15m (default none)")
	flags.StringVar(&f.state, "state", "", "`file` to keep everything in (default in memory)")
	flags.BoolVar(&f.tls, "tls", false, "serve https, with a certificate of its own making for api.webscraper.io and this machine")
	flags.StringVar(&f.tlsCA, "tls-ca", "scrapehook-ca.pem", "`file` that --tls writes its authority's certificate to, for clients to trust")
	flags.BoolVar(&f.allowRemoteControl, "allow-remote-control", false, "let other machines use the control API too")
	flags.StringArrayVar(&f.allowHosts, "allow-host", nil, "host `name` by which the cloud may be called, besides localhost, IP addresses and api.webscraper.io; several may be given")
	flags.StringVar(&f.record, "record", "", "`file` that each attempt is written to, for scrapehook replay")
	f.own.add(flags)
	f.trust.add(flags)
}

// draw draws a seed, unless the user gave one.
func (f *cloudFlags) draw(flags *pflag.FlagSet) {
	f.asksRows = flags.Changed("rows")
	f.anyScale = !flags.Changed("time-scale")
	if !flags.Changed("seed") {
		f.seed = uint64(rand.Uint32N(1 << 31)) //nolint:gosec // to be repeatable, not secret
		f.anySeed = true
	}
}

// runCloud runs the simulator until ctx ends, which is what users stop a server
// by and therefore no failure.
func runCloud(ctx context.Context, f cloudFlags, stdout, stderr io.Writer) error {
	return f.with(stderr, func(cfg simulator.Config, log *cloudlog.Log) error { return f.serve(ctx, cfg, log, stdout) })
}

// with opens what the flags name for the time of run, and logs to out.
func (f *cloudFlags) with(out io.Writer, run func(simulator.Config, *cloudlog.Log) error) error {
	cfg, err := f.config()
	if err != nil {
		return err
	}
	own, options, err := f.own.open()
	if err != nil {
		return err
	}
	defer own.Close()
	if f.asksRows && own.Files[""] != nil {
		return usageError("--rows: each job has as many rows as the file of --records; a job of fewer is added over the control API")
	}
	cfg.Sitemaps, cfg.Records, cfg.Data = own.Sitemaps, own.Files, options
	log := cloudlog.New(out, cfg.Profile)
	cfg.OnCall, cfg.OnAttempt, cfg.OnError, cfg.OnStall = log.Call, log.Attempt, log.Failure, log.Stall
	endRecord, err := f.beginRecord(&cfg)
	if err != nil {
		return openError(fmt.Errorf("--record: %w", err))
	}
	err = run(cfg, log)
	if recordErr := endRecord(); recordErr != nil && err == nil {
		err = harnessError("%w", recordErr)
	}
	return err
}

// beginRecord has each attempt recorded, if that is asked for. end completes the
// record.
func (f *cloudFlags) beginRecord(cfg *simulator.Config) (end func() error, err error) {
	if f.record == "" {
		return func() error { return nil }, nil
	}
	recorder, err := record.Create(f.record, f.endpoints, cfg.Profile.Name)
	if err != nil {
		return nil, err
	}
	told := cfg.OnAttempt
	cfg.OnAttempt = func(a delivery.Attempt) {
		recorder.AddAttempt(a.Notification.JobID, a, cfg.Profile.AppendForm(nil, a.Notification))
		told(a)
	}
	return recorder.Close, nil
}

// serve runs the simulator until ctx ends.
func (f *cloudFlags) serve(ctx context.Context, cfg simulator.Config, log *cloudlog.Log, stdout io.Writer) error {
	sim, err := newSimulator(ctx, cfg)
	if err != nil {
		return err
	}
	f.seed = sim.Seed
	if err := f.announce(sim, stdout); err != nil {
		_ = sim.Close() // nothing was served
		return harnessError("writing where the API is: %w", err)
	}
	if err := sim.Run(ctx); err != nil {
		return harnessError("%w", err)
	}
	pending, total := sim.Pending()
	log.Stopped(sim.Unended(), pending, total)
	return nil
}

func newSimulator(ctx context.Context, cfg simulator.Config) (*simulator.Simulator, error) {
	sim, err := simulator.New(ctx, cfg)
	if errors.Is(err, simulator.ErrListen) {
		return nil, harnessError("%w", err)
	}
	if errors.Is(err, simulator.ErrState) {
		return nil, openError(fmt.Errorf("--state: %w", err))
	}
	if err != nil {
		return nil, usageError("%w", err)
	}
	return sim, nil
}

// config is what the flags ask for.
func (f cloudFlags) config() (simulator.Config, error) {
	profile, err := webhook.ProfileByName(f.profile)
	if err != nil {
		return simulator.Config{}, usageError("--profile: %w", err)
	}
	if profile.MaxAttempts = f.maxAttempts; f.maxAttempts < 0 {
		return simulator.Config{}, usageError("--max-attempts %d: it must be 0 (no limit) or more", f.maxAttempts)
	}
	if f.jobTime <= 0 {
		return simulator.Config{}, usageError("--job-time %v: it must be above 0", f.jobTime)
	}
	if f.concurrency < 1 || f.maxPending < 1 {
		return simulator.Config{}, usageError("--concurrency %d and --max-pending %d must be above 0", f.concurrency, f.maxPending)
	}
	statuses, err := draw.ParseWeights[webhook.Status](f.outcome)
	if err != nil {
		return simulator.Config{}, usageError("--outcome: %w", err)
	}
	if f.output != "text" && f.output != "json" {
		return simulator.Config{}, usageError("--output %q: use text or json", f.output)
	}
	cfg := simulator.Config{
		Listen: f.listen, AllowRemote: f.allowRemote, AllowRemoteControl: f.allowRemoteControl, AllowHosts: f.allowHosts,
		Token: f.token, Endpoints: f.endpoints, Concurrency: f.concurrency, MaxPending: f.maxPending,
		Seed: f.seed, AnySeed: f.anySeed, Profile: profile, State: f.state,
		JobTime: f.jobTime, TimeScale: f.timeScale, Rows: f.rows, EndStatuses: statuses,
	}
	if f.timeScale <= 0 {
		return simulator.Config{}, usageError("--time-scale %v: it must be above 0", f.timeScale)
	}
	if f.anyScale {
		cfg.TimeScale = 0 // that of the state
	}
	if f.rateLimit != "" {
		if cfg.RateLimit, err = api.ParseRateLimit(f.rateLimit); err != nil {
			return simulator.Config{}, usageError("--rate-limit: %w", err)
		}
	}
	for _, text := range f.pages {
		if err := cfg.Turnouts.ParseTurnout(text); err != nil {
			return simulator.Config{}, usageError("--pages: %w", err)
		}
	}
	if err := f.addFaults(&cfg); err != nil {
		return simulator.Config{}, err
	}
	if cfg.EndpointTLS, err = f.trust.config(); err != nil {
		return simulator.Config{}, err
	}
	if f.tls {
		if cfg.TLS, err = certs.ForVendor(f.tlsCA); err != nil {
			return simulator.Config{}, openError(fmt.Errorf("--tls: %w", err))
		}
	}
	return cfg, nil
}

// addFaults has go wrong what the flags ask for.
func (f cloudFlags) addFaults(cfg *simulator.Config) error {
	for _, text := range f.faults {
		rule, err := fault.ParseRule(text)
		if err != nil {
			return usageError("--fault: %w", err)
		}
		cfg.Faults = append(cfg.Faults, rule)
	}
	for _, text := range f.senderFaults {
		rule, err := fault.ParseSenderRule(text)
		if err != nil {
			return usageError("--sender-fault: %w", err)
		}
		cfg.SenderFaults = append(cfg.SenderFaults, rule)
	}
	return nil
}

// announce tells where the console and the APIs are.
func (f cloudFlags) announce(sim *simulator.Simulator, stdout io.Writer) error {
	url, control, console := sim.BaseURL(), sim.ControlURL(), sim.ConsoleURL()
	if f.output == "json" {
		return json.NewEncoder(stdout).Encode(struct {
			APIURL     string   `json:"api_url"`
			ControlURL string   `json:"control_url"`
			ConsoleURL string   `json:"console_url"`
			Token      string   `json:"token"`
			Seed       uint64   `json:"seed"`
			Profile    string   `json:"profile"`
			Endpoints  []string `json:"endpoints"`
		}{url, control, console, f.token, f.seed, f.profile, append([]string{}, f.endpoints...)})
	}
	_, err := fmt.Fprintf(stdout, "console  %s\nAPI      %s\ntoken    %s\ncontrol  %s\nseed     %d\n", console, url, f.token, control, f.seed)
	if err == nil && f.tls {
		_, err = fmt.Fprintf(stdout, "trust    %s\n", f.tlsCA)
	}
	if err == nil && len(f.endpoints) == 0 {
		_, err = fmt.Fprintln(stdout, "nobody is notified: give an --endpoint, or set one on the console")
	}
	return err
}
