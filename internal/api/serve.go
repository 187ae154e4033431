package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// stopPatience is how long a stop waits for the calls under way. Normal calls end
// in it, long downloads are cut.
const stopPatience = time.Second

// Serve answers with handler until ctx ends or the listener fails, and returns
// when every call has ended. Only the latter is an error. It closes the listener.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	// The calls end by a context of their own, some time after ctx.
	calls, endCalls := context.WithCancel(context.WithoutCancel(ctx))
	defer endCalls()
	server := &http.Server{
		Handler:           bounded(bodyTime, handler),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		// OPTIONS * too is answered by the API.
		DisableGeneralOptionsHandler: true,

		BaseContext: func(net.Listener) context.Context { return calls },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(Listen(listener)) }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
		failed <- http.ErrServerClosed // for the wait below
	}
	if !shutdown(calls, server) {
		endCalls()
		if !shutdown(context.WithoutCancel(calls), server) {
			_ = server.Close() // what is left reads from a client that is silent
		}
	}
	if late := <-failed; err == nil {
		err = late
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serving the API: %w", err)
}

// shutdown takes no more calls and reports whether those under way ended in
// time.
func shutdown(ctx context.Context, server *http.Server) bool {
	patience, done := context.WithTimeout(ctx, stopPatience)
	defer done()
	return server.Shutdown(patience) == nil
}
