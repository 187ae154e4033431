package delivery_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

const endpoint = "http://endpoint.test/hook"

var finished = webhook.Notification{JobID: 1234, Status: webhook.Finished, SitemapID: 12, SitemapName: "my-sitemap"}

// endpointFunc is a transport and its endpoint in one, for tests in bubbles.
type endpointFunc func(*http.Request) (*http.Response, error)

func (f endpointFunc) RoundTrip(r *http.Request) (*http.Response, error) {
	trace := httptrace.ContextClientTrace(r.Context())
	trace.GotConn(httptrace.GotConnInfo{})
	trace.WroteRequest(httptrace.WroteRequestInfo{})
	resp, err := f(r)
	if err == nil {
		trace.GotFirstResponseByte()
	}
	return resp, err
}

func answer(code int, body io.Reader) *http.Response {
	return &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(body)}
}

func answers(code int) endpointFunc {
	return func(*http.Request) (*http.Response, error) { return answer(code, strings.NewReader("")), nil }
}

// never answers, and notices when it is hung up on.
func never(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, context.Cause(r.Context())
}

// dribble is a body of n bytes, one a second.
func dribble(ctx context.Context, n int) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		if n == 0 {
			return 0, io.EOF
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(time.Second):
			n--
			p[0] = '.'
			return 1, nil
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// recorder keeps the attempts that a sender reports.
type recorder struct {
	mu       sync.Mutex
	attempts []delivery.Attempt
}

func (r *recorder) add(a delivery.Attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attempts = append(r.attempts, a)
}

func (r *recorder) all() []delivery.Attempt {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.attempts)
}

// start runs a sender inside a bubble until stop is called.
func start(t *testing.T, cfg delivery.Config) (s *delivery.Sender, rec *recorder, stop func()) {
	t.Helper()
	rec = &recorder{}
	cfg.OnAttempt = rec.add
	s, err := delivery.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return s, rec, func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func send(t *testing.T, s *delivery.Sender) {
	t.Helper()
	if _, err := s.Send(endpoint, finished); err != nil {
		t.Fatal(err)
	}
}

// deliver sends one notification and returns its attempts as the offsets from
// its first planned time at which each started and ended.
func deliver(t *testing.T, p webhook.Profile, e endpointFunc, wait time.Duration) (attempts []delivery.Attempt, times [][2]time.Duration) {
	t.Helper()
	s, rec, stop := start(t, delivery.Config{Profile: p, Transport: e})
	send(t, s)
	time.Sleep(wait)
	synctest.Wait()
	stop()
	attempts = rec.all()
	for _, a := range attempts {
		times = append(times, [2]time.Duration{a.Started.Sub(attempts[0].Planned), a.Ended.Sub(attempts[0].Planned)})
	}
	return attempts, times
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	const s = time.Second
	dribbles := func(n int) endpointFunc {
		return func(r *http.Request) (*http.Response, error) { return answer(200, dribble(r.Context(), n)), nil }
	}
	second := func(first endpointFunc) endpointFunc { // acknowledges the second attempt
		calls := 0
		return func(r *http.Request) (*http.Response, error) {
			if calls++; calls == 1 {
				return first(r)
			}
			return answers(204)(r)
		}
	}
	for _, tc := range []struct {
		name     string
		profile  webhook.Profile
		endpoint endpointFunc
		reasons  []delivery.Reason
		times    [][2]time.Duration
	}{
		{"acknowledged", webhook.Profile2020(), answers(200), []delivery.Reason{delivery.Acked}, [][2]time.Duration{{0, 0}}},
		{"rejected", webhook.Profile2020(), answers(500), []delivery.Reason{delivery.Rejected, delivery.Rejected, delivery.Rejected},
			[][2]time.Duration{{0, 0}, {30 * s, 30 * s}, {60 * s, 60 * s}}},
		{"never answered", webhook.Profile2020(), never, []delivery.Reason{delivery.Timeout, delivery.Timeout, delivery.Timeout},
			[][2]time.Duration{{0, 10 * s}, {40 * s, 50 * s}, {80 * s, 90 * s}}},
		{"never answered, 2022", webhook.Profile2022(), never, []delivery.Reason{delivery.Timeout, delivery.Timeout, delivery.Timeout},
			[][2]time.Duration{{0, 10 * s}, {15 * s, 25 * s}, {35 * s, 45 * s}}},
		{"200 at once, its body for 20 s", webhook.Profile2020(), second(dribbles(20)), []delivery.Reason{delivery.Timeout, delivery.Acked},
			[][2]time.Duration{{0, 10 * s}, {40 * s, 40 * s}}},
		{"200 at once, its body for 9 s", webhook.Profile2020(), dribbles(9), []delivery.Reason{delivery.Acked}, [][2]time.Duration{{0, 9 * s}}},
		{"redirected, then acknowledged", webhook.Profile2020(), second(answers(302)), []delivery.Reason{delivery.Rejected, delivery.Acked},
			[][2]time.Duration{{0, 0}, {30 * s, 30 * s}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				attempts, times := deliver(t, tc.profile, tc.endpoint, time.Hour)
				reasons := make([]delivery.Reason, 0, len(attempts))
				for i, a := range attempts {
					reasons = append(reasons, a.Reason)
					if a.Number != i+1 || a.Delivery != 1 || a.Notification != finished || !a.Planned.Equal(a.Started) {
						t.Errorf("attempt %d is recorded as %+v", i+1, a)
					}
					if last := i == len(attempts)-1; last != a.Resend.IsZero() || !last && !a.Resend.Equal(attempts[i+1].Planned) {
						t.Errorf("attempt %d announces its resend for %v", i+1, a.Resend)
					}
					if (a.Err == "") != (a.Reason == delivery.Acked) {
						t.Errorf("attempt %d: %s with error %q", i+1, a.Reason, a.Err)
					}
				}
				if !slices.Equal(reasons, tc.reasons) || !slices.Equal(times, tc.times) {
					t.Errorf("got  %v at %v,\nwant %v at %v", reasons, times, tc.reasons, tc.times)
				}
			})
		})
	}
}

func TestWithoutLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := webhook.Profile2020()
		p.MaxAttempts = 0
		if attempts, _ := deliver(t, p, answers(503), time.Hour); len(attempts) != 121 {
			t.Errorf("%d attempts in an hour, want one every 30 s", len(attempts))
		}
	})
}

func TestStagesOfATimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := delivery.Client{Profile: webhook.Profile2020(), Transport: endpointFunc(func(r *http.Request) (*http.Response, error) {
			time.Sleep(4500 * time.Millisecond)
			return answer(200, dribble(r.Context(), 60)), nil
		})}
		began := time.Now()
		a := c.Do(t.Context(), delivery.Request{URL: endpoint})
		if a.Reason != delivery.Timeout || a.Status != 200 || string(a.Body) != "....." || a.BodyBytes != 5 {
			t.Errorf("ended as %s, status %d, body %q of %d", a.Reason, a.Status, a.Body, a.BodyBytes)
		}
		for stage, got := range map[string]struct {
			at   time.Time
			want time.Duration
		}{
			"started": {a.Started, 0}, "connected": {a.Connected, 0}, "sent": {a.Sent, 0},
			"first byte": {a.FirstByte, 4500 * time.Millisecond}, "head ended": {a.HeadEnded, 4500 * time.Millisecond}, "ended": {a.Ended, 10 * time.Second},
		} {
			if d := got.at.Sub(began); d != got.want {
				t.Errorf("%s after %v, want %v", stage, d, got.want)
			}
		}
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		s, rec, stop := start(t, delivery.Config{Profile: webhook.Profile2020(), Concurrency: 1, Transport: endpointFunc(func(r *http.Request) (*http.Response, error) {
			if calls++; calls == 1 {
				return answers(500)(r)
			}
			return never(r)
		})})
		began := time.Now()
		for range 3 { // one waits for its resend, one is under way, one is queued
			send(t, s)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		stop()
		if d := time.Since(began); d != 3*time.Second {
			t.Errorf("the stop took %v", d-3*time.Second)
		}
		if got := rec.all(); len(got) != 2 || got[1].Reason != delivery.Canceled || !got[1].Resend.IsZero() {
			t.Errorf("attempts %+v, want the second canceled", got)
		}
		want := []delivery.Pending{
			{Delivery: 1, URL: endpoint, Notification: finished, Attempt: 2, Due: began.Add(30 * time.Second)},
			{Delivery: 2, URL: endpoint, Notification: finished, Attempt: 1, Due: began},
			{Delivery: 3, URL: endpoint, Notification: finished, Attempt: 1, Due: began},
		}
		if got := s.Pending(); !slices.Equal(got, want) {
			t.Errorf("pending\n%+v, want\n%+v", got, want)
		}
		if _, err := s.Send(endpoint, finished); !errors.Is(err, delivery.ErrStopped) {
			t.Errorf("a stopped sender takes more: %v", err)
		}
		if err := s.Run(t.Context()); err == nil {
			t.Error("a sender can be run twice")
		}
	})
}

func TestConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most := 0, 0
		s, rec, stop := start(t, delivery.Config{Profile: webhook.Profile2020(), Concurrency: 4, Transport: endpointFunc(func(*http.Request) (*http.Response, error) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return answer(200, strings.NewReader("")), nil
		})})
		for range 10 {
			send(t, s)
		}
		time.Sleep(3 * time.Second) // ten of a second each, four at once
		synctest.Wait()
		if got := len(rec.all()); got != 10 || most != 4 || len(s.Pending()) != 0 {
			t.Errorf("%d attempts ended, %d at once, %d pending", got, most, len(s.Pending()))
		}
		stop()
	})
}

func TestFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _, stop := start(t, delivery.Config{Profile: webhook.Profile2020(), MaxPending: 2, Transport: answers(500)})
		send(t, s)
		synctest.Wait() // now it waits for its resend, which counts
		send(t, s)
		if _, err := s.Send(endpoint, finished); !errors.Is(err, delivery.ErrFull) {
			t.Errorf("error %v, want ErrFull", err)
		}
		time.Sleep(2 * time.Minute)
		send(t, s) // the others were given up
		stop()
	})
}

func TestEndOfTheCallersContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := delivery.Client{Profile: webhook.Profile2020(), Transport: endpointFunc(never)}
		ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, errors.New("some cause"))
		defer cancel()
		if a := c.Do(ctx, delivery.Request{URL: endpoint}); a.Reason != delivery.Canceled || a.Ended.Sub(a.Started) != 3*time.Second {
			t.Errorf("ended as %s after %v, want canceled after 3s", a.Reason, a.Ended.Sub(a.Started))
		}
	})
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*delivery.Config){
		"no profile":           func(c *delivery.Config) { c.Profile = webhook.Profile{} },
		"negative attempts":    func(c *delivery.Config) { c.Profile.MaxAttempts = -1 },
		"no resend delay":      func(c *delivery.Config) { c.Profile.ResendDelays = nil },
		"negative delay":       func(c *delivery.Config) { c.Profile.ResendDelays = []time.Duration{-1} },
		"negative concurrency": func(c *delivery.Config) { c.Concurrency = -1 },
		"negative bound":       func(c *delivery.Config) { c.MaxPending = -1 },
	} {
		cfg := delivery.Config{Profile: webhook.Profile2020()}
		spoil(&cfg)
		if _, err := delivery.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for url, ok := range map[string]bool{
		endpoint: true, "https://[::1]:8443/a?token=b": true,
		"": false, "endpoint.test/hook": false, "ftp://endpoint.test": false, "http://": false, "http://:80/": false,
		"http://endpoint.test:0/": false, "http://endpoint.test:65536/": false, "http://endpoint.test:x/": false, "http://a b/": false,
	} {
		if err := delivery.CheckURL(url); (err == nil) != ok {
			t.Errorf("%q: %v", url, err)
		}
	}
}
