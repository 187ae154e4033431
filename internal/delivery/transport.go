package delivery

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/scrapehook/scrapehook/internal/oserr"
)

// maxAnswerHead is how many bytes an answer's head may have.
const maxAnswerHead = 64 << 10

// NewTransport returns a transport that does to the wire what a [Client] says
// and nothing else:
//
//   - Each attempt has a fresh connection, which is also why none is ever
//     replayed: net/http silently repeats a request only on a reused one. The
//     endpoint is not told: "Connection: close" is not sent.
//   - HTTP/1.1 only, and no compression is asked for.
//   - Certificates are verified; set TLSClientConfig before the first use (on
//     this transport, not on a Clone of it) for anything else.
//   - Proxies of the environment are ignored: an attempt's times and outcome
//     are the endpoint's, not a proxy's.
//   - Dialing and the handshake end with the attempt. net/http by itself lets
//     them go on in the background.
func NewTransport() *http.Transport {
	var dialer net.Dialer
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		return dialer.DialContext(attemptContext(ctx), network, addr)
	}
	t := &http.Transport{
		MaxIdleConnsPerHost:    -1,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxAnswerHead,
		Protocols:              new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return newConn(tapped(ctx, c)), nil
	}
	t.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		secure, err := handshake(attemptContext(ctx), c, addr, t.TLSClientConfig)
		if err != nil {
			_ = c.Close() // the handshake's error says it all
			return nil, &handshakeError{err}
		}
		return newConn(tapped(ctx, secure)), nil
	}
	return t
}

func handshake(ctx context.Context, c net.Conn, addr string, config *tls.Config) (net.Conn, error) {
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config.ServerName == "" {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		config = config.Clone()
		config.ServerName = host
	}
	secure := tls.Client(c, config)
	return secure, secure.HandshakeContext(ctx)
}

// attemptKey is the context key under which an attempt's own context travels
// to the dialer: net/http hands dialers a context that keeps the request's
// values but not its end.
type attemptKey struct{}

func withAttempt(ctx context.Context) context.Context {
	return context.WithValue(ctx, attemptKey{}, ctx)
}

func attemptContext(ctx context.Context) context.Context {
	if attempt, ok := ctx.Value(attemptKey{}).(context.Context); ok {
		return attempt
	}
	return ctx
}

// tapKey is the context key of [WithTap].
type tapKey struct{}

// WithTap returns a context for [Client.Do] whose connection passes through
// tap, above TLS: it sees the bytes of HTTP as they are written and read. A
// transport that is not one of [NewTransport] ignores it.
func WithTap(ctx context.Context, tap func(net.Conn) net.Conn) context.Context {
	return context.WithValue(ctx, tapKey{}, tap)
}

func tapped(ctx context.Context, c net.Conn) net.Conn {
	if tap, ok := ctx.Value(tapKey{}).(func(net.Conn) net.Conn); ok {
		return tap(c)
	}
	return c
}

// conn makes net/http's account of an exchange depend on the endpoint alone.
//
// The client speaks first: nothing is read before something was written, so an
// endpoint that answers or hangs up at once is not mistaken for one that
// disturbs an idle connection. And the reader has the last word: a write that
// the endpoint cut off only says that it has stopped listening, while its
// answer (413, say) may be on its way, so the rest of the request is dropped
// and reading tells.
type conn struct {
	net.Conn
	once   sync.Once
	spoken chan struct{} // closed by the first Write, or by Close
	cut    atomic.Bool   // the endpoint stopped listening
}

func newConn(c net.Conn) *conn { return &conn{Conn: c, spoken: make(chan struct{})} }

func (c *conn) speak() { c.once.Do(func() { close(c.spoken) }) }

func (c *conn) Read(p []byte) (int, error) {
	<-c.spoken
	return c.Conn.Read(p)
}

func (c *conn) Write(p []byte) (int, error) {
	c.speak()
	if c.cut.Load() {
		return len(p), nil
	}
	n, err := c.Conn.Write(p)
	if oserr.IsReset(err) {
		c.cut.Store(true)
		return len(p), nil
	}
	return n, err
}

func (c *conn) Close() error {
	c.speak()
	return c.Conn.Close()
}
