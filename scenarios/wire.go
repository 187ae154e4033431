package scenarios

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// wire is a connection to the endpoint for requests that net/http would not
// write: in pieces, in lower case, slowly, chunked.
type wire struct {
	net.Conn
	url   *url.URL
	paced bool // there were pauses between what was written
}

func dial(ctx context.Context, endpoint string) (*wire, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	address := u.Host
	if u.Port() == "" {
		address = net.JoinHostPort(u.Hostname(), u.Scheme)
	}
	var conn net.Conn
	if u.Scheme == "https" {
		conn, err = new(tls.Dialer).DialContext(ctx, "tcp", address)
	} else {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", address)
	}
	if err != nil {
		return nil, err
	}
	return &wire{Conn: conn, url: u}, nil
}

// head is the head of a form POST with these header lines added.
func (w *wire) head(header http.Header, lines ...string) string {
	all := []string{
		"POST " + w.url.RequestURI() + " HTTP/1.1",
		"Host: " + w.url.Host,
		"User-Agent: scrapehook",
		"Content-Type: " + webhook.ContentType,
	}
	for name, values := range header {
		for _, value := range values {
			all = append(all, name+": "+value)
		}
	}
	return strings.Join(append(all, lines...), "\r\n") + "\r\n\r\n"
}

// write sends text in pieces, with a pause between two.
func (w *wire) write(ctx context.Context, pause time.Duration, pieces ...string) error {
	for i, piece := range pieces {
		if i > 0 {
			w.paced = w.paced || pause > 0
			if err := sleep(ctx, pause); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(w, piece); err != nil {
			return err
		}
	}
	return nil
}

// SendRaw is Send for a request that compose writes to the connection itself,
// given the head's extra lines that the run's token asks for. sent describes
// the request for the evidence.
func (s *Stage) SendRaw(label string, job Job, sent string, compose func(ctx context.Context, w *wire, token http.Header) error) Exchange {
	s.progress("the answer to "+label, time.Now().Add(s.Profile().Timeout))
	ctx, cancel := context.WithTimeout(s.ctx, s.Profile().Timeout)
	defer cancel()
	now := time.Now()
	x := Exchange{Label: label, Job: job.ID, Request: delivery.Request{Body: []byte(sent)}}
	x.Planned, x.Started, x.URL = now, now, s.lab.cfg.Endpoint
	t := &tape{}
	paced := x.exchangeRaw(ctx, s.lab.token, t, compose)
	x.Body = []byte(s.lab.redactor.values(string(x.Body)))
	x.Ended = time.Now()
	s.check("sending", s.ctx.Err())
	s.lab.traffic.answered(job.ID, x.Ended)
	s.observation.Exchanges = append(s.observation.Exchanges, x)
	s.exchanged(x, t, paced)
	return x
}

// exchangeRaw performs the exchange and reports whether there were pauses in
// its request.
func (x *Exchange) exchangeRaw(ctx context.Context, token Token, t *tape, compose func(context.Context, *wire, http.Header) error) (paced bool) {
	header := http.Header{}
	w, err := dial(ctx, token.apply(x.URL, header))
	if err != nil {
		x.failed(err)
		return false
	}
	w.Conn = t.tap(w.Conn)
	defer w.Close() //nolint:errcheck // the exchange is over
	x.Connected = time.Now()
	deadline, _ := ctx.Deadline()
	_ = w.SetDeadline(deadline) // a TCP connection takes it
	wrote := compose(ctx, w, header)
	if wrote == nil {
		x.Sent = time.Now()
	}
	// An endpoint may answer and close before it has read all.
	in := bufio.NewReader(w)
	if _, err := in.Peek(1); err != nil {
		x.failed(errors.Join(wrote, err))
		return w.paced
	}
	x.FirstByte = time.Now()
	resp, err := readAnswer(in)
	if err != nil {
		x.failed(err)
		return w.paced
	}
	defer resp.Body.Close() //nolint:errcheck // the exchange is over
	x.HeadEnded, x.Status, x.Header = time.Now(), resp.StatusCode, resp.Header
	const kept = 4 << 10
	x.Body, _ = io.ReadAll(io.LimitReader(resp.Body, kept)) // the status decides
	x.BodyBytes = int64(len(x.Body))
	if x.Reason = delivery.Rejected; webhook.Profile2020().Success(x.Status) {
		x.Reason = delivery.Acked
	}
	return w.paced
}

// readAnswer reads the head of the final answer: informational ones come before
// it, and say nothing yet.
func readAnswer(in *bufio.Reader) (*http.Response, error) {
	for {
		resp, err := http.ReadResponse(in, nil)
		if err != nil || resp.StatusCode >= http.StatusOK || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, err
		}
		_ = resp.Body.Close() // there is none
	}
}

func (x *Exchange) failed(err error) {
	x.Err = err.Error()
	switch x.Reason = delivery.Reset; {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		x.Reason = delivery.Timeout
	case x.Connected.IsZero():
		x.Reason = delivery.Refused
	case !x.FirstByte.IsZero():
		x.Reason = delivery.Protocol
	}
}

// drip opens n connections that send a form a byte a second, again and again
// when they are hung up on, and returns what closes them.
func (s *Stage) drip(n int) (stop func()) {
	ctx, cancel := context.WithCancel(s.ctx)
	var all sync.WaitGroup
	tried := make(chan struct{}, n)
	for range n {
		all.Go(func() {
			for first := true; ctx.Err() == nil; first = false {
				header := http.Header{}
				w, err := dial(ctx, s.lab.token.apply(s.lab.cfg.Endpoint, header))
				if first {
					tried <- struct{}{}
				}
				if err == nil { // an endpoint may refuse so many, and hang up when it likes
					_ = w.write(ctx, time.Second, append([]string{w.head(header, "Content-Length: 1000")}, strings.Split(strings.Repeat("x", 1000), "")...)...)
					_ = w.Close()
				}
				_ = sleep(ctx, 100*time.Millisecond) // its error ends the loop
			}
		})
	}
	for range n {
		<-tried
	}
	s.Note("%d connections send a form a byte a second", n)
	return func() {
		cancel()
		all.Wait()
	}
}
