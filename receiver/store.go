package receiver

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"time"

	"github.com/scrapehook/scrapehook/receiver/cloudclient"
	"github.com/scrapehook/scrapehook/webhook"
)

// Arrival is one notification as it arrived.
type Arrival struct {
	webhook.Notification
	ReceivedAt time.Time
	// Wanted tells that the job's import is to be looked at: the notification
	// has a status that ends a job.
	Wanted bool
}

// Lease is the right to work on the import of a job until it ends or is lost.
type Lease struct {
	JobID int64
	// Owner is unique among the leases that are held.
	Owner string
	// Generation is the wanted generation of the job when the lease was last
	// taken or renewed: every notification counted in it had arrived by then.
	Generation int64
	// Attempts is how often the import has failed since it last ended.
	Attempts int
}

// ErrLeaseLost says that a lease belongs to another owner now, or to nobody.
var ErrLeaseLost = errors.New("the lease is lost")

// Store keeps the notifications that arrived and the imports that are wanted. It is
// inbox and queue in one, so that a notification can't be in the inbox and missing
// in the queue. Implementations are safe for concurrent use. Every call returns within
// a few seconds, also when a network has gone silent: the receiver makes one call
// of Accept, and one of Lease, at a time.
//
// A job's import is wanted while its wanted generation is ahead of its done
// one. A resend raises the wanted generation like any other notification; the
// fingerprint in the [Sink] keeps it from having a second effect.
type Store interface {
	// Accept records the arrivals and raises the wanted generation of each
	// wanted job, all in one transaction. It returns nil only when that is on
	// stable storage.
	Accept(ctx context.Context, arrivals []Arrival) error
	// Lease leases the wanted import that has been due for longest to owner. ok
	// is false when none is due.
	Lease(ctx context.Context, owner string, ttl time.Duration) (l Lease, ok bool, err error)
	// NextDue returns how long from now an import will be due, if one is wanted.
	NextDue(ctx context.Context) (wait time.Duration, ok bool, err error)
	// Renew makes the lease last for ttl from now and returns it with the
	// present generation, or [ErrLeaseLost].
	Renew(ctx context.Context, l Lease, ttl time.Duration) (Lease, error)
	// Done ends the lease with the import done up to l.Generation, and records
	// the outcome. It returns [ErrLeaseLost] if the lease is another's.
	Done(ctx context.Context, l Lease, o Outcome) error
	// Retry ends the lease with the import failed for the given cause, due
	// again after delay. It returns [ErrLeaseLost] if the lease is another's.
	Retry(ctx context.Context, l Lease, delay time.Duration, cause string) error
	// Release ends the lease as if it had not been taken; a lease that is
	// another's is left alone.
	Release(ctx context.Context, l Lease) error
}

// Shared is a [Store] that several processes may use at once. Each of them
// imports what is due in the store, so that an import may be wanted by a
// notification that another process took.
type Shared interface {
	Store
	// Announce tells the other processes that an import may be due. It is no
	// more than a hint: they look by themselves every few seconds.
	Announce(ctx context.Context) error
	// Listen calls wake when another process has announced, and once when it
	// has begun to listen, until ctx ends or the connection is lost. It always
	// returns an error.
	Listen(ctx context.Context, wake func()) error
}

// Upkeep is what a [Store] offers to those who run it for long: counts, lists,
// imports out of turn, and deletion of what is old.
type Upkeep interface {
	// Backlog counts what is left to do.
	Backlog(ctx context.Context) (Backlog, error)
	// Imports lists the imports that are wanted, the one that has been for
	// longest first, and then those done lately if all is set; at most limit.
	Imports(ctx context.Context, all bool, limit int) ([]ImportState, error)
	// Hasten makes a job's import due now, and wanted again if it was done. ok
	// is false when there is none, or when it is being worked on.
	Hasten(ctx context.Context, jobID int64) (ok bool, err error)
	// Prune forgets at most limit arrivals from before the given time, the
	// oldest first, and returns how many. Their imports stay wanted.
	Prune(ctx context.Context, before time.Time, limit int) (int, error)
}

// Backlog is what a store has left to do.
type Backlog struct {
	Wanted  int64 // imports that are wanted, the next two included
	Leased  int64 // being worked on
	Failing int64 // have failed since they were last done
	// Lag is for how long the oldest has been wanted.
	Lag time.Duration
}

// ImportState is what a store knows of a job's import.
type ImportState struct {
	JobID int64
	// Wanted tells that it is to be done, and WantedSince for how long; the
	// latter is meaningless for one that is done.
	Wanted      bool
	WantedSince time.Time
	// Leased tells that it is being worked on.
	Leased bool
	// Next is when it is due, when its lease ends, or when it was done.
	Next time.Time
	// Attempts is how often it has failed since it was last done, LastError why.
	Attempts  int
	LastError string
	// Outcome is how it ended the last time; "" if it never did.
	Outcome Outcome
}

// Outcome is how an import ended.
type Outcome string

// The outcomes of an import.
const (
	// OutcomeImported: the job's rows were written.
	OutcomeImported Outcome = "imported"
	// OutcomeUnchanged: these very rows were there already.
	OutcomeUnchanged Outcome = "unchanged"
	// OutcomeFailed: the job failed; its rows are incomplete and were not imported.
	OutcomeFailed Outcome = "failed"
	// OutcomeUnfinished: the job runs (again); its end will notify anew.
	OutcomeUnfinished Outcome = "unfinished"
	// OutcomeMissing: the cloud has no such job (any more).
	OutcomeMissing Outcome = "missing"
)

// Import is the record of a job's imported rows.
type Import struct {
	JobID       int64
	Status      webhook.Status
	SitemapID   int64
	SitemapName string
	CustomID    string
	// Partial tells that the job did not run to its end.
	Partial bool
	// Rows is their count.
	Rows int64
	// Fingerprint is what the cloud said of the job when these were its rows.
	Fingerprint string
}

// ErrSuperseded says that a job's rows were replaced meanwhile.
var ErrSuperseded = errors.New("another import of the job came first")

// Sink is where imported rows go. Its record of the import makes the effect happen
// exactly once. Implementations are safe for concurrent use.
type Sink interface {
	// Fingerprint returns the fingerprint of the job's recorded import, and ""
	// when there is none.
	Fingerprint(ctx context.Context, jobID int64) (string, error)
	// Replace replaces the rows of a job and the record of its import, in one
	// transaction, on stable storage when it returns nil. It does so only if
	// the recorded fingerprint is still previous, and returns [ErrSuperseded]
	// otherwise. A row is one JSON object in UTF-8; its bytes are valid until the
	// next row. The rows may be iterated more than once. An error among them undoes
	// everything and is returned. Replace ends when ctx does.
	Replace(ctx context.Context, previous string, imp Import, rows iter.Seq2[json.RawMessage, error]) error
}

// Cloud is the part of the API that an import uses; [cloudclient.Client] is one.
// Errors of type [*cloudclient.Error] decide when to try again.
type Cloud interface {
	Job(ctx context.Context, id int64) (cloudclient.Job, error)
	Download(ctx context.Context, id int64) (io.ReadCloser, error)
	Delete(ctx context.Context, id int64) error
}
