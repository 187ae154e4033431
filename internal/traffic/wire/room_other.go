//go:build !unix

package wire

import "math"

// Room returns how many connections this process may still open, and its limit of
// open files, which decides that; a limit of 0 is none.
func Room() (connections, limit int) { return math.MaxInt32, 0 }
