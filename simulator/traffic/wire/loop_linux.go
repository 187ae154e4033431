package wire

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/simulator/traffic/wire/uring"
)

// loop is a [Client.Loop] that is under way.
type loop struct {
	*Client
	ctx context.Context //nolint:containedctx // it is that of one call, which all below belongs to
	work
	ring  *uring.Ring
	peer  *peer
	lines []line
	// free are to begin an exchange; begun have done so in this turn.
	free, begun []*line
	sends       int       // of this turn
	left        int       // how many lines the loop has done with
	now         time.Time // when this turn's operations ended
	due         time.Time // not after the first deadline; zero if none is known
	stopping    bool      // ctx has ended
	err         error     // of the ring
}

// line is a connection of a loop, or the place of one.
type line struct {
	i       int
	fd      int
	state   state
	pending uint8  // a bit for each operation that the ring has
	out, in []byte // where the kernel reads and writes
	x       exchange
	got     int   // bytes of in, while the head is not whole
	keep    bool  // the connection may bear another exchange
	err     error // how the exchange ends, or why it was cancelled
}

type state uint8

const (
	dialling state = iota
	exchanging
	ending  // the outcome is known, and an operation still pending
	leaving // the same, and net/http is to tell the outcome
)

// A line's buffers. A request that does not fit is none for a loop.
const (
	outSize = 2 << 10
	inSize  = bufferSize
)

// An operation's user is what it is for, and below that the line's number.
const (
	forConnect = iota
	forSend
	forRecv
	forCancel
	forTick
	operations
)

func (ln *line) user(operation int) uint64 { return uint64(operation)<<32 | uint64(ln.i) } //nolint:gosec // neither is negative

// glance is how often a loop looks whether a deadline has passed, or its context
// has ended.
const glance = 2 * time.Millisecond

// An answer waits for others, of an eighth of the connections at most, but not for
// long: so a loop is woken less often, and does not wake the endpoint for each.
const (
	company       = 8
	companyWithin = 50 * time.Microsecond
)

func (c *Client) loop(ctx context.Context, connections int, w work) (err error) {
	runtime.LockOSThread() // the ring is a thread's
	defer runtime.UnlockOSThread()
	var pinned runtime.Pinner
	defer pinned.Unpin()
	l := &loop{Client: c, ctx: ctx, work: w, lines: make([]line, connections)}
	if l.ring, err = uring.New(min(operations*connections, 1<<14)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.ring.Close()) }()
	for i := range l.lines {
		l.lines[i].i, l.lines[i].fd = i, -1
	}
	first := &l.lines[0]
	l.now = time.Now()
	if l.peer, first.fd, err = c.dialPeer(ctx); err != nil {
		l.leaveUnreached(err)
		return nil
	}
	memory := make([]byte, connections*(outSize+inSize))
	pinned.Pin(&memory[0])
	pinned.Pin(&l.peer.address[0])
	for i := range l.lines {
		ln := &l.lines[i]
		ln.out, memory = memory[:0:outSize], memory[outSize:]
		ln.in, memory = memory[:inSize:inSize], memory[inSize:]
		l.free = append(l.free, ln)
	}
	l.run()
	for i := range l.lines {
		l.close(&l.lines[i]) // there is one only if the ring has failed
	}
	return l.err
}

// leaveUnreached leaves all lines because the first one could not be dialled.
func (l *loop) leaveUnreached(err error) {
	x := exchange{started: l.now}
	if _, ok := l.next(0); ok {
		ended := time.Now()
		l.leave(&l.lines[0], func() delivery.Attempt { return l.concluded(l.ctx, &x, ended, err) })
	} else {
		l.leave(&l.lines[0], nil)
	}
	for i := range l.lines[1:] {
		l.leave(&l.lines[1+i], nil)
	}
}

// run turns until all lines were left: exchanges are begun and submitted, and go
// on by what the ring has done.
func (l *loop) run() {
	l.now = time.Now()
	l.note(l.ring.Tick(glance, forTick<<32))
	for l.err == nil {
		for len(l.free) > 0 {
			ln := l.free[len(l.free)-1]
			l.free = l.free[:len(l.free)-1]
			l.begin(ln)
		}
		if l.left == len(l.lines) {
			return
		}
		l.submit()
		l.ring.Reap(l.completed)
	}
}

// begin begins a line's next exchange, or leaves the line.
func (l *loop) begin(ln *line) {
	r, ok := l.next(ln.i)
	if !ok {
		l.leave(ln, nil)
		return
	}
	ln.x = exchange{started: l.now, deadline: l.now.Add(l.profile.Timeout), drop: r.DropAnswer}
	ln.state, ln.got, ln.keep, ln.err = exchanging, 0, false, nil
	err := l.check(r)
	if err != nil || l.stopping || l.requestSize(r.Body) > outSize {
		l.leave(ln, func() delivery.Attempt { return l.Do(l.ctx, r) })
		return
	}
	ln.out = l.appendRequest(ln.out[:0], r.Body)
	l.begun = append(l.begun, ln)
	if ln.fd >= 0 {
		l.exchange(ln)
		return
	}
	if ln.fd, err = l.peer.socket(); err != nil {
		l.end(ln, l.peer.failed(err))
		return
	}
	ln.state = dialling
	l.started(ln, forConnect, l.ring.Connect(ln.fd, l.peer.address, ln.user(forConnect)))
}

// exchange writes the request, and waits for what comes.
func (l *loop) exchange(ln *line) {
	ln.x.connected = true
	l.sends++
	l.started(ln, forSend, l.ring.Send(ln.fd, ln.out, ln.user(forSend)))
	l.receive(ln, ln.in)
}

func (l *loop) receive(ln *line, into []byte) {
	if ln.err != nil { // it was cancelled
		l.end(ln, ln.err)
		return
	}
	l.started(ln, forRecv, l.ring.Recv(ln.fd, into, ln.user(forRecv)))
}

// started notes that an operation of the line is the ring's.
func (l *loop) started(ln *line, operation int, err error) {
	ln.pending |= 1 << operation
	l.note(err)
}

// note keeps the ring's first error, which ends the loop.
func (l *loop) note(err error) {
	if l.err == nil {
		l.err = err
	}
}

// submit has the kernel make what was begun, and waits until something has ended
// or is to be cancelled.
func (l *loop) submit() {
	now := time.Now()
	for _, ln := range l.begun {
		ln.x.started, ln.x.deadline = now, now.Add(l.profile.Timeout)
	}
	if len(l.begun) > 0 && l.due.IsZero() {
		l.due = now.Add(l.profile.Timeout)
	}
	l.begun = l.begun[:0]
	// What is written has ended at once, mostly, so that is no news.
	l.note(l.ring.Wait(l.sends+1, min(company, (len(l.lines)-l.left)/8), companyWithin))
	l.sends = 0
	l.now = time.Now()
}

// completed goes on with the line whose operation has ended.
func (l *loop) completed(c uring.Completion) {
	operation := c.User >> 32
	switch operation {
	case forCancel: // it came too late
		return
	case forTick:
		l.watch()
		l.note(l.ring.Tick(glance, c.User))
		return
	}
	ln := &l.lines[uint32(c.User)] //nolint:gosec // the lower half
	ln.pending &^= 1 << operation
	switch {
	case ln.state == ending || ln.state == leaving:
		l.settle(ln)
	case operation == forConnect:
		l.connected(ln, c.Err())
	case operation == forSend:
		l.sent(ln, int(c.Result), c.Err())
	case operation == forRecv:
		l.received(ln, int(c.Result), c.Err())
	}
}

func (l *loop) connected(ln *line, err error) {
	switch {
	case ln.err != nil:
		l.end(ln, ln.err)
	case err != nil:
		l.end(ln, l.peer.failed(os.NewSyscallError("connect", err)))
	default:
		ln.state = exchanging
		l.exchange(ln)
	}
}

func (l *loop) sent(ln *line, n int, err error) {
	ln.x.sent = n == len(ln.out)
	if err == nil || errors.Is(err, syscall.ECANCELED) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return // the answer may be on its way
	}
	l.cancel(ln, os.NewSyscallError("write", err))
}

// received takes n more bytes of an answer, as conn's answer and body do.
func (l *loop) received(ln *line, n int, err error) {
	switch {
	case ln.err != nil && err != nil:
		err = ln.err
	case err != nil:
		err = os.NewSyscallError("read", err)
	case n == 0:
		err = io.EOF
	}
	x := &ln.x
	if err != nil {
		l.broken(ln, err)
		return
	}
	x.begun = true
	if x.drop {
		x.dropped = true
		l.end(ln, nil)
		return
	}
	if x.headed {
		x.body += int64(n)
	} else {
		ln.got += n
		h, finding := parse(ln.in[:ln.got])
		switch {
		case finding == simple:
			x.head, x.headed, x.body = h, true, int64(ln.got-h.size)
		case finding == foreign || ln.got == len(ln.in):
			l.foreign(ln, nil)
			return
		default:
			l.receive(ln, ln.in[ln.got:])
			return
		}
	}
	if x.body < x.head.length {
		l.receive(ln, ln.in)
		return
	}
	ln.keep = x.head.keep && x.body == x.head.length
	x.body = x.head.length
	l.end(ln, nil)
}

// broken ends an exchange before its answer was whole.
func (l *loop) broken(ln *line, err error) {
	switch x := &ln.x; {
	case x.begun && !x.headed:
		l.foreign(ln, err)
	case x.headed && errors.Is(err, io.EOF):
		l.end(ln, io.ErrUnexpectedEOF)
	default:
		l.end(ln, err)
	}
}

// end ends a line's exchange; a request that is still being written is given up.
func (l *loop) end(ln *line, err error) {
	ln.state, ln.err = ending, err
	l.giveUp(ln)
	l.settle(ln)
}

// foreign is end for an answer that net/http is to read; err is what came after
// its first bytes, if it is known.
func (l *loop) foreign(ln *line, err error) {
	ln.state, ln.err = leaving, err
	l.giveUp(ln)
	l.settle(ln)
}

// cancel makes an exchange end with err, unless it has just ended.
func (l *loop) cancel(ln *line, err error) {
	ln.err = err
	l.giveUp(ln)
}

// giveUp cancels what is pending.
func (l *loop) giveUp(ln *line) {
	for operation := range forCancel {
		if ln.pending&(1<<operation) != 0 {
			l.note(l.ring.Cancel(ln.user(operation), ln.user(forCancel)))
		}
	}
}

// settle tells of an exchange whose outcome is known, once the kernel has done
// with it.
func (l *loop) settle(ln *line) {
	switch {
	case ln.pending != 0:
	case ln.state == leaving:
		l.handOver(ln)
	default:
		if !ln.keep || !ln.x.sent {
			l.close(ln)
		}
		l.ended(ln.i, l.concluded(l.ctx, &ln.x, l.now, ln.err))
		l.free = append(l.free, ln)
	}
}

// handOver leaves a line whose connection, with what was read of the answer, is a
// conn's from now on.
func (l *loop) handOver(ln *line) {
	x, cause, answer := ln.x, ln.err, buffers.get()
	answer.b = append(answer.b[:0], ln.in[:ln.got]...)
	cn, err := adopt(ln.fd)
	ln.fd = -1
	l.leave(ln, func() delivery.Attempt {
		if err != nil {
			buffers.put(answer)
			return l.concluded(l.ctx, &x, time.Now(), err)
		}
		keep, err := cn.resume(l.ctx, &x, answer, cause)
		now := time.Now()
		if keep {
			l.put(cn, now)
		} else {
			cn.close()
		}
		return l.concluded(l.ctx, &x, now, err)
	})
}

// leave leaves a line. Its connection, if it is open, is the client's, like any
// other that is idle.
func (l *loop) leave(ln *line, rest func() delivery.Attempt) {
	if ln.fd >= 0 {
		cn, err := adopt(ln.fd)
		ln.fd = -1
		if err == nil {
			l.put(cn, l.now)
		}
	}
	l.left++
	l.work.leave(ln.i, rest)
}

func (l *loop) close(ln *line) {
	if ln.fd >= 0 {
		_ = syscall.Close(ln.fd) // whatever there was to say has been said
		ln.fd = -1
	}
}

// watch cancels what has lasted too long, and everything when the context has
// ended.
func (l *loop) watch() {
	switch {
	case l.ctx.Err() != nil && !l.stopping:
		l.stopping = true
		l.underWay(func(ln *line) { l.cancel(ln, l.ctx.Err()) })
	case !l.due.IsZero() && !l.now.Before(l.due):
		l.due = time.Time{}
		l.underWay(func(ln *line) {
			switch deadline := ln.x.deadline; {
			case !l.now.Before(deadline):
				l.cancel(ln, errExpired)
			case l.due.IsZero() || deadline.Before(l.due):
				l.due = deadline
			}
		})
	}
}

func (l *loop) underWay(f func(*line)) {
	for i := range l.lines {
		if ln := &l.lines[i]; ln.pending != 0 && ln.err == nil && ln.state <= exchanging {
			f(ln)
		}
	}
}
