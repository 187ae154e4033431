//go:build !linux

package process

import "syscall"

// groupLives reports whether a process is left in the group.
func groupLives(group int) bool { return syscall.Kill(-group, 0) == nil }
