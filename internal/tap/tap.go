// Package tap passes requests on to an endpoint and the answers back, unchanged,
// and tells what went by: as a proxy in between, it sees what a sender that is not
// ours really sends. It compares with the contract, and judges nobody.
package tap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/plain"
	"github.com/scrapehook/scrapehook/webhook"
)

// How much of an exchange is kept to be told, in bytes. All of it passes.
const (
	maxForm   = 1 << 20
	maxAnswer = 64 << 10
)

// maxUnderWay bounds the exchanges at once; the others wait.
const maxUnderWay = 256

// Exchange is what was sent and what was answered. Its Request has the header as
// it came, and the form's beginning.
type Exchange struct {
	delivery.Attempt
	// Target is the path and the query that were asked for.
	Target string
	// FormBytes is how long the form was; more than what is kept says that it is
	// cut.
	FormBytes int64
	// Differs says how the request differs from the contract, see [Compare].
	Differs []string
}

// Cut reports whether only the beginning of the form was kept.
func (x Exchange) Cut() bool { return x.FormBytes > int64(len(x.Request.Body)) }

// Config sets up a [Proxy].
type Config struct {
	// To is the endpoint. A request for / goes to its path; others keep theirs.
	// Its query is for requests that have none.
	To *url.URL
	// Profile is what requests are compared with. Its timeout is the sender's, and
	// no exchange takes longer.
	Profile webhook.Profile
	// Transport performs the exchanges; nil is [delivery.NewTransport].
	Transport http.RoundTripper
	// RewriteHost has the endpoint see its own name as Host, not the one that the
	// sender used.
	RewriteHost bool
	// OnExchange is told of each exchange when it has ended; the calls come one by
	// one. Required.
	OnExchange func(Exchange)
}

// Proxy is the handler that passes requests on.
type Proxy struct {
	cfg   Config
	proxy *httputil.ReverseProxy
	slots chan struct{}
	under sync.WaitGroup

	mu sync.Mutex // OnExchange is called with it
}

// New returns a proxy.
func New(cfg Config) *Proxy {
	if cfg.Transport == nil {
		cfg.Transport = delivery.NewTransport()
	}
	p := &Proxy{cfg: cfg, slots: make(chan struct{}, maxUnderWay)}
	p.proxy = &httputil.ReverseProxy{
		Rewrite: p.rewrite, Transport: cfg.Transport, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0),
		ModifyResponse: answered, ErrorHandler: failed,
	}
	return p
}

// Wait waits for the exchanges under way; none may begin any more.
func (p *Proxy) Wait() { p.under.Wait() }

// passing is an exchange while it is under way.
type passing struct {
	mu     sync.Mutex // the transport may still read the form when the answer is there
	form   kept
	unread *formReader // nil: there is no form
	answer kept
	status int
	header http.Header
	ended  error
}

type passingKey struct{}

// ServeHTTP passes a request on.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.under.Add(1)
	defer p.under.Done()
	started := time.Now()
	x := &passing{form: kept{limit: maxForm}, answer: kept{limit: maxAnswer}}
	ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), passingKey{}, x), p.cfg.Profile.Timeout)
	defer cancel()
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return // the sender has given up
	}
	passed := r.WithContext(ctx)
	if r.ContentLength != 0 {
		x.unread = &formReader{readKeeper: readKeeper{r.Body, x, &x.form}}
		passed.Body = x.unread
	}
	// net/http adds what is not there; nil keeps it from doing so.
	w.Header()["Date"], w.Header()["Content-Type"] = nil, nil
	defer func() {
		broken := recover() // the answer broke off, and the sender is to see just that
		p.tell(r, x, started, ctx.Err(), broken != nil)
		if broken != nil {
			panic(broken)
		}
	}()
	p.proxy.ServeHTTP(w, passed)
}

// rewrite makes the request to the endpoint of the one that came.
func (p *Proxy) rewrite(r *httputil.ProxyRequest) {
	to := p.cfg.To
	out := *r.In.URL
	out.Scheme, out.Host, out.User = to.Scheme, to.Host, nil
	if out.Path == "/" || out.Path == "" {
		out.Path, out.RawPath = to.Path, to.RawPath
	}
	if out.RawQuery == "" {
		out.RawQuery = to.RawQuery
	}
	r.Out.URL = &out
	// What the proxy of net/http takes away, apart from what is between two hops.
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if values, ok := r.In.Header[name]; ok {
			r.Out.Header[name] = values
		}
	}
	if user := to.User; user != nil && r.In.Header.Get("Authorization") == "" {
		password, _ := user.Password()
		r.Out.SetBasicAuth(user.Username(), password)
	}
	r.Out.Host = r.In.Host
	if p.cfg.RewriteHost {
		r.Out.Host = to.Host
	}
}

// answered keeps what is answered while it passes.
func answered(resp *http.Response) error {
	x, _ := resp.Request.Context().Value(passingKey{}).(*passing)
	x.status, x.header = resp.StatusCode, resp.Header.Clone()
	if resp.StatusCode != http.StatusSwitchingProtocols {
		resp.Body = readKeeper{resp.Body, x, &x.answer}
	}
	return nil
}

// failed answers for an endpoint that does not.
func failed(w http.ResponseWriter, r *http.Request, err error) {
	x, _ := r.Context().Value(passingKey{}).(*passing)
	x.ended = err
	if errors.Is(err, context.Canceled) {
		panic(http.ErrAbortHandler) // nobody waits for it
	}
	status, why := http.StatusBadGateway, plain.Text(err)
	if errors.Is(err, context.DeadlineExceeded) {
		status, why = http.StatusGatewayTimeout, "the endpoint did not answer within the sender's time"
	}
	if x.unread != nil && status == http.StatusBadGateway { // the rest of the form is to be told all the same
		until, _ := r.Context().Deadline()
		_ = http.NewResponseController(w).SetReadDeadline(until) // best effort, as is what is read
		_, _ = io.Copy(io.Discard, io.LimitReader(x.unread, maxForm))
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "scrapehook tap: %s\n", why) // the sender may have gone
}

// tell tells of an exchange that has ended.
func (p *Proxy) tell(r *http.Request, x *passing, started time.Time, ended error, broken bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	method, contentType := r.Method, r.Header.Get("Content-Type")
	result := Exchange{
		Attempt: delivery.Attempt{
			URL: p.cfg.To.String(), Number: 1, Planned: started, Started: started, Ended: time.Now(),
			Request: delivery.Request{Method: method, ContentType: contentType, Header: r.Header, Body: x.form.bytes},
			Status:  x.status, Header: x.header, Body: x.answer.bytes, BodyBytes: x.answer.total,
		},
		Target: r.RequestURI, FormBytes: x.form.total,
		Differs: Compare(p.cfg.Profile, method, contentType, x.form.bytes),
	}
	result.Notification, _ = webhook.ParseForm(x.form.bytes) // what is malformed has none
	err := x.ended
	if err == nil {
		err = x.answer.err
	}
	if err == nil && broken {
		err = context.Canceled // the sender stopped reading
	}
	result.Conclude(p.cfg.Profile, delivery.End{
		Err: err, Canceled: errors.Is(ended, context.Canceled), Expired: errors.Is(ended, context.DeadlineExceeded),
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cfg.OnExchange(result)
}

// kept is the beginning of what passed.
type kept struct {
	limit int
	bytes []byte
	total int64
	err   error // that it ended with, other than its end
}

// formReader is the body of a request. The transport closes it when it can't
// connect, and then the form is to be read all the same; the server closes it in the
// end.
type formReader struct {
	readKeeper
	mu sync.Mutex // the transport may still read when we do
}

func (f *formReader) Close() error { return nil }

func (f *formReader) Read(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.readKeeper.Read(b)
}

// readKeeper is a body that keeps what is read of it.
type readKeeper struct {
	io.ReadCloser
	of   *passing
	kept *kept
}

func (k readKeeper) Read(b []byte) (int, error) {
	n, err := k.ReadCloser.Read(b)
	k.of.mu.Lock()
	defer k.of.mu.Unlock()
	k.kept.total += int64(n)
	k.kept.bytes = append(k.kept.bytes, b[:min(n, k.kept.limit-len(k.kept.bytes))]...)
	if err != nil && !errors.Is(err, io.EOF) {
		k.kept.err = err
	}
	return n, err
}
