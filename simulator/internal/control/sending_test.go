package control_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/simulator"
)

// TestFullSender: what the sender has no room for waits in the outbox, and is an
// error for nobody.
func TestFullSender(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.MaxPending, cfg.JobTime = 1, time.Hour
	release := make(chan struct{})
	got := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- string(body)
		<-release
	}))
	t.Cleanup(server.Close)
	cfg.Endpoints, cfg.OnError = []string{server.URL}, func(err error) { t.Errorf("told of %v", err) }
	c := simulator.Start(t, cfg)
	t.Cleanup(func() { close(release) })
	var job controlled
	control(t, c, "POST", "jobs", `{"takes":"1ms"}`, &job)
	await(t, got)
	control(t, c, "POST", "jobs", `{"takes":"1ms"}`, &job)
	second := job.ID
	var seen struct {
		Pending []struct {
			Delivery uint64
			Job      int64
		}
		Total int `json:"pending_total"`
	}
	eventually(t, func() bool {
		control(t, c, "GET", fmt.Sprintf("deliveries?job=%d", second), "", &seen)
		return seen.Total == 1
	})
	if p := seen.Pending[0]; p.Delivery != 0 || p.Job != second {
		t.Errorf("pending is %+v, want it in the outbox", p)
	}
	// Continued while its notification waits, it is still notified as it ended,
	// and of its second end too.
	control(t, c, "POST", "jobs", `{"takes":"1h"}`, &job)
	path := fmt.Sprintf("jobs/%d", job.ID)
	control(t, c, "POST", path+"/end", `{"status":"failed","rows":3,"failed_pages":2}`, &job)
	control(t, c, "POST", path+"/continue", "", &job)
	control(t, c, "POST", path+"/stop", "", &job)
	for _, want := range []string{
		fmt.Sprintf("scrapingjob_id=%d&status=finished&", second),
		fmt.Sprintf("scrapingjob_id=%d&status=failed&", job.ID),
		fmt.Sprintf("scrapingjob_id=%d&status=stopped&", job.ID),
	} {
		release <- struct{}{}
		if text := await(t, got); !strings.HasPrefix(text, want) {
			t.Errorf("notified of %s, want %s", text, want)
		}
	}
}

// TestReplacedEndpoints: what ends from then on is notified to the new ones, and
// what is pending keeps its own.
func TestReplacedEndpoints(t *testing.T) {
	t.Parallel()
	refusing, first := endpoint(t, http.StatusInternalServerError)
	good, second := endpoint(t, http.StatusNoContent)
	c := simulator.Start(t, simulator.Config{Endpoints: []string{refusing}})
	before := c.FinishJob(0, 1)
	await(t, first)
	control(t, c, "PUT", "endpoints", fmt.Sprintf(`{"endpoints":[%q]}`, good), nil)
	after := c.FinishJob(0, 1)
	if got := await(t, second); !strings.Contains(got, fmt.Sprint("scrapingjob_id=", after, "&")) {
		t.Errorf("the new one is notified of %s", got)
	}
	eventually(t, func() bool {
		control(t, c, "POST", "clock", `{"advance":"30s"}`, nil)
		return len(first) > 0
	})
	if got := await(t, first); !strings.Contains(got, fmt.Sprint("scrapingjob_id=", before, "&")) {
		t.Errorf("the old one is notified of %s", got)
	}
	if status, text := control(t, c, "PUT", "endpoints", fmt.Sprintf(`{"endpoints":[%q,%q]}`, good, good), nil); status != http.StatusBadRequest {
		t.Errorf("an endpoint twice: %d %s", status, text)
	}
}
