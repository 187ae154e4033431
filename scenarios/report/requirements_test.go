package report_test

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/catalogue"
	"github.com/scrapehook/scrapehook/scenarios/report"
)

var update = flag.Bool("update", false, "write docs/requirements.md anew")

func TestRequirementsPageIsCurrent(t *testing.T) {
	t.Parallel()
	const page = "../../docs/requirements.md"
	var b bytes.Buffer
	if err := report.Requirements(&b, catalogue.All()); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(page, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Error("docs/requirements.md is not what the catalogue says: make requirements")
	}
}

// TestEveryRequirementShowsItsRepair: none is without its mistake and repair in
// code.
func TestEveryRequirementShowsItsRepair(t *testing.T) {
	t.Parallel()
	for _, s := range catalogue.All() {
		var page strings.Builder
		if err := report.Requirements(&page, []scenarios.Scenario{s}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(page.String(), "The mistake and the repair in code") {
			t.Errorf("%s has no repair in scenarios/report/repairs.md", s.ID)
		}
	}
}
