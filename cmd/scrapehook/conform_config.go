package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scrapehook/scrapehook/internal/certs"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/loopback"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/catalogue"
	"github.com/scrapehook/scrapehook/scenarios/probe"
	"github.com/scrapehook/scrapehook/scenarios/probe/sqlprobe"
	"github.com/scrapehook/scrapehook/webhook"
)

// config validates the flags and turns them into a run's configuration.
func (f conformFlags) config(ctx context.Context, args []string) (scenarios.Config, func(), error) {
	cfg := scenarios.Config{
		Version: buildVersion(), Command: repeatedBy(os.Args, f.seed), Seed: f.seed, Fast: f.fast,
		EffectTimeout: f.effectTimeout, RetryTimeout: f.retryTimeout, StartTimeout: f.startTimeout,
		Concurrency: f.concurrency, Burst: f.burst,
		APIListen: f.apiListen, APIURL: f.apiURL, APIToken: f.apiToken,
		Run: f.run, StartCommand: f.startCmd, KillCommand: f.killCmd,
	}
	for flag, positive := range map[string]bool{
		"--start-timeout": f.startTimeout > 0, "--concurrency": f.concurrency > 0,
		"--burst": f.burst > 0,
	} {
		if !positive {
			return cfg, nil, usageError("%s must be more than 0", flag)
		}
	}
	if f.maxFail < 0 {
		return cfg, nil, usageError("--max-fail must be 0 or more")
	}
	cfg.Check, cfg.MaxFail = f.check, f.maxFail
	cfg.Sitemap, cfg.Records, cfg.SitemapName = f.sitemap, f.records, f.sitemapName
	if f.failFast {
		cfg.MaxFail = 1
	}
	var err error
	if cfg.ProbeMap, err = parseProbeMap(f.probeMap); err != nil {
		return cfg, nil, err
	}
	if cfg.Profile, err = webhook.ProfileByName(f.profile); err != nil {
		return cfg, nil, usageError("--profile: %w", err)
	}
	for _, spec := range f.probes {
		p, err := probe.Parse(probeKinds(), spec, probe.Options{JobField: f.probeJobField, Query: f.probeQuery})
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
	if err := f.tls(&cfg); err != nil {
		return cfg, nil, err
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

// tls sets whom the run trusts, and the certificate of its API.
func (f conformFlags) tls(cfg *scenarios.Config) (err error) {
	if cfg.EndpointTLS, err = f.trust.config(); err != nil || !f.apiTLS {
		return err
	}
	if cfg.APITLS, err = certs.ForVendor(f.apiTLSCA); err != nil {
		return usageError("--api-tls: %w", err)
	}
	authority, err := filepath.Abs(f.apiTLSCA)
	if err != nil {
		return usageError("--api-tls: %w", err)
	}
	cfg.RunEnv = []string{"NODE_EXTRA_CA_CERTS=" + authority}
	return nil
}

// checkRemote refuses an endpoint on the internet, and an address by which other
// machines would reach the simulated API, that the user did not allow. What is not
// an address is told of later.
func (f conformFlags) checkRemote(args []string) error {
	if f.allowRemote {
		return nil
	}
	if len(args) > 0 && delivery.CheckURL(args[0]) == nil && !loopback.PrivateURL(args[0]) {
		return usageError("%s is not on this machine or a private network: add --allow-remote if it is yours to test", args[0])
	}
	if host, _, err := net.SplitHostPort(f.apiListen); err == nil && !loopback.Host(host) {
		return usageError("--api-listen %s would let other machines in: listen on 127.0.0.1, or allow it (--allow-remote)", f.apiListen)
	}
	return nil
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

// probeKinds are all kinds of probe that there are.
func probeKinds() []probe.Kind { return append(probe.Kinds(), sqlprobe.Kind()) }

func isRequirement(id string) bool {
	return slices.ContainsFunc(catalogue.All(), func(s scenarios.Scenario) bool { return s.ID == id })
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

// parseProbeMap reads the columns and where probes show them.
func parseProbeMap(entries []string) (map[string]string, error) {
	columns := map[string]string{}
	for _, entry := range entries {
		column, field, ok := strings.Cut(entry, "=")
		if !ok || column == "" || field == "" {
			return nil, usageError("--probe-map %q: want COLUMN=FIELD, such as link-href=url", entry)
		}
		if columns[column] != "" {
			return nil, usageError("--probe-map %q: the column %s is named twice", entry, column)
		}
		columns[column] = field
	}
	return columns, nil
}
