package run

import (
	"time"

	"github.com/scrapehook/scrapehook/internal/traffic/plan"
)

// entry is a send that is due at some time: 16 bytes, however large its form,
// which is made again from the seed. Ten million wait in 160 MB.
type entry struct {
	due time.Duration // since the start
	ref ref
}

// ref names a send in 64 bits: the job's index in 36, whether the job belongs
// to the warm-up in one, the part in two and the attempt's number in 25.
type ref uint64

const (
	attemptBits = 25
	partBits    = 2
	lastAttempt = 1<<attemptBits - 1
)

func refTo(index int64, warm bool, part plan.Part, attempt int) ref {
	r := ref(index) << 1 //nolint:gosec // never negative
	if warm {
		r |= 1
	}
	r = r<<partBits | ref(part)
	// An endless row of resends stays at the last number.
	return r<<attemptBits | ref(min(attempt, lastAttempt)) //nolint:gosec // above 0
}

func (r ref) attempt() int    { return int(r & lastAttempt) }
func (r ref) part() plan.Part { return plan.Part(r >> attemptBits & 3) }
func (r ref) warm() bool      { return r>>(attemptBits+partBits)&1 == 1 }
func (r ref) index() int64    { return int64(r >> (attemptBits + partBits + 1)) }

// next is the attempt after this one.
func (r ref) next() ref { return refTo(r.index(), r.warm(), r.part(), r.attempt()+1) }

// Before orders by when a send is due, then by which it is.
func (e entry) Before(other entry) bool {
	if e.due != other.due {
		return e.due < other.due
	}
	return e.ref < other.ref
}
