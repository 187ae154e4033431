package pgstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/pgtest"
	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/pgstore"
	"github.com/scrapehook/scrapehook/receiver/storetest"
	"github.com/scrapehook/scrapehook/webhook"
)

// hung is what no call to a silent server takes.
const hung = 25 * time.Second

// TestSilentServer has a server that is gone without a word: every call ends
// with an error in its own time, and so does the closing. When the server is
// back, so is the store.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	url, proxy := pgtest.Through(t, server.Database(t))
	s := open(t, url)
	storetest.Accept(t, s.Inbox, 7)
	lease := storetest.Lease(t, s.Inbox, "a")
	desk, err := pgstore.OpenDesk(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	listening := make(chan error, 1)
	go func() { listening <- s.Inbox.Listen(ctx, func() {}) }()
	proxy.Silence()
	calls := map[string]func() error{
		"Accept": func() error {
			return s.Inbox.Accept(ctx, []receiver.Arrival{{ReceivedAt: time.Now(), Wanted: true,
				Notification: webhook.Notification{JobID: 8, Status: webhook.Finished, SitemapID: 1}}})
		},
		"Lease":       func() error { _, _, err := s.Inbox.Lease(ctx, "b", time.Minute); return err },
		"NextDue":     func() error { _, _, err := s.Inbox.NextDue(ctx); return err },
		"Renew":       func() error { _, err := s.Inbox.Renew(ctx, lease, time.Minute); return err },
		"Done":        func() error { return s.Inbox.Done(ctx, lease, receiver.OutcomeImported) },
		"Retry":       func() error { return s.Inbox.Retry(ctx, lease, 0, "broken") },
		"Release":     func() error { return s.Inbox.Release(ctx, lease) },
		"Announce":    func() error { return s.Inbox.Announce(ctx) },
		"Backlog":     func() error { _, err := desk.Backlog(ctx); return err },
		"Fingerprint": func() error { _, err := s.Rows.Fingerprint(ctx, 7); return err },
		"Open":        func() error { _, err := pgstore.Open(ctx, url); return err },
	}
	type result struct {
		call string
		took time.Duration
		err  error
	}
	results := make(chan result, len(calls))
	for name, call := range calls {
		go func() {
			begun := time.Now()
			err := call()
			results <- result{name, time.Since(begun), err}
		}()
	}
	for range calls {
		r := <-results
		if r.err == nil || r.took > hung || r.call == "Accept" && r.took > 7*time.Second {
			t.Errorf("%s ended after %v: %v", r.call, r.took, r.err)
		}
		if r.call == "Open" && !pgstore.IsUnreachable(r.err) {
			t.Errorf("that waiting may help is not seen in %v", r.err)
		}
	}
	if err := <-listening; err == nil || ctx.Err() != nil {
		t.Errorf("listening ended with %v, the test's context with %v", err, ctx.Err())
	}
	begun := time.Now()
	desk.Close()
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("closing took %v", took)
	}
	proxy.Resume()
	storetest.Accept(t, s.Inbox, 9)
}
