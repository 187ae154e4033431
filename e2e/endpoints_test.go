package e2e_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// ledger is an endpoint that takes every notification and notes it with its
// time.
type ledger struct {
	*httptest.Server
	mu    sync.Mutex
	taken map[string]int // by job id and status
	total int
	last  time.Time
	lags  []time.Duration // from the end of the job, where that is known
	ended func(job int64) time.Time
}

func newLedger(t *testing.T) *ledger {
	t.Helper()
	l := &ledger{taken: map[string]int{}}
	l.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the cloud was killed while it sent
		}
		now := time.Now()
		form, _ := url.ParseQuery(string(body))
		l.mu.Lock()
		defer l.mu.Unlock()
		l.taken[form.Get("scrapingjob_id")+" "+form.Get("status")]++
		l.total++
		l.last = now
		if job, _ := strconv.ParseInt(form.Get("scrapingjob_id"), 10, 64); l.ended != nil {
			l.lags = append(l.lags, now.Sub(l.ended(job)))
		}
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

// notified compares what was taken with how the jobs ended: twice says whether a
// notification may have come more than once.
func (l *ledger) notified(t *testing.T, ends map[int64]string, twice bool) (missing int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, status := range ends {
		if l.taken[fmt.Sprint(id, " ", status)] == 0 {
			missing++
		}
	}
	for key, n := range l.taken {
		id, status, _ := strings.Cut(key, " ")
		job, _ := strconv.ParseInt(id, 10, 64)
		if ends[job] != status || (n > 1 && !twice) {
			t.Errorf("job %s was notified as %s %d times, and it ended %q", id, status, n, ends[job])
		}
	}
	return missing
}

// endsOf waits until all jobs have ended, and returns how.
func (p *cloudProcess) endsOf(t *testing.T) map[int64]string {
	t.Helper()
	ends := map[int64]string{}
	waitFor(t, "every job has ended", func() bool {
		for page := 1; ; page++ {
			var list struct {
				Data []struct {
					ID     int64
					Status string
				}
				Last int `json:"last_page"`
			}
			if err := p.do(t, "GET", fmt.Sprintf("%sscraping-jobs?api_token=%s&page=%d", p.APIURL, p.Token, page), "", &list); err != nil {
				t.Fatal(err)
			}
			for _, j := range list.Data {
				switch j.Status {
				case "finished", "failed", "stopped", "shelved":
					ends[j.ID] = j.Status
				default:
					return false
				}
			}
			if page >= list.Last {
				return true
			}
		}
	})
	return ends
}

// rounds is how often a test repeats what is left to chance.
func rounds(t *testing.T, short int) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("ENDPOINT_ROUNDS"))
	if err != nil {
		return short
	}
	return n
}

// TestTwoEndpointsOfAKilledCloud kills the cloud in the middle of 200 jobs with
// as little room as there can be: both endpoints are notified of every job's end
// at least once, as it ended, and without a kill exactly once.
func TestTwoEndpointsOfAKilledCloud(t *testing.T) {
	t.Parallel()
	const jobs = 200
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	for round := range rounds(t, 2) + 1 {
		kill := round > 0
		one, two := newLedger(t), newLedger(t)
		args := []string{
			"--state", filepath.Join(t.TempDir(), "cloud.db"), "--endpoint", one.URL, "--endpoint", two.URL,
			"--max-pending", "1", "--max-attempts", "0", "--time-scale", "100", "--job-time", "20s", "--outcome", "finished=5,failed=3,stopped=1,shelved=1",
		}
		cloud := startCloud(t, args...)
		killed := make(chan struct{})
		if kill {
			victim, after := cloud, dice.IntN(2*jobs)
			go func() {
				defer close(killed)
				for one.count()+two.count() < after && t.Context().Err() == nil {
					time.Sleep(time.Millisecond)
				}
				victim.kill()
			}()
		} else {
			close(killed)
		}
		restarted := !kill
		for made := 0; made < jobs; {
			err := cloud.do(t, "POST", cloud.ControlURL+"jobs", `{}`, nil)
			switch {
			case err == nil:
				made++
			case restarted:
				t.Fatal(err)
			default:
				<-killed
				cloud, restarted = startCloud(t, args...), true
			}
		}
		if <-killed; !restarted {
			cloud = startCloud(t, args...)
		}
		ends := cloud.endsOf(t)
		waitFor(t, "both endpoints are notified of all ends", func() bool {
			return one.notified(t, ends, kill)+two.notified(t, ends, kill) == 0 || t.Failed()
		})
		cloud.kill()
		t.Logf("round %d, killed: %v: %d jobs, %d and %d notifications", round, kill, len(ends), one.count(), two.count())
		if t.Failed() || len(ends) < jobs {
			t.Fatalf("%d jobs:\n%s", len(ends), cloud.log)
		}
	}
}

// TestEndpointBesideAnother has jobs end at a steady rate, and shows when an
// endpoint is notified that is alone, beside one that hangs, and beside a dead
// one whose resends have no limit. It is notified of every job within the test's
// time; the times themselves are printed.
func TestEndpointBesideAnother(t *testing.T) {
	t.Parallel()
	const rate = 100 // jobs a second
	jobs := rate * rounds(t, 2)
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(hanging.Close)
	dead := httptest.NewServer(nil)
	dead.Close()
	for _, tc := range []struct {
		name string
		args []string
	}{
		{"alone", nil},
		{"beside one that hangs", []string{"--endpoint", hanging.URL}},
		{"beside a dead one", []string{"--endpoint", dead.URL, "--max-attempts", "0", "--time-scale", "30"}},
		{"alone again", []string{"--max-attempts", "0", "--time-scale", "30"}},
	} {
		good := newLedger(t)
		var mu sync.Mutex
		ended := map[int64]time.Time{}
		good.ended = func(job int64) time.Time {
			mu.Lock()
			defer mu.Unlock()
			return ended[job]
		}
		cloud := startCloud(t, append(tc.args, "--endpoint", good.URL, "--job-time", "1000h")...)
		tick := time.NewTicker(time.Second / rate)
		for range jobs {
			<-tick.C
			var job struct{ ID int64 }
			if err := cloud.do(t, "POST", cloud.ControlURL+"jobs", `{"sitemap_id":0}`, &job); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			ended[job.ID] = time.Now()
			mu.Unlock()
			if err := cloud.do(t, "POST", fmt.Sprintf("%sjobs/%d/end", cloud.ControlURL, job.ID), `{}`, nil); err != nil {
				t.Fatal(err)
			}
		}
		tick.Stop()
		waitFor(t, "the good endpoint is notified of all jobs", func() bool { return good.count() >= jobs })
		good.mu.Lock()
		slices.Sort(good.lags)
		at := func(q float64) time.Duration {
			return good.lags[int(q*float64(len(good.lags)-1))].Round(10 * time.Microsecond)
		}
		t.Logf("%s: %d of %d jobs; after their end, the median %v, 99%% %v, all %v", tc.name, good.total, jobs, at(.5), at(.99), at(1))
		good.mu.Unlock()
		cloud.kill()
	}
}
