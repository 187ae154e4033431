package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/probe"
	"github.com/scrapehook/scrapehook/scenarios/report"
	"github.com/scrapehook/scrapehook/webhook"
)

// conformFlags are the flags of conform, as they are given.
type conformFlags struct {
	run, killCmd, startCmd, probeJobField    string
	probeQuery, knownFailing, apiTLSCA       string
	probes                                   []string
	apiListen, apiURL, apiToken              string
	profile, filter, jsonFile, junit, output string
	token                                    string
	unsupported                              []string
	seed                                     uint64
	fast, list, allowPartial, apiTLS         bool
	effectTimeout, retryTimeout              time.Duration
	startTimeout                             time.Duration
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
  file:PATH   a file of JSON lines, one object an imported row
  http:URL    {job} is replaced; answers {"rows": N}
  cmd:CMD     {job} is replaced; prints {"rows": N}
  sql:DSN     --probe-query is asked; postgres://… or the path of an SQLite file
  api         what the simulated API sees in any case: downloads

Exit codes: 0 conformant, 1 a MUST is broken, 2 usage or configuration,
3 the harness failed or the endpoint cannot be reached, 4 some MUSTs were not
observed, 130 interrupted.`,
		Example: `  scrapehook conform
  scrapehook conform --run 'python3 receiver.py' --probe file:rows.jsonl http://127.0.0.1:8080/webhook
  scrapehook conform --filter IDEM,DATA-01 --json report.json http://127.0.0.1:8080/webhook`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("seed") {
				f.seed = uint64(rand.Uint32N(1 << 31)) //nolint:gosec // to be repeatable, not secret
			}
			return conform(cmd.Context(), f, args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.run, "run", "", "shell `command` that starts the receiver, to be killed and restarted by the suite")
	flags.StringVar(&f.killCmd, "kill-cmd", "", "shell `command` that kills a receiver which is not started by --run, in a container for example")
	flags.StringVar(&f.startCmd, "start-cmd", "", "shell `command` that starts it again, and returns")
	flags.StringArrayVar(&f.probes, "probe", nil, "`how` to see imported rows: file:PATH, http:URL, cmd:CMD, sql:DSN or api; may be given more than once")
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
	flags.StringVar(&f.profile, "profile", webhook.Profile2020().Name, "the sender's rules: 2020 or 2022")
	flags.Uint64Var(&f.seed, "seed", 0, "decides ids and rows (default random, and printed)")
	flags.BoolVar(&f.fast, "fast", false, "shorten the resend delay, the quiet time and our own pauses; never the receiver's 10 s")
	flags.StringVar(&f.filter, "filter", "", "only these `requirements`: IDs, their beginnings or levels, separated by commas; ! excludes")
	flags.BoolVar(&f.list, "list", false, "list the requirements and end")
	flags.StringVar(&f.jsonFile, "json", "", "write the report as JSON to `file`, - is stdout")
	flags.StringVar(&f.junit, "junit", "", "write the report as JUnit XML to `file`, - is stdout")
	flags.StringVarP(&f.output, "output", "o", "text", "what goes to stdout: text or json")
	flags.DurationVar(&f.effectTimeout, "effect-timeout", 30*time.Second, "how long an import is awaited")
	flags.DurationVar(&f.retryTimeout, "retry-timeout", 180*time.Second, "the same, where the receiver must try again by itself")
	flags.DurationVar(&f.startTimeout, "start-timeout", 30*time.Second, "how long the receiver may take until it answers, with --run")
	flags.IntVar(&f.concurrency, "concurrency", 16, "how many scenarios overlap at most")
	flags.BoolVar(&f.allowPartial, "allow-partial", false, "exit 0 also when some MUSTs were not observed")
	return cmd
}

// conform runs the command and turns the verdict into the exit code.
func conform(ctx context.Context, f conformFlags, args []string, stdout, stderr io.Writer) error {
	selected, err := scenarios.Select(scenarios.Catalogue(), f.filter)
	if err != nil {
		return usageError("%w (--list shows them all)", err)
	}
	if f.output != "text" && f.output != "json" {
		return usageError("--output %q: use text or json", f.output)
	}
	if f.list {
		return listRequirements(stdout, selected, f.output)
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
	watch := newProgress(stderr, selected)
	cfg.Progress = watch.event
	if cfg.Run == "" {
		watch.note(fmt.Sprintf("the receiver must use the simulated API: WEBSCRAPER_API_BASE_URI=%s WEBSCRAPER_API_TOKEN=%s", f.announcedURL(cfg), cfg.APIToken))
	}
	run, err := scenarios.Start(ctx, cfg, selected)
	if err != nil {
		watch.stop()
		return startError(ctx, err)
	}
	outcome := run.Wait()
	watch.stop()
	for _, sink := range sinks {
		if err := sink.write(outcome); err != nil {
			return harnessError("%w", err)
		}
	}
	return f.exit(outcome)
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

func (f conformFlags) exit(r scenarios.Report) error {
	switch {
	case r.Interrupted:
		return &exitError{code: exitInterrupted}
	case r.Verdict == scenarios.Failed:
		return &exitError{code: exitBroken}
	case r.Verdict == scenarios.Broken:
		return &exitError{code: exitHarness}
	case r.Verdict == scenarios.Partial && !f.allowPartial:
		return &exitError{code: exitPartial}
	}
	return nil
}

// config validates the flags and turns them into a run's configuration.
func (f conformFlags) config(ctx context.Context, args []string) (scenarios.Config, func(), error) {
	cfg := scenarios.Config{
		Seed: f.seed, Fast: f.fast,
		EffectTimeout: f.effectTimeout, RetryTimeout: f.retryTimeout, StartTimeout: f.startTimeout,
		Concurrency: f.concurrency, Burst: f.burst,
		APIListen: f.apiListen, APIURL: f.apiURL, APIToken: f.apiToken,
		Run: f.run, StartCommand: f.startCmd, KillCommand: f.killCmd,
	}
	for flag, positive := range map[string]bool{
		"--effect-timeout": f.effectTimeout > 0, "--retry-timeout": f.retryTimeout > 0,
		"--start-timeout": f.startTimeout > 0, "--concurrency": f.concurrency > 0,
		"--burst": f.burst > 0,
	} {
		if !positive {
			return cfg, nil, usageError("%s must be more than 0", flag)
		}
	}
	var err error
	if cfg.Profile, err = webhook.ProfileByName(f.profile); err != nil {
		return cfg, nil, usageError("--profile: %w", err)
	}
	for _, spec := range f.probes {
		p, err := probe.Parse(spec, probe.Options{JobField: f.probeJobField, Query: f.probeQuery})
		if err != nil {
			return cfg, nil, usageError("--probe: %w", err)
		}
		if p != nil {
			cfg.Probes = append(cfg.Probes, p)
		}
	}
	if cfg.Unsupported, err = parseUnsupported(f.unsupported); err != nil {
		return cfg, nil, err
	}
	if cfg.KnownFailing, err = readKnownFailing(f.knownFailing); err != nil {
		return cfg, nil, err
	}
	if f.apiTLS {
		if cfg.APITLS, err = ownTLS(f.apiTLSCA); err != nil {
			return cfg, nil, usageError("--api-tls: %w", err)
		}
		authority, err := filepath.Abs(f.apiTLSCA)
		if err != nil {
			return cfg, nil, usageError("--api-tls: %w", err)
		}
		cfg.RunEnv = []string{"NODE_EXTRA_CA_CERTS=" + authority}
	}
	if len(args) == 0 {
		return f.builtIn(ctx, cfg)
	}
	cfg.Endpoint = args[0]
	if f.token != "" {
		if cfg.Token, err = scenarios.ParseToken(f.token, cfg.Endpoint); err != nil {
			return cfg, nil, usageError("--%w", err)
		}
	}
	if cfg.APIListen == "" && cfg.Run == "" {
		cfg.APIListen = defaultAPIListen
	}
	return cfg, func() {}, nil
}

// parseUnsupported reads ID=REASON. A declaration without a reason, or of a
// requirement that there is not, is a mistake.
func parseUnsupported(declared []string) (map[string]string, error) {
	unsupported := map[string]string{}
	for _, d := range declared {
		id, reason, _ := strings.Cut(d, "=")
		if reason = strings.TrimSpace(reason); reason == "" {
			return nil, usageError("--unsupported %q: use ID=REASON", d)
		}
		if !isRequirement(id) {
			return nil, usageError("--unsupported %q: there is no requirement %s (--list shows them all)", d, id)
		}
		unsupported[id] = reason
	}
	return unsupported, nil
}

// readKnownFailing reads a list of known failures: an ID and the reason on each
// line; empty lines and lines that begin with # are skipped.
func readKnownFailing(path string) (map[string]string, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // no list is an empty one
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, usageError("--known-failing: %w", err)
	}
	known := map[string]string{}
	for i, line := range strings.Split(string(body), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		id, reason, _ := strings.Cut(line, " ")
		switch reason = strings.TrimSpace(reason); {
		case !isRequirement(id):
			return nil, usageError("--known-failing: %s:%d: there is no requirement %q (--list shows them all)", path, i+1, id)
		case reason == "":
			return nil, usageError("--known-failing: %s:%d: %s has no reason", path, i+1, id)
		}
		known[id] = reason
	}
	return known, nil
}

func isRequirement(id string) bool {
	return slices.ContainsFunc(scenarios.Catalogue(), func(s scenarios.Scenario) bool { return s.ID == id })
}

// defaultAPIListen is where a receiver that is started by hand finds the
// simulated API.
const defaultAPIListen = "127.0.0.1:8085"

func (f conformFlags) announcedURL(cfg scenarios.Config) string {
	if cfg.APIURL != "" {
		return cfg.APIURL
	}
	if cfg.APITLS != nil {
		return "https://" + cfg.APIListen + scenarios.APIPath
	}
	return "http://" + cfg.APIListen + scenarios.APIPath
}

// sink is one form of the report and where it goes.
type sink struct {
	path   string
	stdout io.Writer
	render func(io.Writer, scenarios.Report) error
}

// sinks returns where the report goes. Files are tried before the run, so that
// a path that can't be written is known before anything is judged.
func (f conformFlags) sinks(stdout, stderr io.Writer) ([]sink, error) {
	asJSON := func(w io.Writer, r scenarios.Report) error { return report.JSON(w, r, buildVersion()) }
	jsonFile := f.jsonFile
	if f.output == "json" {
		if jsonFile == "-" || f.junit == "-" {
			return nil, usageError("--output json takes stdout: give --json and --junit a file")
		}
		jsonFile = "-"
	}
	if jsonFile == "-" && f.junit == "-" {
		return nil, usageError("--json - and --junit -: only one of them can have stdout")
	}
	text := stdout
	if jsonFile == "-" || f.junit == "-" {
		text = stderr
	}
	sinks := []sink{{stdout: text, render: func(w io.Writer, r scenarios.Report) error {
		return report.Text(w, r, styleOf(text))
	}}}
	for _, s := range []sink{
		{jsonFile, stdout, asJSON},
		{f.junit, stdout, report.JUnit},
	} {
		if s.path == "" {
			continue
		}
		if err := s.try(); err != nil {
			return nil, err
		}
		sinks = append(sinks, s)
	}
	if f.output == "json" && f.jsonFile != "" {
		s := sink{f.jsonFile, stdout, asJSON}
		if err := s.try(); err != nil {
			return nil, err
		}
		sinks = append(sinks, s)
	}
	return sinks, nil
}

func (s sink) try() error {
	if s.path == "-" {
		return nil
	}
	file, err := os.OpenFile(s.path, os.O_WRONLY|os.O_CREATE, 0o644) //nolint:gosec // a report is for everybody
	if err != nil {
		return usageError("the report can't be written: %w", err)
	}
	return file.Close()
}

func (s sink) write(r scenarios.Report) error {
	if s.path == "" || s.path == "-" {
		return s.render(s.stdout, r)
	}
	var b bytes.Buffer
	if err := s.render(&b, r); err != nil {
		return err
	}
	if err := os.WriteFile(s.path, b.Bytes(), 0o644); err != nil { //nolint:gosec // a report is for everybody
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// listRequirements prints the catalogue, or the selected part of it.
func listRequirements(w io.Writer, selected []scenarios.Scenario, output string) error {
	if output == "json" {
		type entry struct {
			ID        string          `json:"id"`
			Level     scenarios.Level `json:"level"`
			Title     string          `json:"title"`
			Source    string          `json:"source"`
			Sent      string          `json:"sent"`
			Observed  string          `json:"observed"`
			NeedsRun  bool            `json:"needs_run"`
			NeedsView bool            `json:"needs_probe"`
		}
		list := []entry{}
		for _, s := range selected {
			list = append(list, entry{
				s.ID, s.Level, s.Title, fmt.Sprintf("%s: %q", s.Source.Document, s.Source.Quote),
				s.Sent, s.Observed, s.Lane == scenarios.Kill, s.Effect,
			})
		}
		out := json.NewEncoder(w)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(list)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tLEVEL\tNEEDS\tREQUIREMENT")
	for _, s := range selected {
		needs := "-"
		switch {
		case s.Lane == scenarios.Kill:
			needs = "--run, a probe"
		case s.Effect:
			needs = "a probe"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", s.ID, s.Level, needs, s.Title)
	}
	return table.Flush()
}
