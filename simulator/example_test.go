package simulator_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/scrapehook/scrapehook/simulator"
)

// receiver is what is to be tested: it counts the rows of each job that it is
// notified of.
type receiver struct {
	apiURL, token string

	mu   sync.Mutex
	rows map[string]int // by job id
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	job := req.FormValue("scrapingjob_id")
	resp, err := http.Get(r.apiURL + "scraping-job/" + job + "/json?api_token=" + r.token)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		http.Error(w, "the download failed", http.StatusBadGateway)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows[job] = strings.Count(string(body), "\n")
}

// TestReceiver has a job finish, its first download fail, and its notification
// be resent.
func TestReceiver(t *testing.T) {
	t.Parallel()
	cloud := simulator.Start(t, simulator.Config{TimeScale: 1000}) // a resend follows after 30 ms
	r := &receiver{apiURL: cloud.URL(), token: cloud.Token(), rows: map[string]int{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	cloud.SetEndpoints(server.URL)
	cloud.AddFault("server-error,route=GET scraping-job/{id}/json,nth=1")

	job := cloud.FinishJob(0, 250)

	if attempts := cloud.AwaitAcknowledged(job); len(attempts) != 2 {
		t.Errorf("it took %d attempts, want 2", len(attempts))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if got := r.rows[fmt.Sprint(job)]; got != 250 {
		t.Errorf("it has %d rows, want 250", got)
	}
}

// The example is TestReceiver: the test of a receiver that imports as it is
// notified.
func ExampleStart() {}
