package mutants

import (
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

// cloudAPI makes the calls that an import needs.
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
	body       []byte // the beginning
}

func (e *apiError) Error() string { return fmt.Sprintf("the API answered %d", e.code) }

func (c cloudAPI) job(ctx context.Context, id int64) (jobInfo, error) {
	const limit = 1 << 20
	body, err := c.do(ctx, http.MethodGet, nil, io.ReadAll, limit, "scraping-job", strconv.FormatInt(id, 10))
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

// listed is a job in the cloud's list of jobs.
type listed struct {
	ID     int64          `json:"id"`
	Status webhook.Status `json:"status"`
}

// jobs lists all jobs.
func (c cloudAPI) jobs(ctx context.Context) ([]listed, error) {
	const limit = 1 << 20
	var all []listed
	for number, last := 1, 1; number <= last; number++ {
		body, err := c.do(ctx, http.MethodGet, url.Values{"page": {strconv.Itoa(number)}}, io.ReadAll, limit, "scraping-jobs")
		if err != nil {
			return nil, fmt.Errorf("listing the jobs: %w", err)
		}
		var page struct {
			Data     []listed `json:"data"`
			LastPage int      `json:"last_page"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return nil, fmt.Errorf("listing the jobs: %w", err)
		}
		all, last = append(all, page.Data...), page.LastPage
	}
	return all, nil
}

// rows downloads a job's rows and adds the job's id to each. On an error it
// returns those that came before it.
func (c cloudAPI) rows(ctx context.Context, id int64, read func(int64, io.Reader) ([]byte, error)) ([][]byte, error) {
	const limit = 256 << 20
	body, failed := c.do(ctx, http.MethodGet, nil, func(body io.Reader) ([]byte, error) {
		return read(id, body)
	}, limit, "scraping-job", strconv.FormatInt(id, 10), "json")
	var rows [][]byte
	for line := range bytes.Lines(body) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		row, ok := withJobID(line, id)
		if !ok && failed == nil {
			failed = fmt.Errorf("line %d is no JSON object", len(rows)+1)
		}
		if !ok {
			break
		}
		rows = append(rows, row)
	}
	if failed != nil {
		return rows, fmt.Errorf("downloading job %d: %w", id, failed)
	}
	return rows, nil
}

// remove deletes the cloud's copy of a job.
func (c cloudAPI) remove(ctx context.Context, id int64) error {
	const limit = 1 << 20
	if _, err := c.do(ctx, http.MethodDelete, nil, io.ReadAll, limit, "scraping-job", strconv.FormatInt(id, 10)); err != nil {
		return fmt.Errorf("deleting job %d: %w", id, err)
	}
	return nil
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

// do makes one call, with the token and more in its query. When reading the answer fails, it returns what was read.
func (c cloudAPI) do(ctx context.Context, method string, query url.Values, read func(io.Reader) ([]byte, error), limit int64, path ...string) ([]byte, error) {
	// Long enough for a slow download, short enough to get over a dead one.
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	target := c.base.JoinPath(path...)
	if query == nil {
		query = url.Values{}
	}
	query.Set("api_token", c.token)
	target.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, target.String(), nil)
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
		const enough = 4 << 10
		page, _ := io.ReadAll(io.LimitReader(resp.Body, enough)) // only for whoever wants to see it
		return nil, &apiError{resp.StatusCode, retryAfter(resp.Header.Get("Retry-After"), time.Now()), page}
	}
	body, err := read(io.LimitReader(resp.Body, limit+1))
	if err == nil && int64(len(body)) > limit {
		err = fmt.Errorf("the answer is larger than %d bytes", limit)
	}
	return body, err
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
