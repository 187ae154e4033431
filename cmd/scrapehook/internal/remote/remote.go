// Package remote makes jobs end in a simulated cloud that another process runs,
// over its control API, and watches their notifications.
package remote

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

var (
	// ErrNoCloud means that nothing answers at the address, or something else.
	ErrNoCloud = errors.New("no simulated cloud answers")
	// ErrRefused means that the cloud says no: what is asked for can't be.
	ErrRefused = errors.New("the cloud refuses")
)

// Cloud is a simulated cloud that is called over its control API.
type Cloud struct {
	control string
	client  *http.Client
}

// path is where a cloud has its control API.
const path = "/_scrapehook/"

// New returns the cloud whose control API, or whose address alone, is at the URL.
func New(control string, insecure bool) (*Cloud, error) {
	u, err := url.Parse(control)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is not the URL of a control API, such as http://127.0.0.1:8085%s", control, path)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = path
	}
	transport := &http.Transport{DisableKeepAlives: true} // a few calls, and then the process ends
	if insecure {
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // the user asks for it
	}
	return &Cloud{
		control: strings.TrimRight(u.String(), "/") + "/",
		client:  &http.Client{Timeout: 30 * time.Second, Transport: transport},
	}, nil
}

// Ending is how a job is to end. A number that is nil is the cloud's to choose.
type Ending struct {
	Status      webhook.Status `json:"status"`
	Rows        *int           `json:"rows,omitempty"`
	FailedPages int            `json:"failed_pages,omitempty"`
	EmptyPages  int            `json:"empty_pages,omitempty"`
}

// Job is a job of the cloud.
type Job struct {
	ID          int64          `json:"id"`
	CustomID    string         `json:"custom_id,omitempty"`
	SitemapID   int64          `json:"sitemap_id"`
	SitemapName string         `json:"sitemap_name"`
	Status      webhook.Status `json:"status"`
	Rows        int            `json:"rows"`
}

// Trigger makes a job of a sitemap (0: a new one), and ends it at once, whatever
// the cloud's clock does.
func (c *Cloud) Trigger(ctx context.Context, sitemap int64, customID string, e Ending) (Job, error) {
	var job Job
	// It must not end by itself before it is told to.
	err := c.call(ctx, http.MethodPost, "jobs", map[string]any{"sitemap_id": sitemap, "custom_id": customID, "takes": "8760h"}, &job)
	if err != nil {
		return job, err
	}
	err = c.call(ctx, http.MethodPost, fmt.Sprintf("jobs/%d/end", job.ID), e, &job)
	return job, err
}

// Endpoints are the URLs that the cloud notifies.
func (c *Cloud) Endpoints(ctx context.Context) ([]string, error) {
	var answer struct {
		Endpoints []string `json:"endpoints"`
	}
	err := c.call(ctx, http.MethodGet, "endpoints", nil, &answer)
	return answer.Endpoints, err
}

// answerCap bounds what is read of an answer, in bytes.
const answerCap = 16 << 20

func (c *Cloud) call(ctx context.Context, method, route string, body, into any) error {
	var form bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&form).Encode(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.control+route, &form)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.client.Do(req)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err // without the address, which is said
		}
		return fmt.Errorf("%w at %s: %w", ErrNoCloud, c.control, err)
	}
	defer func() { _ = resp.Body.Close() }() // it is only read
	data, err := io.ReadAll(io.LimitReader(resp.Body, answerCap))
	if err != nil {
		return fmt.Errorf("%w at %s: %w", ErrNoCloud, c.control, err)
	}
	var refusal struct {
		Error string `json:"error"`
	}
	if resp.StatusCode != http.StatusOK {
		if json.Unmarshal(data, &refusal) == nil && refusal.Error != "" {
			return fmt.Errorf("%w: %s", ErrRefused, refusal.Error)
		}
		return fmt.Errorf("%w at %s, but something that answers %s", ErrNoCloud, c.control, resp.Status)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%w at %s, but something that answers in no JSON of its own", ErrNoCloud, c.control)
	}
	return nil
}
