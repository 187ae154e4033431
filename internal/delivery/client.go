package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// keptBody is how much of an answer's body an [Attempt] keeps, in bytes.
const keptBody = 64 << 10

// defaultUserAgent is an assumption: the contract does not state the vendor's.
const defaultUserAgent = "scrapehook"

// Client performs single attempts. It may be used concurrently; its fields are
// not to be changed then.
type Client struct {
	// Profile has the deadline and says what a success is; required.
	Profile webhook.Profile
	// Transport performs the exchange; nil is [NewTransport]. A transport that
	// keeps connections may replay requests, see there.
	Transport http.RoundTripper
	// UserAgent is sent as such; empty is "scrapehook".
	UserAgent string
}

// Request is one exchange in full, for callers that need another than the
// plain form POST.
type Request struct {
	URL         string
	Method      string      // "" is POST
	ContentType string      // "" is webhook.ContentType
	Header      http.Header // added as it is spelled; it wins over what we would send
	Body        []byte      // not to be changed afterwards
	// DropAnswer hangs up when the answer's first byte has arrived, which the
	// endpoint cannot tell from a network that lost its answer. The attempt
	// ends as [Dropped].
	DropAnswer bool
}

// CheckURL says why raw cannot be an endpoint: it must be an absolute http or
// https URL.
func CheckURL(raw string) error {
	_, err := parseURL(raw)
	return err
}

func parseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		if cause := errors.Unwrap(err); cause != nil {
			err = cause // without the URL, which is named below
		}
		return nil, fmt.Errorf("endpoint %q is not a URL: %w", raw, err)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("endpoint %q is neither an http:// nor an https:// URL", raw)
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("endpoint %q names no host", raw)
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("endpoint %q has no valid port", raw)
		}
	}
	return u, nil
}

// Do performs one attempt and returns how it ended, when it has ended.
// Whatever goes wrong is in the attempt; the end of ctx makes it [Canceled].
func (c *Client) Do(ctx context.Context, r Request) Attempt {
	return c.attempt(ctx, r, Attempt{URL: r.URL, Number: 1, Planned: time.Now()})
}

// attempt performs r and completes a.
func (c *Client) attempt(ctx context.Context, r Request, a Attempt) Attempt {
	a.Started, a.Request = time.Now(), r
	// One deadline over all of it: dial, TLS, request, head and body.
	timed, cancel := context.WithTimeout(ctx, c.Profile.Timeout)
	defer cancel()
	w := &watch{}
	if r.DropAnswer {
		w.hangUp = cancel
	}
	req, err := c.NewRequest(w.on(withAttempt(timed)), r)
	if err != nil {
		a.Ended, a.Reason, a.Err = time.Now(), Invalid, err.Error()
		return a
	}
	err = c.exchange(req, &a)
	a.Ended = time.Now()
	dropped := w.report(&a)
	a.Conclude(c.Profile, End{Err: err, Dropped: dropped, Canceled: ctx.Err() != nil, Expired: timed.Err() != nil})
	return a
}

// NewRequest forms the request of one exchange as it is sent, for transports
// that write it themselves. An error says why it can't be formed.
func (c *Client) NewRequest(ctx context.Context, r Request) (*http.Request, error) {
	if c.Profile.Timeout <= 0 {
		return nil, fmt.Errorf("profile %q has no timeout", c.Profile.Name)
	}
	u, err := parseURL(r.URL)
	if err != nil {
		return nil, err
	}
	method := r.Method
	if method == "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("forming the request: %w", err)
	}
	if len(r.Body) > 0 {
		// A body that net/http does not recognize: it has no GetBody then, so
		// it cannot be sent twice.
		req.Body = io.NopCloser(struct{ io.Reader }{bytes.NewReader(r.Body)})
		req.ContentLength = int64(len(r.Body))
	}
	if password, ok := u.User.Password(); ok || u.User.Username() != "" {
		req.SetBasicAuth(u.User.Username(), password)
	}
	c.setHeader(req, r)
	return req, nil
}

// setHeader puts what we would send under what the caller spelled out.
func (c *Client) setHeader(req *http.Request, r Request) {
	contentType, userAgent := r.ContentType, c.UserAgent
	if contentType == "" {
		contentType = webhook.ContentType
	}
	if userAgent == "" {
		userAgent = defaultUserAgent
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", userAgent)
	for name, values := range r.Header {
		req.Header.Del(name)
		if strings.EqualFold(name, "Host") && len(values) > 0 {
			req.Host = values[0]
			continue
		}
		if strings.EqualFold(name, "User-Agent") {
			req.Header["User-Agent"] = []string{""} // keeps net/http from adding its own
		}
		req.Header[name] = values
	}
}

// exchange sends req and reads the answer to its end into a. The transport is
// used directly, because http.Client would follow redirects, as a GET without
// the body at that.
func (c *Client) exchange(req *http.Request, a *Attempt) error {
	transport := c.Transport
	if transport == nil {
		transport = NewTransport()
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end already, or failed
	a.HeadEnded = time.Now()
	a.Status, a.Header = resp.StatusCode, resp.Header
	if resp.StatusCode == http.StatusSwitchingProtocols || resp.Body == http.NoBody {
		return nil // what follows a 101 is not a body
	}
	a.Body, err = io.ReadAll(io.LimitReader(resp.Body, keptBody))
	a.BodyBytes = int64(len(a.Body))
	if err != nil {
		return err
	}
	// Past what is kept, the deadline bounds what is read.
	n, err := io.Copy(io.Discard, resp.Body)
	a.BodyBytes += n
	return err
}

// watch notes the stages of one exchange. The transport's goroutines may still
// report when the exchange is over, hence the mutex.
type watch struct {
	hangUp context.CancelFunc // called at the first byte; may be nil

	mu                         sync.Mutex
	conn                       *conn // nil on a foreign transport
	connected, sent, firstByte time.Time
	dropped                    bool
}

func (w *watch) on(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.connected = time.Now()
			w.conn, _ = info.Conn.(*conn)
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if info.Err == nil && (w.conn == nil || !w.conn.cut.Load()) {
				w.sent = time.Now()
			}
		},
		GotFirstResponseByte: func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.firstByte = time.Now()
			if w.hangUp != nil {
				w.dropped = true
				w.hangUp()
			}
		},
	})
}

// report copies the stages into a, and says whether we hung up.
func (w *watch) report(a *Attempt) (dropped bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a.Connected, a.Sent, a.FirstByte = w.connected, w.sent, w.firstByte
	return w.dropped
}
