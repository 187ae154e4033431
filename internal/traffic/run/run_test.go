package run_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/report"
	"github.com/scrapehook/scrapehook/internal/traffic/run"
	"github.com/scrapehook/scrapehook/internal/traffic/traffictest"
	"github.com/scrapehook/scrapehook/webhook"
)

func TestRunSendsThePlan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := traffictest.Mixed(t, 1000, nil)
		var mu sync.Mutex
		var sent []string
		result := traffictest.Perform(t.Context(), t, p, func(ctx context.Context, r delivery.Request) (int, delivery.Reason) {
			mu.Lock()
			sent = append(sent, string(r.Body))
			mu.Unlock()
			return traffictest.Acks(ctx, r)
		}, nil)
		var want []string
		lost := int64(0)
		for _, l := range traffictest.Lines(t, p) {
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
		if result.Lost != lost || result.Resends != lost || result.Late != 0 || result.Dropped != 0 || result.Unsent != 0 {
			t.Errorf("counts %+v", result.Counts)
		}
		if result.Delivered+result.Answered != result.Notifications || result.Interrupted {
			t.Errorf("counts %+v", result.Counts)
		}
		if got := result.Latency.Planned.Max(); got < 2*time.Millisecond || got > 3*time.Millisecond {
			t.Errorf("an endpoint that takes 2 ms took %v at most", got)
		}
	})
}

func TestSecondNotificationsComeWhenTheyShould(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := traffictest.Mixed(t, 300, nil)
		type times struct{ first, second report.Attempt }
		var mu sync.Mutex
		jobs := map[int64]times{}
		traffictest.Perform(t.Context(), t, p, traffictest.Acks, func(cfg *run.Config) {
			cfg.OnAttempt = func(a report.Attempt) {
				mu.Lock()
				defer mu.Unlock()
				seen := jobs[a.Job.Index]
				if a.Part == plan.First {
					seen.first = a
				} else {
					seen.second = a
				}
				jobs[a.Job.Index] = seen
			}
		})
		for _, seen := range jobs {
			first, second := seen.first, seen.second
			wait := map[plan.Special]time.Duration{
				plan.Concurrent: first.Planned,
				plan.Late:       first.Planned + plan.DefaultLateAfter,
				plan.Again:      first.Ended,
				plan.Continued:  first.Ended + plan.DefaultContinuance,
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
		p := traffictest.Plan(t, "constant", 100, time.Second, func(cfg *plan.Config) { cfg.Profile = webhook.Profile2022() })
		var mu sync.Mutex
		planned := map[int64][]time.Duration{}
		result := traffictest.Perform(t.Context(), t, p,
			func(context.Context, delivery.Request) (int, delivery.Reason) { return 500, delivery.Rejected },
			func(cfg *run.Config) {
				cfg.OnAttempt = func(a report.Attempt) {
					mu.Lock()
					defer mu.Unlock()
					planned[a.Job.Index] = append(planned[a.Job.Index], a.Planned)
				}
			})
		if result.Sent != 300 || result.Rejected != 300 || result.GivenUp != 100 || result.Resends != 200 {
			t.Errorf("counts %+v", result.Counts)
		}
		for index, at := range planned {
			first := time.Duration(index) * 10 * time.Millisecond
			if want := []time.Duration{first, first + 5*time.Second, first + 15*time.Second}; !slices.Equal(at, want) {
				t.Errorf("job %d was attempted at %v, want %v", index, at, want)
			}
		}
		if got := slices.Sorted(maps.Keys(result.ByAttempt)); !slices.Equal(got, []string{"1", "2", "3+"}) {
			t.Errorf("attempts %v", got)
		}
	})
}

func TestTotalsAddUpWhenTheEndpointDiesAndComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := traffictest.Mixed(t, 5000, nil) // five seconds
		start := time.Now()
		result := traffictest.Perform(t.Context(), t, p, func(ctx context.Context, r delivery.Request) (int, delivery.Reason) {
			switch at := time.Since(start); {
			case at > time.Second && at < 2*time.Second:
				return 0, delivery.Refused
			case at > 2*time.Second && at < 3*time.Second:
				traffictest.Sleep(ctx, 10*time.Second)
				return 0, delivery.Timeout
			case at > 3*time.Second && at < 3500*time.Millisecond:
				return 0, delivery.Reset
			}
			return traffictest.Acks(ctx, r)
		}, nil)
		if result.Refused == 0 || result.Timeout == 0 || result.Late == 0 {
			t.Errorf("counts %+v", result.Counts)
		}
		if result.Delivered+result.Answered+result.GivenUp != result.Notifications {
			t.Errorf("with resends nothing but malformed forms is given up: %+v", result.Counts)
		}
		if longest := result.Latency.Planned.Max(); longest < 10*time.Second {
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
		p := traffictest.Plan(t, "constant", rate, span, nil)
		first := p.Job(0).Notification.JobID
		start := time.Now()
		var mu sync.Mutex
		var truth []time.Duration
		result := traffictest.Perform(t.Context(), t, p, func(ctx context.Context, r delivery.Request) (int, delivery.Reason) {
			n, err := webhook.ParseForm(r.Body)
			if err != nil {
				t.Error(err)
			}
			if at := time.Since(start) % (5 * time.Second); at >= 4*time.Second {
				traffictest.Sleep(ctx, 5*time.Second-at)
			}
			traffictest.Sleep(ctx, time.Millisecond)
			due := time.Duration(n.JobID-first) * time.Second / rate
			mu.Lock()
			defer mu.Unlock()
			truth = append(truth, time.Since(start)-due)
			return 200, delivery.Acked
		}, nil)
		slices.Sort(truth)
		for _, q := range []float64{0.5, 0.9, 0.99, 0.999} {
			want := truth[int(q*float64(len(truth)))]
			got := result.Latency.Planned.Quantile(q)
			if off := (got - want).Abs(); off > want/100+time.Millisecond {
				t.Errorf("p%v is reported as %v, the target says %v", q*100, got, want)
			}
		}
		if sent := result.Latency.Sent.Quantile(0.9); sent > result.Latency.Planned.Quantile(0.9)/2 {
			t.Errorf("p90 from sent is %v: with 32 connections, few requests see the freeze", sent)
		}
		if result.Late == 0 || result.Dropped != 0 {
			t.Errorf("counts %+v", result.Counts)
		}
	})
}

func TestWhatDoesNotFitIsDropped(t *testing.T) {
	t.Parallel()
	hangs := func(ctx context.Context, _ delivery.Request) (int, delivery.Reason) {
		traffictest.Sleep(ctx, 10*time.Second)
		return 0, delivery.Timeout
	}
	for name, configure := range map[string]func(*run.Config){
		"backlog": func(cfg *run.Config) { cfg.Connections, cfg.Backlog = 1, 10 },
		"pending": func(cfg *run.Config) { cfg.Connections, cfg.MaxPending = 500, 10 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				result := traffictest.Perform(t.Context(), t, traffictest.Mixed(t, 200, nil), hangs, configure)
				if result.Dropped == 0 || result.Dropped != result.Abandoned || result.Unsent != 0 {
					t.Errorf("counts %+v", result.Counts)
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
		p := traffictest.Mixed(t, 5000, nil)
		result := traffictest.Perform(ctx, t, p, func(ctx context.Context, r delivery.Request) (int, delivery.Reason) {
			if time.Now().Nanosecond()%5 == 0 {
				traffictest.Sleep(ctx, time.Second)
			}
			return traffictest.Acks(ctx, r)
		}, nil)
		if !result.Interrupted || result.Canceled == 0 || result.Unsent == 0 || result.Unfinished < result.Canceled || result.Acked == 0 {
			t.Errorf("counts %+v", result.Counts)
		}
		handedOut := result.Notifications - result.Duplicates - result.Continued
		if result.NotDue == 0 || result.NotDue+handedOut != 5000 {
			t.Errorf("%d jobs of 5000 were handed out, and %d were not due", handedOut, result.NotDue)
		}
	})
}

func TestAnnounceEndsTheRun(t *testing.T) {
	t.Parallel()
	full := errors.New("the cloud is full")
	p := traffictest.Plan(t, "constant", 1000, 0, func(cfg *plan.Config) { cfg.Jobs = 100 })
	var mu sync.Mutex
	announced := 0
	r, err := run.New(run.Config{
		URL: "http://127.0.0.1/", Script: p, Profile: p.Config().Profile, Exchanger: traffictest.Exchanges(traffictest.Acks), Connections: 1,
		Announce: func(plan.Job, plan.Part) error {
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
	if result := r.Report(p.Scheme()); result.Sent != 3 || result.Check() != nil {
		t.Errorf("counts %+v: %v", result.Counts, result.Check())
	}
}

func TestClosedLoopPlansWhatItSends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, err := plan.New(plan.Config{Seed: 1, Profile: webhook.Profile2020(), Span: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		result := traffictest.Perform(t.Context(), t, p, traffictest.Acks, func(cfg *run.Config) {
			cfg.Closed, cfg.Span, cfg.Connections = true, time.Second, 4
		})
		// Four connections, 2 ms each, for a second.
		if result.Acked < 1990 || result.Acked > 2010 || result.Late != 0 || result.Interrupted {
			t.Errorf("counts %+v", result.Counts)
		}
		if !result.Latency.Planned.Equal(result.Latency.Sent) {
			t.Error("the planned moment is not the sent one")
		}
	})
}

func TestWarmupIsCountedApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := traffictest.Plan(t, "constant", 100, 3*time.Second, nil)
		start := time.Now()
		result := traffictest.Perform(t.Context(), t, p, func(ctx context.Context, r delivery.Request) (int, delivery.Reason) {
			if time.Since(start) < time.Second {
				traffictest.Sleep(ctx, time.Second)
				return 500, delivery.Rejected
			}
			return traffictest.Acks(ctx, r)
		}, func(cfg *run.Config) { cfg.Warmup, cfg.Connections = time.Second, 200 })
		if result.Warmup.Sent != 200 || result.Warmup.Acked != 100 || result.Sent != 200 || result.Acked != 200 {
			t.Errorf("warm-up %+v, counts %+v", result.Warmup, result.Counts)
		}
		if longest := result.Latency.Planned.Max(); longest > 10*time.Millisecond {
			t.Errorf("the warm-up's latency is in the report: %v", longest)
		}
	})
}
