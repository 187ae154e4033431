package wire

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxHead is how many bytes the heads of an answer may have, the informational
// ones included; as the delivery.Client's.
const maxHead = 64 << 10

// answer reads the answer, whose first bytes are there.
func (cn *conn) answer(ctx context.Context, x *exchange) (keep bool, err error) {
	if x.drop {
		x.dropped = true
		return false, nil
	}
	for {
		h, finding := parse(cn.in.b)
		switch {
		case finding == simple:
			x.head, x.headed = h, true
			return cn.body(ctx, x)
		case finding == foreign, len(cn.in.b) == cap(cn.in.b):
			return cn.foreign(ctx, x, nil)
		}
		if err := cn.read(ctx, x.deadline, cn.in); err != nil {
			return cn.foreign(ctx, x, err)
		}
	}
}

// read waits for more bytes and appends them to into, which is made when it is
// nil. The end of the connection is [io.EOF].
func (cn *conn) read(ctx context.Context, deadline time.Time, into *buffer) error {
	cn.in = into
	if err := cn.poll(ctx, deadline); err != nil {
		return err
	}
	if cn.n == 0 {
		return io.EOF
	}
	return nil
}

// body reads the rest of a body whose length is known.
func (cn *conn) body(ctx context.Context, x *exchange) (keep bool, err error) {
	x.body = int64(len(cn.in.b) - x.head.size)
	for x.body < x.head.length {
		cn.in.b = cn.in.b[:0]
		err := cn.read(ctx, x.deadline, cn.in)
		x.body += int64(cn.n)
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return false, err
		}
	}
	// More than that is nothing that was asked for.
	keep = x.head.keep && x.body == x.head.length
	x.body = x.head.length
	return keep, nil
}

// foreign has net/http read the answer, from what was read already on; err is
// what came after that, if it is known.
func (cn *conn) foreign(ctx context.Context, x *exchange, err error) (keep bool, _ error) {
	from := &reader{cn: cn, ctx: ctx, deadline: x.deadline, err: err, limit: maxHead}
	buffered := bufio.NewReaderSize(from, bufferSize)
	var resp *http.Response
	for {
		var err error
		resp, err = http.ReadResponse(buffered, post) //nolint:bodyclose // its body is read to the end, or the connection closed
		if err != nil && from.limit <= 0 {
			err = fmt.Errorf("the answer's head is longer than %d bytes", maxHead)
		}
		if err != nil {
			return false, err
		}
		if resp.StatusCode/100 != 1 || resp.StatusCode == http.StatusSwitchingProtocols {
			break
		}
	}
	x.head, x.headed = head{status: resp.StatusCode}, true
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return false, nil // what follows is no body
	}
	from.limit = 0
	from.limitless = true
	x.body, err = io.Copy(io.Discard, resp.Body)
	keep = err == nil && !resp.Close && resp.StatusCode >= 200 && !from.ended && from.got == len(cn.in.b) && buffered.Buffered() == 0
	return keep, err
}

// post is what the answers answer.
var post = &http.Request{Method: http.MethodPost}

// reader gives what was read already and then what comes.
type reader struct {
	cn        *conn
	ctx       context.Context //nolint:containedctx // an io.Reader has no other way to it
	deadline  time.Time
	got       int   // of cn.in, which was given already
	err       error // what comes after that; nil is not known
	ended     bool  // the endpoint has closed its side
	limit     int   // how much may still be read of heads
	limitless bool
}

func (r *reader) Read(p []byte) (int, error) {
	if !r.limitless {
		if r.limit <= 0 {
			return 0, errors.New("the limit of a head is reached")
		}
		p = p[:min(len(p), r.limit)]
	}
	if r.got == len(r.cn.in.b) {
		if r.err == nil {
			r.cn.in.b, r.got = r.cn.in.b[:0], 0
			r.err = r.cn.read(r.ctx, r.deadline, r.cn.in)
		}
		if r.err != nil {
			r.ended = errors.Is(r.err, io.EOF)
			return 0, r.err
		}
	}
	n := copy(p, r.cn.in.b[r.got:])
	r.got += n
	r.limit -= n
	return n, nil
}
