package cloudclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// RateWindow is the time over which the rate of a download is measured.
const RateWindow = 20 * time.Second

// Download starts the download of a job's rows, one JSON object a line. The
// body's errors, like Download's, are of type [*Error]. A body that is cut
// short is one of them, unless it came without a length: then only the job's
// count of rows shows it. The caller closes the body, which ends the call; it
// is for one goroutine.
func (c *Client) Download(ctx context.Context, id int64) (io.ReadCloser, error) {
	path := jobPath(id) + "/json"
	ctx, cancel := context.WithCancelCause(ctx)
	idle := fmt.Errorf("nothing arrived for %v", c.idleTimeout)
	timer := time.AfterFunc(c.idleTimeout, func() { cancel(idle) })
	resp, err := c.send(ctx, http.MethodGet, path) //nolint:bodyclose // the download closes it
	timer.Stop()
	if err != nil {
		cancel(nil)
		return nil, err
	}
	return &download{
		body: resp.Body, op: op(http.MethodGet, path), idle: c.idleTimeout, minRate: c.minRate, timer: timer,
		cancel: cancel, cause: func() error { return context.Cause(ctx) },
	}, nil
}

// download is a body that must make progress: each read gets as long as the
// idle timeout, and all of a window together bring the least rate. The first read
// does not count for the rate: a cloud may have to make the rows. Neither does the
// time between reads, for then it is the caller who is busy.
type download struct {
	body    io.ReadCloser
	op      string
	idle    time.Duration
	minRate int // bytes a second
	timer   *time.Timer
	cancel  context.CancelCauseFunc
	cause   func() error // why the call was ended; nil if it was not

	started bool          // the first bytes came
	waited  time.Duration // in the present window
	came    int           // bytes in it
}

func (d *download) Read(p []byte) (int, error) {
	d.timer.Reset(d.idle)
	begun := time.Now()
	n, err := d.body.Read(p)
	d.timer.Stop()
	if err == nil {
		err = d.checkRate(n, time.Since(begun))
	}
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if cause := d.cause(); cause != nil {
		err = cause
	}
	return n, &Error{Op: d.op, Status: http.StatusOK, Err: fmt.Errorf("reading the rows: %w", err)}
}

// checkRate counts a read and returns an error when a window is over that brought
// too little.
func (d *download) checkRate(n int, took time.Duration) error {
	if !d.started {
		d.started, took = true, 0
	}
	d.waited, d.came = d.waited+took, d.came+n
	if d.waited < RateWindow {
		return nil
	}
	if rate := float64(d.came) / d.waited.Seconds(); rate < float64(d.minRate) {
		return fmt.Errorf("too slow: %d bytes in %v, the least is %d a second", d.came, d.waited.Round(time.Second), d.minRate)
	}
	d.waited, d.came = 0, 0
	return nil
}

func (d *download) Close() error {
	d.timer.Stop()
	d.cancel(nil)
	return d.body.Close()
}
