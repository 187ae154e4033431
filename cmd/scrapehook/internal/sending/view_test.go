package sending

import (
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
)

func TestWaitLine(t *testing.T) {
	t.Parallel()
	now := time.Date(2020, 1, 29, 12, 0, 0, 0, time.UTC)
	failed := []delivery.Attempt{{Number: 1, Resend: now.Add(30 * time.Second)}}
	for _, tc := range []struct {
		name     string
		attempts []delivery.Attempt
		limit    int
		now      time.Time
		want     string
	}{
		{"at the start", nil, 3, now, "attempt 1 of 3: waiting for an answer"},
		{"the delay begins", failed, 3, now.Add(time.Millisecond), "attempt 2 of 3 in 30 s"},
		{"nearly over", failed, 3, now.Add(29_500 * time.Millisecond), "attempt 2 of 3 in 1 s"},
		{"over", failed, 0, now.Add(30 * time.Second), "attempt 2: waiting for an answer"},
	} {
		if got := waitLine(tc.attempts, tc.limit, tc.now); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}
