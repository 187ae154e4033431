package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// usage is what the machine has spent up to a moment, in the kernel's ticks.
type usage struct {
	servers     int64 // by the processes under test
	first, rest core  // the servers' core, and all others together
}

// core is one processor's time, or that of several.
type core struct{ busy, idle int64 }

// ticks is how many of the kernel's ticks make a second, in what it tells
// programs (proc(5), sysconf(3)): 100 on every architecture that Go runs on.
const ticks = 100

// spent is a share or a time, between two usages.
type spent struct {
	cpu    time.Duration // of the servers
	others float64       // of the servers' core: who else ran there
	rest   float64       // of the other cores: load, cloud and database
}

func (u usage) since(before usage) spent {
	busy, idle := u.first.busy-before.first.busy, u.first.idle-before.first.idle
	s := spent{cpu: time.Duration(u.servers-before.servers) * (time.Second / ticks)}
	if all := busy + idle; all > 0 {
		s.others = max(0, float64(busy-(u.servers-before.servers))/float64(all))
	}
	busy, idle = u.rest.busy-before.rest.busy, u.rest.idle-before.rest.idle
	if all := busy + idle; all > 0 {
		s.rest = float64(busy) / float64(all)
	}
	return s
}

func readUsage(servers []server) (u usage, err error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return u, err
	}
	for line := range strings.Lines(string(stat)) {
		fields := strings.Fields(line)
		if len(fields) < 9 || !strings.HasPrefix(fields[0], "cpu") || fields[0] == "cpu" {
			continue
		}
		to := &u.rest
		if fields[0] == "cpu"+serverCore {
			to = &u.first
		}
		// user nice system idle iowait irq softirq steal; guests are in user.
		for i, field := range fields[1:9] {
			n, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return u, fmt.Errorf("reading /proc/stat: %w", err)
			}
			if i == 3 || i == 4 {
				to.idle += n
			} else {
				to.busy += n
			}
		}
	}
	for _, s := range servers {
		n, err := processTicks(s.cmd.Process.Pid)
		if err != nil {
			return u, err
		}
		u.servers += n
	}
	return u, nil
}

// processTicks is what a process has spent in its own code and in the kernel's.
func processTicks(pid int) (int64, error) {
	path := "/proc/" + strconv.Itoa(pid) + "/stat"
	stat, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	// The name, in parentheses, may hold anything; utime and stime are the
	// 12th and 13th field after it.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("reading %s: too few fields", path)
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading %s: %w", path, err)
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading %s: %w", path, err)
	}
	return user + system, nil
}
