package cloudclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

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
		body: resp.Body, op: op(http.MethodGet, path), idle: c.idleTimeout, timer: timer,
		cancel: cancel, cause: func() error { return context.Cause(ctx) },
	}, nil
}

// download is a body that must make progress: each read gets as long as the
// idle timeout. Between reads no time counts, for then it is the caller who is
// busy.
type download struct {
	body   io.ReadCloser
	op     string
	idle   time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
	cause  func() error // why the call was ended; nil if it was not
}

func (d *download) Read(p []byte) (int, error) {
	d.timer.Reset(d.idle)
	n, err := d.body.Read(p)
	d.timer.Stop()
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if cause := d.cause(); cause != nil {
		err = cause
	}
	return n, &Error{Op: d.op, Status: http.StatusOK, Err: fmt.Errorf("reading the rows: %w", err)}
}

func (d *download) Close() error {
	d.timer.Stop()
	d.cancel(nil)
	return d.body.Close()
}
