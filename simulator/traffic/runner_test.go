package traffic_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/simulator/traffic"
	"github.com/scrapehook/scrapehook/webhook"
)

// exchanges is an endpoint without a network: it answers as a function says,
// which may sleep.
type exchanges func(ctx context.Context, r delivery.Request) (code int, reason delivery.Reason)

func (e exchanges) Do(ctx context.Context, r delivery.Request) delivery.Attempt {
	a := delivery.Attempt{Started: time.Now()}
	a.Status, a.Reason = e(ctx, r)
	if ctx.Err() != nil {
		a.Reason = delivery.Canceled
	} else if r.DropAnswer && a.Status != 0 {
		a.Reason = delivery.Dropped
	}
	a.Ended = time.Now()
	return a
}

// sleep ends early with ctx.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func acks(ctx context.Context, _ delivery.Request) (int, delivery.Reason) {
	sleep(ctx, 2*time.Millisecond)
	return 204, delivery.Acked
}

// perform runs a plan against an endpoint and checks that the totals add up.
func perform(ctx context.Context, t *testing.T, p *traffic.Plan, endpoint exchanges, configure func(*traffic.Config)) traffic.Report {
	t.Helper()
	cfg := traffic.Config{
		URL: "http://127.0.0.1/", Script: p, Profile: p.Config().Profile,
		Exchanger: endpoint, Slow: endpoint, Connections: 32,
	}
	if configure != nil {
		configure(&cfg)
	}
	r, err := traffic.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return r.Report(p.Scheme())
}

func TestRunSendsThePlan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := mixed(t, 1000, nil)
		var mu sync.Mutex
		var sent []string
		report := perform(t.Context(), t, p, func(ctx context.Context, r delivery.Request) (int, delivery.Reason) {
			mu.Lock()
			sent = append(sent, string(r.Body))
			mu.Unlock()
			return acks(ctx, r)
		}, nil)
		var want []string
		lost := int64(0)
		for _, l := range linesOf(t, p) {
			want = append(want, l.Form)
			if l.Special == "lost" {
				want = append(want, l.Form) // its answer was lost, so it is resent
				lost++
			}
		}
		slices.Sort(want)
		slices.Sort(sent)
		if !slices.Equal(sent, want) {
			t.Errorf("%d forms were sent, want %d, or they differ", len(sent), len(want))
		}
		if report.Lost != lost || report.Resends != lost || report.Late != 0 || report.Dropped != 0 || report.Unsent != 0 {
			t.Errorf("counts %+v", report.Counts)
		}
		if report.Delivered+report.Answered != report.Notifications || report.Interrupted {
			t.Errorf("counts %+v", report.Counts)
		}
		if got := report.Latency.Planned.Max(); got < 2*time.Millisecond || got > 3*time.Millisecond {
			t.Errorf("an endpoint that takes 2 ms took %v at most", got)
		}
	})
}

func TestSecondNotificationsComeWhenTheyShould(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := mixed(t, 300, nil)
		type times struct{ first, second traffic.Attempt }
		var mu sync.Mutex
		jobs := map[int64]times{}
		perform(t.Context(), t, p, acks, func(cfg *traffic.Config) {
			cfg.OnAttempt = func(a traffic.Attempt) {
				mu.Lock()
				defer mu.Unlock()
				seen := jobs[a.Job.Index]
				if a.Part == traffic.First {
					seen.first = a
				} else {
					seen.second = a
				}
				jobs[a.Job.Index] = seen
			}
		})
		for _, seen := range jobs {
			first, second := seen.first, seen.second
			wait := map[traffic.Special]time.Duration{
				traffic.Concurrent: first.Planned,
				traffic.Late:       first.Planned + traffic.DefaultLateAfter,
				traffic.Again:      first.Ended,
				traffic.Continued:  first.Ended + traffic.DefaultContinuance,
			}
			if want, ok := wait[first.Job.Special]; ok && second.Planned != want {
				t.Errorf("%v: first %v to %v, second planned at %v, want %v", first.Job.Special, first.Planned, first.Ended, second.Planned, want)
			}
		}
	})
}

func TestResendsFollowTheProfile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := planOf(t, "constant", 100, time.Second, func(cfg *traffic.PlanConfig) { cfg.Profile = webhook.Profile2022() })
		var mu sync.Mutex
		planned := map[int64][]time.Duration{}
		report := perform(t.Context(), t, p,
			func(context.Context, delivery.Request) (int, delivery.Reason) { return 500, delivery.Rejected },
			func(cfg *traffic.Config) {
				cfg.OnAttempt = func(a traffic.Attempt) {
					mu.Lock()
					defer mu.Unlock()
					planned[a.Job.Index] = append(planned[a.Job.Index], a.Planned)
				}
			})
		if report.Sent != 300 || report.Rejected != 300 || report.GivenUp != 100 || report.Resends != 200 {
			t.Errorf("counts %+v", report.Counts)
		}
		for index, at := range planned {
			first := time.Duration(index) * 10 * time.Millisecond
			if want := []time.Duration{first, first + 5*time.Second, first + 15*time.Second}; !slices.Equal(at, want) {
				t.Errorf("job %d was attempted at %v, want %v", index, at, want)
			}
		}
		if got := slices.Sorted(maps.Keys(report.ByAttempt)); !slices.Equal(got, []string{"1", "2", "3+"}) {
			t.Errorf("attempts %v", got)
		}
	})
}

func TestTotalsAddUpWhenTheEndpointDiesAndComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := mixed(t, 5000, nil) // five seconds
		start := time.Now()
		report := perform(t.Context(), t, p, func(ctx context.Context, r delivery.Request) (int, delivery.Reason) {
			switch at := time.Since(start); {
			case at > time.Second && at < 2*time.Second:
				return 0, delivery.Refused
			case at > 2*time.Second && at < 3*time.Second:
				sleep(ctx, 10*time.Second)
				return 0, delivery.Timeout
			case at > 3*time.Second && at < 3500*time.Millisecond:
				return 0, delivery.Reset
			}
			return acks(ctx, r)
		}, nil)
		if report.Refused == 0 || report.Timeout == 0 || report.Late == 0 {
			t.Errorf("counts %+v", report.Counts)
		}
		if report.Delivered+report.Answered+report.GivenUp != report.Notifications {
			t.Errorf("with resends nothing but malformed forms is given up: %+v", report.Counts)
		}
		if longest := report.Latency.Planned.Max(); longest < 10*time.Second {
			t.Errorf("timeouts of 10 s are counted as %v", longest)
		}
	})
}

// TestFrozenTargetAgrees has a target that freezes for 1 s every 5 s keep its
// own record, by the plan's times.
func TestFrozenTargetAgrees(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const rate, span = 500, 20 * time.Second
		p := planOf(t, "constant", rate, span, nil)
		first := p.Job(0).Notification.JobID
		start := time.Now()
		var mu sync.Mutex
		var truth []time.Duration
		report := perform(t.Context(), t, p, func(ctx context.Context, r delivery.Request) (int, delivery.Reason) {
			n, err := webhook.ParseForm(r.Body)
			if err != nil {
				t.Error(err)
			}
			if at := time.Since(start) % (5 * time.Second); at >= 4*time.Second {
				sleep(ctx, 5*time.Second-at)
			}
			sleep(ctx, time.Millisecond)
			due := time.Duration(n.JobID-first) * time.Second / rate
			mu.Lock()
			defer mu.Unlock()
			truth = append(truth, time.Since(start)-due)
			return 200, delivery.Acked
		}, nil)
		slices.Sort(truth)
		for _, q := range []float64{0.5, 0.9, 0.99, 0.999} {
			want := truth[int(q*float64(len(truth)))]
			got := report.Latency.Planned.Quantile(q)
			if off := (got - want).Abs(); off > want/100+time.Millisecond {
				t.Errorf("p%v is reported as %v, the target says %v", q*100, got, want)
			}
		}
		if sent := report.Latency.Sent.Quantile(0.9); sent > report.Latency.Planned.Quantile(0.9)/2 {
			t.Errorf("p90 from sent is %v: with 32 connections, few requests see the freeze", sent)
		}
		if report.Late == 0 || report.Dropped != 0 {
			t.Errorf("counts %+v", report.Counts)
		}
	})
}

func TestWhatDoesNotFitIsDropped(t *testing.T) {
	t.Parallel()
	hangs := func(ctx context.Context, _ delivery.Request) (int, delivery.Reason) {
		sleep(ctx, 10*time.Second)
		return 0, delivery.Timeout
	}
	for name, configure := range map[string]func(*traffic.Config){
		"backlog": func(cfg *traffic.Config) { cfg.Connections, cfg.Backlog = 1, 10 },
		"pending": func(cfg *traffic.Config) { cfg.Connections, cfg.MaxPending = 500, 10 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				report := perform(t.Context(), t, mixed(t, 200, nil), hangs, configure)
				if report.Dropped == 0 || report.Dropped != report.Abandoned || report.Unsent != 0 {
					t.Errorf("counts %+v", report.Counts)
				}
			})
		})
	}
}

func TestInterruptKeepsWhatWasMeasured(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		p := mixed(t, 5000, nil)
		report := perform(ctx, t, p, func(ctx context.Context, r delivery.Request) (int, delivery.Reason) {
			if time.Now().Nanosecond()%5 == 0 {
				sleep(ctx, time.Second)
			}
			return acks(ctx, r)
		}, nil)
		if !report.Interrupted || report.Canceled == 0 || report.Unsent == 0 || report.Unfinished < report.Canceled || report.Acked == 0 {
			t.Errorf("counts %+v", report.Counts)
		}
		handedOut := report.Notifications - report.Duplicates - report.Continued
		if report.NotDue == 0 || report.NotDue+handedOut != 5000 {
			t.Errorf("%d jobs of 5000 were handed out, and %d were not due", handedOut, report.NotDue)
		}
	})
}

func TestAnnounceEndsTheRun(t *testing.T) {
	t.Parallel()
	full := errors.New("the cloud is full")
	p := planOf(t, "constant", 1000, 0, func(cfg *traffic.PlanConfig) { cfg.Jobs = 100 })
	var mu sync.Mutex
	announced := 0
	r, err := traffic.New(traffic.Config{
		URL: "http://127.0.0.1/", Script: p, Profile: p.Config().Profile, Exchanger: exchanges(acks), Connections: 1,
		Announce: func(traffic.Job, traffic.Part) error {
			mu.Lock()
			defer mu.Unlock()
			if announced++; announced > 3 {
				return full
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(t.Context()); !errors.Is(err, full) {
		t.Errorf("the run ended with %v", err)
	}
	if report := r.Report(p.Scheme()); report.Sent != 3 || report.Check() != nil {
		t.Errorf("counts %+v: %v", report.Counts, report.Check())
	}
}

func TestClosedLoopPlansWhatItSends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, err := traffic.NewPlan(traffic.PlanConfig{Seed: 1, Profile: webhook.Profile2020(), Span: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		report := perform(t.Context(), t, p, acks, func(cfg *traffic.Config) {
			cfg.Closed, cfg.Span, cfg.Connections = true, time.Second, 4
		})
		// Four connections, 2 ms each, for a second.
		if report.Acked < 1990 || report.Acked > 2010 || report.Late != 0 || report.Interrupted {
			t.Errorf("counts %+v", report.Counts)
		}
		if !report.Latency.Planned.Equal(report.Latency.Sent) {
			t.Error("the planned moment is not the sent one")
		}
	})
}

func TestWarmupIsCountedApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := planOf(t, "constant", 100, 3*time.Second, nil)
		start := time.Now()
		report := perform(t.Context(), t, p, func(ctx context.Context, r delivery.Request) (int, delivery.Reason) {
			if time.Since(start) < time.Second {
				sleep(ctx, time.Second)
				return 500, delivery.Rejected
			}
			return acks(ctx, r)
		}, func(cfg *traffic.Config) { cfg.Warmup, cfg.Connections = time.Second, 200 })
		if report.Warmup.Sent != 200 || report.Warmup.Acked != 100 || report.Sent != 200 || report.Acked != 200 {
			t.Errorf("warm-up %+v, counts %+v", report.Warmup, report.Counts)
		}
		if longest := report.Latency.Planned.Max(); longest > 10*time.Millisecond {
			t.Errorf("the warm-up's latency is in the report: %v", longest)
		}
	})
}
