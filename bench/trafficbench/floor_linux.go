package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
)

// sendFloor is the least that a sender can do: one loop on one thread, which
// writes one ready-made request over and over and reads as much of each answer
// as tells that it was whole. What a sender takes more than that is its own.
func sendFloor(address string, request []byte, connections int, d time.Duration) error {
	poller, err := newPoller()
	if err != nil {
		return err
	}
	for range connections {
		fd, err := dialRaw(address)
		if err != nil {
			return err
		}
		if err := poller.add(fd); err != nil {
			return fmt.Errorf("watching a connection: %w", err)
		}
		if _, err := syscall.Write(fd, request); err != nil {
			return fmt.Errorf("sending a request: %w", err)
		}
	}
	buffer := make([]byte, 4<<10)
	for ends := time.Now().Add(d); time.Now().Before(ends); {
		ready, err := poller.wait(time.Until(ends))
		if err != nil {
			return err
		}
		for i := range ready {
			if err := exchange(int(ready[i].Fd), buffer, request); err != nil {
				return err
			}
		}
	}
	return nil
}

// exchange reads an answer and sends the next request. Answers come in one
// piece: targets write them so, and they are shorter than a segment.
func exchange(fd int, buffer, request []byte) error {
	n, errno := rawCall(syscall.SYS_READ, fd, buffer)
	if errno != 0 {
		return fmt.Errorf("reading an answer: %w", errno)
	}
	if !bytes.HasPrefix(buffer[:n], []byte("HTTP/1.1 200 ")) || !bytes.Contains(buffer[:n], endOfHead) {
		return fmt.Errorf("an answer is not one that is 200 and whole: %q", buffer[:n])
	}
	if _, errno := rawCall(syscall.SYS_WRITE, fd, request); errno != 0 {
		return fmt.Errorf("sending a request: %w", errno)
	}
	return nil
}

func dialRaw(address string) (int, error) {
	to, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return 0, err
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("making a socket: %w", err)
	}
	sockaddr := &syscall.SockaddrInet4{Port: to.Port}
	copy(sockaddr.Addr[:], to.IP.To4())
	err = errors.Join(
		syscall.Connect(fd, sockaddr),
		syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1),
	)
	if err != nil {
		return 0, fmt.Errorf("connecting to %s: %w", address, err)
	}
	return fd, nil
}
