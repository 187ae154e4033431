//go:build linux

package uring

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// TestLayout holds the structures to the sizes that the kernel's have.
func TestLayout(t *testing.T) {
	t.Parallel()
	for name, size := range map[string][2]uintptr{
		"io_uring_params":   {unsafe.Sizeof(setup{}), 120},
		"io_uring_sqe":      {unsafe.Sizeof(submission{}), 64},
		"io_uring_cqe":      {unsafe.Sizeof(Completion{}), 16},
		"__kernel_timespec": {unsafe.Sizeof(timespec{}), 16},

		"io_uring_getevents_arg": {unsafe.Sizeof(patience{}), 24},
	} {
		if size[0] != size[1] {
			t.Errorf("%s has %d bytes, want %d", name, size[0], size[1])
		}
	}
}

// pair is a ring, and two sockets that are connected to each other.
func pair(t *testing.T, operations int) (r *Ring, a, b int) {
	t.Helper()
	runtime.LockOSThread()
	r, err := New(operations)
	if errors.Is(err, errors.ErrUnsupported) && slices.Contains(strings.Fields(os.Getenv("TESTS_WITHOUT")), "uring") {
		t.Skipf("no io_uring here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = syscall.Close(fds[0]), syscall.Close(fds[1])
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		runtime.UnlockOSThread()
	})
	return r, fds[0], fds[1]
}

// pinned returns memory for operations.
func pinned(t *testing.T, s string) []byte {
	t.Helper()
	b := []byte(s)
	p := new(runtime.Pinner)
	p.Pin(&b[0])
	t.Cleanup(p.Unpin)
	return b
}

// await waits until so many operations have ended.
func await(t *testing.T, r *Ring, n int) map[uint64]Completion {
	t.Helper()
	ended := map[uint64]Completion{}
	for len(ended) < n {
		if err := r.Wait(1, 0, 0); err != nil {
			t.Fatal(err)
		}
		r.Reap(func(c Completion) { ended[c.User] = c })
	}
	return ended
}

func TestSendAndRecv(t *testing.T) {
	t.Parallel()
	r, a, b := pair(t, 2)
	out, in := pinned(t, "hello"), pinned(t, "........")
	for round := range uint64(1000) { // around the queues many times
		if err := errors.Join(r.Send(a, out, 2*round), r.Recv(b, in, 2*round+1)); err != nil {
			t.Fatal(err)
		}
		ended := await(t, r, 2)
		if n := ended[2*round+1].Result; ended[2*round].Result != 5 || n != 5 || string(in[:n]) != "hello" {
			t.Fatalf("round %d: %+v, %q", round, ended, in)
		}
		clear(in)
	}
}

// TestMoreThanFits queues more than a ring has room for: what is there is
// submitted first.
func TestMoreThanFits(t *testing.T) {
	t.Parallel()
	r, a, b := pair(t, 2)
	out := pinned(t, "abcdefghi")
	for i := range out {
		if err := r.Send(a, out[i:i+1], uint64(i)); err != nil {
			t.Fatal(err)
		}
	}
	await(t, r, 9)
	in := make([]byte, 16)
	if n, err := syscall.Read(b, in); err != nil || !bytes.Equal(in[:n], out) {
		t.Errorf("%q, %v", in[:n], err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	r, a, _ := pair(t, 4)
	in := pinned(t, "........")
	if err := errors.Join(r.Recv(a, in, 1), r.Cancel(1, 2), r.Cancel(99, 3)); err != nil {
		t.Fatal(err)
	}
	ended := await(t, r, 2)
	if err := ended[1].Err(); !errors.Is(err, syscall.ECANCELED) {
		t.Errorf("what was cancelled ended in %v", err)
	}
	if err := ended[3].Err(); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("the cancelling of nothing ended in %v", err)
	}
}

func TestTick(t *testing.T) {
	t.Parallel()
	r, _, _ := pair(t, 4)
	begun := time.Now()
	if err := r.Tick(20*time.Millisecond, 1); err != nil {
		t.Fatal(err)
	}
	err := await(t, r, 1)[1].Err()
	if took := time.Since(begun); !errors.Is(err, syscall.ETIME) || took < 20*time.Millisecond {
		t.Errorf("%v after %v", err, took)
	}
}

// TestCompany waits for more than there is: the kernel soon has enough of it.
func TestCompany(t *testing.T) {
	t.Parallel()
	r, a, _ := pair(t, 4)
	in, out := pinned(t, "........"), pinned(t, "hello")
	if err := errors.Join(r.Recv(a, in, 1), r.Send(a, out, 2), r.Wait(1, 1, 20*time.Microsecond)); err != nil {
		t.Fatal(err)
	}
	ended := 0
	r.Reap(func(c Completion) {
		if ended++; c.User != 2 {
			t.Errorf("%+v ended", c)
		}
	})
	if ended != 1 {
		t.Errorf("%d operations ended", ended)
	}
	if err := r.Cancel(1, 3); err != nil {
		t.Fatal(err)
	}
	await(t, r, 1)
}
