package receiver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/scrapehook/scrapehook/receiver/cloudclient"
	"github.com/scrapehook/scrapehook/webhook"
)

// importJob brings the sink up to date with a job. It returns nil exactly when
// nothing is left to do for the notifications that the lease counts.
//
// Three calls, not more: the state, the rows, the state again. Only if both
// states are the same is it known that the rows belong to it, and that nothing
// changed up to the renewal that came before the second.
func (m *importer) importJob(ctx context.Context, held *heldLease) (Outcome, error) {
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
func (m *importer) replace(ctx context.Context, held *heldLease, job cloudclient.Job, recorded string) error {
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
	err = m.write(ctx, recorded, Import{
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
	rows, err := spoolRows(body, job.StoredRecordCount, m.spool)
	if err != nil {
		return nil, err
	}
	if rows.rows != job.StoredRecordCount {
		rows.close()
		return nil, fmt.Errorf("the download has %d rows, the job %d", rows.rows, job.StoredRecordCount)
	}
	return rows, nil
}

// sinkTimeout bounds how long a sink may go without taking a row. Before the
// first it may have to wait for other imports and to delete the job's earlier
// rows, after the last for its disk.
const sinkTimeout = 5 * time.Minute

// write has the sink write the rows, for as long as it makes progress: a server
// that is gone without a word must not keep an import for ever.
func (m *importer) write(ctx context.Context, recorded string, imp Import, rows iter.Seq2[json.RawMessage, error]) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stuck := fmt.Errorf("the sink has taken no row for %v", sinkTimeout)
	timer := time.AfterFunc(sinkTimeout, func() { cancel(stuck) })
	defer timer.Stop()
	err := m.sink.Replace(ctx, recorded, imp, func(yield func(json.RawMessage, error) bool) {
		for row, err := range rows {
			timer.Reset(sinkTimeout)
			if !yield(row, err) {
				return
			}
		}
	})
	if err != nil && errors.Is(context.Cause(ctx), stuck) {
		return errors.Join(stuck, err)
	}
	return err
}
