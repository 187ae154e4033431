package simulator

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
)

// patience is how long tests wait for attempts.
const patience = time.Minute

// AwaitAttempts waits until n attempts to notify of a job have ended, however, and
// returns them. The test fails when a minute has passed.
func (c *TestCloud) AwaitAttempts(job int64, n int) []Attempt {
	c.tb.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		attempts, next := c.attemptsOf(job)
		if len(attempts) >= n {
			return attempts
		}
		select {
		case <-next:
		case <-timeout.C:
			c.tb.Fatalf("job %d was not notified %d times within %v%s", job, n, patience, story(attempts))
		}
	}
}

// AwaitAcknowledged waits until every notification of a job that has ended was
// acknowledged, and returns all attempts that it took. The test fails when one
// is given up, when the job has caused none, or when a minute has passed.
func (c *TestCloud) AwaitAcknowledged(job int64) []Attempt {
	c.tb.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		// First what is pending: what ends in the meantime is among the attempts.
		_, waiting := c.sim.cloud.Waiting(job, 0)
		pending := c.sim.sender.Pending()
		attempts, next := c.attemptsOf(job)
		acked := map[uint64]bool{}
		for _, a := range attempts {
			if acked[a.Delivery] = a.Reason == delivery.Acked; !acked[a.Delivery] && a.Reason != delivery.Canceled && a.Resend.IsZero() {
				c.tb.Fatalf("the notification of job %d was given up after attempt %d%s", job, a.Number, story(attempts))
			}
		}
		left := slices.ContainsFunc(pending, func(p delivery.Pending) bool { return p.Notification.JobID == job && !acked[p.Delivery] })
		if waiting == 0 && !left {
			if len(attempts) == 0 {
				c.tb.Fatalf("job %d has caused no notification: has it ended, and is there an endpoint?", job)
			}
			return attempts
		}
		select {
		case <-next:
		case <-timeout.C:
			c.tb.Fatalf("the notification of job %d was not acknowledged within %v%s", job, patience, story(attempts))
		}
	}
}

// story tells of attempts, a line each, and of what was answered to them: a
// handler's own error, mostly.
func story(attempts []Attempt) string {
	if len(attempts) == 0 {
		return "; no attempt has ended"
	}
	var b strings.Builder
	b.WriteString(":")
	for _, a := range attempts {
		fmt.Fprintf(&b, "\n  attempt %d to %s: %s", a.Number, a.URL, a.Reason)
		if a.Err != "" {
			fmt.Fprintf(&b, ", %s", a.Err)
		}
		const most = 5
		for i, line := range bytes.Split(bytes.TrimSpace(a.Body), []byte("\n")) {
			if i < most && len(line) > 0 {
				fmt.Fprintf(&b, "\n    %s", line)
			}
		}
	}
	if last := attempts[len(attempts)-1]; !last.Resend.IsZero() {
		fmt.Fprintf(&b, "\n  the next comes when the cloud's clock is %s: AdvanceClock brings it", last.Resend.Format(time.RFC3339))
	}
	return b.String()
}

func (c *TestCloud) note(a Attempt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.attempts = append(c.attempts, a)
	close(c.ended)
	c.ended = make(chan struct{})
}

// attemptsOf returns a job's attempts that have ended, and what the next one
// closes when it ends.
func (c *TestCloud) attemptsOf(job int64) (attempts []Attempt, next <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	attempts = slices.DeleteFunc(slices.Clone(c.attempts), func(a Attempt) bool { return a.Notification.JobID != job })
	return attempts, c.ended
}
