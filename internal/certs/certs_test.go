package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/certs"
)

func TestForVendor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ca.pem")
	server, err := certs.ForVendor(path)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(path)
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("%v: no certificate in\n%s", err, pem)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", server)
	if err != nil {
		t.Fatal(err)
	}
	https := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = https.Serve(listener) }() // until Close
	defer https.Close()
	for _, tc := range []struct {
		name  string
		roots *x509.CertPool
		ok    bool
	}{
		{"api.webscraper.io", roots, true}, {"localhost", roots, true}, {"127.0.0.1", roots, true}, {"::1", roots, true},
		{"example.com", roots, false}, {"localhost", x509.NewCertPool(), false},
	} {
		conn, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{ServerName: tc.name, RootCAs: tc.roots, MinVersion: tls.VersionTLS12})
		if (err == nil) != tc.ok {
			t.Errorf("%s: %v", tc.name, err)
		}
		if err == nil {
			_ = conn.Close() // nothing was said
		}
	}
	if _, err := certs.ForVendor(filepath.Join(t.TempDir(), "none", "ca.pem")); err == nil {
		t.Error("the authority was written to a missing folder")
	}
}
