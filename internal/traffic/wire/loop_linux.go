package wire

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/oserr"
)

// loop is a [Client.Loop] that is under way. Its sends and its connections are
// not bound to each other: a send that waits takes whichever connection comes
// first, one that is free again or one that was dialled.
type loop struct {
	*Client
	ctx context.Context //nolint:containedctx // it is that of one call, which all below belongs to
	work
	poller *poller
	peer   *peer
	slots  []slot
	// free are to begin a send; waiting have one that needs a connection, in the
	// order of their deadlines.
	free    []*slot
	waiting []*slot
	left    int // how many slots the loop has done with
	pacing  pacing
	dialed  []*link // connections that are being dialled, in the order of their time
	open    int     // connections, those included
	links   []*link // by the number of their events; nil is not in use
	numbers []int32 // those that are not in use
	idle    []*link // the one that was used last is the last one
	now     time.Time
	due     time.Time // not after the first deadline; zero if none is known
	err     error     // ends the loop
}

// slot has one send after the other.
type slot struct {
	i    int
	x    exchange
	out  []byte // the request
	link *link  // nil while there is none
}

// outSize is how long a request may be; a longer one leaves the loop.
const outSize = 2 << 10

// stopNumber is the number of the pipe that tells that the context has ended.
const stopNumber = -1

func (c *Client) loop(ctx context.Context, connections int, w work) (err error) {
	l := &loop{Client: c, ctx: ctx, work: w, slots: make([]slot, connections), links: make([]*link, connections)}
	if l.poller, err = newPoller(); err != nil {
		return fmt.Errorf("making a loop: %w", err)
	}
	defer l.poller.close()
	unwatch, err := l.watchContext()
	if err != nil {
		return fmt.Errorf("making a loop: %w", err)
	}
	defer unwatch()
	for i := range l.slots {
		l.slots[i].i = i
		l.free = append(l.free, &l.slots[i])
		l.numbers = append(l.numbers, int32(i))
	}
	l.now = time.Now()
	peer, first, err := c.dialPeer(ctx)
	if err != nil {
		l.leaveUnreached(err)
		return nil
	}
	l.peer = peer
	l.adopted(first)
	l.run()
	l.closeLinks()
	return l.err
}

// watchContext has the poller tell when the context ends.
func (l *loop) watchContext() (unwatch func(), err error) {
	stopped, stop, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	after := context.AfterFunc(l.ctx, func() { _ = stop.Close() })
	unwatch = func() {
		after()
		_ = errors.Join(stop.Close(), stopped.Close()) // nothing is written to it
	}
	if err := l.poller.add(int(stopped.Fd()), stopNumber); err != nil {
		unwatch()
		return nil, err
	}
	return unwatch, nil
}

// leaveUnreached leaves all slots because the first connection could not be
// dialled. A send bears that error, unless it is of this machine: then each waits,
// outside of the loop, until there is room.
func (l *loop) leaveUnreached(err error) {
	x := exchange{started: l.now}
	if oserr.IsLocal(err) {
		l.work.leave(0, nil)
	} else if _, ok := l.next(0); ok {
		ended := time.Now()
		l.work.leave(0, func() delivery.Attempt { return l.concluded(l.ctx, &x, ended, err) })
	} else {
		l.work.leave(0, nil)
	}
	for i := range l.slots[1:] {
		l.work.leave(1+i, nil)
	}
}

// run turns until all slots were left: sends are begun, and go on by what the
// poller tells.
func (l *loop) run() {
	for {
		l.beginAll()
		if l.left == len(l.slots) || l.err != nil {
			return
		}
		l.dialForWaiting()
		events, err := l.poller.wait(l.patience())
		if err != nil {
			l.fail(err)
			return
		}
		l.now = time.Now()
		for i := range events {
			if number := events[i].Fd; number != stopNumber {
				l.handle(l.links[number], events[i].Events)
			}
		}
		l.watch()
	}
}

// beginAll begins what the free slots send next. What fails at once begins anew
// in the next turn, so that a turn ends.
func (l *loop) beginAll() {
	free := l.free
	l.free = nil
	for _, s := range free {
		l.begin(s)
	}
	if l.free == nil {
		l.free = free[:0]
	}
}

// begin begins a slot's next send, or leaves the slot.
func (l *loop) begin(s *slot) {
	r, ok := l.next(s.i)
	if !ok {
		l.leave(s, nil)
		return
	}
	if l.check(r) != nil || l.ctx.Err() != nil || l.requestSize(r.Body) > outSize {
		l.leave(s, func() delivery.Attempt { return l.Do(l.ctx, r) })
		return
	}
	now := time.Now()
	s.x = exchange{started: now, deadline: now.Add(l.profile.Timeout), drop: r.DropAnswer}
	s.out = l.appendRequest(s.out[:0], r.Body)
	if l.due.IsZero() {
		l.due = s.x.deadline
	}
	if ln := l.takeIdle(now); ln != nil {
		l.send(s, ln)
		return
	}
	l.waiting = append(l.waiting, s)
}

// serve gives a connection to the send that has waited longest, or keeps it.
func (l *loop) serve(ln *link) {
	if len(l.waiting) == 0 {
		ln.since = l.now
		l.idle = append(l.idle, ln)
		return
	}
	s := l.waiting[0]
	l.waiting = l.waiting[1:]
	l.send(s, ln)
}

// end tells how a send has ended, and frees its slot and its connection.
func (l *loop) end(s *slot, err error, keep bool) {
	ln := s.link
	s.link = nil
	if ln != nil {
		ln.slot = nil
	}
	l.ended(s.i, l.concluded(l.ctx, &s.x, l.now, err))
	l.free = append(l.free, s)
	switch {
	case ln == nil:
	case keep && s.x.sent:
		l.serve(ln)
	default:
		l.close(ln)
	}
}

// leave leaves a slot. Connections that are then too many are the client's, like
// any other that is idle.
func (l *loop) leave(s *slot, rest func() delivery.Attempt) {
	l.left++
	for len(l.idle) > 0 && l.open > len(l.slots)-l.left {
		last := len(l.idle) - 1
		ln := l.idle[last]
		l.idle = l.idle[:last]
		if cn := l.release(ln); cn != nil {
			l.put(cn, l.now)
		}
	}
	l.work.leave(s.i, rest)
}

// fail ends the loop because of an error of ours.
func (l *loop) fail(err error) {
	if l.err == nil {
		l.err = err
	}
}

// closeLinks closes what the loop still has when it ends.
func (l *loop) closeLinks() {
	for _, ln := range l.links {
		switch {
		case ln == nil:
		case ln.idle() && l.err == nil:
			if cn := l.release(ln); cn != nil {
				l.put(cn, l.now)
			}
		default:
			l.close(ln)
		}
	}
}
