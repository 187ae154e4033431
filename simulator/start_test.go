package simulator_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scrapehook/scrapehook/simulator"
	"github.com/scrapehook/scrapehook/webhook"
)

// TestMain fails the run when a test leaves a goroutine behind.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// fatal is a test that says how it would have failed.
type fatal struct {
	*testing.T
	text string
}

func (f *fatal) Fatalf(format string, args ...any) {
	f.text = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// failure is how a test of its own fails.
func failure(t *testing.T, test func(testing.TB)) string {
	t.Helper()
	f := &fatal{T: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(f)
	}()
	<-done
	return f.text
}

func TestStart(t *testing.T) {
	t.Parallel()
	status := make(chan int, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(<-status) }))
	t.Cleanup(server.Close)
	c := simulator.Start(t, simulator.Config{Endpoints: []string{server.URL}})
	sitemap := c.AddSitemap("")
	job := c.FinishJob(sitemap, 0)
	status <- http.StatusInternalServerError
	if got := c.AwaitAttempts(job, 1); got[0].Status != http.StatusInternalServerError {
		t.Errorf("the first attempt is %+v", got[0])
	}
	status <- http.StatusNoContent
	c.AdvanceClock(time.Minute) // the resend is due 30 s after the attempt has ended
	if got := c.AwaitAcknowledged(job); len(got) != 2 || got[1].Notification.SitemapID != sitemap {
		t.Errorf("the attempts are %+v", got)
	}
	resp, err := http.Get(fmt.Sprintf("%sscraping-job/%d/json?api_token=%s", c.URL(), job, c.Token()))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if rows, err := io.ReadAll(resp.Body); err != nil || len(rows) != 0 {
		t.Errorf("a job with 0 rows has %q, %v", rows, err)
	}
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	c := simulator.Start(t, simulator.Config{})
	silent := c.FinishJob(0, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "KeyError: 'job_id'", http.StatusInternalServerError)
	}))
	t.Cleanup(server.Close)
	refusing := server.URL
	for _, tc := range []struct {
		name, want string
		test       func(tb testing.TB)
	}{
		{"a Config that makes no sense", "the time of a job is -1ns", func(tb testing.TB) {
			tb.Helper()
			simulator.Start(tb, simulator.Config{JobTime: -1})
		}},
		{"no endpoint", "has caused no notification", func(tb testing.TB) {
			tb.Helper()
			c := simulator.Start(tb, simulator.Config{})
			c.AwaitAcknowledged(c.FinishJob(0, 1))
		}},
		{"given up", "was given up after attempt 3:\n  attempt 1 to " + refusing + ": rejected, answered 500 Internal Server Error\n    KeyError: 'job_id'\n  attempt 2 to ", func(tb testing.TB) {
			tb.Helper()
			c := simulator.Start(tb, simulator.Config{Endpoints: []string{refusing}, TimeScale: 10_000})
			c.AwaitAcknowledged(c.FinishJob(0, 1))
		}},
		{"an endpoint that is not a URL", "neither an http:// nor", func(tb testing.TB) {
			tb.Helper()
			simulator.Start(tb, simulator.Config{}).SetEndpoints("ftp://a.example/")
		}},
		{"a fault that is none", "earthquake", func(tb testing.TB) {
			tb.Helper()
			simulator.Start(tb, simulator.Config{}).AddFault("earthquake")
		}},
		{"a job that has ended", "no such step", func(tb testing.TB) {
			tb.Helper()
			c := simulator.Start(tb, simulator.Config{})
			c.EndJob(c.FinishJob(0, 1), webhook.Failed, 2)
		}},
	} {
		if got := failure(t, tc.test); !strings.Contains(got, tc.want) {
			t.Errorf("%s: the test fails with %q, want %q", tc.name, got, tc.want)
		}
	}
	if got := c.FinishJob(0, 1); got == silent {
		t.Error("two jobs have one id")
	}
}
