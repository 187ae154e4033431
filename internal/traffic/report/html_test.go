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
			if strings.Count(page, "<svg") != 4 || strings.Contains(page, "1/<script") || strings.Contains(page, "NaN") ||
				strings.Contains(page, "src=") || strings.Contains(page, "from planned") != (r.Latency.Planned.Count() > 0) {
				t.Errorf("not what it should be: %s", page)
			}
		}
	})
}
