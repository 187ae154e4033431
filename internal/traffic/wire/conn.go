package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

var (
	errExpired = errors.New("the deadline has passed")
	// errStale: the connection ended, or the endpoint spoke unasked, before
	// anything of the request was written.
	errStale = errors.New("the connection was closed while it was idle")
)

// conn is a connection. One goroutine at a time uses it. What proceed does with
// it is the system's: see conn_unix.go.
type conn struct {
	tcp  net.Conn
	raw  syscall.RawConn
	step func(fd uintptr) bool // onSocket, bound once
	used bool                  // it has borne an exchange
	// since is when it became idle, armed the deadline that the poller has.
	since, armed time.Time
	// The end of the context whose Done this is aborts what the connection does.
	done    <-chan struct{}
	unwatch func() bool

	// Of the exchange that is under way:
	stage stage
	// request holds out, which is what is still to be written of it.
	request *buffer
	out     []byte
	cut     bool    // the endpoint has stopped listening
	in      *buffer // what was read; nil until there is something
	n       int     // of what was read last
	err     error
}

// stage is what the next call of the poller is for.
type stage uint8

const (
	checking stage = iota // that an idle connection is still open and silent
	writing
	reading
)

func newConn(tcp net.Conn) (*conn, error) {
	raw, err := rawConn(tcp)
	if err != nil {
		return nil, err
	}
	cn := &conn{tcp: tcp, raw: raw}
	cn.step = cn.onSocket
	return cn, nil
}

func (cn *conn) close() {
	if cn.unwatch != nil {
		cn.unwatch()
	}
	_ = cn.tcp.Close() // whatever there was to say has been said
}

// endsWith makes the end of ctx abort what the connection does. It reports
// whether the connection is still good: an earlier context's end may have
// aborted it. A load has one context, so this is mostly a comparison.
func (cn *conn) endsWith(ctx context.Context) bool {
	if cn.unwatch != nil {
		if cn.done == ctx.Done() {
			return true
		}
		if !cn.unwatch() {
			return false
		}
	}
	cn.done = ctx.Done()
	cn.unwatch = context.AfterFunc(ctx, func() { _ = cn.tcp.SetDeadline(time.Unix(1, 0)) }) // a closed one needs none
	return true
}

// arm sets the poller's deadline, unless ctx has ended already.
func (cn *conn) arm(ctx context.Context, deadline time.Time) {
	cn.armed = deadline
	_ = cn.tcp.SetDeadline(deadline) // a closed one says so when it is used
	if ctx.Err() != nil {
		_ = cn.tcp.SetDeadline(time.Unix(1, 0))
	}
}

// fresh is for how long an idle connection is taken to be open. Looking costs a
// system call, and what is used again at once could close after the look as well.
const fresh = 100 * time.Microsecond

// perform makes one exchange and reports whether the connection can bear
// another. It gives
// request back.
func (cn *conn) perform(ctx context.Context, x *exchange, request *buffer) (keep bool, err error) {
	// Setting the deadline is dear, so the poller has one of some earlier
	// exchange, mostly. Should that pass while this one waits, it is set anew.
	if limit := x.deadline.Sub(x.started); x.deadline.Sub(cn.armed) > limit/2 {
		cn.arm(ctx, x.deadline)
	}
	cn.stage, cn.request, cn.out, cn.cut, cn.in = writing, request, request.b, false, nil
	if cn.used && x.started.Sub(cn.since) > fresh {
		cn.stage = checking
	}
	cn.used = true
	written := func() bool { return cn.request == nil && !cn.cut }
	err = cn.poll(ctx, x.deadline)
	if err == nil && len(cn.out) > 0 { // the endpoint does not take it at once
		written = cn.writeRest(ctx, x.deadline)
		err = cn.read(ctx, x.deadline, nil)
	}
	if err == nil && cn.n == 0 {
		err = io.EOF
	}
	if err == nil {
		x.begun = true
		keep, err = cn.answer(ctx, x)
	}
	x.sent = written()
	cn.release()
	return keep && x.sent, err
}

// resume goes on with an exchange whose request was written elsewhere: in is what
// was read of the answer, cause what came after that, if it is known.
func (cn *conn) resume(ctx context.Context, x *exchange, in *buffer, cause error) (keep bool, err error) {
	cn.in, cn.stage = in, reading
	cn.endsWith(ctx)
	cn.arm(ctx, x.deadline)
	if cause != nil {
		keep, err = cn.foreign(ctx, x, cause)
	} else {
		keep, err = cn.answer(ctx, x)
	}
	cn.release()
	return keep && x.sent, err
}

// release gives back what the exchange needed.
func (cn *conn) release() {
	if cn.request != nil {
		buffers.put(cn.request)
	}
	if cn.in != nil {
		buffers.put(cn.in)
	}
	cn.request, cn.out, cn.in = nil, nil, nil
}

// lastWrite is how long an answer that came early waits for its request; as
// net/http's.
const lastWrite = 50 * time.Millisecond

// writeRest writes what the endpoint did not take at once, while its answer is
// read: it may be the answer that ends the writing. written waits for the end of
// it, and reports whether all was written.
func (cn *conn) writeRest(ctx context.Context, deadline time.Time) (written func() bool) {
	cn.arm(ctx, deadline)
	result := make(chan bool, 1)
	rest := cn.out
	go func() {
		_, err := cn.tcp.Write(rest)
		result <- err == nil
	}()
	return func() bool {
		select {
		case whole := <-result:
			return whole
		case <-time.After(lastWrite): // the answer is here, and nobody waits for the rest
			_ = cn.tcp.Close()
			<-result
			return false
		}
	}
}

// poll waits until proceed is done, the deadline has passed, or ctx has ended.
func (cn *conn) poll(ctx context.Context, deadline time.Time) error {
	for {
		cn.n, cn.err = 0, nil
		err := cn.proceed()
		if err == nil {
			return cn.err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if !time.Now().Before(deadline) {
			return errExpired
		}
		cn.arm(ctx, deadline)
	}
}
