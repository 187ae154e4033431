package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"

	"github.com/scrapehook/scrapehook/internal/cloud"
)

// bodyCap is how large a request's body may be, in bytes. A sitemap with a
// hundred thousand start URLs fits.
const bodyCap = 16 << 20

// perPage is how many objects a page has (contract, section 2).
const perPage = 100

// success is the envelope of every answer that is no error.
type success struct {
	Success bool `json:"success"`
	Data    any  `json:"data"`
}

// page is the envelope of a list. Data is never null.
type page struct {
	Success     bool `json:"success"`
	Data        any  `json:"data"`
	CurrentPage int  `json:"current_page"`
	LastPage    int  `json:"last_page"`
	Total       int  `json:"total"`
	PerPage     int  `json:"per_page"`
}

// failure is the envelope of an error: one of its two texts.
type failure struct {
	Success          bool                `json:"success"`
	Error            string              `json:"error,omitempty"`
	ValidationErrors map[string][]string `json:"validationErrors,omitempty"`
}

// pageNumber is the page that is asked for; what is no number is the first.
func pageNumber(r *http.Request) int {
	// The bound keeps the page's offset within an int.
	n, err := strconv.ParseInt(r.URL.Query().Get("page"), 10, 32)
	if err != nil || n < 1 {
		return 1
	}
	return int(n)
}

// newPage is page number of a list of total objects; data holds the page's. A
// page past the end is empty, and no objects at all are page 1 of 1.
func newPage[T any](number, total int, data []T) page {
	if data == nil {
		data = []T{}
	}
	return page{true, data, number, max(1, (total+perPage-1)/perPage), total, perPage}
}

// answering serves what a function of the request returns as JSON: a page as it
// is, other data in the envelope, an error by what it is. Success is exactly
// 200, creations included.
func answering(answer func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := answer(r)
		if err != nil {
			writeError(w, err)
			return
		}
		if list, ok := data.(page); ok {
			writeJSON(w, http.StatusOK, list)
			return
		}
		writeJSON(w, http.StatusOK, success{true, data})
	})
}

// refuse answers every request with one error.
func refuse(status int, text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, status, failure{Error: text})
	})
}

func writeError(w http.ResponseWriter, err error) {
	var invalid *cloud.ValidationError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &invalid):
		// That a validation error is a 422 is an assumption.
		writeJSON(w, http.StatusUnprocessableEntity, failure{ValidationErrors: invalid.Fields})
	case errors.Is(err, cloud.ErrNotFound):
		writeJSON(w, http.StatusNotFound, failure{Error: "Not Found"})
	case errors.As(err, &tooLarge):
		writeJSON(w, http.StatusRequestEntityTooLarge, failure{Error: "Payload Too Large"})
	case errors.Is(err, os.ErrDeadlineExceeded):
		writeJSON(w, http.StatusRequestTimeout, failure{Error: "Request Timeout: the body took too long"})
	case errors.Is(err, errBody):
		writeJSON(w, http.StatusBadRequest, failure{Error: "Bad Request: " + err.Error()})
	case errors.Is(err, cloud.ErrFull):
		writeJSON(w, http.StatusServiceUnavailable, failure{Error: "The simulated cloud is full: " + err.Error()})
	default:
		writeJSON(w, http.StatusInternalServerError, failure{Error: err.Error()})
	}
}

// writeJSON writes v without escaping slashes or HTML, as the vendor does.
func writeJSON(w http.ResponseWriter, status int, v any) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		// Only a type that can't be encoded fails, and no such type is answered.
		panic("api: encoding an answer: " + err.Error())
	}
	body := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the recorder keeps the error
}

// errBody means that a request's body could not be read to its end, for example
// because its chunks are malformed.
var errBody = errors.New("the body can't be read")

// readBody reads a request's body up to the cap.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, bodyCap))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBody, err)
	}
	return body, nil
}
