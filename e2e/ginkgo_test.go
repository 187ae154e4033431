package e2e_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestGinkgoTree runs the suite as a Ginkgo tree against a receiver that was
// started by hand: a spec for each requirement, and Ginkgo's own filters.
func TestGinkgoTree(t *testing.T) {
	t.Parallel()
	dir, address, api := t.TempDir(), freeAddress(t), freeAddress(t)
	suite := filepath.Join(dir, "suite.test")
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", suite, module+"/scenarios").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	serve(t, "imports-again", address, api, filepath.Join(dir, "rows.jsonl"))
	run := func(filter string) (string, error) {
		cmd := exec.CommandContext(t.Context(), suite, "-test.v", "-ginkgo.no-color", "-ginkgo.v",
			"-ginkgo.label-filter", filter, "-ginkgo.junit-report", filepath.Join(dir, "junit.xml"), "-endpoint", "http://"+address+"/", "-receiver-probe", "file:"+filepath.Join(dir, "rows.jsonl"),
			"-api-listen", api, "-fast")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := run("ACK-01 || DATA-01 || IDEM-01")
	if err == nil || !strings.Contains(out, "2 Passed | 1 Failed") || !strings.Contains(out, "40 rows: imported 2 times") || !strings.Contains(out, "Ran 3 of") {
		t.Errorf("%v\n%s", err, out)
	}
	// IDEM-01's quiet time alone is longer; without the checks' own times, ACK-01
	// would seem to have taken it all.
	junit, err := os.ReadFile(filepath.Join(dir, "junit.xml"))
	if err != nil {
		t.Fatal(err)
	}
	took := regexp.MustCompile(`<testcase name="[^"]*IDEM-01[^>]* time="([^"]*)"`).FindSubmatch(junit)
	if took == nil {
		t.Fatalf("no IDEM-01 in\n%s", junit)
	}
	if s, err := strconv.ParseFloat(string(took[1]), 64); err != nil || s < 1.5 {
		t.Errorf("IDEM-01 took %s s", took[1])
	}
	if out, err := run("IDEM && SHOULD && ACK"); err == nil || !strings.Contains(out, "no requirement is selected") {
		t.Errorf("a filter that selects nothing: %v\n%s", err, out)
	}
}

// serve starts one of the mutants, or the correct receiver, by hand: not as a
// child of the suite's. It is killed when the test ends.
func serve(t *testing.T, name, address, api, rows string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	receiver := exec.CommandContext(ctx, serveBinary, name)
	receiver.Env = append(os.Environ(),
		"PORT="+address[strings.LastIndex(address, ":")+1:], "ROWS_FILE="+rows,
		"WEBSCRAPER_API_BASE_URI=http://"+api+"/api/v1/", "WEBSCRAPER_API_TOKEN=scrapehook")
	if err := receiver.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = receiver.Wait() // it was killed
	})
	waitFor(t, name+" to answer", func() bool {
		resp, err := http.Get("http://" + address + "/")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil
	})
}
