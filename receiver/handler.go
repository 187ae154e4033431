package receiver

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/mux"

	"github.com/scrapehook/scrapehook/webhook"
)

// TokenParam names the secret token in the endpoint's URL: the query parameter,
// or the variable of the route when the token is a segment of the path
// (/webhook/{token}), in gorilla/mux as in net/http.
const TokenParam = "token"

// retryAfter is how long a sender is asked to wait, in seconds, when the inbox
// could not take its notification. The vendor's own sender always waits 30 s
// (webhooks-2020).
const retryAfter = "5"

// handler answers notifications: 200 as soon as one is on stable storage, and
// never before. It does nothing else, so that the answer can't be late: the
// sender gives up after 10 s and sends again (webhooks-2020).
type handler struct {
	put     func(context.Context, Arrival) error
	maxBody int64
	tokens  [][sha256.Size]byte // hashes, so that comparing tells no length
	key     []byte              // of the signature; nil if none is demanded

	measures *measures
	log      *slog.Logger
}

func newHandler(put func(context.Context, Arrival) error, cfg Config, m *measures) *handler {
	h := &handler{put: put, maxBody: cfg.MaxBody, measures: m, log: cfg.Log}
	if cfg.SignatureKey != "" {
		h.key = []byte(cfg.SignatureKey)
	}
	for _, token := range cfg.Tokens {
		h.tokens = append(h.tokens, sha256.Sum256([]byte(token)))
	}
	return h
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	code := h.answer(w, r)
	h.measures.answered(code, time.Since(begun))
}

// answer answers one request and returns the code.
func (h *handler) answer(w http.ResponseWriter, r *http.Request) int {
	if len(r.TransferEncoding) > 0 {
		// It may have named a length too, which net/http drops without a word. Then
		// a proxy may see another request in what follows (RFC 9112, section 6.1).
		w.Header().Set("Connection", "close")
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return refuse(w, http.StatusMethodNotAllowed, "a notification is a POST")
	}
	if !h.authentic(r) {
		w.Header().Set("WWW-Authenticate", `Token realm="webhook"`)
		return refuse(w, http.StatusUnauthorized, "the token in the URL is missing or wrong")
	}
	n, code, err := h.read(w, r)
	if err != nil {
		h.log.InfoContext(r.Context(), "refused a notification", "status", code, "reason", err)
		return refuse(w, code, err.Error())
	}
	// The status only tells whether to look at the job. The job's state decides what
	// to do, because the notification may be an old one that was sent again.
	a := Arrival{Notification: n, ReceivedAt: time.Now(), Wanted: n.Status.Ended()}
	if err := h.put(r.Context(), a); err != nil {
		// The failed commit has been logged, and the answers are counted. Under
		// overload a line for each would be more load.
		h.log.DebugContext(r.Context(), "could not keep a notification", "job", n.JobID, "error", err)
		w.Header().Set("Retry-After", retryAfter)
		return refuse(w, http.StatusServiceUnavailable, "the notification could not be kept; send it again")
	}
	answer := "ok\n"
	if !n.Status.Known() {
		answer = "ok, but nothing to import: the status is unknown\n"
	}
	// net/http finds out that this is plain text; a header of ours would be copied
	// for each answer. If the sender does not read it, it sends again.
	_, _ = io.WriteString(w, answer)
	return http.StatusOK
}

func refuse(w http.ResponseWriter, code int, reason string) int {
	http.Error(w, reason, code)
	return code
}

// authentic reports whether the URL has one of the tokens. The time that it takes
// tells nothing about them. Without tokens everyone is let in.
func (h *handler) authentic(r *http.Request) bool {
	if len(h.tokens) == 0 {
		return true
	}
	found := 0
	for _, candidate := range []string{
		r.URL.Query().Get(TokenParam), mux.Vars(r)[TokenParam], r.PathValue(TokenParam),
	} {
		got := sha256.Sum256([]byte(candidate))
		for _, want := range h.tokens {
			found |= subtle.ConstantTimeCompare(got[:], want[:])
		}
	}
	return found == 1
}

// read returns the request's notification, or an error for its sender and the
// status that goes with it.
func (h *handler) read(w http.ResponseWriter, r *http.Request) (webhook.Notification, int, error) {
	if !isForm(r.Header.Get("Content-Type")) {
		return webhook.Notification{}, http.StatusUnsupportedMediaType, errors.New("the content type is not " + webhook.ContentType)
	}
	body := bodies.Get().(*bytes.Buffer) //nolint:forcetypeassert // nothing else is put
	defer putBody(body)
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, h.maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return webhook.Notification{}, http.StatusRequestEntityTooLarge, errors.New("the form is too large")
	case err != nil:
		return webhook.Notification{}, http.StatusBadRequest, errors.New("the form could not be read")
	}
	n, err := webhook.ParseForm(body.Bytes()) // which keeps nothing of it
	if err != nil {
		return webhook.Notification{}, http.StatusBadRequest, err
	}
	if h.key != nil && !signed(n, h.key, r.Header.Get(SignatureHeader)) {
		return webhook.Notification{}, http.StatusUnauthorized, errors.New("the signature is missing or wrong")
	}
	return n, 0, nil
}

// bodies are buffers that forms are read into.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// putBody gives a buffer back; an enormous form's is not worth keeping.
func putBody(b *bytes.Buffer) {
	const ordinary = 4 << 10
	if b.Cap() > ordinary {
		return
	}
	b.Reset()
	bodies.Put(b)
}

func isForm(contentType string) bool {
	if contentType == webhook.ContentType { // as the cloud says it: nothing to parse
		return true
	}
	// A broken parameter leaves the type itself known; nothing here needs one.
	media, _, err := mime.ParseMediaType(contentType)
	return media == webhook.ContentType && (err == nil || errors.Is(err, mime.ErrInvalidMediaParameter))
}
