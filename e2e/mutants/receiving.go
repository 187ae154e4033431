package mutants

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/scrapehook/scrapehook/webhook"
)

// handler takes a notification that was read from a request, and answers.
type handler func(w http.ResponseWriter, r *http.Request, n webhook.Notification)

// statusError is an error that chooses the status code of the answer.
type statusError struct {
	code int
	err  error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// ServeHTTP takes one request of the sender.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method == http.MethodGet && r.starting != nil && r.starting() {
		http.Error(w, "starting", http.StatusServiceUnavailable)
		return
	}
	n, err := r.notification(w, req)
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

func (r *Receiver) notification(w http.ResponseWriter, req *http.Request) (webhook.Notification, error) {
	var none webhook.Notification
	if !r.authentic(req) {
		return none, &statusError{http.StatusUnauthorized, errors.New("the token is missing or wrong")}
	}
	if req.Method != http.MethodPost {
		return none, &statusError{http.StatusMethodNotAllowed, errors.New("notifications are POSTed")}
	}
	if !r.isForm(req.Header.Get("Content-Type")) {
		return none, &statusError{http.StatusUnsupportedMediaType, errors.New("notifications are " + webhook.ContentType)}
	}
	body, err := r.body(w, req)
	if err != nil {
		return none, err
	}
	return r.parse(body)
}

// bearsSecret compares digests, so that the time taken tells nothing.
func (r *Receiver) bearsSecret(req *http.Request) bool {
	given, want := sha256.Sum256([]byte(req.URL.Query().Get("token"))), sha256.Sum256([]byte(r.env.Secret))
	return r.env.Secret == "" || subtle.ConstantTimeCompare(given[:], want[:]) == 1
}

func isForm(header string) bool {
	media, _, err := mime.ParseMediaType(header)
	return err == nil && media == webhook.ContentType
}

func readForm(w http.ResponseWriter, req *http.Request) ([]byte, error) {
	const limit = 64 << 10 // far above the largest form that the cloud sends
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, limit))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, &statusError{http.StatusRequestEntityTooLarge, err}
	}
	if err != nil {
		return nil, fmt.Errorf("reading the form: %w", err)
	}
	return body, nil
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
