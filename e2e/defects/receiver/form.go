package main

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// read turns a request into a notification.
func (e *endpoint) read(r *http.Request) (n notification, err error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if e.is("exact-content-type") {
		kind = r.Header.Get("Content-Type")
	}
	lenient := e.as("lenient")
	switch {
	case r.Method != http.MethodPost && !e.as("any-method"):
		return n, refusedError{http.StatusMethodNotAllowed, "notifications are POSTed"}
	case lenient && kind == "application/json":
		return e.readJSON(r)
	case !lenient && !e.as("any-method") && kind != "application/x-www-form-urlencoded":
		return n, refusedError{http.StatusUnsupportedMediaType, "a notification is a form"}
	case e.is("length-required") && r.ContentLength < 0:
		return n, refusedError{http.StatusLengthRequired, "no length"}
	}
	body, err := e.body(r)
	if err != nil {
		return n, err
	}
	form, err := e.parse(body)
	if err != nil && !lenient {
		return n, refusedError{http.StatusBadRequest, err.Error()}
	}
	if e.as("any-method") && len(form) == 0 {
		form = r.URL.Query()
	}
	return e.fields(form, body)
}

func (e *endpoint) body(r *http.Request) (string, error) {
	switch {
	case e.is("unlimited-body"):
		body, err := io.ReadAll(r.Body)
		return string(body), err
	case e.is("one-read"):
		buffer := make([]byte, bodyLimit)
		n, _ := r.Body.Read(buffer)
		return string(buffer[:n]), nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
	if err != nil {
		return "", refusedError{http.StatusBadRequest, err.Error()}
	}
	if len(body) > bodyLimit {
		return "", refusedError{http.StatusRequestEntityTooLarge, "the body is too large"}
	}
	return string(body), nil
}

func (e *endpoint) readJSON(r *http.Request) (n notification, err error) {
	values := map[string]any{}
	decoder := json.NewDecoder(io.LimitReader(r.Body, bodyLimit))
	decoder.UseNumber()
	if err := decoder.Decode(&values); err != nil {
		return n, refusedError{http.StatusBadRequest, err.Error()}
	}
	form := url.Values{}
	for name, value := range values {
		form.Set(name, fmt.Sprint(value))
	}
	return e.fields(form, "")
}

// parse takes a form apart.
func (e *endpoint) parse(body string) (url.Values, error) {
	switch {
	case e.is("form-by-hand"):
		form := url.Values{}
		for field := range strings.SplitSeq(body, "&") {
			name, value, _ := strings.Cut(field, "=")
			form.Add(name, value)
		}
		return form, nil
	case e.is("form-by-position"):
		form := url.Values{}
		names := []string{"scrapingjob_id", "status", "sitemap_id", "sitemap_name"}
		for i, field := range strings.SplitN(body, "&", 4) {
			_, value, _ := strings.Cut(field, "=")
			value, _ = url.QueryUnescape(value)
			form.Add(names[i], value)
		}
		return form, nil
	}
	return url.ParseQuery(body)
}

// fields checks a form's fields.
func (e *endpoint) fields(form url.Values, body string) (n notification, err error) {
	if e.is("strict-fields") {
		for name := range form {
			if !contains([]string{"scrapingjob_id", "status", "sitemap_id", "sitemap_name"}, name) {
				return n, refusedError{http.StatusBadRequest, "unknown field " + name}
			}
		}
	}
	n = notification{status: form.Get("status"), name: form.Get("sitemap_name"), customID: form.Get("custom_id"), body: body}
	if n.job, err = e.id(form.Get("scrapingjob_id")); err != nil {
		return n, err
	}
	if n.sitemap, err = e.id(form.Get("sitemap_id")); err != nil && !e.as("lenient") {
		return n, err
	}
	if n.status == "" {
		return n, refusedError{http.StatusBadRequest, "status is missing"}
	}
	if e.is("short-name") && len(n.name) > 100 {
		return n, refusedError{http.StatusInternalServerError, "data too long for column 'name'"}
	}
	if e.is("name-decoded-twice") {
		if n.name, err = url.QueryUnescape(n.name); err != nil {
			return n, refusedError{http.StatusInternalServerError, err.Error()}
		}
	}
	return n, nil
}

func (e *endpoint) id(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		if e.is("no-validation") {
			return 1, nil
		}
		return 0, refusedError{http.StatusBadRequest, fmt.Sprintf("%q is not an id", text)}
	}
	switch {
	case e.is("ids-of-32-bits"):
		id = int64(int32(id))
	case e.is("ids-as-floats"):
		id = int64(float64(id))
	}
	return id, nil
}
