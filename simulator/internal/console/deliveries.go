package console

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/delivery/history"
	"github.com/scrapehook/scrapehook/webhook"
)

// deliveriesView is the page of deliveries.
type deliveriesView struct {
	Filter    filterForm
	Rows      []deliveryView
	Outbox    int // notifications that the sender has not taken yet
	Forgotten int
	Newest    string // address of the first page, from a later one
	Older     string
	Events    string
}

// filterForm is what the page is restricted to, as its fields say.
type filterForm struct {
	Job, Status, Outcome, Endpoint, Text string
	Endpoints                            []endpointView
	JobError                             string
}

// Statuses are those to choose from.
func (filterForm) Statuses() []webhook.Status { return webhook.EndStatuses() }

// Outcomes are those to choose from.
func (filterForm) Outcomes() []string { return history.Outcomes() }

// Any reports whether anything is filtered.
func (f filterForm) Any() bool { return f.Job+f.Status+f.Outcome+f.Endpoint+f.Text != "" }

// query is the address's part that asks for the same.
func (f filterForm) query(before uint64) string {
	q := url.Values{}
	for name, value := range map[string]string{"job": f.Job, "status": f.Status, "outcome": f.Outcome, "endpoint": f.Endpoint, "text": f.Text} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if before != 0 {
		q.Set("before", strconv.FormatUint(before, 10))
	}
	return q.Encode()
}

// filter reads the page's restrictions. One that makes no sense is said beside
// its field, and restricts nothing.
func (s *server) filter(r *http.Request) (form filterForm, f history.Filter) {
	q := r.URL.Query()
	form = filterForm{Job: q.Get("job"), Status: q.Get("status"), Outcome: q.Get("outcome"), Endpoint: q.Get("endpoint"), Text: q.Get("text")}
	for _, u := range s.cfg.Cloud.Endpoints() {
		form.Endpoints = append(form.Endpoints, endpointView{u, endpointKey(u)})
	}
	f = history.Filter{Status: webhook.Status(form.Status), Outcome: form.Outcome, Text: form.Text}
	if form.Job != "" {
		id, err := strconv.ParseInt(form.Job, 10, 64)
		if f.Job = id; err != nil || id < 1 {
			f.Job, form.JobError = 0, "A job id is a whole number above 0."
		}
	}
	if form.Endpoint != "" {
		f.URL, _ = s.endpoint(form.Endpoint)
	}
	f.Before, _ = strconv.ParseUint(q.Get("before"), 10, 63) // nothing is the first page
	if f.Check() != nil {
		f.Outcome, form.Outcome = "", ""
	}
	return form, f
}

// deliveryView is a delivery as pages show it.
type deliveryView struct {
	*history.Delivery
	Last    *delivery.Attempt // nil: none has ended
	Outcome string            // of the last attempt
	Took    time.Duration
	// CanResend says that its button does something.
	CanResend bool
}

func newDeliveryView(d *history.Delivery) deliveryView {
	v := deliveryView{Delivery: d, Last: d.Last(), CanResend: d.State != history.UnderWay}
	if v.Last != nil {
		v.Outcome = statusText(*v.Last)
		v.Took = max(0, v.Last.Ended.Sub(v.Last.Started))
	}
	return v
}

// RowID is the id of the delivery's row on the page.
func (v deliveryView) RowID() string { return "delivery-" + strconv.FormatUint(v.Number, 10) }

// Waits reports whether an attempt comes, which is counted down to.
func (v deliveryView) Waits() bool { return v.State == history.Waiting && !v.Due.IsZero() }

func (s *server) deliveriesPage(w http.ResponseWriter, r *http.Request) {
	form, f := s.filter(r)
	v := s.deliveriesView(form, f)
	status := http.StatusOK
	if form.JobError != "" {
		status = http.StatusUnprocessableEntity
	}
	s.show(w, r, status, "deliveries", "Deliveries", "Deliveries", v)
}

// deliveriesView is bounded by the filter's default limit, however many there
// are.
func (s *server) deliveriesView(form filterForm, f history.Filter) deliveriesView {
	page := s.cfg.History.Find(f)
	v := deliveriesView{Filter: form, Forgotten: s.cfg.History.Stats().Forgotten, Events: Path + "deliveries/events?" + form.query(f.Before)}
	for _, d := range page.Deliveries {
		v.Rows = append(v.Rows, newDeliveryView(d))
	}
	_, v.Outbox = s.cfg.Cloud.Waiting(f.Job, 0)
	if f.Before != 0 {
		v.Newest = Path + "deliveries?" + form.query(0)
	}
	if page.Next != 0 {
		v.Older = Path + "deliveries?" + form.query(page.Next)
	}
	return v
}

func (s *server) deliveriesEvents(w http.ResponseWriter, r *http.Request) {
	form, f := s.filter(r)
	stream(w, r, func() picture {
		var p picture
		v := s.deliveriesView(form, f)
		p.add(s, "deliveries", "delivery-pages", "delivery-pages", v)
		for _, d := range v.Rows {
			p.add(s, "deliveries", "delivery-row", d.RowID(), d)
			p.list("deliveries", d.RowID())
		}
		s.addClock(&p)
		return p
	}, s.whenDeliveriesChange())
}

// clockLook is how long a change of the clock may wait to be seen, where nothing
// else changes.
const clockLook = 2 * time.Second

// whenDeliveriesChange is a wait for the history's next change. What changes in
// quick succession comes in one.
func (s *server) whenDeliveriesChange() func(context.Context) error {
	changes := s.cfg.History.Subscribe("")
	return func(ctx context.Context) error {
		if err := pause(ctx, breath); err != nil {
			return err
		}
		look, stop := context.WithTimeout(ctx, clockLook)
		defer stop()
		_, _ = changes.Next(look) // what has changed is looked up anew; an end is ctx's
		return ctx.Err()
	}
}

// deliveryPageView is the page of one delivery.
type deliveryPageView struct {
	deliveryView
	Verdict, Follows string
	Attempts         []attemptView
	Skipped          int // ended attempts that are not shown
	Difference       []diffLine
	Edit             editForm
	Events           string
}

// attemptView is one attempt, whole.
type attemptView struct {
	answerView
	Attempt int
	Open    bool
	Head    string // of the request
}

// ID is the id of the attempt on the page.
func (v attemptView) ID() string { return "attempt-" + strconv.Itoa(v.Attempt) }

// attemptsShown bounds the attempts of a page: each may have 64 KiB of body.
const attemptsShown = 6

func (s *server) deliveryPage(w http.ResponseWriter, r *http.Request) {
	d := s.cfg.History.Delivery(pathNumber(r))
	if d == nil {
		s.fail(w, r, http.StatusNotFound, forgotten)
		return
	}
	s.showDelivery(w, r, http.StatusOK, d, editForm{URL: d.URL, Form: lines(s.cfg.Dispatcher.Form(d)), Copies: "1"})
}

const forgotten = "This delivery is not remembered: it is too old, or its number was never given."

func (s *server) showDelivery(w http.ResponseWriter, r *http.Request, status int, d *history.Delivery, edit editForm) {
	v := s.deliveryPageView(d)
	v.Edit = edit
	s.show(w, r, status, "delivery", fmt.Sprintf("Delivery %d", d.Number), "Deliveries", v)
}

func (s *server) deliveryPageView(d *history.Delivery) deliveryPageView {
	v := deliveryPageView{deliveryView: newDeliveryView(d), Events: fmt.Sprintf("%sdeliveries/%d/events", Path, d.Number)}
	if v.Last != nil {
		v.Verdict, v.Follows = verdict(s.cfg.Profile, *v.Last, false)
	}
	from := max(0, len(d.Attempts)-attemptsShown)
	v.Skipped = from + d.Forgotten
	for i := len(d.Attempts) - 1; i >= from; i-- {
		v.Attempts = append(v.Attempts, s.attemptView(d.Attempts[i], i == len(d.Attempts)-1))
	}
	if n := len(d.Attempts); n >= 2 {
		v.Difference = difference(answerText(d.Attempts[n-2]), answerText(d.Attempts[n-1]))
	}
	return v
}

func (s *server) attemptView(a delivery.Attempt, last bool) attemptView {
	v := attemptView{answerView: s.answerView(trial{sent: a.Request.Body, attempt: a}), Attempt: a.Number, Open: last}
	if head, err := s.cfg.Client.Head(a.Request); err == nil {
		v.Head = harmless(string(head))
	}
	return v
}

func (s *server) deliveryEvents(w http.ResponseWriter, r *http.Request) {
	number := pathNumber(r)
	stream(w, r, func() picture {
		var p picture
		s.addClock(&p)
		d := s.cfg.History.Delivery(number)
		if d == nil {
			return p
		}
		v := s.deliveryPageView(d)
		p.add(s, "delivery", "delivery-facts", "delivery-facts", v)
		p.add(s, "delivery", "difference", "difference", v)
		for _, a := range v.Attempts {
			a.Open = cmp.Or(a.Open, a.Attempt == v.Attempts[0].Attempt)
			p.add(s, "delivery", "attempt", a.ID(), a)
			// Its words don't change any more, but it is unfolded as its user likes.
			p.elements[a.ID()] = element{a.ID(), p.elements[a.ID()].html}
			p.list("attempts", a.ID())
		}
		return p
	}, s.whenDeliveriesChange())
}

// pathNumber is the delivery in an address; 0 is none's.
func pathNumber(r *http.Request) uint64 {
	n, err := strconv.ParseUint(r.PathValue("id"), 10, 63)
	if err != nil {
		return 0
	}
	return n
}
