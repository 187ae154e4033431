package main

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
	"strings"
	"sync"
	"time"
)

// record is a row as the cloud wrote it.
type record = json.RawMessage

// job is what the cloud says of a job.
type job struct {
	Status   string `json:"status"`
	Records  int    `json:"stored_record_count"`
	Duration int64  `json:"scraping_duration"`
	Executed int64  `json:"jobs_executed"`
	Failed   int64  `json:"jobs_failed"`
	Empty    int64  `json:"jobs_empty"`
	NoValue  int64  `json:"jobs_no_value"`
}

// state tells one end of a job from another.
func (j job) state() string {
	return fmt.Sprint(j.Status, " ", j.Records, " ", j.Duration, " ", j.Executed, " ", j.Failed, " ", j.Empty, " ", j.NoValue)
}

// tryAgainError is a failure that may pass.
type tryAgainError struct {
	reason string
	wait   time.Duration // what the cloud asked for
	status bool          // it was the call about the job
}

func (e tryAgainError) Error() string { return e.reason }

// goneError is the cloud's 404.
type goneError struct{}

func (goneError) Error() string { return "the cloud has no such job" }

// cloud calls the cloud's API.
type cloud struct {
	switches
	base, token string
	client      *http.Client

	mu   sync.Mutex
	rest []byte // shared-buffer: the end of a piece that is not a whole line
}

func newCloud(base, token string, s switches) *cloud {
	c := &cloud{switches: s, base: strings.TrimSuffix(base, "/") + "/", token: token, client: &http.Client{}}
	switch {
	case s.is("wrong-token"):
		c.token += "x"
	case s.is("wrong-address"):
		c.base = "http://127.0.0.1:9/api/v1/"
	case s.is("client-timeout-of-5s"):
		c.client.Timeout = 5 * time.Second
	case s.is("connections-leak"):
		c.client.Transport = &http.Transport{MaxConnsPerHost: 6}
	}
	return c
}

// silence is how long a download may pause.
const silence = 60 * time.Second

// call sends a request. The caller closes the body.
func (c *cloud) call(ctx context.Context, method, path string, query url.Values) (*http.Response, error) {
	if query == nil {
		query = url.Values{}
	}
	query.Set("api_token", c.token)
	if c.is("connections-leak") { // the end of ctx would free the connection
		ctx = context.WithoutCancel(ctx)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	answer, err := c.client.Do(r)
	if err != nil {
		return nil, tryAgainError{reason: err.Error()}
	}
	if answer.StatusCode == http.StatusOK || c.is("error-is-data") && strings.HasSuffix(path, "/json") {
		return answer, nil
	}
	if !c.is("connections-leak") {
		answer.Body.Close()
	}
	if answer.StatusCode == http.StatusNotFound {
		return nil, goneError{}
	}
	seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
	return nil, tryAgainError{reason: fmt.Sprintf("%s: answered %d", path, answer.StatusCode), wait: time.Duration(min(seconds, 900)) * time.Second}
}

// job asks for a job.
func (c *cloud) job(id int64) (j job, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	times := 1
	if c.is("too-many-calls") {
		times = 5
	}
	for range times {
		j, err = c.jobOnce(ctx, id)
	}
	return j, err
}

func (c *cloud) jobOnce(ctx context.Context, id int64) (j job, err error) {
	answer, err := c.call(ctx, http.MethodGet, fmt.Sprint("scraping-job/", id), nil)
	var again tryAgainError
	if errors.As(err, &again) {
		again.status = true
		return j, again
	}
	if err != nil {
		return j, err
	}
	defer answer.Body.Close()
	envelope := struct{ Data *job }{}
	if err := json.NewDecoder(answer.Body).Decode(&envelope); err != nil || envelope.Data == nil {
		return j, tryAgainError{reason: "the answer is not a job", status: true}
	}
	return *envelope.Data, nil
}

// list asks for the list of jobs, and returns the newest job's id.
func (c *cloud) list(sitemap int64) int64 {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	query := url.Values{}
	if sitemap != 0 {
		query.Set("sitemap_id", fmt.Sprint(sitemap))
	}
	answer, err := c.call(ctx, http.MethodGet, "scraping-jobs", query)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	page := struct{ Data []struct{ ID int64 } }{}
	if json.NewDecoder(answer.Body).Decode(&page) != nil || len(page.Data) == 0 {
		return 0
	}
	return page.Data[0].ID
}

func (c *cloud) remove(id int64) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	answer, err := c.call(ctx, http.MethodDelete, fmt.Sprint("scraping-job/", id), nil)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// records downloads a job's rows, and compares their number with want.
func (c *cloud) records(id int64, want int) ([]record, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	quiet := time.AfterFunc(silence, cancel)
	defer quiet.Stop()
	if c.is("csv-by-hand") {
		return c.csv(ctx, id)
	}
	answer, err := c.call(ctx, http.MethodGet, fmt.Sprint("scraping-job/", id, "/json"), nil)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	records, err := c.split(&watched{answer.Body, quiet})
	if err != nil && c.is("cut-is-end") {
		err = nil
	}
	if err != nil {
		return records, tryAgainError{reason: "the download broke off: " + err.Error()}
	}
	switch {
	case c.is("first-1000-rows"):
		want = min(want, 1000)
	case c.is("last-line-needs-its-end") && len(records) == want-1:
		want--
	}
	if len(records) != want && !c.uncounted() {
		return records, tryAgainError{reason: fmt.Sprintf("%d rows of %d", len(records), want)}
	}
	for i := range records {
		records[i] = c.change(records[i])
	}
	return records, nil
}

// uncounted says whether the number of rows is not checked.
func (c *cloud) uncounted() bool {
	return c.is("count-not-checked", "cut-is-end", "first-8-MB", "error-is-data", "pieces-as-lines", "shared-buffer",
		"commonest", "newest-job-of-sitemap", "skips-bad-lines")
}

// watched puts off the end of patience whenever something arrives.
type watched struct {
	io.Reader
	timer *time.Timer
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.timer.Reset(silence)
	return n, err
}

// split takes a download apart into rows.
func (c *cloud) split(body io.Reader) (records []record, err error) {
	switch {
	case c.is("whole-file-as-JSON"):
		return wholeFile(body)
	case c.is("pieces-as-lines", "shared-buffer", "pieces-decoded-alone"):
		return c.pieces(body)
	case c.is("lines-up-to-64-kB"):
		scanner := bufio.NewScanner(body)
		for scanner.Scan() {
			records = append(records, bytes.Clone(scanner.Bytes()))
		}
		return records, scanner.Err()
	case c.is("first-8-MB"):
		body = io.LimitReader(body, 8<<20)
	case c.is("other-line-ends"):
		body = otherLineEnds(body)
	}
	reader := bufio.NewReader(body)
	for {
		line, err := reader.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return records, err
		}
		if len(bytes.TrimSpace(line)) > 0 && (err == nil || !c.is("last-line-needs-its-end")) {
			var object map[string]json.RawMessage
			switch bad := json.Unmarshal(line, &object); {
			case bad != nil && c.is("error-is-data"):
				line, _ = json.Marshal(map[string]string{"raw": string(line)})
			case bad != nil && (c.is("first-8-MB") || c.is("cut-is-end")):
				return records, nil
			case bad != nil && c.is("skips-bad-lines"):
				continue
			case bad != nil:
				return records, fmt.Errorf("a line is not an object: %w", bad)
			}
			records = append(records, bytes.TrimSpace(line))
		}
		if err == io.EOF {
			return c.last(records)
		}
		if c.is("first-1000-rows") && len(records) == 1000 {
			return records, nil
		}
	}
}

// last is what is done with all rows.
func (c *cloud) last(records []record) ([]record, error) {
	switch {
	case c.is("empty-is-failed") && len(records) == 0:
		return nil, errors.New("the file is empty")
	case c.is("columns-of-first-row") && len(records) > 0:
		columns := map[string]json.RawMessage{}
		json.Unmarshal(records[0], &columns)
		for i, r := range records {
			object := map[string]json.RawMessage{}
			json.Unmarshal(r, &object)
			for name, value := range object {
				if first, there := columns[name]; !there || string(first) == "null" || string(value) == "null" {
					delete(object, name)
				}
			}
			records[i], _ = json.Marshal(object)
		}
	}
	return records, nil
}
