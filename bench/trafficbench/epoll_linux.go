package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

// poller waits for sockets, by Linux's epoll.
type poller struct {
	fd     int
	events [256]syscall.EpollEvent
}

func newPoller() (*poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("creating an epoll: %w", err)
	}
	return &poller{fd: fd}, nil
}

// add watches fd. It is told of once for whatever has come: the kernel does not
// look again, which is cheaper.
func (p *poller) add(fd int) error {
	const edgeTriggered = 1 << 31                                                                            // the syscall package's is negative
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | edgeTriggered, Fd: int32(fd)} //nolint:gosec // a descriptor is small
	return syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_ADD, fd, &event)
}

// wait returns what is ready, at the latest after d (-1 is no bound).
func (p *poller) wait(d time.Duration) ([]syscall.EpollEvent, error) {
	millis := -1
	if d >= 0 {
		millis = int(d.Milliseconds()) + 1
	}
	n, err := syscall.EpollWait(p.fd, p.events[:], millis)
	if errors.Is(err, syscall.EINTR) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("waiting for sockets: %w", err)
	}
	return p.events[:n], nil
}

// epollTarget is the cheapest target that we can write: one loop on one thread,
// which reads as much of a request as tells where it ends.
type epollTarget struct {
	poller   *poller
	listener int
	manner   manner
	record   Record
	buffer   []byte
	partial  map[int][]byte // by connection, a request that has not come in whole
	asked    map[int]int64  // by connection to the silent target, when its request came
	marks    func(requests int)
}

// manner is how the target behaves.
type manner struct {
	silent bool // never answers
	// freeze is how long nothing is done, once in every period from the first
	// request on; 0 is never. The first one begins after half a period.
	freeze, period time.Duration
}

var okAnswer = []byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

// serveEpoll serves a listening socket until stop, a pipe, ends, and returns what
// it saw. marks is told of each request's number.
func serveEpoll(listener *net.TCPListener, stop *os.File, m manner, marks func(requests int)) (*Record, error) {
	file, err := listener.File()
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // the process ends
	t := &epollTarget{
		manner: m, marks: marks, listener: int(file.Fd()),
		buffer: make([]byte, 64<<10), partial: map[int][]byte{}, asked: map[int]int64{},
	}
	t.record.Arrivals = make([]int64, 0, 1<<20)
	if t.poller, err = newPoller(); err != nil {
		return nil, err
	}
	stopping := int(stop.Fd())
	if err := errors.Join(syscall.SetNonblock(t.listener, true), t.poller.add(t.listener), t.poller.add(stopping)); err != nil {
		return nil, fmt.Errorf("watching the listener: %w", err)
	}
	for {
		ready, err := t.poller.wait(-1)
		if err != nil {
			return nil, err
		}
		t.freeze()
		now := time.Now().UnixNano()
		for i := range ready {
			switch int(ready[i].Fd) {
			case stopping:
				return &t.record, nil
			case t.listener:
				err = t.accept()
			default:
				t.serve(&ready[i], now)
			}
			if err != nil {
				return nil, err
			}
		}
	}
}

// freeze does nothing for the rest of a freeze.
func (t *epollTarget) freeze() {
	if t.manner.freeze == 0 || len(t.record.Arrivals) == 0 {
		return
	}
	now := time.Now().UnixNano()
	period := int64(t.manner.period)
	begun := now - (now-t.record.Arrivals[0]+period/2)%period
	if ends := begun + int64(t.manner.freeze); now < ends && begun > t.record.Arrivals[0] {
		time.Sleep(time.Duration(ends - now))
		t.record.Freezes = append(t.record.Freezes, Span{begun, time.Now().UnixNano()})
	}
}

func (t *epollTarget) accept() error {
	for {
		fd, _, err := syscall.Accept4(t.listener, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
		if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.ECONNABORTED) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accepting a connection: %w", err)
		}
		if err := t.poller.add(fd); err != nil {
			return fmt.Errorf("watching a connection: %w", err)
		}
	}
}

// serve reads what a connection has and answers the requests that are whole.
func (t *epollTarget) serve(event *syscall.EpollEvent, now int64) {
	const ended = syscall.EPOLLRDHUP | syscall.EPOLLHUP | syscall.EPOLLERR
	fd := int(event.Fd)
	for {
		n, errno := rawCall(syscall.SYS_READ, fd, t.buffer)
		switch {
		case errno == syscall.EINTR:
			continue
		case errno == syscall.EAGAIN:
			return
		case errno != 0 || n == 0 || !t.answer(fd, t.buffer[:n], now):
			t.close(fd, now)
			return
		}
		if n < len(t.buffer) && event.Events&ended == 0 {
			return // that was all
		}
	}
}

// answer answers the requests of a connection that are whole with data, and
// reports whether that is possible.
func (t *epollTarget) answer(fd int, data []byte, now int64) bool {
	if len(t.partial) > 0 && len(t.partial[fd]) > 0 {
		data = append(t.partial[fd], data...)
		delete(t.partial, fd)
	}
	for len(data) > 0 {
		length, err := requestLength(data)
		if err != nil {
			return false
		}
		if length == 0 || length > len(data) {
			t.partial[fd] = bytes.Clone(data)
			return true
		}
		data = data[length:]
		t.arrived(fd, now)
		if t.manner.silent {
			continue
		}
		// An answer is small enough for any socket's buffer to take it whole.
		if _, errno := rawCall(syscall.SYS_WRITE, fd, okAnswer); errno != 0 {
			return false
		}
	}
	return true
}

// rawCall is a read or a write that does not wait, without what the runtime does
// for one that might.
func rawCall(trap uintptr, fd int, p []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(trap, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p))) //nolint:gosec // a system call takes a pointer
	return int(n), errno
}

func (t *epollTarget) arrived(fd int, now int64) {
	if len(t.record.Arrivals) == recorded {
		t.record.Dropped++
		return
	}
	t.record.Arrivals = append(t.record.Arrivals, now)
	if t.manner.silent {
		t.asked[fd] = now
		t.marks(len(t.record.Arrivals))
	}
}

func (t *epollTarget) close(fd int, now int64) {
	if asked, ok := t.asked[fd]; ok {
		t.record.Held = append(t.record.Held, time.Duration(now-asked))
		delete(t.asked, fd)
	}
	delete(t.partial, fd)
	_ = syscall.Close(fd) // nothing more is said over it
}

var (
	endOfHead     = []byte("\r\n\r\n")
	contentLength = []byte("\r\nContent-Length: ")
)

// maxRequest bounds a request; those of this bench are below 1 kB.
const maxRequest = 64 << 10

// requestLength is how long the first request of data is, head and body; 0 while
// its head is not whole. An error is a request that this target can't tell the
// end of.
func requestLength(data []byte) (int, error) {
	head := bytes.Index(data, endOfHead)
	if head < 0 {
		if len(data) > maxRequest {
			return 0, errors.New("the head of a request is too long")
		}
		return 0, nil
	}
	head += len(endOfHead)
	at := bytes.Index(data[:head], contentLength)
	if at < 0 {
		at = bytes.Index(bytes.ToLower(data[:head]), bytes.ToLower(contentLength))
	}
	if at < 0 {
		return head, nil
	}
	digits := data[at+len(contentLength) : head]
	digits = digits[:bytes.IndexByte(digits, '\r')]
	length, err := strconv.ParseUint(string(digits), 10, 16)
	if err != nil {
		return 0, fmt.Errorf("reading the length of a request: %w", err)
	}
	return head + int(length), nil
}

// cpuTime is what this process has spent.
func cpuTime() (time.Duration, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("asking for the time spent: %w", err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}
