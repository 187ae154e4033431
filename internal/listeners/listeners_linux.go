package listeners

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const listening = "0A" // TCP_LISTEN in /proc/net/tcp

// process finds the process that listens on port, and its command line.
func process(port uint16) (pid int, words []string) {
	sockets := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		addListening(sockets, table, port)
	}
	if len(sockets) == 0 {
		return 0, nil
	}
	// Only of one's own processes can it be read, which is all that can be stopped.
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*") // the pattern is a good one
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil || !sockets[target] {
			continue
		}
		dir := filepath.Dir(filepath.Dir(link))
		if pid, err = strconv.Atoi(filepath.Base(dir)); err != nil {
			continue
		}
		line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil {
			return pid, nil
		}
		return pid, strings.Split(strings.TrimRight(string(line), "\x00"), "\x00")
	}
	return 0, nil
}

// addListening adds the sockets of a table that listen on port, as the links to
// them are written.
func addListening(sockets map[string]bool, table string, port uint16) {
	file, err := os.Open(table)
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }() // it is only read
	suffix := fmt.Sprintf(":%04X", port)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && fields[3] == listening && strings.HasSuffix(fields[1], suffix) {
			sockets["socket:["+fields[9]+"]"] = true
		}
	}
}
