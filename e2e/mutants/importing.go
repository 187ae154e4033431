package mutants

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// importJob settles a job's notifications, however long it takes, and ends
// when all are settled or ctx ends. There is one at a time for a job.
func (r *Receiver) importJob(ctx context.Context, id int64) {
	if !pause(ctx, r.linger) {
		return // the journal has it
	}
	for failed := 0; ; {
		upTo, have, more := r.ledger.next(id)
		if !more {
			return
		}
		err := r.importOnce(ctx, id, upTo, have)
		if err == nil {
			failed = 0
			continue
		}
		if ctx.Err() != nil {
			return // the journal has it
		}
		failed++
		wait := r.backoff(failed, err)
		r.env.Logf("importing job %d failed, next try in %v: %v", id, wait, err)
		if !pause(ctx, wait) {
			return
		}
	}
}

// importOnce brings what is stored of a job to what the cloud has of it.
func (r *Receiver) importOnce(ctx context.Context, id int64, upTo int, have imported) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case r.slots <- struct{}{}:
	}
	defer func() { <-r.slots }()

	got, err := r.fetch(ctx, id, have)
	if err != nil && r.abandon(err) {
		r.env.Logf("job %d is given up: %v", id, err)
		got, err = imported{}, nil
	}
	if err != nil {
		return err
	}
	if err := r.ledger.settle(id, upTo, got); err != nil {
		return err
	}
	if r.env.Delete && got.job.Status == webhook.Finished {
		// A copy that is left behind does no harm.
		if err := r.cloud.remove(ctx, id); err != nil {
			r.env.Logf("%v", err)
		}
	}
	return nil
}

func (r *Receiver) fetchNews(ctx context.Context, id int64, have imported) (imported, error) {
	job, err := r.ask(ctx, id)
	if deleted := (*apiError)(nil); errors.As(err, &deleted) && deleted.code == http.StatusNotFound {
		return imported{}, nil
	}
	if err != nil {
		return imported{}, err
	}
	copies := r.copies(id, job)
	state := fmt.Sprintf("%+v %d", job, copies)
	if !r.wanted(job.Status) || state == have.State {
		return imported{}, nil
	}
	rows, err := r.download(ctx, id)
	if err != nil {
		return imported{}, err
	}
	if !r.whole(len(rows), job) {
		return imported{}, fmt.Errorf("the download has %d rows, the job %d", len(rows), job.StoredRecordCount)
	}
	rows = r.keep(id, rows)
	return imported{State: state, Rows: slices.Repeat(rows, copies), job: job}, nil
}

// strike makes the journal say that nothing is to be done about a job.
func (r *Receiver) strike(id int64) {
	if err := r.ledger.strike(id); err != nil {
		r.env.Logf("striking job %d off: %v", id, err)
	}
}

// wanted reports whether the rows of a job in that status are imported: not
// those of a failed one, as if they were whole; and one that goes on again
// will be notified again.
func wanted(s webhook.Status) bool {
	return s == webhook.Finished || s == webhook.Shelved || s == webhook.Stopped
}

// backoff is the wait after so many failures in a row: 400 ms,
// doubled up to 6.4 s, but never less than the cloud asks for.
func backoff(failed int, err error) time.Duration {
	wait := 400 * time.Millisecond << min(failed-1, 4)
	if refused := (*apiError)(nil); errors.As(err, &refused) {
		wait = max(wait, refused.retryAfter)
	}
	return wait
}
