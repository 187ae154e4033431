package main

import (
	"cmp"
	"net"
	"os"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/server"
	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/storage"
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
