// Package cloudlog writes what a simulated cloud does, for people who watch it.
package cloudlog

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/internal/api"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/internal/redact"
	"github.com/scrapehook/scrapehook/webhook"
)

// Log writes what the cloud does, a line each. Its methods may be called by many
// goroutines.
type Log struct {
	now     func() time.Time
	profile webhook.Profile

	mu  sync.Mutex
	out io.Writer
}

// New returns a log on out of a cloud that sends by profile.
func New(out io.Writer, profile webhook.Profile) *Log {
	return &Log{now: time.Now, profile: profile, out: out}
}

// Line writes a line.
func (l *Log) Line(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.out, "%s "+format+"\n", append([]any{l.now().Format("15:04:05.000")}, args...)...)
}

// Call writes a call of the API that has ended.
func (l *Log) Call(c api.Call) {
	if c.Ended.IsZero() {
		return
	}
	cut := ""
	if !c.Complete {
		cut = ", cut off"
	}
	l.Line("call %s %s: %d, %d bytes in %s%s", c.Method, c.Path, c.Status, c.Bytes, human.Duration(c.Ended.Sub(c.Began)), cut)
}

// Attempt writes an attempt to notify.
func (l *Log) Attempt(a delivery.Attempt) {
	n := a.Notification
	what := string(a.Reason)
	if a.Status != 0 {
		what = fmt.Sprintf("%s by a %d", what, a.Status)
	}
	if a.Err != "" {
		what += " (" + a.Err + ")"
	}
	next := ""
	switch {
	case !a.Resend.IsZero():
		delay, _ := l.profile.ResendDelay(a.Number) // not the times: Resend is simulated, Ended real
		next = fmt.Sprintf(", resend in %s", human.Duration(delay))
	case a.Reason != delivery.Acked && a.Reason != delivery.Canceled:
		next = ", given up"
	}
	l.Line("job %d %s, attempt %d to %s: %s in %s%s", n.JobID, n.Status, a.Number, redact.URL(a.URL), what, human.Duration(a.Ended.Sub(a.Started)), next)
}

// Failure writes what went wrong.
func (l *Log) Failure(err error) { l.Line("error: %v", err) }

// Stall writes that the state can't be written, or with nil that it can be again.
func (l *Log) Stall(err error) {
	if err != nil {
		l.Line("waiting: %v: no job goes on and nothing is sent until there is room", err)
		return
	}
	l.Line("the state is written again: everything goes on")
}

// Stopped says what the stop left undone.
func (l *Log) Stopped(unended int, pending []delivery.Pending, total int) {
	const most = 100
	for _, p := range pending[:min(most, len(pending))] {
		l.Line("pending: job %d %s, attempt %d to %s", p.Notification.JobID, p.Notification.Status, p.Attempt, redact.URL(p.URL))
	}
	if total > most {
		l.Line("pending: %d more", total-most)
	}
	l.Line("stopped: %s not ended, %s pending", human.Count(unended, "job had", "jobs had"), human.Count(total, "notification was", "notifications were"))
}
