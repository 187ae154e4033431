package scenarios_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/probe"
	"github.com/scrapehook/scrapehook/webhook"
)

// model is the smallest receiver that is right as long as it lives: it keeps
// everything in memory, answers at once and imports in the background, one
// goroutine a job. It is its own probe. Tests break it on purpose.
type model struct {
	api scenarios.API
	// handle replaces the answer; nil is right.
	handle http.HandlerFunc
	// double imports each notification's rows once more when it comes again.
	double bool
	// lose drops that many rows at the end of each import.
	lose int

	ctx    context.Context //nolint:containedctx // the receiver's life
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu   sync.Mutex
	jobs map[int64]*modelJob
}

type modelJob struct {
	mu    sync.Mutex
	state string // the state whose rows are there
	rows  []json.RawMessage
}

func newModel() *model {
	ctx, cancel := context.WithCancel(context.Background())
	return &model{ctx: ctx, cancel: cancel, jobs: map[int64]*modelJob{}}
}

// serve is a [scenarios.Config]'s Handler.
func (m *model) serve(api scenarios.API) http.Handler {
	m.api = api
	return m
}

func (m *model) stop() {
	m.cancel()
	m.wg.Wait()
}

func (m *model) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if m.handle != nil {
		m.handle(w, r)
		return
	}
	m.accept(w, r)
}

func (m *model) accept(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
	n, parseErr := webhook.ParseForm(body)
	if err = errors.Join(err, parseErr); err != nil || r.Method != http.MethodPost {
		http.Error(w, "no notification", http.StatusBadRequest)
		return
	}
	if n.Status == webhook.Finished || n.Status == webhook.Shelved {
		m.wg.Go(func() { m.importUntilDone(n.JobID) })
	}
}

func (m *model) job(id int64) *modelJob {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.jobs[id] == nil {
		m.jobs[id] = &modelJob{}
	}
	return m.jobs[id]
}

func (m *model) importUntilDone(id int64) {
	job := m.job(id)
	job.mu.Lock()
	defer job.mu.Unlock()
	for m.importJob(job, id) != nil {
		select {
		case <-m.ctx.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (m *model) importJob(job *modelJob, id int64) error {
	state, err := m.get(id, "")
	if err != nil {
		return err
	}
	if string(state) == job.state && !m.double {
		return nil
	}
	body, err := m.get(id, "/json")
	if err != nil {
		return err
	}
	var count struct {
		Data struct {
			Rows int `json:"stored_record_count"`
		}
	}
	if err := json.Unmarshal(state, &count); err != nil {
		return err
	}
	var rows []json.RawMessage
	for line := range bytes.Lines(body) {
		rows = append(rows, bytes.TrimSpace(line))
	}
	if len(rows) != count.Data.Rows {
		return fmt.Errorf("%d rows of %d", len(rows), count.Data.Rows)
	}
	rows = rows[:max(0, len(rows)-m.lose)]
	if string(state) == job.state {
		rows = append(job.rows, rows...)
	}
	job.state, job.rows = string(state), rows
	return nil
}

func (m *model) get(id int64, what string) ([]byte, error) {
	url := fmt.Sprintf("%sscraping-job/%d%s?api_token=%s", m.api.URL, id, what, m.api.Token)
	req, err := http.NewRequestWithContext(m.ctx, http.MethodGet, url, nil)
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

// Name and Read make the model its own probe.
func (m *model) Name() string { return "the model's memory" }

func (m *model) Read(_ context.Context, id int64) (probe.Reading, error) {
	job := m.job(id)
	if !job.mu.TryLock() {
		return probe.Reading{Records: []json.RawMessage{}}, nil // at work
	}
	defer job.mu.Unlock()
	rows := append([]json.RawMessage{}, job.rows...)
	return probe.Reading{Rows: len(rows), Records: rows}, nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
