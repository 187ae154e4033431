package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"syscall"
)

// peer is where the connections of a loop go.
type peer struct {
	tcp     *net.TCPAddr
	family  int
	address []byte // a struct sockaddr
}

// dialPeer dials as for any exchange, and returns whom that has reached, and the
// connection, whose descriptor is ours alone.
func (c *Client) dialPeer(ctx context.Context) (_ *peer, fd int, err error) {
	timed, cancel := context.WithTimeout(ctx, c.profile.Timeout)
	defer cancel()
	conn, err := c.dialer.DialContext(timed, "tcp", c.addr)
	switch {
	case err == nil:
	case ctx.Err() == nil && timed.Err() != nil:
		return nil, -1, errExpired
	default:
		return nil, -1, err
	}
	tcp := conn.(*net.TCPConn) //nolint:forcetypeassert // by its network
	defer func() { err = errors.Join(err, tcp.Close()) }()
	p, err := peerOf(tcp.RemoteAddr().(*net.TCPAddr)) //nolint:forcetypeassert // as above
	if err != nil {
		return nil, -1, err
	}
	// The runtime's poller is not to see it any more, so it is another descriptor.
	file, err := tcp.File()
	if err != nil {
		return nil, -1, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if fd, err = dup(int(file.Fd())); err != nil { // Fd makes it block
		return nil, -1, err
	}
	return p, fd, nil
}

func dup(fd int) (int, error) {
	n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 0)
	if errno != 0 {
		return -1, os.NewSyscallError("fcntl", errno)
	}
	return int(n), nil
}

func peerOf(tcp *net.TCPAddr) (*peer, error) {
	p := &peer{tcp: tcp}
	family := func(f uint16) {
		p.family = int(f)
		p.address = binary.NativeEndian.AppendUint16(nil, f)
		p.address = binary.BigEndian.AppendUint16(p.address, uint16(tcp.Port)) //nolint:gosec // a port has 16 bits
	}
	if ip := tcp.IP.To4(); ip != nil {
		family(syscall.AF_INET)
		p.address = append(p.address, ip...)
		p.address = append(p.address, make([]byte, syscall.SizeofSockaddrInet4-len(p.address))...)
		return p, nil
	}
	zone := 0
	if tcp.Zone != "" {
		ifi, err := net.InterfaceByName(tcp.Zone)
		if err != nil {
			return nil, err
		}
		zone = ifi.Index
	}
	family(syscall.AF_INET6)
	p.address = append(p.address, 0, 0, 0, 0) // flow information
	p.address = append(p.address, tcp.IP.To16()...)
	p.address = binary.NativeEndian.AppendUint32(p.address, uint32(zone))
	return p, nil
}

// socket makes a socket that can be connected to the peer. It blocks: io_uring
// would not wait with one that does not.
func (p *peer) socket() (fd int, err error) {
	fd, err = syscall.Socket(p.family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
		_ = syscall.Close(fd) // it has borne nothing
		return -1, os.NewSyscallError("setsockopt", err)
	}
	return fd, nil
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
