package mutants

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"sync"

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

	// What mutants replace. All are set before the first request.

	// parse reads the form. A *statusError chooses the answer; any other error
	// is a 400.
	parse func(body []byte) (webhook.Notification, error)
	// handle stores a notification and answers.
	handle handler
	// copies is how often a job's rows are stored: once, unless a mutant takes
	// a duplicate for news.
	copies func(job int64) int
	// keep chooses the rows that are stored.
	keep func(rows [][]byte) [][]byte
	// abandon tells whether an import that failed so is never tried again.
	abandon func(error) bool
	// background runs beside the imports.
	background func(ctx context.Context)
}

const (
	// most is the number of jobs whose import may wait. More are refused with
	// 503, and resent by the cloud.
	most = 4096
	// importsAtOnce bounds what is held in memory of downloads.
	importsAtOnce = 16
	// bodyLimit is far above the largest form that the cloud sends.
	bodyLimit = 64 << 10
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
		env:        env,
		ledger:     ledger,
		cloud:      cloudAPI{base: base, token: env.Token},
		queue:      make(chan int64, most),
		slots:      make(chan struct{}, importsAtOnce),
		parse:      webhook.ParseForm,
		copies:     func(int64) int { return 1 },
		keep:       func(rows [][]byte) [][]byte { return rows },
		abandon:    func(error) bool { return false },
		background: func(context.Context) {},
	}
	r.handle = r.storeAndAnswer
	mutate(r)
	return r, nil
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

// statusError is an error that chooses the status code of the answer.
type statusError struct {
	code int
	err  error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// ServeHTTP takes one request of the sender.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	n, err := r.read(w, req)
	if err != nil {
		code := http.StatusBadRequest
		if refused := (*statusError)(nil); errors.As(err, &refused) {
			code = refused.code
		}
		if code == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", http.MethodPost)
		}
		http.Error(w, err.Error(), code)
		return
	}
	r.handle(w, req, n)
}

func (r *Receiver) read(w http.ResponseWriter, req *http.Request) (webhook.Notification, error) {
	var none webhook.Notification
	if req.Method != http.MethodPost {
		return none, &statusError{http.StatusMethodNotAllowed, errors.New("notifications are POSTed")}
	}
	if media, _, err := mime.ParseMediaType(req.Header.Get("Content-Type")); err != nil || media != webhook.ContentType {
		return none, &statusError{http.StatusUnsupportedMediaType, errors.New("notifications are " + webhook.ContentType)}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, bodyLimit))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return none, &statusError{http.StatusRequestEntityTooLarge, err}
	}
	if err != nil {
		return none, fmt.Errorf("reading the form: %w", err)
	}
	return r.parse(body)
}

// storeAndAnswer acknowledges n after it is safe: an acknowledged notification
// is never sent again.
func (r *Receiver) storeAndAnswer(w http.ResponseWriter, _ *http.Request, n webhook.Notification) {
	if err := r.store(n); err != nil {
		refuse(w, err)
		return
	}
	acknowledge(w)
}

// store makes n durable and its import due. A status that no job ends with is
// none to import for.
func (r *Receiver) store(n webhook.Notification) error {
	if !n.Status.Ended() {
		return nil
	}
	begin, err := r.ledger.notify(n)
	if err != nil {
		return err
	}
	if begin {
		r.queue <- n.JobID // the ledger admits no more jobs than the queue has room for
	}
	return nil
}

func acknowledge(w http.ResponseWriter) { fmt.Fprintln(w, "stored") }

func refuse(w http.ResponseWriter, err error) {
	w.Header().Set("Retry-After", "1")
	http.Error(w, err.Error(), http.StatusServiceUnavailable)
}
