package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/server"
	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/storage"
	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/upkeep"
	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/cloudclient"
	filesink "github.com/scrapehook/scrapehook/receiver/sink"
)

// The environment that users of the vendor's API, and hosts of web processes,
// already have.
const (
	envAPIURL   = "WEBSCRAPER_API_BASE_URI"
	envAPIToken = "WEBSCRAPER_API_TOKEN" //nolint:gosec // a variable's name
	// envControlURL is where the control API of the cloud around a command is.
	envControlURL = "SCRAPEHOOK_CONTROL_URL"
	envPort       = "PORT"
)

// receiveFlags are the flags of receive. Those that the packages define are in
// their own configurations.
type receiveFlags struct {
	listen, portSource string // portSource: the variable that listen comes from
	anyCloud           bool   // nobody said whose API it is
	tlsCert, tlsKey    string
	logLevel           string
	cloud              cloudclient.Config
	receiver           receiver.Config
	server             server.Config
	storage            storage.Config
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

func (f *receiveFlags) addTo(flags *pflag.FlagSet) {
	r := &f.receiver
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8080", "`address` to listen on; port 0 picks one")
	flags.StringVar(&f.server.Path, "path", "/webhook", "`path` of the endpoint")
	flags.StringVar(&f.tlsCert, "tls-cert", "", "`file` of the certificate chain, in PEM; makes the endpoint https")
	flags.StringVar(&f.tlsKey, "tls-key", "", "`file` of the certificate's key, in PEM")
	flags.StringVar((*string)(&r.Role), "role", string(receiver.RoleAll), "`part` of the work: receive, import or all; with PostgreSQL")
	flags.DurationVar(&r.Retain, "retain", 30*24*time.Hour, "how long notifications are kept, imports and rows aside; 0 is for ever")
	flags.DurationVar(&r.Lease, "lease", receiver.DefaultLease, "after what time a dead receiver's imports are taken over, with PostgreSQL")
	flags.DurationVar(&f.server.Drain, "drain", 0, "how long to go on answering after SIGTERM, not ready and without new imports")
	flags.DurationVar(&f.storage.Wait, "wait-for-store", 0, "how long to wait at the start for a database server that can't be reached")
	flags.StringVar(&f.storage.Sink, "sink", "", "where rows go instead of the store: dir:`PATH`, a file a job; with SQLite")
	flags.StringVar((*string)(&f.storage.SinkFormat), "sink-format", string(filesink.JSONLines), "`format` of the sink's files: jsonl or csv")
	flags.StringVar(&r.SpoolDir, "spool-dir", "", "`directory` for downloads until they are whole (default the system's for temporary files)")
	flags.StringVar(&f.cloud.BaseURL, "api-url", cloudclient.DefaultBaseURL, "base `URL` of the cloud's API")
	flags.StringVar(&f.cloud.Token, "api-token", "", "`token` of the cloud's API")
	flags.IntVar(&f.cloud.MinRate, "min-download-rate", cloudclient.DefaultMinRate, "least `bytes` a second of a download; a slower one is tried again later")
	flags.Int64Var(&r.MaxDownload, "max-download", receiver.DefaultMaxDownload, "most `bytes` of a download")
	flags.IntVar(&r.MaxRow, "max-row", receiver.DefaultMaxRow, "most `bytes` of one row of a download")
	flags.StringArrayVar(&r.Tokens, "token", nil, "`secret` that the endpoint's URL must hold, as ?token=SECRET or PATH/SECRET;\nseveral may be given, for a rotation; without one, everyone may notify")
	flags.StringVar(&r.SignatureKey, "signature-key", "", "`key` of an HMAC-SHA256 that a header Signature must hold; that the vendor signs is an\nassumption")
	flags.IntVar(&r.Queue, "queue", receiver.DefaultQueue, "notifications that may wait for the disk; beyond, the answer is 503")
	flags.IntVar(&r.Workers, "workers", receiver.DefaultWorkers, "imports at once; as many more once they have taken 10 s")
	flags.BoolVar(&r.DeleteAfterImport, "delete-after-import", false, "delete a job at the cloud once its rows are safe, unless it failed")
	flags.BoolVar(&r.ImportFailed, "import-failed", false, "import the rows of failed jobs too, marked as partial")
	flags.StringVar(&f.logLevel, "log-level", "info", "least `level` that is logged: debug, info, warn or error")
}

// readEnvironment takes from the environment what no flag says.
func (f *receiveFlags) readEnvironment(cmd *cobra.Command) {
	for _, e := range []struct {
		flag, value string
		field       *string
	}{
		{"api-url", os.Getenv(envAPIURL), &f.cloud.BaseURL},
		{"api-token", os.Getenv(envAPIToken), &f.cloud.Token},
	} {
		if e.value != "" && !cmd.Flags().Changed(e.flag) {
			*e.field = e.value
		}
	}
	f.anyCloud = os.Getenv(envAPIURL) == "" && !cmd.Flags().Changed("api-url")
	if port := os.Getenv(envPort); port != "" && !cmd.Flags().Changed("listen") {
		f.listen, f.portSource = ":"+port, envPort
	}
}

// check refuses what makes no sense, before anything is opened.
func (f *receiveFlags) check() error {
	r, shared := &f.receiver, storage.IsShared(f.storage.Store)
	switch endpoint := f.server.Path; {
	case !strings.HasPrefix(endpoint, "/") || strings.ContainsAny(endpoint, "{}") || path.Clean(endpoint) != endpoint:
		return usageError("--path %q: use a plain path such as /webhook", endpoint)
	case r.Role != receiver.RoleAll && r.Role != receiver.RoleReceive && r.Role != receiver.RoleImport:
		return usageError("--role %q: use receive, import or all", r.Role)
	case r.Role != receiver.RoleAll && !shared:
		return usageError("--role %s needs a --store in PostgreSQL: one process owns an SQLite file", r.Role)
	case f.storage.Wait > 0 && !shared:
		return usageError("--wait-for-store is for a --store in PostgreSQL")
	case (f.tlsCert == "") != (f.tlsKey == ""):
		return usageError("--tls-cert and --tls-key go together")
	case f.cloud.Token == "" && r.Role != receiver.RoleReceive:
		return usageError("the cloud's API needs a token: set --api-token or %s (a simulated cloud's is scrapehook)", envAPIToken)
	case f.storage.SinkFormat != filesink.JSONLines && f.storage.SinkFormat != filesink.CSV:
		return usageError("--sink-format %q: use jsonl or csv", f.storage.SinkFormat)
	}
	for _, token := range r.Tokens {
		if token == "" {
			return usageError("--token: a secret token is empty")
		}
	}
	if err := storage.CheckSink(f.storage.Sink, f.storage.Store); err != nil {
		return usageError("--sink %w", err)
	}
	return cmp.Or(f.checkLimits(), f.checkListen(), checkStore(f.storage.Store))
}

func (f *receiveFlags) checkLimits() error {
	r := &f.receiver
	switch {
	case r.Workers < 1:
		return usageError("--workers %d: at least one is needed", r.Workers)
	case r.Queue < 1:
		return usageError("--queue %d: at least one must be able to wait", r.Queue)
	case r.Lease < time.Second:
		return usageError("--lease %v: it has to be renewed in time, so use 1s or more", r.Lease)
	case min(r.Retain, f.server.Drain, f.storage.Wait) < 0:
		return usageError("--retain, --drain and --wait-for-store can't be negative")
	case r.MaxDownload < 1 || r.MaxRow < 1 || f.cloud.MinRate < 1:
		return usageError("--max-download, --max-row and --min-download-rate must be positive")
	}
	return nil
}

// checkListen refuses what is not an address. Whether it can be listened on is
// found out by trying.
func (f *receiveFlags) checkListen() error {
	_, port, err := net.SplitHostPort(f.listen)
	if err == nil {
		_, err = net.LookupPort("tcp", port) //nolint:noctx // a number, or a name from a local file
	}
	if err != nil {
		return usageError("%s %q: use HOST:PORT, such as 127.0.0.1:8080", cmp.Or(f.portSource, "--listen"), f.listen)
	}
	return nil
}

func checkStore(store string) error {
	if err := storage.CheckStore(store); err != nil {
		return usageError("--store: %w", err)
	}
	return nil
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

// answer is what a command of a store's upkeep says, and whether all is well.
type answer struct {
	document any // as JSON
	text     func(io.Writer)
	ok       bool
}

// upkeepCmd completes a command that opens a store and answers something about it.
func upkeepCmd(store *string, cmd *cobra.Command, ask func(context.Context, *storage.Desk) (answer, error)) *cobra.Command {
	var form string
	cmd.Flags().StringVar(&form, "output", "text", "text, or json: one document")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if form != "text" && form != "json" {
			return usageError("--output %q: use text or json", form)
		}
		if err := checkStore(*store); err != nil {
			return err
		}
		desk, err := storage.OpenDesk(cmd.Context(), *store)
		if err != nil {
			return openError(err)
		}
		defer desk.Close()
		a, err := ask(cmd.Context(), desk)
		if err != nil {
			return harnessError("%w", err)
		}
		if form == "text" {
			a.text(cmd.OutOrStdout())
		} else {
			indented := json.NewEncoder(cmd.OutOrStdout())
			indented.SetIndent("", "  ")
			if err := indented.Encode(a.document); err != nil {
				return err
			}
		}
		if !a.ok {
			return &exitError{code: exitBroken}
		}
		return nil
	}
	return cmd
}

func newReceiveStatusCmd(store *string) *cobra.Command {
	return upkeepCmd(store, &cobra.Command{
		Use:   "status",
		Short: "Show how much a receiver has left to do",
		Example: `  scrapehook receive status --store receiver.db
  scrapehook receive status --store receiver.db --output json`,
		Args: cobra.NoArgs,
	}, func(ctx context.Context, desk *storage.Desk) (answer, error) {
		backlog, err := desk.Backlog(ctx)
		status := upkeep.StatusOf(backlog)
		return answer{status, status.WriteText, true}, err
	})
}

func newReceiveListCmd(store *string) *cobra.Command {
	var all bool
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the imports that a receiver has left to do",
		Example: `  scrapehook receive list --store receiver.db
  scrapehook receive list --store receiver.db --all --limit 1000`,
		Args: cobra.NoArgs,
		PreRunE: func(*cobra.Command, []string) error {
			if limit < 1 {
				return usageError("--limit %d: use one or more", limit)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "list those that are done too")
	cmd.Flags().IntVar(&limit, "limit", 100, "list at most so many")
	return upkeepCmd(store, cmd, func(ctx context.Context, desk *storage.Desk) (answer, error) {
		list, err := desk.Imports(ctx, all, limit)
		now := time.Now()
		imports := upkeep.ImportsOf(list, now)
		return answer{imports, func(to io.Writer) { upkeep.WriteImports(to, imports, now) }, true}, err
	})
}

func newReceiveRetryCmd(store *string) *cobra.Command {
	var missing bool
	var jobs []int64
	cmd := &cobra.Command{
		Use:   "retry JOB... | --missing",
		Short: "Have jobs imported now: those that wait, and those that are done once more",
		Long: `Have jobs imported now: those that wait for their next try, and those that are
done once more, which changes nothing unless the job has changed. The receiver
need not be stopped, and notices within a few seconds.

With --missing, have those imported again that are recorded as done and whose
rows are not there, because they were deleted, replaced or restored from an
older backup. What the cloud has no more ends as missing (see list --all).`,
		Example: `  scrapehook receive retry 1042886093 --store receiver.db
  scrapehook receive retry --missing --store receiver.db`,
		PreRunE: func(_ *cobra.Command, args []string) (err error) {
			if jobs, err = parseJobs(args); err == nil && (len(jobs) > 0) == missing {
				err = usageError("name jobs, or use --missing")
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&missing, "missing", false, "those that are recorded as done and whose rows are not there")
	return upkeepCmd(store, cmd, func(ctx context.Context, desk *storage.Desk) (answer, error) {
		if missing {
			n, err := desk.RetryMissing(ctx)
			return answer{upkeep.Missing{Due: n}, upkeep.Missing{Due: n}.WriteText, true}, err
		}
		retries, all, err := upkeep.RetryJobs(ctx, desk, jobs)
		return answer{retries, func(to io.Writer) { upkeep.WriteRetries(to, retries) }, all}, err
	})
}

func newReceiveCheckCmd(store *string) *cobra.Command {
	return upkeepCmd(store, &cobra.Command{
		Use:   "check",
		Short: "Check a store whole: damage, missing imports, missing rows",
		Long: `Check a store whole, which takes as long as reading it: whether its files are
damaged, whether the rows of every import that is recorded as done are there, and
as many as were imported. The receiver need not be stopped.

Exit codes: 0 nothing is wrong, 1 something is, 3 the store can't be read.`,
		Example: `  scrapehook receive check --store receiver.db`,
		Args:    cobra.NoArgs,
	}, func(ctx context.Context, desk *storage.Desk) (answer, error) {
		problems, err := desk.Check(ctx)
		check := upkeep.CheckOf(problems)
		return answer{check, check.WriteText, check.Whole}, err
	})
}

func parseJobs(args []string) ([]int64, error) {
	jobs := make([]int64, len(args))
	for i, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || id < 1 {
			return nil, usageError("%q is not a job id", arg)
		}
		jobs[i] = id
	}
	return jobs, nil
}
