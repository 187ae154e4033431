package scenarios

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/scrapehook/scrapehook/internal/api"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/human"
)

// describe says in a line what was sent and what came back.
func (x Exchange) describe() string {
	method, body := x.Request.Method, string(x.Request.Body)
	if method == "" {
		method = http.MethodPost
	}
	return fmt.Sprintf("%s: %s %q: %s", x.Label, method, human.Shorten(body, 300), x.Outcome())
}

// Outcome says in words what came back.
func (x Exchange) Outcome() string {
	took := human.Duration(x.Ended.Sub(x.Planned))
	switch {
	case x.Reason == delivery.Acked:
		return fmt.Sprintf("%d after %v", x.Status, took)
	case x.Reason == delivery.Rejected && x.Status/100 == 3:
		return fmt.Sprintf("a redirect, %d, after %v", x.Status, took)
	case x.Reason == delivery.Rejected:
		return fmt.Sprintf("%d after %v%s", x.Status, took, quoted(x.Body))
	case x.Reason == delivery.Dropped:
		return fmt.Sprintf("an answer began after %v, and was not read", took)
	case x.Status != 0:
		return fmt.Sprintf("%d, then %s after %v", x.Status, x.Reason, took)
	case x.Reason == delivery.Timeout:
		return fmt.Sprintf("no answer within %v", took)
	}
	return fmt.Sprintf("no answer: %s after %v: %s", x.Reason, took, x.Err)
}

// quoted is the beginning of an answer's body, for what was refused.
func quoted(body []byte) string {
	words := strings.Join(strings.Fields(string(body)), " ")
	if words == "" {
		return ""
	}
	return fmt.Sprintf(": %q", human.Shorten(words, 120))
}

// describe says in a line what a probe saw of an effect that is awaited.
func (r ProbeReading) describe(e *Effect) string {
	line := fmt.Sprintf("%s sees %d of %s of job %d", r.Probe, r.Rows, rowsOf(len(e.Want)), e.Job)
	if r.Malformed > 0 {
		line += fmt.Sprintf(", and %d lines that are no JSON", r.Malformed)
	}
	return line
}

// describe says in a line what an effect came to.
func (e Effect) describe() string {
	var parts []string
	for _, r := range e.Readings {
		parts = append(parts, fmt.Sprintf("%s sees %s", r.Probe, rowsOf(r.Rows)))
	}
	parts = append(parts, fmt.Sprintf("the API saw %s in %s", human.Count(e.Downloads, "complete download"), human.Count(e.Calls, "call")))
	return fmt.Sprintf("job %d, of %s, after %v and %v of quiet: %s",
		e.Job, rowsOf(len(e.Want)), human.Duration(e.Waited), e.Quiet, strings.Join(parts, "; "))
}

func describeCall(c api.Call) string {
	if c.Ended.IsZero() {
		return fmt.Sprintf("%s %s: still open", c.Method, c.Path)
	}
	cut := ""
	if !c.Complete {
		cut = ", cut off"
	}
	return fmt.Sprintf("%s %s: %d, %d bytes in %v%s", c.Method, c.Path, c.Status, c.Bytes, human.Duration(c.Ended.Sub(c.Began)), cut)
}

func rowsOf(n int) string { return human.Count(n, "row") }
