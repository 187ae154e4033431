// Package traffictest has what the tests of traffic's packages share: plans that
// have some of everything, and endpoints without a network.
package traffictest

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/report"
	"github.com/scrapehook/scrapehook/internal/traffic/run"
	"github.com/scrapehook/scrapehook/webhook"
)

// Everything is a mix of all that can be unusual about a job.
const Everything = "again=10%,concurrent=10%,late=10%,lost=10%,continued=10%,malformed=10%,slow=10%"

// Mixed plans jobs of every kind.
func Mixed(t *testing.T, jobs int64, configure func(*plan.Config)) *plan.Plan {
	t.Helper()
	mix, err := plan.ParseMix(Everything)
	if err != nil {
		t.Fatal(err)
	}
	return Plan(t, "poisson", 1000, 0, func(cfg *plan.Config) {
		cfg.Jobs, cfg.Mix = jobs, mix
		cfg.Profile, cfg.CustomIDs = webhook.Profile2022(), 0.5
		if configure != nil {
			configure(cfg)
		}
	})
}

// Plan plans with a shape; configure may change the rest.
func Plan(t *testing.T, arrivals string, rate float64, span time.Duration, configure func(*plan.Config)) *plan.Plan {
	t.Helper()
	a, err := plan.ParseArrivals(arrivals, rate, span)
	if err != nil {
		t.Fatal(err)
	}
	cfg := plan.Config{Seed: 1, Profile: webhook.Profile2020(), Arrivals: a, Span: span}
	if configure != nil {
		configure(&cfg)
	}
	p, err := plan.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Exchanges is an endpoint without a network: it answers as a function says,
// which may Sleep.
type Exchanges func(ctx context.Context, r delivery.Request) (code int, reason delivery.Reason)

// Do implements [run.Exchanger].
func (e Exchanges) Do(ctx context.Context, r delivery.Request) delivery.Attempt {
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

// Sleep ends early with ctx.
func Sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// Acks is an endpoint that acknowledges after 2 ms.
func Acks(ctx context.Context, _ delivery.Request) (int, delivery.Reason) {
	Sleep(ctx, 2*time.Millisecond)
	return 204, delivery.Acked
}

// Perform runs a plan against an endpoint and checks that the totals add up.
func Perform(ctx context.Context, t *testing.T, p *plan.Plan, endpoint Exchanges, configure func(*run.Config)) report.Report {
	t.Helper()
	cfg := run.Config{
		URL: "http://127.0.0.1/", Script: p, Profile: p.Config().Profile,
		Exchanger: endpoint, Slow: endpoint, Connections: 32,
	}
	if configure != nil {
		configure(&cfg)
	}
	r, err := run.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return r.Report(p.Scheme())
}

// Written returns a plan in one of its formats.
func Written(t *testing.T, p *plan.Plan, format string) string {
	t.Helper()
	var out bytes.Buffer
	if err := p.Write(&out, format, "http://127.0.0.1/it's"); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Line is a line of the jsonl format.
type Line struct {
	Index               int64
	Part, Special, Form string
	AtS                 float64 `json:"at_s"`
}

// Lines returns the sends of a plan.
func Lines(t *testing.T, p *plan.Plan) []Line {
	t.Helper()
	var lines []Line
	for text := range strings.Lines(Written(t, p, "jsonl")) {
		var l Line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines
}
