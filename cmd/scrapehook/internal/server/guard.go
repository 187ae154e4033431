package server

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scrapehook/scrapehook/internal/oserr"
)

// maxConns bounds the connections, and reserved the descriptors that are left for
// everything else: the store, the spool, the cloud's API.
const (
	maxConns = 10_000
	reserved = 64
)

// guard bounds the connections of a listener. When there are too many, or no
// descriptor is left, it cuts one that keeps nobody waiting: the one that has
// been idle for longest, or has taken longest to send its request. So slow and
// idle connections can't keep a good client out.
type guard struct {
	listener net.Listener // to serve on
	inner    net.Listener
	limit    int
	log      *slog.Logger
	closed   chan struct{}
	short    shortage // only Accept uses it

	mu    sync.Mutex
	conns map[*guardedConn]struct{}
}

// guardOf returns the guard of listener, which may be of [Listen].
func guardOf(listener net.Listener, log *slog.Logger) *guard {
	g := &guard{inner: listener, limit: connLimit(descriptors()), log: log, closed: make(chan struct{}), conns: map[*guardedConn]struct{}{}}
	g.listener = &guardedListener{g}
	if secure, ok := listener.(*tlsListener); ok {
		g.inner = secure.Listener
		g.listener = tls.NewListener(g.listener, secure.config)
	}
	return g
}

// connLimit returns how many connections there may be with so many descriptors,
// 0 being no limit.
func connLimit(descriptors uint64) int {
	if descriptors == 0 {
		return maxConns
	}
	keep := min(reserved, descriptors*3/4)
	return int(min(maxConns, descriptors-keep))
}

// tlsListener is a listener whose connections are to be secured, by guardOf:
// what is cut must be the connection itself.
type tlsListener struct {
	net.Listener
	config *tls.Config
}

func withTLS(listener net.Listener, certificate *tls.Certificate) net.Listener {
	if certificate == nil {
		return listener
	}
	return &tlsListener{listener, &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12}}
}

// guardedListener is the listener of a guard.
type guardedListener struct{ g *guard }

func (l *guardedListener) Addr() net.Addr { return l.g.inner.Addr() }

func (l *guardedListener) Close() error {
	l.g.mu.Lock()
	defer l.g.mu.Unlock()
	select {
	case <-l.g.closed:
	default:
		close(l.g.closed)
	}
	return l.g.inner.Close()
}

// shortageWait is the pause after a connection could not be accepted.
const shortageWait = 10 * time.Millisecond

// Accept returns the next connection. Where none can be had for want of
// descriptors, it makes room.
func (l *guardedListener) Accept() (net.Conn, error) {
	for g := l.g; ; {
		conn, err := g.inner.Accept()
		if err == nil {
			g.short.end(g.log)
			return g.add(conn), nil
		}
		if !oserr.IsShortage(err) {
			return nil, err
		}
		g.short.note(g.log, err)
		g.mu.Lock()
		g.cutLocked()
		g.mu.Unlock()
		select {
		case <-time.After(shortageWait):
		case <-g.closed:
			return nil, net.ErrClosed
		}
	}
}

func (g *guard) add(conn net.Conn) net.Conn {
	c := &guardedConn{Conn: conn, guard: g}
	c.set(receiving)
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.conns) >= g.limit {
		g.cutLocked()
	}
	g.conns[c] = struct{}{}
	return c
}

// cutLocked cuts the connection that is the least loss. Those whose request is
// being answered stay.
func (g *guard) cutLocked() {
	var victim *guardedConn
	for c := range g.conns {
		if c.phase() != answering && (victim == nil || c.lessThan(victim)) {
			victim = c
		}
	}
	if victim != nil {
		delete(g.conns, victim)
		_ = victim.Conn.Close() // whoever uses it finds out
	}
}

func (g *guard) forget(c *guardedConn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
}

type connKey struct{}

// connContext is the server's ConnContext.
func (g *guard) connContext(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, guarded(conn))
}

// connOf returns the connection of a request, nil if it is none of a guard's.
func connOf(ctx context.Context) *guardedConn {
	c, _ := ctx.Value(connKey{}).(*guardedConn)
	return c
}

// connState is the server's ConnState.
func (g *guard) connState(conn net.Conn, state http.ConnState) {
	c := guarded(conn)
	if c == nil {
		return
	}
	switch state {
	case http.StateActive:
		c.set(receiving)
	case http.StateIdle:
		c.set(idle)
	case http.StateNew, http.StateHijacked, http.StateClosed:
	}
}

func guarded(conn net.Conn) *guardedConn {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	c, _ := conn.(*guardedConn)
	return c
}

// phase is what a connection is about, in the order in which it is cut.
type phase int64

const (
	idle      phase = iota // between two requests
	receiving              // has not sent all of its request
	answering
)

// guardedConn is a connection of a guard.
type guardedConn struct {
	net.Conn
	guard *guard
	state atomic.Int64 // since when, in unix microseconds, times four, and the phase
}

const phases = 4 // a power of two, above the number of phases

func (c *guardedConn) set(p phase) { c.state.Store(time.Now().UnixMicro()*phases + int64(p)) }

func (c *guardedConn) phase() phase { return phase(c.state.Load() % phases) }

// lessThan reports whether c is to be cut rather than other.
func (c *guardedConn) lessThan(other *guardedConn) bool {
	mine, theirs := c.state.Load(), other.state.Load()
	if p, q := mine%phases, theirs%phases; p != q {
		return p < q
	}
	return mine < theirs
}

func (c *guardedConn) Close() error {
	c.guard.forget(c)
	return c.Conn.Close()
}

// shortage logs that connections can't be accepted, and when it is over.
type shortage struct {
	since, logged time.Time
}

// shortageEvery is how often the log says that it goes on.
const shortageEvery = 10 * time.Second

func (s *shortage) note(log *slog.Logger, err error) {
	now := time.Now()
	if s.since.IsZero() {
		s.since = now
	}
	if now.Sub(s.logged) >= shortageEvery {
		s.logged = now
		log.Error("connections can't be accepted: raise the limit of open files (ulimit -n)", "error", err)
	}
}

// shortageOver is how long it must have gone well.
const shortageOver = time.Second

func (s *shortage) end(log *slog.Logger) {
	if !s.since.IsZero() && time.Since(s.logged) > shortageOver {
		log.Warn("connections are accepted again", "after", time.Since(s.since).Round(time.Millisecond))
		s.since = time.Time{}
	}
}
