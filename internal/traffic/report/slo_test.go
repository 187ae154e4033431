package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/traffic/report"
)

// reported is 1000 sends with 1 to 1000 ms, from the planned moment, and half
// of that from the sent one.
func reported() *report.Report {
	r := &report.Report{Latency: report.Latency{Planned: report.NewHistogram(), Sent: report.NewHistogram()}}
	for i := range 1000 {
		d := time.Duration(i+1) * time.Millisecond
		r.Latency.Planned.Record(d)
		r.Latency.Sent.Record(d / 2)
	}
	r.Counts = report.Counts{
		Planned: 1200, Sent: 1100, Acked: 989, Rejected: 10, Timeout: 1, Malformed: 80, Lost: 20, Dropped: 100, Late: 30,
		Notifications: 1100, Delivered: 1015, GivenUp: 5, Answered: 80,
	}
	r.RatePerS, r.Sends = 499.95, report.Sends{Count: 1000, LastS: 2}
	return r
}

func TestSLO(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		met  bool
		got  string
	}{
		{"p99<1s", true, "990 ms"},
		{"p99<500ms", false, "990 ms"},
		{"p999<999.5ms", true, "999 ms"},
		{"p99.9 < 999.5ms", true, "999 ms"},
		{"p50<=501ms", true, "500 ms"},
		{"p95>900ms", true, "950 ms"},
		{"sent.p50<251ms", true, "250 ms"},
		{"sent.max<1s", true, "500"},
		{"max<1s", false, "1 s"},
		{"acked>=99%", false, "98.900%"}, // of 1000: neither malformed nor lost on purpose
		{"acked>=98.9%", true, "98.900%"},
		{"acked>98.9%", false, "98.900%"},
		{"acked>=989", true, "989"},
		{"rejected<=1%", true, "1.000%"},
		{"timeout<1", false, "1"},
		{"refused<=0", true, "0"},
		{"given_up<0.5%", true, "0.490%"}, // of 1020
		{"delivered>99.5%", true, "99.510%"},
		{"late<2.5%", false, "2.500%"}, // of 1200
		{"dropped<10%", true, "8.333%"},
		{"rate>=499/s", true, "499.9/s"},
		{"rate>=30000/m", false, "/s"},
	} {
		slos, err := report.ParseSLOs(tc.text)
		if err != nil {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		if got := slos[0].Judge(reported()); got.Met != tc.met || !strings.Contains(got.Got, tc.got) {
			t.Errorf("%s: got %+v, want %v with %s", tc.text, got, tc.met, tc.got)
		}
	}
}

func TestSLOOfNothingIsMissed(t *testing.T) {
	t.Parallel()
	slos, err := report.ParseSLOs("p99<1s, acked>=0%, rate>=0/s")
	if err != nil || len(slos) != 3 {
		t.Fatal(slos, err)
	}
	empty := &report.Report{Latency: report.Latency{Planned: report.NewHistogram(), Sent: report.NewHistogram()}}
	for _, s := range slos {
		if got := s.Judge(empty); got.Met || got.Got != "nothing was measured" {
			t.Errorf("%s: got %+v", s.Text, got)
		}
	}
}

func TestSLOIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "p99", "p99=1s", "p99<", "p99<fast", "p99<-1s", "p9<1s", "q99<1s", "p99.<1x", "sent.acked<1%",
		"acked>=101%", "acked>=x%", "acked>-1", "acked>1.5", "rate>x", "p99<1s,", "median<1s",
	} {
		if slos, err := report.ParseSLOs(text); err == nil {
			t.Errorf("%q is taken for %+v", text, slos)
		}
	}
}
