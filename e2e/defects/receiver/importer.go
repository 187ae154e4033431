package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

const workers = 4

// importer imports the jobs that are due.
type importer struct {
	switches
	store *store
	cloud *cloud
	slots chan struct{} // one a running import
	woken chan struct{}
	lock  sync.Mutex // locked-during-import

	mu   sync.Mutex
	busy map[int64][]time.Time // when the running imports of a job began
	jobs map[int64]*sync.Mutex
}

func newImporter(s switches, st *store, c *cloud) *importer {
	n := workers
	if s.as("one-worker", "slow") {
		n = 1
	}
	return &importer{
		switches: s, store: st, cloud: c, slots: make(chan struct{}, n), woken: make(chan struct{}, 1),
		busy: map[int64][]time.Time{}, jobs: map[int64]*sync.Mutex{},
	}
}

func (i *importer) wake() {
	select {
	case i.woken <- struct{}{}:
	default:
	}
}

// run imports what is due until ctx ends.
func (i *importer) run(ctx context.Context) {
	if i.is("dead-worker", "commonest", "memory-queue", "in-handler") {
		<-ctx.Done()
		return
	}
	pause := 50 * time.Millisecond
	if i.as("batch", "small-batches") {
		pause = 3 * time.Second
	}
	last := time.Now().Unix() - 1
	for {
		if i.is("batch-by-timestamp") {
			last = i.store.batch(last)
		}
		if i.is("polls-the-list") {
			i.cloud.list(0)
		}
		jobs, err := i.store.take()
		if err != nil {
			slog.Error("taking jobs failed", "error", err)
		}
		i.startAll(ctx, jobs)
		woken := i.woken
		if i.as("batch", "small-batches") {
			woken = nil
		}
		select {
		case <-ctx.Done():
			i.finish()
			return
		case <-woken:
		case <-time.After(pause):
		}
	}
}

// startAll starts the imports that there are workers for; a batch waits for
// workers.
func (i *importer) startAll(ctx context.Context, jobs []due) {
	for _, d := range jobs {
		for !i.start(ctx, d) {
			if !i.as("batch") || ctx.Err() != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// finish waits until the running imports have ended.
func (i *importer) finish() {
	late := time.After(5 * time.Second)
	for range cap(i.slots) {
		select {
		case i.slots <- struct{}{}:
		case <-late:
			return
		}
	}
}

// start imports a job in a goroutine; false means that all workers are busy.
func (i *importer) start(ctx context.Context, d due) bool {
	i.mu.Lock()
	taken := len(i.busy[d.job]) > 0
	switch {
	case i.is("lease-of-5s"):
		taken = taken && time.Since(i.busy[d.job][len(i.busy[d.job])-1]) < 5*time.Second
	case i.is("check-then-insert"): // an import for each notification
		taken = len(i.busy[d.job]) >= d.waiting
	}
	i.mu.Unlock()
	if taken {
		return true
	}
	select {
	case i.slots <- struct{}{}:
	default:
		return false
	}
	i.mu.Lock()
	i.busy[d.job] = append(i.busy[d.job], time.Now())
	i.mu.Unlock()
	i.store.lease(d.job, true)
	go func() {
		defer i.wake()
		ended := i.once(ctx, d)
		i.mu.Lock()
		if i.busy[d.job] = i.busy[d.job][1:]; len(i.busy[d.job]) == 0 {
			delete(i.busy, d.job)
		}
		i.mu.Unlock()
		i.store.lease(d.job, false)
		if ended {
			<-i.slots
		}
	}()
	return true
}

// once imports a job, or puts it off. It is false if the worker is gone.
func (i *importer) once(ctx context.Context, d due) bool {
	if i.is("locked-during-import") {
		i.lock.Lock()
		defer i.lock.Unlock()
	}
	if i.as("slow") {
		time.Sleep(time.Second)
	}
	if i.as("lag") {
		time.Sleep(3 * time.Second)
	}
	err := i.importJob(d)
	if err == nil {
		return true
	}
	slog.Warn("an import failed", "job", d.job, "failures", d.failures, "error", err)
	var again tryAgainError
	wait := min(500*time.Millisecond<<min(d.failures, 7), time.Minute)
	if errors.As(err, &again) {
		wait = max(wait, again.wait)
	}
	switch {
	case i.is("error-ends-process"):
		fmt.Fprintln(os.Stderr, "panic:", err)
		os.Exit(1)
	case i.is("worker-ends-on-error"):
		return false
	case i.is("no-retry"), i.is("gives-up-after-2") && d.failures >= 1, i.is("status-call-not-tried-again") && again.status:
		i.store.settle(d)
		return true
	case i.is("retry-in-memory"):
		i.store.settle(d)
		time.AfterFunc(wait+2*time.Second, func() { i.once(ctx, d) })
		return true
	case i.is("tries-again-at-once"):
		wait = 100 * time.Millisecond
	case i.as("retries-after-20s"):
		wait = max(20*time.Second, again.wait)
	}
	if err := i.store.postpone(d, wait); err != nil {
		slog.Error("a job was not put off", "job", d.job, "error", err)
	}
	return true
}
