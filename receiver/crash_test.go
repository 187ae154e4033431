package receiver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/cloudclient"
	"github.com/scrapehook/scrapehook/webhook"
)

// process stands between a receiver and everything that outlives it, and dies
// at one step: from then on nothing that the receiver does has an effect, as
// after a kill. A step is a call to the store, the sink or the cloud.
type process struct {
	mu    sync.Mutex
	steps int
	dieAt int  // the step at which it dies; 0 is never
	after bool // having done the step, but before the receiver knows
	dead  chan struct{}
	last  string // the step at which it died
}

var errKilled = errors.New("killed")

// step does one step, unless the process is dead by then.
func (p *process) step(name string, do func() error) error {
	p.mu.Lock()
	p.steps++
	dies := p.steps == p.dieAt
	if dies {
		p.last = name
	}
	if dies && !p.after {
		close(p.dead)
	}
	p.mu.Unlock()
	select {
	case <-p.dead:
		return errKilled
	default:
	}
	err := do()
	if dies && p.after {
		close(p.dead)
		return errKilled
	}
	return err
}

func (p *process) wrap(cfg *receiver.Config) {
	cfg.Store = mortalStore{cfg.Store, p}
	cfg.Sink = mortalSink{cfg.Sink, p}
	cfg.Cloud = mortalCloud{cfg.Cloud, p}
}

type mortalStore struct {
	receiver.Store
	p *process
}

func (s mortalStore) Accept(ctx context.Context, a []receiver.Arrival) error {
	return s.p.step("accept", func() error { return s.Store.Accept(ctx, a) })
}

// Lease and NextDue are also called when nothing happens, so they are no steps
// of an import; but a dead process does not call them.
func (s mortalStore) Lease(ctx context.Context, owner string, ttl time.Duration) (receiver.Lease, bool, error) {
	select {
	case <-s.p.dead:
		return receiver.Lease{}, false, errKilled
	default:
		return s.Store.Lease(ctx, owner, ttl)
	}
}

func (s mortalStore) Renew(ctx context.Context, l receiver.Lease, ttl time.Duration) (r receiver.Lease, err error) {
	err = s.p.step("renew", func() error { r, err = s.Store.Renew(ctx, l, ttl); return err })
	return r, err
}

func (s mortalStore) Done(ctx context.Context, l receiver.Lease, o receiver.Outcome) error {
	return s.p.step("done", func() error { return s.Store.Done(ctx, l, o) })
}

func (s mortalStore) Retry(ctx context.Context, l receiver.Lease, delay time.Duration, cause string) error {
	return s.p.step("retry", func() error { return s.Store.Retry(ctx, l, delay, cause) })
}

func (s mortalStore) Release(ctx context.Context, l receiver.Lease) error {
	return s.p.step("release", func() error { return s.Store.Release(ctx, l) })
}

type mortalSink struct {
	receiver.Sink
	p *process
}

func (s mortalSink) Fingerprint(ctx context.Context, id int64) (f string, err error) {
	err = s.p.step("fingerprint", func() error { f, err = s.Sink.Fingerprint(ctx, id); return err })
	return f, err
}

func (s mortalSink) Replace(ctx context.Context, previous string, imp receiver.Import, rows iter.Seq2[json.RawMessage, error]) error {
	return s.p.step("replace", func() error { return s.Sink.Replace(ctx, previous, imp, rows) })
}

type mortalCloud struct {
	receiver.Cloud
	p *process
}

func (c mortalCloud) Job(ctx context.Context, id int64) (j cloudclient.Job, err error) {
	err = c.p.step("state", func() error { j, err = c.Cloud.Job(ctx, id); return err })
	return j, err
}

func (c mortalCloud) Download(ctx context.Context, id int64) (body io.ReadCloser, err error) {
	err = c.p.step("download", func() error { body, err = c.Cloud.Download(ctx, id); return err })
	if err != nil && body != nil {
		body.Close()
	}
	return body, err
}

func (c mortalCloud) Delete(ctx context.Context, id int64) error {
	return c.p.step("delete", func() error { return c.Cloud.Delete(ctx, id) })
}

// TestKilledAtEveryStep kills the receiver before and after each step of an
// acknowledged import, first of a fresh job and then of the same job continued,
// and starts it again: the rows are those of the job, each once. The steps are
// the failure points of docs/reliability.md.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	const steps = 8 // accept, state, fingerprint, download, renew, state, replace, done; and delete
	onEachEngine(t, func(t *testing.T, at place) {
		t.Helper()
		for dieAt := 1; dieAt <= steps+1; dieAt++ {
			for _, after := range []bool{false, true} {
				for _, deletes := range []bool{false, true} {
					if at.url != "" && deletes && dieAt < steps {
						continue // nothing is different yet, and a dead process's lease takes time to end
					}
					t.Run(fmt.Sprintf("step=%d,after=%v,delete=%v", dieAt, after, deletes), func(t *testing.T) {
						t.Parallel()
						killOnce(t, at.fresh(t), dieAt, after, deletes)
					})
				}
			}
		}
	})
}

func killOnce(t *testing.T, at place, dieAt int, after, deletes bool) {
	t.Helper()
	c := newCloud(t)
	for round, j := range []job{{webhook.Shelved, 3, 10}, {webhook.Shelved, 5, 20}} {
		c.set(7, j)
		configure := func(cfg *receiver.Config) { cfg.DeleteAfterImport, cfg.Lease = deletes, time.Second }
		p := &process{dieAt: dieAt, after: after, dead: make(chan struct{})}
		b := start(t, at, c, func(cfg *receiver.Config) { configure(cfg); p.wrap(cfg) })
		code := b.notify(7, webhook.Shelved)
		if dieAt == 1 && code != http.StatusServiceUnavailable || dieAt > 1 && code != http.StatusOK {
			t.Fatalf("round %d: answered %d by a process that dies at step %d", round, code, dieAt)
		}
		eventually(t, "it dies, or is done", func() bool {
			select {
			case <-p.dead:
				return true
			default:
				_, wanted, err := b.store.NextDue(t.Context())
				return err == nil && !wanted
			}
		})
		b.stop()
		t.Logf("round %d: died at %q", round, p.last)

		again := start(t, at, c, configure)
		if code != http.StatusOK {
			again.mustNotify(t, 7, webhook.Shelved) // the sender's resend
		}
		again.awaitIdle(t)
		wantRows(t, at, 7, j.rows)
		again.stop()
	}
	// Killed after the rows were in: they are not downloaded again.
	if n := c.count("GET 7/json"); n < 2 || n > 4 {
		t.Errorf("%d downloads in two rounds", n)
	}
}
