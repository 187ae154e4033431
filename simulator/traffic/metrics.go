package traffic

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Metrics returns what Prometheus can ask of the run while it goes on: the
// counts, the warm-up's excluded, what is waiting, and the latency.
func (r *Runner) Metrics() prometheus.Collector { return metrics{r} }

type metrics struct{ runner *Runner }

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
func (m metrics) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, to) }

// Collect implements [prometheus.Collector].
func (m metrics) Collect(to chan<- prometheus.Metric) {
	p := m.runner.Progress()
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

	latency := m.runner.tallies.latency()
	to <- latency.Planned.buckets().metric("planned")
	to <- latency.Sent.buckets().metric("sent")
}

// buckets is a histogram as Prometheus has it.
type buckets struct {
	count uint64
	sum   float64
	upTo  map[float64]uint64
}

func (h *Histogram) buckets() buckets {
	b := buckets{upTo: map[float64]uint64{}}
	for _, bar := range h.hdr.Distribution() {
		if bar.Count == 0 {
			continue
		}
		n := uint64(bar.Count) //nolint:gosec // above 0
		b.count += n
		b.sum += float64(bar.To) / 1e6 * float64(n)
		for _, bound := range latencyBounds {
			if float64(bar.From)/1e6 <= bound {
				b.upTo[bound] += n
			}
		}
	}
	return b
}

func (b buckets) metric(from string) prometheus.Metric {
	return prometheus.MustNewConstHistogram(latencyDesc, b.count, b.sum, b.upTo, from)
}
