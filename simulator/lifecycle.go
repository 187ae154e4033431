package simulator

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/simulator/clock"
	"github.com/scrapehook/scrapehook/simulator/cloud"
	"github.com/scrapehook/scrapehook/webhook"
)

// lifecycle lets jobs live by the simulated clock: each is scheduled after a
// tenth of its run's time, started after a fifth, and completed after the
// whole; a stopped one is shelved two weeks later. It also makes the jobs that
// schedulers ask for. One goroutine and one timer serve them all.
//
// Its queue holds appointments only. What is really due is asked of the job or
// the scheduler when the time has come, so nobody needs to take anything back,
// and nothing of it has to be kept: a restart makes the same appointments from
// the jobs.
type lifecycle struct {
	cloud *cloud.Cloud
	clock *clock.Clock
	cfg   Config
	wake  chan struct{} // has a token when the queue has a new first

	mu    sync.Mutex
	queue appointments
}

func newLifecycle(c *cloud.Cloud, clock *clock.Clock, cfg Config) *lifecycle {
	return &lifecycle{cloud: c, clock: clock, cfg: cfg, wake: make(chan struct{}, 1)}
}

// appointment is when to look at a job or at a sitemap's scheduler.
type appointment struct {
	due time.Time
	// of is the simulated time of what is to happen: due, or earlier where it
	// has failed before.
	of      time.Time
	job     int64
	sitemap int64 // its scheduler, when job is 0
	notify  bool  // the job's notification was refused and is to be tried again
}

// coldStorage is when a stopped job is shelved (webhooks-2020: "will change its
// status to shelved after 2 weeks").
const coldStorage = 14 * 24 * time.Hour

// step is the next thing that happens to a job by itself, false for none.
func (cfg Config) step(j cloud.Job) (to webhook.Status, due time.Time, ok bool) {
	runs := j.RunTime
	if runs == 0 {
		runs = cfg.jobTime(j.ID)
	}
	switch j.Status {
	case webhook.WaitingToBeScheduled:
		return webhook.Scheduled, j.Queued.Add(runs / 10), true
	case webhook.Scheduled:
		return webhook.Started, j.Queued.Add(runs / 5), true
	case webhook.Started:
		return cfg.Outcomes.pick(cfg.Seed, j.ID, j.Runs), j.Queued.Add(runs), true
	case webhook.Stopped:
		// The profile of 2022 has no shelved any more.
		return webhook.Shelved, j.Ended.Add(coldStorage), cfg.Profile.Notifies(webhook.Shelved)
	case webhook.Failed, webhook.Finished, webhook.Shelved:
	}
	return "", time.Time{}, false
}

// jobTime is how long a job takes: the configured time, give or take a quarter.
func (cfg Config) jobTime(id int64) time.Duration {
	draw := rand.New(rand.NewPCG(cfg.Seed, ^uint64(id))).Float64() //nolint:gosec // repeatable, not secret
	return time.Duration(float64(cfg.JobTime) * (0.75 + draw/2))
}

// watch makes an appointment with a job as it is now. It must be called when a
// job was added, continued or stopped, also while run does not run.
func (l *lifecycle) watch(j cloud.Job) {
	if j.Unnotified {
		l.push(appointment{due: l.clock.Now().Add(again), job: j.ID, notify: true})
	}
	if _, due, ok := l.cfg.step(j); ok {
		l.push(appointment{due: due, of: due, job: j.ID})
	}
}

// again is how long it takes until what has failed is tried again.
const again = time.Second

// watchScheduler makes an appointment with a sitemap's scheduler.
func (l *lifecycle) watchScheduler(sitemapID int64) {
	m, err := l.cloud.Sitemap(sitemapID)
	if err != nil || !m.Scheduler.Enabled {
		return // gone or disabled in the meantime
	}
	due, err := m.Scheduler.Next()
	if err != nil {
		l.cfg.OnError(fmt.Errorf("the scheduler of sitemap %d: %w", sitemapID, err))
	} else if !due.IsZero() {
		l.push(appointment{due: due, of: due, sitemap: sitemapID})
	}
}

// most bounds the queue, which the cloud's own bound does not, because jobs may
// be deleted before they are due.
const most = 2 * cloud.DefaultMax

func (l *lifecycle) push(a appointment) {
	l.mu.Lock()
	full := len(l.queue) >= most
	if !full {
		heap.Push(&l.queue, a)
	}
	first := !full && l.queue[0] == a
	l.mu.Unlock()
	if full {
		l.cfg.OnError(fmt.Errorf("job %d is not waited for: %d are before it", a.job, most))
	}
	if first {
		select {
		case l.wake <- struct{}{}:
		default: // there is a token already
		}
	}
}

// run keeps each appointment when it is due, until ctx ends.
func (l *lifecycle) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		changed := l.clock.Changed() // before anything is read off the clock
		for ctx.Err() == nil {
			next, ok := l.pop(l.clock.Now())
			if !ok {
				break
			}
			l.keep(next)
		}
		timer.Stop()
		if wait, ok := l.wait(); ok {
			timer.Reset(wait)
		}
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		case <-changed:
		case <-timer.C:
		}
	}
}

// pop removes the first appointment that is due by now.
func (l *lifecycle) pop(now time.Time) (appointment, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 || l.queue[0].due.After(now) {
		return appointment{}, false
	}
	return heap.Pop(&l.queue).(appointment), true //nolint:forcetypeassert // it holds nothing else
}

// wait is how long it is until the first appointment.
func (l *lifecycle) wait() (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return 0, false
	}
	return l.clock.Until(l.queue[0].due)
}

// keep does what is due. The moment it is due, not the present one, counts as
// the time of it, so that a clock that was advanced by a day sees the day as it
// would have been.
func (l *lifecycle) keep(a appointment) {
	var err error
	switch {
	case a.notify:
		// That it was refused was reported the first time, and is seen in the job.
		if err := l.cloud.Renotify(a.job); err != nil && !errors.Is(err, cloud.ErrNotFound) {
			l.tryAgain(a)
		}
	case a.sitemap != 0:
		err = l.addScheduled(a)
	default:
		err = l.advance(a)
	}
	// That somebody else was faster is no error.
	if err != nil && !errors.Is(err, cloud.ErrNotFound) && !errors.Is(err, cloud.ErrTransition) {
		l.cfg.OnError(err)
	}
}

// tryAgain makes the same appointment for later.
func (l *lifecycle) tryAgain(a appointment) {
	a.due = l.clock.Now().Add(again)
	l.push(a)
}

// addScheduled makes a scheduler's job, and the next appointment with it.
func (l *lifecycle) addScheduled(a appointment) error {
	j, err := l.cloud.AddScheduled(a.sitemap, a.of)
	switch {
	case errors.Is(err, cloud.ErrNotDue):
		return nil // whoever changed the scheduler made another appointment
	case err == nil:
		l.watch(j)
		l.watchScheduler(a.sitemap)
	case !errors.Is(err, cloud.ErrNotFound):
		l.tryAgain(a)
	}
	return err
}

// advance takes the job's next step, if that is what the appointment was made
// for, and makes the next one.
func (l *lifecycle) advance(a appointment) error {
	j, err := l.cloud.Job(a.job)
	if err != nil {
		return err
	}
	to, due, ok := l.cfg.step(j)
	if !ok || !due.Equal(a.of) {
		return nil // whoever changed the job made another appointment
	}
	switch {
	case j.Status == webhook.Started:
		err = l.cloud.Complete(j.ID, to, due)
	case j.Status == webhook.Stopped:
		err = l.cloud.Shelve(j.ID)
	case to == webhook.Started:
		err = l.cloud.StartAt(j.ID, due)
	default:
		err = l.cloud.Schedule(j.ID)
	}
	after, gone := l.cloud.Job(a.job)
	switch {
	case gone != nil || errors.Is(err, cloud.ErrTransition):
	case err != nil && after.Status == j.Status:
		l.tryAgain(a)
	default: // it has moved, with an error if its notification was refused
		l.watch(after)
	}
	return err
}

// appointments is a heap by the time they are due.
type appointments []appointment

func (s appointments) Len() int           { return len(s) }
func (s appointments) Less(i, j int) bool { return s[i].due.Before(s[j].due) }
func (s appointments) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

// Push is for container/heap.
func (s *appointments) Push(x any) {
	*s = append(*s, x.(appointment)) //nolint:forcetypeassert // it holds nothing else
}

// Pop is for container/heap.
func (s *appointments) Pop() any {
	last := len(*s) - 1
	x := (*s)[last]
	*s = (*s)[:last]
	return x
}
