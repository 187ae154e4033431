package receiver

import (
	"context"
	"errors"
	"sync"
	"time"
)

// heldLease is a lease that is renewed while its import is worked on. Without a
// store there is nothing to renew: the import belongs to another queue.
type heldLease struct {
	store  Store // may be nil
	ttl    time.Duration
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when nothing renews the lease any more

	mu      sync.Mutex
	current Lease
	renewed time.Time // the last time that it was
}

// hold starts to renew the lease every third of its time. The context that it
// returns ends when the lease is lost, with [ErrLeaseLost] as its cause. The
// caller must call stop.
func (m *importer) hold(ctx context.Context, l Lease) (context.Context, *heldLease) {
	ctx, cancel := context.WithCancelCause(ctx)
	h := &heldLease{store: m.store, ttl: m.leaseTTL, cancel: cancel, done: make(chan struct{}), current: l, renewed: time.Now()}
	go h.keep(ctx)
	return ctx, h
}

// stop stops renewing and returns the lease as it is.
func (h *heldLease) stop() Lease {
	h.cancel(nil)
	<-h.done
	return h.lease()
}

func (h *heldLease) keep(ctx context.Context) {
	defer close(h.done)
	ticker := time.NewTicker(h.ttl / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			h.keepOnce(ctx)
		}
	}
}

// keepOnce renews the lease. An error other than its loss may pass before the
// lease ends. After that time another worker may have it: a store that can't be
// reached can't say so.
func (h *heldLease) keepOnce(ctx context.Context) {
	_, err := h.store.Renew(ctx, h.lease(), h.ttl)
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case err == nil:
		h.renewed = time.Now()
	case ctx.Err() == nil && (errors.Is(err, ErrLeaseLost) || time.Since(h.renewed) >= h.ttl):
		h.cancel(ErrLeaseLost)
	}
}

// renew renews the lease and takes up the generation of now: whatever is asked
// of the cloud after this is no older than the notifications counted in it.
func (h *heldLease) renew(ctx context.Context) error {
	if h.store == nil {
		return nil
	}
	l, err := h.store.Renew(ctx, h.lease(), h.ttl)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.current, h.renewed = l, time.Now()
	return nil
}

func (h *heldLease) lease() Lease {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.current
}
