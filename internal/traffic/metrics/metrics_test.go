package metrics_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/metrics"
	"github.com/scrapehook/scrapehook/internal/traffic/run"
	"github.com/scrapehook/scrapehook/internal/traffic/traffictest"
)

func TestMetricsAgreeWithTheReport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := traffictest.Plan(t, "constant", 100, time.Second, nil)
		endpoint := traffictest.Exchanges(func(ctx context.Context, _ delivery.Request) (int, delivery.Reason) {
			traffictest.Sleep(ctx, 30*time.Millisecond)
			return 200, delivery.Acked
		})
		r, err := run.New(run.Config{URL: "http://127.0.0.1/", Script: p, Profile: p.Config().Profile, Exchanger: endpoint})
		if err != nil {
			t.Fatal(err)
		}
		registry := prometheus.NewPedanticRegistry()
		if err := registry.Register(metrics.Collector(r)); err != nil {
			t.Fatal(err)
		}
		if err := r.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, family := range families {
			for _, m := range family.GetMetric() {
				name := family.GetName()
				for _, label := range m.GetLabel() {
					name += " " + label.GetValue()
				}
				got[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
				for _, b := range m.GetHistogram().GetBucket() {
					if want := b.GetUpperBound() >= 0.03; want != (b.GetCumulativeCount() == 100) {
						t.Errorf("%d of 100 answers took up to %v s, and all took 30 ms", b.GetCumulativeCount(), b.GetUpperBound())
					}
				}
			}
		}
		for name, want := range map[string]float64{
			"scrapehook_traffic_planned_sends_total":           100,
			"scrapehook_traffic_sends_total acked":             100,
			"scrapehook_traffic_sends_total timeout":           0,
			"scrapehook_traffic_notifications_total delivered": 100,
			"scrapehook_traffic_latency_seconds planned":       100,
			"scrapehook_traffic_latency_seconds sent":          100,
			"scrapehook_traffic_sending":                       0,
		} {
			if value, ok := got[name]; !ok || value != want {
				t.Errorf("%s is %v, want %v", name, value, want)
			}
		}
	})
}
