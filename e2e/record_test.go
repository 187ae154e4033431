package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// TestConformRecordReplays: what a run of the suite sent can be sent again.
func TestConformRecordReplays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := scrapehookIn(t, dir, nil, "conform", "--fast", "--filter", "ACK-01,ACK-02,SEC-02", "--record", "run.ndjson")
	if o.code != 0 {
		t.Fatalf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	var mu sync.Mutex
	statuses := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // a form of the suite may be no form on purpose
		mu.Lock()
		defer mu.Unlock()
		statuses[r.PostForm.Get("status")]++
	}))
	t.Cleanup(server.Close)
	o = scrapehookIn(t, dir, nil, "replay", "run.ndjson", server.URL+"/")
	mu.Lock()
	defer mu.Unlock()
	// The warm-up, ACK-01 and SEC-02 say finished, ACK-02 the others.
	if o.code != 0 || statuses["finished"] < 2 || statuses["failed"] != 1 || statuses["stopped"] != 1 || statuses["shelved"] != 1 {
		t.Errorf("exit %d, replayed %v\n%s%s", o.code, statuses, o.stdout, o.stderr)
	}
}
