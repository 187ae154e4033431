package traffic_test

import (
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/simulator/traffic"
	"github.com/scrapehook/scrapehook/webhook"
)

// BenchmarkPlan makes one entry of a plan an iteration: its time and its form.
func BenchmarkPlan(b *testing.B) {
	mix, err := traffic.ParseMix("again=2%,late=1%,continued=1%")
	if err != nil {
		b.Fatal(err)
	}
	for _, shape := range []string{"constant", "poisson", "burst", "ramp", "sine", "steps"} {
		b.Run(shape, func(b *testing.B) {
			arrivals, err := traffic.ParseArrivals(shape, 10_000, time.Hour)
			if err != nil {
				b.Fatal(err)
			}
			p, err := traffic.NewPlan(traffic.PlanConfig{
				Seed: 1, Profile: webhook.Profile2020(), Arrivals: arrivals, Jobs: int64(b.N), Mix: mix,
			})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			var form []byte
			for index := range p.Jobs() {
				form = p.AppendForm(form[:0], p.Job(index), traffic.First)
			}
		})
	}
}
