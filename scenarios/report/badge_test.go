package report_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/report"
)

func TestBadge(t *testing.T) {
	t.Parallel()
	results := func(third scenarios.Verdict) []scenarios.Result {
		return []scenarios.Result{{Verdict: scenarios.Pass}, {Verdict: scenarios.Pass}, {
			Requirement: scenarios.Requirement{Level: scenarios.Must}, Verdict: third,
		}}
	}
	for _, tc := range []struct {
		report      scenarios.Report
		says, color string
	}{
		{scenarios.Report{Catalogue: 3, Results: results(scenarios.Pass)}, "conformant 3 of 3", "#1a6e33"},
		{scenarios.Report{Catalogue: 48, Results: results(scenarios.Pass)}, "passed 3 of 48", "#1a6e33"},
		{scenarios.Report{Catalogue: 3, Results: results(scenarios.NotObservable)}, "partial 2 of 3", "#0a637f"},
		{scenarios.Report{Catalogue: 3, Results: results(scenarios.Fail)}, "not conformant 2 of 3", "#b3141f"},
		{scenarios.Report{Catalogue: 3, Results: results(scenarios.Pass), Interrupted: true}, "interrupted 3 of 3", "#962087"},
		{scenarios.Report{}, "not judged", "#962087"},
	} {
		var b strings.Builder
		if err := report.Badge(&b, tc.report, nil); err != nil {
			t.Fatal(err)
		}
		for decoder := xml.NewDecoder(strings.NewReader(b.String())); ; {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v in\n%s", err, b.String())
			}
		}
		if !strings.Contains(b.String(), "<title>scrapehook: "+tc.says+"</title>") || !strings.Contains(b.String(), `fill="`+tc.color+`"`) {
			t.Errorf("no %q in %s in\n%s", tc.says, tc.color, b.String())
		}
	}
}
