package scenarios

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/scenarios/internal/rows"
)

// Setup is a mistake of how the suite was set up, found before anything was
// judged. It is no verdict on the receiver.
type Setup struct {
	// Problem says in a sentence what was seen, Next what to do about it.
	Problem, Next string
}

// Explainer is a probe that can say why it sees nothing of a job, in words that
// complete "the probe …"; empty when it has no explanation.
type Explainer interface {
	Explain(ctx context.Context, job int64) string
}

// preflight sends one notification that is not judged, and looks whether the
// receiver can be judged at all: whether it takes notifications, calls the
// simulated API with the right token, and shows its rows. It returns nil when it
// can, and also when what it does is the receiver's fault: that is judged.
func (r *Run) preflight(ctx context.Context) (problem *Setup) {
	d := r.driver(ctx, "", phaseSlot{})
	defer d.end()
	defer func() {
		if p := recover(); p != nil {
			failed, ours := p.(scenarioError)
			if !ours {
				panic(p)
			}
			problem = r.cannotLook(failed.err) // nil: the scenarios will say what is wrong
		}
	}()
	job := d.FinishedJob(preflightRows)
	x := d.Notify("the first notification", job)
	r.sawAnswer(x)
	if !x.Acknowledged() {
		return r.refused(x)
	}
	if !slices.ContainsFunc(r.order, func(s Scenario) bool { return s.Effect }) {
		return nil
	}
	d.progress("the first call to the simulated API at "+r.harness.apiURL, time.Now().Add(r.harness.limits.Import))
	d.awaitRows(job)
	e := d.observation.Effects[0]
	r.learn(e)
	r.sawImport(e)
	if e.Complete() || len(r.harness.deaths()) > 0 {
		return nil
	}
	calls, _ := r.harness.traffic.calls(job.ID)
	all := r.harness.traffic.seen()
	switch {
	case all == 0:
		return &Setup{
			Problem: fmt.Sprintf("The receiver acknowledged a notification, but did not call the simulated API at %s within %s.", r.harness.apiURL, human.Duration(e.Limit)),
			Next: "Tell it the address and the token (WEBSCRAPER_API_BASE_URI, WEBSCRAPER_API_TOKEN). " +
				"If it knows them, its worker does not run, or it comes to new jobs more seldom: then raise --effect-timeout.",
		}
	case r.harness.traffic.unauthorized() == all:
		return &Setup{
			Problem: fmt.Sprintf("The receiver calls the simulated API with a wrong token: %s, and every one answered 401.", human.Count(all, "call")),
			Next:    "Give it the token of the run (WEBSCRAPER_API_TOKEN), or give the run the receiver's: --api-token.",
		}
	case len(calls) == 0 || e.Downloads == 0:
		return nil // what it does with the API is its own business, and judged
	}
	return r.blind(ctx, job, e)
}

// refused says what an answer that is no acknowledgement means for the setup.
func (r *Run) refused(x Exchange) *Setup {
	if x.Reason == delivery.TLS {
		return &Setup{
			fmt.Sprintf("There is no secure connection to the endpoint: %s.", r.harness.redactor.Text(x.Err)),
			"For a certificate of your own, --ca names its authority's, and --insecure accepts any. If it speaks plain HTTP, write http://.",
		}
	}
	answer := fmt.Sprintf("The endpoint answers %d %s to a notification as the vendor sends it.", x.Status, http.StatusText(x.Status))
	switch x.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		next := "It seems to want a secret: say which, and where it belongs, with --token."
		if r.harness.token != (Token{}) {
			next = "Compare the secret in --token with the receiver's."
		}
		return &Setup{answer, next}
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return &Setup{answer, "Check the path of the URL: it must be the one that takes the webhook's POST."}
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return &Setup{answer, "A proxy answers for a receiver that does not: start it, or raise --start-timeout."}
	}
	return nil
}

// cannotLook says that a probe failed again and again; nil for other errors.
func (r *Run) cannotLook(err error) *Setup {
	var failed *probeError
	if !errors.As(err, &failed) {
		return nil
	}
	r.looks = append(r.looks, Look{"probe " + r.harness.redactor.Command(failed.name), "it fails", true})
	return &Setup{
		Problem: fmt.Sprintf("The probe %s fails: %s.", r.harness.redactor.Command(failed.name), r.harness.redactor.Text(failed.err.Error())),
		Next:    "Try by hand what --probe and --probe-query say, with a job's id in place of {job}.",
	}
}

// blind says why no probe shows the rows of a job that was downloaded.
func (r *Run) blind(ctx context.Context, job Job, e Effect) *Setup {
	for i, reading := range e.Readings {
		if reading.Rows != 0 {
			continue
		}
		why := "shows no row of it"
		if p, ok := r.harness.cfg.Probes[i].(Explainer); ok {
			if said := p.Explain(ctx, job.ID); said != "" {
				why = said
			}
		}
		return &Setup{
			Problem: fmt.Sprintf("The receiver has downloaded a job, but the probe %s %s.", r.harness.redactor.Command(reading.Probe), why),
			Next:    "Check what --probe names, and under which job it looks. If the receiver stores later, raise --effect-timeout.",
		}
	}
	return nil
}

// dropAll ends every scenario without playing it.
func (r *Run) dropAll(why Finding) {
	for _, s := range r.order {
		r.end(s, Result{Verdict: Blocked, Findings: []Finding{why}})
	}
}

// preflightRows are enough to recognise columns by their values.
const preflightRows = 30

// learn remembers where the probes show the columns, for jobs with few rows, and
// says in words what is not as it is downloaded.
func (r *Run) learn(e Effect) {
	for _, reading := range e.Readings {
		c := rows.Compare(e.Want, reading.Records, e.Columns)
		if r.harness.columns == nil {
			r.harness.columns = map[string]string{}
		}
		maps.Copy(r.harness.columns, c.Mapping())
		for _, col := range c.Columns {
			if line := formOf(col); line != "" && !slices.Contains(r.forms, line) {
				r.forms = append(r.forms, line)
			}
		}
	}
	if r.harness.columns != nil {
		maps.Copy(r.harness.columns, r.harness.cfg.ProbeMap)
	}
}

// formOf says under which other name and in which other form a column is stored;
// empty for neither.
func formOf(c rows.Column) string {
	var said []string
	if c.Renamed() {
		said = append(said, "as "+c.Path)
	}
	switch {
	case c.Want == "":
	case c.Form == rows.Code:
		said = append(said, fmt.Sprintf("as a code: %s for %s", c.Got, c.Want))
	case c.Form != rows.Text:
		said = append(said, fmt.Sprintf("as a %s: %s for %s", c.Form, c.Got, c.Want))
	}
	if said == nil {
		return ""
	}
	return c.Name + " is stored " + strings.Join(said, ", ")
}
