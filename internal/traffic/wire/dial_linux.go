package wire

import (
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/scrapehook/scrapehook/internal/oserr"
)

// dialForWaiting begins dials for the sends that wait, within bounds.
func (l *loop) dialForWaiting() {
	for n := l.pacing.allowed(l.now, len(l.waiting), len(l.slots)-l.left-l.open); n > 0 && l.err == nil; n-- {
		l.dial()
		if l.now.Before(l.pacing.until) {
			return // this machine allows no more
		}
	}
}

// dial begins a dial.
func (l *loop) dial() {
	fd, err := l.peer.socket()
	if err != nil {
		l.pacing.limited(err, l.open, l.now)
		return
	}
	if err = syscall.Connect(fd, l.peer.address); l.obstruct != nil {
		if refused := l.obstruct(); refused != nil {
			err = refused
		}
	}
	if err == nil || errors.Is(err, syscall.EINPROGRESS) || errors.Is(err, syscall.EINTR) {
		if ln := l.newLink(fd); ln != nil {
			ln.dial = l.pacing.begin(l.now)
			l.dialed = append(l.dialed, ln)
		}
		return
	}
	_ = syscall.Close(fd) // it has borne nothing
	err = os.NewSyscallError("connect", err)
	if oserr.IsLocal(err) {
		l.pacing.limited(err, l.open, l.now)
		return
	}
	l.dialFailed(err)
}

// dialEnded is told that a dial has ended.
func (l *loop) dialEnded(ln *link) {
	code, err := syscall.GetsockoptInt(ln.fd, syscall.SOL_SOCKET, syscall.SO_ERROR)
	if err == nil && code != 0 {
		err = syscall.Errno(code)
	}
	if err == nil && l.peer.isSelf(ln.fd) {
		err = syscall.ECONNREFUSED
	}
	if err != nil {
		l.close(ln)
		l.dialFailed(os.NewSyscallError("connect", err))
		return
	}
	took := l.now.Sub(ln.dial.at)
	l.endDial(ln)
	l.pacing.succeeded(took)
	l.dials.counted(took)
	l.serve(ln)
}

// endDial notes that a connection is not being dialled any more.
func (l *loop) endDial(ln *link) {
	l.pacing.end(ln.dial)
	l.dialed = without(l.dialed, ln)
	ln.dial = nil
}

// dialFailed tells the send that has waited longest, if there is one still.
func (l *loop) dialFailed(err error) {
	if len(l.waiting) == 0 {
		return
	}
	s := l.waiting[0]
	l.waiting = l.waiting[1:]
	l.end(s, l.peer.failed(err), false)
}

// expireDials closes the dials that have lasted too long. The sends that wait
// have deadlines of their own.
func (l *loop) expireDials(began time.Time) {
	for len(l.dialed) > 0 && l.dialed[0].dial.at.Before(began) {
		l.close(l.dialed[0])
	}
}
