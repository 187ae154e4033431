package receiver_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/webhook"
)

func jobName(id int64) string { return strconv.FormatInt(id, 10) }

// collected returns the value of each metric, a histogram's being its count,
// by the metric's name and the values of its labels.
func collected(t *testing.T, from prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := from.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			name := family.GetName()
			for _, label := range m.GetLabel() {
				name += " " + label.GetValue()
			}
			values[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return values
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		c := newCloud(t)
		c.set(7, job{webhook.Finished, 3, 10})
		c.onCall(func(w http.ResponseWriter, call string, n int) bool {
			if call == "GET 8" || call == "GET 7" && n == 1 {
				w.WriteHeader(http.StatusInternalServerError)
				return true
			}
			return false
		})
		registry := prometheus.NewRegistry()
		b := start(t, at, c, func(cfg *receiver.Config) { cfg.Metrics = registry })
		b.mustNotify(t, 7, webhook.Finished)
		b.mustNotify(t, 7, webhook.Finished)
		post(b.Handler(), "/", []byte("scrapingjob_id=0"))
		b.awaitIdle(t)
		b.mustNotify(t, 8, webhook.Finished)
		eventually(t, "an import fails", func() bool {
			return collected(t, registry)["scrapehook_receiver_imports_failing"] == 1
		})
		got := collected(t, registry)
		for name, want := range map[string]float64{
			"scrapehook_receiver_answer_seconds 200":      3,
			"scrapehook_receiver_answer_seconds 400":      1,
			"scrapehook_receiver_import_seconds imported": 1,
			"scrapehook_receiver_imports_wanted":          1,
			"scrapehook_receiver_waiting_notifications":   0,
			"scrapehook_receiver_leases_lost_total":       0,
		} {
			if value, ok := got[name]; !ok || value != want {
				t.Errorf("%s is %v, %v, want %v", name, value, ok, want)
			}
		}
		if lag := got["scrapehook_receiver_import_lag_seconds"]; lag <= 0 || lag > time.Hour.Seconds() {
			t.Errorf("a lag of %v s", lag)
		}
		if got["scrapehook_receiver_import_retries_total"] < 2 || got["scrapehook_receiver_commit_seconds"] < 2 {
			t.Errorf("metrics %v", got)
		}
	})
}
