package progress

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
)

// output is written to by the view's goroutine as well.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// TestWithoutATerminal: a line for each result, for each long wait once, and for
// what stays.
func TestWithoutATerminal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out output
		v := New(&out, []scenarios.Scenario{{Requirement: scenarios.Requirement{ID: "ACK-01"}}, {Requirement: scenarios.Requirement{ID: "ACK-02"}}})
		v.Note("the receiver is started")
		v.Event(scenarios.Event{ID: "ACK-01", State: scenarios.Running, Text: "the resend", Until: time.Now().Add(30 * time.Second)})
		time.Sleep(5 * time.Second)
		v.Event(scenarios.Event{ID: "ACK-01", State: scenarios.Done, Result: &scenarios.Result{Verdict: scenarios.Pass, Duration: 5 * time.Second}})
		v.Stop()
		want := "the receiver is started\nACK-01   waits for the resend, at most 29 s more\nACK-01   pass (5 s)\n"
		if got := out.text.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}
