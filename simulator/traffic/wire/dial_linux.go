package wire

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// dialing paces the dials of a loop. An endpoint whose queue of connections is
// full drops a dial, which the kernel repeats after a second, then two, then
// four. So dials begin with a few, and grow by each one that succeeds at once; one
// that is late halves them. A dial that was probably dropped does not keep others
// from trying: room in the queue may come sooner than its repetition.
type dialing struct {
	open  int // connections, those that are dialled included
	limit int // of dials that may still succeed at once
	dials []*link
	// refused is why this machine allows no more connections, for now; until is
	// when that is tried again.
	refused error
	until   time.Time
}

const (
	firstDials = 16
	leastDials = 2
	// lateDial is how long after its begin a dial has probably been dropped. The
	// kernel repeats it after a second.
	lateDial = 500 * time.Millisecond
	// tryAgain is how long this machine's limits are not tested again.
	tryAgain = 100 * time.Millisecond
)

// fresh is how many dials may still succeed at once.
func (d *dialing) fresh(now time.Time) int {
	n := 0
	for _, ln := range d.dials {
		if now.Sub(ln.since) < lateDial {
			n++
		}
	}
	return n
}

// next is when there may be another dial without any event; zero is never.
func (d *dialing) next(now time.Time) time.Time {
	if now.Before(d.until) {
		return d.until
	}
	for _, ln := range d.dials { // they are in the order in which they began
		if late := ln.since.Add(lateDial); now.Before(late) {
			return late
		}
	}
	return time.Time{}
}

func (d *dialing) remove(ln *link) { d.dials = without(d.dials, ln) }

// expire closes the dials that began before a time.
func (d *dialing) expire(l *loop, before time.Time) {
	for len(d.dials) > 0 && d.dials[0].since.Before(before) {
		l.close(d.dials[0])
	}
}

// dialForWaiting begins a dial for each send that waits, within bounds.
func (l *loop) dialForWaiting() {
	d := &l.dialing
	if len(l.waiting) == 0 || l.now.Before(d.until) {
		return
	}
	room := len(l.slots) - l.left - d.open
	for n := min(room, min(d.limit, len(l.waiting))-d.fresh(l.now)); n > 0 && l.err == nil; n-- {
		if !l.dial() {
			return
		}
	}
}

// dial begins a dial, and reports whether there may be more of them.
func (l *loop) dial() (more bool) {
	fd, err := l.peer.socket()
	if err != nil {
		return l.limited(err)
	}
	err = syscall.Connect(fd, l.peer.address)
	switch {
	case err == nil || errors.Is(err, syscall.EINPROGRESS) || errors.Is(err, syscall.EINTR):
	case isLocal(err):
		_ = syscall.Close(fd) // it has borne nothing
		return l.limited(os.NewSyscallError("connect", err))
	default:
		_ = syscall.Close(fd) // it has borne nothing
		return l.dialFailed(err)
	}
	l.dialing.refused = nil
	if ln := l.newLink(fd); ln != nil {
		ln.state = dialling
		l.dialing.dials = append(l.dialing.dials, ln)
	}
	return true
}

// isLocal reports whether an error is of this machine, not of the endpoint.
func isLocal(err error) bool {
	for _, local := range []error{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL, syscall.EAGAIN,
	} {
		if errors.Is(err, local) {
			return true
		}
	}
	return false
}

// limited notes that this machine allows no more connections: those that are
// there must do, and it is tried again later. Without any, and nothing that could
// change that, the loop ends.
func (l *loop) limited(err error) (more bool) {
	l.dialing.refused = fmt.Errorf("this machine allows no more connections (%d are open): %w", l.dialing.open, err)
	l.dialing.until = l.now.Add(tryAgain)
	return false
}

// dialled is told that a dial has ended.
func (l *loop) dialled(ln *link) {
	code, err := syscall.GetsockoptInt(ln.fd, syscall.SOL_SOCKET, syscall.SO_ERROR)
	if err == nil && code != 0 {
		err = syscall.Errno(code) //nolint:gosec // an error's number is small
	}
	if err == nil && l.peer.isSelf(ln.fd) {
		err = syscall.ECONNREFUSED
	}
	if err != nil {
		l.close(ln)
		l.dialFailed(err)
		return
	}
	l.dialing.remove(ln)
	ln.state = idle
	l.count(l.now.Sub(ln.since))
	l.serve(ln)
}

// count learns from how long a dial took.
func (l *loop) count(took time.Duration) {
	l.dials.counted(took)
	if took < lateDial {
		l.dialing.limit = min(l.dialing.limit+1, len(l.slots))
	} else {
		l.dialing.limit = max(l.dialing.limit/2, leastDials)
	}
}

// dialFailed tells the send that has waited longest.
func (l *loop) dialFailed(err error) (more bool) {
	if len(l.waiting) == 0 {
		return false // none needs it any more
	}
	s := l.waiting[0]
	l.waiting = l.waiting[1:]
	l.end(s, l.peer.failed(os.NewSyscallError("connect", err)), false)
	return true
}
