//go:build linux

package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/receiver/sqlstore"
)

// sample is what a process uses at a moment.
type sample struct {
	memory, descriptors, threads int // memory in KiB
	files                        int64
}

func sampleOf(pid int, files ...string) (s sample) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		fields := strings.Fields(value)
		if len(fields) == 0 {
			continue
		}
		switch n, _ := strconv.Atoi(fields[0]); name {
		case "VmRSS":
			s.memory = n
		case "Threads":
			s.threads = n
		}
	}
	s.descriptors = descriptors(pid)
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			s.files += info.Size()
		}
	}
	return s
}

// TestSoak has a cloud and a receiver work at a steady rate and samples what they
// use: `make soak` for an hour, and for a few seconds among the tests, which only
// shows that it works. Memory must not grow beyond what is kept of each job.
func TestSoak(t *testing.T) {
	t.Parallel()
	span := 6 * time.Second
	if v := os.Getenv("SOAK_TIME"); v != "" {
		var err error
		if span, err = time.ParseDuration(v); err != nil {
			t.Fatal(err)
		}
	}
	dir, address := t.TempDir(), freeAddress(t)
	state, store := filepath.Join(dir, "cloud.db"), filepath.Join(dir, "r.db")
	cloud := startCloud(t, "--token", crashToken, "--state", state, "--endpoint", "http://"+address+"/webhook",
		"--time-scale", "100", "--job-time", "20s", "--rows", "50", "--max-attempts", "0")
	receiver := newProcess(t, dir, address, store)
	receiver.env = []string{"WEBSCRAPER_API_BASE_URI=" + cloud.APIURL, "WEBSCRAPER_API_TOKEN=" + crashToken}
	receiver.start(t)
	ctx, stop := context.WithCancel(t.Context())
	c := &chaos{address: strings.TrimSuffix(strings.TrimPrefix(cloud.APIURL, "http://"), "/api/v1/"), answered: map[int64]bool{}}
	var traffic sync.WaitGroup
	traffic.Go(func() { c.createJobs(ctx) })
	var clouds, receivers []sample
	const samples = 10
	for i := range samples {
		time.Sleep(span / samples)
		clouds = append(clouds, sampleOf(cloud.cmd.Process.Pid, state, state+"-wal"))
		receivers = append(receivers, sampleOf(receiver.cmd.Process.Pid, store, store+"-wal", sqlstore.RowsPath(store), sqlstore.RowsPath(store)+"-wal"))
		t.Logf("%v: cloud %+v, receiver %+v", span*time.Duration(i+1)/samples, clouds[i], receivers[i])
	}
	stop()
	traffic.Wait()
	jobs := len(c.answered)
	ends := cloud.endsOf(t)
	awaitIdle(t, store)
	if len(ends) != jobs || c.unknown > 0 {
		t.Errorf("%d jobs were created, %d calls failed, and there are %d", jobs, c.unknown, len(ends))
	}
	for name, all := range map[string][]sample{"cloud": clouds, "receiver": receivers} {
		early, late := all[samples/3], all[samples-1]
		// The cloud holds its jobs in memory: some kilobytes each.
		if growth := late.memory - early.memory; growth > 30<<10+8*jobs*2/3 {
			t.Errorf("the %s's memory has grown by %d KiB in %d jobs", name, growth, jobs)
		}
		if late.descriptors > early.descriptors+20 || late.threads > early.threads+20 {
			t.Errorf("the %s had %+v, and in the end %+v", name, early, late)
		}
	}
	t.Logf("%d jobs in %v", jobs, span)
}
