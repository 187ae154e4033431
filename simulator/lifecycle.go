package simulator

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/simulator/cloud"
	"github.com/scrapehook/scrapehook/webhook"
)

// lifecycle lets the jobs that were created over the API live: each is
// scheduled after a tenth of the job time, started after a fifth, and ended
// after the whole. One goroutine and one timer serve all jobs.
type lifecycle struct {
	cloud *cloud.Cloud
	cfg   Config
	wake  chan struct{} // has a token when the queue has a new first

	mu    sync.Mutex
	queue steps
}

func newLifecycle(c *cloud.Cloud, cfg Config) *lifecycle {
	return &lifecycle{cloud: c, cfg: cfg, wake: make(chan struct{}, 1)}
}

// step is the next thing that happens to a job.
type step struct {
	due  time.Time
	job  int64
	born time.Time
	to   webhook.Status // scheduled, started, or any ended status
}

// follow is the step after this one, false after the last.
func (s step) follow(jobTime time.Duration, end webhook.Status) (step, bool) {
	next := s
	switch s.to {
	case webhook.WaitingToBeScheduled:
		next.to, next.due = webhook.Scheduled, s.born.Add(jobTime/10)
	case webhook.Scheduled:
		next.to, next.due = webhook.Started, s.born.Add(jobTime/5)
	case webhook.Started:
		next.to, next.due = end, s.born.Add(jobTime)
	case webhook.Finished, webhook.Failed, webhook.Stopped, webhook.Shelved:
		return step{}, false
	}
	return next, true
}

// most bounds the queue, which the cloud's own bound does not, because jobs may
// be deleted before they are due. A job beyond it is reported and waits on.
const most = cloud.DefaultMax

// add takes a new job in, also while run does not run.
func (l *lifecycle) add(j cloud.Job) {
	if l.len() >= most {
		l.cfg.OnError(fmt.Errorf("job %d is never scheduled: %d jobs are before it", j.ID, most))
		return
	}
	now := time.Now()
	l.push(step{due: now, job: j.ID, born: now, to: webhook.WaitingToBeScheduled})
}

// push queues what follows from done.
func (l *lifecycle) push(done step) {
	next, ok := done.follow(l.cfg.JobTime, l.cfg.Outcomes.pick(l.cfg.Seed, done.job))
	if !ok {
		return
	}
	l.mu.Lock()
	heap.Push(&l.queue, next)
	first := l.queue[0] == next
	l.mu.Unlock()
	if first {
		select {
		case l.wake <- struct{}{}:
		default: // there is a token already
		}
	}
}

// len is the number of jobs that have not ended.
func (l *lifecycle) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue)
}

// run takes each step when it is due, until ctx ends.
func (l *lifecycle) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		for ctx.Err() == nil {
			next, ok := l.pop(time.Now())
			if !ok {
				break
			}
			l.take(next)
		}
		timer.Stop()
		if wait, ok := l.wait(); ok {
			timer.Reset(wait)
		}
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		case <-timer.C:
		}
	}
}

// pop removes the first step that is due by now.
func (l *lifecycle) pop(now time.Time) (step, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 || l.queue[0].due.After(now) {
		return step{}, false
	}
	return heap.Pop(&l.queue).(step), true //nolint:forcetypeassert // it holds nothing else
}

// wait is how long it is until the first step is due.
func (l *lifecycle) wait() (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return 0, false
	}
	return time.Until(l.queue[0].due), true
}

// take does one step. A job that was deleted or moved by somebody else in the
// meantime is left to them.
func (l *lifecycle) take(s step) {
	var err error
	switch {
	case s.to.Ended():
		err = l.cloud.End(s.job, s.to, l.rows(s.to))
	case s.to == webhook.Started:
		err = l.cloud.Start(s.job)
	default:
		err = l.cloud.Schedule(s.job)
	}
	switch {
	case err == nil:
		l.push(s)
	case !errors.Is(err, cloud.ErrNotFound) && !errors.Is(err, cloud.ErrTransition):
		l.cfg.OnError(err)
	}
}

// rows are what a job has that ends so.
func (l *lifecycle) rows(end webhook.Status) int {
	if end == webhook.Failed || end == webhook.Stopped {
		return l.cfg.Rows / 2
	}
	return l.cfg.Rows
}

// steps is a heap by the time they are due.
type steps []step

func (s steps) Len() int           { return len(s) }
func (s steps) Less(i, j int) bool { return s[i].due.Before(s[j].due) }
func (s steps) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

// Push is for container/heap.
func (s *steps) Push(x any) { *s = append(*s, x.(step)) } //nolint:forcetypeassert // it holds nothing else

// Pop is for container/heap.
func (s *steps) Pop() any {
	last := len(*s) - 1
	x := (*s)[last]
	*s = (*s)[:last]
	return x
}
