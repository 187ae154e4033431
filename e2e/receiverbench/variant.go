package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/receiver/pgtest"
	"github.com/scrapehook/scrapehook/webhook"
)

// bare is the name of what everything is compared with.
const bare = "bare handler, parses the form"

// variant is one way to answer notifications.
type variant struct {
	name      string
	processes int  // behind no balancer: the load is spread over them
	postgres  bool // needs a database
	// args make the command line of one process.
	args func(address, store string) []string
	env  []string
	// first is notified of before the load begins; 0 is nothing.
	first int64
}

func variants(s settings, million string) []variant {
	receive := func(more ...string) func(address, store string) []string {
		return func(address, store string) []string {
			return append([]string{s.scrapehook, "receive", "--listen", address, "--store", store, "--log-level", "error"}, more...)
		}
	}
	byHand := func(how string) func(address, store string) []string {
		return func(address, store string) []string { return []string{s.self, "serve", how, address, store} }
	}
	api := func(url string) []string {
		return []string{"WEBSCRAPER_API_BASE_URI=" + url, "WEBSCRAPER_API_TOKEN=x"}
	}
	return []variant{
		{name: bare, processes: 1, args: byHand("bare")},
		{name: "SQLite, answering only", processes: 1, args: receive(), env: api(s.silent)},
		{name: "SQLite, while imports run", processes: 1, args: receive(), env: api(s.cloud)},
		{name: "SQLite, while a million rows are imported", processes: 1, args: receive(), env: api(million), first: millionJob},
		{name: "SQLite by hand, an INSERT a request", processes: 1, args: byHand("sqlite")},
		{name: "PostgreSQL, answering only", processes: 1, postgres: true, args: receive("--role", "receive")},
		{name: "PostgreSQL, while imports run", processes: 1, postgres: true, args: receive(), env: api(s.cloud)},
		{name: "PostgreSQL, two processes answering only", processes: 2, postgres: true, args: receive("--role", "receive")},
		{name: "PostgreSQL, three processes answering only", processes: 3, postgres: true, args: receive("--role", "receive")},
		{name: "PostgreSQL by hand, an INSERT a request", processes: 1, postgres: true, args: byHand("postgres")},
	}
}

// warmUp is how long a fresh process is loaded before it is measured.
const warmUp = 500 * time.Millisecond

// measurement is what came of one load.
type measurement struct {
	perSecond float64
	p50, p99  time.Duration
	refused   int // answers other than 2xx
}

// measure starts a variant on a fresh store, loads it and stops it.
func (v variant) measure(ctx context.Context, s settings, postgres *pgtest.Server) (m measurement, err error) {
	store, remove, err := v.newStore(ctx, s, postgres)
	if err != nil {
		return m, err
	}
	defer remove()
	servers, err := v.start(ctx, store)
	defer func() { err = errors.Join(err, stopAll(servers)) }()
	if err != nil {
		return m, err
	}
	addresses := make([]string, 0, len(servers))
	for _, server := range servers {
		addresses = append(addresses, server.address)
	}
	if v.first > 0 {
		if err := notifyOnce(ctx, addresses[0], v.first); err != nil {
			return m, err
		}
	}
	if _, err := load(ctx, addresses, s.connections, warmUp, 0); err != nil {
		return m, err
	}
	return load(ctx, addresses, s.connections, s.duration, 0)
}

func (v variant) newStore(ctx context.Context, s settings, postgres *pgtest.Server) (store string, remove func(), err error) {
	if v.postgres {
		store, err = postgres.NewDatabase(ctx)
		return store, func() {}, err
	}
	dir, err := os.MkdirTemp(s.dir, "store-")
	return filepath.Join(dir, "r.db"), func() { _ = os.RemoveAll(dir) }, err // a temporary directory of ours
}

// server is a process that answers.
type server struct {
	cmd     *exec.Cmd
	address string
}

// start starts the processes of a variant, on the first core if they can be
// held there.
func (v variant) start(ctx context.Context, store string) (servers []server, err error) {
	for range v.processes {
		address, err := freeAddress(ctx)
		if err != nil {
			return servers, err
		}
		args := v.args(address, store)
		if taskset, err := exec.LookPath("taskset"); err == nil {
			args = append([]string{taskset, "-c", "0"}, args...)
		}
		cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // what we measure
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

func freeAddress(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func notifyOnce(ctx context.Context, address string, job int64) error {
	form := webhook.Notification{JobID: job, Status: webhook.Finished, SitemapID: 12, SitemapName: "my-sitemap"}.AppendForm(nil)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/webhook", strings.NewReader(string(form)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", webhook.ContentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body) // only its status counts
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %d", resp.StatusCode)
	}
	return nil
}

// watchMemory loads a receiver on SQLite with many notifications and prints its
// memory on the way.
func watchMemory(ctx context.Context, s settings) error {
	v := variants(s, "")[1]
	store, remove, err := v.newStore(ctx, s, nil)
	if err != nil {
		return err
	}
	defer remove()
	servers, err := v.start(ctx, store)
	defer func() { _ = stopAll(servers) }() // a failure here changes no result
	if err != nil {
		return err
	}
	const parts = 10
	for part := range parts {
		if _, err := load(ctx, []string{servers[0].address}, s.connections, time.Hour, s.memory/parts); err != nil {
			return err
		}
		status, err := os.ReadFile("/proc/" + strconv.Itoa(servers[0].cmd.Process.Pid) + "/status")
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(status)) {
			if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
				fmt.Printf("memory after %9d notifications: %s\n", (part+1)*s.memory/parts, strings.TrimSpace(value))
			}
		}
	}
	return nil
}
