package dispatch

import (
	"errors"
	"fmt"

	"github.com/scrapehook/scrapehook/internal/delivery/history"
	"github.com/scrapehook/scrapehook/internal/fault"
)

// form returns the form that is sent instead of the older one.
func (e Edit) form(older string) (string, error) {
	if e.Form != nil {
		older = *e.Form
	}
	form, err := fault.FormEdit{Set: e.Set, Drop: e.Drop, Double: e.Double}.Apply(older)
	var missing *fault.NoFieldError
	if errors.As(err, &missing) {
		return "", &history.FieldError{Field: missing.Edit, Reason: missing.Error()}
	}
	if len(form) > MaxForm {
		return "", &history.FieldError{Field: "form", Reason: fmt.Sprintf("%d bytes are more than %d", len(form), MaxForm)}
	}
	return form, nil
}
