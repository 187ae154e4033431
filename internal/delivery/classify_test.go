package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/duequeue"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	call := func(errno syscall.Errno) error { return os.NewSyscallError("x", errno) }
	for _, tc := range []struct {
		name string
		err  error
		want Reason
	}{
		{"refused", dial(call(syscall.ECONNREFUSED)), Refused},
		{"reset while reading", &net.OpError{Op: "read", Err: call(syscall.ECONNRESET)}, Reset},
		{"reset while writing", fmt.Errorf("write error: %w", call(syscall.EPIPE)), Reset},
		{"end before the head", io.EOF, Reset},
		{"end inside head or body", io.ErrUnexpectedEOF, Reset},
		{"the end, noticed by the reader under a write", &net.OpError{Op: "write", Err: net.ErrClosed}, Reset},
		{"end inside the handshake", &handshakeError{io.EOF}, Reset},
		{"unknown authority", &handshakeError{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}}, TLS},
		{"alert", &handshakeError{&net.OpError{Op: "remote error", Err: tls.AlertError(40)}}, TLS},
		{"no TLS at all", &handshakeError{tls.RecordHeaderError{Msg: "first record"}}, TLS},
		{"deadline", context.DeadlineExceeded, Timeout},
		{"deadline of a dial", dial(os.ErrDeadlineExceeded), Timeout},
		{"deadline in a handshake", &handshakeError{context.DeadlineExceeded}, Timeout},
		{"the kernel's timeout", dial(call(syscall.ETIMEDOUT)), Timeout},
		{"no such host", dial(&net.DNSError{Name: "x.invalid", IsNotFound: true}), Lookup},
		{"silent name server", dial(&net.DNSError{Name: "x.invalid", IsTimeout: true}), Lookup},
		{"deadline in a lookup", dial(&net.DNSError{UnwrapErr: context.DeadlineExceeded, IsTimeout: true}), Timeout},
		{"no route", dial(call(syscall.EHOSTUNREACH)), Lookup},
		{"no network", dial(call(syscall.ENETUNREACH)), Lookup},
		{"no descriptor", dial(call(syscall.EMFILE)), Local},
		{"no descriptor in the whole system", dial(call(syscall.ENFILE)), Local},
		{"no port", dial(call(syscall.EADDRNOTAVAIL)), Local},
		{"no buffer", dial(call(syscall.ENOBUFS)), Local},
		{"no memory", dial(call(syscall.ENOMEM)), Local},
		{"aborted", dial(call(syscall.ECONNABORTED)), Reset},
		{"canceled", fmt.Errorf("x: %w", context.Canceled), Canceled},
		{"malformed head", errors.New(`malformed HTTP response "SSH-2.0"`), Protocol},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := classify(tc.err); got != tc.want {
				t.Errorf("%v is %s, want %s", tc.err, got, tc.want)
			}
		})
	}
}

func TestQueueOrder(t *testing.T) {
	t.Parallel()
	start := time.Now()
	var q duequeue.Queue[Pending]
	// Delivery i is due at (i*7)%10 s; 0 and 10 are due at once, in order.
	for i := range uint64(11) {
		q.Push(Pending{Delivery: i, Due: start.Add(time.Duration(i*7%10) * time.Second)})
	}
	for i, want := range []uint64{0, 10, 3, 6, 9, 2, 5, 8, 1, 4, 7} {
		if got := q.Pop().Delivery; got != want {
			t.Errorf("number %d out is delivery %d, want %d", i, got, want)
		}
	}
}
