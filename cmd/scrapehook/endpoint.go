package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"os"

	"github.com/spf13/pflag"
)

// trustFlags say which certificates of an endpoint are accepted: the same in
// every command that sends to one.
type trustFlags struct {
	insecure bool
	ca       string
}

func (f *trustFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.insecure, "insecure", false, "accept any TLS certificate of the endpoint")
	flags.StringVar(&f.ca, "ca", "", "`file` of PEM certificates that the endpoint's may be signed by, besides the system's")
}

// config returns what to trust; nil is what the system trusts.
func (f trustFlags) config() (*tls.Config, error) {
	switch {
	case f.insecure && f.ca != "":
		return nil, usageError("--insecure accepts any certificate, so --ca %s means nothing: use one of them", f.ca)
	case f.insecure:
		return &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, nil //nolint:gosec // the user asks for it
	case f.ca == "":
		return nil, nil //nolint:nilnil // the zero value of a transport's configuration
	}
	text, err := os.ReadFile(f.ca)
	if err != nil {
		return nil, usageError("--ca: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a system without any
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, usageError("--ca %s has no certificate in it: it must be PEM, which begins with -----BEGIN CERTIFICATE-----", f.ca)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// addressOf is where an endpoint listens.
func addressOf(u *url.URL) string {
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme]))
}
