package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/pgtest"
	"github.com/scrapehook/scrapehook/webhook"
)

func TestReceiveRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() }) // the parallel rows outlive this function
	for _, tc := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"a bad API URL", []string{"--api-url", "cloud"}, exitUsage, "--api-url"},
		{"a bad path", []string{"--path", "webhook"}, exitUsage, `"webhook"`},
		{"a bad level", []string{"--log-level", "loud"}, exitUsage, `"loud"`},
		{"no workers", []string{"--workers", "0"}, exitUsage, "--workers 0"},
		{"an empty secret", []string{"--token", ""}, exitUsage, "secret token"},
		{"an unknown role", []string{"--role", "boss"}, exitUsage, `"boss"`},
		{"a role without a database", []string{"--role", "import"}, exitUsage, "PostgreSQL"},
		{"no queue", []string{"--queue", "0"}, exitUsage, "--queue 0"},
		{"a lease too short", []string{"--lease", "1ms"}, exitUsage, "--lease 1ms"},
		{"a negative time", []string{"--drain", "-1s"}, exitUsage, "--drain"},
		{"a certificate without a key", []string{"--tls-cert", "c.pem"}, exitUsage, "--tls-key"},
		{"a certificate that is not there", []string{"--tls-cert", "c.pem", "--tls-key", "k.pem"}, exitUsage, "c.pem"},
		{"an unknown sink", []string{"--sink", "s3:x"}, exitUsage, `"s3:x"`},
		{"an unknown format", []string{"--sink", "dir:x", "--sink-format", "xml"}, exitUsage, `"xml"`},
		{"a fleet on a directory", []string{"--store", "postgres://127.0.0.1:1/x", "--sink", "dir:x"}, exitUsage, "--sink"},
		{"a database that is not there", []string{"--store", "postgres://127.0.0.1:1/x"}, exitHarness, "PostgreSQL"},
		{"an argument", []string{"now"}, exitUsage, "now"},
		{"a store in no directory", []string{"--store", filepath.Join(dir, "none", "r.db")}, exitUsage, "r.db-lock does not exist"},
		{"no store", []string{"--store", ""}, exitUsage, "--store: it is empty"},
		{"a store of another kind", []string{"--store", "mysql://me:s3cret@db/x"}, exitUsage, "mysql://...: a store"},
		{"a bad URL of a database", []string{"--store", "postgres://me:s3cret@db:port/x"}, exitUsage, "invalid port"},
		{"a spool in no directory", []string{"--spool-dir", filepath.Join(dir, "none")}, exitUsage, "--spool-dir"},
		{"a wait for a file", []string{"--wait-for-store", "1s"}, exitUsage, "--wait-for-store"},
		{"no least rate", []string{"--min-download-rate", "0"}, exitUsage, "--min-download-rate"},
		{"no port", []string{"--listen", "localhost"}, exitUsage, `--listen "localhost"`},
		{"a port that can't be", []string{"--listen", "127.0.0.1:99999"}, exitUsage, `--listen "127.0.0.1:99999"`},
		{"a port in use", []string{"--listen", taken.Addr().String()}, exitHarness, "--listen " + taken.Addr().String()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			store := t.TempDir()
			args := append([]string{
				"receive", "--listen", "127.0.0.1:0", "--store", filepath.Join(store, "r.db"),
				"--api-url", "http://127.0.0.1:1/", "--api-token", "x",
			}, tc.args...)
			var out, errs strings.Builder
			if code := run(t.Context(), args, &out, &errs); code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			if text := errs.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, tc.says) || strings.Contains(text, "s3cret") {
				t.Errorf("said %q, want one line about %q", text, tc.says)
			}
			if left, err := os.ReadDir(store); err != nil || len(left) > 0 {
				t.Errorf("left %v behind, %v", left, err)
			}
		})
	}
}

// TestReceiveServesAndStops goes up to the polite stop.
func TestReceiveServesAndStops(t *testing.T) {
	t.Parallel()
	endpoint, stop := startReceive(t, "--api-url", "http://127.0.0.1:1/", "--token", "s3cret")
	root := strings.TrimSuffix(endpoint, "/webhook")
	for target, want := range map[string]int{
		endpoint:                   http.StatusUnauthorized,
		endpoint + "?token=s3cret": http.StatusOK,
		endpoint + "/s3cret":       http.StatusOK,
		root + "/healthz":          http.StatusOK,
		root + "/readyz":           http.StatusOK,
		root + "/metrics":          http.StatusOK,
		root + "/elsewhere":        http.StatusNotFound,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target,
			strings.NewReader("scrapingjob_id=1&status=finished&sitemap_id=2"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s was answered %d, want %d", target, resp.StatusCode, want)
		}
	}
	stop()
}

// startReceive runs the command as a user does, on a fresh store. stop is the
// polite one; it fails tb unless the command ends well.
func startReceive(tb testing.TB, args ...string) (endpoint string, stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	stdout, announce := io.Pipe()
	code := make(chan int, 1)
	var errs strings.Builder
	go func() {
		code <- run(ctx, append([]string{
			"receive", "--listen", "127.0.0.1:0", "--store", filepath.Join(tb.TempDir(), "r.db"), "--api-token", "x",
		}, args...), announce, &errs)
		_ = announce.Close()
	}()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	endpoint, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		tb.Fatalf("announced %q, %v", line, err)
	}
	return endpoint, func() {
		tb.Helper()
		cancel()
		if got := <-code; got != 0 {
			tb.Errorf("exit code %d: %s", got, &errs)
		}
	}
}

// TestReceiveOverTLS takes a notification over https.
func TestReceiveOverTLS(t *testing.T) {
	t.Parallel()
	certFile, keyFile, roots := certificate(t)
	ctx, stop := context.WithCancel(t.Context())
	stdout, announce := io.Pipe()
	code := make(chan int, 1)
	var errs strings.Builder
	go func() {
		code <- run(ctx, []string{
			"receive", "--listen", "127.0.0.1:0", "--store", filepath.Join(t.TempDir(), "r.db"), "--drain", "1ms",
			"--api-url", "http://127.0.0.1:1/", "--api-token", "x", "--tls-cert", certFile, "--tls-key", keyFile,
		}, announce, &errs)
		_ = announce.Close()
	}()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	endpoint, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on https")
	if err != nil || !ok {
		t.Fatalf("announced %q, %v", line, err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https"+endpoint,
		strings.NewReader("scrapingjob_id=1&status=started&sitemap_id=2"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", webhook.ContentType)
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _ = resp.Body.Close(); resp.StatusCode != http.StatusOK {
		t.Errorf("answered %d", resp.StatusCode)
	}
	stop()
	if got := <-code; got != 0 {
		t.Errorf("exit code %d: %s", got, &errs)
	}
}

// certificate makes a certificate for loopback, in files, and who trusts it.
func certificate(t *testing.T) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	defer server.Close()
	key, err := x509.MarshalPKCS8PrivateKey(server.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: server.Certificate().Raw},
		keyFile:  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots = x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return certFile, keyFile, roots
}

// Hosts that set PORT send their traffic from outside.
func TestReceivePort(t *testing.T) {
	t.Setenv("PORT", "0")
	for _, tc := range []struct {
		name string
		args []string
		at   string
	}{
		{"PORT", nil, "http://[::]:"},
		{"a flag beside it", []string{"--listen", "127.0.0.1:0"}, "http://127.0.0.1:"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			endpoint, says := receiveOnce(t, tc.args...)
			if !strings.HasPrefix(endpoint, tc.at) {
				t.Errorf("listens on %s, want %s", endpoint, tc.at)
			}
			if said := strings.Contains(says, "on all addresses, as hosts that set PORT expect"); said != (tc.args == nil) {
				t.Errorf("said %q", says)
			}
		})
	}
	t.Setenv("PORT", "eighty")
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"receive", "--api-token", "x"}, &out, &errs); code != exitUsage || !strings.Contains(errs.String(), `PORT ":eighty"`) {
		t.Errorf("exit code %d: %s", code, &errs)
	}
}

// receiveOnce starts the command without --listen and stops it. It returns where
// it listened, and its log.
func receiveOnce(t *testing.T, args ...string) (endpoint, log string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stdout, announce := io.Pipe()
	code := make(chan int, 1)
	var errs strings.Builder
	go func() {
		code <- run(ctx, append([]string{
			"receive", "--store", filepath.Join(t.TempDir(), "r.db"), "--api-token", "x", "--api-url", "http://127.0.0.1:1/",
		}, args...), announce, &errs)
		_ = announce.Close()
	}()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	endpoint, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Errorf("announced %q, %v", line, err)
	}
	cancel()
	if got := <-code; got != 0 {
		t.Errorf("exit code %d: %s", got, &errs)
	}
	return endpoint, errs.String()
}

// A receiver whose database server is gone without a word still stops.
func TestReceiveStopsWithoutItsServer(t *testing.T) {
	t.Parallel()
	var server pgtest.Server
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	store, proxy := pgtest.Through(t, server.Database(t))
	_, stop := startReceive(t, "--store", store, "--api-url", "http://127.0.0.1:1/")
	proxy.Silence()
	begun := time.Now()
	stop()
	took := time.Since(begun)
	t.Logf("the stop took %v", took)
	if took > 6*time.Second {
		t.Errorf("the stop took %v", took)
	}
}
