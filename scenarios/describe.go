package scenarios

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/simulator/api"
	"github.com/scrapehook/scrapehook/simulator/delivery"
)

// describe says in a line what was sent and what came back.
func (x Exchange) describe() string {
	method, body := x.Request.Method, string(x.Request.Body)
	if method == "" {
		method = http.MethodPost
	}
	const most = 300
	if len(body) > most {
		body = body[:most] + "…"
	}
	return fmt.Sprintf("%s: %s %q: %s", x.Label, method, body, x.outcome())
}

// outcome says in words what came back.
func (x Exchange) outcome() string {
	took := round(x.Ended.Sub(x.Planned))
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
	text := strings.Join(strings.Fields(string(body)), " ")
	const most = 120
	switch {
	case text == "":
		return ""
	case len(text) > most:
		text = text[:most] + "…"
	}
	return fmt.Sprintf(": %q", text)
}

// describe says in a line what a probe saw of an effect that is awaited.
func (r ProbeReading) describe(e *Effect) string {
	text := fmt.Sprintf("%s sees %d of %s of job %d", r.Probe, r.Rows, rowsOf(len(e.Want)), e.Job)
	if r.Malformed > 0 {
		text += fmt.Sprintf(", and %d lines that are no JSON", r.Malformed)
	}
	return text
}

// describe says in a line what an effect came to.
func (e Effect) describe() string {
	var parts []string
	for _, r := range e.Readings {
		parts = append(parts, fmt.Sprintf("%s sees %s", r.Probe, rowsOf(r.Rows)))
	}
	parts = append(parts, fmt.Sprintf("the API saw %s in %s", plural(e.Downloads, "complete download"), plural(e.Calls, "call")))
	return fmt.Sprintf("job %d, of %s, after %v and %v of quiet: %s",
		e.Job, rowsOf(len(e.Want)), round(e.Waited), e.Quiet, strings.Join(parts, "; "))
}

func describeCall(c api.Call) string {
	if c.Ended.IsZero() {
		return fmt.Sprintf("%s %s: still open", c.Method, c.Path)
	}
	cut := ""
	if !c.Complete {
		cut = ", cut off"
	}
	return fmt.Sprintf("%s %s: %d, %d bytes in %v%s", c.Method, c.Path, c.Status, c.Bytes, round(c.Ended.Sub(c.Began)), cut)
}

func rowsOf(n int) string { return plural(n, "row") }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// round keeps two or three digits that mean something.
func round(d time.Duration) time.Duration {
	switch {
	case d > 10*time.Second:
		return d.Round(100 * time.Millisecond)
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	case d > time.Millisecond:
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Microsecond)
}
