// Command roundrobin is the balancer of the tests: it passes each request to
// the next of its backends, and a request that found a backend gone to the one
// after it. It begins to listen when all of them are ready.
//
//	roundrobin LISTEN BACKEND...
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: roundrobin LISTEN BACKEND...")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1], os.Args[2:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "roundrobin:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listen string, backends []string) error {
	for _, backend := range backends {
		if err := awaitReady(ctx, backend); err != nil {
			return err
		}
	}
	server := &http.Server{Addr: listen, Handler: &balancer{backends: backends}, ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		patience, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer done()
		stopped <- server.Shutdown(patience)
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

func awaitReady(ctx context.Context, backend string) error {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+backend+"/readyz", nil) //nolint:gosec // the backends are its arguments
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil { //nolint:gosec // as above
			_ = resp.Body.Close() // only its status counts
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// balancer passes requests on. Their bodies are kept, so that a request can be
// passed to another backend; notifications are short.
type balancer struct {
	backends []string
	next     atomic.Uint64
}

const maxBody = 1 << 20

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the body is too large or broken", http.StatusRequestEntityTooLarge)
		return
	}
	for range b.backends {
		backend := b.backends[b.next.Add(1)%uint64(len(b.backends))]
		resp, err := pass(r, backend, body)
		if err != nil {
			continue
		}
		defer resp.Body.Close() //nolint:errcheck // nothing is written to it
		for name, values := range resp.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body) // the sender sees that it is short
		return
	}
	http.Error(w, "no backend answers", http.StatusBadGateway)
}

func pass(r *http.Request, backend string, body []byte) (*http.Response, error) {
	out, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+backend+r.URL.RequestURI(), bytes.NewReader(body)) //nolint:gosec // as above
	if err != nil {
		return nil, err
	}
	out.Header = r.Header.Clone()
	return http.DefaultTransport.RoundTrip(out)
}
