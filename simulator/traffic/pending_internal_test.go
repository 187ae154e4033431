package traffic

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	"unsafe"
)

func TestRefHoldsWhatItNames(t *testing.T) {
	t.Parallel()
	for _, index := range []int64{0, 1, 1 << 31, MaxJobs - 1} {
		for _, part := range []Part{First, Copy, Continuation} {
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
	if r := refTo(5, true, Copy, lastAttempt).next(); r.attempt() != lastAttempt || r.index() != 5 || !r.warm() {
		t.Errorf("an endless row of resends became attempt %d of job %d", r.attempt(), r.index())
	}
	if size := unsafe.Sizeof(entry{}); size != 16 {
		t.Errorf("a pending send takes %d bytes", size)
	}
}

func TestPendingComesInOrder(t *testing.T) {
	t.Parallel()
	draw := rand.New(rand.NewPCG(1, 2))
	var p pending
	var want []entry
	for i := range 1000 {
		e := entry{time.Duration(draw.IntN(100)), refTo(int64(i), false, First, 1)}
		p.push(e)
		want = append(want, e)
	}
	slices.SortFunc(want, func(a, b entry) int {
		if a.due != b.due {
			return int(a.due - b.due)
		}
		return int(a.ref.index() - b.ref.index())
	})
	for i, e := range want {
		if got := p.pop(); got != e {
			t.Fatalf("entry %d is due at %d, want %d", i, got.due, e.due)
		}
	}
}

// BenchmarkPending schedules and releases a million resends of two delays.
func BenchmarkPending(b *testing.B) {
	const waiting = 1_000_000
	p := make(pending, 0, waiting+1)
	at := func(i int) entry {
		return entry{time.Duration(i)*time.Microsecond + time.Duration(i%2)*5*time.Second, refTo(int64(i), false, First, 2)}
	}
	for i := range waiting {
		p.push(at(i))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.push(at(waiting + i))
		p.pop()
	}
}
