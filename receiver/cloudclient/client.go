// Package cloudclient calls the HTTP API of Web Scraper Cloud: the few calls
// that importing a job takes. It knows the API's envelope, its errors and its
// limits; it does not retry, because when to try again is the caller's policy
// and [Error] says all that the policy needs.
package cloudclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// DefaultBaseURL is the vendor's own API (contract, section 2).
const DefaultBaseURL = "https://api.webscraper.io/api/v1/"

// The defaults of [Config].
const (
	DefaultCallTimeout = 15 * time.Second
	DefaultIdleTimeout = time.Minute
	DefaultMinRate     = 1 << 10
)

// maxAnswer caps what is read of an answer that is not a download. A job is
// under 1 KiB.
const maxAnswer = 1 << 20

// Config says whom to call, and how patiently.
type Config struct {
	// BaseURL is the API's root, http or https; empty is [DefaultBaseURL]. The
	// slash at its end may be missing.
	BaseURL string
	// Token is the API token, sent as ?api_token= with every call. Required. It
	// never appears in an error.
	Token string
	// CallTimeout bounds a whole call that is not a download; 0 is
	// [DefaultCallTimeout].
	CallTimeout time.Duration
	// IdleTimeout bounds how long a download may go without a byte; 0 is
	// [DefaultIdleTimeout]. A download has no limit in all: it may be large.
	IdleTimeout time.Duration
	// MinRate is the least rate of a download, in bytes a second, over any
	// [RateWindow] that is spent waiting for it; 0 is [DefaultMinRate]. A body
	// that drips would otherwise hold its import for ever.
	MinRate int
	// Transport carries the calls; nil is one of the client's own.
	Transport http.RoundTripper
}

// Client calls the API. It is safe for concurrent use.
type Client struct {
	base        *url.URL
	token       string
	http        *http.Client
	callTimeout time.Duration
	idleTimeout time.Duration
	minRate     int
}

// New checks cfg and returns a client; it makes no call.
func New(cfg Config) (*Client, error) {
	raw := cfg.BaseURL
	if raw == "" {
		raw = DefaultBaseURL
	}
	base, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the API's base URL: %w", err)
	}
	if (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" || base.RawQuery != "" || base.Fragment != "" {
		return nil, fmt.Errorf("the API's base URL %q is not a plain http or https URL, such as %s", base.Redacted(), DefaultBaseURL)
	}
	if cfg.Token == "" {
		return nil, errors.New("the API token is empty")
	}
	if cfg.CallTimeout < 0 || cfg.IdleTimeout < 0 || cfg.MinRate < 0 {
		return nil, errors.New("a limit of the API client is negative")
	}
	callTimeout := orDefault(cfg.CallTimeout, DefaultCallTimeout)
	transport := cfg.Transport
	if transport == nil {
		transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			ForceAttemptHTTP2:   true,
			TLSHandshakeTimeout: callTimeout,
			MaxIdleConnsPerHost: 16, // there is one host
			IdleConnTimeout:     90 * time.Second,
		}
	}
	return &Client{
		base:  base,
		token: cfg.Token,
		http: &http.Client{
			Transport: transport,
			// Success is exactly 200 (contract, section 2), so a redirect is an
			// error. Following it could also carry the token to another host.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		callTimeout: callTimeout,
		idleTimeout: orDefault(cfg.IdleTimeout, DefaultIdleTimeout),
		minRate:     orDefault(cfg.MinRate, DefaultMinRate),
	}, nil
}

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// Close closes the connections that are idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Job is what the API says of a scraping job (contract, section 2), without
// the fields that say how it was to be run.
type Job struct {
	ID                int64          `json:"id"`
	CustomID          string         `json:"custom_id"` // null is empty
	SitemapID         int64          `json:"sitemap_id"`
	SitemapName       string         `json:"sitemap_name"`
	Status            webhook.Status `json:"status"`
	JobsScheduled     int64          `json:"jobs_scheduled"`
	JobsExecuted      int64          `json:"jobs_executed"`
	JobsFailed        int64          `json:"jobs_failed"`
	JobsEmpty         int64          `json:"jobs_empty"`
	JobsNoValue       int64          `json:"jobs_no_value"`
	StoredRecordCount int64          `json:"stored_record_count"`
	TimeCreated       int64          `json:"time_created"`      // unix seconds
	ScrapingDuration  int64          `json:"scraping_duration"` // seconds
}

// Job asks for the state of a job. Its errors are of type [*Error].
func (c *Client) Job(ctx context.Context, id int64) (Job, error) {
	var job Job
	err := c.call(ctx, http.MethodGet, jobPath(id), &job)
	if err == nil && job.ID != id {
		err = &Error{Op: op(http.MethodGet, jobPath(id)), Status: http.StatusOK,
			Err: fmt.Errorf("the answer is about job %d", job.ID)}
	}
	if err != nil {
		return Job{}, err
	}
	return job, nil
}

// Delete deletes a job and its data at the cloud. Its errors are of type
// [*Error]; one that is [Error.Missing] says that the job was gone already.
func (c *Client) Delete(ctx context.Context, id int64) error {
	return c.call(ctx, http.MethodDelete, jobPath(id), nil)
}

func jobPath(id int64) string { return "scraping-job/" + strconv.FormatInt(id, 10) }

func op(method, path string) string { return method + " " + path }

// call makes one bounded call and decodes the answer's data into out, unless
// that is nil.
func (c *Client) call(ctx context.Context, method, path string, out any) error {
	ctx, cancel := context.WithTimeout(ctx, c.callTimeout)
	defer cancel()
	resp, err := c.send(ctx, method, path)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is written to it
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return &Error{Op: op(method, path), Status: resp.StatusCode, Err: c.redact(fmt.Errorf("reading the answer: %w", err))}
	}
	envelope := struct {
		Success bool `json:"success"`
		Data    any  `json:"data"`
	}{Data: out}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return &Error{Op: op(method, path), Status: resp.StatusCode, Err: c.redact(fmt.Errorf("decoding the answer: %w", err))}
	}
	if !envelope.Success {
		return c.refusal(op(method, path), resp, body)
	}
	return nil
}

// send makes a request and returns the answer if it is a success, which is
// exactly 200; its body is not read.
func (c *Client) send(ctx context.Context, method, path string) (*http.Response, error) {
	u := c.base.JoinPath(path)
	u.RawQuery = url.Values{"api_token": {c.token}}.Encode()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return nil, &Error{Op: op(method, path), Err: c.redact(err)}
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, &Error{Op: op(method, path), Err: c.redact(err)}
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is written to it
	// What can be read of an error's body explains it; that it can't be read
	// whole changes nothing.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	return nil, c.refusal(op(method, path), resp, body)
}
