//go:build unix

package wire

import (
	"os"
	"syscall"
)

// proceed makes its system calls in a callback of the runtime's poller, for two
// reasons. What waits for an answer needs no buffer, since it is told that
// there is something to read before it reads. And the wait begins before the
// request is written, so that no read has to fail first: an exchange is a
// write, a wait and a read.
func (cn *conn) proceed() error { return cn.raw.Read(cn.step) }

// onSocket does what the stage says, and reports whether that is done; if not, it
// is called again when there is something to read.
func (cn *conn) onSocket(fd uintptr) bool {
	if cn.stage == checking {
		var unasked [1]byte
		if _, err := retried(syscall.Read, fd, unasked[:]); err != syscall.EAGAIN { //nolint:errorlint // a bare system call
			cn.err = errStale
			return true
		}
		cn.stage = writing
	}
	if cn.stage == writing {
		n, err := retried(syscall.Write, fd, cn.out)
		cn.stage, cn.out = reading, cn.out[max(0, n):]
		switch {
		case err == nil && len(cn.out) == 0:
			buffers.put(cn.request)
			cn.request = nil
			return false
		case err == nil || err == syscall.EAGAIN: //nolint:errorlint // a bare system call
			return true
		case err == syscall.EPIPE || err == syscall.ECONNRESET: //nolint:errorlint // a bare system call
			cn.cut, cn.out = true, nil // its answer may be on its way
		default:
			cn.err = os.NewSyscallError("write", err)
			return true
		}
	}
	first := cn.in == nil
	if first {
		cn.in = buffers.get()
		cn.in.b = cn.in.b[:0]
	}
	free := cn.in.b[len(cn.in.b):cap(cn.in.b)]
	n, err := retried(syscall.Read, fd, free)
	if err == syscall.EAGAIN { //nolint:errorlint // a bare system call
		if first {
			buffers.put(cn.in)
			cn.in = nil
		}
		return false
	}
	if err != nil {
		cn.err = os.NewSyscallError("read", err)
		return true
	}
	cn.n = n
	cn.in.b = cn.in.b[:len(cn.in.b)+n]
	return true
}

func retried(call func(fd int, p []byte) (int, error), fd uintptr, p []byte) (int, error) {
	for {
		n, err := call(int(fd), p)
		if err != syscall.EINTR { //nolint:errorlint // a bare system call
			return n, err
		}
	}
}
