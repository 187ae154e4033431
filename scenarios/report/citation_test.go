package report_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/catalogue"
	"github.com/scrapehook/scrapehook/scenarios/report"
)

// TestEveryCitationHasItsSection: each requirement of ours rests on a section of
// docs/contract.md that is there.
func TestEveryCitationHasItsSection(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("../../docs/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	sections, cited := map[string]bool{}, map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(string(body), -1) {
		sections[strings.ReplaceAll(strings.ToLower(m[1]), " ", "-")] = true
	}
	for _, s := range catalogue.All() {
		section := report.Section(s.Source)
		cited[section] = true
		if !sections[section] {
			t.Errorf("%s cites %q (%q): section %q is not in docs/contract.md", s.ID, s.Source.Document, s.Source.Quote, section)
		}
	}
	if len(cited) < 15 {
		t.Errorf("only %d sections are cited: %v", len(cited), cited)
	}
	if got := report.Section(scenarios.Source{Document: "our handbook, 2.1", Quote: "will be resent"}); got != "" {
		t.Errorf("a document of somebody's own is taken for section %q", got)
	}
}
