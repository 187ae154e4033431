package receiver_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/pgtest"
	"github.com/scrapehook/scrapehook/webhook"
)

// TestSilentServerIsAnswered has a receiver whose database server is gone without
// a word: senders are told so while they still wait, and the receiver stops.
func TestSilentServerIsAnswered(t *testing.T) {
	t.Parallel()
	url, proxy := pgtest.Through(t, server.Database(t))
	b := start(t, place{dir: t.TempDir(), url: url}, newCloud(t), nil)
	b.mustNotify(t, 1, webhook.Started)
	proxy.Silence()
	begun := time.Now()
	const senders = 20
	codes := notifyAll(t, b, senders)
	for range senders {
		if code := <-codes; code != http.StatusServiceUnavailable {
			t.Errorf("answered %d", code)
		}
	}
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("answered after %v", took)
	}
	begun = time.Now()
	b.stop()
	if took := time.Since(begun); took > 7*time.Second {
		t.Errorf("the stop took %v", took)
	}
}
