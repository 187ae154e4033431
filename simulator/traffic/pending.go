package traffic

import "time"

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

func refTo(index int64, warm bool, part Part, attempt int) ref {
	r := ref(index) << 1 //nolint:gosec // never negative
	if warm {
		r |= 1
	}
	r = r<<partBits | ref(part)
	// An endless row of resends stays at the last number.
	return r<<attemptBits | ref(min(attempt, lastAttempt)) //nolint:gosec // above 0
}

func (r ref) attempt() int { return int(r & lastAttempt) }
func (r ref) part() Part   { return Part(r >> attemptBits & 3) }
func (r ref) warm() bool   { return r>>(attemptBits+partBits)&1 == 1 }
func (r ref) index() int64 { return int64(r >> (attemptBits + partBits + 1)) }

// next is the attempt after this one.
func (r ref) next() ref { return refTo(r.index(), r.warm(), r.part(), r.attempt()+1) }

// pending holds what is not due yet as a heap in an array, the first one to be
// due at its front. A heap, since late copies and resends of several delays
// meet in it; by hand, because container/heap would allocate for every push.
type pending []entry

func (p pending) before(i, j int) bool {
	if p[i].due != p[j].due {
		return p[i].due < p[j].due
	}
	return p[i].ref < p[j].ref
}

func (p *pending) push(e entry) {
	*p = append(*p, e)
	h := *p
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h.before(i, parent) {
			return
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

// pop takes the front of a heap that is not empty.
func (p *pending) pop() entry {
	h := *p
	front, last := h[0], len(h)-1
	h[0] = h[last]
	h = h[:last]
	*p = h
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h.before(child, least) {
				least = child
			}
		}
		if least == i {
			return front
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
