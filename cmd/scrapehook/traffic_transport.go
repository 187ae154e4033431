package main

import (
	"net/http"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/simulator/delivery"
	trafficrun "github.com/scrapehook/scrapehook/simulator/traffic/run"
	"github.com/scrapehook/scrapehook/simulator/traffic/wire"
)

// The transports of a load, as --transport knows them, and epoll, which auto may
// turn out to be.
const (
	transportEpoll   = "epoll"
	transportAuto    = "auto"
	transportFast    = "fast"
	transportNetHTTP = "nethttp"
)

// idleFor is how long a load keeps a connection that it does not need: shorter
// than any endpoint may keep it, so that few are closed under a request.
const idleFor = time.Second

// choose sets how the exchanges of a load are performed, plain being the
// transport for whatever is not plain HTTP.
func (f *endpointFlags) choose(cfg *trafficrun.Config, plain *http.Transport) error {
	isPlain := strings.HasPrefix(strings.ToLower(cfg.URL), "http:")
	switch f.transport {
	case transportAuto:
	case transportFast:
		if !isPlain {
			return usageError("--transport fast: it has no TLS, and %s needs it: use auto or nethttp", cfg.URL)
		}
	case transportNetHTTP:
		isPlain = false
	default:
		return usageError("--transport %q: use auto, fast or nethttp", f.transport)
	}
	if isPlain {
		client, err := wire.New(cfg.URL, cfg.Profile, idleFor)
		if err != nil {
			return usageError("%w", err)
		}
		cfg.Exchanger, cfg.Transport, cfg.ReuseForms = client, transportFast, true
		if f.transport != transportFast {
			cfg.Looper, cfg.LoopTransport = client, transportEpoll // where it can
		}
		return nil
	}
	// A load needs connections that last: one for each request would run out of
	// ports. net/http repeats none of our requests on another connection: it has
	// no means to send their bodies twice.
	plain.MaxIdleConnsPerHost, plain.MaxConnsPerHost, plain.IdleConnTimeout = cfg.Connections, cfg.Connections, idleFor
	cfg.Exchanger, cfg.Transport = &delivery.Client{Profile: cfg.Profile, Transport: plain}, transportNetHTTP
	return nil
}
