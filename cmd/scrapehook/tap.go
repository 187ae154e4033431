package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/tapping"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/loopback"
	"github.com/scrapehook/scrapehook/internal/redact"
	"github.com/scrapehook/scrapehook/internal/tap"
	"github.com/scrapehook/scrapehook/internal/traffic/record"
	"github.com/scrapehook/scrapehook/webhook"
)

// tapFlags is what the user asks of `scrapehook tap`.
type tapFlags struct {
	to, listen, profile  string
	record, output       string
	keepSecrets, verbose bool
	rewriteHost          bool
	allowRemote          bool
	trust                trustFlags
}

func newTapCmd() *cobra.Command {
	var f tapFlags
	cmd := &cobra.Command{
		Use:   "tap --to URL",
		Short: "Pass notifications on to your endpoint, show and record them and the answers",
		Long: `Pass requests on to your endpoint and its answers back, unchanged, and show both.
Give the sender, which may be the real vendor, the address that is printed.

Each request is compared with the contract: a field that the profile does not know,
one that is missing, another content type, an unknown status. With --record all of
it is appended to a file, which 'scrapehook replay' sends again.

A request for / goes to the path of --to, others keep their path. The values of the
query, and of headers and fields that are named like secrets, are neither shown nor
recorded unless --keep-secrets is given.

Exit codes: 0 stopped by SIGINT or SIGTERM, 2 wrong usage, 3 the address cannot be
opened, or the record could not be written.`,
		Example: `  scrapehook tap --to http://127.0.0.1:8080/webhook
  scrapehook tap --to http://127.0.0.1:8080/webhook --record vendor.jsonl
  scrapehook replay vendor.jsonl http://127.0.0.1:8080/webhook`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runTap(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "", "`URL` of your endpoint")
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8086", "`address` for the sender; port 0 picks one")
	flags.StringVar(&f.record, "record", "", "`file` that each exchange is appended to, for scrapehook replay")
	flags.BoolVar(&f.keepSecrets, "keep-secrets", false, "show and record secrets too")
	flags.BoolVar(&f.rewriteHost, "rewrite-host", false, "have the endpoint see its own name in the header Host, not the one that the sender used")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "show headers, and all of the bodies")
	flags.BoolVar(&f.allowRemote, "allow-remote", false, "let --listen be an address that other machines reach")
	flags.StringVar(&f.output, "output", "text", "text, or json: a line of JSON for each exchange")
	addProfileFlag(flags, &f.profile)
	f.trust.add(flags)
	return cmd
}

// config checks the flags.
func (f tapFlags) config() (tap.Config, error) {
	cfg := tap.Config{RewriteHost: f.rewriteHost}
	if f.to == "" {
		return cfg, usageError("--to is missing: the URL of your endpoint, such as --to http://127.0.0.1:8080/webhook")
	}
	if err := delivery.CheckURL(f.to); err != nil {
		return cfg, usageError("--to: %w", err)
	}
	if f.output != "text" && f.output != "json" {
		return cfg, usageError("--output %q: use text or json", f.output)
	}
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return cfg, usageError("--listen: %w", err)
	}
	if !f.allowRemote && !loopback.Host(host) {
		return cfg, usageError("--listen %s would let other machines in: listen on 127.0.0.1, or allow it (--allow-remote)", f.listen)
	}
	if cfg.Profile, err = webhook.ProfileByName(f.profile); err != nil {
		return cfg, usageError("--profile: %w", err)
	}
	if cfg.To, err = url.Parse(f.to); err != nil {
		return cfg, usageError("--to: %w", err)
	}
	transport := delivery.NewTransport()
	if transport.TLSClientConfig, err = f.trust.config(); err != nil {
		return cfg, err
	}
	cfg.Transport = transport
	return cfg, nil
}

// runTap serves until ctx ends, which is what users stop a server by and therefore
// no failure.
func runTap(ctx context.Context, f tapFlags, stdout, stderr io.Writer) error {
	cfg, err := f.config()
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return harnessError("%w", err)
	}
	view := &tapping.View{Out: stdout, JSON: f.output == "json", Verbose: f.verbose, KeepSecrets: f.keepSecrets, Began: time.Now()}
	keep, closeRecord, err := f.open(view, stderr)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	cfg.OnExchange = func(x tap.Exchange) { keep(view.Show(x)) }
	if err := f.announce(listener.Addr(), cfg.To, stdout); err != nil {
		return errors.Join(harnessError("writing where the tap is: %w", err), listener.Close(), closeRecord())
	}
	failed := serveTap(ctx, listener, tap.New(cfg))
	view.Summary(cfg.Profile.Name)
	if err := errors.Join(failed, closeRecord()); err != nil {
		return harnessError("%w", err)
	}
	return nil
}

// open opens the record, if there is to be one. keep keeps a delivery, and says
// once what keeps it from doing so.
func (f tapFlags) open(view *tapping.View, stderr io.Writer) (keep func(record.Delivery), end func() error, err error) {
	if f.record == "" {
		return func(record.Delivery) {}, func() error { return nil }, nil
	}
	recorder, err := record.Append(f.record, []string{f.to}, f.profile)
	if err != nil {
		return nil, nil, usageError("--record: %w", err)
	}
	view.Began = recorder.Began()
	said := false
	return func(d record.Delivery) {
		recorder.Add(d)
		if err := recorder.Flush(); err != nil && !said {
			said = true
			fmt.Fprintf(stderr, "scrapehook: warning: nothing more is recorded: %v\n", err)
		}
	}, recorder.Close, nil
}

// announce says where the sender is to send to.
func (f tapFlags) announce(at net.Addr, to *url.URL, stdout io.Writer) error {
	here := url.URL{Scheme: "http", Host: at.String(), Path: to.Path, RawQuery: to.RawQuery}
	target := to.String()
	if !f.keepSecrets {
		target, here.RawQuery = redact.URL(target), ""
	}
	if f.output == "json" {
		return json.NewEncoder(stdout).Encode(struct {
			URL    string `json:"tap_url"`
			To     string `json:"to"`
			Record string `json:"record,omitempty"`
		}{here.String(), target, f.record})
	}
	_, err := fmt.Fprintf(stdout, "tap      %s\nto       %s\n", here.String(), target)
	if err == nil && f.record != "" {
		_, err = fmt.Fprintf(stdout, "record   %s\n", f.record)
	}
	return err
}

// serveTap serves until ctx ends; what is under way then has a moment to end.
func serveTap(ctx context.Context, listener net.Listener, proxy *tap.Proxy) error {
	const headerWait, grace = 10 * time.Second, time.Second
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: headerWait, IdleTimeout: headerWait, ErrorLog: log.New(io.Discard, "", 0)}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	timed, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if server.Shutdown(timed) != nil {
		_ = server.Close() // what took longer is cut off
	}
	err := <-served
	proxy.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
