package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/progress"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/catalogue"
	"github.com/scrapehook/scrapehook/scenarios/probe"
)

// conformFlags are the flags of conform, as they are given.
type conformFlags struct {
	run, killCmd, startCmd, probeJobField    string
	probeQuery, knownFailing, apiTLSCA       string
	record, compare                          string
	probes                                   []string
	apiListen, apiURL, apiToken              string
	profile, filter, jsonFile, junit, output string
	html, badge, markdown                    string
	token                                    string
	unsupported                              []string
	seed                                     uint64
	fast, list, allowPartial, apiTLS         bool
	allowRemote                              bool
	probeMap                                 []string
	check, failFast                          bool
	sitemap, records, sitemapName            string
	maxFail                                  int
	effectTimeout, retryTimeout              time.Duration
	startTimeout                             time.Duration
	trust                                    trustFlags
	watch                                    []string
	rerun                                    string
	anySeed                                  bool
	sent                                     string
	concurrency, burst                       int
}

func newConformCmd() *cobra.Command {
	var f conformFlags
	cmd := &cobra.Command{
		Use:   "conform [URL]",
		Short: "Judge a receiver by the conformance suite",
		Long: `Plays every scenario of the conformance suite against the endpoint at URL and
says which requirements it meets. Without URL, the built-in reference receiver
is started, judged, killed and stopped.

With --run the suite starts your receiver itself, and can kill it. It finds in
its environment:
  PORT                      the port of URL, to listen on
  WEBSCRAPER_API_BASE_URI   the simulated API, ending in /api/v1/
  WEBSCRAPER_API_TOKEN      its token
A receiver that you start by hand needs the same; see --api-listen.

Effects are seen through probes:
` + probe.Help(probeKinds()) + `
Exit codes: 0 conformant, or nothing is broken of what was selected, 1 a MUST is
broken, 2 usage or configuration, 3 the harness failed or the endpoint cannot be
reached, 4 some MUSTs were not seen, 130 interrupted.`,
		Example: `  scrapehook conform
  scrapehook conform --run 'python3 receiver.py' --probe file:rows.jsonl http://127.0.0.1:8080/webhook
  scrapehook conform --run 'python3 receiver.py' --watch receiver.py --rerun failed --json report.json http://127.0.0.1:8080/webhook
  scrapehook conform --filter IDEM,DATA-01 --json report.json http://127.0.0.1:8080/webhook`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.anySeed = !cmd.Flags().Changed("seed")
			// Left alone, they become less once a MUST has failed.
			for name, value := range map[string]*time.Duration{"effect-timeout": &f.effectTimeout, "retry-timeout": &f.retryTimeout} {
				if !cmd.Flags().Changed(name) {
					*value = 0
				} else if *value <= 0 {
					return usageError("--%s must be more than 0", name)
				}
			}
			return watching(cmd.Context(), f.watch, false, cmd.ErrOrStderr(), func(ctx context.Context, _ int) error {
				return failedFirst(ctx, f, args, cmd.OutOrStdout(), cmd.ErrOrStderr())
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.run, "run", "", "shell `command` that starts the receiver, to be killed and restarted by the suite")
	flags.StringVar(&f.killCmd, "kill-cmd", "", "shell `command` that kills a receiver which is not started by --run, in a container for example")
	flags.StringVar(&f.startCmd, "start-cmd", "", "shell `command` that starts it again, and returns")
	flags.StringArrayVar(&f.probes, "probe", nil, "`how` to see imported rows: "+probe.Usage(probeKinds())+"; may be given more than once")
	flags.StringVar(&f.probeJobField, "probe-job-field", probe.DefaultJobField, "`field` of a row that names its job, for file probes")
	flags.StringVar(&f.probeQuery, "probe-query", "", "`SQL` of sql probes, with {job} in it: a count, or the rows")
	flags.StringVar(&f.apiListen, "api-listen", "", "`address` of the simulated API (default 127.0.0.1:8085, with --run a free port)")
	flags.StringVar(&f.apiURL, "api-url", "", "`URL` of the simulated API that the receiver is told, ending in /api/v1/ (default made from the address)")
	flags.BoolVar(&f.apiTLS, "api-tls", false, "serve the simulated API over https, with a certificate of its own making for api.webscraper.io and this machine")
	flags.StringVar(&f.apiTLSCA, "api-tls-ca", "scrapehook-ca.pem", "`file` that --api-tls writes its authority's certificate to; what --run starts finds it as NODE_EXTRA_CA_CERTS")
	flags.StringVar(&f.apiToken, "api-token", scenarios.DefaultToken, "`token` of the simulated API")
	flags.StringVar(&f.token, "token", "", "the receiver's secret, and `where` requests carry it: query:NAME=VALUE, header:NAME=VALUE or path:VALUE")
	flags.StringArrayVar(&f.unsupported, "unsupported", nil, "`ID=REASON` of a requirement that the receiver is declared not to meet; may be given more than once")
	flags.StringVar(&f.knownFailing, "known-failing", "", "`file` of requirements that are known to fail, ID and reason on each line; they are played, and fail the run only when they pass")
	flags.IntVar(&f.burst, "burst", 100, "how many notifications are sent at once for ACK-09")
	addProfileFlag(flags, &f.profile)
	flags.Uint64Var(&f.seed, "seed", 0, "decides ids and rows (default random, and printed)")
	flags.BoolVar(&f.fast, "fast", false, "shorten the resend delay, the quiet time and our own pauses; never the receiver's 10 s")
	flags.StringVar(&f.filter, "filter", "", "only these `requirements`: IDs, their beginnings or levels, separated by commas; ! excludes")
	flags.StringArrayVar(&f.probeMap, "probe-map", nil, "`COLUMN=FIELD`: the field of the rows at a probe that holds a column, with dots where objects are nested; may be given more than once")
	flags.StringVar(&f.sitemap, "sitemap", "", "`file` of a sitemap of your own, as the extension exports it: jobs have its columns and its name")
	flags.StringVar(&f.records, "records", "", "`file` of at least 100 rows of your own, of JSON lines, a JSON array, CSV or XLSX: jobs have these")
	flags.StringVar(&f.sitemapName, "sitemap-name", "", "`name` of the sitemap of every job, where a requirement does not need another one")
	flags.BoolVar(&f.check, "check", false, "only look at the setup: the endpoint, the API's address and token, the probes")
	flags.IntVar(&f.maxFail, "max-fail", 0, "end after that many broken MUSTs (0: play all)")
	flags.BoolVar(&f.failFast, "fail-fast", false, "end after the first broken MUST, as --max-fail 1")
	flags.BoolVar(&f.allowRemote, "allow-remote", false, "let URL be on the internet (make sure that it is yours to test), and --api-listen an address that other machines reach")
	f.trust.add(flags)
	flags.StringVar(&f.sent, "sent", "", "only compare the requests of a record of tap, cloud or traffic, in `file`, with the contract")
	flags.StringArrayVar(&f.watch, "watch", nil, watchUsage)
	flags.StringVar(&f.rerun, "rerun", "", "failed: play what failed by the last report of --json first, and everything once that passes")
	flags.BoolVar(&f.list, "list", false, "list the requirements and end")
	flags.StringVar(&f.jsonFile, "json", "", "write the report as JSON to `file`, - is stdout")
	flags.StringVar(&f.record, "record", "", "`file` that each form which is sent is written to, with what came of it, for scrapehook replay")
	flags.StringVar(&f.junit, "junit", "", "write the report as JUnit XML to `file`, - is stdout")
	flags.StringVar(&f.compare, "compare", "", "an earlier report, a `file` that --json has written: say what changed since")
	flags.StringVar(&f.html, "html", "", "write the report as one HTML page to `file`, - is stdout")
	flags.StringVar(&f.badge, "badge", "", "write the verdict as a small SVG picture to `file`, - is stdout")
	flags.StringVar(&f.markdown, "markdown", "", "write the report as Markdown, for the summary of a CI job, to `file`, - is stdout")
	flags.StringVarP(&f.output, "output", "o", "text", "what goes to stdout: text, json or markdown")
	flags.DurationVar(&f.effectTimeout, "effect-timeout", 30*time.Second, "how long an import is awaited while the receiver makes no progress at all; if not set, less once a MUST has failed")
	flags.DurationVar(&f.retryTimeout, "retry-timeout", 180*time.Second, "how long an import is awaited that the receiver must try again by itself")
	flags.DurationVar(&f.startTimeout, "start-timeout", 30*time.Second, "how long the receiver may take until it answers, with --run")
	flags.IntVar(&f.concurrency, "concurrency", 16, "how many scenarios overlap at most")
	flags.BoolVar(&f.allowPartial, "allow-partial", false, "exit 0 also when some MUSTs were not seen")
	return cmd
}

// conform runs the command and turns the verdict into the exit code.
func conform(ctx context.Context, f conformFlags, args []string, stdout, stderr io.Writer) error {
	if f.anySeed { // for each run another one: a receiver remembers the ids of the last
		f.seed = uint64(rand.Uint32N(1 << 31)) //nolint:gosec // to be repeatable, not secret
	}
	selected, err := scenarios.Select(catalogue.All(), f.filter)
	if err != nil {
		return usageError("%w (--list shows them all)", err)
	}
	if !slices.Contains([]string{"text", "json", "markdown"}, f.output) {
		return usageError("--output %q: use text, json or markdown", f.output)
	}
	if f.sent != "" {
		return f.compareSent(stdout)
	}
	if f.list {
		if f.output == "markdown" {
			return usageError("--list has no form in Markdown: use --output text or json")
		}
		return listRequirements(stdout, selected.Scenarios, f.output)
	}
	if err := f.checkRemote(args); err != nil {
		return err
	}
	compare, err := f.comparing()
	if err != nil {
		return err
	}
	cfg, cleanUp, err := f.config(ctx, args)
	if err != nil {
		return err
	}
	defer cleanUp()
	sinks, err := f.sinks(stdout, stderr)
	if err != nil {
		return err
	}
	endRecord, err := f.beginRecord(&cfg)
	if err != nil {
		return usageError("--record: %w", err)
	}
	watch := progress.New(stderr, selected.Scenarios)
	cfg.Progress = watch.Event
	if cfg.Run == "" && cfg.Program == nil {
		watch.Note(fmt.Sprintf("the receiver must use the simulated API: WEBSCRAPER_API_BASE_URI=%s WEBSCRAPER_API_TOKEN=%s", f.announcedURL(cfg), cfg.APIToken))
	}
	run, err := scenarios.Start(ctx, cfg, selected)
	if err != nil {
		watch.Stop()
		return errors.Join(startError(ctx, err), endRecord())
	}
	outcome := run.Wait()
	watch.Stop()
	if err := endRecord(); err != nil {
		fmt.Fprintf(stderr, "scrapehook: %v\n", err) // the verdict stands all the same
	}
	if err := writeAll(sinks, outcome, compare(outcome)); err != nil {
		return harnessError("%w", err)
	}
	return f.exit(outcome.Conclude())
}

func startError(ctx context.Context, err error) error {
	var config *scenarios.ConfigError
	switch {
	case ctx.Err() != nil:
		return &exitError{exitInterrupted, errors.New("interrupted before the endpoint was judged")}
	case errors.As(err, &config):
		return usageError("%w", err)
	}
	return harnessError("%w", err)
}

// exit is the exit code of what a run means.
func (f conformFlags) exit(c scenarios.Conclusion) error {
	if c.ExitCode == 0 || c.Verdict == scenarios.Partial && c.ExitCode == exitPartial && f.allowPartial {
		return nil
	}
	return &exitError{code: c.ExitCode}
}
