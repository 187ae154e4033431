package receiver

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// announcePause is the least time between two announcements. One announcement
// covers everything before it.
const announcePause = 50 * time.Millisecond

// fleet tells the processes that share a store of each other's notifications.
type fleet struct {
	store    Shared
	role     Role
	wake     func() // of this process's own importer
	log      *slog.Logger
	announce chan struct{} // has room for one
}

func newFleet(store Shared, role Role, wake func(), log *slog.Logger) *fleet {
	return &fleet{store: store, role: role, wake: wake, log: log, announce: make(chan struct{}, 1)}
}

// wanted says that this process has taken notifications that want imports.
func (f *fleet) wanted() {
	f.wake()
	select {
	case f.announce <- struct{}{}:
	default:
	}
}

// run announces, and listens if this process imports, until ctx ends. An
// announcement that is lost does no harm: importers also poll.
func (f *fleet) run(ctx context.Context) {
	var listening sync.WaitGroup
	defer listening.Wait()
	if f.role.imports() {
		listening.Go(func() { f.listen(ctx) })
	}
	for {
		select {
		case <-f.announce:
		case <-ctx.Done():
			return
		}
		if err := f.store.Announce(ctx); err != nil && ctx.Err() == nil {
			f.log.WarnContext(ctx, "could not tell the other receivers of imports", "error", err)
		}
		sleep(ctx, announcePause)
	}
}

func (f *fleet) listen(ctx context.Context) {
	for ctx.Err() == nil {
		if err := f.store.Listen(ctx, f.wake); ctx.Err() == nil {
			f.log.WarnContext(ctx, "stopped listening for other receivers' imports, will try again", "error", err)
		}
		sleep(ctx, firstRetry)
	}
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
