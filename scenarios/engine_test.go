package scenarios_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/catalogue"
	"github.com/scrapehook/scrapehook/scenarios/probe"
	"github.com/scrapehook/scrapehook/webhook"
)

// judge runs the selected scenarios in fast mode against a model receiver that
// the caller may have broken, and returns the report.
func judge(t *testing.T, ctx context.Context, filter string, prepare func(*model, *scenarios.Config)) scenarios.Report { //nolint:revive // t comes first in tests
	t.Helper()
	m := newModel()
	t.Cleanup(m.stop)
	cfg := scenarios.Config{Endpoint: "/webhook", Handler: m.serve, Seed: 7, Fast: true, Probes: []probe.Probe{m}}
	prepare(m, &cfg)
	selected, err := scenarios.Select(catalogue.All(), filter)
	if err != nil {
		t.Fatal(err)
	}
	run, err := scenarios.Start(ctx, cfg, selected)
	if err != nil {
		t.Fatal(err)
	}
	return run.Wait()
}

func check(t *testing.T, r scenarios.Report, want map[string]scenarios.Verdict) {
	t.Helper()
	if len(r.Results) != len(want) {
		t.Errorf("%d results, want %d", len(r.Results), len(want))
	}
	for _, result := range r.Results {
		if result.Verdict != want[result.ID] {
			t.Errorf("%s: %s, want %s: %+v", result.ID, result.Verdict, want[result.ID], result.Findings)
		}
	}
}

func TestPrerequisitesBlock(t *testing.T) {
	t.Parallel()
	t.Run("nothing is acknowledged", func(t *testing.T) {
		t.Parallel()
		r := judge(t, t.Context(), "ACK-01,ACK-05,DATA-01,IDEM-01", func(m *model, _ *scenarios.Config) {
			m.handle = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
		})
		check(t, r, map[string]scenarios.Verdict{
			"ACK-01": scenarios.Fail, "ACK-05": scenarios.Blocked, "DATA-01": scenarios.Blocked, "IDEM-01": scenarios.Blocked,
		})
		if r.Conclude().Verdict != scenarios.Failed {
			t.Errorf("the whole is %s", r.Conclude().Verdict)
		}
	})
	t.Run("imports are incomplete", func(t *testing.T) {
		t.Parallel()
		r := judge(t, t.Context(), "ACK-01,DATA-01,IDEM-08", func(m *model, cfg *scenarios.Config) {
			m.lose = 1
			cfg.EffectTimeout = 300 * time.Millisecond
		})
		check(t, r, map[string]scenarios.Verdict{
			"ACK-01": scenarios.Pass, "DATA-01": scenarios.Fail, "IDEM-08": scenarios.Blocked,
		})
	})
	t.Run("a prerequisite that is not selected does not", func(t *testing.T) {
		t.Parallel()
		r := judge(t, t.Context(), "IDEM-02", func(m *model, _ *scenarios.Config) { m.double = true })
		check(t, r, map[string]scenarios.Verdict{"IDEM-02": scenarios.Fail})
	})
}

// TestOnePlace: with one place on the slot, scenarios that pause and
// prerequisites that fail must not wait for each other for ever.
func TestOnePlace(t *testing.T) {
	t.Parallel()
	r := judge(t, t.Context(), "ACK-01,ACK-04,DATA-01,IDEM-01,IDEM-02,IDEM-03", func(m *model, cfg *scenarios.Config) {
		m.double = true
		cfg.Concurrency = 1
	})
	check(t, r, map[string]scenarios.Verdict{
		"ACK-01": scenarios.Pass, "ACK-04": scenarios.Pass, "DATA-01": scenarios.Pass,
		"IDEM-01": scenarios.Fail, "IDEM-02": scenarios.Blocked, "IDEM-03": scenarios.Blocked,
	})
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	r := judge(t, ctx, "", func(_ *model, cfg *scenarios.Config) {
		cfg.Progress = func(e scenarios.Event) {
			if e.ID == "ACK-02" && e.State == scenarios.Done {
				cancel()
			}
		}
	})
	if !r.Interrupted || len(r.Results) != len(catalogue.All()) {
		t.Fatalf("interrupted %v, %d results", r.Interrupted, len(r.Results))
	}
	verdicts := map[scenarios.Verdict]int{}
	for _, result := range r.Results {
		verdicts[result.Verdict]++
	}
	if verdicts[scenarios.Pass] < 2 || verdicts[scenarios.Blocked] == 0 || verdicts[scenarios.Errored] != 0 || verdicts[scenarios.Fail] != 0 {
		t.Errorf("verdicts %v: what was known is to be kept, and nothing blamed on the endpoint", verdicts)
	}
}

// brokenProbe fails: that is the harness's fault, not the endpoint's.
type brokenProbe struct{}

func (brokenProbe) Name() string { return "broken" }

func (brokenProbe) Read(context.Context, int64) (probe.Reading, error) {
	return probe.Reading{}, errors.New("no such table")
}

func TestHarnessErrorIsNoVerdict(t *testing.T) {
	t.Parallel()
	r := judge(t, t.Context(), "ACK-01,DATA-01", func(_ *model, cfg *scenarios.Config) {
		cfg.Probes = []probe.Probe{brokenProbe{}}
		cfg.EffectTimeout = 300 * time.Millisecond
	})
	check(t, r, map[string]scenarios.Verdict{"ACK-01": scenarios.Blocked, "DATA-01": scenarios.Blocked})
	if r.Setup == nil || r.Conclude().Verdict != scenarios.Broken {
		t.Errorf("the whole is %s", r.Conclude().Verdict)
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	all := scenarios.Selection{Scenarios: catalogue.All(), Of: len(catalogue.All())}
	for _, tc := range []struct {
		name string
		cfg  scenarios.Config
		some scenarios.Selection
	}{
		{"no endpoint", scenarios.Config{}, all},
		{"no host", scenarios.Config{Endpoint: "http:///x"}, all},
		{"another scheme", scenarios.Config{Endpoint: "ftp://127.0.0.1/"}, all},
		{"an API URL without a host", scenarios.Config{Endpoint: "http://127.0.0.1:1/", APIURL: "/api/v1/"}, all},
		{"an API address without a port", scenarios.Config{Endpoint: "http://127.0.0.1:1/", APIListen: "127.0.0.1"}, all},
		{"a negative timeout", scenarios.Config{Endpoint: "http://127.0.0.1:1/", EffectTimeout: -1}, all},
		{"no scenario", scenarios.Config{Endpoint: "http://127.0.0.1:1/"}, scenarios.Selection{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := scenarios.Start(t.Context(), tc.cfg, tc.some)
			var config *scenarios.ConfigError
			if !errors.As(err, &config) {
				t.Errorf("error %v, want a ConfigError", err)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		address, err := freeAddress()
		if err != nil {
			t.Fatal(err)
		}
		_, err = scenarios.Start(t.Context(), scenarios.Config{Endpoint: "http://" + address + "/"}, all)
		if !errors.Is(err, scenarios.ErrUnreachable) {
			t.Errorf("error %v, want ErrUnreachable", err)
		}
	})
}

// TestSeedRepeatsARun: the same seed sends the same notifications, another
// seed sends others.
func TestSeedRepeatsARun(t *testing.T) {
	t.Parallel()
	forms := func(seed uint64) string {
		var seen strings.Builder
		judge(t, t.Context(), "ACK-01,ACK-05", func(_ *model, cfg *scenarios.Config) {
			cfg.Seed, cfg.Concurrency = seed, 1
			cfg.Progress = func(e scenarios.Event) {
				if e.State == scenarios.Done && e.ID == "ACK-01" {
					seen.WriteString(e.Result.Evidence[1].Text[:80])
				}
			}
		})
		return seen.String()
	}
	one, same, other := forms(1), forms(1), forms(2)
	if one == "" || one != same || one == other {
		t.Errorf("seed 1 sent %q and %q, seed 2 %q", one, same, other)
	}
}

func TestKnownFailures(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		known   map[string]string
		verdict scenarios.Overall
	}{
		{"not known", nil, scenarios.Failed},
		{"known", map[string]string{"IDEM-01": "ticket 7"}, scenarios.Passed},
		{"known, and one that passes", map[string]string{"IDEM-01": "ticket 7", "ACK-01": "ticket 8"}, scenarios.Failed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := judge(t, t.Context(), "ACK-01,IDEM-01", func(m *model, cfg *scenarios.Config) {
				m.double = true
				cfg.KnownFailing = tc.known
			})
			if r.Conclude().Verdict != tc.verdict {
				t.Errorf("the whole is %s, want %s: %+v", r.Conclude().Verdict, tc.verdict, r.Results)
			}
		})
	}
}

func TestUnsupported(t *testing.T) {
	t.Parallel()
	r := judge(t, t.Context(), "ACK-01,IDEM-01,SEC-01", func(m *model, cfg *scenarios.Config) {
		m.double = true
		cfg.Unsupported = map[string]string{"IDEM-01": "another system sees to it"}
	})
	check(t, r, map[string]scenarios.Verdict{
		"ACK-01": scenarios.Pass, "IDEM-01": scenarios.NotSupported, "SEC-01": scenarios.NotSupported,
	})
	if r.Conclude().Verdict != scenarios.Passed {
		t.Errorf("the whole is %s", r.Conclude().Verdict)
	}
}

// TestMeasuredAgain: an answer that is late once does not count, one that is
// late twice does. The time allowed is short here, so as not to wait for it.
func TestMeasuredAgain(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		hangs int // of the notifications after the warm-up
		want  scenarios.Verdict
	}{{"late once", 1, scenarios.Pass}, {"late twice", 2, scenarios.Fail}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := judge(t, t.Context(), "ACK-01", func(m *model, cfg *scenarios.Config) {
				cfg.Profile = webhook.Profile2020()
				cfg.Profile.Timeout = time.Second
				posts := 0
				m.handle = func(w http.ResponseWriter, r *http.Request) {
					if r.Method != http.MethodPost {
						return
					}
					m.mu.Lock()
					posts++
					hang := posts > 1 && posts <= 1+tc.hangs
					m.mu.Unlock()
					if hang {
						// The server only notices that the sender has left once
						// the body is read.
						_, _ = io.Copy(io.Discard, r.Body)
						<-r.Context().Done()
						return
					}
					m.accept(w, r)
				}
			})
			check(t, r, map[string]scenarios.Verdict{"ACK-01": tc.want})
		})
	}
}
