//go:build !windows

package oserr

import "syscall"

var systemRefused, systemReset, systemUnreachable, systemTimedOut, systemShortage, systemNoPort, systemInUse, systemFull []syscall.Errno
