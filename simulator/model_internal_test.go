package simulator

import (
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// modelEndpoint acknowledges, refuses or stays silent, and counts what it has
// acknowledged, by job and status.
type modelEndpoint struct {
	*httptest.Server
	mode atomic.Int32

	mu    sync.Mutex
	acked map[string]int
}

const (
	acknowledges = iota
	refuses
	hangs
)

func newModelEndpoint(t *testing.T) *modelEndpoint {
	t.Helper()
	e := &modelEndpoint{acked: map[string]int{}}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the simulator was killed while it sent
		}
		form, _ := url.ParseQuery(string(body))
		switch e.mode.Load() {
		case refuses:
			w.WriteHeader(http.StatusInternalServerError)
		case hangs:
			<-r.Context().Done()
		default:
			e.mu.Lock()
			e.acked[form.Get("scrapingjob_id")+" "+form.Get("status")]++
			e.mu.Unlock()
		}
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *modelEndpoint) count(key string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.acked[key]
}

// modelJob is all that a job's life is.
type modelJob struct {
	status webhook.Status // waiting stands for every status before the end
	takes  bool           // it ends by itself, failed, when the clock is advanced
	ended  time.Duration  // the model's time
}

// model is what the simulator is to do: jobs, and for each endpoint how often a
// job has come to a status at which that endpoint was to be notified.
type model struct {
	now       time.Duration
	jobs      map[int64]*modelJob
	endpoints []string
	ends      map[string]map[string]int // by endpoint; those since the last reset
	ever      map[string]map[string]int // by endpoint
}

const waiting = webhook.WaitingToBeScheduled

func (m *model) end(id int64, status webhook.Status) {
	j := m.jobs[id]
	j.status, j.takes, j.ended = status, false, m.now
	for _, url := range m.endpoints {
		for _, counts := range []map[string]map[string]int{m.ends, m.ever} {
			if counts[url] == nil {
				counts[url] = map[string]int{}
			}
			counts[url][fmt.Sprint(id, " ", status)]++
		}
	}
}

// advance is two hours: jobs that take one end, and what was stopped two weeks
// ago is shelved.
func (m *model) advance() {
	m.now += 2 * time.Hour
	for id, j := range m.jobs {
		switch {
		case j.takes:
			m.end(id, webhook.Failed)
		case j.status == webhook.Stopped && m.now-j.ended >= 14*24*time.Hour:
			j.status = webhook.Shelved
		}
	}
}

// TestModel plays random verbs, with kills, stops, pauses and endpoints that
// refuse or hang, and holds the simulator against the model: each end of a job
// is notified to each endpoint at least once, with the status that it ended
// with; without faults exactly once; and nothing else is. MODEL_TIME lets it go
// on for that long, MODEL_SEED repeats a run.
func TestModel(t *testing.T) {
	t.Parallel()
	const steps = 2500
	duration, _ := time.ParseDuration(os.Getenv("MODEL_TIME"))
	var given uint64
	_, _ = fmt.Sscan(os.Getenv("MODEL_SEED"), &given)
	for _, faults := range []bool{false, true} {
		t.Run(fmt.Sprintf("faults %v", faults), func(t *testing.T) {
			t.Parallel()
			began, played, kills := time.Now(), 0, 0
			for played < steps || time.Since(began) < duration {
				seed := cmp.Or(given, rand.Uint64())
				// A test of its own, so that its endpoints and files go when it ends:
				// an hour has thousands of them.
				if !t.Run(fmt.Sprintf("MODEL_SEED=%d", seed), func(t *testing.T) {
					p := newPlayer(t, seed, faults)
					for range 500 {
						p.step()
						played++
					}
					p.settle()
					p.must(p.stop())
					kills += p.kills
				}) {
					return
				}
			}
			t.Logf("%d steps, %d kills, %v", played, kills, time.Since(began))
			if faults && kills == 0 {
				t.Error("nothing was killed")
			}
		})
	}
}
