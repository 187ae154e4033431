package scenarios_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/probe"
)

// TestAMistakeOfTheSetupIsNoVerdict: each is one finding, and nothing is judged.
func TestAMistakeOfTheSetupIsNoVerdict(t *testing.T) {
	t.Parallel()
	answer := func(status int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	for name, test := range map[string]struct {
		prepare       func(*model, *scenarios.Config)
		problem, next string
	}{
		"a secret is missing": {func(m *model, _ *scenarios.Config) { m.handle = answer(http.StatusUnauthorized) }, "answers 401", "--token"},
		"a wrong path":        {func(m *model, _ *scenarios.Config) { m.handle = answer(http.StatusNotFound) }, "answers 404", "path"},
		"a proxy without its program": {func(m *model, cfg *scenarios.Config) {
			m.handle = answer(http.StatusBadGateway)
			cfg.StartTimeout = 200 * time.Millisecond
		}, "answers 502", "--start-timeout"},
		"the API is never called": {func(m *model, cfg *scenarios.Config) {
			m.handle = answer(http.StatusOK)
			cfg.EffectTimeout = 300 * time.Millisecond
		}, "did not call the simulated API", "--effect-timeout"},
		"a probe that sees nothing": {func(_ *model, cfg *scenarios.Config) {
			cfg.Probes = []probe.Probe{blindProbe{}}
			cfg.EffectTimeout = 300 * time.Millisecond
		}, "the probe blind looks elsewhere", "--probe"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := judge(t, t.Context(), "ACK-01,DATA-01", test.prepare)
			check(t, r, map[string]scenarios.Verdict{"ACK-01": scenarios.Blocked, "DATA-01": scenarios.Blocked})
			c := r.Conclude()
			if c.ExitCode != 3 || !strings.Contains(c.Meaning, test.problem) || !strings.Contains(c.Next, test.next) {
				t.Errorf("exit code %d, meaning %q, next %q", c.ExitCode, c.Meaning, c.Next)
			}
		})
	}
}

// TestCheckPlaysNothing: with Check, only the setup is looked at.
func TestCheckPlaysNothing(t *testing.T) {
	t.Parallel()
	r := judge(t, t.Context(), "ACK-01,DATA-01", func(_ *model, cfg *scenarios.Config) { cfg.Check = true })
	check(t, r, map[string]scenarios.Verdict{"ACK-01": scenarios.Blocked, "DATA-01": scenarios.Blocked})
	if c := r.Conclude(); c.ExitCode != 0 || r.SlowestImport == 0 {
		t.Errorf("%+v, slowest import %v", c, r.SlowestImport)
	}
}

// blindProbe sees nothing, and knows why.
type blindProbe struct{}

func (blindProbe) Name() string { return "blind" }

func (blindProbe) Read(context.Context, int64) (probe.Reading, error) { return probe.Reading{}, nil }

func (blindProbe) Explain(context.Context, int64) string { return "looks elsewhere" }
