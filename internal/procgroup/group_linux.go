package procgroup

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// member is what /proc says of a process that runs.
type member struct{ pid, parent, group int }

// processes lists what runs on this machine, zombies left out: in a container
// without an init nobody ever collects a killed grandchild.
func processes() ([]member, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var all []member
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err != nil {
			continue // it has just ended
		}
		// pid (name) state ppid pgrp …; the name may hold anything.
		var state string
		m := member{pid: pid}
		after := stat[bytes.LastIndexByte(stat, ')')+1:]
		if _, err := fmt.Sscan(string(after), &state, &m.parent, &m.group); err == nil && state != "Z" && state != "X" {
			all = append(all, m)
		}
	}
	return all, nil
}

// groupLives reports whether more than zombies is left in the group.
func groupLives(group int) bool {
	all, err := processes()
	return err != nil || slices.ContainsFunc(all, func(m member) bool { return m.group == group })
}

// AdoptOrphans makes what our commands leave behind children of ours rather than
// of the system's first process, so that [EndOrphans] finds them.
func AdoptOrphans() error {
	return os.NewSyscallError("prctl", unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
}

// EndOrphans ends every process that descends from ours: it asks them to end, and
// kills what is left after grace. It returns how many there were. It is for when
// each command that we have started has ended.
func EndOrphans(grace time.Duration) (ended int) {
	left := descendants()
	ended = len(left)
	signalAll(left, syscall.SIGTERM)
	for waited := time.Duration(0); waited < grace && len(left) > 0; waited += pollEvery {
		time.Sleep(pollEvery)
		left = descendants()
	}
	// What is killed may have started more.
	for range 10 {
		if left = descendants(); len(left) == 0 {
			break
		}
		signalAll(left, syscall.SIGKILL)
	}
	return ended
}

func signalAll(pids []int, s syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, s) // it has ended by itself
	}
}

// descendants are our children, their children, and so on.
func descendants() []int {
	all, err := processes()
	if err != nil {
		return nil
	}
	found := []int{os.Getpid()}
	for i := 0; i < len(found); i++ {
		for _, m := range all {
			if m.parent == found[i] && !slices.Contains(found, m.pid) {
				found = append(found, m.pid)
			}
		}
	}
	return found[1:]
}
