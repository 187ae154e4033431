package receiver_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/webhook"
)

// The wire shows the same form twice, and yet the job is another.
func TestContinuedJobIsReplaced(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		c := newCloud(t)
		b := start(t, at, c, nil)
		c.set(7, job{webhook.Shelved, 3, 10})
		b.mustNotify(t, 7, webhook.Shelved)
		b.awaitIdle(t)
		wantRows(t, at, 7, 3)
		c.set(7, job{webhook.Shelved, 5, 20})
		b.mustNotify(t, 7, webhook.Shelved)
		b.awaitIdle(t)
		wantRows(t, at, 7, 5)
	})
}

func TestFailedThenContinued(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		c := newCloud(t)
		b := start(t, at, c, nil)
		c.set(7, job{webhook.Failed, 3, 10})
		b.mustNotify(t, 7, webhook.Failed)
		b.awaitIdle(t)
		wantRows(t, at, 7, 0)
		c.set(7, job{webhook.Finished, 5, 20})
		b.mustNotify(t, 7, webhook.Finished)
		b.awaitIdle(t)
		// The resend of the first notification comes last.
		b.mustNotify(t, 7, webhook.Failed)
		b.awaitIdle(t)
		wantRows(t, at, 7, 5)
	})
}

// A notification that arrives during the import, for a state that the import
// has not seen, is not swallowed.
func TestContinuedDuringImport(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		c := newCloud(t)
		b := start(t, at, c, nil)
		c.set(7, job{webhook.Shelved, 3, 10})
		c.onCall(func(_ http.ResponseWriter, call string, n int) bool {
			if call == "GET 7/json" && n == 1 {
				c.set(7, job{webhook.Shelved, 5, 20})
				if code := b.notify(7, webhook.Shelved); code != http.StatusOK {
					t.Errorf("answered %d", code)
				}
			}
			return false
		})
		b.mustNotify(t, 7, webhook.Shelved)
		b.awaitIdle(t)
		wantRows(t, at, 7, 5)
	})
}

// Rows that were downloaded while the job changed belong to no state of it, though
// there be as many of them as it has: nothing is written, and all is asked again.
func TestChangedDuringImport(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		c := newCloud(t)
		b := start(t, at, c, nil)
		c.set(7, job{webhook.Shelved, 3, 10})
		c.onCall(func(_ http.ResponseWriter, call string, n int) bool {
			switch {
			case call == "GET 7" && n == 2: // after the download
				c.set(7, job{webhook.Shelved, 3, 20})
			case call == "GET 7" && n == 3:
				wantRows(t, at, 7, 0)
			}
			return false
		})
		b.mustNotify(t, 7, webhook.Shelved)
		b.awaitIdle(t)
		if imp := wantRows(t, at, 7, 3); !strings.HasSuffix(imp.Fingerprint, "duration=20") {
			t.Errorf("the rows are recorded as those of the state %q", imp.Fingerprint)
		}
		if n := c.count("GET 7/json"); n != 2 {
			t.Errorf("%d downloads, want 2", n)
		}
	})
}
