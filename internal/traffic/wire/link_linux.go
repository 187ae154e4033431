package wire

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
)

// link is a connection of a loop.
type link struct {
	number int32
	fd     int
	dial   *dialBegun // nil when it is open
	used   bool       // it has borne a send
	since  time.Time  // when it became idle
	slot   *slot      // whose send it bears; nil when none
	unsent []byte     // of the request
	in     []byte     // where answers are read
	got    int        // bytes of in, while the head is not whole
}

// idle reports whether a connection is free.
func (ln *link) idle() bool { return ln.dial == nil && ln.slot == nil }

// inSize is how much of an answer is read at once.
const inSize = bufferSize

// adopted takes a connection that was dialled elsewhere.
func (l *loop) adopted(fd int) {
	ln := l.newLink(fd)
	if ln == nil {
		return
	}
	l.serve(ln)
}

// newLink watches a socket. Where it can't, the socket is closed, and the loop
// ends.
func (l *loop) newLink(fd int) *link {
	last := len(l.numbers) - 1 // there is one: there are as many as connections may be open
	number := l.numbers[last]
	if err := l.poller.add(fd, number); err != nil {
		_ = syscall.Close(fd) // it has borne nothing
		l.fail(err)
		return nil
	}
	ln := &link{number: number, fd: fd, in: make([]byte, inSize)}
	l.numbers = l.numbers[:last]
	l.links[number] = ln
	l.open++
	return ln
}

// takeIdle returns the connection that was used last, or nil. One that was idle
// for a while is looked at first, since its end may not have been told yet.
func (l *loop) takeIdle(now time.Time) *link {
	for len(l.idle) > 0 {
		last := len(l.idle) - 1
		ln := l.idle[last]
		l.idle = l.idle[:last]
		age := now.Sub(ln.since)
		if ln.used && (age > l.idleFor || (age > fresh && !ln.silent())) {
			l.close(ln)
			continue
		}
		return ln
	}
	return nil
}

// patienceWith is how long a connection may be idle.
func (l *loop) patienceWith(ln *link) time.Duration {
	if !ln.used {
		return min(unneeded, l.idleFor)
	}
	return l.idleFor
}

// silent reports whether a connection is open and nothing came unasked.
func (ln *link) silent() bool {
	_, err := retried(syscall.Read, uintptr(ln.fd), ln.in[:1])
	return errors.Is(err, syscall.EAGAIN)
}

// close closes a connection, whatever it does.
func (l *loop) close(ln *link) {
	l.forget(ln)
	_ = syscall.Close(ln.fd) // whatever there was to say has been said
}

// release makes a connection one of the client's; nil if that fails.
func (l *loop) release(ln *link) *conn {
	l.forget(ln)
	if err := l.poller.remove(ln.fd); err != nil {
		_ = syscall.Close(ln.fd) // it is good for nothing
		return nil
	}
	cn, err := adopt(ln.fd)
	if err != nil {
		return nil
	}
	l.adoptConn()
	return cn
}

func (l *loop) forget(ln *link) {
	if ln.dial != nil {
		l.endDial(ln)
	}
	l.links[ln.number] = nil
	l.numbers = append(l.numbers, ln.number)
	l.open--
}

// send writes a request and waits for what comes.
func (l *loop) send(s *slot, ln *link) {
	s.link, ln.slot = ln, s
	ln.unsent, ln.got = s.out, 0
	ln.used, s.x.connected = true, true
	l.write(ln)
}

// write writes as much of the request as the socket takes.
func (l *loop) write(ln *link) {
	x := &ln.slot.x
	n, err := retried(syscall.Write, uintptr(ln.fd), ln.unsent)
	ln.unsent = ln.unsent[max(0, n):]
	switch {
	case err == nil:
		x.sent = len(ln.unsent) == 0
	case errors.Is(err, syscall.EAGAIN):
	case errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET):
		ln.unsent = nil // the endpoint listens no more, but its answer may be on its way
		l.read(ln, hungUp)
	default:
		l.end(ln.slot, os.NewSyscallError("write", err), false)
	}
}

// handle goes on with a connection of which the poller tells.
func (l *loop) handle(ln *link, events uint32) {
	if ln == nil {
		return // an earlier event of this turn was its end
	}
	switch {
	case ln.dial != nil:
		l.dialEnded(ln)
	case ln.idle():
		if events&^writable != 0 { // it has ended, or speaks unasked
			l.idle = without(l.idle, ln)
			l.close(ln)
		}
	default:
		s := ln.slot
		if events&writable != 0 && len(ln.unsent) > 0 {
			l.write(ln)
		}
		if ln.slot == s && events&^writable != 0 {
			l.read(ln, events)
		}
	}
}

// read reads what has come of an answer. Less than there is room for was all
// there is, unless the endpoint has ended the connection, which is to be seen.
func (l *loop) read(ln *link, events uint32) {
	for ln.slot != nil {
		into := ln.in[ln.got:]
		n, err := retried(syscall.Read, uintptr(ln.fd), into)
		if errors.Is(err, syscall.EAGAIN) {
			if events&hungUp != 0 && ln.unsent == nil && !ln.slot.x.sent {
				l.broken(ln, os.NewSyscallError("write", syscall.EPIPE))
			}
			return
		}
		switch {
		case err != nil:
			l.broken(ln, os.NewSyscallError("read", err))
		case n == 0:
			l.broken(ln, io.EOF)
		case l.received(ln, n, events&hungUp != 0 || n == len(into)):
			return
		case n < len(into) && events&hungUp == 0:
			return
		}
	}
}

// received takes n more bytes of an answer, as conn's answer and body do, and
// reports whether the send has ended. more says that there may be more to read
// than was asked for.
func (l *loop) received(ln *link, n int, more bool) (ended bool) {
	s := ln.slot
	x := &s.x
	x.begun = true
	if x.drop {
		x.dropped = true
		l.end(s, nil, false)
		return true
	}
	if x.headed {
		x.body += int64(n)
	} else {
		ln.got += n
		h, finding := parse(ln.in[:ln.got])
		switch {
		case finding == simple:
			x.head, x.headed, x.body = h, true, int64(ln.got-h.size)
			ln.got = 0
		case finding == foreign || ln.got == len(ln.in):
			l.foreign(ln, nil)
			return true
		default:
			return false
		}
	}
	if x.body < x.head.length {
		return false
	}
	keep := x.head.keep && x.body == x.head.length && !more
	x.body = x.head.length
	l.end(s, nil, keep)
	return true
}

// broken ends a send before its answer was whole.
func (l *loop) broken(ln *link, err error) {
	switch x := &ln.slot.x; {
	case x.begun && !x.headed:
		l.foreign(ln, err)
	case x.headed && errors.Is(err, io.EOF):
		l.end(ln.slot, io.ErrUnexpectedEOF, false)
	default:
		l.end(ln.slot, err, false)
	}
}

// foreign leaves a slot whose answer net/http is to read: its connection, with
// what was read so far, is a conn's from now on. cause is what came after that,
// if it is known.
func (l *loop) foreign(ln *link, cause error) {
	s := ln.slot
	x, answer := s.x, buffers.get()
	answer.b = append(answer.b[:0], ln.in[:ln.got]...)
	s.link, ln.slot = nil, nil
	cn := l.release(ln)
	l.leave(s, func() delivery.Attempt {
		if cn == nil {
			buffers.put(answer)
			return l.concluded(l.ctx, &x, time.Now(), errRelease)
		}
		keep, err := cn.resume(l.ctx, &x, answer, cause)
		now := time.Now()
		if keep {
			l.put(cn, now)
		} else {
			l.drop(cn)
		}
		return l.concluded(l.ctx, &x, now, err)
	})
}

var errRelease = errors.New("the connection could not be taken out of its loop")

// without removes a connection from a list whose order matters.
func without(list []*link, ln *link) []*link {
	for i, other := range list {
		if other == ln {
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}
