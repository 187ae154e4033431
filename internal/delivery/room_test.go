package delivery_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// outbox is a source.
type outbox struct {
	mu     sync.Mutex
	queues map[string][]delivery.Waiting
	last   uint64
	filled chan struct{}
}

func newOutbox() *outbox {
	return &outbox{queues: map[string][]delivery.Waiting{}, filled: make(chan struct{}, 1)}
}

func (o *outbox) add(job int64, urls ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, url := range urls {
		o.last++
		n := finished
		n.JobID = job
		o.queues[url] = append(o.queues[url], delivery.Waiting{Sequence: o.last, Notification: n, Due: time.Now()})
	}
	select {
	case o.filled <- struct{}{}:
	default:
	}
}

func (o *outbox) Filled() <-chan struct{} { return o.filled }

func (o *outbox) WaitingFor() map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	counts := map[string]int{}
	for url, queue := range o.queues {
		if len(queue) > 0 {
			counts[url] = len(queue)
		}
	}
	return counts
}

func (o *outbox) OldestDue(url string) (time.Time, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queues[url]) == 0 {
		return time.Time{}, false
	}
	return o.queues[url][0].Due, true
}

func (o *outbox) Take(url string, limit int, record func([]delivery.Waiting) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	taken := o.queues[url][:min(limit, len(o.queues[url]))]
	if err := record(taken); err != nil {
		return err
	}
	o.queues[url] = o.queues[url][len(taken):]
	return nil
}

const good, other = "http://good.test/", "http://other.test/"

// byHost is endpoints by the host of their URL.
func byHost(endpoints map[string]endpointFunc) endpointFunc {
	return func(r *http.Request) (*http.Response, error) { return endpoints[r.URL.Host](r) }
}

func refused(*http.Request) (*http.Response, error) { return answer(500, strings.NewReader("")), nil }

// TestEndpointsDoNotWaitForEachOther: whatever another endpoint does, the good
// one's attempts begin and end when they do without it.
func TestEndpointsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	unlimited := webhook.Profile2020()
	unlimited.MaxAttempts = 0
	times := func(t *testing.T, cfg delivery.Config, endpoint endpointFunc, urls ...string) (all []string) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			o := newOutbox()
			cfg.Source, cfg.Transport = o, byHost(map[string]endpointFunc{
				"good.test": func(*http.Request) (*http.Response, error) {
					time.Sleep(20 * time.Millisecond)
					return answer(204, strings.NewReader("")), nil
				},
				"other.test": endpoint,
			})
			_, rec, stop := start(t, cfg)
			began := time.Now()
			for job := range int64(1000) {
				o.add(job+1, urls...)
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(time.Second)
			synctest.Wait()
			for _, a := range rec.all() {
				if a.URL == good {
					all = append(all, fmt.Sprint(a.Notification.JobID, a.Started.Sub(began), a.Ended.Sub(began)))
				}
			}
			stop()
		})
		return all
	}
	for _, tc := range []struct {
		name     string
		cfg      delivery.Config
		endpoint endpointFunc
	}{
		{"one that hangs", delivery.Config{Profile: webhook.Profile2020()}, never},
		{"one that hangs, and little room", delivery.Config{Profile: webhook.Profile2020(), Concurrency: 4, MaxPending: 4}, never},
		{"a dead one with unlimited attempts", delivery.Config{Profile: unlimited, Concurrency: 4, MaxPending: 10}, refused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			alone := times(t, tc.cfg, tc.endpoint, good)
			beside := times(t, tc.cfg, tc.endpoint, other, good)
			if len(alone) != 1000 || !slices.Equal(alone, beside) {
				t.Errorf("alone it had %d attempts, beside the other one %d, or at other times", len(alone), len(beside))
			}
		})
	}
}

// TestRoomIsBounded: nothing is taken that there is no room for, also when the
// room is full of resends, and in the end all of it is delivered, in the order of
// being due.
func TestRoomIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutbox()
		d := &diary{}
		calls := map[string]int{}
		var mu sync.Mutex
		s, rec, stop := start(t, delivery.Config{
			Profile: webhook.Profile2020(), Source: o, Journal: d, MaxPending: 2, Concurrency: 1,
			Transport: endpointFunc(func(r *http.Request) (*http.Response, error) {
				mu.Lock()
				defer mu.Unlock()
				if calls[r.URL.Host]++; calls[r.URL.Host] <= 2 {
					return refused(r)
				}
				return answers(204)(r)
			}),
		})
		for job := range int64(5) {
			o.add(job+1, good)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := len(s.Pending()); got != 2 || o.WaitingFor()[good] != 3 {
			t.Errorf("%d are pending and %d wait, want 2 and 3", got, o.WaitingFor()[good])
		}
		if _, err := s.Send(good, finished); err == nil {
			t.Error("one more was taken")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		var acked []int64
		for _, a := range rec.all() {
			if a.Reason == delivery.Acked {
				acked = append(acked, a.Notification.JobID)
			}
		}
		// What has waited in the outbox was due before the resend of job 2.
		if !slices.Equal(acked, []int64{1, 3, 4, 5, 2}) || len(s.Pending()) != 0 {
			t.Errorf("acknowledged are %v, pending %v", acked, s.Pending())
		}
		if taken := slices.IndexFunc(d.all(), func(e string) bool { return e == "take 3 as 3" }); taken < 0 {
			t.Errorf("the journal reads %q", d.all())
		}
		stop()
	})
}

// TestTakingFails: what can't be recorded stays in the outbox, and ends the run.
func TestTakingFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutbox()
		o.add(1, good)
		s, err := delivery.New(delivery.Config{Profile: webhook.Profile2020(), Source: o, Journal: &diary{breaks: "take"}, Transport: answers(204)})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Run(context.Background()); err == nil || o.WaitingFor()[good] != 1 || len(s.Pending()) != 0 {
			t.Errorf("%v; %d wait, pending is %v", err, o.WaitingFor()[good], s.Pending())
		}
	})
}
