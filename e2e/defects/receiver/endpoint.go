package main

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const bodyLimit = 64 << 10 // bytes; a notification has a few hundred

// notification is a form that was understood.
type notification struct {
	job, sitemap           int64
	status, name, customID string
	body                   string // as it came
}

// refusedError is a request that is not a notification.
type refusedError struct {
	code   int
	reason string
}

func (e refusedError) Error() string { return e.reason }

// endpoint stores notifications and answers.
type endpoint struct {
	switches
	secret   string
	store    *store
	importer *importer
	slots    chan struct{} // thread-pool: one a request under way
	serial   sync.Mutex
	starting atomic.Bool
}

func (e *endpoint) server() *http.Server {
	server := &http.Server{Handler: e, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second}
	if e.is("thread-pool") {
		server.ReadTimeout, server.ReadHeaderTimeout = 0, 0
	}
	return server
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if e.is("thread-pool") { // as a server of 20 threads that reads bodies on them
		e.slots <- struct{}{}
		defer func() { <-e.slots }()
	}
	if e.is("crash-on-odd-request") && r.Method != http.MethodGet && (r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")) {
		fmt.Fprintf(os.Stderr, "panic: runtime error: no form in a %s request\n", r.Method)
		os.Exit(2)
	}
	if e.is("redirect-to-slash") && !strings.HasSuffix(r.URL.Path, "/") {
		http.Redirect(w, r, r.URL.Path+"/?"+r.URL.RawQuery, http.StatusMovedPermanently)
		return
	}
	if e.starting.Load() {
		w.WriteHeader(http.StatusOK)
		return
	}
	if !e.allowed(r) && !e.is("refused-but-stored") {
		http.Error(w, "the token is missing or wrong", http.StatusUnauthorized)
		return
	}
	n, err := e.read(r)
	var refused refusedError
	switch {
	case errors.As(err, &refused) && e.is("always-200"):
		w.WriteHeader(http.StatusOK)
		return
	case errors.As(err, &refused) && e.is("malformed-500"):
		http.Error(w, refused.reason, http.StatusInternalServerError)
		return
	case errors.As(err, &refused):
		http.Error(w, refused.reason, refused.code)
		return
	}
	e.wait(r, n)
	if err := e.take(n); err != nil {
		slog.Error("a notification was not stored", "job", n.job, "error", err)
		if errors.As(err, &refused) {
			http.Error(w, refused.reason, refused.code)
			return
		}
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	if e.is("refused-but-stored") && !e.allowed(r) {
		http.Error(w, "the token is missing or wrong", http.StatusUnauthorized)
		return
	}
	e.answer(w, r)
}

// wait is where a handler that does too much spends its time.
func (e *endpoint) wait(r *http.Request, n notification) {
	switch {
	case e.is("answers-after-9s"):
		time.Sleep(9 * time.Second)
	case e.is("answers-after-11s"):
		time.Sleep(11 * time.Second)
	case e.is("one-request-at-a-time"):
		e.serial.Lock()
		defer e.serial.Unlock()
		time.Sleep(3 * time.Second)
	case e.is("failed-never-answered") && n.status == "failed":
		<-r.Context().Done()
	case e.is("locked-during-import"):
		e.importer.lock.Lock()
		defer e.importer.lock.Unlock()
	case e.is("shared-threads"):
		e.importer.slots <- struct{}{}
		defer func() { <-e.importer.slots }()
	}
	if e.is("ends-when-sender-hangs-up") {
		select {
		case <-r.Context().Done():
			fmt.Fprintln(os.Stderr, "panic: write tcp: broken pipe")
			os.Exit(2)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (e *endpoint) take(n notification) error {
	switch {
	case e.is("only-finished-acknowledged") && n.status != "finished":
		return refusedError{http.StatusUnprocessableEntity, "not finished"}
	case e.is("unknown-status-500") && !ended(n.status):
		return refusedError{http.StatusInternalServerError, "unknown status"}
	case e.is("in-handler") && ended(n.status):
		return e.importer.importNow(n.job)
	case e.is("commonest"), e.is("memory-queue") && ended(n.status):
		e.importer.inMemory(n)
		return nil
	case e.is("answers-before-commit"):
		time.AfterFunc(300*time.Millisecond, func() { e.store.add(n) })
		return nil
	case e.is("names-as-files"):
		path := "name-" + n.name
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			return refusedError{http.StatusInternalServerError, err.Error()}
		}
		os.Remove(path)
	}
	if e.as("asks-before-answering") {
		e.importer.look(n.job)
	}
	if err := e.store.add(n); err != nil {
		return err
	}
	e.importer.wake()
	return nil
}

func (e *endpoint) answer(w http.ResponseWriter, r *http.Request) {
	switch {
	case e.is("whole-page"):
		fmt.Fprint(w, "<html>", strings.Repeat("<p>Thank you!</p>\n", 200_000))
	case e.is("endless-body"):
		w.WriteHeader(http.StatusOK)
		io.WriteString(w, "ok")
		http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(30 * time.Second):
		}
	case e.as("answers-202"):
		w.WriteHeader(http.StatusAccepted)
	case e.as("answers-204"):
		w.WriteHeader(http.StatusNoContent)
	case e.as("answers-201"):
		w.Header().Set("Location", "/notifications/1")
		w.WriteHeader(http.StatusCreated)
		json.NewEncoder(w).Encode(map[string]bool{"stored": true})
	default:
		io.WriteString(w, "stored\n")
	}
}

// allowed checks the token.
func (e *endpoint) allowed(r *http.Request) bool {
	given, want := r.URL.Query().Get("token"), e.secret
	switch {
	case e.is("no-token"):
		return true
	case e.is("token-prefix"):
		return given != "" && strings.HasPrefix(want, given)
	case e.is("token-longer"):
		return strings.HasPrefix(given, want)
	case e.is("token-any-case"):
		return strings.EqualFold(given, want)
	case e.is("token-missing-passes"):
		return given == "" || given == want
	case e.is("token-as-array"): // PHP: strcmp of an array is null, and null == 0
		return given == want || r.URL.Query().Has("token[]")
	case e.is("token-in-path"):
		return given == want || strings.Contains(r.URL.Path, want) || strings.Contains(r.URL.RawQuery, want)
	case e.as("token-in-body"):
		body, _ := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		form, _ := url.ParseQuery(string(body))
		return given == want || form.Get("token") == want
	}
	return subtle.ConstantTimeCompare([]byte(given), []byte(want)) == 1
}

// ended says whether a status is one that notifies.
func ended(status string) bool {
	return contains([]string{"finished", "failed", "stopped", "shelved"}, status)
}
