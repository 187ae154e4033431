package run_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/report"
	"github.com/scrapehook/scrapehook/internal/traffic/run"
	"github.com/scrapehook/scrapehook/internal/traffic/traffictest"
	"github.com/scrapehook/scrapehook/internal/traffic/wire"
	"github.com/scrapehook/scrapehook/webhook"
)

// receiver is a careful endpoint that keeps a record.
type receiver struct {
	mu       sync.Mutex
	requests int
	jobs     map[int64]map[webhook.Status]int
	refused  int
}

func (rec *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	n, parseErr := webhook.ParseForm(body)
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.requests++
	if err != nil || parseErr != nil {
		rec.refused++
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if rec.jobs[n.JobID] == nil {
		rec.jobs[n.JobID] = map[webhook.Status]int{}
	}
	rec.jobs[n.JobID][n.Status]++
	w.WriteHeader(http.StatusNoContent)
}

// check compares a run's report with what came.
func (rec *receiver) check(t *testing.T, p *plan.Plan, result report.Report) {
	t.Helper()
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if int64(rec.requests) != result.Sent || int64(rec.refused) != result.Answered || result.Malformed != result.Answered {
		t.Errorf("the endpoint saw %d requests and refused %d, the report has %+v", rec.requests, rec.refused, result.Counts)
	}
	jobs := int64(0)
	for index := range p.Jobs() {
		j := p.Job(index)
		if j.Special == plan.Malformed {
			continue
		}
		jobs++
		if rec.jobs[j.Notification.JobID][j.Notification.Status] == 0 {
			t.Errorf("job %d was not notified", j.Notification.JobID)
		}
	}
	if int64(len(rec.jobs)) != jobs || result.Delivered != result.Notifications-result.Answered {
		t.Errorf("%d jobs of %d arrived; %+v", len(rec.jobs), jobs, result.Counts)
	}
}

// TestEveryArrivalOverANetwork sends a mix of everything over real connections
// and compares the report with the endpoint's own record.
func TestEveryArrivalOverANetwork(t *testing.T) {
	t.Parallel()
	trace := filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(trace, []byte("0\n0\n0.1\n0.1\n0.2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mix, err := plan.ParseMix(traffictest.Everything)
	if err != nil {
		t.Fatal(err)
	}
	for _, arrivals := range []string{"constant", "poisson", "burst:20", "ramp", "sine:200ms", "steps:3", "trace:" + trace} {
		t.Run(arrivals[:4], func(t *testing.T) {
			t.Parallel()
			rec := &receiver{jobs: map[int64]map[webhook.Status]int{}}
			server := httptest.NewServer(rec)
			defer server.Close()
			profile := webhook.Profile2020()
			profile.ResendDelays = []time.Duration{10 * time.Millisecond}
			p := traffictest.Plan(t, arrivals, 400, 400*time.Millisecond, func(cfg *plan.Config) {
				cfg.Mix, cfg.Profile = mix, profile
				cfg.LateAfter, cfg.Continuance = 50*time.Millisecond, 20*time.Millisecond
			})
			r, err := run.New(run.Config{
				URL: server.URL, Script: p, Profile: profile, Connections: 16,
				Exchanger: &delivery.Client{Profile: profile},
				Slow:      &delivery.Client{Profile: profile, Transport: wire.SlowTransport(delivery.NewTransport(), 5, time.Millisecond)},
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			rec.check(t, p, r.Report(p.Scheme()))
		})
	}
}

// TestSlowTransportTakesItsTime has an endpoint count the pieces in which a
// request comes.
func TestSlowTransportTakesItsTime(t *testing.T) {
	t.Parallel()
	rec := &receiver{jobs: map[int64]map[webhook.Status]int{}}
	server := httptest.NewServer(rec)
	defer server.Close()
	const pieces, pause = 8, 5 * time.Millisecond
	client := delivery.Client{Profile: webhook.Profile2020(), Transport: wire.SlowTransport(delivery.NewTransport(), pieces, pause)}
	n := webhook.Notification{JobID: 1, SitemapID: 2, Status: webhook.Finished, SitemapName: "shop"}
	a := client.Do(t.Context(), delivery.Request{URL: server.URL, Body: n.AppendForm(nil)})
	if a.Reason != delivery.Acked || a.Sent.Sub(a.Connected) < (pieces-1)*pause {
		t.Errorf("%s (%s), written in %v", a.Reason, a.Err, a.Sent.Sub(a.Connected))
	}

	// The end of an attempt also ends a pause.
	client.Transport = wire.SlowTransport(delivery.NewTransport(), pieces, time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if a := client.Do(ctx, delivery.Request{URL: server.URL, Body: n.AppendForm(nil)}); a.Reason != delivery.Canceled {
		t.Errorf("%s: %s", a.Reason, a.Err)
	}
}
