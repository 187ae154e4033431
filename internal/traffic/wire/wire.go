// Package wire sends notifications over bare HTTP/1.1 connections, for load: an
// exchange costs two system calls and allocates nothing. To the endpoint, and in
// what comes of an attempt, it is as a [delivery.Client] whose connections last;
// one suite holds both to that. A closed loop takes still less in a [Client.Loop].
//
// It sends the form POST of one endpoint and nothing else. TLS, and requests of
// another kind, are the delivery.Client's.
package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// Client performs single attempts. It may be used concurrently; it has as many
// connections as exchanges are under way at once, and keeps them for a while.
type Client struct {
	profile webhook.Profile
	url     string
	addr    string
	// before and after are a request around the length of its body.
	before, after []byte
	dialer        net.Dialer
	idleFor       time.Duration
	dials         dials
	// obstruct, if not nil, is asked before each dial: what it returns is the
	// system's answer. For tests.
	obstruct func() error
	pool
}

// New returns a client for an endpoint, which has so many connections at most.
// They are closed when they were idle for idleFor. An error says why the endpoint
// can't be sent to.
func New(endpoint string, profile webhook.Profile, connections int, idleFor time.Duration) (*Client, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" {
		return nil, fmt.Errorf("endpoint %q is not an http:// URL", endpoint)
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	c := &Client{
		profile: profile, url: endpoint, idleFor: idleFor,
		addr: net.JoinHostPort(u.Hostname(), port),
		// An exchange is over long before a probe of the kernel's would be due.
		dialer: net.Dialer{KeepAlive: -1},
	}
	c.most = connections
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c, c.template()
}

// template has the delivery.Client form a request and net/http write it, so
// that ours is the same byte for byte.
func (c *Client) template() error {
	former := delivery.Client{Profile: c.profile}
	req, err := former.NewRequest(context.Background(), delivery.Request{URL: c.url, Body: []byte("x")})
	if err != nil {
		return err
	}
	var written bytes.Buffer
	if err := req.Write(&written); err != nil {
		return fmt.Errorf("forming the request: %w", err)
	}
	const length = "\r\nContent-Length: "
	before, after, ok := bytes.Cut(written.Bytes(), []byte(length+"1\r\n"))
	if !ok {
		return errors.New("forming the request: it has no length")
	}
	c.before = append(bytes.Clone(before), length...)
	c.after = append([]byte("\r\n"), bytes.TrimSuffix(after, []byte("x"))...)
	return nil
}

// appendRequest appends a request with this body to dst.
func (c *Client) appendRequest(dst, body []byte) []byte {
	dst = append(dst, c.before...)
	dst = strconv.AppendInt(dst, int64(len(body)), 10)
	dst = append(dst, c.after...)
	return append(dst, body...)
}

// requestSize is not less than the length of a request with this body.
func (c *Client) requestSize(body []byte) int {
	const digits = 20
	return len(c.before) + digits + len(c.after) + len(body)
}

// dialTCP dials the endpoint.
func (c *Client) dialTCP(ctx context.Context) (net.Conn, error) {
	if c.obstruct != nil {
		if err := c.obstruct(); err != nil {
			return nil, err
		}
	}
	return c.dialer.DialContext(ctx, "tcp", c.addr)
}

// Do performs one attempt and returns how it ended, when it has ended. Then r's
// body is the caller's again. Of the attempt's times only Started and Ended are
// measured; those between tell, by not being zero, which stages were reached.
// The answer's header and body are read, but not kept.
func (c *Client) Do(ctx context.Context, r delivery.Request) delivery.Attempt {
	now := time.Now()
	if err := c.check(r); err != nil {
		return delivery.Attempt{
			URL: r.URL, Number: 1, Planned: now, Started: now, Ended: now, Reason: delivery.Invalid, Err: err.Error(),
		}
	}
	x := exchange{started: now, deadline: now.Add(c.profile.Timeout), drop: r.DropAnswer}
	kept, err := c.perform(ctx, &x, r.Body)
	ended := time.Now()
	if kept != nil {
		c.put(kept, ended)
	}
	return c.concluded(ctx, &x, ended, err)
}

// concluded is the attempt that an exchange was, and err what ended it.
func (c *Client) concluded(ctx context.Context, x *exchange, ended time.Time, err error) delivery.Attempt {
	a := delivery.Attempt{URL: c.url, Number: 1, Planned: x.started, Started: x.started, Ended: ended}
	x.report(&a)
	a.Conclude(c.profile, delivery.End{
		Err: err, Dropped: x.dropped,
		Canceled: err != nil && ctx.Err() != nil, Expired: errors.Is(err, errExpired),
	})
	return a
}

func (c *Client) check(r delivery.Request) error {
	switch {
	case r.URL != c.url:
		return fmt.Errorf("a request to %q, and this client sends to %q only", r.URL, c.url)
	case r.Method != "" || r.ContentType != "" || r.Header != nil:
		return errors.New("a request that is not a plain form POST")
	case c.profile.Timeout <= 0:
		return fmt.Errorf("profile %q has no timeout", c.profile.Name)
	}
	return nil
}

// perform sends body over a connection that is open, or over a new one. A
// connection that turns out to be closed before anything was written on it is
// replaced; after that, nothing is sent twice. It returns the connection if
// that can bear another exchange.
func (c *Client) perform(ctx context.Context, x *exchange, body []byte) (kept *conn, err error) {
	for {
		cn, err := c.connection(ctx, x)
		if err != nil {
			return nil, err
		}
		request := buffers.get()
		request.b = c.appendRequest(request.b[:0], body)
		keep, err := cn.perform(ctx, x, request)
		if keep {
			return cn, nil
		}
		c.drop(cn)
		if !errors.Is(err, errStale) {
			return nil, err
		}
	}
}

// exchange is what is known of an attempt while it is under way.
type exchange struct {
	started, deadline time.Time
	drop              bool // hang up at the first byte

	connected, sent, begun, headed, dropped bool
	head                                    head
	body                                    int64
}

func (x *exchange) report(a *delivery.Attempt) {
	if x.connected {
		a.Connected = a.Started
	}
	if x.sent {
		a.Sent = a.Started
	}
	if x.begun {
		a.FirstByte = a.Ended
	}
	if x.headed {
		a.HeadEnded = a.Ended
		a.Status, a.BodyBytes = x.head.status, x.body
	}
}
