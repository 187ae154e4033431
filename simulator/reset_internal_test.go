package simulator

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/webhook"
)

// TestResetIsOneOperation has jobs end while the simulator is reset: nothing is
// pending afterwards of a job that the reset has removed.
func TestResetIsOneOperation(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError) // so that all stays pending
	}))
	t.Cleanup(server.Close)
	s, err := New(t.Context(), Config{Token: "t", Endpoints: []string{server.URL}, Concurrency: 2, MaxPending: 20})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	var verbs sync.WaitGroup
	for range 4 {
		verbs.Go(func() {
			for range 200 {
				if j, err := s.cloud.AddJob(cloud.JobSpec{}); err == nil {
					_ = s.cloud.End(j.ID, webhook.Finished, 1) // the job may be gone already
				}
			}
		})
	}
	for range 20 {
		time.Sleep(time.Millisecond) // any moment is right
		if err := s.reset(); err != nil {
			t.Fatal(err)
		}
	}
	verbs.Wait()
	pending, total := s.Pending()
	for _, p := range pending {
		if _, err := s.cloud.Job(p.Notification.JobID); err != nil {
			t.Errorf("pending is a notification of job %d: %v", p.Notification.JobID, err)
		}
	}
	if err := s.reset(); err != nil {
		t.Fatal(err)
	}
	if _, left := s.Pending(); left != 0 {
		t.Errorf("%d of %d are pending after the last reset", left, total)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
