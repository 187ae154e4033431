package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery/history"
)

// The pace of a stream of events.
const (
	// heartbeat is how often a quiet stream says that it lives.
	heartbeat = 15 * time.Second
	// gathering is the least time between two events: what changes in it is told
	// in one.
	gathering = 100 * time.Millisecond
	// stuck is how long a client may take none of what is written.
	stuck = 10 * time.Second
)

// events answers with a stream of changes.
func (s *server) events(r *http.Request) (any, error) {
	sub := s.cfg.History.Subscribe(r.Header.Get("Last-Event-ID"))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		out := stream{w, http.NewResponseController(w)}
		// An id from the start: who is cut off before the first change can go on
		// after it.
		id := sub.ID()
		for err := out.write("id: %s\nevent: begin\nretry: 1000\ndata: {}\n\n", id); err == nil; {
			err = out.next(r.Context(), sub)
		}
	}), nil
}

// stream writes events.
type stream struct {
	http.ResponseWriter
	control *http.ResponseController
}

// next waits for changes and writes them. Its error ends the stream.
func (out stream) next(ctx context.Context, sub *history.Subscription) error {
	waiting, cancel := context.WithTimeout(ctx, heartbeat)
	changes, err := sub.Next(waiting)
	cancel()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return out.write(": alive\n\n")
	case err != nil:
		return err
	case changes.Lost:
		err = out.write("id: %s\nevent: list\ndata: {}\n\n", changes.ID)
	default:
		data, wrong := json.Marshal(map[string]any{"deliveries": briefly(changes.Deliveries)})
		if wrong != nil {
			return wrong
		}
		err = out.write("id: %s\nevent: deliveries\ndata: %s\n\n", changes.ID, data)
	}
	select {
	case <-time.After(gathering):
	case <-ctx.Done():
	}
	return err
}

func (out stream) write(format string, args ...any) error {
	_ = out.control.SetWriteDeadline(time.Now().Add(stuck))      // as far as the connection has one
	if _, err := fmt.Fprintf(out, format, args...); err != nil { //nolint:gosec // JSON in an event stream, which no browser shows as a page
		return err
	}
	return out.control.Flush()
}
