package receiver_test

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/webhook"
)

func TestImportTakesThreeCalls(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		c := newCloud(t)
		b := start(t, at, c, nil)
		c.set(7, job{webhook.Finished, 250, 10})
		b.mustNotify(t, 7, webhook.Finished)
		b.awaitIdle(t)
		if imp := wantRows(t, at, 7, 250); imp.Rows != 250 || imp.Partial || imp.Status != webhook.Finished || imp.SitemapID != 12 {
			t.Errorf("recorded %+v", imp)
		}
		if state, data := c.count("GET 7"), c.count("GET 7/json"); state != 2 || data != 1 {
			t.Errorf("%d calls for the state and %d for the rows, want 2 and 1", state, data)
		}
	})
}

// The state decides, whatever the notification says.
func TestOutcomeByState(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		for id, tc := range map[int64]struct {
			state        webhook.Status
			importFailed bool
			rows         int
			partial      bool
		}{
			1: {webhook.Finished, false, 5, false},
			2: {webhook.Shelved, false, 5, false},
			3: {webhook.Stopped, false, 5, true},
			4: {webhook.Failed, false, 0, false},
			5: {webhook.Failed, true, 5, true},
		} {
			t.Run(fmt.Sprintf("%s,%v", tc.state, tc.importFailed), func(t *testing.T) {
				t.Parallel()
				c, at := newCloud(t), at.fresh(t)
				b := start(t, at, c, func(cfg *receiver.Config) { cfg.ImportFailed = tc.importFailed })
				c.set(id, job{tc.state, 5, 10})
				b.mustNotify(t, id, webhook.Failed)
				b.awaitIdle(t)
				if imp := wantRows(t, at, id, tc.rows); imp.Partial != tc.partial {
					t.Errorf("partial is %v", imp.Partial)
				}
			})
		}
	})
}

func TestNoRowsIsNoError(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		c := newCloud(t)
		b := start(t, at, c, nil)
		c.set(7, job{webhook.Finished, 0, 10})
		b.mustNotify(t, 7, webhook.Finished)
		b.awaitIdle(t)
		if imp := wantRows(t, at, 7, 0); imp.JobID != 7 {
			t.Error("the import was not recorded")
		}
	})
}

func TestResendChangesNothing(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		c := newCloud(t)
		b := start(t, at, c, nil)
		c.set(7, job{webhook.Finished, 3, 10})
		for range 3 {
			b.mustNotify(t, 7, webhook.Finished)
			b.awaitIdle(t)
		}
		wantRows(t, at, 7, 3)
		if n := c.count("GET 7/json"); n != 1 {
			t.Errorf("%d downloads, want 1", n)
		}
	})
}

func TestConcurrentDuplicates(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		c := newCloud(t)
		b := start(t, at, c, nil)
		c.set(7, job{webhook.Finished, 3, 10})
		var senders sync.WaitGroup
		for range 20 {
			senders.Go(func() {
				if code := b.notify(7, webhook.Finished); code != http.StatusOK {
					t.Errorf("answered %d", code)
				}
			})
		}
		senders.Wait()
		b.awaitIdle(t)
		wantRows(t, at, 7, 3)
		if n := c.count("GET 7/json"); n != 1 {
			t.Errorf("%d downloads, want 1", n)
		}
	})
}

func TestUnknownStatusIsNotImported(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		c := newCloud(t)
		b := start(t, at, c, nil)
		c.set(7, job{webhook.Finished, 3, 10})
		b.mustNotify(t, 7, "archived")
		b.mustNotify(t, 7, webhook.Started)
		b.awaitIdle(t)
		wantRows(t, at, 7, 0)
		if n := c.count("GET 7"); n != 0 {
			t.Errorf("%d calls", n)
		}
	})
}

// Bytes that are not UTF-8 are the same in every sink.
func TestRowsAreUTF8(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		c := newCloud(t)
		b := start(t, at, c, nil)
		c.set(7, job{webhook.Finished, 1, 10})
		c.onCall(func(w http.ResponseWriter, call string, _ int) bool {
			if call != "GET 7/json" {
				return false
			}
			io.WriteString(w, "{\"a\":\"\xc3\x28 \xff\"}\n")
			return true
		})
		b.mustNotify(t, 7, webhook.Finished)
		b.awaitIdle(t)
		if got, _ := at.read(t, 7); len(got) != 1 || string(got[0]) != "{\"a\":\"\uFFFD( \uFFFD\"}" {
			t.Errorf("imported %q", got)
		}
	})
}

// What is refused or broken the first time is tried again, and leaves nothing
// behind meanwhile.
func TestBrokenDownloadsAreTriedAgain(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		whole := rows(7, 3)
		for _, tc := range []struct {
			name     string
			break1st func(w http.ResponseWriter)
		}{
			{"500 with JSON", func(w http.ResponseWriter) {
				w.WriteHeader(http.StatusInternalServerError)
				io.WriteString(w, `{"success":false,"error":"oops"}`)
			}},
			{"502 with HTML", func(w http.ResponseWriter) {
				w.WriteHeader(http.StatusBadGateway)
				io.WriteString(w, "<html>")
			}},
			{"404 that is not the API's", func(w http.ResponseWriter) {
				w.WriteHeader(http.StatusNotFound)
				io.WriteString(w, "no such page")
			}},
			{"redirect", func(w http.ResponseWriter) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(http.StatusFound)
			}},
			{"HTML as 200", func(w http.ResponseWriter) { io.WriteString(w, "<html>\n") }},
			{"an array", func(w http.ResponseWriter) { io.WriteString(w, "[{}]\n") }},
			{"shorter than its length", func(w http.ResponseWriter) {
				w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
				io.WriteString(w, rows(7, 2))
			}},
			{"cut within a row, without a length", func(w http.ResponseWriter) {
				io.WriteString(w, whole[:len(whole)-9])
			}},
			{"cut between rows, without a length", func(w http.ResponseWriter) { io.WriteString(w, rows(7, 2)) }},
			{"more rows than the job has", func(w http.ResponseWriter) { io.WriteString(w, rows(7, 4)) }},
			{"a blank line", func(w http.ResponseWriter) { io.WriteString(w, "\n"+whole) }},
			{"reset", func(w http.ResponseWriter) {
				io.WriteString(w, rows(7, 1))
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}},
		} {
			t.Run(tc.name, func(t *testing.T) {
				t.Parallel()
				c, at := newCloud(t), at.fresh(t)
				b := start(t, at, c, nil)
				c.set(7, job{webhook.Finished, 3, 10})
				c.onCall(func(w http.ResponseWriter, call string, n int) bool {
					if call == "GET 7" && n > 1 {
						wantRows(t, at, 7, 0)
					}
					if call != "GET 7/json" || n > 1 {
						return false
					}
					tc.break1st(w)
					return true
				})
				b.mustNotify(t, 7, webhook.Finished)
				b.awaitIdle(t)
				wantRows(t, at, 7, 3)
				if n := c.count("GET 7/json"); n != 2 {
					t.Errorf("%d downloads, want 2", n)
				}
			})
		}
	})
}

// The limit is the user's: while it lasts, other jobs are not asked for either.
func TestRetryAfterHoldsEverythingBack(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		c := newCloud(t)
		b := start(t, at, c, func(cfg *receiver.Config) { cfg.Workers = 1 })
		c.set(7, job{webhook.Finished, 3, 10})
		c.set(8, job{webhook.Finished, 3, 10})
		c.onCall(func(w http.ResponseWriter, call string, n int) bool {
			if call != "GET 7/json" || n > 1 {
				return false
			}
			if code := b.notify(8, webhook.Finished); code != http.StatusOK {
				t.Errorf("answered %d", code)
			}
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		})
		b.mustNotify(t, 7, webhook.Finished)
		b.awaitIdle(t)
		wantRows(t, at, 7, 3)
		wantRows(t, at, 8, 3)
		c.mu.Lock()
		defer c.mu.Unlock()
		refused := c.times["GET 7/json"][0]
		for _, call := range []struct {
			name string
			at   time.Time
		}{{"GET 7/json", c.times["GET 7/json"][1]}, {"GET 8", c.times["GET 8"][0]}} {
			if waited := call.at.Sub(refused); waited < 2*time.Second {
				t.Errorf("%s came %v after the 429, want 2 s or more", call.name, waited)
			}
		}
	})
}

func TestDeletedJobIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		c := newCloud(t)
		b := start(t, at, c, func(cfg *receiver.Config) { cfg.DeleteAfterImport = true })
		c.set(7, job{webhook.Finished, 3, 10})
		c.onCall(func(_ http.ResponseWriter, call string, _ int) bool {
			if call == "DELETE 7" {
				wantRows(t, at, 7, 3) // before the cloud's copy is gone
			}
			return false
		})
		for range 2 { // the resend finds no job
			b.mustNotify(t, 7, webhook.Finished)
			b.awaitIdle(t)
			wantRows(t, at, 7, 3)
		}
		if n := c.count("DELETE 7"); n != 1 {
			t.Errorf("%d deletions, want 1", n)
		}
	})
}

// A stop hands the import back, and the next start does it.
func TestStopHandsBack(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		c := newCloud(t)
		c.set(7, job{webhook.Finished, 3, 10})
		downloading, release := make(chan struct{}), make(chan struct{})
		c.onCall(func(_ http.ResponseWriter, call string, n int) bool {
			if call == "GET 7/json" && n == 1 {
				close(downloading)
				<-release
			}
			return false
		})
		b := start(t, at, c, nil)
		b.mustNotify(t, 7, webhook.Finished)
		<-downloading
		b.stop()
		close(release)
		if code := b.notify(7, webhook.Finished); code != http.StatusServiceUnavailable {
			t.Errorf("a stopped receiver answered %d", code)
		}
		wantRows(t, at, 7, 0)
		start(t, at, c, nil).awaitIdle(t)
		wantRows(t, at, 7, 3)
	})
}
