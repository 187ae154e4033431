package wire

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// The events of a poller.
const (
	readable = syscall.EPOLLIN
	writable = syscall.EPOLLOUT
	// hungUp: the peer sends nothing more, or the socket has an error.
	hungUp = syscall.EPOLLRDHUP | syscall.EPOLLHUP | syscall.EPOLLERR
)

// poller waits for sockets by epoll. It tells of each change once (edge
// triggered), so a socket needs one system call to be watched for all its life.
type poller struct {
	fd     int
	events [256]syscall.EpollEvent
}

func newPoller() (*poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	return &poller{fd: fd}, nil
}

// add watches a socket; events of it bear this number.
func (p *poller) add(fd int, number int32) error {
	const edgeTriggered = 1 << 31 // the constant of package syscall is negative
	event := syscall.EpollEvent{Events: readable | writable | syscall.EPOLLRDHUP | edgeTriggered, Fd: number}
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_ADD, fd, &event))
}

// remove ends the watch of a socket that stays open elsewhere.
func (p *poller) remove(fd int) error {
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_DEL, fd, &syscall.EpollEvent{}))
}

// wait returns what has changed, after d at the latest; a negative d is no bound.
func (p *poller) wait(d time.Duration) ([]syscall.EpollEvent, error) {
	milliseconds := -1
	if d >= 0 {
		milliseconds = int((d + time.Millisecond - 1) / time.Millisecond)
	}
	n, err := syscall.EpollWait(p.fd, p.events[:], milliseconds)
	if errors.Is(err, syscall.EINTR) {
		return nil, nil
	}
	if err != nil {
		return nil, os.NewSyscallError("epoll_wait", err)
	}
	return p.events[:n], nil
}

func (p *poller) close() { _ = syscall.Close(p.fd) } // it holds nothing
