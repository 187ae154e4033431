package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/scrapehook/scrapehook/webhook"
)

// server is a process that answers.
type server struct {
	cmd     *exec.Cmd
	address string
}

// start starts the processes of a variant on their core.
func (v variant) start(ctx context.Context, store string) (servers []server, err error) {
	for range v.processes {
		address, err := freeAddress(ctx)
		if err != nil {
			return servers, err
		}
		args := append([]string{"-c", serverCore}, v.args(address, store)...)
		cmd := exec.CommandContext(ctx, "taskset", args...) //nolint:gosec // what we measure
		cmd.Env = append(os.Environ(), v.env...)
		cmd.Stderr = os.Stderr
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			return servers, err
		}
		if err := cmd.Start(); err != nil {
			return servers, err
		}
		servers = append(servers, server{cmd, address})
		if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
			return servers, fmt.Errorf("it did not come up: %w", err)
		}
	}
	return servers, nil
}

// stopAll kills: nothing of what they hold is needed any more.
func stopAll(servers []server) error {
	var errs []error
	for _, s := range servers {
		errs = append(errs, s.cmd.Process.Kill())
		_ = s.cmd.Wait() // its status is that of a kill
	}
	return errors.Join(errs...)
}

func addresses(servers []server) []string {
	list := make([]string, 0, len(servers))
	for _, s := range servers {
		list = append(list, s.address)
	}
	return list
}

func freeAddress(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// notifyOnce notifies of a job's end.
func notifyOnce(ctx context.Context, address string, job int64) error {
	form := webhook.Notification{JobID: job, Status: webhook.Finished, SitemapID: 12, SitemapName: "my-sitemap"}.AppendForm(nil)
	_, err := call(ctx, http.MethodPost, "http://"+address+"/webhook", form)
	return err
}

// imported is how many imports the receivers have done, by their own count.
func imported(ctx context.Context, servers []server) (int64, error) {
	const done = `scrapehook_receiver_import_seconds_count{outcome="imported"} `
	sum := int64(0)
	for _, s := range servers {
		metrics, err := call(ctx, http.MethodGet, "http://"+s.address+"/metrics", nil)
		if err != nil {
			return 0, err
		}
		for line := range strings.Lines(string(metrics)) {
			if value, ok := strings.CutPrefix(line, done); ok {
				n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
				if err != nil {
					return 0, fmt.Errorf("reading the metrics: %w", err)
				}
				sum += n
			}
		}
	}
	return sum, nil
}

func call(ctx context.Context, method, url string, form []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(form))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", webhook.ContentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read to its end
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s was answered %d", method, url, resp.StatusCode)
	}
	return body, err
}

// resident is the memory of a process that is in use, as the kernel puts it.
func resident(s server) (string, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(s.cmd.Process.Pid) + "/status")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strings.TrimSpace(value), nil
		}
	}
	return "", errors.New("the kernel does not tell the memory in use")
}
