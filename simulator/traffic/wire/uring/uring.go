//go:build linux

// Package uring has as much of Linux's io_uring as connections need: operations
// on sockets are queued, and one system call makes all of them and waits for
// what has ended. io_uring(7) has the terms.
package uring

import (
	"errors"
	"fmt"
	"math/bits"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// The system calls; their numbers are the same on all of Go's architectures but
// mips.
const (
	sysSetup = 425
	sysEnter = 426
)

// What io_uring_setup is asked for: one thread uses the ring, operations go on
// only while that waits, and it is woken when as many have ended as it waits for.
// Linux has it since 6.1.
const (
	setupSubmitAll    = 1 << 7
	setupSingleIssuer = 1 << 12
	setupDeferTaskrun = 1 << 13
)

const (
	enterGetEvents = 1 << 0
	enterExtArg    = 1 << 3     // a patience comes with it
	entriesOffset  = 0x10000000 // for mmap

	featMinTimeout = 1 << 15 // patience.within is heeded: Linux 6.12
)

// The operations, and the flags that they have here.
const (
	opTimeout     = 11
	opConnect     = 16
	opAsyncCancel = 14
	opSend        = 26
	opRecv        = 27

	skipSuccess = 1 << 6 // of any: an end without an error is not told
	pollFirst   = 1 << 0 // of opRecv: nothing is there yet, so don't try
)

// setup is struct io_uring_params.
type setup struct {
	submissions, completions, flags, _, _, features, _ uint32
	_                                                  [3]uint32
	sq                                                 struct {
		head, tail, mask, entries, flags, dropped, array, _ uint32
		_                                                   uint64
	}
	cq struct {
		head, tail, mask, entries, overflow, cqes, flags, _ uint32
		_                                                   uint64
	}
}

// submission is struct io_uring_sqe: an operation to make.
type submission struct {
	op, flags uint8
	priority  uint16
	fd        int32
	offset    uint64
	address   uint64
	length    uint32
	opFlags   uint32
	user      uint64
	_         [3]uint64
}

// timespec is struct __kernel_timespec, on all architectures.
type timespec struct{ seconds, nanoseconds int64 }

// Completion is struct io_uring_cqe: the end of an operation. Result is what its
// system call would return, or less than 0, an errno.
type Completion struct {
	User   uint64
	Result int32
	_      uint32
}

// Err is why the operation failed, as a [syscall.Errno]; nil if it did not.
func (c Completion) Err() error {
	if c.Result < 0 {
		return syscall.Errno(-c.Result)
	}
	return nil
}

// patience is struct io_uring_getevents_arg: after so many µs, one end is as good
// as all that are waited for.
type patience struct {
	_      uint64
	_      uint32
	within uint32
	_      uint64
}

// Ring is an io_uring. Only the thread that made it may use it. Memory that an
// operation is given must be pinned until that has ended.
type Ring struct {
	fd              int
	shared, entries []byte
	submissions     []submission
	completions     []Completion
	sqTail          *atomic.Uint32
	cqHead, cqTail  *atomic.Uint32
	tail            uint32    // of what is queued
	queued          uint32    // and not yet submitted
	room            uint32    // for as many
	tick            *timespec // pinned
	pinner          runtime.Pinner
	patient         bool // the kernel waits for company
}

// New makes a ring that takes so many operations with one system call. Where the
// kernel has no such ring, or grants us none, the error is an
// [errors.ErrUnsupported].
func New(operations int) (*Ring, error) {
	var s setup
	s.flags = setupSubmitAll | setupSingleIssuer | setupDeferTaskrun
	fd, _, errno := syscall.Syscall(sysSetup, 1<<bits.Len(uint(operations-1)), uintptr(unsafe.Pointer(&s)), 0)
	if errno != 0 {
		return nil, fmt.Errorf("%w: %w", errors.ErrUnsupported, os.NewSyscallError("io_uring_setup", errno))
	}
	r := &Ring{fd: int(fd), patient: s.features&featMinTimeout != 0}
	if err := r.share(&s); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", errors.ErrUnsupported, err), r.Close())
	}
	return r, nil
}

// share maps the memory that the kernel and we have in common.
func (r *Ring) share(s *setup) error {
	length := max(
		uintptr(s.cq.cqes)+uintptr(s.completions)*unsafe.Sizeof(Completion{}),
		uintptr(s.sq.array)+uintptr(s.submissions)*4,
	)
	var err, entriesErr error
	r.shared, err = mapped(r.fd, 0, length)
	r.entries, entriesErr = mapped(r.fd, entriesOffset, uintptr(s.submissions)*unsafe.Sizeof(submission{}))
	if err := errors.Join(err, entriesErr); err != nil {
		return err
	}
	at := func(offset uint32) *atomic.Uint32 { return (*atomic.Uint32)(unsafe.Pointer(&r.shared[offset])) }
	r.sqTail, r.cqHead, r.cqTail = at(s.sq.tail), at(s.cq.head), at(s.cq.tail)
	r.room = s.submissions
	r.submissions = unsafe.Slice((*submission)(unsafe.Pointer(&r.entries[0])), s.submissions)
	r.completions = unsafe.Slice((*Completion)(unsafe.Pointer(&r.shared[s.cq.cqes])), s.completions)
	// The kernel finds the entries by an array of their numbers.
	numbers := unsafe.Slice((*uint32)(unsafe.Pointer(&r.shared[s.sq.array])), s.submissions)
	for i := range numbers {
		numbers[i] = uint32(i)
	}
	r.tick = new(timespec)
	r.pinner.Pin(r.tick)
	return nil
}

func mapped(fd int, offset int64, length uintptr) ([]byte, error) {
	b, err := syscall.Mmap(fd, offset, int(length), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED|syscall.MAP_POPULATE)
	return b, os.NewSyscallError("mmap", err)
}

func address(p unsafe.Pointer) uint64 { return uint64(uintptr(p)) }

// Close ends the ring. No operation may be under way.
func (r *Ring) Close() error {
	defer r.pinner.Unpin()
	err := os.NewSyscallError("close", syscall.Close(r.fd))
	for _, m := range [][]byte{r.shared, r.entries} {
		if m != nil {
			err = errors.Join(err, os.NewSyscallError("munmap", syscall.Munmap(m)))
		}
	}
	return err
}

// Connect queues the connecting of a socket. Its address is a struct sockaddr.
func (r *Ring) Connect(fd int, sockaddr []byte, user uint64) error {
	return r.queue(submission{op: opConnect, fd: int32(fd), address: address(unsafe.Pointer(&sockaddr[0])), offset: uint64(len(sockaddr)), user: user}) //nolint:gosec // a descriptor is small
}

// Send queues the sending of all of b over a socket that blocks.
func (r *Ring) Send(fd int, b []byte, user uint64) error {
	return r.queue(submission{op: opSend, fd: int32(fd), address: address(unsafe.Pointer(&b[0])), length: uint32(len(b)), opFlags: syscall.MSG_NOSIGNAL | syscall.MSG_WAITALL, user: user}) //nolint:gosec // as above
}

// Recv queues the receiving of at most len(b) bytes, which are not there yet,
// from a socket that blocks.
func (r *Ring) Recv(fd int, b []byte, user uint64) error {
	return r.queue(submission{op: opRecv, priority: pollFirst, fd: int32(fd), address: address(unsafe.Pointer(&b[0])), length: uint32(len(b)), user: user}) //nolint:gosec // as above
}

// Cancel queues the cancelling of user's operation, which then ends with
// [syscall.ECANCELED], unless it ends just so. own has a completion only if
// there is no such operation.
func (r *Ring) Cancel(user, own uint64) error {
	return r.queue(submission{op: opAsyncCancel, flags: skipSuccess, fd: -1, address: user, user: own})
}

// queue queues an operation. What is queued is submitted if there is no room.
func (r *Ring) queue(s submission) error {
	if r.queued == r.room {
		if err := r.enter(0, 0, nil); err != nil {
			return err
		}
		if r.queued == r.room {
			return errors.New("io_uring takes no more operations")
		}
	}
	r.submissions[r.tail&(r.room-1)] = s
	r.tail++
	r.queued++
	return nil
}

// Tick queues an operation that ends after d, in [syscall.ETIME]. There is at
// most one.
func (r *Ring) Tick(d time.Duration, user uint64) error {
	*r.tick = timespec{int64(d / time.Second), int64(d % time.Second)}
	return r.queue(submission{op: opTimeout, fd: -1, address: address(unsafe.Pointer(r.tick)), length: 1, user: user})
}

// Wait submits what is queued and waits until n operations have ended and company
// more, or for the latter, where the kernel can do so, a while at most. It may
// return earlier.
func (r *Ring) Wait(n, company int, while time.Duration) error {
	if company == 0 || !r.patient {
		return r.enter(n, enterGetEvents, nil)
	}
	return r.enter(n+company, enterGetEvents|enterExtArg, &patience{within: uint32(while.Microseconds())}) //nolint:gosec // it is short
}

func (r *Ring) enter(atLeast int, flags uintptr, p *patience) error {
	r.sqTail.Store(r.tail)
	n, _, errno := syscall.Syscall6(sysEnter, uintptr(r.fd), uintptr(r.queued), uintptr(atLeast), flags, uintptr(unsafe.Pointer(p)), unsafe.Sizeof(*p))
	switch errno {
	case 0:
		r.queued -= uint32(n) //nolint:gosec // what was submitted had been queued
	case syscall.ETIME, syscall.EINTR, syscall.EAGAIN, syscall.EBUSY: // and nothing was submitted
	default:
		return os.NewSyscallError("io_uring_enter", errno)
	}
	return nil
}

// Reap calls f with each operation that has ended.
func (r *Ring) Reap(f func(Completion)) {
	head, tail, last := r.cqHead.Load(), r.cqTail.Load(), uint32(len(r.completions)-1) //nolint:gosec // the kernel has it in 32 bits
	for ; head != tail; head++ {
		f(r.completions[head&last])
	}
	r.cqHead.Store(head)
}
