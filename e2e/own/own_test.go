package own_test

import (
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/scrapehook/scrapehook/e2e/own"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/catalogue"
	"github.com/scrapehook/scrapehook/scenarios/probe"
	"github.com/scrapehook/scrapehook/scenarios/report"
)

func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// configure has the shop judged, fast.
func configure(t *testing.T, s *shop) scenarios.Config {
	t.Helper()
	s.rows = map[string][]json.RawMessage{}
	t.Cleanup(s.work.Wait)
	return scenarios.Config{Handler: s.handler, Probes: []probe.Probe{probe.Func("the shop", s.ofJob)}, Fast: true, Seed: 7}
}

// TestShop is how a project of your own runs its requirements.
func TestShop(t *testing.T) {
	t.Parallel()
	scenarios.Test(t, own.Requirements(key), configure(t, &shop{}))
}

// TestBrokenShops: each requirement can fail, and is reported and cited as those
// of the suite.
func TestBrokenShops(t *testing.T) {
	t.Parallel()
	for id, s := range map[string]*shop{"OWN-01": {believesForm: true}, "OWN-02": {unsigned: true}} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			selected, err := scenarios.Select(slices.Concat(catalogue.All(), own.Requirements(key)), id)
			if err != nil {
				t.Fatal(err)
			}
			run, err := scenarios.Start(t.Context(), configure(t, s), selected)
			if err != nil {
				t.Fatal(err)
			}
			r := run.Wait()
			if len(r.Results) != 1 || r.Results[0].Verdict != scenarios.Fail {
				t.Fatalf("%+v", r.Results)
			}
			var page strings.Builder
			if err := report.HTML(&page, r, nil); err != nil {
				t.Fatal(err)
			}
			for _, part := range []string{`id="card-` + id + `"`, "our handbook, "} {
				if !strings.Contains(page.String(), part) {
					t.Errorf("the page has no %s", part)
				}
			}
			if strings.Contains(page.String(), "requirements.md#own") {
				t.Error("the page sends its reader to our documents")
			}
		})
	}
}

// TestOnlyWhatIsPromised: a module of somebody else's could have this file.
func TestOnlyWhatIsPromised(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "own.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, imported := range file.Imports {
		path, _ := strconv.Unquote(imported.Path.Value)
		if rest, ours := strings.CutPrefix(path, "github.com/scrapehook/scrapehook/"); ours && strings.Contains(rest, "internal") {
			t.Errorf("own.go imports %s", path)
		}
	}
}

// TestDocumentShowsThisCode: what docs/own-requirements.md shows is what runs.
func TestDocumentShowsThisCode(t *testing.T) {
	t.Parallel()
	flat := func(path string) string {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(body), "\t", "")
	}
	code, shown := flat("own.go"), 0
	for block := range strings.SplitSeq(flat("../../docs/own-requirements.md"), "```go\n") {
		if block, _, _ = strings.Cut(block, "```"); strings.HasPrefix(block, "Play:") {
			shown++
			if !strings.Contains(code, block) {
				t.Errorf("own.go has no such code:\n%s", block)
			}
		}
	}
	if shown != 2 {
		t.Errorf("%d examples are shown, want 2", shown)
	}
}
