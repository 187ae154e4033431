package receiver

import (
	"context"
	"errors"
	"sync"
	"time"
)

// holding is a lease that is kept while its import is worked on. Without a
// store there is nothing to keep: the import is another queue's.
type holding struct {
	store  Store // may be nil
	ttl    time.Duration
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when nothing renews the lease any more

	mu  sync.Mutex
	now Lease
}

// hold starts to renew the lease every third of its time. The context that it
// returns ends when the lease is lost, with [ErrLeaseLost] as its cause. The
// caller must call let.
func (m *importer) hold(ctx context.Context, l Lease) (context.Context, *holding) {
	ctx, cancel := context.WithCancelCause(ctx)
	h := &holding{store: m.store, ttl: m.ttl, cancel: cancel, done: make(chan struct{}), now: l}
	go h.keep(ctx)
	return ctx, h
}

// let stops renewing and returns the lease as it is.
func (h *holding) let() Lease {
	h.cancel(nil)
	<-h.done
	return h.lease()
}

func (h *holding) keep(ctx context.Context) {
	defer close(h.done)
	ticker := time.NewTicker(h.ttl / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			// Another error may pass before the lease ends; if not, the next
			// renewal finds the lease lost.
			if _, err := h.store.Renew(ctx, h.lease(), h.ttl); errors.Is(err, ErrLeaseLost) {
				h.cancel(ErrLeaseLost)
			}
		}
	}
}

// renew renews the lease and takes up the generation of now: whatever is asked
// of the cloud after this is no older than the notifications counted in it.
func (h *holding) renew(ctx context.Context) error {
	if h.store == nil {
		return nil
	}
	l, err := h.store.Renew(ctx, h.lease(), h.ttl)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = l
	return nil
}

func (h *holding) lease() Lease {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}
