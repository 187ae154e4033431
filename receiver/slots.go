package receiver

import (
	"sync"
	"time"
)

// slowAfter is how long an import may take before it counts as slow.
const slowAfter = 10 * time.Second

// slots bound the imports that are worked on at once. An import begins in a
// quick slot. One that takes long moves to a slow slot, if there is room, so
// that a few slow downloads don't hold up all others.
type slots struct {
	quick, slow chan struct{} // an entry for each import
}

func newSlots(n int) slots {
	return slots{quick: make(chan struct{}, n), slow: make(chan struct{}, n)}
}

// slot is the place of one import.
type slot struct {
	slots
	timer  *time.Timer
	onSlow func()

	mu     sync.Mutex
	isSlow bool
	ended  bool
}

// occupy takes over an entry of quick that the caller has made. onSlow is called
// when the import moves to a slow slot.
func (s slots) occupy(onSlow func()) *slot {
	p := &slot{slots: s, onSlow: onSlow}
	p.mu.Lock() // timer is set before move reads it
	defer p.mu.Unlock()
	p.timer = time.AfterFunc(slowAfter, p.move)
	return p
}

// move moves the import to a slow slot, or tries again later if all are taken.
func (p *slot) move() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	select {
	case p.slow <- struct{}{}:
		p.isSlow = true
		<-p.quick
		p.onSlow()
	default:
		p.timer.Reset(slowAfter)
	}
}

// release ends the import's stay.
func (p *slot) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.timer.Stop()
	if p.isSlow {
		<-p.slow
	} else {
		<-p.quick
	}
}
