package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/server"
	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/storage"
	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/cloudclient"
)

func newReceiveCmd() *cobra.Command {
	var f receiveFlags
	cmd := &cobra.Command{
		Use:   "receive",
		Short: "Run the reference receiver: take notifications, import their jobs",
		Long: `Run the reference receiver. It answers each notification once it is on disk,
then asks the cloud for the job and imports its rows, each exactly once.

With --store FILE the inbox is in that SQLite file, the imported rows beside it:
for receiver.db in receiver-rows.db, tables imported_jobs and imported_rows,
which any SQLite client may read meanwhile. One process owns the files.

With --store postgres://... both are in that database, in the schema scrapehook,
and any number of receivers may share it behind a load balancer. --role divides
the work; a dead receiver's imports are taken over when their lease ends.

It also serves /healthz, /readyz and /metrics.

Without --api-url and --api-token, WEBSCRAPER_API_BASE_URI and
WEBSCRAPER_API_TOKEN are read. Without --listen, PORT is: hosts that set it send
their traffic from outside, so it then listens on all addresses.

Exit codes: 0 stopped by SIGINT, SIGTERM or SIGHUP, 2 wrong usage, 3 the store,
the sink or the address can't be had. docs/receive.md is about running it.`,
		Example: `  scrapehook receive --api-token "$TOKEN" --token s3cret
  # the endpoint to enter at the cloud: http://127.0.0.1:8080/webhook?token=s3cret
  scrapehook receive --store postgres://me@db/scraping --drain 10s`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.readEnvironment(cmd)
			return receive(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.PersistentFlags().StringVar(&f.storage.Store, "store", "scrapehook-receiver.db",
		"`file` of the inbox, made if need be, the rows' file beside it; or the postgres:// URL\nof a database")
	f.addTo(cmd.Flags())
	store := &f.storage.Store
	cmd.AddCommand(newReceiveStatusCmd(store), newReceiveListCmd(store), newReceiveRetryCmd(store), newReceiveCheckCmd(store))
	return cmd
}

// receive runs the receiver until ctx ends, and stops it gracefully.
func receive(ctx context.Context, f receiveFlags, stdout, stderr io.Writer) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return usageError("--log-level %q: use debug, info, warn or error", f.logLevel)
	}
	if err := f.check(); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	server.TuneRuntime()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	cfg := f.receiver
	cfg.Metrics, cfg.Log, f.server.Metrics, f.server.Log, f.storage.Log = registry, log, registry, log, log
	if f.cloud.Token != "" {
		cloud, err := cloudclient.New(f.cloud)
		if err != nil {
			return usageError("--api-url: %w", err)
		}
		defer cloud.Close()
		cfg.Cloud = cloud
	}
	scheme, certificate := "http", (*tls.Certificate)(nil)
	if f.tlsCert != "" {
		loaded, err := tls.LoadX509KeyPair(f.tlsCert, f.tlsKey)
		if err != nil {
			return usageError("--tls-cert and --tls-key: %w", err)
		}
		scheme, certificate = "https", &loaded
	}
	// Before the store, so that a port in use leaves no files behind.
	listener, err := server.Listen(ctx, f.listen, certificate)
	if err != nil {
		return harnessError("%s %s: %w", cmp.Or(f.portSource, "--listen"), f.listen, err)
	}
	if f.anyCloud && cfg.Cloud != nil {
		fmt.Fprintf(stderr, "scrapehook: jobs are imported from the vendor itself, %s; for a simulated cloud use --api-url, such as http://127.0.0.1:8085/api/v1/\n", cloudclient.DefaultBaseURL)
	}
	if f.portSource != "" {
		log.InfoContext(ctx, "listening on all addresses, as hosts that set PORT expect; use --listen for another", "port", os.Getenv(envPort))
	}
	f.server.AnswerEarly = f.storage.Wait > 0
	f.server.Ready = func() {
		fmt.Fprintf(stdout, "listening on %s://%s%s\n", scheme, listener.Addr(), f.server.Path)
	}
	var opened *storage.Storage
	err = server.Run(ctx, listener, f.server, func(ctx context.Context) (*receiver.Receiver, error) {
		if err := storage.CheckSpool(cfg.SpoolDir); err != nil {
			return nil, fmt.Errorf("--spool-dir: %w", err)
		}
		if opened, err = storage.Open(ctx, f.storage); err != nil {
			return nil, err
		}
		cfg.Store, cfg.Sink = opened.Store, opened.Sink
		return receiver.New(cfg)
	})
	if opened != nil {
		if closing := opened.Close(); err == nil && closing != nil {
			err = fmt.Errorf("closing the store: %w", closing)
		}
	}
	if err != nil {
		return openError(err)
	}
	return nil
}
