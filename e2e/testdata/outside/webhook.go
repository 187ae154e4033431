// Package webhook is somebody's handler of Web Scraper Cloud's notifications,
// who has never seen scrapehook's source.
package webhook

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
	"sync"
	"time"
)

// Shop imports what was scraped into memory.
type Shop struct {
	api, token string
	ctx        context.Context
	stop       context.CancelFunc
	imports    sync.WaitGroup

	mu   sync.Mutex
	jobs map[int64]*job
}

// job is what is known of one scraping job.
type job struct {
	importing sync.Mutex // held by one import at a time

	mu    sync.Mutex
	state string // what the cloud said of it when the rows were imported
	rows  []json.RawMessage
}

// NewShop returns a shop that imports from the API at this URL.
func NewShop(api, token string) *Shop {
	s := &Shop{api: api, token: token, jobs: map[int64]*job{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// Close ends what is under way.
func (s *Shop) Close() {
	s.stop()
	s.imports.Wait()
}

// Rows returns the rows of a job.
func (s *Shop) Rows(_ context.Context, id int64) ([]json.RawMessage, error) {
	j := s.job(id)
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.rows, nil
}

func (s *Shop) job(id int64) *job {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.jobs[id] == nil {
		s.jobs[id] = &job{}
	}
	return s.jobs[id]
}

// ServeHTTP takes a notification.
func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "post a notification", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
	form, formErr := url.ParseQuery(string(body))
	id, idErr := strconv.ParseInt(form.Get("scrapingjob_id"), 10, 64)
	if errors.Join(err, formErr, idErr) != nil || r.Header.Get("Content-Type") == "application/json" {
		http.Error(w, "this is no notification", http.StatusBadRequest)
		return
	}
	if status := form.Get("status"); status == "finished" || status == "shelved" {
		s.imports.Go(func() { s.importUntilDone(id) })
	}
}

func (s *Shop) importUntilDone(id int64) {
	j := s.job(id)
	j.importing.Lock()
	defer j.importing.Unlock()
	for wait := 100 * time.Millisecond; s.importOnce(j, id) != nil; wait *= 2 {
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (s *Shop) importOnce(j *job, id int64) error {
	state, err := s.get(fmt.Sprintf("scraping-job/%d", id))
	if err != nil {
		return err
	}
	if string(state) == j.state {
		return nil
	}
	var said struct {
		Data struct {
			Rows int `json:"stored_record_count"`
		}
	}
	if err := json.Unmarshal(state, &said); err != nil {
		return err
	}
	data, err := s.get(fmt.Sprintf("scraping-job/%d/json", id))
	if err != nil {
		return err
	}
	var rows []json.RawMessage
	for line := range bytes.Lines(data) {
		rows = append(rows, bytes.TrimSpace(line))
	}
	if len(rows) != said.Data.Rows {
		return fmt.Errorf("%d rows of %d", len(rows), said.Data.Rows)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.state, j.rows = string(state), rows
	return nil
}

func (s *Shop) get(path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.api+path+"?api_token="+s.token, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	return body, err
}
