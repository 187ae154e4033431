package e2e_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// sdk is the version of the vendor's Node SDK that the spec was written for.
const sdk = "@webscraperio/api-client-nodejs@1.1.0"

// TestVendorsNodeSDK runs every method of the vendor's own SDK against the
// cloud. The SDK is the published package, unchanged; it is told by way of its
// runtime that the vendor's host is here, and whom to trust.
func TestVendorsNodeSDK(t *testing.T) {
	t.Parallel()
	needs(t, "node")
	needs(t, "npm")
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	install := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--prefix", dir, sdk)
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("installing %s: %v\n%s", sdk, err, out)
	}
	for _, name := range []string{"resolve.js", "spec.js"} {
		script, err := os.ReadFile(filepath.Join("testdata", "sdk", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), script, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	authority := filepath.Join(dir, "ca.pem")
	cloud := startCloud(t, "--tls", "--tls-ca", authority, "--token", "s3cret", "--job-time", "1s", "--pages", "failed=/bad$",
		"--fault", "too-many-requests,route=GET account,nth=1,retry_after=1s")
	cloud.client = trusting(t, authority)
	var seeded struct{ Sitemaps []int64 }
	if err := cloud.do(t, "POST", cloud.ControlURL+"seed", `{"jobs":250}`, &seeded); err != nil {
		t.Fatal(err)
	}
	where, err := url.Parse(cloud.APIURL)
	if err != nil {
		t.Fatal(err)
	}
	spec := exec.CommandContext(ctx, "node", "--require", "./resolve.js", "spec.js")
	spec.Dir = dir
	spec.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+authority, "SIMULATOR_PORT="+where.Port(),
		"TOKEN="+cloud.Token, "DIR="+dir, "SEEDED="+strconv.FormatInt(seeded.Sitemaps[0], 10))
	if out, err := spec.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\nthe cloud's log:\n%s", err, out, cloud.log)
	}
}

// trusting is a client that trusts an authority and nobody else.
func trusting(t *testing.T, authority string) *http.Client {
	t.Helper()
	certificate, err := os.ReadFile(authority)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(certificate) {
		t.Fatalf("no certificate in %s", certificate)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
}
