package history_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/delivery/history"
	"github.com/scrapehook/scrapehook/webhook"
)

// TestMain fails the run when a test leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const url = "http://127.0.0.1:1/hook"

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func pending(number uint64) delivery.Pending {
	return delivery.Pending{
		Delivery: number, URL: url, Attempt: 1, Due: start,
		Notification: webhook.Notification{JobID: int64(number % 3), Status: webhook.Finished, SitemapName: "shop"},
	}
}

// attempt is one that ended, with a resend unless it was acknowledged.
func attempt(number uint64, n int, reason delivery.Reason) delivery.Attempt {
	p := pending(number)
	a := delivery.Attempt{Delivery: number, URL: url, Notification: p.Notification, Number: n, Reason: reason}
	if reason != delivery.Acked && reason != delivery.Canceled {
		a.Resend = start.Add(30 * time.Second)
	}
	return a
}

func TestLifeOfADelivery(t *testing.T) {
	t.Parallel()
	last := attempt(1, 3, delivery.Rejected)
	last.Resend = time.Time{}
	for _, tc := range []struct {
		name  string
		ended []delivery.Attempt
		want  history.State
		next  int
	}{
		{"waits", nil, history.Waiting, 1},
		{"acknowledged", []delivery.Attempt{attempt(1, 1, delivery.Acked)}, history.Acked, 1},
		{"failed once", []delivery.Attempt{attempt(1, 1, delivery.Timeout)}, history.Waiting, 2},
		{"stopped by us", []delivery.Attempt{attempt(1, 1, delivery.Canceled)}, history.Waiting, 1},
		{"given up", []delivery.Attempt{attempt(1, 1, delivery.Timeout), attempt(1, 2, delivery.Reset), last}, history.GivenUp, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := history.New(0, 0)
			h.Pending(pending(1), false)
			for _, a := range tc.ended {
				h.Pending(pending(1), true)
				if d := h.Delivery(1); d.State != history.UnderWay || d.Began.IsZero() {
					t.Errorf("under way, it is %s since %v", d.State, d.Began)
				}
				h.Ended(a)
			}
			d := h.Delivery(1)
			if d.State != tc.want || d.Attempt != tc.next || len(d.Attempts) != len(tc.ended) || d.Forgotten != 0 {
				t.Errorf("it is %s, attempt %d, with %d attempts (%d forgotten)", d.State, d.Attempt, len(d.Attempts), d.Forgotten)
			}
		})
	}
}

// TestSnapshotsStay: what a reader has got does not change under it.
func TestSnapshotsStay(t *testing.T) {
	t.Parallel()
	h := history.New(0, 0)
	h.Ended(attempt(1, 1, delivery.Timeout))
	before := h.Delivery(1)
	h.Ended(attempt(1, 2, delivery.Reset))
	h.Ended(attempt(1, 3, delivery.Acked))
	if len(before.Attempts) != 1 || before.State != history.Waiting || before.Last().Reason != delivery.Timeout {
		t.Errorf("it has become %+v", before)
	}
}

func TestWhatIsForgottenFirst(t *testing.T) {
	t.Parallel()
	t.Run("by number", func(t *testing.T) {
		t.Parallel()
		h := history.New(3, 0)
		for n := range uint64(3) {
			h.Pending(pending(n+1), false)
		}
		h.Ended(attempt(1, 1, delivery.Timeout)) // 2 is now the oldest change
		h.Pending(pending(4), false)
		if got := numbers(h.Find(history.Filter{})); !slices.Equal(got, []uint64{4, 3, 1}) || h.Delivery(2) != nil {
			t.Errorf("left are %v", got)
		}
		h.Ended(attempt(2, 2, delivery.Acked)) // it comes back without its first attempt
		if d := h.Delivery(2); d == nil || d.Forgotten != 1 || len(d.Attempts) != 1 {
			t.Errorf("it comes back as %+v", d)
		}
		if got := numbers(h.Find(history.Filter{})); !slices.Equal(got, []uint64{4, 2, 1}) {
			t.Errorf("left are %v", got)
		}
		if s := h.Stats(); s.Deliveries != 3 || s.Forgotten != 2 {
			t.Errorf("stats are %+v", s)
		}
	})
	t.Run("by bytes", func(t *testing.T) {
		t.Parallel()
		h := history.New(0, 200<<10)
		for n := range uint64(10) {
			a := attempt(n+1, 1, delivery.Rejected)
			a.Body = make([]byte, 64<<10)
			h.Ended(a)
		}
		if s := h.Stats(); s.Deliveries != 3 || s.Bytes > 200<<10 {
			t.Errorf("stats are %+v", s)
		}
	})
	t.Run("attempts of one", func(t *testing.T) {
		t.Parallel()
		h := history.New(0, 0)
		for n := range history.MaxAttempts + 5 {
			h.Ended(attempt(1, n+1, delivery.Refused))
		}
		if d := h.Delivery(1); len(d.Attempts) != history.MaxAttempts || d.Forgotten != 5 || d.Attempts[0].Number != 6 {
			t.Errorf("%d attempts from %d, %d forgotten", len(d.Attempts), d.Attempts[0].Number, d.Forgotten)
		}
	})
}

func numbers(p history.Page) (all []uint64) {
	for _, d := range p.Deliveries {
		all = append(all, d.Number)
	}
	return all
}

func TestFind(t *testing.T) {
	t.Parallel()
	h := history.New(0, 0)
	for n := range uint64(4) {
		h.Pending(pending(n+1), false)
	}
	failed := attempt(2, 1, delivery.Rejected)
	failed.Body, failed.Err, failed.Status = []byte("Traceback: KeyError"), "answered 500", 500
	failed.Header = http.Header{"Server": {"gunicorn"}}
	h.Ended(failed)
	h.Ended(attempt(3, 1, delivery.Acked))
	other := pending(5)
	other.URL, other.Notification.Status = "http://127.0.0.1:2/", webhook.Failed
	h.Pending(other, false)
	for _, tc := range []struct {
		name   string
		filter history.Filter
		want   []uint64
		next   uint64
	}{
		{"all", history.Filter{}, []uint64{5, 4, 3, 2, 1}, 0},
		{"a page", history.Filter{Limit: 2}, []uint64{5, 4}, 4},
		{"the next page", history.Filter{Limit: 2, Before: 4}, []uint64{3, 2}, 2},
		{"the last page", history.Filter{Limit: 2, Before: 2}, []uint64{1}, 0},
		{"a page that is just full", history.Filter{Limit: 5}, []uint64{5, 4, 3, 2, 1}, 0},
		{"of a job", history.Filter{Job: 1}, []uint64{4, 1}, 0},
		{"of a status", history.Filter{Status: webhook.Failed}, []uint64{5}, 0},
		{"to an endpoint", history.Filter{URL: url, Limit: 1}, []uint64{4}, 4},
		{"in a state", history.Filter{Outcome: "acked"}, []uint64{3}, 0},
		{"for a reason", history.Filter{Outcome: "rejected"}, []uint64{2}, 0},
		{"waiting, for a resend too", history.Filter{Outcome: "waiting"}, []uint64{5, 4, 2, 1}, 0},
		{"text of an answer", history.Filter{Text: "traceback: keyerror"}, []uint64{2}, 0},
		{"text of a header", history.Filter{Text: "server: GUNI"}, []uint64{2}, 0},
		{"text of an error", history.Filter{Text: "answered 5"}, []uint64{2}, 0},
		{"text of a URL", history.Filter{Text: ":2/"}, []uint64{5}, 0},
		{"text that nothing has", history.Filter{Text: "wombat"}, nil, 0},
		{"everything at once", history.Filter{Job: 2, Outcome: "rejected", Text: "KEY", URL: url, Status: webhook.Finished}, []uint64{2}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if err := tc.filter.Check(); err != nil {
				t.Fatal(err)
			}
			page := h.Find(tc.filter)
			if got := numbers(page); !slices.Equal(got, tc.want) || page.Next != tc.next {
				t.Errorf("found %v, then below %d; want %v, %d", got, page.Next, tc.want, tc.next)
			}
		})
	}
}

// TestFindAll pages through more than is looked at at once.
func TestFindAll(t *testing.T) {
	t.Parallel()
	h := history.New(0, 0)
	for n := range uint64(2000) {
		h.Pending(pending(n+1), false)
	}
	var got []uint64
	for f := (history.Filter{Limit: 7}); ; {
		page := h.Find(f)
		got = append(got, numbers(page)...)
		if f.Before = page.Next; f.Before == 0 {
			break
		}
	}
	if len(got) != 2000 || got[0] != 2000 || got[1999] != 1 || !slices.IsSortedFunc(got, func(a, b uint64) int { return int(b) - int(a) }) {
		t.Errorf("found %d", len(got))
	}
	if got := numbers(h.Find(history.Filter{Text: "shop", Job: 1, Before: 5})); !slices.Equal(got, []uint64{4, 1}) {
		t.Errorf("found %v", got)
	}
}

func TestFilterErrorsNameTheField(t *testing.T) {
	t.Parallel()
	for field, f := range map[string]history.Filter{
		"job": {Job: -1}, "outcome": {Outcome: "nice"}, "limit": {Limit: history.MaxLimit + 1},
	} {
		var wrong *history.FieldError
		if err := f.Check(); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := history.New(0, 0)
		h.Pending(pending(1), false)
		s := h.Subscribe("")
		go func() {
			time.Sleep(time.Second)
			h.Pending(pending(1), true)
			time.Sleep(time.Second)
			h.Ended(attempt(1, 1, delivery.Acked))
		}()
		c, err := s.Next(t.Context())
		if err != nil || len(c.Deliveries) != 1 || c.Deliveries[0].State != history.UnderWay {
			t.Fatalf("told of %+v, %v", c, err)
		}
		for _, who := range []*history.Subscription{s, h.Subscribe(c.ID)} {
			c, err := who.Next(t.Context())
			if err != nil || len(c.Deliveries) != 1 || c.Deliveries[0].State != history.Acked {
				t.Errorf("the end is told as %+v, %v", c, err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if c, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("without a change it is told %+v, %v", c, err)
		}
	})
}

// TestChangesAreCoalesced: however often a delivery has changed, it is told once.
func TestChangesAreCoalesced(t *testing.T) {
	t.Parallel()
	h := history.New(0, 0)
	s := h.Subscribe("")
	for n := range 5 {
		h.Ended(attempt(7, n+1, delivery.Refused))
		h.Ended(attempt(uint64(n+10), 1, delivery.Acked))
	}
	c, err := s.Next(t.Context())
	if err != nil || len(c.Deliveries) != 6 || c.Deliveries[5].Number != 14 || c.Deliveries[4].Number != 7 || len(c.Deliveries[4].Attempts) != 5 {
		t.Errorf("told of %+v, %v", c, err)
	}
}

func TestWhoMustListAnew(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		do   func(*history.History, *history.Subscription) *history.Subscription
	}{
		{"too slow", func(h *history.History, s *history.Subscription) *history.Subscription {
			for range 20_000 {
				h.Pending(pending(1), true)
			}
			return s
		}},
		{"after a reset", func(h *history.History, s *history.Subscription) *history.Subscription { h.Clear(); return s }},
		{"back after a reset", func(h *history.History, s *history.Subscription) *history.Subscription {
			id := s.ID()
			h.Clear()
			return h.Subscribe(id)
		}},
		{"of another process", func(_ *history.History, s *history.Subscription) *history.Subscription {
			time.Sleep(time.Nanosecond)
			return history.New(0, 0).Subscribe(s.ID())
		}},
		{"nonsense", func(h *history.History, _ *history.Subscription) *history.Subscription { return h.Subscribe("12") }},
		{"from the future", func(h *history.History, s *history.Subscription) *history.Subscription {
			return h.Subscribe(strings.Replace(s.ID(), "-", "-9", 1))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := history.New(0, 0)
			h.Pending(pending(1), false)
			s := tc.do(h, h.Subscribe(""))
			c, err := s.Next(t.Context())
			if err != nil || !c.Lost || len(c.Deliveries) != 0 {
				t.Errorf("told %+v, %v", c, err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			if c, err := s.Next(ctx); err == nil {
				t.Errorf("and then %+v", c)
			}
		})
	}
}

// TestClearForgetsWhatIsUnderWay: an attempt that outlives a reset is not told.
func TestClearForgetsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	h := history.New(0, 0)
	h.Pending(pending(1), true)
	h.Clear()
	h.Ended(attempt(1, 1, delivery.Timeout))
	if d := h.Delivery(1); d != nil || h.Stats() != (history.Stats{}) {
		t.Errorf("it is back as %+v", d)
	}
}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	h := history.New(50, 0)
	s := h.Subscribe("")
	var all sync.WaitGroup
	for w := range uint64(4) {
		all.Go(func() {
			for n := range uint64(300) {
				number := 4*n + w + 1
				h.Pending(pending(number), true)
				h.Ended(attempt(number, 1, delivery.Timeout))
				h.Ended(attempt(number, 2, delivery.Acked))
			}
		})
	}
	for range 100 {
		h.Find(history.Filter{Text: "x"})
		if _, err := s.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.Pending(pending(9999), false) // so that Next comes back
	}
	all.Wait()
	if got := h.Stats(); got.Deliveries != 50 {
		t.Errorf("stats are %+v", got)
	}
}

func BenchmarkDelivery(b *testing.B) {
	for _, readers := range []int{0, 5} {
		b.Run(fmt.Sprintf("readers=%d", readers), func(b *testing.B) {
			h := history.New(0, 0)
			ctx, stop := context.WithCancel(b.Context())
			var all sync.WaitGroup
			for range readers {
				all.Go(func() {
					for s := h.Subscribe(""); ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
						_, _ = s.Next(ctx)
						h.Find(history.Filter{Text: "wombat"})
					}
				})
			}
			number := uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				number++
				h.Pending(pending(number), true)
				h.Ended(attempt(number, 1, delivery.Acked))
			}
			stop()
			all.Wait()
		})
	}
}
