package report_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/scrapehook/scrapehook/internal/traffic/report"
	"github.com/scrapehook/scrapehook/internal/traffic/traffictest"
)

func TestHTMLIsOnePage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		result := traffictest.Perform(t.Context(), t, traffictest.Mixed(t, 2000, nil), traffictest.Acks, nil)
		empty := traffictest.Perform(t.Context(), t, traffictest.Mixed(t, 1, nil), traffictest.Acks, nil)
		empty.Latency = report.Latency{Planned: report.NewHistogram(), Sent: report.NewHistogram()}
		empty.Timeline = report.Timeline{}
		for _, r := range []report.Report{result, empty} {
			r.URL = "http://127.0.0.1/<script>"
			var b strings.Builder
			if err := r.WriteHTML(&b); err != nil {
				t.Fatal(err)
			}
			page := b.String()
			if strings.Count(page, `<figure class="chart"`) < 3 || strings.Contains(page, "1/<script") || strings.Contains(page, "NaN") ||
				strings.Contains(page, "src=") || strings.Contains(page, "from planned") != (r.Latency.Planned.Count() > 0) {
				t.Errorf("not what it should be: %s", page)
			}
		}
	})
}

// TestVerdicts: the page's first line says what matters most.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		counts report.Counts
		slo    []report.Judged
		want   []string
	}{
		"dead":     {report.Counts{Planned: 5, Sent: 5, Refused: 5, GivenUp: 5}, []report.Judged{{SLO: "p99<1s", Got: "nothing was measured"}}, []string{"The endpoint is dead", "nothing listens there", "missed"}},
		"missed":   {report.Counts{Planned: 5, Sent: 5, Acked: 5, Delivered: 5, Notifications: 5}, []report.Judged{{SLO: "p99<1s", Got: "2 s"}}, []string{"1 of 1 SLO missed", "got 2 s"}},
		"rejected": {report.Counts{Planned: 5, Sent: 5, Rejected: 5, GivenUp: 5, Notifications: 5}, nil, []string{"Nothing was acknowledged"}},
		"lossy":    {report.Counts{Planned: 5, Sent: 5, Acked: 4, Rejected: 1, Delivered: 4, GivenUp: 1, Notifications: 5}, nil, []string{"1 notification not delivered"}},
		"well":     {report.Counts{Planned: 5, Sent: 5, Acked: 5, Delivered: 5, Notifications: 5}, nil, []string{"Everything was delivered"}},
	} {
		r := report.Report{Counts: tc.counts, SLO: tc.slo, Codes: map[int]int64{200: 4}, Latency: report.Latency{Planned: report.NewHistogram(), Sent: report.NewHistogram()}}
		var b strings.Builder
		if err := r.WriteHTML(&b); err != nil {
			t.Fatal(err)
		}
		for _, part := range tc.want {
			if !strings.Contains(b.String(), part) {
				t.Errorf("%s: the page does not say %q", name, part)
			}
		}
		if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "<dt>p99</dt>") {
			t.Errorf("%s: a figure of nothing", name)
		}
	}
}
