// Package listeners tells which program listens on a port of this machine, for
// messages about ports that are in use.
package listeners

import (
	"net"
	"path/filepath"
	"strconv"
	"strings"
)

// On names the program that listens on address, as "scrapehook cloud (process
// 123)". It is "" where that can't be found out: on other systems than Linux,
// and of other users' programs.
func On(address string) string {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return ""
	}
	pid, words := process(uint16(n))
	if pid == 0 {
		return ""
	}
	return describe(pid, words)
}

// describe shortens a command line to what tells the program: its name, and the
// subcommand or the script that follows.
func describe(pid int, words []string) string {
	name := ""
	if len(words) > 0 {
		name = filepath.Base(words[0])
	}
	for _, word := range words[min(1, len(words)):] {
		if !strings.HasPrefix(word, "-") && len(word) < 60 {
			name += " " + filepath.Base(word)
			break
		}
	}
	return name + " (process " + strconv.Itoa(pid) + ")"
}
