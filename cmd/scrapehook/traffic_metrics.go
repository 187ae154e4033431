package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/scrapehook/scrapehook/simulator/traffic"
)

// serveMetrics answers Prometheus at address while the runner runs. stop ends
// that; address is where it listens in fact.
func serveMetrics(ctx context.Context, address string, runner *traffic.Runner) (at net.Addr, stop func() error, err error) {
	registry := prometheus.NewRegistry()
	if err := registry.Register(runner.Metrics()); err != nil {
		return nil, nil, err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, nil, err
	}
	routes := http.NewServeMux()
	routes.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: routes, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	return listener.Addr(), func() error {
		_ = server.Close() // what is left unread then is read no more
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving metrics: %w", err)
		}
		return nil
	}, nil
}
