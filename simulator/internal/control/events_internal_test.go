package control

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/delivery/history"
)

// TestPaceOfEvents: a quiet stream lives, and a busy one tells of many changes at
// once.
func TestPaceOfEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := history.New(0, 0)
		s := &server{Config{History: h}}
		ctx, leave := context.WithCancel(t.Context())
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
		answer, err := s.events(r)
		if err != nil {
			t.Fatal(err)
		}
		w, done := httptest.NewRecorder(), make(chan struct{})
		handler, ok := answer.(http.Handler)
		if !ok {
			t.Fatalf("the answer is %T", answer)
		}
		go func() { defer close(done); handler.ServeHTTP(w, r) }()
		time.Sleep(heartbeat + time.Second)
		for n := range uint64(1000) { // a thousand changes in a second
			h.Pending(delivery.Pending{Delivery: n + 1, Attempt: 1}, true)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		leave()
		<-done
		text := w.Body.String()
		if !strings.Contains(text, ": alive\n\n") {
			t.Errorf("a quiet stream is told nothing: %s", text)
		}
		if n := strings.Count(text, "event: deliveries"); n < 9 || n > 12 {
			t.Errorf("a thousand changes came in %d events", n)
		}
		if n := strings.Count(text, `"delivery":`); n != 1000 {
			t.Errorf("told of %d deliveries", n)
		}
	})
}
