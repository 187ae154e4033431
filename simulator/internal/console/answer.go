package console

import (
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/internal/redact"
	"github.com/scrapehook/scrapehook/internal/shell"
	"github.com/scrapehook/scrapehook/webhook"
)

// answerView is an attempt as a page shows it.
type answerView struct {
	// Acked colours the page; Verdict says what the vendor makes of the answer,
	// and Follows what it does next.
	Acked            bool
	Verdict, Follows string
	URL              string // without its secrets
	Status           string // of the answer, or of the failure
	Took             string
	Fault            string // of the sender; empty: none
	Phases           template.HTML
	Request          string
	Header           []headerLine
	Body             bodyView
	Curl             string
	Notification     webhook.Notification
	Started          time.Time
}

type headerLine struct{ Name, Value string }

func (s *server) answerView(t trial) answerView {
	a := t.attempt
	v := answerView{
		Acked: a.Reason == delivery.Acked, URL: redact.URL(a.URL), Took: human.Duration(a.Ended.Sub(a.Started)),
		Phases: phasesSVG(phasesOf(a)), Notification: a.Notification, Started: a.Started,
		Request: harmless(string(t.sent)), Body: newBodyView(a.Body, a.BodyBytes),
		Curl: curl(a.URL, t.sent), Header: headerLines(a.Header),
	}
	v.Status, v.Fault = statusText(a), a.Mishap
	v.Verdict, v.Follows = verdict(s.cfg.Profile, a, true)
	return v
}

// statusText is the answer's status, or what came instead of one.
func statusText(a delivery.Attempt) string {
	if a.Status == 0 {
		return string(a.Reason)
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status)))
}

// verdict says in words what the vendor makes of an attempt, and what follows.
// What a test leads to is said as what would follow.
func verdict(p webhook.Profile, a delivery.Attempt, test bool) (verdict, follows string) {
	if a.Reason == delivery.Acked {
		return "Acknowledged", "The vendor has its 2xx in time and never sends this notification again."
	}
	verdict = "Not acknowledged: " + harmless(a.Err)
	is, resends := "is", "resends"
	if test {
		is, resends = "would be", "would resend"
	}
	delay, ok := p.ResendDelay(a.Number)
	if !ok {
		return verdict, fmt.Sprintf("The notification %s given up: this was attempt %d of %d.", is, a.Number, max(a.Number, p.MaxAttempts))
	}
	follows = fmt.Sprintf("The vendor %s it in %s", resends, human.Duration(delay))
	if p.MaxAttempts > 0 {
		follows += fmt.Sprintf(", and gives up after attempt %d", p.MaxAttempts)
	}
	follows += "."
	if test {
		follows += " A test is sent once only."
	}
	return verdict, follows
}

func headerLines(h http.Header) []headerLine {
	var lines []headerLine
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			lines = append(lines, headerLine{harmless(name), harmless(value)})
		}
	}
	return lines
}

// curl is the command that sends the same form.
func curl(url string, form []byte) string {
	return "curl -i " + shell.Word(url) + " \\\n  --data-raw " + shell.Word(string(form))
}
