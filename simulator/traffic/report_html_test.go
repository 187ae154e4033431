package traffic_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/scrapehook/scrapehook/simulator/traffic"
)

func TestHTMLIsOnePage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		report := perform(t.Context(), t, mixed(t, 2000, nil), acks, nil)
		empty := perform(t.Context(), t, mixed(t, 1, nil), acks, nil)
		empty.Latency = traffic.Latency{Planned: traffic.NewHistogram(), Sent: traffic.NewHistogram()}
		empty.Timeline = traffic.Timeline{}
		for _, r := range []traffic.Report{report, empty} {
			r.URL = "http://127.0.0.1/<script>"
			var b strings.Builder
			if err := r.WriteHTML(&b); err != nil {
				t.Fatal(err)
			}
			page := b.String()
			if strings.Count(page, "<svg") != 4 || strings.Contains(page, "1/<script") || strings.Contains(page, "NaN") ||
				strings.Contains(page, "src=") || !strings.Contains(page, "from planned") {
				t.Errorf("not what it should be: %s", page)
			}
		}
	})
}
