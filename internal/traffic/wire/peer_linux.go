package wire

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// peer is where the connections of a loop go.
type peer struct {
	tcp     *net.TCPAddr
	family  int
	address syscall.Sockaddr
}

// dialPeer dials as for any exchange, and returns whom that has reached, and the
// connection, whose descriptor is ours alone.
func (c *Client) dialPeer(ctx context.Context) (_ *peer, fd int, err error) {
	timed, cancel := context.WithTimeout(ctx, c.profile.Timeout)
	defer cancel()
	began := time.Now()
	conn, err := c.dialTCP(timed)
	switch {
	case err == nil:
		c.dials.counted(time.Since(began))
	case ctx.Err() == nil && timed.Err() != nil:
		return nil, -1, errExpired
	default:
		return nil, -1, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	p, err := peerOf(conn.RemoteAddr().(*net.TCPAddr)) //nolint:forcetypeassert // by its network
	if err != nil {
		return nil, -1, err
	}
	// The runtime's poller is not to see it any more, so it is another descriptor.
	raw, err := rawConn(conn)
	if err != nil {
		return nil, -1, err
	}
	if failed := raw.Control(func(own uintptr) { fd, err = dup(own) }); failed != nil {
		return nil, -1, failed
	}
	return p, fd, err
}

func dup(fd uintptr) (int, error) {
	n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_DUPFD_CLOEXEC, 0)
	if errno != 0 {
		return -1, os.NewSyscallError("fcntl", errno)
	}
	return int(n), nil
}

func peerOf(tcp *net.TCPAddr) (*peer, error) {
	if ip := tcp.IP.To4(); ip != nil {
		address := &syscall.SockaddrInet4{Port: tcp.Port}
		copy(address.Addr[:], ip)
		return &peer{tcp, syscall.AF_INET, address}, nil
	}
	address := &syscall.SockaddrInet6{Port: tcp.Port}
	copy(address.Addr[:], tcp.IP.To16())
	if tcp.Zone != "" {
		ifi, err := net.InterfaceByName(tcp.Zone)
		if err != nil {
			return nil, err
		}
		address.ZoneId = uint32(ifi.Index) //nolint:gosec // an index is not negative
	}
	return &peer{tcp, syscall.AF_INET6, address}, nil
}

// socket makes a socket that can be connected to the peer. It does not block.
func (p *peer) socket() (fd int, err error) {
	fd, err = syscall.Socket(p.family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
		_ = syscall.Close(fd) // it has borne nothing
		return -1, os.NewSyscallError("setsockopt", err)
	}
	return fd, nil
}

// isSelf reports whether a socket is connected to itself, as it can be when
// nobody listens and the kernel chose the very port for our own side.
func (p *peer) isSelf(fd int) bool {
	own, err := syscall.Getsockname(fd)
	if err != nil {
		return false
	}
	switch own := own.(type) {
	case *syscall.SockaddrInet4:
		return own.Port == p.tcp.Port && p.tcp.IP.Equal(own.Addr[:])
	case *syscall.SockaddrInet6:
		return own.Port == p.tcp.Port && p.tcp.IP.Equal(own.Addr[:])
	}
	return false
}

// failed is a dial's error, as the net package has it.
func (p *peer) failed(err error) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: p.tcp, Err: err}
}

// adopt makes a conn of a descriptor, which it closes.
func adopt(fd int) (*conn, error) {
	file := os.NewFile(uintptr(fd), "connection")
	tcp, err := net.FileConn(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	cn, err := newConn(tcp)
	if err != nil {
		_ = tcp.Close()
		return nil, err
	}
	cn.used = true
	return cn, nil
}
