package oserr_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/scrapehook/scrapehook/internal/oserr"
)

// TestKinds holds the kinds to what this system really says.
func TestKinds(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(error) bool{
		"refused": oserr.IsRefused, "reset": oserr.IsReset, "unreachable": oserr.IsUnreachable, "timed out": oserr.IsTimedOut,
		"shortage": oserr.IsShortage, "no port": oserr.IsNoPort, "full": oserr.IsFull,
	}
	for _, tc := range []struct {
		name string
		err  error
	}{
		{"refused", refused(t)},
		{"reset", reset(t)},
		{"full", fmt.Errorf("writing: %w", &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC})},
		{"shortage", errors.Join(io.EOF, os.NewSyscallError("accept", syscall.EMFILE))},
		{"timed out", os.NewSyscallError("connect", syscall.ETIMEDOUT)},
		{"", io.EOF},
		{"", nil},
	} {
		for kind, is := range kinds {
			if got := is(tc.err); got != (kind == tc.name) {
				t.Errorf("%v: %s is %v", tc.err, kind, got)
			}
		}
	}
}

// refused is the error of a connection to where nothing listens.
func refused(t *testing.T) error {
	t.Helper()
	l := listen(t)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", l.Addr().String())
	if err == nil {
		_ = conn.Close()
		t.Fatal("something listens at a port that was closed")
	}
	return err
}

// reset is the error of reading from a connection that the other end reset.
func reset(t *testing.T) error {
	t.Helper()
	l := listen(t)
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	tcp, ok := other.(*net.TCPConn)
	if !ok {
		t.Fatalf("%T was accepted", other)
	}
	if err := errors.Join(tcp.SetLinger(0), tcp.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err = conn.Read(make([]byte, 1)); errors.Is(err, io.EOF) {
		_, err = conn.Write(make([]byte, 1)) // as some systems have it
	}
	if err == nil {
		t.Fatal("a connection that was reset can be used")
	}
	return err
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}
