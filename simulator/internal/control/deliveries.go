package control

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/delivery/history"
	"github.com/scrapehook/scrapehook/simulator/internal/dispatch"
	"github.com/scrapehook/scrapehook/webhook"
)

// deliveryJSON is a delivery with its attempts.
type deliveryJSON struct {
	Delivery  uint64         `json:"delivery"`
	Of        uint64         `json:"of,omitempty"`
	Job       int64          `json:"job"`
	Status    webhook.Status `json:"status"`
	URL       string         `json:"url"`
	State     history.State  `json:"state"`
	Attempt   int            `json:"attempt"`
	Due       *time.Time     `json:"due,omitempty"`   // by the simulated clock
	Began     *time.Time     `json:"began,omitempty"` // of the attempt under way
	Form      string         `json:"form,omitempty"`
	Forgotten int            `json:"forgotten_attempts,omitempty"`
	Attempts  []attemptJSON  `json:"attempts"`
}

// attemptJSON is one attempt. What is sent and answered is only told of one
// delivery, not in lists.
type attemptJSON struct {
	Delivery   uint64          `json:"delivery,omitempty"`
	Job        int64           `json:"job"`
	Status     webhook.Status  `json:"status"`
	URL        string          `json:"url"`
	Attempt    int             `json:"attempt"`
	Started    time.Time       `json:"started"`
	Connected  *time.Time      `json:"connected,omitempty"`
	Sent       *time.Time      `json:"sent,omitempty"`
	FirstByte  *time.Time      `json:"first_byte,omitempty"`
	HeadEnded  *time.Time      `json:"head_ended,omitempty"`
	Ended      time.Time       `json:"ended"`
	Reason     delivery.Reason `json:"reason"`
	HTTPStatus int             `json:"http_status,omitempty"`
	Error      string          `json:"error,omitempty"`
	Resend     *time.Time      `json:"resend,omitempty"` // by the simulated clock
	Fault      string          `json:"fault,omitempty"`
	Request    *messageJSON    `json:"request,omitempty"`
	Answer     *messageJSON    `json:"answer,omitempty"`
}

// messageJSON is a request or an answer.
type messageJSON struct {
	Head       string      `json:"head,omitempty"`    // of a request, as it was sent
	Header     http.Header `json:"headers,omitempty"` // of an answer
	Body       string      `json:"body"`
	BodyBase64 []byte      `json:"body_base64,omitempty"` // in place of a body that is not text
	BodyBytes  int64       `json:"body_bytes"`            // of the whole body
}

func (m *messageJSON) set(body []byte) {
	if utf8.Valid(body) {
		m.Body = string(body)
	} else {
		m.BodyBase64 = body
	}
}

// given returns nil for a time that never came.
func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func newAttemptJSON(a delivery.Attempt) attemptJSON {
	return attemptJSON{
		Delivery: a.Delivery, Job: a.Notification.JobID, Status: a.Notification.Status, URL: a.URL, Attempt: a.Number,
		Started: a.Started, Connected: given(a.Connected), Sent: given(a.Sent), FirstByte: given(a.FirstByte),
		HeadEnded: given(a.HeadEnded), Ended: a.Ended,
		Reason: a.Reason, HTTPStatus: a.Status, Error: a.Err, Resend: given(a.Resend), Fault: a.Mishap,
	}
}

// wholeAttempt has what was sent and answered too. Of an attempt of an earlier
// process neither is known.
func (s *server) wholeAttempt(a delivery.Attempt) attemptJSON {
	v := newAttemptJSON(a)
	if head, err := s.cfg.Client.Head(a.Request); err == nil {
		v.Request = &messageJSON{Head: string(head), BodyBytes: int64(len(a.Request.Body))}
		v.Request.set(a.Request.Body)
	}
	if a.Status != 0 && a.Header != nil {
		v.Answer = &messageJSON{Header: a.Header, BodyBytes: a.BodyBytes}
		v.Answer.set(a.Body)
	}
	return v
}

func newDeliveryJSON(d *history.Delivery, attempt func(delivery.Attempt) attemptJSON) deliveryJSON {
	v := deliveryJSON{
		Delivery: d.Number, Of: d.Of, Job: d.Notification.JobID, Status: d.Notification.Status, URL: d.URL,
		State: d.State, Attempt: d.Attempt, Began: given(d.Began), Form: d.Form, Forgotten: d.Forgotten, Attempts: []attemptJSON{},
	}
	if d.State == history.Waiting {
		v.Due = given(d.Due)
	}
	for _, a := range d.Attempts {
		v.Attempts = append(v.Attempts, attempt(a))
	}
	return v
}

// briefly are deliveries without what was sent and answered.
func briefly(all []*history.Delivery) []deliveryJSON {
	list := make([]deliveryJSON, 0, len(all))
	for _, d := range all {
		list = append(list, newDeliveryJSON(d, newAttemptJSON))
	}
	return list
}

// filterOf reads a filter from a query. Its errors name the field.
func filterOf(query url.Values) (f history.Filter, err error) {
	for name, values := range query {
		text := values[0]
		var wrong error
		switch name {
		case "job":
			f.Job, wrong = strconv.ParseInt(text, 10, 64)
		case "status":
			f.Status = webhook.Status(text)
		case "url":
			f.URL = text
		case "outcome":
			f.Outcome = text
		case "text":
			f.Text = text
		case "before":
			f.Before, wrong = strconv.ParseUint(text, 10, 63)
		case "limit":
			if f.Limit, wrong = strconv.Atoi(text); f.Limit == 0 {
				f.Limit = -1 // 0 would be the default
			}
		default:
			return f, &history.FieldError{Field: name, Reason: "there is no such filter; use job, status, url, outcome, text, before, limit"}
		}
		if wrong != nil {
			return f, &history.FieldError{Field: name, Reason: strconv.Quote(text) + " is not a number"}
		}
	}
	return f, f.Check()
}

// deliveries is what was sent, the newest first, and what is pending.
func (s *server) deliveries(r *http.Request) (any, error) {
	f, err := filterOf(r.URL.Query())
	if err != nil {
		return nil, err
	}
	page, stats := s.cfg.History.Find(f), s.cfg.History.Stats()
	pending, total := s.pending(f.Job, history.DefaultLimit)
	answer := map[string]any{
		"deliveries": briefly(page.Deliveries), "forgotten": stats.Forgotten,
		"pending": pending, "pending_total": total,
	}
	if page.Next != 0 {
		answer["next"] = page.Next
	}
	return answer, nil
}

// delivery is one delivery, with all that was sent and answered.
func (s *server) delivery(r *http.Request) (any, error) {
	d := s.cfg.History.Delivery(number(r))
	if d == nil {
		return nil, dispatch.ErrForgotten
	}
	return newDeliveryJSON(d, s.wholeAttempt), nil
}

// number is the delivery that the path names.
func number(r *http.Request) uint64 { return uint64(pathID(r)) } //nolint:gosec // eighteen digits

// resend makes a pending resend due now, or sends a delivery that has come to
// its end once more, as a delivery of its own.
func (s *server) resend(r *http.Request) (any, error) {
	sent, err := s.dispatcher().Resend(number(r))
	return map[string]uint64{"delivery": sent}, err
}

// sendEdited makes new deliveries of one.
func (s *server) sendEdited(r *http.Request) (any, error) {
	var in struct {
		URL    string            `json:"url"`
		Form   *string           `json:"form"`
		Set    map[string]string `json:"set"`
		Drop   []string          `json:"drop"`
		Double []string          `json:"double"`
		Copies *int              `json:"copies"`
		Delay  span              `json:"delay"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	e := dispatch.Edit{URL: in.URL, Form: in.Form, Set: in.Set, Drop: in.Drop, Double: in.Double, Delay: time.Duration(in.Delay)}
	if in.Copies != nil {
		if e.Copies = *in.Copies; e.Copies == 0 {
			e.Copies = -1 // 0 would be the default
		}
	}
	sent, err := s.dispatcher().SendEdited(number(r), e)
	if err != nil && len(sent) == 0 {
		return nil, err
	}
	return struct {
		Deliveries []uint64 `json:"deliveries"`
		Error      string   `json:"error,omitempty"`
	}{slices.Clip(sent), text(err)}, nil
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (s *server) dispatcher() dispatch.Dispatcher {
	return dispatch.Dispatcher{Profile: s.cfg.Profile, Sender: s.cfg.Sender, History: s.cfg.History}
}
