package mutants

import (
	"bufio"
	"bytes"
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

// cloudAPI makes the two calls that an import needs.
type cloudAPI struct {
	base  *url.URL
	token string
}

// jobInfo is what the cloud says of a job, as far as it tells one run of the
// job from a continued one.
type jobInfo struct {
	Status            webhook.Status `json:"status"`
	StoredRecordCount int            `json:"stored_record_count"`
	ScrapingDuration  float64        `json:"scraping_duration"`
	JobsExecuted      int            `json:"jobs_executed"`
	JobsFailed        int            `json:"jobs_failed"`
	JobsEmpty         int            `json:"jobs_empty"`
}

// apiError is an answer other than 200.
type apiError struct {
	code       int
	retryAfter time.Duration
}

func (e *apiError) Error() string { return fmt.Sprintf("the API answered %d", e.code) }

func (c cloudAPI) job(ctx context.Context, id int64) (jobInfo, error) {
	const limit = 1 << 20
	body, err := c.get(ctx, limit, "scraping-job", strconv.FormatInt(id, 10))
	if err != nil {
		return jobInfo{}, fmt.Errorf("asking for job %d: %w", id, err)
	}
	var answer struct {
		Success bool    `json:"success"`
		Data    jobInfo `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return jobInfo{}, fmt.Errorf("asking for job %d: %w", id, err)
	}
	if !answer.Success {
		return jobInfo{}, fmt.Errorf("asking for job %d: no success", id)
	}
	return answer.Data, nil
}

// rows downloads a job's rows and adds the job's id to each.
func (c cloudAPI) rows(ctx context.Context, id int64) ([][]byte, error) {
	const limit = 256 << 20
	body, err := c.get(ctx, limit, "scraping-job", strconv.FormatInt(id, 10), "json")
	if err != nil {
		return nil, fmt.Errorf("downloading job %d: %w", id, err)
	}
	var rows [][]byte
	for lines := bufio.NewReader(bytes.NewReader(body)); ; {
		line, err := lines.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			row, ok := withJobID(line, id)
			if !ok {
				return nil, fmt.Errorf("downloading job %d: line %d is no JSON object", id, len(rows)+1)
			}
			rows = append(rows, row)
		}
		if err != nil {
			return rows, nil //nolint:nilerr // reading from memory ends at the end, and no other way
		}
	}
}

// withJobID appends the id to a JSON object, whose other bytes stay as they
// are.
func withJobID(object []byte, id int64) ([]byte, bool) {
	if !json.Valid(object) || object[0] != '{' {
		return nil, false
	}
	row := bytes.TrimRight(object[:len(object)-1:len(object)-1], " \t\r")
	if len(row) > 1 {
		row = append(row, ',')
	}
	return fmt.Appendf(row, "%q:%d}", webhook.FieldJobID, id), true
}

func (c cloudAPI) get(ctx context.Context, limit int64, path ...string) ([]byte, error) {
	// Long enough for a slow download, short enough to get over a dead one.
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	target := c.base.JoinPath(path...)
	target.RawQuery = url.Values{"api_token": {c.token}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if withToken := (*url.Error)(nil); errors.As(err, &withToken) {
		return nil, withToken.Err
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or of no more use
	if resp.StatusCode != http.StatusOK {
		return nil, &apiError{resp.StatusCode, retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("the answer is larger than %d bytes", limit)
	}
	return body, nil
}

// retryAfter reads both forms of the header, seconds and a date; 0 is none.
func retryAfter(header string, now time.Time) time.Duration {
	const longest = 15 * time.Minute // the rate limit's window
	if seconds, err := strconv.Atoi(header); err == nil {
		return min(max(0, time.Duration(seconds)*time.Second), longest)
	}
	if date, err := http.ParseTime(header); err == nil {
		return min(max(0, date.Sub(now)), longest)
	}
	return 0
}
