package oserr

import (
	"syscall"

	"golang.org/x/sys/windows"
)

var (
	systemRefused     = []syscall.Errno{windows.WSAECONNREFUSED}
	systemReset       = []syscall.Errno{windows.WSAECONNRESET, windows.WSAECONNABORTED, windows.WSAESHUTDOWN, windows.WSAENETRESET}
	systemUnreachable = []syscall.Errno{windows.WSAENETUNREACH, windows.WSAEHOSTUNREACH, windows.WSAEADDRNOTAVAIL, windows.ERROR_NETWORK_UNREACHABLE, windows.ERROR_HOST_UNREACHABLE}
	systemTimedOut    = []syscall.Errno{windows.WSAETIMEDOUT, windows.ERROR_SEM_TIMEOUT}
	systemShortage    = []syscall.Errno{windows.WSAEMFILE, windows.WSAENOBUFS, windows.ERROR_NO_SYSTEM_RESOURCES, windows.ERROR_NOT_ENOUGH_MEMORY}
	systemNoPort      = []syscall.Errno{windows.WSAEADDRNOTAVAIL, windows.WSAEADDRINUSE}
	systemInUse       = []syscall.Errno{windows.WSAEADDRINUSE}
	systemFull        = []syscall.Errno{windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL}
)
