//go:build !windows

package oserr

import "syscall"

var systemRefused, systemReset, systemUnreachable, systemTimedOut, systemShortage, systemNoPort, systemFull []syscall.Errno
