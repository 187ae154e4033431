package receiver_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/webhook"
)

// What one process takes, another imports.
func TestRolesShareTheWork(t *testing.T) {
	t.Parallel()
	at, c := place{dir: t.TempDir(), url: server.Database(t)}, newCloud(t)
	c.set(7, job{webhook.Finished, 3, 10})
	taking := start(t, at, c, func(cfg *receiver.Config) { cfg.Role, cfg.Sink, cfg.Cloud = receiver.RoleReceive, nil, nil })
	importing := start(t, at, c, func(cfg *receiver.Config) { cfg.Role = receiver.RoleImport })
	eventually(t, "the importer runs", func() bool { return importing.notify(7, webhook.Finished) == http.StatusServiceUnavailable })
	taking.mustNotify(t, 7, webhook.Finished)
	taking.awaitIdle(t)
	wantRows(t, at, 7, 3)
}

// A fleet imports every job once, whichever process took which notification.
func TestFleetImportsOnce(t *testing.T) {
	t.Parallel()
	const jobs = 60
	at, c := place{dir: t.TempDir(), url: server.Database(t)}, newCloud(t)
	fleet := []*bench{start(t, at, c, nil), start(t, at, c, nil), start(t, at, c, nil)}
	var senders sync.WaitGroup
	for id := range int64(jobs) {
		c.set(id+1, job{webhook.Finished, 3, 10})
		for _, b := range fleet { // a resend may go to any of them
			senders.Go(func() {
				if code := b.notify(id+1, webhook.Finished); code != http.StatusOK {
					t.Errorf("answered %d", code)
				}
			})
		}
	}
	senders.Wait()
	fleet[0].awaitIdle(t)
	for id := range int64(jobs) {
		wantRows(t, at, id+1, 3)
		if n := c.count("GET " + jobName(id+1) + "/json"); n != 1 {
			t.Errorf("job %d was downloaded %d times", id+1, n)
		}
	}
}

// A receiver that drains finishes what it has begun, takes up nothing, and
// still answers.
func TestDrain(t *testing.T) {
	t.Parallel()
	at, c := onSQLite(t), newCloud(t)
	c.set(7, job{webhook.Finished, 3, 10})
	c.set(8, job{webhook.Finished, 3, 10})
	downloading, let := make(chan struct{}), make(chan struct{})
	c.onCall(func(_ http.ResponseWriter, call string, _ int) bool {
		if call == "GET 7/json" {
			close(downloading)
			<-let
		}
		return false
	})
	b := start(t, at, c, func(cfg *receiver.Config) { cfg.Workers = 1 })
	b.mustNotify(t, 7, webhook.Finished)
	<-downloading
	b.Drain()
	if b.Ready() {
		t.Error("ready while it drains")
	}
	b.mustNotify(t, 8, webhook.Finished)
	close(let)
	eventually(t, "the import that was under way is done", func() bool {
		f, err := b.sink.Fingerprint(t.Context(), 7)
		return err == nil && f != ""
	})
	b.stop()
	wantRows(t, at, 7, 3)
	if n := c.count("GET 8"); n != 0 {
		t.Error("took up an import while it drains")
	}
	start(t, at, c, nil).awaitIdle(t)
	wantRows(t, at, 8, 3)
}

// A queue of the user's own gets each arrival once, and its worker imports.
func TestHandOff(t *testing.T) {
	t.Parallel()
	at, c := onSQLite(t), newCloud(t)
	c.set(7, job{webhook.Finished, 3, 10})
	queue := make(chan receiver.Arrival, 10)
	full := errors.New("the queue is full")
	b := start(t, at, c, func(cfg *receiver.Config) {
		cfg.Store = nil
		cfg.HandOff = func(_ context.Context, arrivals []receiver.Arrival) error {
			for _, a := range arrivals {
				if a.JobID == 8 {
					return full
				}
				queue <- a
			}
			return nil
		}
	})
	b.mustNotify(t, 7, webhook.Finished)
	if code := b.notify(8, webhook.Finished); code != http.StatusServiceUnavailable {
		t.Errorf("answered %d", code)
	}
	a := <-queue
	if a.JobID != 7 || !a.Wanted {
		t.Errorf("handed off %+v", a)
	}
	for _, want := range []receiver.Outcome{receiver.OutcomeImported, receiver.OutcomeUnchanged} {
		if o, err := b.Import(t.Context(), a.JobID, 0); o != want || err != nil {
			t.Errorf("outcome %q, %v, want %q", o, err, want)
		}
	}
	wantRows(t, at, 7, 3)
}
