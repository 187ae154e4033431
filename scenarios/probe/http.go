package probe

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	answerCap = 64 << 20
	// Deadline bounds one reading.
	Deadline = 10 * time.Second
)

// HTTP asks a URL for a job's rows; {job} in it is replaced by the job's id.
// The answer is {"rows": N}, optionally with "records", an array of the rows.
type HTTP struct {
	url    string
	client *http.Client
}

// NewHTTP returns the probe that asks rawURL.
func NewHTTP(rawURL string) (*HTTP, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("probe http:%s: %w", rawURL, err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("probe http:%s: want an http or https URL", rawURL)
	}
	if !strings.Contains(rawURL, Placeholder) {
		return nil, fmt.Errorf("probe http:%s: %s must stand where the job's id goes", rawURL, Placeholder)
	}
	return &HTTP{url: rawURL, client: &http.Client{Timeout: Deadline}}, nil
}

// Name implements [Probe].
func (h *HTTP) Name() string { return "http:" + h.url }

// Read implements [Probe]. An answer of 404 means that there is nothing.
func (h *HTTP) Read(ctx context.Context, job int64) (Reading, error) {
	target := strings.ReplaceAll(h.url, Placeholder, strconv.FormatInt(job, 10))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return Reading{}, fmt.Errorf("asking for rows: %w", err)
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return Reading{}, fmt.Errorf("asking for rows: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is lost by it
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerCap))
	switch {
	case err != nil:
		return Reading{}, fmt.Errorf("asking %s for rows: %w", target, err)
	case resp.StatusCode == http.StatusNotFound:
		return Reading{}, nil
	case resp.StatusCode != http.StatusOK:
		return Reading{}, fmt.Errorf("asking %s for rows: status %d: %.80q", target, resp.StatusCode, body)
	}
	reading, err := parseCount(body)
	if err != nil {
		return Reading{}, fmt.Errorf("asking %s for rows: %w", target, err)
	}
	return reading, nil
}

// Explain says why no row of the job is seen.
func (h *HTTP) Explain(_ context.Context, job int64) string {
	target := strings.ReplaceAll(h.url, Placeholder, strconv.FormatInt(job, 10))
	return fmt.Sprintf("is told of no row at %s; an answer of 404 counts as none: is the path right?", target)
}
