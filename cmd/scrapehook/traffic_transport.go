package main

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/wire"
)

// The transports of a load, as --transport and the reports name them.
const (
	transportAuto    = "auto"
	transportEpoll   = "epoll"
	transportFast    = "fast"
	transportNetHTTP = "nethttp"
)

// idleFor is how long a load keeps a connection that it does not need: shorter
// than any endpoint may keep it, so that few are closed under a request.
const idleFor = time.Second

// choose sets how the exchanges of a load are performed, plain being the
// transport for whatever is not plain HTTP.
func (f *endpointFlags) choose(l *load, plain *http.Transport) error {
	cfg := &l.config
	isPlain := strings.HasPrefix(strings.ToLower(cfg.URL), "http:")
	switch f.transport {
	case transportAuto:
	case transportEpoll, transportFast:
		if !isPlain {
			return usageError("--transport %s: it has no TLS, and %s needs it: use auto or nethttp", f.transport, cfg.URL)
		}
	case transportNetHTTP:
		isPlain = false
	default:
		return usageError("--transport %q: use auto, epoll, fast or nethttp", f.transport)
	}
	if isPlain {
		client, err := wire.New(cfg.URL, cfg.Profile, cfg.Connections, idleFor)
		if err != nil {
			return usageError("%w", err)
		}
		cfg.Exchanger, cfg.Transport, cfg.ReuseForms = client, transportFast, true
		l.close = client.Close
		if f.transport != transportFast {
			cfg.Looper, cfg.LoopTransport = client, transportEpoll
		}
		return nil
	}
	// A load needs connections that last: one for each request would run out of
	// ports. net/http repeats none of our requests on another connection: it has
	// no means to send their bodies twice.
	plain.MaxIdleConnsPerHost, plain.MaxConnsPerHost, plain.IdleConnTimeout = cfg.Connections, cfg.Connections, idleFor
	cfg.Exchanger, cfg.Transport = &delivery.Client{Profile: cfg.Profile, Transport: plain}, transportNetHTTP
	l.close = plain.CloseIdleConnections
	return nil
}

// checkTransport says why the transport that the user asked for can't perform
// the load: closed is whether that has --rate max, told whether something is told
// of each attempt. Where the system has none, fast takes its place, which stderr
// is told.
func (f *endpointFlags) checkTransport(closed, told bool, stderr io.Writer) error {
	if f.transport != transportEpoll {
		return nil
	}
	switch {
	case !closed:
		return usageError("--transport epoll: it needs --rate max")
	case told || f.record != "":
		return usageError("--transport epoll: it can't be used with --cloud or --record, which look at each attempt")
	case runtime.GOOS != "linux":
		fmt.Fprintln(stderr, "scrapehook: --transport epoll: only Linux has it, so fast is used")
		f.transport = transportFast
	}
	return nil
}
