package cloudclient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/human"
)

const (
	maxErrorBody    = 16 << 10 // bytes that are read of an error's body
	maxErrorMessage = 200      // bytes of it that an [Error] shows
)

// Error is a call that failed. The API token is in none of its texts.
type Error struct {
	// Op is the call: its method and its path below the base URL.
	Op string
	// Status is the answer's HTTP status; 0 when there was no answer.
	Status int
	// FromAPI tells that the API itself refused, in its own envelope, and not
	// something on the way to it, such as a proxy or the wrong base URL.
	FromAPI bool
	// Message is what the answer gave as the reason, cut to 200 bytes.
	Message string
	// RetryAfter is how long the answer asked to wait; 0 when it did not.
	RetryAfter time.Duration
	// Err is what went wrong when it was not the answer's status.
	Err error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Status != 0 && (e.Status != http.StatusOK || e.Err == nil) {
		fmt.Fprintf(&b, ": %d %s", e.Status, http.StatusText(e.Status))
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Missing reports whether the API says that the object does not exist. A 404
// that is not the API's own does not say so: with a wrong base URL everything
// would seem deleted.
func (e *Error) Missing() bool { return e.Status == http.StatusNotFound && e.FromAPI }

// Unauthorized reports whether the API refused the token.
func (e *Error) Unauthorized() bool {
	return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
}

// RateLimited reports whether the user's limit of calls is reached. It holds
// for every call of that user (contract, section 2), not only for this one.
func (e *Error) RateLimited() bool { return e.Status == http.StatusTooManyRequests }

// refusal is the error for an answer that is none of the API's successes.
func (c *Client) refusal(op string, resp *http.Response, body []byte) error {
	e := &Error{
		Op: op, Status: resp.StatusCode,
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now()),
	}
	var envelope struct {
		Success          *bool               `json:"success"`
		Error            string              `json:"error"`
		ValidationErrors map[string][]string `json:"validationErrors"`
	}
	if json.Unmarshal(body, &envelope) == nil && envelope.Success != nil && !*envelope.Success {
		e.FromAPI = true
		reasons := []string{}
		for field, texts := range envelope.ValidationErrors {
			reasons = append(reasons, field+": "+strings.Join(texts, ", "))
		}
		slices.Sort(reasons)
		if envelope.Error != "" {
			reasons = slices.Insert(reasons, 0, envelope.Error)
		}
		e.Message = strings.Join(reasons, "; ")
	} else {
		line, _, _ := bytes.Cut(bytes.TrimSpace(body), []byte("\n"))
		e.Message = string(line)
	}
	e.Message = human.Shorten(strings.ToValidUTF8(c.hideToken(e.Message), "\uFFFD"), maxErrorMessage)
	return e
}

// redact takes the URL, and with it the token, out of err.
func (c *Client) redact(err error) error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		err = withURL.Err
	}
	if text := err.Error(); c.hideToken(text) != text {
		return errors.New(c.hideToken(text))
	}
	return err
}

func (c *Client) hideToken(s string) string {
	return strings.NewReplacer(c.token, "[token]", url.QueryEscape(c.token), "[token]").Replace(s)
}

// retryAfter reads a Retry-After header in both of its forms, seconds and an
// HTTP date (RFC 9110, section 10.2.3). What is neither, or in the past, is 0.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
