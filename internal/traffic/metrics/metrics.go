// Package metrics shows Prometheus a run while it goes on.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/scrapehook/scrapehook/internal/traffic/report"
)

// Source is a run.
type Source interface {
	Progress() report.Progress
	Latency() report.Latency
}

// Collector returns what Prometheus can ask of a run while it goes on: the
// counts, the warm-up's excluded, what is waiting, and the latency.
func Collector(run Source) prometheus.Collector { return collector{run} }

type collector struct{ run Source }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("scrapehook_traffic_"+name, help, labels, nil)
}

var (
	plannedDesc       = desc("planned_sends_total", "Sends that were planned.")
	sendsDesc         = desc("sends_total", "Planned sends that have ended, by outcome.", "outcome")
	lateDesc          = desc("late_sends_total", "Sends that began more than 10 ms after their planned moment.")
	notificationsDesc = desc("notifications_total", "Notifications that have ended, by ending.", "ending")
	sendingDesc       = desc("sending", "Exchanges under way.")
	waitingDesc       = desc("waiting", "Sends that are due and wait for a connection.")
	pendingDesc       = desc("pending", "Sends that are not due yet.")
	latencyDesc       = desc("latency_seconds", "Time to the end of the exchange from the planned, or the sent, moment.", "from")
)

// latencyBounds are the buckets, in seconds. The last one is the sender's
// patience (webhooks-2020).
var latencyBounds = []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10}

// Describe implements [prometheus.Collector].
func (m collector) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, to) }

// Collect implements [prometheus.Collector].
func (m collector) Collect(to chan<- prometheus.Metric) {
	p := m.run.Progress()
	number := func(d *prometheus.Desc, kind prometheus.ValueType, value int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, float64(value), labels...)
	}
	number(plannedDesc, prometheus.CounterValue, p.Counts.Planned)
	for _, o := range p.Counts.Outcomes() {
		number(sendsDesc, prometheus.CounterValue, o.Value, o.Name)
	}
	number(lateDesc, prometheus.CounterValue, p.Counts.Late)
	for _, e := range p.Counts.Endings() {
		number(notificationsDesc, prometheus.CounterValue, e.Value, e.Name)
	}
	number(sendingDesc, prometheus.GaugeValue, p.Sending)
	number(waitingDesc, prometheus.GaugeValue, int64(p.Waiting))
	number(pendingDesc, prometheus.GaugeValue, int64(p.Pending))

	latency := m.run.Latency()
	to <- metric("planned", latency.Planned)
	to <- metric("sent", latency.Sent)
}

// metric is a histogram as Prometheus has it.
func metric(from string, h *report.Histogram) prometheus.Metric {
	count, sum, upTo := uint64(0), 0.0, map[float64]uint64{}
	for value, n := range h.Buckets() {
		count += n
		sum += value.Highest.Seconds() * float64(n)
		for _, bound := range latencyBounds {
			if value.Lowest.Seconds() <= bound {
				upTo[bound] += n
			}
		}
	}
	return prometheus.MustNewConstHistogram(latencyDesc, count, sum, upTo, from)
}

// Serve answers Prometheus at address, under /metrics, until stop. at is where it
// listens in fact.
func Serve(ctx context.Context, address string, run Source) (at net.Addr, stop func() error, err error) {
	registry := prometheus.NewRegistry()
	if err := registry.Register(Collector(run)); err != nil {
		return nil, nil, err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, nil, err
	}
	routes := http.NewServeMux()
	routes.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: routes, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	return listener.Addr(), func() error {
		_ = server.Close() // what is left unread then is read no more
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving metrics: %w", err)
		}
		return nil
	}, nil
}
