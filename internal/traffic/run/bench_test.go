package run_test

import (
	"context"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/run"
	"github.com/scrapehook/scrapehook/webhook"
)

// BenchmarkPlan makes one entry of a plan an iteration: its time and its form.
func BenchmarkPlan(b *testing.B) {
	mix, err := plan.ParseMix("again=2%,late=1%,continued=1%")
	if err != nil {
		b.Fatal(err)
	}
	for _, shape := range []string{"constant", "poisson", "burst", "ramp", "sine", "steps"} {
		b.Run(shape, func(b *testing.B) {
			arrivals, err := plan.ParseArrivals(shape, 10_000, time.Hour)
			if err != nil {
				b.Fatal(err)
			}
			p, err := plan.New(plan.Config{
				Seed: 1, Profile: webhook.Profile2020(), Arrivals: arrivals, Jobs: int64(b.N), Mix: mix,
			})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			var form []byte
			for index := range p.Jobs() {
				form = p.AppendForm(form[:0], p.Job(index), plan.First)
			}
		})
	}
}

// instantly is an endpoint that takes no time.
type instantly struct{}

func (instantly) Do(context.Context, delivery.Request) delivery.Attempt {
	now := time.Now()
	return delivery.Attempt{Started: now, Ended: now, Status: 200, Reason: delivery.Acked}
}

// BenchmarkRunner sends one job an iteration to an endpoint that takes no time:
// what a send costs beside its exchange.
func BenchmarkRunner(b *testing.B) {
	p, err := plan.New(plan.Config{Seed: 1, Profile: webhook.Profile2020(), Jobs: int64(b.N)})
	if err != nil {
		b.Fatal(err)
	}
	r, err := run.New(run.Config{
		URL: "http://127.0.0.1/", Script: p, Profile: webhook.Profile2020(), Exchanger: instantly{}, Closed: true, Connections: 8,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	if err := r.Run(b.Context()); err != nil {
		b.Fatal(err)
	}
}
