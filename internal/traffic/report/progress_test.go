package report_test

import (
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/traffic/report"
)

func TestProgressLine(t *testing.T) {
	t.Parallel()
	p := report.Progress{
		Elapsed: 5 * time.Second, Jobs: 500, Counts: report.Counts{Sent: 520, Acked: 500, Timeout: 12},
		Sending: 8, Pending: 12, P50: 2 * time.Millisecond, P99: 80 * time.Millisecond,
	}
	before := report.Progress{Elapsed: 4 * time.Second, Counts: report.Counts{Sent: 420}}
	want := "[##########          ]  50% 5s 100/s, 8 in flight, 12 pending, p50 2 ms p99 80 ms, 500 acked, 12 timeout"
	if got := p.Line(before, 1000, 0); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := (report.Progress{Elapsed: -3 * time.Second}).Line(report.Progress{}, 1, 0); got != "begins in 3s" {
		t.Errorf("got %s", got)
	}
}
