package console

import (
	"fmt"
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/fault"
)

// faultView is a rule as the page shows it.
type faultView struct {
	ID            int
	What, Strikes string
	Did           string // so far
}

func newFaultView(r fault.Rule) faultView {
	v := faultView{ID: r.ID, What: r.Fault.String(), Strikes: "every call", Did: did(r.Struck, r.Seen)}
	if r.Share > 0 && r.Share < 1 {
		v.Strikes = fmt.Sprintf("%g%% of calls", 100*r.Share)
	}
	if r.Nth > 0 {
		v.Strikes = fmt.Sprintf("call number %d", r.Nth)
	}
	if r.Next > 0 {
		v.Strikes = fmt.Sprintf("the next %d calls", r.Next)
	}
	if r.Route != "" {
		v.Strikes += " of " + r.Route
	}
	if r.JobID > 0 {
		v.Strikes += fmt.Sprintf(" for job %d", r.JobID)
	}
	return v
}

// faultForm is the form that adds a rule, with what is wrong with each field.
type faultForm struct {
	Kind, Route, Job, Nth, Percent, Next, Delay, After, RetryAfter string

	KindError, JobError, NthError, PercentError, NextError, DelayError, AfterError, RetryError string
}

// Kinds are those to choose from.
func (faultForm) Kinds() []fault.Kind { return fault.All() }

func newFaultForm() faultForm { return faultForm{Kind: string(fault.ServerError)} }

// faultsView is the page of faults: those of the API, and of the sender.
type faultsView struct {
	Faults, Sender []faultView
	Form           faultForm
	SenderForm     senderFaultForm
}

func (s *server) faultsPage(w http.ResponseWriter, r *http.Request) {
	s.showFaults(w, r, http.StatusOK, newFaultForm(), senderFaultForm{})
}

func (s *server) showFaults(w http.ResponseWriter, r *http.Request, status int, form faultForm, sender senderFaultForm) {
	v := faultsView{Form: form, SenderForm: sender}
	for _, rule := range s.cfg.Faults.Rules() {
		v.Faults = append(v.Faults, newFaultView(rule))
	}
	for _, rule := range s.cfg.SenderFaults.Rules() {
		v.Sender = append(v.Sender, newSenderFaultView(rule))
	}
	s.show(w, r, status, "faults", "Faults", "Faults", v)
}

// span reads a field that is a length of time; an empty one is none.
func span(text string) (d time.Duration, wrong string) {
	if text == "" {
		return 0, ""
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, "Write a time with its unit, like 500ms or 15s."
	}
	return d, ""
}

// rule is what the form asks for. Without one, the form says why.
func (f *faultForm) rule() (r fault.Rule, ok bool) {
	const most = 1 << 30
	var after, job int
	r.Route, r.Fault.Kind = f.Route, fault.Kind(f.Kind)
	job, f.JobError = number(f.Job, 0, 1, most*2-1)
	r.Nth, f.NthError = number(f.Nth, 0, 1, most)
	after, f.AfterError = number(f.After, 0, 0, most)
	r.Fault.Delay, f.DelayError = span(f.Delay)
	r.Fault.RetryAfter, f.RetryError = span(f.RetryAfter)
	r.JobID, r.Fault.After = int64(job), int64(after)
	r.Next, f.NextError = number(f.Next, 0, 1, most)
	r.Share, f.PercentError = share(f.Percent)
	return r, f.JobError+f.NthError+f.AfterError+f.DelayError+f.RetryError+f.PercentError+f.NextError == ""
}

func (s *server) addFault(w http.ResponseWriter, r *http.Request) {
	if !s.parseForm(w, r) {
		return
	}
	form := faultForm{
		Kind: field(r, "kind"), Route: field(r, "route"), Job: field(r, "job"), Nth: field(r, "nth"), Percent: field(r, "percent"), Next: field(r, "next"),
		Delay: field(r, "delay"), After: field(r, "after"), RetryAfter: field(r, "retry_after"),
	}
	if rule, ok := form.rule(); ok {
		_, err := s.cfg.Faults.Add(rule)
		if err == nil {
			seeOther(w, r, "faults?done=fault")
			return
		}
		form.KindError = sentence(err)
	}
	s.showFaults(w, r, http.StatusUnprocessableEntity, form, senderFaultForm{})
}

func (s *server) removeFault(id int64) error {
	if !s.cfg.Faults.Remove(int(id)) {
		return fmt.Errorf("fault %d: %w", id, cloud.ErrNotFound)
	}
	return nil
}

func (s *server) clearFaults(w http.ResponseWriter, r *http.Request) {
	s.cfg.Faults.Clear()
	s.cfg.SenderFaults.Clear()
	seeOther(w, r, "faults")
}
