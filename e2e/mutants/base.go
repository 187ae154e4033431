package mutants

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// Env is what a receiver is given to work with.
type Env struct {
	// APIBase is the base of the cloud's API; it ends in /api/v1/.
	APIBase string
	// Token is the API's token.
	Token string
	// Out is the file of the imported rows: one JSON object a line, the row's
	// fields and scrapingjob_id. It is replaced as a whole, so a reader never
	// sees half a job.
	Out string
	// Journal is the file that the receiver's state lasts in; empty is Out
	// with .journal appended. One receiver at a time may have it open.
	Journal string
	// Secret is what a request must bear as the query parameter token. Empty:
	// nothing.
	Secret string
	// Delete has the cloud's copy of a finished job deleted when its rows are
	// safe here.
	Delete bool
	// Logf is told of every import that failed and is tried again. Nil: nobody.
	Logf func(format string, args ...any)
}

// Receiver is a receiver of notifications: journal, answer, import. Its
// handler is safe for concurrent use; imports are made while Run runs.
type Receiver struct {
	env    Env
	ledger *ledger
	cloud  cloudAPI
	queue  chan int64    // jobs whose import is to be begun
	slots  chan struct{} // bounds the imports that talk to the cloud

	// What mutants replace. All are set before the first request; those of the
	// import are called by several goroutines.

	// starting tells whether it is not ready yet, which a GET is told with 503; nil
	// is never.
	starting func() bool
	// authentic tells whether a request may notify.
	authentic func(*http.Request) bool
	// isForm tells whether a Content-Type header is a notification's.
	isForm func(header string) bool
	// body reads the form of a request; its errors are as those of parse.
	body func(w http.ResponseWriter, req *http.Request) ([]byte, error)
	// parse reads the form. A *statusError chooses the answer; any other error
	// is a 400.
	parse func(body []byte) (webhook.Notification, error)
	// handle stores a notification and answers.
	handle handler

	// linger is how long a notification rests before its import begins.
	linger time.Duration
	// ask asks the cloud for a job.
	ask func(ctx context.Context, id int64) (jobInfo, error)
	// wanted tells whether the rows of a job in that status are imported.
	wanted func(webhook.Status) bool
	// readRows reads the body of a download.
	readRows func(id int64, body io.Reader) ([]byte, error)
	// download returns a job's rows, on an error those before it.
	download func(ctx context.Context, id int64) ([][]byte, error)
	// whole tells whether so many rows are all that a job has.
	whole func(rows int, job jobInfo) bool
	// keep chooses the rows that are stored.
	keep func(id int64, rows [][]byte) [][]byte
	// copies is how often a job's rows are stored: once, unless a mutant takes
	// a duplicate for news.
	copies func(id int64, job jobInfo) int
	// fetch returns what is to be stored of a job; nothing when it is stored
	// already, or is not to be.
	fetch func(ctx context.Context, id int64, have imported) (imported, error)
	// abandon tells whether an import that failed so is never tried again.
	abandon func(error) bool
	// backoff is the wait after so many failures of an import in a row.
	backoff func(failed int, err error) time.Duration
	// background runs beside the imports.
	background func(ctx context.Context)
}

const (
	// most is the number of jobs whose import may wait. More are refused with
	// 503, and resent by the cloud.
	most = 4096
	// importsAtOnce bounds what is held in memory of downloads.
	importsAtOnce = 16
)

// New opens the correct receiver. Close it after Run has returned.
func New(env Env) (*Receiver, error) { return open(env, func(*Receiver) {}) }

func open(env Env, mutate func(*Receiver)) (*Receiver, error) {
	base, err := url.Parse(env.APIBase)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("the API's base %q is no URL", env.APIBase)
	}
	if env.Out == "" {
		return nil, errors.New("no file is named for the imported rows")
	}
	if env.Journal == "" {
		env.Journal = env.Out + ".journal"
	}
	if env.Logf == nil {
		env.Logf = func(string, ...any) {}
	}
	ledger, err := openLedger(env.Journal, env.Out)
	if err != nil {
		return nil, err
	}
	r := &Receiver{
		env:    env,
		ledger: ledger,
		cloud:  cloudAPI{base: base, token: env.Token},
		queue:  make(chan int64, most),
		slots:  make(chan struct{}, importsAtOnce),
	}
	r.beCorrect()
	mutate(r)
	return r, nil
}

// beCorrect sets everything that a mutant may replace.
func (r *Receiver) beCorrect() {
	r.authentic = r.bearsSecret
	r.isForm = isForm
	r.body = readForm
	r.parse = webhook.ParseForm
	r.handle = r.storeAndAnswer

	r.ask = r.cloud.job
	r.wanted = wanted
	r.readRows = func(_ int64, body io.Reader) ([]byte, error) { return io.ReadAll(body) }
	r.download = func(ctx context.Context, id int64) ([][]byte, error) { return r.cloud.rows(ctx, id, r.readRows) }
	r.whole = func(rows int, job jobInfo) bool { return rows == job.StoredRecordCount }
	r.keep = func(_ int64, rows [][]byte) [][]byte { return rows }
	r.copies = func(int64, jobInfo) int { return 1 }
	r.fetch = r.fetchNews
	r.abandon = func(error) bool { return false }
	r.backoff = backoff
	r.background = func(context.Context) {}
}

// Run imports what the journal holds and what arrives, until ctx ends. It
// returns when nothing runs any more.
func (r *Receiver) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { r.background(ctx) })
	for _, job := range r.ledger.pending() {
		running.Go(func() { r.importJob(ctx, job) })
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case job := <-r.queue:
			running.Go(func() { r.importJob(ctx, job) })
		}
	}
}

// Close closes the journal.
func (r *Receiver) Close() error { return r.ledger.close() }
