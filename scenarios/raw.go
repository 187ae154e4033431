package scenarios

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
)

// RawRequest is the notification of a job as net/http would not write it: in
// pieces, slowly, in chunks of a certain size.
type RawRequest struct {
	// Chunked has the head announce chunks instead of a length.
	Chunked bool
	// Pause is the time between two pieces.
	Pause time.Duration
	// Pieces takes the request apart, given its head, which ends in an empty
	// line, and its body. What it returns is written as it is.
	Pieces func(head, body string) []string
}

// rawConn is a connection to the endpoint that is written byte by byte, and the
// head of the request for it.
type rawConn struct {
	net.Conn
	head string
}

// dialRaw connects to where a request goes and forms its head, both as every
// other request of the run does.
func (h *harness) dialRaw(ctx context.Context, r delivery.Request, chunked bool) (*rawConn, error) {
	req, err := h.client.NewRequest(ctx, r)
	if err != nil {
		return nil, err
	}
	if chunked {
		req.ContentLength, req.TransferEncoding = -1, []string{"chunked"}
	}
	var written bytes.Buffer
	if err := req.Write(&written); err != nil {
		return nil, err
	}
	head, _, _ := strings.Cut(written.String(), "\r\n\r\n")
	address := req.URL.Host
	if req.URL.Port() == "" {
		address = net.JoinHostPort(req.URL.Hostname(), req.URL.Scheme)
	}
	transport := delivery.NewTransport()
	transport.TLSClientConfig = h.cfg.EndpointTLS
	dial := transport.DialContext
	if req.URL.Scheme == "https" {
		dial = transport.DialTLSContext
	}
	conn, err := dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &rawConn{conn, head + "\r\n\r\n"}, nil
}

// write sends text in pieces, with a pause between two.
func (c *rawConn) write(ctx context.Context, pause time.Duration, pieces ...string) error {
	for i, piece := range pieces {
		if i > 0 {
			if err := sleep(ctx, pause); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(c, piece); err != nil {
			return err
		}
	}
	return nil
}

// SendRaw is Send for a notification that is written to the connection piece by
// piece.
func (d *Driver) SendRaw(label string, job Job, raw RawRequest) Exchange {
	d.enter()
	d.progress("the answer to "+label, time.Now().Add(d.Profile().Timeout))
	now := time.Now()
	r := d.authorized(delivery.Request{Body: d.Form(job)})
	x := Exchange{Label: label, Job: job.ID, Request: r}
	x.Planned, x.Started, x.URL = now, now, r.URL
	t := &transcript{}
	d.harness.awaitAlive(d.ctx)
	ended := d.harness.sending(d.scenario, label)
	d.harness.exchangeRaw(d.ctx, &x, raw, t)
	ended(x.Status != 0)
	d.check("sending", d.ctx.Err())
	d.harness.answered(job.ID, x.Attempt)
	d.observation.Exchanges = append(d.observation.Exchanges, x)
	d.exchanged(x, t, raw.Pause > 0)
	return x
}

// exchangeRaw performs the exchange and completes x.
func (h *harness) exchangeRaw(ctx context.Context, x *Exchange, raw RawRequest, t *transcript) {
	timed, cancel := context.WithTimeout(ctx, h.cfg.Profile.Timeout)
	defer cancel()
	err := h.answerRaw(delivery.WithTap(timed, t.tap), x, raw)
	x.Ended = time.Now()
	x.Body = []byte(h.redactor.Values(string(x.Body)))
	x.Conclude(h.cfg.Profile, delivery.End{
		Err: err, Canceled: ctx.Err() != nil,
		Expired: timed.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded),
	})
}

func (h *harness) answerRaw(ctx context.Context, x *Exchange, raw RawRequest) error {
	c, err := h.dialRaw(ctx, x.Request, raw.Chunked)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // the exchange is over
	x.Connected = time.Now()
	deadline, _ := ctx.Deadline()
	_ = c.SetDeadline(deadline) // a TCP connection takes it
	wrote := c.write(ctx, raw.Pause, raw.Pieces(c.head, string(x.Request.Body))...)
	if wrote == nil {
		x.Sent = time.Now()
	}
	// An endpoint may answer and close before it has read all.
	in := bufio.NewReader(c)
	if _, err := in.Peek(1); err != nil {
		return errors.Join(wrote, err)
	}
	x.FirstByte = time.Now()
	resp, err := readAnswer(in)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // the exchange is over
	x.HeadEnded, x.Status, x.Header = time.Now(), resp.StatusCode, resp.Header
	const kept = 4 << 10
	x.Body, err = io.ReadAll(io.LimitReader(resp.Body, kept))
	x.BodyBytes = int64(len(x.Body))
	return err
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

// SendSlowly opens n connections that send a form a byte a second, again and
// again when they are hung up on, and returns what closes them.
func (d *Driver) SendSlowly(n int) (stop func()) {
	ctx, cancel := context.WithCancel(d.ctx)
	slow := d.authorized(delivery.Request{Body: bytes.Repeat([]byte("x"), 1000)})
	var all sync.WaitGroup
	tried := make(chan struct{}, n)
	for range n {
		d.background.Add(1)
		all.Go(func() {
			defer d.background.Done()
			for first := true; ctx.Err() == nil; first = false {
				c, err := d.harness.dialRaw(ctx, slow, false)
				if first {
					tried <- struct{}{}
				}
				if err == nil { // an endpoint may refuse so many, and hang up when it likes
					_ = c.write(ctx, time.Second, append([]string{c.head}, strings.Split(string(slow.Body), "")...)...)
					_ = c.Close()
				}
				_ = sleep(ctx, 100*time.Millisecond) // its error ends the loop
			}
		})
	}
	for range n {
		<-tried
	}
	d.Note("%d connections send a form a byte a second", n)
	return func() {
		cancel()
		all.Wait()
	}
}
