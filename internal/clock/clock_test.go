package clock_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/internal/clock"
)

func TestClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := clock.New(clock.Start(1), nil)
		must(t, err)
		began := time.Now()
		reads := func(want time.Duration) {
			t.Helper()
			if got := c.Now().Sub(began); got != want {
				t.Errorf("it reads %v after the begin, want %v", got, want)
			}
		}
		until := func(in, want time.Duration, ok bool) {
			t.Helper()
			if got, runs := c.Until(c.Now().Add(in)); got != want || runs != ok {
				t.Errorf("%v ahead is %v, %v; want %v, %v", in, got, runs, want, ok)
			}
		}
		time.Sleep(time.Second)
		reads(time.Second)
		until(time.Minute, time.Minute+1, true)

		changed := c.Changed()
		must(t, c.Advance(time.Hour))
		<-changed
		reads(time.Hour + time.Second)

		must(t, c.SetScale(60))
		time.Sleep(time.Minute)
		reads(2*time.Hour + time.Second)
		until(time.Hour, time.Minute+1, true)

		must(t, c.SetPaused(true))
		time.Sleep(time.Hour)
		reads(2*time.Hour + time.Second)
		until(time.Hour, time.Minute+1, false)
		until(-time.Hour, 0, true)
		must(t, c.Advance(time.Second))
		reads(2*time.Hour + 2*time.Second)

		must(t, c.SetPaused(false))
		time.Sleep(time.Second)
		reads(2*time.Hour + 2*time.Second + time.Minute)
	})
}

// TestGoesOnFromItsState: also the time in which nobody ran it has passed.
func TestGoesOnFromItsState(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var kept clock.State
		c, err := clock.New(clock.Start(2), func(s clock.State) error {
			kept = s
			return nil
		})
		must(t, err)
		must(t, c.Advance(time.Hour))
		time.Sleep(time.Minute)
		again, err := clock.New(kept, nil)
		must(t, err)
		if !again.Now().Equal(c.Now()) {
			t.Errorf("it reads %v, and the first one %v", again.Now(), c.Now())
		}
	})
}

// TestStopsAtItsLatest: no scale and no advance makes the clock turn back.
func TestStopsAtItsLatest(t *testing.T) {
	t.Parallel()
	for scale, wait := range map[float64]time.Duration{1000: 107 * 24 * time.Hour, clock.MaxScale: 150 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			c, err := clock.New(clock.Start(scale), nil)
			must(t, err)
			time.Sleep(time.Second)
			early := c.Now()
			time.Sleep(wait)
			if now := c.Now(); !now.After(early) || now.After(clock.Latest()) || now.Year() < 2100 {
				t.Errorf("after %v at a scale of %v it reads %v", wait, scale, now)
			}
			for range 300 { // years
				must(t, c.Advance(clock.MaxAdvance))
			}
			must(t, c.SetScale(1))
			time.Sleep(time.Hour)
			if now := c.Now(); !now.Equal(clock.Latest()) {
				t.Errorf("advanced past its end it reads %v", now)
			}
			// Who waits for what never comes does not wait busily.
			if wait, ok := c.Until(clock.Latest().Add(time.Second)); ok {
				t.Errorf("what is past its end comes in %v", wait)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, scale := range []float64{0, -1, clock.MaxScale + 1} {
		if _, err := clock.New(clock.Start(scale), nil); err == nil {
			t.Errorf("a scale of %v was accepted", scale)
		}
	}
	full := errors.New("disk full")
	c, err := clock.New(clock.Start(1), func(clock.State) error { return full })
	must(t, err)
	if err := c.Advance(time.Hour); !errors.Is(err, full) || time.Until(c.Now()) > time.Minute {
		t.Errorf("%v, and it reads %v", err, c.Now())
	}
	if c.Advance(-1) == nil || c.Advance(clock.MaxAdvance+1) == nil {
		t.Error("it was moved back, or too far")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
