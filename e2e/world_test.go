package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/simulator"
	"github.com/scrapehook/scrapehook/webhook"
)

// world is a simulated cloud whose jobs end all the time, and its own record of
// which notifications were acknowledged.
type world struct {
	sim     *simulator.Simulator
	sitemap int64
	traffic func() // stops it and waits

	mu     sync.Mutex
	acked  map[int64]bool // jobs
	failed int            // attempts
	added  []int64        // jobs
}

const crashToken = "t0ken"

func newWorld(t *testing.T, endpoint string) *world {
	t.Helper()
	profile := webhook.Profile2020()
	profile.ResendDelays, profile.MaxAttempts = []time.Duration{200 * time.Millisecond}, 0
	w := &world{acked: map[int64]bool{}}
	var err error
	w.sim, err = simulator.New(t.Context(), simulator.Config{
		Token: crashToken, Endpoints: []string{"http://" + endpoint + "/webhook"}, Profile: profile,
		JobTime: 20 * time.Millisecond, Rows: 40,
		OnAttempt: func(a delivery.Attempt) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if a.Reason == delivery.Acked {
				w.acked[a.Notification.JobID] = true
			} else {
				w.failed++
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- w.sim.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	w.sitemap, err = w.create(t.Context(), "sitemap", plainSitemap)
	if err != nil {
		t.Fatal(err)
	}
	w.startTraffic(t)
	return w
}

// startTraffic adds jobs over the API until it is stopped.
func (w *world) startTraffic(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		each := time.NewTicker(10 * time.Millisecond)
		defer each.Stop()
		for {
			select {
			case <-each.C:
			case <-ctx.Done():
				return
			}
			id, err := w.addJob(context.WithoutCancel(ctx))
			if err != nil {
				t.Errorf("adding a job: %v", err)
				return
			}
			w.mu.Lock()
			w.added = append(w.added, id)
			w.mu.Unlock()
		}
	}()
	w.traffic = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(w.traffic)
}

func (w *world) addJob(ctx context.Context) (int64, error) {
	body := fmt.Sprintf(`{"sitemap_id":%d,"driver":"fast","page_load_delay":2000,"request_interval":2000}`, w.sitemap)
	return w.create(ctx, "scraping-job", body)
}

// create adds what a path of the API is for, and returns its id.
func (w *world) create(ctx context.Context, path, body string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.sim.BaseURL()+path+"?api_token="+crashToken, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var answer struct {
		Data struct{ ID int64 }
	}
	err = json.NewDecoder(resp.Body).Decode(&answer)
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("answered %d", resp.StatusCode)
	}
	return answer.Data.ID, err
}

// ackedJobs returns how many jobs' notifications have been acknowledged.
func (w *world) ackedJobs() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acked)
}

// settle stops the traffic and waits until every job's notification has been
// acknowledged.
func (w *world) settle(t *testing.T) {
	t.Helper()
	w.traffic()
	waitFor(t, "every notification is acknowledged", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		_, pending := w.sim.Pending()
		return len(w.acked) == len(w.added) && pending == 0
	})
}

// download returns a job's rows as the API gives them.
func (w *world) download(ctx context.Context, id int64) ([][]byte, error) {
	return downloadRows(ctx, w.sim.BaseURL(), id)
}

func downloadRows(ctx context.Context, api string, id int64) ([][]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%sscraping-job/%d/json?api_token=%s", api, id, crashToken), http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the download of job %d answered %d", id, resp.StatusCode)
	}
	return bytes.Split(bytes.TrimSuffix(body, []byte("\n")), []byte("\n")), err
}

// compare holds what was imported against the cloud's own record: every job,
// every row once, in order.
func (w *world) compare(t *testing.T, imported func(id int64) ([]json.RawMessage, error)) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range w.added {
		want, err := w.download(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := imported(id)
		if err != nil {
			t.Fatal(err)
		}
		same := len(got) == len(want) && len(got) > 0
		for i := 0; same && i < len(got); i++ {
			same = bytes.Equal(got[i], want[i])
		}
		if !same {
			t.Errorf("job %d has %d rows, want these %d", id, len(got), len(want))
		}
	}
	t.Logf("%d jobs compared; %d attempts to notify of them failed", len(w.added), w.failed)
	if len(w.added) == 0 {
		t.Error("there was no traffic")
	}
}
