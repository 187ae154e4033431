package sending

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/internal/term"
	"github.com/scrapehook/scrapehook/webhook"
)

// View shows a delivery: a line for each attempt, or a JSON document at
// the end, and on a terminal what is being waited for. Its methods are called
// by one goroutine; the texts come from the pure functions below it.
type View struct {
	out, err io.Writer
	json     bool
	line     *term.Status // what is being waited for
	color    bool
	profile  webhook.Profile
}

// NewView returns a view that shows on out, and what it waits for on err.
func NewView(out, err io.Writer, asJSON bool, profile webhook.Profile) *View {
	return &View{out: out, err: err, json: asJSON, line: term.NewStatus(err), color: term.Color(out), profile: profile}
}

// Begin shows what is sent.
func (v *View) Begin(url string, n webhook.Notification) {
	if !v.json {
		fmt.Fprintf(v.out, "POST %s\n     %s\n", url, v.profile.AppendForm(nil, n))
	}
}

func (v *View) attempt(a delivery.Attempt) {
	v.line.Clear()
	if v.json {
		return
	}
	fmt.Fprintln(v.out, attemptLine(a, v.profile.MaxAttempts, v.paint(a.Reason)))
}

// paint gives a reason its color, where there are colors.
func (v *View) paint(reason delivery.Reason) string {
	switch {
	case !v.color:
		return string(reason)
	case reason == delivery.Acked:
		return "\x1b[32m" + string(reason) + "\x1b[0m"
	}
	return "\x1b[1;31m" + string(reason) + "\x1b[0m"
}

// redraw shows what is being waited for at now, after the given attempts.
func (v *View) redraw(attempts []delivery.Attempt, now time.Time) {
	v.line.Draw(waitLine(attempts, v.profile.MaxAttempts, now))
}

// End shows how it ended.
func (v *View) End(url string, n webhook.Notification, d Delivered) error {
	if v.json {
		encoder := json.NewEncoder(v.out)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(documentOf(url, v.profile, n, d))
	}
	_, err := fmt.Fprintln(v.out, outcomeLine(d, v.profile.MaxAttempts, time.Now()))
	return err
}

// ordinal is "2 of 3", or "2" where there is no limit.
func ordinal(number, limit int) string {
	if limit == 0 {
		return strconv.Itoa(number)
	}
	return fmt.Sprintf("%d of %d", number, limit)
}

// attemptLine is one attempt in one line; reason is a.Reason as it should look.
func attemptLine(a delivery.Attempt, limit int, reason string) string {
	var line strings.Builder
	fmt.Fprintf(&line, "attempt %s: %s after %s", ordinal(a.Number, limit), reason, human.Duration(a.Ended.Sub(a.Started)))
	switch {
	case a.Err != "":
		line.WriteString(": " + a.Err)
	default:
		fmt.Fprintf(&line, ": answered %d", a.Status)
	}
	if !a.Resend.IsZero() {
		fmt.Fprintf(&line, "; resend in %s", human.Duration(a.Resend.Sub(a.Ended)))
	}
	return line.String()
}

// waitLine says what is being waited for: the resend, or an answer.
func waitLine(attempts []delivery.Attempt, limit int, now time.Time) string {
	next := ordinal(len(attempts)+1, limit)
	if len(attempts) > 0 {
		if left := attempts[len(attempts)-1].Resend.Sub(now); left > 0 {
			// Rounded up, so that the countdown starts whole and ends at 1.
			return fmt.Sprintf("attempt %s in %d s", next, (left+time.Second-1)/time.Second)
		}
	}
	return fmt.Sprintf("attempt %s: waiting for an answer", next)
}

func outcomeLine(d Delivered, limit int, now time.Time) string {
	made := human.Count(len(d.Attempts), "attempt")
	switch d.Outcome() {
	case Acknowledged:
		return "acknowledged after " + made
	case Unreachable:
		return "given up after " + made + ": none reached the endpoint; is it running, and is the URL right?"
	case Interrupted:
		p := d.Pending[0]
		if left := p.Due.Sub(now); left > 0 {
			return fmt.Sprintf("interrupted: attempt %s was due in %s and is not made", ordinal(p.Attempt, limit), human.Duration(left))
		}
		return fmt.Sprintf("interrupted: attempt %s was under way; whether it arrived is not known", ordinal(p.Attempt, limit))
	case GivenUp:
	}
	return "given up after " + made
}

// Document is the JSON of `send --output json`.
type Document struct {
	Outcome    Outcome           `json:"outcome"`
	URL        string            `json:"url"`
	Profile    string            `json:"profile"`
	Form       string            `json:"form"`
	DurationMS float64           `json:"duration_ms"`
	Attempts   []DocumentAttempt `json:"attempts"`
}

// DocumentAttempt is one attempt; a stage that was not reached has no time.
type DocumentAttempt struct {
	Number     int             `json:"number"`
	Reason     delivery.Reason `json:"reason"`
	Error      string          `json:"error,omitempty"`
	Status     int             `json:"status,omitempty"`
	DurationMS float64         `json:"duration_ms"`
	Planned    time.Time       `json:"planned,omitzero"`
	Started    time.Time       `json:"started,omitzero"`
	Connected  time.Time       `json:"connected,omitzero"`
	Sent       time.Time       `json:"sent,omitzero"`
	FirstByte  time.Time       `json:"first_byte,omitzero"`
	HeadEnded  time.Time       `json:"head_ended,omitzero"`
	Ended      time.Time       `json:"ended,omitzero"`
	Resend     time.Time       `json:"resend,omitzero"`
	Body       string          `json:"body,omitempty"`
	BodyBytes  int64           `json:"body_bytes"`
}

func documentOf(url string, p webhook.Profile, n webhook.Notification, d Delivered) Document {
	doc := Document{
		Outcome: d.Outcome(), URL: url, Profile: p.Name, Form: string(p.AppendForm(nil, n)), Attempts: []DocumentAttempt{},
	}
	for _, a := range d.Attempts {
		doc.Attempts = append(doc.Attempts, DocumentAttempt{
			Number: a.Number, Reason: a.Reason, Error: a.Err, Status: a.Status, DurationMS: milliseconds(a.Ended.Sub(a.Started)),
			Planned: a.Planned, Started: a.Started, Connected: a.Connected, Sent: a.Sent,
			FirstByte: a.FirstByte, HeadEnded: a.HeadEnded, Ended: a.Ended, Resend: a.Resend,
			Body: string(a.Body), BodyBytes: a.BodyBytes,
		})
		doc.DurationMS = milliseconds(a.Ended.Sub(d.Attempts[0].Started))
	}
	return doc
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
