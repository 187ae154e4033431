package receiver

import (
	"context"
	"log/slog"
	"time"
)

// The pace of forgetting: small transactions with pauses between them, because
// acknowledgements wait for each where there is one writer.
const (
	pruneEvery = 10 * time.Minute
	prunePause = 100 * time.Millisecond
	pruneBatch = 1000
)

// pruner deletes notifications that are older than retain.
type pruner struct {
	store  Upkeep
	retain time.Duration
	log    *slog.Logger
}

func (p *pruner) run(ctx context.Context) {
	for ctx.Err() == nil {
		pause := pruneEvery
		n, err := p.store.Prune(ctx, time.Now().Add(-p.retain), pruneBatch)
		switch {
		case err != nil && ctx.Err() == nil:
			p.log.WarnContext(ctx, "could not forget old notifications", "error", err)
		case n == pruneBatch:
			pause = prunePause
		}
		sleep(ctx, pause)
	}
}
