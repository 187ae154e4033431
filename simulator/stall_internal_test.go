package simulator

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/simulator/internal/state"
)

// TestStallIsToldOnce: whatever is refused and taken while a disk is full, or
// nearly so, its beginning and its end are told once.
func TestStallIsToldOnce(t *testing.T) {
	t.Parallel()
	full := fmt.Errorf("cloud.db: %w", state.ErrNoRoom)
	synctest.Test(t, func(t *testing.T) {
		told, room := make(chan error, 10), new(atomic.Bool)
		expect := func(when string, want ...error) {
			t.Helper()
			synctest.Wait()
			for _, one := range want {
				select {
				case got := <-told:
					if !errors.Is(got, one) {
						t.Errorf("%s, %v was told", when, got)
					}
				default:
					t.Errorf("%s, nothing was told", when)
				}
			}
			if len(told) > 0 {
				t.Fatalf("%s, %v was told besides", when, <-told)
			}
		}
		s := newStall(func(err error) { told <- err })
		s.probe = func() error {
			if room.Load() {
				return nil
			}
			return full
		}
		defer s.end()
		for range 100 {
			s.note(full)
			s.note(nil)
			s.note(errors.New("of another kind"))
			time.Sleep(stallRetry)
		}
		expect("while it is nearly full", state.ErrNoRoom)
		s.note(full)
		time.Sleep(time.Minute)
		expect("while nobody writes")
		room.Store(true)
		time.Sleep(2 * stallOver)
		expect("when there is room", nil)
		s.note(full)
		expect("the second time", state.ErrNoRoom)
	})
}

// TestStallWaits: a write is tried until it is taken; at the stop once more.
func TestStallWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, tries := newStall(nil), 0
		began := time.Now()
		err := s.wait(func() error {
			if tries++; tries < 10 {
				return state.ErrNoRoom
			}
			return nil
		})
		if err != nil || time.Since(began) != 9*stallRetry {
			t.Errorf("it took %v, %v", time.Since(began), err)
		}
		tries = 0
		time.AfterFunc(90*stallRetry, s.end)
		err = s.wait(func() error { tries++; return state.ErrNoRoom })
		if !errors.Is(err, state.ErrNoRoom) || tries < 90 || tries > 92 {
			t.Errorf("stopped, after %d tries: %v", tries, err)
		}
		broken := errors.New("broken")
		if err := s.wait(func() error { return broken }); !errors.Is(err, broken) {
			t.Errorf("another error: %v", err)
		}
	})
}
