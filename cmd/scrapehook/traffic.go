package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/draw"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/webhook"
)

// trafficFlags is what the user asks of `scrapehook traffic`.
type trafficFlags struct {
	endpointFlags
	rate, arrivals   string
	duration, warmup time.Duration
	jobs             int64
	seed             uint64
	attempts         int
	resendDelay      time.Duration
	status, mix      string
	customIDs        string
	sitemaps         int
	lateAfter        time.Duration
	continueAfter    time.Duration
	shard, startAt   string
	dryRun           string
	cloud            trafficCloudFlags
}

func newTrafficCmd() *cobra.Command {
	var f trafficFlags
	cmd := &cobra.Command{
		Use:   "traffic URL",
		Short: "Load an endpoint with the notifications of a busy cloud, and measure it",
		Long: `Load an endpoint with the notifications of a busy cloud, and measure it.

The plan, which the seed decides byte for byte, does not wait for the endpoint:
latency counts from the planned moment, and what could not be sent in time is
counted as late or dropped. With --rate max it does wait: each connection sends
when its last request is answered.

--mix has the shares of jobs with something unusual about them:
  again       notified once more when the delivery has ended
  concurrent  notified twice at the same moment
  late        notified once more after --late-after
  lost        the answer to the first attempt is not read
  continued   notified as failed, and --continue-after later as finished
  malformed   the form is not a notification
  slow        the request takes two seconds to be sent

--slo knows p50, p99, p99.9, max and so on (from the planned moment; sent.p99
from the sent one), rate, and as shares (99.9%) or numbers acked, rejected,
timeout, refused, late and dropped sends, delivered and given_up notifications.

Exit codes: 0 done, 1 an SLO is missed, 2 wrong usage, 3 no send reached the
endpoint or the run failed, 130 interrupted (what was measured is reported).`,
		Example: `  scrapehook traffic http://127.0.0.1:8080/webhook --rate 500/s --arrivals poisson --duration 1m
  scrapehook traffic http://127.0.0.1:8080/webhook --mix again=2%,late=1%,lost=1% --slo 'p99<500ms,delivered>=99.9%'
  scrapehook traffic http://127.0.0.1:8080/webhook --jobs 10 --dry-run curl`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("seed") {
				f.seed = uint64(rand.Uint32N(1 << 31)) //nolint:gosec // to be repeatable, not secret
			}
			return runTraffic(cmd, args[0], f)
		},
	}
	cmd.AddCommand(newTrafficMergeCmd())
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.rate, "rate", "100/s", "jobs a second (/s), minute (/m) or hour (/h), or max")
	flags.StringVar(&f.arrivals, "arrivals", "constant", "`shape` of the rate over time: "+plan.ArrivalNames)
	flags.DurationVar(&f.duration, "duration", 0, "for how long jobs end (default 10s, unless --jobs or a trace says)")
	flags.Int64Var(&f.jobs, "jobs", 0, "how many jobs end (default: as many as the duration allows)")
	flags.DurationVar(&f.warmup, "warmup", 0, "how much of the beginning is sent, but not measured")
	flags.Uint64Var(&f.seed, "seed", 0, "decides all that is sent (default random, and reported)")
	flags.IntVar(&f.attempts, "attempts", 0, "attempts in all, 0 is no limit (default: the profile's)")
	flags.DurationVar(&f.resendDelay, "resend-delay", 0, "wait before each resend (default: the profile's)")
	flags.StringVar(&f.status, "status", "", "`weights` of how jobs end (default finished=90,failed=5,stopped=2,shelved=3)")
	flags.StringVar(&f.mix, "mix", "", "`shares` of unusual jobs, as in again=2%,lost=1%: of "+plan.SpecialNames)
	flags.StringVar(&f.customIDs, "custom-ids", "0%", "`share` of jobs with a custom_id (profile 2022)")
	flags.IntVar(&f.sitemaps, "sitemaps", plan.DefaultSitemaps, "how many sitemaps the jobs are of, most of them of a few")
	flags.DurationVar(&f.lateAfter, "late-after", plan.DefaultLateAfter, "how long after the first notification a late copy is sent")
	flags.DurationVar(&f.continueAfter, "continue-after", plan.DefaultContinuance, "how long after its failure a continued job finishes")
	flags.StringVar(&f.shard, "shard", "", "send only part `I/N` of the plan, such as 2/3: N machines with one seed send all of it")
	flags.StringVar(&f.startAt, "start-at", "", "`time` to begin at, such as 2026-01-02T15:04:05Z, so that shards begin together")
	flags.StringVar(&f.dryRun, "dry-run", "", "print what would be sent instead of sending it: `format` "+strings.Join(plan.Formats, ", "))
	flags.StringVar(&f.cloud.listen, "cloud", "", "`address` of the API of a simulated cloud in which the jobs exist, such as\n127.0.0.1:8085 (default: they exist nowhere, and can't be imported)")
	flags.StringVar(&f.cloud.token, "cloud-token", "scrapehook", "`token` that calls of that API must bear")
	flags.IntVar(&f.cloud.rows, "rows", 100, "rows of each job in that cloud")
	flags.DurationVar(&f.cloud.linger, "linger", 5*time.Second, "how long that cloud must not be called before it is stopped at the end")
	f.cloud.own.add(flags)
	return cmd
}

func runTraffic(cmd *cobra.Command, url string, f trafficFlags) error {
	profile, err := f.rules(cmd)
	if err != nil {
		return err
	}
	planned, err := f.plan(profile)
	if err != nil {
		return usageError("%w", err)
	}
	if f.shard != "" && !cmd.Flags().Changed("seed") {
		return usageError("--shard: the shards of a plan need the same --seed")
	}
	if f.dryRun != "" {
		return dryRun(cmd.OutOrStdout(), f.dryRun, planned, url)
	}
	if err := f.checkTransport(f.rate == "max", f.cloud.listen != "", cmd.ErrOrStderr()); err != nil {
		return err
	}
	load, err := f.load(url, profile)
	if err != nil {
		return err
	}
	load.config.Warmup = f.warmup
	load.config.Closed, load.config.Span = f.rate == "max", f.duration
	if f.startAt != "" {
		if load.config.Start, err = time.Parse(time.RFC3339Nano, f.startAt); err != nil {
			return usageError("--start-at %q is not a time: write it like 2026-01-02T15:04:05Z", f.startAt)
		}
	}
	load.whole = f.duration
	f.cloud.anyRows = !cmd.Flags().Changed("rows")
	if f.cloud.listen == "" {
		if len(f.cloud.own.sitemaps)+len(f.cloud.own.records) > 0 {
			return usageError("--sitemap and --records need --cloud: without it the jobs exist nowhere")
		}
		load.config.Script, load.scheme = planned, planned.Scheme()
		return load.run(cmd)
	}
	home, planned, err := openCloud(cmd.Context(), f.cloud, planned, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	load.config.Script, load.scheme, load.config.Announce = planned, planned.Scheme(), home.Announce
	err = load.run(cmd)
	if stopping := home.finish(cmd.Context()); stopping != nil && err == nil {
		return harnessError("%w", stopping)
	}
	return err
}

// dryRun prints what would be sent.
func dryRun(w io.Writer, format string, planned *plan.Plan, url string) error {
	if err := delivery.CheckURL(url); err != nil {
		return usageError("%w", err)
	}
	if err := planned.Write(w, format, url); err != nil {
		return usageError("--dry-run: %w", err)
	}
	return nil
}

// rules returns the profile with what the user changed of it.
func (f *trafficFlags) rules(cmd *cobra.Command) (webhook.Profile, error) {
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
	if f.attempts < 0 || f.resendDelay < 0 || f.warmup < 0 {
		return profile, usageError("--attempts, --resend-delay and --warmup must not be below 0")
	}
	return profile, nil
}

// plan makes the plan that the flags describe.
func (f *trafficFlags) plan(profile webhook.Profile) (*plan.Plan, error) {
	if f.duration == 0 && f.jobs == 0 && !strings.HasPrefix(f.arrivals, "trace:") {
		f.duration = 10 * time.Second
	}
	cfg := plan.Config{
		Seed: f.seed, Profile: profile, Jobs: f.jobs, Span: f.duration, Sitemaps: f.sitemaps,
		LateAfter: f.lateAfter, Continuance: f.continueAfter,
	}
	var err error
	if f.rate != "max" {
		if cfg.Arrivals, err = f.shape(); err != nil {
			return nil, err
		}
	} else if f.arrivals != "constant" {
		return nil, fmt.Errorf("--rate max: jobs come when a connection is free, not as --arrivals %s says", f.arrivals)
	}
	if cfg.Mix, err = plan.ParseMix(f.mix); err != nil {
		return nil, fmt.Errorf("--mix: %w", err)
	}
	if f.status != "" {
		if cfg.Outcomes, err = plan.ParseOutcomes(f.status, profile); err != nil {
			return nil, fmt.Errorf("--status: %w", err)
		}
	}
	if cfg.CustomIDs, err = draw.ParseShare(f.customIDs); err != nil {
		return nil, fmt.Errorf("--custom-ids: %w", err)
	}
	if cfg.Shard, cfg.Shards, err = parseShard(f.shard); err != nil {
		return nil, fmt.Errorf("--shard: %w", err)
	}
	return plan.New(cfg)
}

// shape is how the jobs arrive.
func (f *trafficFlags) shape() (plan.Arrivals, error) {
	rate, err := plan.ParseRate(f.rate)
	if err != nil {
		return plan.Arrivals{}, fmt.Errorf("--rate: %w", err)
	}
	span := f.duration
	if span == 0 {
		if mean := plan.MeanRate(f.arrivals, rate); mean > 0 {
			span = time.Duration(float64(f.jobs) / mean * float64(time.Second))
		}
	}
	return plan.ParseArrivals(f.arrivals, rate, span)
}

// parseShard reads I/N; nothing is the whole.
func parseShard(text string) (shard, shards int, err error) {
	if text == "" {
		return 1, 1, nil
	}
	i, n, _ := strings.Cut(text, "/")
	shard, err1 := strconv.Atoi(i)
	shards, err2 := strconv.Atoi(n)
	if err1 != nil || err2 != nil || shard < 1 || shard > shards {
		return 0, 0, fmt.Errorf("%q is not a part of a whole: write it like 2/3", text)
	}
	return shard, shards, nil
}
