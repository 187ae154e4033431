package wire

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/internal/fault"
)

// SlowTransport makes t write its requests in pieces with pause between them,
// so that a request takes that long however small it is: how a sender on a bad
// line looks to the endpoint. t must not be in use yet; it is changed.
func SlowTransport(t *http.Transport, pieces int, pause time.Duration) *http.Transport {
	slow := func(dial dialFunc) dialFunc {
		if dial == nil {
			return nil
		}
		return func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return fault.Pace{Count: pieces, Pause: pause}.Conn(c), nil
		}
	}
	t.DialContext, t.DialTLSContext = slow(t.DialContext), slow(t.DialTLSContext)
	return t
}

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)
