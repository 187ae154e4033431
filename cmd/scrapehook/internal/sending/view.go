package sending

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/answer"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/internal/redact"
	"github.com/scrapehook/scrapehook/internal/term"
	"github.com/scrapehook/scrapehook/webhook"
)

// View shows a delivery: a line and the answer for each attempt, or a JSON document
// at the end, and on a terminal what is being waited for. Its methods are called
// by one goroutine; the texts come from the pure functions below it.
type View struct {
	out, err io.Writer
	json     bool
	line     *term.Status // what is being waited for
	color    bool
	verbose  bool // the answers' headers too, and all that was kept of their bodies
	profile  webhook.Profile
}

// NewView returns a view that shows on out, and what it waits for on err.
func NewView(out, err io.Writer, asJSON, verbose bool, profile webhook.Profile) *View {
	return &View{out: out, err: err, json: asJSON, line: term.NewStatus(err), color: term.Color(out), verbose: verbose, profile: profile}
}

// print prints lines that are broken at the width of the terminal as it is now.
func (v *View) print(indent, text string) {
	width, _ := term.Size(v.out)
	fmt.Fprintln(v.out, strings.Join(answer.Broken(indent, text, width), "\n"))
}

// Begin shows what is sent.
func (v *View) Begin(url string, n webhook.Notification) {
	if !v.json {
		v.print("", "POST "+redact.URL(url))
		v.print("     ", string(v.profile.AppendForm(nil, n)))
	}
}

func (v *View) attempt(a delivery.Attempt) {
	v.line.Clear()
	if v.json {
		return
	}
	width, _ := term.Size(v.out)
	line := strings.Join(answer.Broken("", attemptLine(a, v.profile.MaxAttempts), width), "\n")
	if v.color {
		line = strings.Replace(line, string(a.Reason), Paint(a.Reason), 1) // behind its number, so it is the first
	}
	fmt.Fprintln(v.out, line)
	got := answerOf(a)
	for _, line := range got.Lines(answer.Style{Width: width, All: v.verbose}) {
		fmt.Fprintln(v.out, line)
	}
	if a.Reason == delivery.Acked && got.LooksBroken() {
		v.print("", BrokenButAcked)
	}
}

// BrokenButAcked is said of an answer that the sender takes for a success.
const BrokenButAcked = "this looks like an error, but the status says success: the cloud would not send it again"

// Paint gives a reason its color.
func Paint(reason delivery.Reason) string {
	if reason == delivery.Acked {
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
	width, _ := term.Size(v.out)
	_, err := fmt.Fprintln(v.out, strings.Join(answer.Broken("", outcomeLine(d, v.profile.MaxAttempts, time.Now()), width), "\n"))
	return err
}

// ordinal is "2 of 3", or "2" where there is no limit.
func ordinal(number, limit int) string {
	if limit == 0 {
		return strconv.Itoa(number)
	}
	return fmt.Sprintf("%d of %d", number, limit)
}

// attemptLine is one attempt in one line.
func attemptLine(a delivery.Attempt, limit int) string {
	var line strings.Builder
	fmt.Fprintf(&line, "attempt %s: %s", ordinal(a.Number, limit), Ending(a))
	if !a.Resend.IsZero() {
		fmt.Fprintf(&line, "; resend in %s", human.Duration(a.Resend.Sub(a.Ended)))
	}
	return line.String()
}

// Ending says how an attempt ended.
func Ending(a delivery.Attempt) string {
	ended := fmt.Sprintf("%s after %s: ", a.Reason, human.Duration(a.Ended.Sub(a.Started)))
	if a.Err != "" {
		return ended + a.Err
	}
	return ended + fmt.Sprintf("answered %d", a.Status)
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
