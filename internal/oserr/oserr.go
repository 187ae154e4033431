// Package oserr knows kinds of errors of the operating system, which systems
// number differently: what Windows calls WSAECONNRESET is not the ECONNRESET
// that its syscall package has.
package oserr

import (
	"errors"
	"slices"
	"syscall"
)

// The kinds. Windows' own numbers are listed by their system's file.
var (
	refused     = append([]syscall.Errno{syscall.ECONNREFUSED}, systemRefused...)
	reset       = append([]syscall.Errno{syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE}, systemReset...)
	unreachable = append([]syscall.Errno{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EADDRNOTAVAIL}, systemUnreachable...)
	timedOut    = append([]syscall.Errno{syscall.ETIMEDOUT}, systemTimedOut...)
	shortage    = append([]syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM}, systemShortage...)
	noPort      = append([]syscall.Errno{syscall.EADDRNOTAVAIL, syscall.EAGAIN}, systemNoPort...)
	inUse       = append([]syscall.Errno{syscall.EADDRINUSE}, systemInUse...)
	full        = append([]syscall.Errno{syscall.ENOSPC}, systemFull...)
)

// IsRefused reports whether nothing listens where a connection was to go.
func IsRefused(err error) bool { return is(err, refused) }

// IsReset reports whether the other end, or something between, ended a connection
// while it was in use.
func IsReset(err error) bool { return is(err, reset) }

// IsUnreachable reports whether there is no way to an address.
func IsUnreachable(err error) bool { return is(err, unreachable) }

// IsTimedOut reports whether the system itself gave up waiting.
func IsTimedOut(err error) bool { return is(err, timedOut) }

// IsShortage reports whether this machine, or this process's limits, have no
// descriptor or no memory for another connection.
func IsShortage(err error) bool { return is(err, shortage) }

// IsNoPort reports whether this machine has no port left for another connection.
func IsNoPort(err error) bool { return is(err, noPort) }

// IsLocal reports whether it is this machine that can't make a connection, not
// the other end that does not take it.
func IsLocal(err error) bool { return IsShortage(err) || IsNoPort(err) }

// IsInUse reports whether something listens already where this process was to.
func IsInUse(err error) bool { return is(err, inUse) }

// IsFull reports whether there is no room left on a disk.
func IsFull(err error) bool { return is(err, full) }

func is(err error, kinds []syscall.Errno) bool {
	return slices.ContainsFunc(kinds, func(kind syscall.Errno) bool { return errors.Is(err, kind) })
}
