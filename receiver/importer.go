package receiver

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"
)

// poll is how often the queue is looked at when nothing says that it changed:
// a store may be shared with other processes, which say nothing here.
const poll = 5 * time.Second

// recordTimeout bounds recording in the store what came of an import. It is
// what a stop waits for when the store is gone.
const recordTimeout = 2 * time.Second

// importer does the wanted imports, a bounded number of them at a time.
type importer struct {
	store        Store
	sink         Sink
	cloud        Cloud
	workers      int
	leaseTTL     time.Duration
	spool        spoolLimits
	importFailed bool
	deleteAfter  bool
	measures     *measures
	log          *slog.Logger
	outage       *outage // of leasing; only lease uses it

	isPressed func() bool   // reports that the inbox needs the processor; see giveWay
	wake      chan struct{} // has room for one: something may be due
	draining  chan struct{} // closed when nothing more may be leased
	drain     func()        // closes draining; twice is safe

	mu          sync.Mutex
	pausedUntil time.Time // the cloud's limit of calls is reached until then
}

func newImporter(cfg Config, m *measures) *importer {
	draining := make(chan struct{})
	return &importer{
		store:        cfg.Store,
		sink:         cfg.Sink,
		cloud:        cfg.Cloud,
		workers:      cfg.Workers,
		leaseTTL:     cfg.Lease,
		spool:        spoolLimits{dir: cfg.SpoolDir, bytes: cfg.MaxDownload, row: cfg.MaxRow},
		importFailed: cfg.ImportFailed,
		deleteAfter:  cfg.DeleteAfterImport,
		measures:     m,
		log:          cfg.Log,
		outage: &outage{
			log: cfg.Log, counted: "tries", broken: "could not look for imports", mended: "imports are looked for again",
		},
		isPressed: func() bool { return false },
		wake:      make(chan struct{}, 1),
		draining:  draining,
		drain:     sync.OnceFunc(func() { close(draining) }),
	}
}

// run leases what is due and imports it, until ctx ends or it is drained; then
// it waits until every import has ended or has been handed back.
func (m *importer) run(ctx context.Context) {
	var imports sync.WaitGroup
	defer imports.Wait()
	process, slots := rand.Text(), newSlots(m.workers)
	for n := 1; ; n++ {
		select {
		case slots.quick <- struct{}{}:
		case <-m.draining:
			return
		case <-ctx.Done():
			return
		}
		m.giveWay(ctx, slots)
		lease, ok := m.next(ctx, process+"/"+strconv.Itoa(n))
		if !ok {
			return
		}
		imports.Go(func() {
			log := m.log.With("job", lease.JobID)
			s := slots.occupy(func() {
				log.WarnContext(ctx, "the import is slow; others go on beside it", "after", slowAfter)
			})
			defer s.release()
			m.work(ctx, lease, log)
		})
	}
}

// pressure is how long a large group of notifications holds imports back.
const pressure = 100 * time.Millisecond

// giveWay holds an import back while the inbox is pressed and half of the workers
// are busy. An import can wait, a sender does not; but some go on, however long
// the press.
func (m *importer) giveWay(ctx context.Context, s slots) {
	each := time.NewTicker(pressure / 10)
	defer each.Stop()
	for len(s.quick) > (m.workers+1)/2 && m.isPressed() {
		select {
		case <-each.C:
		case <-m.draining:
			return
		case <-ctx.Done():
			return
		}
	}
}

// next waits for an import that is due and leases it. ok is false when nothing
// more may be leased. A store that fails is asked again, because its disk may
// have room again.
func (m *importer) next(ctx context.Context, owner string) (l Lease, ok bool) {
	for !m.isDraining() {
		wait := m.pause()
		if wait == 0 {
			if l, wait, ok = m.lease(ctx, owner); ok {
				return l, true
			}
		}
		timer := time.NewTimer(min(wait, poll))
		select {
		case <-timer.C:
		case <-m.wake:
		case <-m.draining:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			break
		}
	}
	return Lease{}, false
}

// lease leases what is due. If that is nothing, it returns how long to wait.
func (m *importer) lease(ctx context.Context, owner string) (l Lease, wait time.Duration, ok bool) {
	l, ok, err := m.store.Lease(ctx, owner, m.leaseTTL)
	if ok && err == nil && m.isDraining() {
		// Drain came during the call, and after it nothing may begin.
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
		defer cancel()
		if err := m.store.Release(release, l); err != nil {
			m.log.ErrorContext(ctx, "could not hand an import back", "job", l.JobID, "error", err)
		}
		return Lease{}, poll, false
	}
	wanted := true
	if !ok && err == nil {
		wait, wanted, err = m.store.NextDue(ctx)
	}
	if ctx.Err() == nil {
		m.outage.note(ctx, 1, err)
	}
	switch {
	case err != nil:
		return Lease{}, firstRetry, false
	case !wanted:
		return Lease{}, poll, false
	}
	return l, wait, ok
}

func (m *importer) isDraining() bool {
	select {
	case <-m.draining:
		return true
	default:
		return false
	}
}

// notify says that something may be due.
func (m *importer) notify() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// pause returns how long no import is to be started.
func (m *importer) pause() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return max(0, time.Until(m.pausedUntil))
}

func (m *importer) pauseFor(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if until := time.Now().Add(d); until.After(m.pausedUntil) {
		m.pausedUntil = until
	}
}

// work does one leased import and records in the store what came of it.
func (m *importer) work(ctx context.Context, lease Lease, log *slog.Logger) {
	defer m.notify() // the job may be wanted again, or has a time to be due at
	begun := time.Now()
	leased, held := m.hold(ctx, lease)
	outcome, err := m.importJob(leased, held)
	lease = held.stop()

	// It is recorded also while stopping, but not for ever.
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	switch {
	case err == nil:
		log.InfoContext(ctx, "import done", "outcome", outcome)
		m.measures.imported(outcome, time.Since(begun))
		err = m.store.Done(recording, lease, outcome)
	case ctx.Err() != nil:
		err = m.store.Release(recording, lease)
	case errors.Is(context.Cause(leased), ErrLeaseLost), errors.Is(err, ErrLeaseLost):
		log.WarnContext(ctx, "import dropped", "error", ErrLeaseLost)
		m.measures.leasesLost.Inc()
		return // whoever has the lease now does the import
	default:
		m.measures.retries.Inc()
		m.pauseFor(rateLimit(err))
		delay := retryDelay(lease.Attempts, err, jitter())
		level := slog.LevelWarn
		if isUnauthorized(err) {
			level = slog.LevelError
		}
		log.Log(ctx, level, "import failed, will be tried again", "error", err, "in", delay.Round(time.Millisecond))
		err = m.store.Retry(recording, lease, delay, err.Error())
	}
	if err != nil {
		// The lease ends by itself, and the import is then done again, which
		// changes nothing if it was done.
		log.ErrorContext(ctx, "could not record what came of an import", "error", err)
	}
}
