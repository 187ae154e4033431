package run_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/report"
	"github.com/scrapehook/scrapehook/internal/traffic/run"
	"github.com/scrapehook/scrapehook/internal/traffic/traffictest"
	"github.com/scrapehook/scrapehook/internal/traffic/wire"
	"github.com/scrapehook/scrapehook/webhook"
)

// loops performs one exchange after the other, and leaves a connection at every
// seventh, before it or in its middle; or it fails.
type loops struct {
	traffictest.Exchanges
	err error
}

func (l loops) Loop(
	ctx context.Context, connections int,
	next func(i int) (delivery.Request, bool),
	ended func(i int, a delivery.Attempt),
	leave func(i int, rest func() delivery.Attempt),
) error {
	if l.err != nil {
		return l.err
	}
	n := 0
	for i := range connections {
		for {
			r, ok := next(i)
			if !ok {
				leave(i, nil)
				break
			}
			if n++; n%7 == 0 {
				leave(i, func() delivery.Attempt { return l.Do(ctx, r) })
				break
			}
			ended(i, l.Do(ctx, r))
		}
	}
	return nil
}

// TestLoopAndConnectionsShareTheWork: whatever a looper leaves, and whatever it
// can't do, the rest is sent all the same.
func TestLoopAndConnectionsShareTheWork(t *testing.T) {
	t.Parallel()
	for name, looped := range map[string]struct {
		err       error
		transport string
	}{
		"leaves":      {nil, "looped"},
		"unsupported": {errors.ErrUnsupported, "plain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := traffictest.Mixed(t, 500, nil)
				result := traffictest.Perform(t.Context(), t, p, traffictest.Acks, func(cfg *run.Config) {
					cfg.Closed, cfg.Looper = true, loops{traffictest.Acks, looped.err}
					cfg.Transport, cfg.LoopTransport = "plain", "looped"
				})
				if result.Notifications-result.Duplicates-result.Continued != 500 || result.Delivered+result.Answered != result.Notifications || result.Interrupted {
					t.Errorf("counts %+v", result.Counts)
				}
				if result.Transport != looped.transport {
					t.Errorf("transport %q", result.Transport)
				}
			})
		})
	}
}

func TestLoopThatFailsEndsTheRun(t *testing.T) {
	t.Parallel()
	p := traffictest.Mixed(t, 500, nil)
	r, err := run.New(run.Config{
		URL: "http://127.0.0.1/", Script: p, Profile: p.Config().Profile, Exchanger: traffictest.Exchanges(traffictest.Acks), Slow: traffictest.Exchanges(traffictest.Acks),
		Closed: true, Looper: loops{traffictest.Acks, errors.New("the ring is full")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "the ring is full") {
		t.Errorf("%v", err)
	}
}

// oneByOne performs all exchanges on its first connection.
type oneByOne struct{ traffictest.Exchanges }

func (l oneByOne) Loop(
	ctx context.Context, connections int,
	next func(i int) (delivery.Request, bool),
	ended func(i int, a delivery.Attempt),
	leave func(i int, rest func() delivery.Attempt),
) error {
	for r, ok := next(0); ok; r, ok = next(0) {
		ended(0, l.Do(ctx, r))
	}
	for i := range connections {
		leave(i, nil)
	}
	return nil
}

// TestLoopFindsAllResendsThatAreDue: many became due during one exchange, and go
// before the jobs that are left.
func TestLoopFindsAllResendsThatAreDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const failing = 10
		profile := webhook.Profile2020()
		profile.ResendDelays = []time.Duration{100 * time.Millisecond}
		p := traffictest.Plan(t, "constant", 50, time.Second, func(cfg *plan.Config) { cfg.Profile = profile })
		var sent []string
		endpoint := traffictest.Exchanges(func(ctx context.Context, r delivery.Request) (int, delivery.Reason) {
			sent = append(sent, string(r.Body))
			switch n := len(sent); {
			case n <= failing:
				return 500, delivery.Rejected
			case n == failing+1:
				traffictest.Sleep(ctx, 200*time.Millisecond)
			}
			return 204, delivery.Acked
		})
		traffictest.Perform(t.Context(), t, p, endpoint, func(cfg *run.Config) { cfg.Closed, cfg.Looper = true, oneByOne{endpoint} })
		if len(sent) != 50+failing || !slices.Equal(sent[failing+1:2*failing+1], sent[:failing]) {
			t.Errorf("%d were sent; after the first ten and one\n%q\nwant\n%q", len(sent), sent[failing+1:], sent[:failing])
		}
	})
}

// TestLoopLeavesCallbacksToConnections: what is to be told of each attempt may
// take its time.
func TestLoopLeavesCallbacksToConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := traffictest.Mixed(t, 100, nil)
		result := traffictest.Perform(t.Context(), t, p, traffictest.Acks, func(cfg *run.Config) {
			cfg.Closed, cfg.Looper = true, loops{traffictest.Acks, errors.New("it was used")}
			cfg.OnAttempt = func(report.Attempt) { time.Sleep(time.Millisecond) }
		})
		if result.Notifications-result.Duplicates-result.Continued != 100 {
			t.Errorf("counts %+v", result.Counts)
		}
	})
}

// TestClosedLoopOverANetwork sends a mix of everything as fast as it is answered,
// over every transport, and compares the report with the endpoint's own record.
func TestClosedLoopOverANetwork(t *testing.T) {
	t.Parallel()
	mix, err := plan.ParseMix(traffictest.Everything)
	if err != nil {
		t.Fatal(err)
	}
	for _, looped := range []bool{false, true} {
		rec := &receiver{jobs: map[int64]map[webhook.Status]int{}}
		server := httptest.NewServer(rec)
		defer server.Close()
		profile := webhook.Profile2020()
		profile.ResendDelays = []time.Duration{10 * time.Millisecond}
		p := traffictest.Plan(t, "constant", 2000, time.Second, func(cfg *plan.Config) {
			cfg.Mix, cfg.Profile = mix, profile
			cfg.LateAfter, cfg.Continuance = 50*time.Millisecond, 20*time.Millisecond
		})
		client, err := wire.New(server.URL, profile, 64, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		cfg := run.Config{
			URL: server.URL, Script: p, Profile: profile, Connections: 80, Closed: true,
			Exchanger: client, ReuseForms: true, Transport: "fast",
			Slow: &delivery.Client{Profile: profile, Transport: wire.SlowTransport(delivery.NewTransport(), 5, time.Millisecond)},
		}
		if looped {
			cfg.Looper, cfg.LoopTransport = client, "epoll"
		}
		r, err := run.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		client.Close()
		result := r.Report(p.Scheme())
		rec.check(t, p, result)
		want := "fast"
		if looped && runtime.GOOS == "linux" {
			want = "epoll"
		}
		if result.Transport != want {
			t.Errorf("transport %q, want %q", result.Transport, want)
		}
	}
}
