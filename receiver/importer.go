package receiver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/receiver/cloudclient"
	"github.com/scrapehook/scrapehook/webhook"
)

// poll is how often the queue is looked at when nothing says that it changed:
// a store may be shared with other processes, which say nothing here.
const poll = 5 * time.Second

// patience bounds handing a lease back once the importer has been stopped.
const patience = 5 * time.Second

// importer does the wanted imports, a bounded number of them at a time.
type importer struct {
	store        Store
	sink         Sink
	cloud        Cloud
	workers      int
	ttl          time.Duration // of a lease
	spoolDir     string
	maxDownload  int64
	importFailed bool
	deleteAfter  bool
	measures     *measures
	log          *slog.Logger
	outage       *outage // of what tells that an import is due; next's

	isPressed func() bool   // the inbox needs the processor; see giveWay
	wake      chan struct{} // has room for one: something may be due
	draining  chan struct{} // closed when nothing more is to be taken up
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
		ttl:          cfg.Lease,
		spoolDir:     cfg.SpoolDir,
		maxDownload:  cfg.MaxDownload,
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
	process := rand.Text()
	slots := make(chan struct{}, m.workers)
	for n := 1; ; n++ {
		select {
		case slots <- struct{}{}:
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
			defer func() { <-slots }()
			m.work(ctx, lease)
		})
	}
}

// pressure is how long a large group of notifications holds imports back.
const pressure = 100 * time.Millisecond

// giveWay holds an import back while the inbox is pressed and half of the workers
// are busy. An import can wait, a sender does not; but some go on, however long
// the press. slots has an entry for each import, this one included.
func (m *importer) giveWay(ctx context.Context, slots chan struct{}) {
	each := time.NewTicker(pressure / 10)
	defer each.Stop()
	for len(slots) > (m.workers+1)/2 && m.isPressed() {
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
// more is to be taken up. A store that fails is asked again, because its disk
// may have room again.
func (m *importer) next(ctx context.Context, owner string) (l Lease, ok bool) {
	for {
		wait := m.pause()
		if wait == 0 {
			lease, ok, err := m.store.Lease(ctx, owner, m.ttl)
			leased := ok && err == nil
			if !ok && err == nil {
				wait, ok, err = m.store.NextDue(ctx)
			}
			if ctx.Err() == nil {
				m.outage.note(ctx, 1, err)
			}
			switch {
			case leased:
				return lease, true
			case ctx.Err() != nil:
				return Lease{}, false
			case err != nil:
				wait = firstRetry
			case !ok:
				wait = poll
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
		select {
		case <-m.draining:
			return Lease{}, false
		case <-ctx.Done():
			return Lease{}, false
		default:
		}
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

// work does one leased import and says in the store what came of it.
func (m *importer) work(ctx context.Context, lease Lease) {
	log := m.log.With("job", lease.JobID)
	defer m.notify() // the job may be wanted again, or has a time to be due at
	begun := time.Now()
	leased, held := m.hold(ctx, lease)
	outcome, err := m.importJob(leased, held)
	lease = held.let()

	// What came of it is said even while stopping, but not for ever.
	say, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	switch {
	case err == nil:
		log.InfoContext(ctx, "import done", "outcome", outcome)
		m.measures.imported(outcome, time.Since(begun))
		err = m.store.Done(say, lease, outcome)
	case ctx.Err() != nil:
		err = m.store.Release(say, lease)
	case errors.Is(context.Cause(leased), ErrLeaseLost), errors.Is(err, ErrLeaseLost):
		log.WarnContext(ctx, "import dropped", "error", ErrLeaseLost)
		m.measures.leasesLost.Inc()
		return // whoever has it now does the import
	default:
		m.measures.retries.Inc()
		m.pauseFor(rateLimit(err))
		delay := retryDelay(lease.Attempts, err, jitter())
		level := slog.LevelWarn
		if isUnauthorized(err) {
			level = slog.LevelError
		}
		log.Log(ctx, level, "import failed, will be tried again", "error", err, "in", delay.Round(time.Millisecond))
		err = m.store.Retry(say, lease, delay, err.Error())
	}
	if err != nil {
		// The lease ends by itself, and the import is then done again, which
		// changes nothing if it was done.
		log.ErrorContext(ctx, "could not record what came of an import", "error", err)
	}
}

// importJob brings the sink up to date with a job. It returns nil exactly when
// nothing is left to do for the notifications that the lease counts.
//
// Three calls, not more: the state, the rows, the state again. Only if both
// states are the same is it known that the rows belong to it, and that nothing
// changed up to the renewal that came before the second.
func (m *importer) importJob(ctx context.Context, held *holding) (Outcome, error) {
	id := held.lease().JobID
	job, err := m.cloud.Job(ctx, id)
	if isMissing(err) {
		return OutcomeMissing, nil
	}
	if err != nil {
		return "", err
	}
	what := decide(job.Status, m.importFailed)
	switch {
	case what == planSkip:
		return OutcomeFailed, nil
	case what == planWait && held.lease().Attempts >= maxWaits:
		return OutcomeUnfinished, nil
	case what == planWait:
		return "", fmt.Errorf("the job is %s", job.Status)
	}
	recorded, err := m.sink.Fingerprint(ctx, id)
	if err != nil {
		return "", fmt.Errorf("looking for an earlier import: %w", err)
	}
	outcome := OutcomeUnchanged
	if recorded != fingerprint(job) {
		outcome = OutcomeImported
		if err := m.replace(ctx, held, job, recorded); err != nil {
			return "", err
		}
	}
	// Only now, when the rows are on stable storage; and not of a failed job,
	// which its user may mean to continue.
	if m.deleteAfter && job.Status != webhook.Failed {
		if err := m.cloud.Delete(ctx, id); err != nil && !isMissing(err) {
			return "", fmt.Errorf("deleting the job at the cloud: %w", err)
		}
	}
	return outcome, nil
}

// replace downloads the rows of job and writes them in place of those of the
// import that is recorded now.
func (m *importer) replace(ctx context.Context, held *holding, job cloudclient.Job, recorded string) error {
	rows, err := m.download(ctx, job)
	if err != nil {
		return err
	}
	defer rows.close()
	if err := held.renew(ctx); err != nil {
		return err
	}
	again, err := m.cloud.Job(ctx, job.ID)
	if err != nil {
		return fmt.Errorf("asking for the job's state again: %w", err)
	}
	if fingerprint(again) != fingerprint(job) {
		return errors.New("the job changed during its download")
	}
	err = m.sink.Replace(ctx, recorded, Import{
		JobID:       job.ID,
		Status:      job.Status,
		SitemapID:   job.SitemapID,
		SitemapName: job.SitemapName,
		CustomID:    job.CustomID,
		Partial:     decide(job.Status, m.importFailed) == planImportPartial,
		Rows:        rows.rows,
		Fingerprint: fingerprint(job),
	}, rows.all())
	if err != nil {
		return fmt.Errorf("writing the rows: %w", err)
	}
	return nil
}

// download spools the rows of job. Its count of rows is the only sign of a
// body that came without a length and was cut short between two lines.
func (m *importer) download(ctx context.Context, job cloudclient.Job) (*spool, error) {
	body, err := m.cloud.Download(ctx, job.ID)
	if err != nil {
		return nil, err
	}
	defer body.Close() //nolint:errcheck // nothing is written to it
	rows, err := spoolRows(m.spoolDir, body, m.maxDownload)
	if err != nil {
		return nil, err
	}
	if rows.rows != job.StoredRecordCount {
		rows.close()
		return nil, fmt.Errorf("the download has %d rows, the job %d", rows.rows, job.StoredRecordCount)
	}
	return rows, nil
}
