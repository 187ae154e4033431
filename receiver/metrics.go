package receiver

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// measures are the receiver's metrics. They are counted also when they are not
// registered.
type measures struct {
	answers    *prometheus.HistogramVec // by code
	ok         prometheus.Observer      // of those with code 200, looked up once
	groups     prometheus.Histogram
	commits    prometheus.Histogram
	imports    *prometheus.HistogramVec // by outcome
	retries    prometheus.Counter
	leasesLost prometheus.Counter
}

func newMeasures() *measures {
	histogram := func(name, help string, buckets []float64) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Namespace: "scrapehook", Subsystem: "receiver", Name: name, Help: help, Buckets: buckets}
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "scrapehook", Subsystem: "receiver", Name: name, Help: help})
	}
	// The sender gives up after 10 s (webhooks-2020), and a good answer takes
	// about as long as one sync of the disk.
	quick := []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10}
	m := &measures{
		answers: prometheus.NewHistogramVec(histogram("answer_seconds", "Time to answer a notification, by the answer's code.", quick), []string{"code"}),
		groups:  prometheus.NewHistogram(histogram("commit_notifications", "Notifications that shared one commit.", prometheus.ExponentialBuckets(1, 2, 10))),
		commits: prometheus.NewHistogram(histogram("commit_seconds", "Time of one commit of notifications.", quick)),
		imports: prometheus.NewHistogramVec(histogram("import_seconds", "Time of an import that ended, by its outcome.",
			[]float64{.01, .03, .1, .3, 1, 3, 10, 30, 100, 300, 1000, 3000}), []string{"outcome"}),
		retries:    counter("import_retries_total", "Attempts of imports that failed and will be tried again."),
		leasesLost: counter("leases_lost_total", "Imports that were dropped because their lease was lost."),
	}
	m.ok = m.answers.WithLabelValues(strconv.Itoa(http.StatusOK))
	return m
}

// register registers them, with the metrics of the inbox and, if store is not nil,
// of the store.
func (m *measures) register(to prometheus.Registerer, b *inbox, store Upkeep) error {
	all := []prometheus.Collector{
		m.answers, m.groups, m.commits, m.imports, m.retries, m.leasesLost,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "scrapehook", Subsystem: "receiver", Name: "waiting_notifications",
			Help: "Notifications that wait for their commit.",
		}, func() float64 { return float64(len(b.waiting)) }),
	}
	if store != nil {
		all = append(all, backlogCollector{store})
	}
	for _, c := range all {
		if err := to.Register(c); err != nil {
			return err
		}
	}
	return nil
}

func (m *measures) answered(code int, took time.Duration) {
	observer := m.ok
	if code != http.StatusOK {
		observer = m.answers.WithLabelValues(strconv.Itoa(code))
	}
	observer.Observe(took.Seconds())
}

func (m *measures) committed(group int, took time.Duration) {
	m.groups.Observe(float64(group))
	m.commits.Observe(took.Seconds())
}

func (m *measures) imported(o Outcome, took time.Duration) {
	m.imports.WithLabelValues(string(o)).Observe(took.Seconds())
}

// backlogCollector asks the store each time that it is collected.
type backlogCollector struct {
	store Upkeep
}

// collectTimeout bounds the store's answer to a scrape.
const collectTimeout = 5 * time.Second

var (
	wantedDesc  = prometheus.NewDesc("scrapehook_receiver_imports_wanted", "Imports that are to be done, those under way included.", nil, nil)
	leasedDesc  = prometheus.NewDesc("scrapehook_receiver_imports_leased", "Imports that are being worked on.", nil, nil)
	failingDesc = prometheus.NewDesc("scrapehook_receiver_imports_failing", "Imports that have failed since they were last done.", nil, nil)
	lagDesc     = prometheus.NewDesc("scrapehook_receiver_import_lag_seconds", "For how long the oldest import has been wanted.", nil, nil)
)

// Describe implements [prometheus.Collector].
func (c backlogCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{wantedDesc, leasedDesc, failingDesc, lagDesc} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (c backlogCollector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), collectTimeout)
	defer cancel()
	l, err := c.store.Backlog(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(wantedDesc, err)
		return
	}
	to <- prometheus.MustNewConstMetric(wantedDesc, prometheus.GaugeValue, float64(l.Wanted))
	to <- prometheus.MustNewConstMetric(leasedDesc, prometheus.GaugeValue, float64(l.Leased))
	to <- prometheus.MustNewConstMetric(failingDesc, prometheus.GaugeValue, float64(l.Failing))
	to <- prometheus.MustNewConstMetric(lagDesc, prometheus.GaugeValue, l.Lag.Seconds())
}
