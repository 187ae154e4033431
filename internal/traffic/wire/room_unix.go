//go:build unix

package wire

import (
	"math"
	"os"
	"syscall"
)

// spareDescriptors are those that a load needs beside its connections: pollers,
// files, a page for metrics, and the dials of a moment.
const spareDescriptors = 24

// Room returns how many connections this process may still open, and its limit of
// open files, which decides that; a limit of 0 is none.
func Room() (connections, limit int) {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur > math.MaxInt32 {
		return math.MaxInt32, 0
	}
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		open = nil // unknown, and few
	}
	limit = int(files.Cur)
	return max(0, limit-len(open)-spareDescriptors), limit
}
