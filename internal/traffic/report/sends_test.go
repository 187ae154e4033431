package report_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/report"
	"github.com/scrapehook/scrapehook/internal/traffic/run"
	"github.com/scrapehook/scrapehook/internal/traffic/traffictest"
)

func TestRateOfShortRuns(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		closed bool
		jobs   int64
		burst  string
		want   float64 // jobs a second; 0 is none
	}{
		{"one send of a closed loop", true, 1, "constant", 10},
		{"fewer jobs than connections", true, 20, "constant", 200},
		{"as many jobs as connections", true, 32, "constant", 320},
		{"twice as many", true, 64, "constant", 320},
		{"one send of an open loop", false, 1, "constant", 0},
		{"all at one moment", false, 20, "burst:20", 0},
		{"an even plan", false, 20, "constant", 1000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := traffictest.Plan(t, tc.burst, 1000, time.Second, func(cfg *plan.Config) { cfg.Jobs = tc.jobs })
				result := traffictest.Perform(t.Context(), t, p, func(ctx context.Context, _ delivery.Request) (int, delivery.Reason) {
					traffictest.Sleep(ctx, 100*time.Millisecond)
					return 200, delivery.Acked
				}, func(cfg *run.Config) { cfg.Closed = tc.closed })
				if got := result.RatePerS; got < tc.want*0.99 || got > tc.want*1.01 {
					t.Errorf("%v jobs a second, want %v", got, tc.want)
				}
				slos, err := report.ParseSLOs("rate>=0/s")
				if err != nil {
					t.Fatal(err)
				}
				if judged := slos[0].Judge(&result); judged.Met != (tc.want > 0) {
					t.Errorf("the SLO: %+v", judged)
				}
				var text strings.Builder
				if err := result.WriteText(&text); err != nil {
					t.Fatal(err)
				}
				if strings.Contains(text.String(), "jobs a second") != (tc.want > 0) {
					t.Errorf("the text is %s", text.String())
				}
			})
		})
	}
}

func TestTextSaysThatTheAcceptQueueWasFullAndEscapes(t *testing.T) {
	t.Parallel()
	r := reported()
	r.Connections = report.Connections{Most: 256, Dialled: 100, Repeated: 40}
	r.Profile = "\x1b]0;title\x07"
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"the endpoint's accept queue was full: 40 of 100 connections waited for a retransmission", `\u001b]0;title\u0007`} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in %s", want, text.String())
		}
	}
}
