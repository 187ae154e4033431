package run

import (
	"context"
	"sync"
	"time"
)

// batchSize is how many jobs a closed loop's connections are given at once.
const batchSize = 256

// feed makes the jobs of a closed loop's script, until that ends, or stop, which
// waits for it.
func (r *Runner) feed(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	r.batches = make(chan []int64, 1)
	pass := func(batch []int64) bool {
		select {
		case r.batches <- batch:
			return true
		case <-ctx.Done():
			return false
		}
	}
	var feeding sync.WaitGroup
	feeding.Go(func() {
		defer close(r.batches)
		batch := make([]int64, 0, batchSize)
		for index := range r.cfg.Script.Jobs() {
			if batch = append(batch, index); len(batch) < batchSize {
				continue
			}
			if !pass(batch) {
				return
			}
			batch = make([]int64, 0, batchSize)
		}
		pass(batch)
	})
	return func() {
		cancel()
		feeding.Wait()
	}
}

// job takes the next job of a closed loop's script.
func (r *Runner) job(now time.Duration) (index int64, ok bool) {
	r.scriptMu.Lock()
	defer r.scriptMu.Unlock()
	if r.cfg.Span == 0 || now < r.cfg.Span {
		if len(r.batch) == 0 {
			r.batch = <-r.batches // empty when there are no more
		}
		if ok = len(r.batch) > 0; ok {
			index, r.batch = r.batch[0], r.batch[1:]
		}
	}
	if !ok {
		r.exhausted.Store(true)
	}
	return index, ok
}
