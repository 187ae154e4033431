package wire

import (
	"errors"
	"io"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/scrapehook/scrapehook/internal/oserr"
)

// wroteAtOnce is how large a request may be to be written without looking whether
// its answer comes meanwhile: it fits into the system's buffer.
const wroteAtOnce = bufferSize

// proceed does what the stage says. Windows completes what was begun, and does
// not tell that something could be done, so a wait for an answer has a buffer.
func (cn *conn) proceed() error {
	if cn.stage == checking {
		if !cn.idle() {
			cn.err = errStale
			return nil
		}
		cn.stage = writing
	}
	if cn.stage == writing {
		if len(cn.out) > wroteAtOnce {
			cn.stage = reading
			return nil // writeRest writes it
		}
		n, err := cn.tcp.Write(cn.out)
		cn.out = cn.out[n:]
		switch {
		case err == nil:
			buffers.put(cn.request)
			cn.request = nil
		case oserr.IsReset(err):
			cn.cut, cn.out = true, nil // its answer may be on its way
		default:
			return err
		}
		cn.stage = reading
	}
	if cn.in == nil {
		cn.in = buffers.get()
		cn.in.b = cn.in.b[:0]
	}
	n, err := cn.tcp.Read(cn.in.b[len(cn.in.b):cap(cn.in.b)])
	cn.n = n
	cn.in.b = cn.in.b[:len(cn.in.b)+n]
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// idle reports whether the connection is open and the endpoint silent.
func (cn *conn) idle() bool {
	silent := false
	step := func(fd uintptr) { silent = cn.step(fd) }
	return cn.raw.Control(step) == nil && silent
}

var wsaPoll = windows.NewLazySystemDLL("ws2_32.dll").NewProc("WSAPoll")

// pollRead asks for bytes to read, or the end of the connection (POLLRDNORM).
const pollRead = 0x0100

// onSocket reports whether there is nothing to read.
func (cn *conn) onSocket(fd uintptr) bool {
	asked := struct {
		socket  uintptr
		events  int16
		revents int16
	}{fd, pollRead, 0}
	ready, _, _ := wsaPoll.Call(uintptr(unsafe.Pointer(&asked)), 1, 0)
	return ready == 0
}
