package e2e_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestHostileRequests sends what is hostile or broken to each listener: none is
// acknowledged, fails in us, or hangs, a good client is served all the while, and in the
// end no descriptor is left.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	dir, address := t.TempDir(), freeAddress(t)
	receiver := newProcess(t, dir, address, filepath.Join(dir, "r.db"), "--token", "s3cret")
	receiver.start(t)
	cloud := startCloud(t)
	host := strings.TrimSuffix(strings.TrimPrefix(cloud.APIURL, "http://"), "/api/v1/")
	for name, tc := range map[string]struct {
		address, path, good string
		pid                 int
	}{
		"the API":     {host, "/api/v1/sitemap", cloud.APIURL + "account?api_token=" + cloud.Token, cloud.cmd.Process.Pid},
		"the control": {host, "/_scrapehook/jobs", cloud.ControlURL + "health", cloud.cmd.Process.Pid},
		"a receiver":  {address, "/webhook", "http://" + address + "/healthz", receiver.cmd.Process.Pid},
	} {
		before := descriptors(tc.pid)
		all := hostileRequests(tc.path, tc.address)
		for _, h := range all {
			if problem := h.send(tc.address); problem != "" {
				t.Errorf("%s, %s: %s", name, h.name, problem)
			}
			if err := good(tc.good); err != nil {
				t.Errorf("%s, after %s: a good client: %v", name, h.name, err)
			}
		}
		http.DefaultClient.CloseIdleConnections()
		waitFor(t, "the descriptors are given back", func() bool { return descriptors(tc.pid) <= before+5 })
		t.Logf("%s: %d hostile requests", name, len(all))
	}
}

func good(url string) error {
	client := &http.Client{Timeout: 20 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %d", resp.StatusCode)
	}
	return nil
}

// send returns what is wrong with the answer.
func (h hostileRequest) send(address string) (problem string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	const patience = 25 * time.Second
	_ = conn.SetDeadline(time.Now().Add(patience))
	go func() {
		_, _ = io.WriteString(conn, h.raw) // it may be cut off before its end
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
	}()
	in := bufio.NewReader(conn)
	line, err := in.ReadString('\n')
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "it hangs"
	case err != nil && line == "":
		return "" // the connection was closed without a word, which lets nobody in
	case !strings.HasPrefix(line, "HTTP/1."):
		return fmt.Sprintf("answered %q", line)
	case strings.Contains(line, " 2"), strings.Contains(line, " 500 "), strings.Contains(line, " 502 "), strings.Contains(line, " 503 "):
		rest, _ := io.ReadAll(io.LimitReader(in, 500))
		return fmt.Sprintf("answered %q %q", line, rest)
	}
	return ""
}

// descriptors is how many a process has open, 0 where that is not known.
func descriptors(pid int) int {
	if runtime.GOOS != "linux" {
		return 0
	}
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return 0
	}
	return len(entries)
}
