package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// diary is a journal that notes what it is told, and breaks when it is to.
type diary struct {
	mu      sync.Mutex
	entries []string
	breaks  string
}

var errBroken = errors.New("disk full")

func (d *diary) note(what string, entry string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if what == d.breaks {
		return errBroken
	}
	d.entries = append(d.entries, what+" "+entry)
	return nil
}

func (d *diary) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.entries)
}

func (d *diary) Take(taken []delivery.Pending, sequences []uint64) error {
	for i, p := range taken {
		if err := d.note("take", fmt.Sprint(sequences[i], " as ", p.Delivery)); err != nil {
			return err
		}
	}
	return nil
}

func (d *diary) Queue(p delivery.Pending) error {
	return d.note("queue", fmt.Sprint(p.Delivery, " ", p.Attempt))
}

func (d *diary) Begin(p delivery.Pending, _ time.Time) error {
	return d.note("begin", fmt.Sprint(p.Delivery, " ", p.Attempt))
}

func (d *diary) End(a delivery.Attempt, next *delivery.Pending) error {
	entry := fmt.Sprint(a.Delivery, " ", a.Number, " ", a.Reason)
	if next != nil {
		entry += fmt.Sprint(", then ", next.Attempt)
	}
	return d.note("end", entry)
}

// inTurn is an endpoint that notes when it is asked, and answers in turn.
func inTurn(d *diary, codes ...int) http.RoundTripper {
	return endpointFunc(func(*http.Request) (*http.Response, error) {
		_ = d.note("sent", "")
		code := codes[0]
		codes = codes[1:]
		return &http.Response{StatusCode: code, Body: http.NoBody, Header: http.Header{}}, nil
	})
}

// TestJournal: intent comes before what is sent, the outcome bears the resend.
func TestJournal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		s, _, stop := start(t, delivery.Config{
			Profile: webhook.Profile2020(), Journal: d, Transport: inTurn(d, 500, 204), Last: 7,
		})
		send(t, s)
		time.Sleep(time.Minute)
		stop()
		want := []string{
			"queue 8 1", "begin 8 1", "sent ", "end 8 1 rejected, then 2", "begin 8 2", "sent ", "end 8 2 acked",
		}
		if got := d.all(); !slices.Equal(got, want) {
			t.Errorf("noted %q, want %q", got, want)
		}
	})
}

func TestBrokenJournal(t *testing.T) {
	t.Parallel()
	for _, breaks := range []string{"begin", "end"} {
		t.Run(breaks, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &diary{breaks: breaks}
				s, err := delivery.New(delivery.Config{Profile: webhook.Profile2020(), Journal: d, Transport: inTurn(d, 204)})
				if err != nil {
					t.Fatal(err)
				}
				send(t, s)
				if err := s.Run(t.Context()); !errors.Is(err, errBroken) {
					t.Errorf("it ended with %v", err)
				}
				if sent := slices.Contains(d.all(), "sent "); sent != (breaks == "end") {
					t.Errorf("sent: %v, without a record of the intent", sent)
				}
				if len(s.Pending()) != 1 {
					t.Errorf("pending is %+v", s.Pending())
				}
			})
		})
	}
	d := &diary{breaks: "queue"}
	s, err := delivery.New(delivery.Config{Profile: webhook.Profile2020(), Journal: d})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(endpoint, finished); !errors.Is(err, errBroken) || len(s.Pending()) != 0 {
		t.Errorf("%v, pending is %+v", err, s.Pending())
	}
}

func TestRestoredHastenedCleared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		restored := delivery.Pending{Delivery: 5, URL: endpoint, Notification: finished, Attempt: 2, Due: time.Now().Add(time.Hour)}
		s, rec, stop := start(t, delivery.Config{
			Profile: webhook.Profile2020(), Journal: d, Transport: inTurn(d, 500, 500), Restored: []delivery.Pending{restored},
		})
		synctest.Wait()
		if len(rec.all()) != 0 {
			t.Errorf("sent before it was due: %+v", rec.all())
		}
		if ok, err := s.Hasten(4); ok || err != nil {
			t.Errorf("hastening what is not there: %v, %v", ok, err)
		}
		if ok, err := s.Hasten(5); !ok || err != nil {
			t.Errorf("hastening it: %v, %v", ok, err)
		}
		synctest.Wait()
		if got := rec.all(); len(got) != 1 || got[0].Number != 2 || len(s.Pending()) != 1 {
			t.Errorf("attempts %+v, pending %+v", got, s.Pending())
		}
		if err := s.Reset(func() error { return errBroken }); !errors.Is(err, errBroken) || len(s.Pending()) != 1 {
			t.Errorf("a reset that failed: %v, pending %+v", err, s.Pending())
		}
		if err := s.Reset(func() error { return nil }); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		if len(rec.all()) != 1 || len(s.Pending()) != 0 {
			t.Errorf("after it was cleared: attempts %+v, pending %+v", rec.all(), s.Pending())
		}
		stop()
	})
}

// still is a clock that stands until it is set.
type still struct {
	mu      sync.Mutex
	now     time.Time
	changed chan struct{}
}

func (c *still) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *still) Until(t time.Time) (time.Duration, bool) {
	left := t.Sub(c.Now())
	return max(left, 0), left <= 0
}

func (c *still) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

func (c *still) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	close(c.changed)
	c.changed = make(chan struct{})
}

// TestResendsByTheClock: the clock decides on resends and on nothing else.
func TestResendsByTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := &still{now: time.Unix(1_580_256_000, 0), changed: make(chan struct{})}
		hangs := endpointFunc(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, context.Cause(r.Context())
		})
		s, rec, stop := start(t, delivery.Config{Profile: webhook.Profile2020(), Clock: clock, Transport: hangs})
		began := time.Now()
		send(t, s)
		time.Sleep(time.Hour)
		got := rec.all()
		if len(got) != 1 || got[0].Ended.Sub(began) != 10*time.Second || !got[0].Resend.Equal(clock.Now().Add(30*time.Second)) {
			t.Fatalf("while it stands: %+v", got)
		}
		clock.advance(29 * time.Second)
		time.Sleep(time.Hour)
		if got := rec.all(); len(got) != 1 {
			t.Errorf("resent before it was due: %+v", got)
		}
		clock.advance(time.Second)
		time.Sleep(time.Hour)
		if got := rec.all(); len(got) != 2 || got[1].Ended.Sub(got[1].Started) != 10*time.Second {
			t.Errorf("when it was due: %+v", got)
		}
		stop()
	})
}
