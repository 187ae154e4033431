package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/scenarios/internal/patience"
	"github.com/scrapehook/scrapehook/scenarios/probe"
)

// TestProbeOfAReceiverThatIsDown: a probe that the receiver itself answers fails
// while the receiver is started again. It is read again for as long as a start may
// take, whatever is awaited, and only then it is an error.
func TestProbeOfAReceiverThatIsDown(t *testing.T) {
	t.Parallel()
	refused := errors.New("connection refused")
	row := json.RawMessage(`{"title":"a"}`)
	for name, test := range map[string]struct {
		down time.Duration
		wait *patience.Wait
		want error
	}{
		"quiet, a restart":       {3 * time.Second, nil, nil},
		"quiet, down for good":   {time.Hour, nil, refused},
		"an import, a restart":   {3 * time.Second, &patience.Wait{Kind: patience.Import}, nil},
		"a retry, a long start":  {25 * time.Second, &patience.Wait{Kind: patience.Retry}, nil},
		"an import, down a hour": {time.Hour, &patience.Wait{Kind: patience.Import}, refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				up := time.Now().Add(test.down)
				rhythm := &patience.Rhythm{}
				empty, err := cloud.New(cloud.Config{})
				if err != nil {
					t.Fatal(err)
				}
				h := &harness{
					cloud: empty, rhythm: rhythm, traffic: newTraffic(rhythm), reading: semaphore.NewWeighted(1),
					timing: timing{poll: 50 * time.Millisecond, quiet: time.Second},
					limits: patience.Limits{Import: 30 * time.Second, Retry: 3 * time.Minute},
					cfg: Config{StartTimeout: 30 * time.Second, Probes: []probe.Probe{
						probe.Func("rows", func(context.Context, int64) ([]json.RawMessage, error) {
							if time.Now().Before(up) {
								return nil, refused
							}
							return []json.RawMessage{row}, nil
						}),
					}},
				}
				if test.wait != nil {
					test.wait.Since = time.Now()
				}
				x := expectation{job: Job{ID: 7}, want: [][]byte{row}, wait: test.wait}
				e, err := h.awaitEffect(t.Context(), x, func(string, time.Time) {})
				if !errors.Is(err, test.want) || (test.want == nil && !e.Complete()) {
					t.Errorf("error %v, want %v; effect %+v", err, test.want, e)
				}
			})
		})
	}
}
