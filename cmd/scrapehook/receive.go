package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"github.com/gorilla/mux"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"modernc.org/sqlite"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/cloudclient"
	"github.com/scrapehook/scrapehook/receiver/sqlstore"
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
	listen, path, store string
	apiURL, apiToken    string
	tokens              []string
	workers             int
	deleteAfterImport   bool
	importFailed        bool
	logLevel            string
}

func newReceiveCmd() *cobra.Command {
	var f receiveFlags
	cmd := &cobra.Command{
		Use:   "receive",
		Short: "Run the reference receiver: take notifications, import their jobs",
		Long: `Run the reference receiver. It answers each notification once it is on disk,
then asks the cloud for the job and imports its rows, each exactly once.

The inbox is kept in the file of --store, the imported rows beside it: for
receiver.db in receiver-rows.db, tables imported_jobs and imported_rows, which
any SQLite client may read meanwhile.

Without --api-url and --api-token, WEBSCRAPER_API_BASE_URI and
WEBSCRAPER_API_TOKEN are read; without --listen, PORT is.`,
		Example: `  scrapehook receive --api-token "$TOKEN" --token s3cret
  # the endpoint to enter at the cloud: http://127.0.0.1:8080/webhook?token=s3cret`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.readEnvironment(cmd)
			return receive(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8080", "`address` to listen on; port 0 picks one")
	flags.StringVar(&f.path, "path", "/webhook", "`path` of the endpoint")
	flags.StringVar(&f.store, "store", "scrapehook-receiver.db", "`file` of the inbox, made if need be; the rows' file is beside it")
	flags.StringVar(&f.apiURL, "api-url", cloudclient.DefaultBaseURL, "base `URL` of the cloud's API")
	flags.StringVar(&f.apiToken, "api-token", "", "`token` of the cloud's API")
	flags.StringArrayVar(&f.tokens, "token", nil, "`secret` that the endpoint's URL must hold, as ?token=SECRET or PATH/SECRET;\nseveral may be given; without one, everyone may notify")
	flags.IntVar(&f.workers, "workers", receiver.DefaultWorkers, "imports at once")
	flags.BoolVar(&f.deleteAfterImport, "delete-after-import", false, "delete a job at the cloud once its rows are safe, unless it failed")
	flags.BoolVar(&f.importFailed, "import-failed", false, "import the rows of failed jobs too, marked as partial")
	flags.StringVar(&f.logLevel, "log-level", "info", "least `level` that is logged: debug, info, warn or error")
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

// receive runs the receiver until ctx ends, and stops it gracefully.
func receive(ctx context.Context, f receiveFlags, stdout, stderr io.Writer) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return usageError("--log-level %q: use debug, info, warn or error", f.logLevel)
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	if !strings.HasPrefix(f.path, "/") || strings.ContainsAny(f.path, "{}") || path.Clean(f.path) != f.path {
		return usageError("--path %q: use a plain path such as /webhook", f.path)
	}
	if f.workers < 1 {
		return usageError("--workers %d: at least one is needed", f.workers)
	}
	if f.apiToken == "" {
		return usageError("the cloud's API needs a token: set --api-token or %s", envAPIToken)
	}
	cloud, err := cloudclient.New(cloudclient.Config{BaseURL: f.apiURL, Token: f.apiToken})
	if err != nil {
		return usageError("--api-url: %w", err)
	}
	defer cloud.Close()

	// Before the store, so that a port in use leaves no files behind. Who
	// connects meanwhile waits in the listener's queue.
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", f.listen)
	if err != nil {
		return harnessError("%w", err)
	}
	defer listener.Close() //nolint:errcheck // serving closes it; this is for what fails before

	// A commit that syncs the data, and not its file's times, is as durable and
	// about twice as fast. Where there is no such call, SQLite does as before.
	_, _ = sqlite.Fdatasync(true)
	store, err := sqlstore.Open(ctx, f.store)
	if err != nil {
		return harnessError("%w", err)
	}
	rcv, err := receiver.New(receiver.Config{
		Store: store.Inbox, Sink: store.Rows, Cloud: cloud, Log: log,
		Tokens: f.tokens, Workers: f.workers,
		ImportFailed: f.importFailed, DeleteAfterImport: f.deleteAfterImport,
	})
	if err == nil {
		err = serve(ctx, listener, f.path, rcv, log, stdout)
	} else {
		err = usageError("%w", err)
	}
	if closing := store.Close(); err == nil && closing != nil {
		return harnessError("closing the store: %w", closing)
	}
	return err
}

// stopPatience bounds how long a stop waits for the answers under way. It is
// the sender's own patience (webhooks-2020).
const stopPatience = 10 * time.Second

// serve answers at listener and runs rcv until ctx ends. It stops in two steps: first the
// server, so that every request that came in is answered by a receiver that
// still runs, then the receiver.
func serve(ctx context.Context, listener net.Listener, endpoint string, rcv *receiver.Receiver, log *slog.Logger, stdout io.Writer) error {
	server := &http.Server{
		Handler:           receiveRoutes(endpoint, rcv),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	fmt.Fprintf(stdout, "listening on http://%s%s\n", listener.Addr(), endpoint)

	serving, failed := context.WithCancel(ctx)
	defer failed()
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var g errgroup.Group
	g.Go(func() error { return rcv.Run(running) })
	g.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			failed()
			return harnessError("serving %s: %w", listener.Addr(), err)
		}
		return nil
	})
	<-serving.Done()
	patience, done := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer done()
	if err := server.Shutdown(patience); err != nil {
		log.WarnContext(ctx, "gave up on requests under way", "error", err)
		_ = server.Close() // they are beyond help
	}
	stop()
	return g.Wait()
}

// receiveRoutes mounts the endpoint, with and without the token as a segment of
// its path, and what an orchestrator asks for.
func receiveRoutes(endpoint string, rcv *receiver.Receiver) http.Handler {
	routes := mux.NewRouter()
	routes.Handle(endpoint, rcv.Handler())
	routes.Handle(strings.TrimSuffix(endpoint, "/")+"/{"+receiver.TokenParam+"}", rcv.Handler())
	routes.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	routes.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !rcv.Ready() {
			http.Error(w, "stopping", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return routes
}
