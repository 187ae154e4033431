package run

import (
	"runtime"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/scrapehook/scrapehook/internal/duequeue"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
)

func TestRefHoldsWhatItNames(t *testing.T) {
	t.Parallel()
	for _, index := range []int64{0, 1, 1 << 31, plan.MaxJobs - 1} {
		for _, part := range []plan.Part{plan.First, plan.Copy, plan.Continuation} {
			for _, attempt := range []int{1, 3, lastAttempt} {
				for _, warm := range []bool{false, true} {
					r := refTo(index, warm, part, attempt)
					if r.index() != index || r.part() != part || r.attempt() != attempt || r.warm() != warm {
						t.Errorf("%d, %v, %v, %d became %d, %v, %v, %d", index, warm, part, attempt, r.index(), r.warm(), r.part(), r.attempt())
					}
				}
			}
		}
	}
	if r := refTo(5, true, plan.Copy, lastAttempt).next(); r.attempt() != lastAttempt || r.index() != 5 || !r.warm() {
		t.Errorf("an endless row of resends became attempt %d of job %d", r.attempt(), r.index())
	}
	if size := unsafe.Sizeof(entry{}); size != 16 {
		t.Errorf("a pending send takes %d bytes", size)
	}
}

func TestPendingComesInOrder(t *testing.T) {
	t.Parallel()
	early, late := entry{1, refTo(9, false, plan.First, 1)}, entry{2, refTo(3, false, plan.First, 1)}
	sooner := entry{2, refTo(2, false, plan.First, 1)}
	if !early.Before(late) || late.Before(early) || !sooner.Before(late) || late.Before(late) {
		t.Error("entries are not ordered by their time, then by their job")
	}
}

// BenchmarkPending has ten million sends wait at once, of two delays, and shows
// for each the memory, the time to schedule it and the time to release it when it
// is due. Beside it are timers of the runtime, which release by calling; a tenth
// as many, or they would take a minute and a half and 7 GB.
func BenchmarkPending(b *testing.B) {
	const waiting, timers = 10_000_000, 1_000_000
	// Long enough to schedule them all.
	const delay = 2 * time.Second
	due := func(i int) time.Duration {
		return delay + time.Duration(i) + time.Duration(i%2)*time.Millisecond
	}
	b.Run("heap", func(b *testing.B) {
		for b.Loop() {
			var p duequeue.Queue[entry]
			benchmarkWaiting(b, waiting, func(i int) {
				p.Push(entry{due(i), refTo(int64(i), false, plan.First, 2)})
			}, func() time.Duration {
				begun := time.Now()
				for range waiting {
					p.Pop()
				}
				return time.Since(begun)
			})
		}
	})
	b.Run("AfterFunc", func(b *testing.B) {
		for b.Loop() {
			begun := time.Now()
			var left sync.WaitGroup
			left.Add(timers)
			benchmarkWaiting(b, timers, func(i int) {
				time.AfterFunc(due(i)-time.Since(begun), left.Done)
			}, func() time.Duration {
				left.Wait()
				return time.Since(begun) - delay
			})
		}
	})
}

func benchmarkWaiting(b *testing.B, waiting int, schedule func(i int), releaseAll func() time.Duration) {
	b.Helper()
	before, begun := liveBytes(), time.Now()
	for i := range waiting {
		schedule(i)
	}
	scheduled := time.Since(begun)
	live := liveBytes() - before
	each := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(waiting) }
	b.ReportMetric(each(scheduled), "ns/schedule")
	b.ReportMetric(each(releaseAll()), "ns/release")
	b.ReportMetric(float64(live)/float64(waiting), "B/entry")
	b.ReportMetric(0, "ns/op") // an operation would be all of them
}

// liveBytes is the memory that is in use, garbage aside.
func liveBytes() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
