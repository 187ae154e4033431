package remote_test

import (
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/remote"
)

func TestOutcomeOf(t *testing.T) {
	t.Parallel()
	later := time.Now()
	acked := func(delivery uint64, number int) remote.Attempt {
		return remote.Attempt{Delivery: delivery, Number: number, Reason: "acked"}
	}
	resent := func(delivery uint64, number int) remote.Attempt {
		return remote.Attempt{Delivery: delivery, Number: number, Reason: "rejected", Resend: &later}
	}
	givenUp := func(delivery uint64, number int) remote.Attempt {
		return remote.Attempt{Delivery: delivery, Number: number, Reason: "timeout"}
	}
	for _, tc := range []struct {
		name     string
		attempts []remote.Attempt
		pending  int
		want     remote.Outcome
	}{
		{"nothing yet", nil, 0, remote.Waiting},
		{"in the outbox", nil, 1, remote.Waiting},
		{"acknowledged", []remote.Attempt{acked(1, 1)}, 0, remote.Acknowledged},
		{"acknowledged by one of two endpoints", []remote.Attempt{acked(1, 1)}, 1, remote.Waiting},
		{"waits for a resend", []remote.Attempt{resent(1, 1)}, 1, remote.Waiting},
		{"waits, though nothing seems pending", []remote.Attempt{resent(1, 1)}, 0, remote.Waiting},
		{"acknowledged at the second attempt", []remote.Attempt{resent(1, 1), acked(1, 2)}, 0, remote.Acknowledged},
		{"listed in another order", []remote.Attempt{acked(1, 2), resent(1, 1)}, 0, remote.Acknowledged},
		{"given up", []remote.Attempt{resent(1, 1), givenUp(1, 2)}, 0, remote.GivenUp},
		{"given up by one, while another waits", []remote.Attempt{givenUp(1, 1), resent(2, 1)}, 1, remote.GivenUp},
		{"given up by one, acknowledged by another", []remote.Attempt{acked(2, 1), givenUp(1, 1)}, 0, remote.GivenUp},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := remote.OutcomeOf(tc.attempts, tc.pending); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
