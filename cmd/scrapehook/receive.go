package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/cloudclient"
)

// The environment that users of the vendor's API, and hosts of web processes,
// already have.
const (
	envAPIURL   = "WEBSCRAPER_API_BASE_URI"
	envAPIToken = "WEBSCRAPER_API_TOKEN" //nolint:gosec // a variable's name
	envPort     = "PORT"
)

// receiveFlags are the flags of receive.
type receiveFlags struct {
	listen, path         string
	tlsCert, tlsKey      string
	store, role          string
	retain, lease, drain time.Duration
	sink, sinkFormat     string
	spoolDir             string
	apiURL, apiToken     string
	tokens               []string
	signatureKey         string
	queue, workers       int
	deleteAfterImport    bool
	importFailed         bool
	logLevel             string
}

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
WEBSCRAPER_API_TOKEN are read; without --listen, PORT is.

Exit codes: 0 stopped by SIGINT or SIGTERM, 2 wrong usage, 3 the store, the sink
or the address can't be had. docs/receive.md is about running it.`,
		Example: `  scrapehook receive --api-token "$TOKEN" --token s3cret
  # the endpoint to enter at the cloud: http://127.0.0.1:8080/webhook?token=s3cret
  scrapehook receive --store postgres://me@db/scraping --drain 10s`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.readEnvironment(cmd)
			return receive(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.PersistentFlags().StringVar(&f.store, "store", "scrapehook-receiver.db",
		"`file` of the inbox, made if need be, the rows' file beside it; or the postgres:// URL\nof a database")
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8080", "`address` to listen on; port 0 picks one")
	flags.StringVar(&f.path, "path", "/webhook", "`path` of the endpoint")
	flags.StringVar(&f.tlsCert, "tls-cert", "", "`file` of the certificate chain, in PEM; makes the endpoint https")
	flags.StringVar(&f.tlsKey, "tls-key", "", "`file` of the certificate's key, in PEM")
	flags.StringVar(&f.role, "role", string(receiver.RoleAll), "`part` of the work: receive, import or all; with PostgreSQL")
	flags.DurationVar(&f.retain, "retain", 30*24*time.Hour, "how long notifications are kept, imports and rows aside; 0 is for ever")
	flags.DurationVar(&f.lease, "lease", receiver.DefaultLease, "after what time a dead receiver's imports are taken over, with PostgreSQL")
	flags.DurationVar(&f.drain, "drain", 0, "how long to go on answering after SIGTERM, not ready and without new imports")
	flags.StringVar(&f.sink, "sink", "", "where rows go instead of the store: dir:`PATH`, a file a job; with SQLite")
	flags.StringVar(&f.sinkFormat, "sink-format", "jsonl", "`format` of the sink's files: jsonl or csv")
	flags.StringVar(&f.spoolDir, "spool-dir", "", "`directory` for downloads until they are whole (default the system's for temporary files)")
	flags.StringVar(&f.apiURL, "api-url", cloudclient.DefaultBaseURL, "base `URL` of the cloud's API")
	flags.StringVar(&f.apiToken, "api-token", "", "`token` of the cloud's API")
	flags.StringArrayVar(&f.tokens, "token", nil, "`secret` that the endpoint's URL must hold, as ?token=SECRET or PATH/SECRET;\nseveral may be given, for a rotation; without one, everyone may notify")
	flags.StringVar(&f.signatureKey, "signature-key", "", "`key` of an HMAC-SHA256 that a header Signature must hold; that the vendor signs is an\nassumption")
	flags.IntVar(&f.queue, "queue", receiver.DefaultQueue, "notifications that may wait for the disk; beyond, the answer is 503")
	flags.IntVar(&f.workers, "workers", receiver.DefaultWorkers, "imports at once")
	flags.BoolVar(&f.deleteAfterImport, "delete-after-import", false, "delete a job at the cloud once its rows are safe, unless it failed")
	flags.BoolVar(&f.importFailed, "import-failed", false, "import the rows of failed jobs too, marked as partial")
	flags.StringVar(&f.logLevel, "log-level", "info", "least `level` that is logged: debug, info, warn or error")
	cmd.AddCommand(newReceiveStatusCmd(&f.store), newReceiveListCmd(&f.store), newReceiveRetryCmd(&f.store))
	return cmd
}

// readEnvironment takes from the environment what no flag says.
func (f *receiveFlags) readEnvironment(cmd *cobra.Command) {
	for _, e := range []struct {
		flag, value string
		field       *string
	}{
		{"api-url", os.Getenv(envAPIURL), &f.apiURL},
		{"api-token", os.Getenv(envAPIToken), &f.apiToken},
	} {
		if e.value != "" && !cmd.Flags().Changed(e.flag) {
			*e.field = e.value
		}
	}
	if port := os.Getenv(envPort); port != "" && !cmd.Flags().Changed("listen") {
		f.listen = net.JoinHostPort("127.0.0.1", port)
	}
}

// check refuses what can't be meant, before anything is opened.
func (f *receiveFlags) check() error {
	role := receiver.Role(f.role)
	switch {
	case !strings.HasPrefix(f.path, "/") || strings.ContainsAny(f.path, "{}") || path.Clean(f.path) != f.path:
		return usageError("--path %q: use a plain path such as /webhook", f.path)
	case role != receiver.RoleAll && role != receiver.RoleReceive && role != receiver.RoleImport:
		return usageError("--role %q: use receive, import or all", f.role)
	case role != receiver.RoleAll && !inPostgres(f.store):
		return usageError("--role %s needs a --store in PostgreSQL: one process owns an SQLite file", f.role)
	case f.workers < 1:
		return usageError("--workers %d: at least one is needed", f.workers)
	case f.queue < 1:
		return usageError("--queue %d: at least one must be able to wait", f.queue)
	case f.lease < time.Second:
		return usageError("--lease %v: it has to be renewed in time, so use 1s or more", f.lease)
	case f.retain < 0 || f.drain < 0:
		return usageError("--retain and --drain can't be negative")
	case (f.tlsCert == "") != (f.tlsKey == ""):
		return usageError("--tls-cert and --tls-key go together")
	case f.apiToken == "" && role != receiver.RoleReceive:
		return usageError("the cloud's API needs a token: set --api-token or %s", envAPIToken)
	}
	for _, token := range f.tokens {
		if token == "" {
			return usageError("--token: a secret token is empty")
		}
	}
	return cmp.Or(checkListen(f.listen), checkStore(f.store), f.checkSink())
}

// receive runs the receiver until ctx ends, and stops it gracefully.
func receive(ctx context.Context, f receiveFlags, stdout, stderr io.Writer) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return usageError("--log-level %q: use debug, info, warn or error", f.logLevel)
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	if err := f.check(); err != nil {
		return err
	}
	tuneRuntime()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	cfg := receiver.Config{
		Role: receiver.Role(f.role), Tokens: f.tokens, SignatureKey: f.signatureKey,
		Queue: f.queue, Workers: f.workers, Lease: f.lease, Retain: f.retain, SpoolDir: f.spoolDir,
		ImportFailed: f.importFailed, DeleteAfterImport: f.deleteAfterImport, Metrics: registry, Log: log,
	}
	if f.apiToken != "" {
		cloud, err := cloudclient.New(cloudclient.Config{BaseURL: f.apiURL, Token: f.apiToken})
		if err != nil {
			return usageError("--api-url: %w", err)
		}
		defer cloud.Close()
		cfg.Cloud = cloud
	}
	// Before the store, so that a port in use leaves no files behind. Who
	// connects meanwhile waits in the listener's queue.
	at := &site{path: f.path, drain: f.drain, metrics: registry, log: log, stdout: stdout}
	if err := at.listen(ctx, f.listen, f.tlsCert, f.tlsKey); err != nil {
		return err
	}
	defer at.listener.Close() //nolint:errcheck // serving closes it; this is for what fails before

	closeStore, err := f.open(ctx, &cfg)
	if err != nil {
		return harnessError("%w", err)
	}
	rcv, err := receiver.New(cfg)
	if err == nil {
		err = at.serve(ctx, rcv)
	} else {
		err = usageError("%w", err)
	}
	if closing := closeStore(); closing != nil {
		return errors.Join(err, harnessError("closing the store: %w", closing))
	}
	return err
}

// tuneRuntime sets two things for answering that suit few other programs. What
// the environment says (GOGC, GOMAXPROCS) goes before.
func tuneRuntime() {
	// What lives is a few MB, and hardly anything outlives its request: at Go's
	// own pace, collecting is a tenth of what an acknowledgement costs.
	const garbage = 400
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	// One waits for the disk while another answers. With one processor alone the
	// runtime would find out too late that it is only waiting.
	const processors = 2
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) < processors {
		runtime.GOMAXPROCS(processors)
	}
}
