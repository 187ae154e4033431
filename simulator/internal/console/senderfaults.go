package console

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/internal/redact"
	"github.com/scrapehook/scrapehook/webhook"
)

// newSenderFaultView shows a rule of the sender.
func newSenderFaultView(r fault.SenderRule) faultView {
	what := []string{string(r.Kind)}
	for _, measure := range []struct {
		set  bool
		text string
	}{
		{r.Copies > 0, fmt.Sprintf("%d copies", r.Copies)}, {r.Delay > 0, fmt.Sprint(r.Delay)},
		{r.Chunk > 0, fmt.Sprintf("%d bytes at a time", r.Chunk)}, {r.After > 0, fmt.Sprintf("after %d bytes", r.After)},
		{r.Field != "", harmless(r.Field)}, {r.Value != "", strconv.Quote(harmless(r.Value))},
	} {
		if measure.set {
			what = append(what, measure.text)
		}
	}
	v := faultView{ID: r.ID, What: strings.Join(what, ", "), Strikes: "every notification", Did: did(r.Struck, r.Seen)}
	switch {
	case r.Share > 0 && r.Share < 1:
		v.Strikes = fmt.Sprintf("%g%% of notifications", 100*r.Share)
	case r.Next > 0:
		v.Strikes = fmt.Sprintf("the next %d notifications", r.Next)
	}
	if r.JobID > 0 {
		v.Strikes += fmt.Sprintf(" of job %d", r.JobID)
	}
	if r.Status != "" {
		v.Strikes += " of status " + string(r.Status)
	}
	if r.URL != "" {
		v.Strikes += " to " + redact.URL(r.URL)
	}
	return v
}

// did says what a rule did so far.
func did(struck, seen int) string { return fmt.Sprintf("struck %d of %d so far", struck, seen) }

// senderFaultForm is the form that adds a rule of the sender.
type senderFaultForm struct {
	Kind, Status, Job, Percent, Next, Copies, Delay, Chunk, After, Field, Value string

	// Errors are by the names of the fields.
	Errors map[string]string
}

// Kinds are those to choose from.
func (senderFaultForm) Kinds() []fault.SenderKind { return fault.SenderKinds() }

// Statuses are those to choose from.
func (senderFaultForm) Statuses() []webhook.Status { return webhook.EndStatuses() }

// rule is what the form asks for. Without one, the form says why.
func (f *senderFaultForm) rule() (r fault.SenderRule, ok bool) {
	const most = 1 << 30
	f.Errors = map[string]string{}
	count := func(name, text string) int {
		n, wrong := number(text, 0, 0, most)
		if wrong != "" {
			f.Errors[name] = wrong
		}
		return n
	}
	r = fault.SenderRule{Kind: fault.SenderKind(f.Kind), Status: webhook.Status(f.Status), Field: f.Field, Value: f.Value}
	r.JobID, r.Next = int64(count("job", f.Job)), count("next", f.Next)
	r.Copies, r.Chunk, r.After = count("copies", f.Copies), count("chunk", f.Chunk), count("after", f.After)
	var wrong string
	if r.Delay, wrong = span(f.Delay); wrong != "" {
		f.Errors["delay"] = wrong
	}
	if r.Share, wrong = share(f.Percent); wrong != "" {
		f.Errors["share"] = wrong
	}
	return r, len(f.Errors) == 0
}

// share reads a field in percent; an empty one is all.
func share(text string) (part float64, wrong string) {
	if text == "" {
		return 0, ""
	}
	percent, err := strconv.ParseFloat(text, 64)
	if err != nil || !(percent > 0 && percent <= 100) {
		return 0, "Write a number above 0, up to 100."
	}
	return percent / 100, ""
}

func (s *server) addSenderFault(w http.ResponseWriter, r *http.Request) {
	if !s.parseForm(w, r) {
		return
	}
	form := senderFaultForm{
		Kind: field(r, "kind"), Status: field(r, "status"), Job: field(r, "job"), Percent: field(r, "percent"), Next: field(r, "next"),
		Copies: field(r, "copies"), Delay: field(r, "delay"), Chunk: field(r, "chunk"), After: field(r, "after"),
		Field: field(r, "field"), Value: field(r, "value"),
	}
	if rule, ok := form.rule(); ok {
		_, err := s.cfg.SenderFaults.Add(rule)
		if err == nil {
			seeOther(w, r, "faults?done=fault")
			return
		}
		form.wrong(err)
	}
	s.showFaults(w, r, http.StatusUnprocessableEntity, newFaultForm(), form)
}

// wrong says an error beside the field that it is of.
func (f *senderFaultForm) wrong(err error) {
	if of, ok := errors.AsType[*fault.RuleError](err); ok {
		f.Errors[of.Field] = sentence(errors.New(of.Reason))
		return
	}
	f.Errors["kind"] = sentence(err)
}

func (s *server) removeSenderFault(id int64) error {
	if !s.cfg.SenderFaults.Remove(int(id)) {
		return fmt.Errorf("fault %d of the sender: %w", id, cloud.ErrNotFound)
	}
	return nil
}
