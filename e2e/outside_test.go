package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/scenarios/catalogue"
)

// TestOutsideModule has a module of somebody else's judge its handler by
// scenarios.Test, as it is and with a defect planted.
func TestOutsideModule(t *testing.T) {
	t.Parallel()
	tree, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	prepare := func(t *testing.T, defect ...string) (dir string) {
		t.Helper()
		dir = t.TempDir()
		copyOut := func(from, to string, replace ...string) {
			body, err := os.ReadFile(from)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.NewReplacer(replace...).Replace(string(body))
			if len(replace) > 0 && text == string(body) {
				t.Fatalf("%s: nothing to replace", from)
			}
			if err := os.WriteFile(filepath.Join(dir, to), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		copyOut("testdata/outside/go.mod.tmpl", "go.mod", "{{.}}", tree)
		copyOut("../go.sum", "go.sum")
		copyOut("testdata/outside/webhook.go", "webhook.go", defect...)
		copyOut("testdata/outside/webhook_test.go", "webhook_test.go")
		return dir
	}
	test := func(t *testing.T, run string, defect ...string) (string, error) {
		t.Helper()
		dir := prepare(t, defect...)
		cmd := exec.CommandContext(t.Context(), "go", "test", "-mod=mod", "-v", "-run", run)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	verdicts := func(out, verdict string) (ids []string) {
		for _, m := range regexp.MustCompile(`(?m)^\s*--- `+verdict+`: TestWebhook/conform/(\S+)`).FindAllStringSubmatch(out, -1) {
			ids = append(ids, m[1])
		}
		return ids
	}

	t.Run("depends on", func(t *testing.T) {
		t.Parallel()
		cmd := exec.CommandContext(t.Context(), "go", "list", "-mod=mod", "-deps", "-test", ".")
		cmd.Dir = prepare(t)
		if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), module+"/scenarios\n") || strings.Contains(string(out), "onsi") {
			t.Errorf("%v: it needs\n%s", err, out)
		}
	})
	t.Run("as it is", func(t *testing.T) {
		t.Parallel()
		out, err := test(t, "TestWebhook")
		passed, skipped := verdicts(out, "PASS"), verdicts(out, "SKIP")
		slices.Sort(skipped)
		// What needs a kill or a polite stop, and a declared token.
		if err != nil || strings.Join(skipped, " ") != "DUR-01 DUR-02 DUR-03 DUR-05 RET-04 SEC-01" || len(passed)+len(skipped) != len(catalogue.All()) {
			t.Errorf("%v: %d passed, skipped %q\n%s", err, len(passed), skipped, out)
		}
	})
	t.Run("with a defect", func(t *testing.T) {
		t.Parallel()
		out, err := test(t, "TestWebhook/conform/(ACK-01|IDEM-01|DATA-01)$",
			"j.state, j.rows = string(state), rows", "j.rows = append(j.rows, rows...)")
		failed, passed := verdicts(out, "FAIL"), verdicts(out, "PASS")
		if err == nil || strings.Join(failed, " ") != "IDEM-01" || len(passed) != 2 || !strings.Contains(out, "40 rows") {
			t.Errorf("%v: failed %q, passed %q\n%s", err, failed, passed, out)
		}
	})
}

// TestDocumentedHandlerTest: the test that the documentation shows is the one
// that passes in TestOutsideModule.
func TestDocumentedHandlerTest(t *testing.T) {
	t.Parallel()
	_, function, _ := strings.Cut(read(t, "testdata/outside/webhook_test.go"), "func TestWebhook(")
	if function = "func TestWebhook(" + function; !strings.Contains(read(t, "../docs/ci.md"), "```go\n"+function+"```\n") {
		t.Errorf("docs/ci.md does not show\n%s", function)
	}
}
