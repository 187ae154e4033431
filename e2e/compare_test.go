package e2e_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/scrapehook/scrapehook/internal/testtool"
)

// TestConformCompares judges a correct receiver, and then one that is broken in
// one way: the second report says what has changed, whatever form it has, and
// the exit code is that of the second run.
func TestConformCompares(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	judge := func(receiver, filter string, args ...string) outcome {
		rows := filepath.Join(dir, receiver+".jsonl")
		return scrapehookIn(t, dir, []string{"ROWS_FILE=" + rows}, append([]string{
			"conform", "--fast", "--filter", filter, "--run", serveBinary + " " + receiver, "--probe", "file:" + rows,
			"http://" + freeAddress(t) + "/hook",
		}, args...)...)
	}
	if o := judge("correct", "ACK-01,DATA-01,IDEM-01", "--json", "r.json"); o.code != 0 {
		t.Fatalf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	// It is read before it is overwritten.
	o := judge("imports-again", "ACK-01,IDEM-01,SEC-02", "--compare", "r.json", "--json", "r.json", "--html", "r.html")
	if o.code != 1 {
		t.Fatalf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	for _, part := range []string{
		"passed before, failed now", "  newly failing\n    IDEM-01   MUST    pass → FAIL ",
		"  not played before: SEC-02\n  not played now: DATA-01\n  1 requirement as before\n", "the runs differ",
	} {
		if !strings.Contains(o.stdout, part) {
			t.Errorf("no %q in\n%s", part, o.stdout)
		}
	}
	body, err := os.ReadFile(filepath.Join(dir, "r.json"))
	if err != nil {
		t.Fatal(err)
	}
	validReport(t, body)
	var r struct {
		Compared struct {
			Before, After string
			Changes       []struct{ Kind, ID, Before, After string }
			Same          int
		}
	}
	if err := json.Unmarshal(body, &r); err != nil {
		t.Fatal(err)
	}
	var changes []string
	for _, c := range r.Compared.Changes {
		changes = append(changes, strings.TrimSpace(strings.Join([]string{c.Kind, c.ID, c.Before, c.After}, " ")))
	}
	slices.Sort(changes)
	want := []string{"gone DATA-01 pass", "new SEC-02  pass", "newly_failing IDEM-01 pass fail"}
	if !slices.Equal(changes, want) || r.Compared.Same != 1 || r.Compared.Before != "passed" || r.Compared.After != "failed" {
		t.Errorf("compared %+v", r.Compared)
	}
}

func TestCompareWithWhatIsNoReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "junit.xml"), []byte("<testsuites/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"none.json": "none.json does not exist", "junit.xml": "is not JSON"} {
		o := scrapehookIn(t, dir, nil, "conform", "--compare", path)
		if o.code != 2 || !strings.Contains(o.stderr, "--compare: reading an earlier report: ") || !strings.Contains(o.stderr, want) {
			t.Errorf("%s: exit %d\n%s", path, o.code, o.stderr)
		}
	}
}

// validReport holds a JSON report to its published schema.
func validReport(t *testing.T, body []byte) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../docs/conform-report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document); err != nil {
		t.Errorf("the JSON report is not as its schema says: %v", err)
	}
}

// validJUnit holds a JUnit report to the schema of our tests, where there is
// something to do so.
func validJUnit(t *testing.T, path string) {
	t.Helper()
	if !testtool.Has(t, "xmllint") {
		return
	}
	out, err := exec.CommandContext(t.Context(), "xmllint", "--noout", "--nonet", "--schema", "../scenarios/report/testdata/junit.xsd", path).CombinedOutput()
	if err != nil {
		t.Errorf("the JUnit report is not as its schema says: %v\n%s", err, out)
	}
}
