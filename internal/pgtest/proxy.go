package pgtest

import (
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy stands between a client and a server, and can make the network silent:
// connections stay open, new ones are taken, and nothing comes through.
type Proxy struct {
	socket   string // the server's
	listener net.Listener
	silent   atomic.Bool
	refusing atomic.Bool
	running  sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// Through returns the URL of database by way of a new proxy, which ends with the
// test.
func Through(tb testing.TB, database string) (viaProxy string, p *Proxy) {
	tb.Helper()
	u, err := url.Parse(database)
	if err != nil {
		tb.Fatal(err)
	}
	p = &Proxy{socket: u.Query().Get("host") + "/.s.PGSQL.5432", conns: map[net.Conn]struct{}{}}
	if p.listener, err = new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0"); err != nil {
		tb.Fatal(err)
	}
	p.running.Go(p.accept)
	tb.Cleanup(p.close)
	u.Host, u.RawQuery = p.listener.Addr().String(), "sslmode=disable"
	return u.String(), p
}

// Silence makes the network silent.
func (p *Proxy) Silence() { p.silent.Store(true) }

// Refuse ends every connection, old and new, as if no server ran.
func (p *Proxy) Refuse() {
	p.refusing.Store(true)
	p.closeConns()
}

// Resume ends silence and refusal. The connections that were made before are reset,
// because what they lost in it is gone.
func (p *Proxy) Resume() {
	p.silent.Store(false)
	p.refusing.Store(false)
	p.closeConns()
}

func (p *Proxy) close() {
	_ = p.listener.Close() // nobody is left to use it
	p.closeConns()
	p.running.Wait()
}

func (p *Proxy) closeConns() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close() // as a reset does
	}
	clear(p.conns)
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		if p.refusing.Load() {
			_ = client.Close() // as a port does that nobody listens on
			continue
		}
		server, err := net.Dial("unix", p.socket) //nolint:noctx // it ends with the proxy
		if err != nil {
			_ = client.Close() // as refused as can be
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = struct{}{}, struct{}{}
		p.mu.Unlock()
		p.running.Go(func() { p.forward(client, server) })
		p.running.Go(func() { p.forward(server, client) })
	}
}

// forward copies what comes, or swallows it.
func (p *Proxy) forward(to, from net.Conn) {
	_, err := io.Copy(writerFunc(func(b []byte) (int, error) {
		if p.silent.Load() {
			return len(b), nil
		}
		return to.Write(b)
	}), from)
	if p.silent.Load() && !errors.Is(err, net.ErrClosed) {
		return // an end is not heard of either
	}
	_, _ = to.Close(), from.Close() // one of them has ended
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
