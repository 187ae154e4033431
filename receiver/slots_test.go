package receiver

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Slow imports leave their slots to quick ones, up to a bound.
func TestSlowImportsMoveAside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, moved := newSlots(2), new(atomic.Int64)
		begin := func() *slot {
			s.quick <- struct{}{} // a test that hangs here has found no room
			return s.occupy(func() { moved.Add(1) })
		}
		expect := func(quick, slow int) {
			t.Helper()
			synctest.Wait()
			if len(s.quick) != quick || len(s.slow) != slow || moved.Load() < int64(slow) {
				t.Errorf("%d quick, %d slow and %d moved, want %d and %d", len(s.quick), len(s.slow), moved.Load(), quick, slow)
			}
		}
		first, second := begin(), begin()
		time.Sleep(slowAfter)
		expect(0, 2)
		third, fourth := begin(), begin()
		time.Sleep(slowAfter)
		expect(2, 2) // there is no more room aside
		first.release()
		expect(2, 1)
		time.Sleep(slowAfter)
		expect(1, 2)
		for _, each := range []*slot{second, third, fourth} {
			each.release()
		}
		time.Sleep(2 * slowAfter)
		expect(0, 0)
		if n := moved.Load(); n != 3 {
			t.Errorf("%d moved, want 3", n)
		}
	})
}
