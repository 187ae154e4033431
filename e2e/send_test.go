package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestSendInRealTime sends to endpoints of every kind with the profile's own
// timings: what each attempt came to, and that the resend comes 30 s after the
// end of the failed one.
func TestSendInRealTime(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		answer func(w http.ResponseWriter, r *http.Request)
		reason string
		status int
		code   int
		slow   bool // takes the whole 10 s
	}{
		{"never answers", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "timeout", 0, 1, true},
		{"dribbles its body", dribble, "timeout", 200, 1, true},
		{"500", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, "rejected", 500, 1, false},
		{"302", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, "rejected", 302, 1, false},
		{"closes at once", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "reset", 0, 1, false},
		{"204", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, "acked", 204, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPost || r.URL.Path != "/webhook" {
					t.Errorf("%s %s: a redirect was followed", r.Method, r.URL)
				}
				if err := r.ParseForm(); err != nil || r.PostForm.Get("scrapingjob_id") != "1234" {
					t.Errorf("form %v, %v", r.PostForm, err)
				}
				tc.answer(w, r)
			}))
			t.Cleanup(server.Close)
			o := scrapehook(t, "send", server.URL+"/webhook", "--attempts", "2", "--output", "json")
			var doc struct {
				Attempts []struct {
					Reason         string
					Status         int
					Started, Ended time.Time
				}
			}
			if err := json.Unmarshal([]byte(o.stdout), &doc); err != nil || o.code != tc.code {
				t.Fatalf("exit %d, want %d, %v\n%s%s", o.code, tc.code, err, o.stdout, o.stderr)
			}
			want := 2
			if tc.code == 0 {
				want = 1
			}
			if len(doc.Attempts) != want {
				t.Fatalf("%d attempts, want %d", len(doc.Attempts), want)
			}
			for _, a := range doc.Attempts {
				if a.Reason != tc.reason || a.Status != tc.status {
					t.Errorf("%s with status %d, want %s with %d", a.Reason, a.Status, tc.reason, tc.status)
				}
				if took := a.Ended.Sub(a.Started); tc.slow && took < 10*time.Second {
					t.Errorf("given up after %v", took)
				}
			}
			if want == 2 {
				if wait := doc.Attempts[1].Started.Sub(doc.Attempts[0].Ended); wait < 30*time.Second {
					t.Errorf("resent after %v", wait)
				}
			}
		})
	}
}

// dribble answers 200 at once, and takes 20 s for its body.
func dribble(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusOK)
	for range 40 {
		fmt.Fprint(w, "x")
		_ = http.NewResponseController(w).Flush() // a client that has left needs none
		select {
		case <-r.Context().Done():
			return
		case <-time.After(500 * time.Millisecond):
		}
	}
}
