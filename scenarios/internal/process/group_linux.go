package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// groupLives reports whether more than zombies is left in the group. A zombie
// that its parent has not collected yet does not count: in a container without an
// init nobody ever collects a killed grandchild.
func groupLives(group int) bool {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return true
	}
	for _, entry := range entries {
		if _, err := strconv.Atoi(entry.Name()); err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err != nil {
			continue // it has just ended
		}
		// pid (name) state ppid pgrp …; the name may hold anything.
		var state string
		var parent, pgrp int
		after := stat[bytes.LastIndexByte(stat, ')')+1:]
		if _, err := fmt.Sscan(string(after), &state, &parent, &pgrp); err == nil && pgrp == group && state != "Z" && state != "X" {
			return true
		}
	}
	return false
}
