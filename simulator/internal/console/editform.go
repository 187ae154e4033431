package console

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery/history"
	"github.com/scrapehook/scrapehook/simulator/internal/dispatch"
)

// editForm is the form that makes another delivery of one.
type editForm struct {
	URL, Form, Copies, Delay string

	URLError, FormError, CopiesError, DelayError string
}

// lines is a form as people edit it: a field a line, as it is sent.
func lines(form string) string { return strings.ReplaceAll(form, "&", "\n") }

// unlines is the form of lines: an empty line is no field.
func unlines(text string) string {
	var fields []string
	for line := range strings.Lines(text) {
		if line = strings.Trim(line, "\r\n"); line != "" {
			fields = append(fields, line)
		}
	}
	return strings.Join(fields, "&")
}

// edit is what the form asks for. Without one, the form says why.
func (f *editForm) edit() (e dispatch.Edit, ok bool) {
	form := unlines(f.Form)
	e = dispatch.Edit{URL: f.URL, Form: &form}
	e.Copies, f.CopiesError = number(f.Copies, 1, 1, dispatch.MaxCopies)
	if f.Delay != "" {
		delay, err := time.ParseDuration(f.Delay)
		if e.Delay = delay; err != nil {
			f.DelayError = "Write a time with its unit, like 30s or 1h."
		}
	}
	return e, f.CopiesError+f.DelayError == ""
}

// wrong says an error beside the field that it is of.
func (f *editForm) wrong(err error) {
	text := sentence(err)
	if field, ok := errors.AsType[*history.FieldError](err); ok {
		text = strings.ToUpper(field.Reason[:1]) + field.Reason[1:] + "."
		switch field.Field {
		case "url":
			f.URLError = text
			return
		case "copies":
			f.CopiesError = text
			return
		case "delay":
			f.DelayError = text
			return
		}
	}
	f.FormError = text
}

// sendEdited makes deliveries of one and leads to them.
func (s *server) sendEdited(w http.ResponseWriter, r *http.Request) {
	if !s.parseForm(w, r) {
		return
	}
	d := s.cfg.History.Delivery(pathNumber(r))
	if d == nil {
		s.fail(w, r, http.StatusNotFound, forgotten)
		return
	}
	form := editForm{URL: field(r, "url"), Form: r.PostForm.Get("form"), Copies: field(r, "copies"), Delay: field(r, "delay")}
	edit, ok := form.edit()
	if ok {
		sent, err := s.cfg.Dispatcher.SendEdited(d.Number, edit)
		switch {
		case err == nil && len(sent) == 1:
			seeOther(w, r, fmt.Sprintf("deliveries/%d", sent[0]))
			return
		case err == nil:
			seeOther(w, r, "deliveries?done=sent")
			return
		}
		form.wrong(err)
	}
	s.showDelivery(w, r, http.StatusUnprocessableEntity, d, form)
}

// resend sends a delivery now, and leads to where its button was.
func (s *server) resend(w http.ResponseWriter, r *http.Request) {
	number := pathNumber(r)
	sent, err := s.cfg.Dispatcher.Resend(number)
	switch {
	case errors.Is(err, dispatch.ErrForgotten):
		s.fail(w, r, http.StatusNotFound, forgotten)
	case errors.Is(err, dispatch.ErrUnderWay):
		s.fail(w, r, http.StatusConflict, "The delivery is under way: wait for its answer.")
	case err != nil:
		s.failVerb(w, r, err)
	case sent != number && came(r, "") == fmt.Sprintf("deliveries/%d", number):
		seeOther(w, r, fmt.Sprintf("deliveries/%d", sent))
	default:
		seeOther(w, r, came(r, "deliveries"))
	}
}
