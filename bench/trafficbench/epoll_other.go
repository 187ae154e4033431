//go:build !linux

package main

import (
	"errors"
	"net"
	"os"
	"time"
)

var errNotLinux = errors.New("this bench needs Linux: its target and its floor are loops over epoll")

type manner struct {
	silent         bool
	freeze, period time.Duration
}

func serveEpoll(*net.TCPListener, *os.File, manner, func(int)) (*Record, error) {
	return nil, errNotLinux
}

func sendFloor(string, []byte, int, time.Duration) error { return errNotLinux }

func cpuTime() (time.Duration, error) { return 0, errNotLinux }
